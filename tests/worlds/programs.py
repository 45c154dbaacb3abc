"""Programs that call the API: a token of a person, an action under its key and its condition."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from httpx import Client, Response

from gateway.web.access import SCOPES
from storage import tokens
from storage.db import Database
from tests.worlds.web import World

ALL = tuple(scope for scope in SCOPES if scope != "calendar")


def bearer(database: Database, client: Client, login: str, at: datetime, *scopes: str) -> Client:
    """``client`` with a token of this person, of every scope when none is said."""
    with database.transaction() as session:
        presented, _ = tokens.create(
            session,
            title="Essais",
            scopes=scopes or ALL,
            created_by="adam",
            at=at,
            expires_at=at.replace(year=at.year + 1),
            login=login,
        )
    client.headers["authorization"] = f"Bearer {presented}"
    return client


def program(world: World, login: str, *scopes: str) -> Client:
    """A client that presents a token of this person, on a served office."""
    return bearer(world.house.database, world.visitor(), login, world.clock.now(), *scopes)


def post(client: Client, path: str, key: str, tag: str | None = None, **body: Any) -> Response:
    headers = {"idempotency-key": key} | ({"if-match": tag} if tag else {})
    return client.post(f"/api/v1{path}", json=body, headers=headers)


def tag_of(client: Client, path: str) -> str:
    return client.get(f"/api/v1{path}").headers["etag"]


def problem(answer: Response) -> str:
    """The slug of a refusal told as RFC 9457 wants it."""
    said = answer.json()
    assert said["status"] == answer.status_code
    assert answer.headers["content-type"] == "application/problem+json"
    return str(said["type"]).partition("#")[2]
