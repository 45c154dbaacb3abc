"""A case is closed once its work is finished, and reopened; no other arrow exists; due dates follow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from httpx import Client, Response
from hypothesis import given
from hypothesis import strategies as st

from gateway.cases.closing import ARROWS, JOINED, Verb, arrow
from gateway.clock import TurnableClock
from gateway.evidence.record import Kind
from storage import cases, deadlines, items, sheets
from storage.audit import Event
from storage.cases import Case, CaseState, Item, ItemState
from storage.db import Database
from storage.deadlines import Deadline, DeadlineState, Reminder
from tests.builders import seed
from tests.worlds import web
from tests.worlds.served import item_of, running
from tests.worlds.web import World

WHY = "Soins terminés, rien n’est attendu"


@pytest.fixture
def world(database: Database, tmp_path: Path, clock: TurnableClock) -> Iterator[World]:
    yield from running(web.build(database, tmp_path, clock))


@given(st.lists(st.sampled_from(list(Verb)), max_size=12))
def test_whatever_is_asked_the_state_is_that_of_an_arrow(verbs: list[Verb]) -> None:
    state = CaseState.OPEN
    for verb in verbs:
        found = arrow(state, verb)
        if state is CaseState.OPEN:
            assert (found is not None) is (verb is Verb.CLOSE)
        else:
            assert (found is not None) is (verb in {Verb.REOPEN, Verb.JOIN})
        state = found.after if found is not None else state
    assert {a.letter for a in ARROWS} == {"a", "b", "c"}
    assert len({(a.before, a.verb) for a in ARROWS}) == len(ARROWS)


def _case(world: World) -> Case:
    with world.house.database.reading() as session:
        found = cases.get(session, seed.CASE)
        assert found is not None
        return found


def _ask(world: World, client: Client, act: str, **form: str) -> Response:
    fields = {"csrf": web.csrf(client, "/files"), "version": str(_case(world).version), "motif": WHY}
    return client.post(f"/dossiers/{seed.CASE}/{act}", data=fields | form)


def _finish(world: World) -> None:
    with world.house.database.transaction() as session:
        for item in items.items_of_cases(session, [1]):
            cases.change_item(session, item.id or 0, item.version, state=ItemState.DONE)


def _due(world: World, kind: str) -> int:
    with world.house.database.transaction() as session:
        row = Deadline(
            kind=kind,
            origin=f"essai:{kind}",
            circuit=_case(world).circuit,
            case_id=1,
            title="Échéance",
            due=date(2026, 12, 20),
            basis="Texte",
            status="confirmed",
            created_at=world.clock.now(),
        )
        reminder = Reminder(deadline_id=0, days_before=3, on=date(2026, 12, 17), letter="x", to="hospital")
        made = deadlines.add(session, row, [reminder])
        assert made is not None
        return made.id or 0


def _standing(world: World, number: int) -> tuple[DeadlineState, bool]:
    """State of a due date, and whether its reminder still comes."""
    with world.house.database.reading() as session:
        row = deadlines.get(session, number)
        assert row is not None
        return row.state, deadlines.reminders(session, number)[0].done_at is None


def _told(world: World, kind: Kind) -> list[Event]:
    with world.house.database.reading() as session:
        return [event for event in sheets.journal(session, None, 60) if event.kind == kind]


def test_open_work_is_told_and_nothing_is_closed(world: World) -> None:
    answer = _ask(world, world.signed_in("lille"), "cloture")
    assert answer.status_code == 409
    assert "Attestation de droits aux soins programmés, HADDAD" in answer.text
    assert "dans des files que votre rôle n’ouvre pas" in answer.text
    assert "Demande de poursuite des soins" not in answer.text
    assert _case(world).state is CaseState.OPEN


def test_a_case_is_closed_with_its_due_dates_and_reopened_with_them(world: World) -> None:
    _finish(world)
    report, recovery = _due(world, "medical-report"), _due(world, "indu-prescription")
    client = world.signed_in("lille")
    assert _ask(world, client, "cloture", motif="  ").status_code == 409
    assert _ask(world, client, "cloture", version="77").status_code == 409
    assert _ask(world, client, "cloture").status_code == 303
    assert _case(world).state is CaseState.CLOSED
    assert _standing(world, report) == (DeadlineState.CANCELLED, False)
    assert _standing(world, recovery) == (DeadlineState.OPEN, True), "the circuit says it goes on"
    (told,) = _told(world, Kind.CASE_CLOSED)
    assert (told.subject, told.fields["by"], told.fields["reason"]) == (f"case:{seed.CASE}", "lille", WHY)
    page = client.get(f"/dossiers/{seed.CASE}").text
    assert "Rouvrir le dossier" in page
    assert "Dossier clos le 23/11/2026." in page
    assert _ask(world, client, "cloture").status_code == 409
    assert _ask(world, client, "reouverture").status_code == 303
    assert (_case(world).state, _case(world).closed_at) == (CaseState.OPEN, None)
    assert _standing(world, report) == (DeadlineState.OPEN, True)
    assert [e.fields["by"] for e in _told(world, Kind.CASE_REOPENED)] == ["lille"]
    assert _ask(world, client, "reouverture").status_code == 409


def test_who_does_not_read_the_case_closes_nothing(world: World) -> None:
    _finish(world)
    assert _ask(world, world.signed_in("marseille"), "cloture").status_code == 404
    assert _case(world).state is CaseState.OPEN


def test_an_item_put_in_a_closed_case_reopens_it_with_its_reason(world: World) -> None:
    _finish(world)
    report = _due(world, "medical-report")
    assert _ask(world, world.signed_in("sylvie"), "cloture").status_code == 303
    client = world.signed_in("agathe")
    fields = {
        "csrf": web.csrf(client, "/files"),
        "version": str(item_of(world, "question").version),
        "reference": seed.CASE,
    }
    answer = client.post(f"/elements/{world.office.items['question']}/dossier", data=fields)
    assert answer.status_code == 303, answer.text
    assert _case(world).state is CaseState.OPEN
    (told,) = _told(world, Kind.CASE_REOPENED)
    assert (told.fields["action"], told.fields["reason"]) == ("join", JOINED)
    assert _standing(world, report) == (DeadlineState.OPEN, True)


def test_an_item_of_a_closed_case_is_still_read(world: World) -> None:
    _finish(world)
    client = world.signed_in("lille")
    assert _ask(world, client, "cloture").status_code == 303
    with world.house.database.reading() as session:
        item = session.get_one(Item, world.office.items["form"])
    assert item.case_id == 1
    assert 'badge done">clos' in client.get(f"/elements/{item.id}").text
