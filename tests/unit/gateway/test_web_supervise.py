"""Set aside and released; the journal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.clock import TurnableClock
from gateway.evidence.record import Kind
from storage import deliveries, sheets
from storage.db import Database
from storage.deliveries import DeliveryState
from tests.worlds import web
from tests.worlds.web import World


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path, clock: TurnableClock) -> Iterator[World]:
    built = web.build(sqlite_database, tmp_path, clock)
    built.start()
    yield built
    built.stop()


def test_a_release_sends_the_mail_back_and_wakes_the_engine(world: World) -> None:
    woken: list[str] = []
    world.app.state.house = replace(world.house, wake=woken.append)
    client = world.signed_in("sylvie")
    page = client.get("/mis-de-cote").text
    assert "se déplie au-delà de la limite" in page
    assert "déballage" in page
    sha = world.office.deliveries["poison"]
    answer = client.post(f"/mis-de-cote/{sha}/relancer", data={"csrf": web.csrf(client, "/mis-de-cote")})
    assert answer.headers["location"] == "/mis-de-cote?fait=relance"
    assert woken == [sha]
    with world.house.database.reading() as session:
        delivery = deliveries.get(session, sha)
        event = sheets.journal(session, None, 1)[0]
    assert delivery is not None
    assert delivery.state is DeliveryState.OPENED
    assert (event.kind, event.subject) == (Kind.RELEASED, f"delivery:{sha}")
    assert (event.fields or {})["step"] == "unpack"
    assert "Aucun message mis de côté" in client.get("/mis-de-cote").text


def test_releasing_twice_changes_nothing(world: World) -> None:
    client = world.signed_in("sylvie")
    token = web.csrf(client, "/mis-de-cote")
    sha = world.office.deliveries["poison"]
    assert client.post(f"/mis-de-cote/{sha}/relancer", data={"csrf": token}).status_code == 303
    assert client.post(f"/mis-de-cote/{sha}/relancer", data={"csrf": token}).status_code == 409
    assert client.post(f"/mis-de-cote/{'f' * 64}/relancer", data={"csrf": token}).status_code == 404


def test_the_journal_shows_head_and_checkpoint_and_no_document(world: World) -> None:
    client = world.signed_in("audrey")
    assert "Aucun point de contrôle" in client.get("/journal").text
    world.house.recorder.checkpoint(world.house.database)
    shown = client.get("/journal").text
    assert "Dossier ouvert" in shown
    assert "/documents/" not in shown
    with world.house.database.reading() as session:
        found = sheets.last_checkpoint(session)
    assert found is not None
    assert found.root.hex() in shown


def test_the_journal_page_by_page(world: World) -> None:
    with world.house.database.transaction() as session:
        for n in range(60):
            world.house.recorder.add(session, Kind.CONFIG, f"config:{n}")
    client = world.signed_in("audrey")
    first = client.get("/journal").text
    assert "config:59" in first
    assert "config:5<" not in first
    assert "config:5<" in client.get("/journal?avant=17").text
    assert client.get("/journal?avant=abc").status_code == 404
