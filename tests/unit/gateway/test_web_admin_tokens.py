"""Tokens made in the pages, and what the guard makes of one on an address of the API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter
from httpx import Client, Response

from gateway.clock import TurnableClock
from gateway.evidence.record import Kind
from gateway.web import access
from gateway.web.access import Right
from gateway.web.house import Seen
from storage import sessions, sheets, tokens
from storage.db import Database
from tests.worlds import web
from tests.worlds.web import World

PLACE = "soins-programmes-algerie/cpam-595"


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


def _make(world: World, **fields: str | list[str]) -> Response:
    client = world.signed_in("adam")
    usual: dict[str, str | list[str]] = {
        "csrf": web.csrf(client, "/compte"),
        "objet": "Relevé",
        "jours": "30",
    }
    return client.post("/administration/jetons", data=usual | fields)


def _presented(answer: Response) -> str:
    found = re.search(r"psr_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", answer.text)
    assert found is not None, answer.text
    return found[0]


def _bearer(world: World, presented: str) -> Client:
    client = world.visitor()
    client.headers["authorization"] = f"Bearer {presented}"
    return client


def test_a_token_opens_what_its_scopes_and_its_person_allow(world: World) -> None:
    presented = _presented(_make(world, personne="agathe", portees=["read", "content", "medical"]))
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
    presented = _presented(_make(world, personne="agathe", portees=["act"]))
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
    presented = _presented(_make(world, personne="agathe", portees=["read"]))
    assert _bearer(world, presented).get("/files").status_code == 303


def test_revoked_it_opens_nothing_and_its_life_is_told(world: World) -> None:
    presented = _presented(_make(world, personne="agathe", portees=["read"]))
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


def test_the_feed_of_a_queue_has_a_token_of_its_own_that_opens_nothing_else(world: World) -> None:
    presented = _presented(_make(world, file=PLACE))
    assert _bearer(world, presented).get("/api/essai").status_code == 401
    with world.house.database.reading() as session:
        held = tokens.check(session, presented, world.clock.now())
    assert held is not None
    assert held.person is None
    assert (held.queue, held.scopes) == ("cpam-595", frozenset({"calendar"}))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"objet": " "}, "à quoi servira"),
        ({}, "à une personne, ou à l’agenda"),
        ({"personne": "agathe", "file": PLACE}, "à une personne, ou à l’agenda"),
        ({"file": "soins-programmes-algerie/inconnue"}, "Cette file n’existe pas"),
        ({"personne": "agathe"}, "au moins une portée"),
        ({"personne": "agathe", "portees": ["tout"]}, "au moins une portée"),
        ({"personne": "agathe", "portees": ["calendar"]}, "au moins une portée"),
        ({"personne": "agathe", "portees": ["read"], "jours": "0"}, "de 1 à 365 jours"),
        ({"personne": "inconnue", "portees": ["read"]}, "Ce compte n’existe pas"),
    ],
)
def test_a_token_that_may_not_be_is_not_made(
    world: World, fields: dict[str, str | list[str]], said: str
) -> None:
    answer = _make(world, **fields)
    assert answer.status_code == 409
    assert said in answer.text
    with world.house.database.reading() as session:
        assert tokens.everyone(session) == []


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
