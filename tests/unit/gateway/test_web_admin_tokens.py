"""Tokens made in the pages, and what the guard makes of one on an address of the API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from fastapi import APIRouter
from httpx import Client, Response

from gateway.clock import TurnableClock
from gateway.evidence.record import Kind
from gateway.web import access
from gateway.web.access import Right
from gateway.web.house import Seen
from storage import factors, people, sessions, sheets, tokens
from storage.db import Database
from storage.secretbox import seal
from tests.builders import seed
from tests.worlds import web
from tests.worlds.web import World


@pytest.fixture
def world(
    sqlite_database: Database, tmp_path: Path, clock: TurnableClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """The application with two addresses of an API, to be opened by a token."""
    routes = dict(access.ROUTES) | {("GET", "/api/essai"): Right.WORK, ("POST", "/api/essai"): Right.ACT}
    monkeypatch.setattr("gateway.web.guard.ROUTES", routes)
    built = web.build(sqlite_database, tmp_path, clock)
    router = APIRouter()

    @router.api_route("/api/essai", methods=["GET", "POST"])
    def essay(seen: Seen) -> dict[str, Any]:
        return {"login": seen.login, "rights": sorted(seen.rights)}

    built.app.include_router(router)
    built.start()
    yield built
    built.stop()


def _make(world: World, login: str = "agathe", **fields: str | list[str]) -> Response:
    """A token a person makes in their own name."""
    client = world.signed_in(login)
    usual: dict[str, str | list[str]] = {
        "csrf": web.csrf(client, "/compte"),
        "objet": "Relevé",
        "jours": "30",
        "actuel": seed.PASSWORD,
    }
    return client.post("/compte/jetons", data=usual | fields)


def _by_the_administrator(world: World, **fields: str | list[str]) -> Response:
    client = world.signed_in("adam")
    usual: dict[str, str | list[str]] = {
        "csrf": web.csrf(client, "/compte"),
        "objet": "Relevé",
        "jours": "30",
        "portees": ["read"],
    }
    return client.post("/administration/jetons", data=usual | fields)


def _program(world: World, **fields: str | list[str]) -> Response:
    client = world.signed_in("adam")
    usual: dict[str, str | list[str]] = {
        "csrf": web.csrf(client, "/compte"),
        "identifiant": "releve",
        "nom": "Relevé de nuit",
        "roles": ["supervisor"],
        "programme": "true",
    }
    return client.post("/personnes", data=usual | fields)


def _presented(answer: Response) -> str:
    found = re.search(r"psr_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", answer.text)
    assert found is not None, answer.text
    return found[0]


def _bearer(world: World, presented: str) -> Client:
    client = world.visitor()
    client.headers["authorization"] = f"Bearer {presented}"
    return client


def test_a_token_opens_what_its_scopes_and_its_person_allow(world: World) -> None:
    presented = _presented(_make(world, portees=["read", "content"]))
    client = _bearer(world, presented)
    told = client.get("/api/essai").json()
    assert told["login"] == "agathe"
    assert set(told["rights"]) == {"public", "signed-in", "work", "content", "evidence"}
    refused = client.post("/api/essai", content=b"")
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["status"] == 403
    assert refused.headers["content-disposition"] == 'attachment; filename="api.json"'
    with world.house.database.reading() as session:
        (row,) = tokens.everyone(session)
    assert row.used_at == world.clock.now()


def test_a_token_that_may_act_needs_no_form_token_a_session_does(world: World) -> None:
    presented = _presented(_make(world, portees=["act"]))
    assert _bearer(world, presented).post("/api/essai", content=b"").status_code == 200
    client = world.signed_in("agathe")
    assert client.post("/api/essai", content=b"").status_code == 400
    token = web.csrf(client, "/files")
    assert client.post("/api/essai", content=b"", headers={"x-csrf": token}).status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer psr_x", "Basic YTpi"])
def test_without_a_good_token_the_api_answers_401_as_a_problem(world: World, header: str) -> None:
    answer = world.visitor().get("/api/essai", headers={"authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["detail"].startswith("Cette adresse demande un jeton")


def test_a_token_opens_no_page(world: World) -> None:
    presented = _presented(_make(world, portees=["read"]))
    assert _bearer(world, presented).get("/files").status_code == 303


def test_revoked_it_opens_nothing_and_its_life_is_told(world: World) -> None:
    presented = _presented(_make(world, portees=["read"]))
    name = presented.split("_")[1]
    adam = world.signed_in("adam")
    form = {"csrf": web.csrf(adam, "/compte")}
    assert presented not in adam.get("/administration/jetons").text
    assert adam.post(f"/administration/jetons/{name}/revoquer", data=form).status_code == 303
    assert _bearer(world, presented).get("/api/essai").status_code == 401
    assert adam.post("/administration/jetons/inconnu/revoquer", data=form).status_code == 404
    with world.house.database.reading() as session:
        told = [e for e in sheets.journal(session, None, 20) if e.kind == Kind.TOKEN]
    assert [(e.fields or {})["action"] for e in told] == ["revoked", "created"]
    assert presented.rsplit("_", 1)[1] not in str([e.fields for e in told])


def test_the_administrator_makes_no_token_in_the_name_of_a_person(world: World) -> None:
    for login in ("medard", "agathe", "adam", "inconnue", ""):
        answer = _by_the_administrator(world, personne=login)
        assert (login, answer.status_code) == (login, 409)
    with world.house.database.reading() as session:
        assert tokens.everyone(session) == []
    assert "medard" not in world.signed_in("adam").get("/administration/jetons").text


def test_the_token_of_a_program_reads_and_opens_no_document(world: World) -> None:
    assert _program(world).status_code == 303
    presented = _presented(_by_the_administrator(world, personne="releve", portees=["read", "supervise"]))
    told = _bearer(world, presented).get("/api/essai").json()
    assert told["login"] == "releve"
    assert not {"content", "medical-content", "act", "register"} & set(told["rights"])
    for scope in ("content", "medical", "act", "register", "calendar", "tout"):
        answer = _by_the_administrator(world, personne="releve", portees=["read", scope])
        assert (scope, answer.status_code) == (scope, 409)


def test_nobody_comes_in_as_a_program_nor_gives_it_what_is_medical(world: World) -> None:
    for wrong in ({"roles": ["cnse-medical"]}, {"roles": ["admin"]}, {"courriel": "p@cnse.example"}):
        assert _program(world, **wrong).status_code == 409
    _program(world)
    with world.house.database.transaction() as session:
        people.set_password(session, "releve", seed.quick_passwords().hash(seed.PASSWORD))
    client, adam = world.visitor(), world.signed_in("adam")
    form = {"csrf": web.csrf(client, "/connexion"), "identifiant": "releve", "mot_de_passe": seed.PASSWORD}
    assert client.post("/connexion", data=form).status_code == 401
    token = {"csrf": web.csrf(adam, "/compte")}
    assert adam.post("/personnes/releve/lien", data=token).status_code == 409
    medical = {**token, "roles": ["cnse-medical"]}
    assert adam.post("/personnes/releve/roles", data=medical).status_code == 409


def test_ones_own_token_is_made_with_the_password_or_the_code_of_ones_factor(world: World) -> None:
    assert _make(world, portees=["read"], actuel="faux").status_code == 409
    at, secret = world.clock.now(), pyotp.random_base32()
    client = world.signed_in("agathe")
    with world.house.database.transaction() as session:
        factors.begin(session, "agathe", seal(world.house.vault.ring, secret, "totp:agathe"), at)
        factors.confirm(session, "agathe", at, [])
    form = {"csrf": web.csrf(client, "/compte"), "objet": "x", "jours": "3", "portees": ["read"]}
    assert client.post("/compte/jetons", data=form | {"actuel": seed.PASSWORD}).status_code == 409
    right = {"actuel": pyotp.TOTP(secret).at(at)}
    _presented(client.post("/compte/jetons", data=form | right))
    assert client.post("/compte/jetons", data=form | right).status_code == 409  # a code is good once


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"objet": " ", "portees": ["read"]}, "à quoi servira"),
        ({}, "au moins une portée"),
        ({"portees": ["tout"]}, "au moins une portée"),
        ({"portees": ["calendar"]}, "au moins une portée"),
        ({"portees": ["medical"]}, "au moins une portée"),
        ({"portees": ["read"], "jours": "0"}, "de 1 à 365 jours"),
        ({"portees": ["read"], "jours": "366"}, "de 1 à 365 jours"),
    ],
)
def test_a_token_that_may_not_be_is_not_made(
    world: World, fields: dict[str, str | list[str]], said: str
) -> None:
    answer = _make(world, **fields)  # type: ignore[arg-type]
    assert answer.status_code == 409
    assert said in answer.text
    with world.house.database.reading() as session:
        assert tokens.everyone(session) == []


def test_nobody_holds_more_tokens_than_allowed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.web.doorstep.own_tokens.MOST_TOKENS", 1)
    _presented(_make(world, portees=["read"]))
    assert "Révoquez-en un" in _make(world, portees=["read"]).text


def test_what_is_done_through_a_token_says_so_beside_the_person(world: World) -> None:
    presented = _presented(_make(world, "medard", portees=["read", "content", "medical", "act"]))
    number = world.office.documents["report"]
    assert _bearer(world, presented).get(f"/api/v1/documents/{number}/original").status_code == 200
    assert world.signed_in("medard").get(f"/documents/{number}/original").status_code == 200
    with world.house.database.reading() as session:
        told = [e.fields or {} for e in sheets.journal(session, None, 50) if e.kind == Kind.ACCESS]
    mine = [(f["person"], f.get("token")) for f in reversed(told)]
    assert ("medard", presented.split("_")[1]) in mine
    assert ("medard", None) in mine


def test_the_administrator_sees_who_is_in_and_closes_a_session(world: World) -> None:
    agathe, adam = world.signed_in("agathe"), world.signed_in("adam")
    page = adam.get("/administration/sessions").text
    assert "Agathe Le Goff" in page
    with world.house.database.reading() as session:
        (opened,) = sessions.live(session, world.clock.now(), login="agathe")
    form = {"csrf": web.csrf(adam, "/compte")}
    assert adam.post(f"/administration/sessions/{opened.id}/fermer", data=form).status_code == 303
    assert agathe.get("/files").status_code == 303
    assert adam.post(f"/administration/sessions/{'0' * 16}/fermer", data=form).status_code == 404
