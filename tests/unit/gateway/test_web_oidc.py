"""Single sign-on against a real provider in another process: who comes in, who does not, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from gateway.clock import SystemClock, TurnableClock
from gateway.errors import PasserelleError, Refused, Unavailable
from gateway.evidence.record import Kind
from gateway.settings import Oidc, Settings
from gateway.web.doorstep.oidc import SignOn
from storage import factors, people, sheets
from storage.db import Database
from tests.worlds import web
from tests.worlds.identity import IdentityProvider
from tests.worlds.web import World


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentityProvider]:
    secret = tmp_path_factory.mktemp("oidc") / "oidc.secret"
    secret.touch(mode=0o600)
    secret.write_text("un secret long\n")
    with IdentityProvider(secret) as found:
        yield found


def _settings(provider: IdentityProvider, **changes: object) -> Oidc:
    usual = {
        "enabled": True,
        "issuer": provider.issuer,
        "client_id": "passerelle",
        "client_secret_file": provider.secret_file,
    }
    return Oidc.model_validate(usual | changes)


def _with(world: World, oidc: Oidc, **web_changes: object) -> None:
    world.app.state.house = replace(
        world.house,
        sign_on=SignOn(oidc, Path()),
        installation=Settings(oidc=oidc),
        settings=world.house.settings.model_copy(update=web_changes),
    )


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path, provider: IdentityProvider) -> Iterator[World]:
    """The clock is the real one at the start: the provider's tokens are dated."""
    built = web.build(sqlite_database, tmp_path, TurnableClock(SystemClock().now()))
    with built.house.database.transaction() as session:
        people.set_identity(session, "agathe", "Agathe Le Goff", "agathe.legoff@cnse.example")
        people.set_identity(session, "medard", "Médard Kervella", "medard@cnse.example")
    _with(built, _settings(provider))
    built.start()
    yield built
    built.stop()


def _leave(client: httpx.Client, suite: str = "/") -> str:
    answer = client.get("/connexion/oidc", params={"suite": suite})
    assert answer.status_code == 303
    return answer.headers["location"]


def _choose(address: str, subject: str) -> str:
    """What the person does at the provider: the address it sends the browser back to."""
    answer = httpx.post(address, data={"sub": subject}, timeout=30)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["location"])


def _through(client: httpx.Client, subject: str, suite: str = "/") -> httpx.Response:
    return client.get(_choose(_leave(client, suite), subject))


def test_a_known_person_comes_in_with_our_roles_and_goes_where_they_wanted(world: World) -> None:
    client = world.visitor()
    answer = _through(client, "1", "/files/cnse-administratif?tri=ancien")
    assert (answer.status_code, answer.headers["location"]) == (303, "/files/cnse-administratif?tri=ancien")
    assert client.get("/files").status_code == 200
    assert client.get("/journal").status_code == 403
    with world.house.database.reading() as session:
        event = sheets.journal(session, None, 1)[0]
    assert (event.kind, event.subject) == (Kind.LOGIN, "person:agathe")
    assert {k: (event.fields or {}).get(k) for k in ("outcome", "via")} == {"outcome": "in", "via": "oidc"}


def test_the_request_carries_state_nonce_and_pkce(world: World) -> None:
    asked = parse_qs(urlsplit(_leave(world.visitor())).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["response_type"] == ["code"]
    assert {len(asked[name][0]) >= 43 for name in ("state", "nonce", "code_challenge")} == {True}
    assert asked["redirect_uri"] == [f"{world.address}/connexion/oidc/retour"]


def test_an_identity_nobody_has_here_is_refused_with_a_sentence_and_kept_as_a_mark(world: World) -> None:
    client = world.visitor()
    answer = _through(client, "2")
    assert answer.status_code == 403
    assert "aucun compte ouvert de Passerelle ne porte cette identité" in answer.text
    assert client.get("/files").status_code == 303
    with world.house.database.reading() as session:
        event = sheets.journal(session, None, 1)[0]
    assert (event.fields or {})["outcome"] == "unknown"
    assert "inconnue" not in str(event.fields) + event.subject


def test_a_deactivated_person_is_refused(world: World) -> None:
    with world.house.database.transaction() as session:
        people.set_active(session, "agathe", active=False)
    assert _through(world.visitor(), "1").status_code == 403


def test_an_address_the_provider_did_not_verify_is_refused(
    world: World, provider: IdentityProvider
) -> None:
    said_no = ("4", "5", "6", "7", "8")
    for subject in (*said_no, "silent"):
        answer = _through(world.visitor(), subject)
        assert (subject, answer.status_code) == (subject, 401)
        assert "n’y est pas vérifiée" in answer.text
    _with(world, _settings(provider, trust_email=True))
    assert [_through(world.visitor(), subject).status_code for subject in said_no] == [401] * len(said_no)
    assert _through(world.visitor(), "silent").status_code == 303


ENDPOINTS = (
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "userinfo_endpoint",
    "end_session_endpoint",
)


@pytest.mark.parametrize("end", ENDPOINTS)
def test_a_provider_whose_addresses_are_in_clear_is_refused_before_anything_leaves(end: str) -> None:
    issuer, asked = "https://auth.example", list[str]()
    found = {name: f"{issuer}/{name}" for name in ENDPOINTS} | {"issuer": issuer}

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json=found)

    oidc = Oidc(enabled=True, issuer=issuer, client_id="passerelle")
    client = httpx.Client(transport=httpx.MockTransport(answer))
    at = SystemClock().now()
    assert SignOn(oidc, Path(), client).leave("https://here.example/retour", at).address.startswith(issuer)
    found[end] = f"http://auth.example/{end}"
    with pytest.raises(Refused, match="pas chiffrée"):
        SignOn(oidc, Path(), client).leave("https://here.example/retour", at)
    assert asked == [f"{issuer}/.well-known/openid-configuration"] * 2


