"""Taking, giving back and finishing an item from its page, and two people at once."""

from __future__ import annotations

from datetime import date

import pytest
from httpx import Client, Response

from gateway.evidence.record import Kind
from storage import sheets
from storage.cases import ItemState
from storage.deadlines import Deadline, DeadlineState
from tests.builders.office import AT, CIRCUIT
from tests.worlds import web
from tests.worlds.served import item_of
from tests.worlds.web import World


def _do(world: World, client: Client, key: str, action: str, version: int | None = None) -> Response:
    item = item_of(world, key)
    form = {"csrf": web.csrf(client, "/files"), "version": str(version or item.version)}
    return client.post(f"/elements/{item.id}/actions/{action}", data=form)


def test_an_item_is_taken_put_off_finished_and_reopened(world: World) -> None:
    client = world.signed_in("agathe")
    path = f"/elements/{world.office.items['question']}"
    for action, state in (
        ("prendre", ItemState.TAKEN),
        ("attendre", ItemState.WAITING),
        ("reprendre", ItemState.TAKEN),
        ("terminer", ItemState.DONE),
        ("rouvrir", ItemState.TAKEN),
        ("rendre", ItemState.NEW),
    ):
        assert f"/actions/{action}" in client.get(path).text
        answer = _do(world, client, "question", action)
        assert answer.headers["location"] == f"{path}?fait={action}"
        assert 'role="status"' in client.get(answer.headers["location"]).text
        assert item_of(world, "question").state is state
    with world.house.database.reading() as session:
        kinds = [e.kind for e in sheets.journal(session, None, 6)]
    assert kinds.count(Kind.ITEM_TAKEN) == 3
    assert kinds.count(Kind.ITEM_DONE) == 1


def test_the_second_of_two_people_is_told(world: World) -> None:
    first, second = world.signed_in("agathe"), world.signed_in("sylvie")
    version = item_of(world, "question").version
    assert _do(world, first, "question", "prendre", version).status_code == 303
    answer = _do(world, second, "question", "prendre", version)
    assert answer.status_code == 409
    assert "rien n’a été changé" in answer.text
    assert item_of(world, "question").taken_by == "agathe"


def test_an_item_of_another_queue_does_not_exist(world: World) -> None:
    client = world.signed_in("marseille")
    assert _do(world, client, "form", "prendre").status_code == 404
    assert item_of(world, "form").state is ItemState.NEW


@pytest.mark.parametrize("action", ["take", "", "confier "])
def test_an_action_that_does_not_exist(world: World, action: str) -> None:
    client = world.signed_in("agathe")
    assert _do(world, client, "question", action).status_code == 404


def test_a_form_without_a_version_changes_nothing(world: World) -> None:
    client = world.signed_in("agathe")
    item = world.office.items["question"]
    answer = client.post(f"/elements/{item}/actions/prendre", data={"csrf": web.csrf(client, "/files")})
    assert answer.status_code == 422
    assert item_of(world, "question").state is ItemState.NEW


def test_a_supervisor_gives_the_work_to_somebody_who_reads_the_queue(world: World) -> None:
    client = world.signed_in("sylvie")
    item = item_of(world, "question")
    page = client.get(f"/elements/{item.id}").text
    assert "Agathe Le Goff</option>" in page
    assert "Marius Olive</option>" not in page
    form = {"csrf": web.csrf(client, "/files"), "version": str(item.version), "personne": "marseille"}
    refused = client.post(f"/elements/{item.id}/actions/confier", data=form)
    assert refused.status_code == 409
    assert (
        client.post(f"/elements/{item.id}/actions/confier", data=form | {"personne": ""}).status_code == 409
    )
    assert (
        client.post(f"/elements/{item.id}/actions/confier", data=form | {"personne": "agathe"}).status_code
        == 303
    )
    assert item_of(world, "question").taken_by == "agathe"


def test_only_a_supervisor_gives_work(world: World) -> None:
    client = world.signed_in("agathe")
    item = item_of(world, "question")
    assert "Confier" not in client.get(f"/elements/{item.id}").text
    form = {"csrf": web.csrf(client, "/files"), "version": str(item.version), "personne": "agathe"}
    assert client.post(f"/elements/{item.id}/actions/confier", data=form).status_code == 409


def test_finishing_ends_the_delays_that_waited_for_it(world: World) -> None:
    """The rule ``cpam-identification`` of the circuit is stopped by the work being done."""
    sha = world.office.deliveries["form"]
    with world.house.database.transaction() as session:
        for kind in ("cpam-identification", "acknowledgement-receipt"):
            session.add(
                Deadline(
                    kind=kind,
                    origin=f"delivery:{sha}",
                    circuit=CIRCUIT,
                    delivery=sha,
                    due=date(2026, 12, 1),
                    basis="b",
                    status="confirmed",
                    created_at=AT,
                )
            )
    client = world.signed_in("lille")
    assert _do(world, client, "form", "prendre").status_code == 303
    assert _do(world, client, "form", "terminer").status_code == 303
    with world.house.database.reading() as session:
        states = {d.kind: d.state for d in sheets.deadlines_of(session, sha)}
        last = sheets.journal(session, None, 1)[0]
    assert states == {
        "cpam-identification": DeadlineState.MET,
        "acknowledgement-receipt": DeadlineState.OPEN,
    }
    assert last.kind == Kind.DEADLINE_ENDED
