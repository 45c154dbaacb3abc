"""One's own account: sessions, password, second factor, tokens; and the address that tries too often."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.evidence.record import Kind
from gateway.web.doorstep.passwords import FREE_ATTEMPTS_OF_AN_ADDRESS
from gateway.web.guard import token_hash
from storage import factors, people, sheets, tokens
from storage.people import Person
from tests.builders import seed
from tests.worlds import web
from tests.worlds.web import World

NEW = "quatre mots pris au hasard"


def _change(world: World, login: str = "agathe", **fields: str) -> tuple[int, str]:
    client = world.signed_in(login)
    form = {"csrf": web.csrf(client, "/compte"), "actuel": seed.PASSWORD, "nouveau": NEW, "encore": NEW}
    answer = client.post("/compte/mot-de-passe", data=form | fields)
    return answer.status_code, answer.text


def test_one_sees_and_closes_ones_own_sessions_only(world: World) -> None:
    mine, other, somebody = world.signed_in("agathe"), world.signed_in("agathe"), world.signed_in("lille")
    page = mine.get("/compte").text
    ids = re.findall(r"/compte/sessions/([0-9a-f]{16})/fermer", page)
    assert len(ids) == 2
    assert page.count("cette session") == 1
    theirs = re.findall(r"/compte/sessions/([0-9a-f]{16})/fermer", somebody.get("/compte").text)[0]
    token = {"csrf": web.csrf(mine, "/compte")}
    assert mine.post(f"/compte/sessions/{theirs}/fermer", data=token).status_code == 404
    assert somebody.get("/files").status_code == 200
    here = token_hash(mine.cookies["passerelle"])[:16]
    (there,) = set(ids) - {here}
    assert mine.post(f"/compte/sessions/{there}/fermer", data=token).status_code == 303
    assert other.get("/files").status_code == 303
    assert mine.post(f"/compte/sessions/{here}/fermer", data=token).status_code == 303
    assert mine.get("/files").status_code == 303


def test_a_new_password_needs_the_former_and_ends_the_other_sessions(world: World) -> None:
    other = world.signed_in("agathe")
    assert _change(world) == (303, "")
    assert other.get("/files").status_code == 303
    client = world.visitor()
    form = {"csrf": web.csrf(client, "/connexion"), "identifiant": "agathe", "mot_de_passe": NEW}
    assert client.post("/connexion", data=form).status_code == 303


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"actuel": "faux"}, "n’est pas celui-là"),
        ({"encore": "autre chose encore"}, "diffèrent"),
        ({"nouveau": "court", "encore": "court"}, "au moins 12"),
        ({"nouveau": "agathe12345678", "encore": "agathe12345678"}, "premiers essayés"),
        ({"nouveau": "x" * 129, "encore": "x" * 129}, "128"),
    ],
)
def test_a_password_that_may_not_be_changes_nothing(
    world: World, fields: dict[str, str], said: str
) -> None:
    status, text = _change(world, **fields)
    assert status == 409
    assert said in text
    assert world.signed_in("agathe").get("/files").status_code == 200


def test_guessing_the_password_from_an_open_session_makes_the_account_wait(world: World) -> None:
    client = world.signed_in("agathe")
    form = {"csrf": web.csrf(client, "/compte"), "nouveau": NEW, "encore": NEW}
    for _ in range(3):
        assert client.post("/compte/mot-de-passe", data=form | {"actuel": "faux"}).status_code == 409
    right = form | {"actuel": seed.PASSWORD}
    assert client.post("/compte/mot-de-passe", data=right).status_code == 409
    world.clock.turn(timedelta(seconds=15))
    assert client.post("/compte/mot-de-passe", data=right).status_code == 303


def test_a_second_factor_is_given_up_only_where_no_role_asks_it(world: World) -> None:
    with world.house.database.transaction() as session:
        factors.begin(session, "agathe", "scellé", world.clock.now())
        factors.confirm(session, "agathe", world.clock.now(), [])
    client = world.signed_in("lille")
    with world.house.database.transaction() as session:
        factors.begin(session, "lille", "scellé", world.clock.now())
        factors.confirm(session, "lille", world.clock.now(), [])
    form = {"csrf": web.csrf(client, "/compte"), "actuel": seed.PASSWORD, "geste": "retirer"}
    asked = world.house.settings.model_copy(update={"totp": "required", "totp_roles": ("cpam",)})
    world.app.state.house = replace(world.house, settings=asked)
    assert client.post("/compte/second-facteur", data=form).status_code == 409
    world.app.state.house = world.house
    assert client.post("/compte/second-facteur", data=form | {"actuel": "faux"}).status_code == 409
    assert client.post("/compte/second-facteur", data=form).status_code == 303
    with world.house.database.reading() as session:
        assert not factors.confirmed(session, "lille")
        assert factors.confirmed(session, "agathe")


def test_one_revokes_ones_own_tokens_only(world: World) -> None:
    at = world.clock.now()
    with world.house.database.transaction() as session:
        made = [
            tokens.create(
                session, title=login, scopes=("read",), created_by="adam", at=at,
                expires_at=at + timedelta(days=1), login=login,
            )[1].id
            for login in ("agathe", "lille")
        ]  # fmt: skip
    client = world.signed_in("agathe")
    token = {"csrf": web.csrf(client, "/compte")}
    assert client.post(f"/compte/jetons/{made[0]}/revoquer", data=token).status_code == 303
    assert client.post(f"/compte/jetons/{made[1]}/revoquer", data=token).status_code == 404
    with world.house.database.reading() as session:
        assert [t.title for t in tokens.everyone(session) if t.revoked_at] == ["agathe"]


def test_an_account_without_a_local_password_never_opens_by_one(world: World) -> None:
    with world.house.database.transaction() as session:
        people.add(
            session, Person(login="sso", name="Sans mot de passe", email="s@x.fr", roles=["auditor"])
        )
    client = world.visitor()
    for given in ("", "nobody has this password"):
        form = {"csrf": web.csrf(client, "/connexion"), "identifiant": "sso", "mot_de_passe": given}
        assert client.post("/connexion", data=form).status_code == 401


def test_an_address_that_fails_too_often_waits_even_for_a_right_password(world: World) -> None:
    client = world.visitor()
    form = {"csrf": web.csrf(client, "/connexion"), "mot_de_passe": "faux"}
    for number in range(FREE_ATTEMPTS_OF_AN_ADDRESS):
        answer = client.post("/connexion", data=form | {"identifiant": f"inconnue-{number}"})
        assert answer.status_code == 401
    right = form | {"identifiant": "agathe", "mot_de_passe": seed.PASSWORD}
    assert client.post("/connexion", data=right).status_code == 401
    with world.house.database.reading() as session:
        told = [e.subject for e in sheets.journal(session, None, 50) if e.kind == Kind.LOCKED]
    assert told == ["address:127.0.0.1"]
    world.clock.turn(timedelta(seconds=15))
    assert client.post("/connexion", data=right).status_code == 303
