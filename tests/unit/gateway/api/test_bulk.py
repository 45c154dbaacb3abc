"""Several items at once by a program, each with its answer; the views of a queue."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.evidence.record import Kind
from storage import cases, sheets
from storage.cases import ItemState
from tests.builders.office import CIRCUIT
from tests.worlds.programs import post, problem, program
from tests.worlds.web import World

QUEUE = f"/queues/{CIRCUIT}/cnse-administratif"


def _ticked(world: World, *names: str, version: int = 1) -> list[dict[str, Any]]:
    return [{"item": world.office.items[name], "version": version} for name in names]


def _state(world: World, name: str) -> ItemState | None:
    with world.house.database.reading() as session:
        found = cases.item(session, world.office.items[name])
    return found.state if found else None


def _taken(world: World) -> int:
    with world.house.database.reading() as session:
        return sum(1 for e in sheets.journal(session, None, 100) if e.kind == Kind.ITEM_TAKEN)


def test_each_item_is_done_or_refused_by_itself_and_once(world: World) -> None:
    agathe = program(world, "agathe")
    items = [*_ticked(world, "question"), *_ticked(world, "mixed", version=9), *_ticked(world, "report")]
    before = _taken(world)
    tried = post(agathe, f"{QUEUE}/bulk", "k1", verb="take", items=items, dry_run=True).json()
    assert [one["done"] for one in tried["items"]] == [True, False, False]
    assert (_state(world, "question"), _taken(world)) == (ItemState.NEW, before)
    done = post(agathe, f"{QUEUE}/bulk", "k2", verb="take", items=items)
    assert done.json() == tried | {"dry_run": False}
    again = post(agathe, f"{QUEUE}/bulk", "k2", verb="take", items=items)
    assert (again.content, again.headers["idempotency-replayed"]) == (done.content, "true")
    assert (_state(world, "question"), _taken(world)) == (ItemState.TAKEN, before + 1)
    assert _state(world, "report") is ItemState.NEW


@pytest.mark.parametrize(
    ("login", "scopes", "verb", "status"),
    [
        ("agathe", ("read",), "take", 403),
        ("agathe", (), "assign", 404),
        ("medard", (), "take", 404),
        ("agathe", (), "destroy", 422),
        ("audrey", (), "take", 403),
    ],
)
def test_what_is_not_offered_is_refused(
    world: World, login: str, scopes: tuple[str, ...], verb: str, status: int
) -> None:
    client = program(world, login, *scopes)
    asked = post(client, f"{QUEUE}/bulk", "k1", verb=verb, items=_ticked(world, "question"))
    assert asked.status_code == status, asked.text
    assert _state(world, "question") is ItemState.NEW


def test_views_are_kept_shared_by_a_supervisor_and_removed(world: World) -> None:
    agathe, sylvie = program(world, "agathe"), program(world, "sylvie")
    where = f"{QUEUE}/views"
    kept = post(agathe, where, "k1", name="  Les miens ", filters="etat=nouveaux&inconnu=1")
    assert kept.status_code == 200, kept.text
    same = post(agathe, where, "k2", name="Les miens", filters="")
    assert same.json()["view"] == kept.json()["view"]
    (view,) = agathe.get(f"/api/v1{where}").json()["views"]
    assert (view["name"], view["owner"], view["filters"]) == ("Les miens", "agathe", "")
    assert sylvie.get(f"/api/v1{where}").json()["views"] == []
    refused = post(agathe, where, "k3", name="À tous", shared=True)
    assert (refused.status_code, problem(refused)) == (409, "action-refusee")
    shared = post(sylvie, where, "k3", name="À tous", shared=True).json()["view"]
    assert len(agathe.get(f"/api/v1{where}").json()["views"]) == 2
    assert post(agathe, f"{where}/{shared}/remove", "k4").status_code == 404
    assert post(agathe, f"{where}/{view['id']}/remove", "k5").status_code == 200
    assert post(sylvie, f"{where}/{shared}/remove", "k6").status_code == 200
    assert agathe.get(f"/api/v1{where}").json()["views"] == []


def test_filters_beyond_measure_are_refused_not_failed(world: World) -> None:
    agathe = program(world, "agathe")
    many = post(agathe, f"{QUEUE}/views", "k1", name="Trop", filters="&".join(["a=1"] * 30))
    assert (many.status_code, problem(many)) == (409, "action-refusee")
    assert agathe.get(f"/api/v1{QUEUE}/views").json()["views"] == []
