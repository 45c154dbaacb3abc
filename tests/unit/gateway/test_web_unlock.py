"""The field of a locked document: who may use it, what it hands over, and what never shows it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.clock import TurnableClock
from gateway.errors import Refused
from parsers.acroform import LOCKED
from storage import documents
from storage.db import Database
from tests.worlds import web
from tests.worlds.web import World


class _Desk:
    """What the composition root hands to the pages: here, a list of what came."""

    def __init__(self) -> None:
        self.given: list[tuple[str, int, str, str]] = []

    def unlock(self, delivery: str, position: int, password: str, login: str) -> None:
        if password != "bon":
            raise Refused("Ce mot de passe n'ouvre pas ce document ; rien n'a changé.")
        self.given.append((delivery, position, password, login))


@pytest.fixture
def desk() -> _Desk:
    return _Desk()


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path, clock: TurnableClock, desk: _Desk) -> Iterator[World]:
    built = web.build(sqlite_database, tmp_path, clock)
    built.app.state.house = replace(built.house, unlock=desk.unlock)
    with sqlite_database.transaction() as session:
        document = documents.get(session, built.office.documents["form"])
        assert document is not None
        document.trouble = LOCKED
        session.add(document)
    built.start()
    yield built
    built.stop()


def _item(world: World) -> str:
    return f"/elements/{world.office.items['form']}"


def _address(world: World) -> str:
    return f"{_item(world)}/documents/{world.office.documents['form']}/mot-de-passe"


def test_the_page_offers_the_field_and_hands_the_password_over(world: World, desk: _Desk) -> None:
    client = world.signed_in("lille")
    page = client.get(_item(world)).text
    assert _address(world) in page
    assert 'type="password"' in page
    form = {"csrf": web.csrf(client, "/files"), "version": "1", "passe": "bon"}
    answer = client.post(_address(world), data=form)
    assert answer.status_code == 303
    assert answer.headers["location"].endswith("fait=ouvert")
    ((_, _, given, login),) = desk.given
    assert (given, login) == ("bon", "lille")


def test_a_wrong_password_is_refused_and_never_repeated(world: World, desk: _Desk) -> None:
    client = world.signed_in("lille")
    answer = client.post(
        _address(world), data={"csrf": web.csrf(client, "/files"), "version": "1", "passe": "mauvais-4711"}
    )
    assert answer.status_code >= 400
    assert "n’ouvre pas" in answer.text
    assert "mauvais-4711" not in answer.text
    assert desk.given == []


def test_a_document_of_another_item_does_not_exist(world: World, desk: _Desk) -> None:
    client = world.signed_in("lille")
    other = next(i for key, i in world.office.items.items() if key != "form")
    address = f"/elements/{other}/documents/{world.office.documents['form']}/mot-de-passe"
    form = {"csrf": web.csrf(client, "/files"), "version": "1", "passe": "bon"}
    assert client.post(address, data=form).status_code == 404
    assert desk.given == []


def test_nobody_opens_what_a_colleague_holds_nor_from_an_old_page(world: World, desk: _Desk) -> None:
    client, sylvie = world.signed_in("lille"), world.signed_in("sylvie")
    taken = {"csrf": web.csrf(sylvie, "/files"), "version": "1"}
    assert sylvie.post(f"{_item(world)}/actions/prendre", data=taken).status_code == 303
    assert 'type="password"' not in client.get(_item(world)).text
    form = {"csrf": web.csrf(client, "/files"), "version": "2", "passe": "bon"}
    answer = client.post(_address(world), data=form)
    assert answer.status_code == 409
    assert "Sylvie Nédélec tient cet élément" in answer.text
    old = {"csrf": web.csrf(sylvie, "/files"), "version": "1", "passe": "bon"}
    assert sylvie.post(_address(world), data=old).status_code == 409
    assert desk.given == []


def test_guesses_are_counted_wait_and_are_logged(
    world: World, desk: _Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("passerelle"), "propagate", True)
    client = world.signed_in("lille")
    form = {"csrf": web.csrf(client, "/files"), "version": "1"}
    for _ in range(3):
        assert client.post(_address(world), data=form | {"passe": "faux"}).status_code == 409
    refused = client.post(_address(world), data=form | {"passe": "bon"})
    assert (refused.status_code, desk.given) == (409, [])
    assert "Trop d’essais" in refused.text
    told = {id(r) for r in caplog.records if r.getMessage() == "document password refused"}
    assert len(told) == 3  # a record may reach the capture by two loggers
    assert "faux" not in caplog.text
    world.clock.turn(timedelta(seconds=15))
    assert client.post(_address(world), data=form | {"passe": "bon"}).status_code == 303


def test_a_password_too_long_is_not_tried(world: World, desk: _Desk) -> None:
    client = world.signed_in("lille")
    form = {"csrf": web.csrf(client, "/files"), "version": "1", "passe": "x" * 257}
    assert client.post(_address(world), data=form).status_code in {404, 422}
    assert desk.given == []
