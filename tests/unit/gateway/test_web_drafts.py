"""What was being written when a session ended comes back, to the same person alone."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from httpx import Client, Response

from storage import drafts, sessions
from storage.drafts import MOST, Draft
from tests.builders import seed
from tests.worlds import web
from tests.worlds.web import World

TEXT = f"Le compte rendu parle d’un {seed.SECRET}."


def _form(world: World) -> str:
    document = world.office.documents["request"]
    return f"/elements/{world.office.items['request']}/documents/{document}/champs/patient_name"


def _send(world: World, client: Client, token: str, **headers: str) -> Response:
    page = {"referer": f"{world.address}{_form(world)}?fait=x"}
    return client.post(
        _form(world), data={"csrf": token, "valeur": TEXT, "version": "1"}, headers={**page, **headers}
    )


def _ended(world: World, login: str = "agathe") -> tuple[Client, str]:
    """Somebody whose session has just ended, with the form they hold."""
    client = world.signed_in(login)
    token = web.csrf(client, "/files")
    world.clock.turn(timedelta(minutes=world.house.settings.idle_minutes))
    return client, token


def _sign_in(client: Client, login: str, suite: str) -> Response:
    form = {"csrf": web.csrf(client, "/connexion"), "identifiant": login, "mot_de_passe": seed.PASSWORD}
    return client.post("/connexion", data=form | {"suite": suite})


def _lost(world: World) -> tuple[Client, str]:
    """A form sent too late: the client, and the page it is led to once signed in again."""
    client, token = _ended(world)
    answer = _send(world, client, token)
    assert answer.status_code == 303
    (suite,) = parse_qs(urlsplit(answer.headers["location"]).query)["suite"]
    return client, suite


def test_the_form_comes_back_on_its_page_after_signing_in(world: World) -> None:
    client, suite = _lost(world)
    assert suite.startswith(_form(world) + "?reprise=")
    assert _sign_in(client, "agathe", suite).headers["location"] == suite
    page = client.get(suite)
    name = suite.rsplit("=", 1)[1]
    assert f'data-reprise="{name}"' in page.text
    assert "/static/reprise.js" in page.text
    kept = client.get(f"/reprises/{name}", headers={"accept": "application/json"}).json()
    assert kept == {"action": _form(world), "fields": [["valeur", TEXT]]}
    assert TEXT in client.get(f"/reprises/{name}").text


def test_nobody_else_reads_it_nor_learns_of_it(world: World) -> None:
    _, suite = _lost(world)
    name = suite.rsplit("=", 1)[1]
    for login in ("lille", "medard", "adam", "sylvie"):
        other = world.signed_in(login)
        for headers in ({"accept": "application/json"}, {}):
            answer = other.get(f"/reprises/{name}", headers=headers)
            assert answer.status_code == 404
            assert seed.SECRET not in answer.text
    assert world.visitor().get(f"/reprises/{name}").status_code == 303


def test_it_lies_sealed_and_opens_for_its_row_alone(world: World) -> None:
    _lost(world)
    with world.house.database.transaction() as session:
        (kept,) = drafts.waiting(session, "agathe", world.clock.now())
        assert seed.SECRET not in str(kept.model_dump())
        stolen = Draft.model_validate(kept.model_dump() | {"id": "f" * 32, "login": "lille"})
        session.add(stolen)
    answer = world.signed_in("lille").get(f"/reprises/{'f' * 32}")
    assert answer.status_code == 503
    assert seed.SECRET not in answer.text


def test_once_sent_for_good_it_is_forgotten_and_a_refusal_keeps_it(world: World) -> None:
    client, suite = _lost(world)
    _sign_in(client, "agathe", suite)
    name = suite.rsplit("=", 1)[1]
    token = web.csrf(client, "/files")
    lost = {"csrf": token, "reprise": name, "version": "999"}
    gone = f"/elements/{world.office.items['question']}/actions/inconnue"
    assert client.post(gone, data=lost).status_code in {404, 409}
    assert client.get(f"/reprises/{name}").status_code == 200
    sent = client.post(
        _form(world), data={"csrf": token, "reprise": name, "valeur": "HADDAD", "version": "2"}
    )
    assert sent.status_code == 303
    assert client.get(f"/reprises/{name}").status_code == 404


def test_a_person_may_have_it_erased(world: World) -> None:
    client, suite = _lost(world)
    _sign_in(client, "agathe", suite)
    name = suite.rsplit("=", 1)[1]
    token = web.csrf(client, "/files")
    assert client.post(f"/reprises/{name}/oublier", data={"csrf": token}).status_code == 303
    assert client.get(f"/reprises/{name}").status_code == 404


def test_after_a_day_it_is_gone(world: World) -> None:
    _, suite = _lost(world)
    world.clock.turn(timedelta(days=1))
    client = world.signed_in("agathe")
    assert client.get(f"/reprises/{suite.rsplit('=', 1)[1]}").status_code == 404


def test_a_form_of_an_earlier_session_sent_in_a_new_one_comes_back_at_once(world: World) -> None:
    client, token = _ended(world)
    _sign_in(client, "agathe", "/files")
    answer = _send(world, client, token)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(_form(world) + "?reprise=")
    by_htmx = _send(world, client, token, **{"hx-request": "true"})
    assert by_htmx.headers["hx-redirect"].startswith(_form(world) + "?reprise=")


def test_the_form_of_somebody_else_is_never_kept(world: World) -> None:
    _, token = _ended(world)
    client = world.signed_in("lille")
    assert _send(world, client, token).status_code == 400
    thief = world.visitor()
    assert _send(world, thief, token).headers["location"] == "/connexion"
    client2, _ = _ended(world, "sylvie")
    assert _send(world, client2, token).headers["location"] == "/connexion"
    with world.house.database.reading() as session:
        assert [drafts.waiting(session, who, world.clock.now()) for who in seed.PEOPLE] == [[]] * len(
            seed.PEOPLE
        )


def test_passwords_and_accounts_are_never_kept(world: World) -> None:
    client, token = _ended(world)
    answer = client.post("/compte/mot-de-passe", data={"csrf": token, "actuel": "x", "nouveau": "y"})
    assert answer.headers["location"] == "/connexion"
    answer = client.post(_form(world), data={"csrf": token, "mot_de_passe": "x", "valeur": ""})
    assert answer.headers["location"] == "/connexion"


def test_a_page_of_another_site_is_not_where_one_goes_back(world: World) -> None:
    client, token = _ended(world)
    answer = _send(world, client, token, referer="https://ailleurs.example/piege")
    assert answer.headers["location"].startswith("/connexion?suite=/%3Freprise%3D")


def test_a_session_the_administrator_closed_loses_no_text_a_disabled_account_does(world: World) -> None:
    client = world.signed_in("agathe")
    token = web.csrf(client, "/files")
    with world.house.database.transaction() as session:
        (opened,) = sessions.live(session, world.clock.now(), login="agathe")
        assert sessions.end_session(session, opened.token_hash, world.clock.now())
        assert not sessions.end_session(session, opened.token_hash, world.clock.now())
    assert "reprise" in _send(world, client, token).headers["location"]


def test_no_more_than_a_handful_are_kept_for_one_person(world: World) -> None:
    at = world.clock.now()
    with world.house.database.transaction() as session:
        for number in range(MOST + 5):
            drafts.keep(
                session,
                Draft(
                    id=f"{number:032x}", login="agathe", action=f"/a/{number}", page="/", fields="x",
                    created_at=at + timedelta(seconds=number), expires_at=at + timedelta(days=1),
                ),
            )  # fmt: skip
        drafts.keep(
            session,
            Draft(
                id="e" * 32, login="agathe", action="/a/24", page="/", fields="x",
                created_at=at + timedelta(minutes=1), expires_at=at + timedelta(days=1),
            ),
        )  # fmt: skip
        kept = drafts.waiting(session, "agathe", at)
    assert len(kept) == MOST
    assert kept[0].id == "e" * 32
    assert [d.action for d in kept].count("/a/24") == 1
