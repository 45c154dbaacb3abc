"""What is refused object by object is in the log once, and never fills it."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from gateway.clock import TurnableClock
from gateway.web.refusals import EVERY, MOST, Throttle
from storage import tokens
from tests.builders import seed
from tests.worlds.web import World


def _told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, str, int]]:
    lines = [r for r in caplog.records if r.getMessage() == "object refused"]
    return [(r.person, r.route, r.what, r.status) for r in lines]  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def listened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("passerelle"), "propagate", True)


def test_a_refused_object_is_told_once_an_hour(world: World, caplog: pytest.LogCaptureFixture) -> None:
    client, item = world.signed_in("marseille"), world.office.items["form"]
    for _ in range(3):
        assert client.get(f"/elements/{item}").status_code == 404
    assert _told(caplog) == [("marseille", "/elements/{item_id}", f"item_id={item}", 404)]
    world.clock.turn(timedelta(minutes=25))
    client.get("/files")
    world.clock.turn(timedelta(minutes=25))
    client.get(f"/elements/{item}")
    world.clock.turn(timedelta(minutes=25))
    client.get(f"/elements/{item}")
    assert len(_told(caplog)) == 2


def test_a_name_is_told_by_its_hash_and_a_program_as_a_person(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    client = world.signed_in("marseille")
    assert client.get(f"/dossiers/{seed.CASE}").status_code == 404
    at = world.clock.now()
    with world.house.database.transaction() as session:
        presented, _ = tokens.create(
            session, title="x", scopes=("read",), created_by="marseille", at=at,
            expires_at=at + timedelta(days=1), login="marseille",
        )  # fmt: skip
    number = world.office.items["form"]
    path, bearer = f"/api/v1/items/{number}", {"authorization": f"Bearer {presented}"}
    assert world.visitor().get(path, headers=bearer).status_code == 404
    page, call = _told(caplog)
    assert seed.CASE not in str(page)
    assert page[1] == "/dossiers/{reference}"
    assert call[:3] == ("marseille", "/api/v1/items/{item_id}", f"item_id={number}")


def test_what_is_open_and_what_a_stranger_asks_are_not_told(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    assert world.signed_in("lille").get(f"/elements/{world.office.items['form']}").status_code == 200
    world.visitor().get("/elements/1")
    world.visitor().get("/connexion/lien/abc")
    assert _told(caplog) == []


def test_a_walk_along_the_numbers_does_not_fill_the_log(clock: TurnableClock) -> None:
    throttle = Throttle(clock.now)
    told = [throttle.lets("lille", f"document_id={n}") for n in range(MOST * 5)]
    assert [t for t in told if t] == ["object"] * MOST + ["more"]
    assert throttle.lets("marseille", "document_id=1") == "object"
    clock.turn(EVERY)
    assert throttle.lets("lille", "document_id=1") == "object"
