"""The address of the installation is set, not believed: links and pages for another host are not given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from httpx import Client

from gateway.clock import TurnableClock
from storage import people, tokens
from storage.db import Database
from tests.worlds import web
from tests.worlds.web import World

EVIL = {"host": "evil.example"}


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path, clock: TurnableClock) -> Iterator[World]:
    """Cookies as in production, no public address; pages are visited over loopback all the same."""
    built = web.build(sqlite_database, tmp_path, clock)
    built.start()
    yield built
    built.stop()


def _secure(world: World, login: str) -> tuple[Client, dict[str, str]]:
    client = world.signed_in(login)
    form = {"csrf": web.csrf(client, "/compte")}
    secure = world.house.settings.model_copy(update={"secure_cookies": True})
    client.cookies.set("__Host-passerelle", client.cookies["passerelle"])
    world.app.state.house = replace(world.house, settings=secure)
    client.headers["cookie"] = f"__Host-passerelle={client.cookies['passerelle']}"
    return client, form


def test_without_a_public_address_no_link_is_made_and_nothing_is_changed(world: World) -> None:
    client, form = _secure(world, "adam")
    new = form | {"identifiant": "nadia", "nom": "Nadia"}
    for path, data in (("/personnes", new), ("/personnes/agathe/lien", form)):
        answer = client.post(path, data=data, headers=EVIL)
        assert answer.status_code == 409
        assert "public_url" in answer.text
        assert "evil.example" not in answer.text
    with world.house.database.reading() as session:
        assert people.get(session, "nadia") is None
        kept = people.get(session, "agathe")
        assert kept is not None
        assert kept.password_hash


def test_without_a_public_address_no_feed_is_made(world: World) -> None:
    client, form = _secure(world, "lille")
    place = "soins-programmes-algerie/cpam-595"
    assert client.post("/compte/agendas", data=form | {"file": place}, headers=EVIL).status_code == 409
    with world.house.database.reading() as session:
        assert tokens.everyone(session) == []


def test_with_a_public_address_another_host_is_answered_nothing(world: World) -> None:
    settings = world.house.settings.model_copy(update={"public_url": "https://passerelle.example:8443"})
    named = World(replace(world.house, settings=settings), world.office, world.clock)
    named.start()
    expected = {
        "passerelle.example:8443": 200,
        "passerelle.example": 200,
        "PASSERELLE.example": 200,
        "127.0.0.1:8352": 200,
        "[::1]:8352": 200,
        "evil.example": 400,
        "passerelle.example.evil.example": 400,
    }
    client = named.visitor()
    found = {host: client.get("/connexion", headers={"host": host}).status_code for host in expected}
    named.stop()
    assert found == expected
