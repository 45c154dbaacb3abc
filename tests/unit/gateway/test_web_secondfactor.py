"""The second factor at the door: set up, asked, refused when replayed, replaced by a recovery code."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from httpx import Client, Response

from gateway.evidence.record import Kind
from gateway.web.doorstep.secondfactor import NOT_THE_CODE, WRONG_CODE
from storage import factors, people, sheets
from tests.builders import seed
from tests.worlds import web
from tests.worlds.web import World


@pytest.fixture
def world(strict_world: World) -> World:
    """Here supervisors come in by two factors."""
    return strict_world


def _password(client: Client, login: str, suite: str = "/") -> Response:
    form = {"csrf": web.csrf(client, "/connexion"), "identifiant": login, "mot_de_passe": seed.PASSWORD}
    return client.post("/connexion", data=form | {"suite": suite})


def _code(client: Client, code: str, page: str = "/connexion/code") -> Response:
    return client.post(page, data={"csrf": web.csrf(client, page), "code": code})


def _set_up(world: World, login: str = "sylvie", suite: str = "/") -> tuple[Client, str, list[str]]:
    """Sign in, set the authenticator up; the client, its secret, the recovery codes."""
    client = world.visitor()
    assert _password(client, login, suite).headers["location"] == "/connexion/activation"
    page = client.get("/connexion/activation").text
    found = re.search(r'<code class="break">([A-Z2-7 ]+)</code>', page)
    assert found is not None
    secret = found[1].replace(" ", "")
    done = _code(client, pyotp.TOTP(secret).at(world.clock.now()), "/connexion/activation")
    assert done.status_code == 200
    return client, secret, re.findall(r"<code>([A-Z2-7-]{19})</code>", done.text)


def test_whoever_needs_one_sets_it_up_before_anything_opens(world: World) -> None:
    client = world.visitor()
    _password(client, "sylvie")
    assert client.get("/files").headers["location"] == "/connexion?suite=/files"
    client, _, codes = _set_up(world, suite="/mis-de-cote")
    assert len(codes) == 10
    assert client.get("/files").status_code == 200
    assert _password(world.visitor(), "agathe").headers["location"] == "/"


def test_then_the_code_is_asked_and_one_goes_where_one_wanted(world: World) -> None:
    _, secret, _ = _set_up(world)
    world.clock.turn(timedelta(minutes=1))
    client = world.visitor()
    assert _password(client, "sylvie", "/mis-de-cote").headers["location"] == "/connexion/code"
    assert client.get("/files").status_code == 303
    before = client.cookies["passerelle"]
    answer = _code(client, pyotp.TOTP(secret).at(world.clock.now()))
    assert answer.headers["location"] == "/mis-de-cote"
    assert client.get("/files").status_code == 200
    assert client.cookies["passerelle"] != before


def test_a_code_is_good_once(world: World) -> None:
    _, secret, _ = _set_up(world)
    code = pyotp.TOTP(secret).at(world.clock.now())
    client = world.visitor()
    _password(client, "sylvie")
    replayed = _code(client, code)
    assert replayed.status_code == 401
    assert WRONG_CODE in replayed.text


def test_a_recovery_code_opens_once_and_is_told(world: World) -> None:
    _, _, codes = _set_up(world)
    first, second = world.visitor(), world.visitor()
    _password(first, "sylvie")
    assert _code(first, codes[3].lower()).status_code == 303
    _password(second, "sylvie")
    assert _code(second, codes[3]).status_code == 401
    with world.house.database.reading() as session:
        assert factors.recovery_left(session, "sylvie") == 9
        told = [
            (e.fields or {}).get("action")
            for e in sheets.journal(session, None, 20)
            if e.kind == Kind.PERSON
        ]
    assert told == ["recovery-code-used", "second-factor-set"]


def test_wrong_codes_make_the_account_wait_as_wrong_passwords_do(world: World) -> None:
    _, secret, _ = _set_up(world)
    world.clock.turn(timedelta(minutes=1))
    client = world.visitor()
    _password(client, "sylvie")
    for _ in range(3):
        assert _code(client, "000000").status_code == 401
    assert _code(client, pyotp.TOTP(secret).at(world.clock.now())).status_code == 401
    world.clock.turn(timedelta(minutes=5))
    assert _code(client, pyotp.TOTP(secret).at(world.clock.now())).status_code == 303
    with world.house.database.reading() as session:
        kinds = {e.kind for e in sheets.journal(session, None, 20)}
    assert Kind.LOCKED in kinds


def test_the_secret_is_sealed_and_never_shown_again(world: World) -> None:
    client, secret, _ = _set_up(world)
    with world.house.database.reading() as session:
        kept = factors.get(session, "sylvie")
    assert kept is not None
    assert secret not in kept.secret
    assert client.get("/connexion/activation").headers["location"] == "/compte"
    assert client.get("/connexion/activation.svg").status_code == 404
    assert secret not in client.get("/compte").text


def test_the_picture_is_for_the_person_setting_it_up_alone(world: World) -> None:
    client = world.visitor()
    assert client.get("/connexion/activation.svg").status_code == 404
    _password(client, "sylvie")
    answer = client.get("/connexion/activation.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["content-security-policy"] == "default-src 'none'"
    assert answer.headers["cache-control"] == "no-store"


def test_a_wrong_first_code_activates_nothing(world: World) -> None:
    client = world.visitor()
    _password(client, "sylvie")
    answer = _code(client, "000000", "/connexion/activation")
    assert answer.status_code == 401
    assert NOT_THE_CODE in answer.text
    with world.house.database.reading() as session:
        assert not factors.confirmed(session, "sylvie")


def _ask(client: Client, password: str = seed.PASSWORD) -> Response:
    form = {"csrf": web.csrf(client, "/compte"), "actuel": password, "geste": "activer"}
    return client.post("/compte/second-facteur", data=form)


def _shown(client: Client) -> str:
    found = re.search(r'<code class="break">([A-Z2-7 ]+)</code>', client.get("/connexion/activation").text)
    assert found is not None
    return found[1].replace(" ", "")


def _enters(world: World, secret: str) -> bool:
    """Whether the password and a code of ``secret`` open a session; the password alone never does."""
    world.clock.turn(timedelta(minutes=1))
    with world.house.database.transaction() as session:
        people.forgive(session, "sylvie")  # waits are another test's subject
    client = world.visitor()
    assert _password(client, "sylvie").headers["location"] == "/connexion/code"
    return _code(client, pyotp.TOTP(secret).at(world.clock.now())).status_code == 303


def test_a_factor_being_replaced_stays_in_force_until_the_first_code_of_the_new(world: World) -> None:
    client, former, _ = _set_up(world)
    assert _ask(client).headers["location"] == "/connexion/activation"
    secret = _shown(client)
    assert secret != former
    assert _enters(world, former)
    assert not _enters(world, secret)
    code = pyotp.TOTP(secret).at(world.clock.now())
    assert _code(client, "000000", "/connexion/activation").status_code == 401
    assert _enters(world, former)
    code = pyotp.TOTP(secret).at(world.clock.now())
    assert _code(client, code, "/connexion/activation").status_code == 200
    assert _enters(world, secret)
    assert not _enters(world, former)


def test_a_replacement_left_half_way_changes_nothing(world: World) -> None:
    client, former, _ = _set_up(world)
    _ask(client)
    world.clock.turn(timedelta(minutes=10, seconds=1))
    assert client.get("/connexion/activation").headers["location"] == "/compte"
    assert client.get("/connexion/activation.svg").status_code == 404
    assert _enters(world, former)


def test_an_open_session_sets_a_first_factor_up_by_the_password_only(world: World) -> None:
    client = world.signed_in("agathe")
    assert client.get("/connexion/activation").headers["location"] == "/compte"
    assert client.get("/connexion/activation.svg").status_code == 404
    assert _ask(client, "faux").status_code == 409
    assert client.get("/connexion/activation").headers["location"] == "/compte"
    assert _ask(client).headers["location"] == "/connexion/activation"
    code = pyotp.TOTP(_shown(client)).at(world.clock.now())
    assert _code(client, code, "/connexion/activation").status_code == 200


def test_a_sign_in_left_half_way_is_forgotten(world: World) -> None:
    _, secret, _ = _set_up(world)
    client = world.visitor()
    _password(client, "sylvie")
    world.clock.turn(timedelta(minutes=10))
    assert client.get("/connexion/code").headers["location"] == "/connexion"
    token = {"csrf": web.csrf(client, "/connexion"), "code": pyotp.TOTP(secret).at(world.clock.now())}
    assert client.post("/connexion/code", data=token).headers["location"] == "/connexion"