def test_the_return_of_another_browser_or_of_another_day_opens_nothing(world: World) -> None:
    back = _choose(_leave(world.visitor()), "1")
    assert world.visitor().get(back).status_code == 400
    other = world.visitor()
    _leave(other)
    answer = other.get(back)
    assert answer.status_code == 401
    assert "ne correspond pas" in answer.text


def test_a_return_serves_once(world: World) -> None:
    client = world.visitor()
    back = _choose(_leave(client), "1")
    assert client.get(back).status_code == 303
    assert client.get(back).status_code == 400


@pytest.mark.parametrize("changed", ["nonce", "verifier"])
def test_a_nonce_or_a_verifier_that_is_not_ours_proves_nothing(
    provider: IdentityProvider, changed: str
) -> None:
    sign_on, at = SignOn(_settings(provider), Path()), SystemClock().now()
    departure = sign_on.leave("http://localhost/retour", at)
    query = {k: v[0] for k, v in parse_qs(urlsplit(_choose(departure.address, "1")).query).items()}
    proof = json.dumps({**json.loads(departure.proof), changed: "x" * 43})
    with pytest.raises(Refused, match="prouvée"):
        sign_on.arrive("http://localhost/retour", query, proof, at)


def test_signed_user_information_names_the_person(world: World, provider: IdentityProvider) -> None:
    _with(world, _settings(provider, claim="uid", match="login"))
    assert _through(world.visitor(), "1").status_code == 303
    answer = _through(world.visitor(), "forger")
    assert answer.status_code == 401
    assert "n’est pas prouvée" in answer.text


def test_an_id_token_out_of_its_time_or_for_somebody_else_is_refused(provider: IdentityProvider) -> None:
    at = SystemClock().now()
    sign_on = SignOn(_settings(provider), Path())
    departure = sign_on.leave("http://localhost/retour", at)
    query = {k: v[0] for k, v in parse_qs(urlsplit(_choose(departure.address, "1")).query).items()}
    with pytest.raises(Refused, match="prouvée"):
        sign_on.arrive("http://localhost/retour", query, departure.proof, at.replace(year=at.year + 1))


def test_our_second_factor_is_asked_unless_the_provider_says_it_asked_one(
    world: World, provider: IdentityProvider
) -> None:
    _with(world, _settings(provider), totp="required", totp_roles=())
    assert _through(world.visitor(), "3").headers["location"] == "/connexion/activation"
    _with(world, _settings(provider, strong_acr=("eidas2",)), totp="required", totp_roles=())
    assert _through(world.visitor(), "3", "/files").headers["location"] == "/files"
    with world.house.database.reading() as session:
        assert not factors.confirmed(session, "medard")


def test_signing_out_leads_to_the_end_of_the_session_at_the_provider(
    world: World, provider: IdentityProvider
) -> None:
    client = world.visitor()
    _through(client, "1")
    answer = client.post("/deconnexion", data={"csrf": web.csrf(client, "/files")})
    assert answer.status_code == 200
    assert f"{provider.issuer}/oauth2/end_session?id_token_hint=" in answer.text
    assert client.get("/files").status_code == 303


def test_a_provider_that_is_silent_or_says_no_is_told(world: World, provider: IdentityProvider) -> None:
    client = world.visitor()
    state = parse_qs(urlsplit(_leave(client)).query)["state"][0]
    answer = client.get("/connexion/oidc/retour", params={"error": "access_denied", "state": state})
    assert "le fournisseur a refusé" in answer.text
    _with(world, _settings(provider, issuer="http://127.0.0.1:9"))
    answer = world.visitor().get("/connexion/oidc")
    assert answer.status_code == 503
    assert "ne répond pas" in answer.text
    with pytest.raises(Unavailable):
        SignOn(_settings(provider, issuer="http://127.0.0.1:9"), Path()).leave("/", SystemClock().now())


def test_without_single_sign_on_its_address_opens_nothing(world: World) -> None:
    world.app.state.house = replace(world.house, sign_on=None)
    assert world.visitor().get("/connexion/oidc").status_code == 404


@pytest.mark.parametrize(
    "changes", [{"issuer": None}, {"client_id": None}, {"issuer": "http://ailleurs.example"}]
)
def test_settings_that_prove_nothing_are_refused_at_start(
    provider: IdentityProvider, changes: dict[str, object]
) -> None:
    with pytest.raises(PasserelleError, match="rien n’a démarré"):
        SignOn(_settings(provider, **changes), Path())


def test_a_secret_others_may_read_is_refused(provider: IdentityProvider, tmp_path: Path) -> None:
    file = tmp_path / "oidc.secret"
    file.write_text("s\n")
    file.chmod(0o644)
    with pytest.raises(PasserelleError, match="limitez ses droits"):
        SignOn(_settings(provider, client_secret_file="oidc.secret"), tmp_path)
    file.chmod(0o600)
    SignOn(_settings(provider, client_secret_file="oidc.secret"), tmp_path)
    with pytest.raises(PasserelleError, match="ne se lit pas"):
        SignOn(_settings(provider, client_secret_file="absent"), tmp_path)
