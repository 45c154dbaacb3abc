"""Signing in, staying in, signing out; forms that are not ours."""

from __future__ import annotations

from datetime import timedelta

import pytest
from httpx import Client

from gateway.evidence.record import Kind
from gateway.web.doorstep.session import WRONG
from gateway.web.guard import local_path, session_cookie
from storage import people, sessions, sheets
from tests.builders import seed
from tests.worlds import web
from tests.worlds.web import World


def _try(client: Client, login: str, password: str, suite: str = "/") -> int:
    form = {
        "csrf": web.csrf(client, "/connexion"),
        "identifiant": login,
        "mot_de_passe": password,
        "suite": suite,
    }
    return client.post("/connexion", data=form).status_code


def test_a_session_is_kept_by_a_cookie_no_script_reads(world: World) -> None:
    client = world.visitor()
    form = {
        "csrf": web.csrf(client, "/connexion"),
        "identifiant": "agathe",
        "mot_de_passe": seed.PASSWORD,
        "suite": "/files/cnse-administratif?tri=ancien",
    }
    answer = client.post("/connexion", data=form)
    assert answer.headers["location"] == "/files/cnse-administratif?tri=ancien"
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("passerelle="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert client.get("/files").status_code == 200


def test_the_table_does_not_hold_the_token(world: World) -> None:
    client = world.signed_in("agathe")
    token = client.cookies["passerelle"]
    with world.house.database.reading() as session:
        assert sessions.session_of(session, token, world.clock.now()) is None


def test_over_tls_the_cookie_is_tied_to_the_host() -> None:
    assert session_cookie(secure=True).startswith("__Host-")
    assert session_cookie(secure=False) == "passerelle"


def test_signing_out_ends_the_session_in_the_table(world: World) -> None:
    client = world.signed_in("agathe")
    kept = dict(client.cookies)
    answer = client.post("/deconnexion", data={"csrf": web.csrf(client, "/files")})
    assert answer.headers["location"].startswith("/connexion")
    thief = world.visitor()
    thief.cookies.update(kept)
    assert thief.get("/files").headers["location"] == "/connexion?suite=/files"


def test_a_session_ends_at_its_hour(world: World) -> None:
    client = world.signed_in("agathe")
    for _ in range(world.house.settings.session_hours * 3 - 1):
        world.clock.turn(timedelta(minutes=20))
        assert client.get("/files").status_code == 200
    world.clock.turn(timedelta(minutes=20, seconds=-1))
    assert client.get("/files").status_code == 200
    world.clock.turn(timedelta(seconds=1))
    assert client.get("/files").status_code == 303


def test_a_session_left_alone_ends_and_a_page_that_listens_does_not_keep_it(world: World) -> None:
    client = world.signed_in("agathe")
    idle = timedelta(minutes=world.house.settings.idle_minutes)
    world.clock.turn(idle - timedelta(seconds=1))
    assert client.get("/files", headers={"accept": "text/event-stream"}).status_code == 200
    world.clock.turn(timedelta(seconds=1))
    assert client.get("/files").status_code == 303


def test_a_deactivated_person_is_out_at_once(world: World) -> None:
    client = world.signed_in("agathe")
    with world.house.database.transaction() as session:
        person = people.get(session, "agathe")
        assert person is not None
        person.active = False
        session.add(person)
    assert client.get("/files").status_code == 303
    assert _try(world.visitor(), "agathe", seed.PASSWORD) == 401


def test_the_same_words_answer_a_wrong_password_an_unknown_login_and_a_locked_account(world: World) -> None:
    client = world.visitor()
    for login, password in (("agathe", "faux"), ("inconnue", "faux"), ("agathe", "")):
        form = {"csrf": web.csrf(client, "/connexion"), "identifiant": login, "mot_de_passe": password}
        answer = client.post("/connexion", data=form)
        assert answer.status_code == 401
        assert WRONG in answer.text


def test_after_three_failures_the_account_waits_longer_and_longer(world: World) -> None:
    client = world.visitor()
    for _ in range(3):
        assert _try(client, "agathe", "faux") == 401
    assert _try(client, "agathe", seed.PASSWORD) == 401
    world.clock.turn(timedelta(seconds=15))
    assert _try(client, "agathe", "encore faux") == 401
    world.clock.turn(timedelta(seconds=29))
    assert _try(client, "agathe", seed.PASSWORD) == 401
    world.clock.turn(timedelta(seconds=1))
    assert _try(client, "agathe", seed.PASSWORD) == 303
    with world.house.database.reading() as session:
        person = people.get(session, "agathe")
        assert person is not None
        assert (person.failures, person.locked_until) == (0, None)


def test_sign_ins_are_in_the_log_and_an_unknown_login_is_not(world: World) -> None:
    client = world.visitor()
    _try(client, "motdepasse tapé au mauvais endroit", "x")
    _try(client, "agathe", "faux")
    _try(client, "agathe", seed.PASSWORD)
    with world.house.database.reading() as session:
        events = [e for e in sheets.journal(session, None, 50) if e.kind == Kind.LOGIN]
    assert [(e.subject, (e.fields or {})["outcome"]) for e in events] == [
        ("person:agathe", "in"),
        ("person:agathe", "refused"),
    ]


@pytest.mark.parametrize("token", ["", "autre"])
def test_a_form_without_the_token_of_the_session_changes_nothing(world: World, token: str) -> None:
    client = world.signed_in("agathe")
    item = world.office.items["question"]
    answer = client.post(f"/elements/{item}/actions/prendre", data={"csrf": token, "version": "1"})
    assert answer.status_code == 400
    assert "n’est plus valable" in answer.text
    assert "Prendre" in client.get(f"/elements/{item}").text


def test_the_sign_in_form_itself_needs_its_token(world: World) -> None:
    client = world.visitor()
    client.get("/connexion")
    form = {"csrf": "autre", "identifiant": "agathe", "mot_de_passe": seed.PASSWORD}
    assert client.post("/connexion", data=form).status_code == 400


def test_a_form_that_is_too_large_is_refused(world: World) -> None:
    client = world.signed_in("agathe")
    answer = client.post("/deconnexion", data={"csrf": "x" * 70_000})
    assert answer.status_code == 413
    assert "trop grand" in answer.text


@pytest.mark.parametrize(
    ("asked", "safe"),
    [
        ("/files?tri=ancien", "/files?tri=ancien"),
        ("https://ailleurs.example/", "/"),
        ("//ailleurs.example/", "/"),
        ("/\\ailleurs.example", "/"),
        ("/files\r\nSet-Cookie: x", "/"),
        ("", "/"),
    ],
)
def test_one_comes_back_to_this_site_only(asked: str, safe: str) -> None:
    assert local_path(asked) == safe
