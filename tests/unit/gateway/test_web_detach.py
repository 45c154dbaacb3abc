"""A wrong case is undone: documents, periods and due dates leave it with trace, and may come to another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from httpx import Client, Response

from gateway.clock import TurnableClock
from gateway.evidence.record import Kind
from storage import cases, deadlines, items, sheets
from storage.cases import Case, Item, ItemState, Period, PeriodStatus
from storage.db import Database
from storage.deadlines import Deadline, DeadlineState, Reminder
from storage.documents import Document
from tests.builders import seed
from tests.worlds import web
from tests.worlds.served import item_of, running
from tests.worlds.web import World

OTHER = "SPA-2026-00043"
WHY = "Ce n’est pas le bon bénéficiaire"


@pytest.fixture
def world(database: Database, tmp_path: Path, clock: TurnableClock) -> Iterator[World]:
    yield from running(web.build(database, tmp_path, clock))


def _detach(world: World, client: Client, key: str = "request", **form: str) -> Response:
    fields = {
        "csrf": web.csrf(client, "/files"),
        "version": str(item_of(world, key).version),
        "motif": WHY,
    } | form
    return client.post(f"/elements/{world.office.items[key]}/dossier/detacher", data=fields)


def _choose(world: World, client: Client, key: str, reference: str) -> Response:
    fields = {"csrf": web.csrf(client, "/files"), "version": str(item_of(world, key).version)}
    return client.post(
        f"/elements/{world.office.items[key]}/dossier", data=fields | {"reference": reference}
    )


def _other_case(world: World) -> int:
    """A second case, of the mail of the question, read by the same queue."""
    with world.house.database.transaction() as session:
        case = Case(
            reference=OTHER,
            circuit=item_of(world, "question").circuit,
            opened_at=world.clock.now(),
            opened_by_delivery=world.office.deliveries["question"],
            patient_name="HADJ",
        )
        session.add(case)
        session.flush()
        item = session.get_one(Item, world.office.items["question"])
        cases.change_item(session, item.id or 0, item.version, case_id=case.id)
        return case.id or 0


def _started(world: World, kind: str, *, by_document: bool) -> int:
    """A due date that the mail of the form started, or its document, with a reminder to come."""
    mail = world.office.deliveries["form"]
    with world.house.database.transaction() as session:
        position = session.get_one(Document, world.office.documents["form"]).position
        row = Deadline(
            kind=kind,
            origin=f"document:{mail}:{position}" if by_document else f"delivery:{mail}",
            circuit=item_of(world, "form").circuit,
            delivery=mail,
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


def _standing(world: World, number: int) -> tuple[DeadlineState, int | None, list[bool]]:
    """State and case of a due date, and whether each reminder still comes."""
    with world.house.database.reading() as session:
        row = deadlines.get(session, number)
        assert row is not None
        return row.state, row.case_id, [r.done_at is None for r in deadlines.reminders(session, number)]


def _periods(world: World, number: int = 1) -> list[Period]:
    document = world.office.documents["request"]
    with world.house.database.reading() as session:
        return [p for p in cases.periods(session, number) if p.document_id == document]


def _kinds(world: World, count: int = 8) -> list[str]:
    with world.house.database.reading() as session:
        return [event.kind for event in sheets.journal(session, None, count)]


def test_an_item_leaves_its_case_with_its_documents_and_periods(world: World) -> None:
    client = world.signed_in("agathe")
    page = client.get(f"/elements/{world.office.items['request']}").text
    assert "Détacher de ce dossier…" in page
    answer = _detach(world, client)
    assert answer.status_code == 303, answer.text
    item = item_of(world, "request")
    assert item.case_id is None
    with world.house.database.reading() as session:
        assert cases.case_of_document(session, world.office.documents["request"]) is None
        told = next(e for e in sheets.journal(session, None, 9) if e.kind == Kind.CASE_LEFT)
        shown = items.candidates(session, item.id or 0)
    assert told.subject == f"case:{seed.CASE}"
    assert (told.fields["by"], told.fields["reason"]) == ("agathe", WHY)
    assert [(p.status, p.was) for p in _periods(world)] == [(PeriodStatus.STRUCK, "requested")]
    assert Kind.PERIOD_STRUCK in _kinds(world)
    assert [one.case_id for one in shown if one.detail.get("left")] == [1]
    page = client.get(answer.headers["location"]).text
    assert "détaché de son dossier" in page
    assert f"Choisir le dossier {seed.CASE}" in page
    assert client.get(f"/dossiers/{seed.CASE}").status_code == 404, "nothing of it is in her queue any more"
    assert "302.pdf" not in world.signed_in("sylvie").get(f"/dossiers/{seed.CASE}").text


def test_without_a_reason_or_by_somebody_who_may_not_act_nothing_leaves(world: World) -> None:
    assert _detach(world, world.signed_in("agathe"), motif="  ").status_code == 409
    assert _detach(world, world.signed_in("agathe"), version="1").status_code == 409
    with world.house.database.transaction() as session:
        item = session.get_one(Item, world.office.items["request"])
        item.taken_by = "somebody"
        session.add(item)
    assert _detach(world, world.signed_in("agathe")).status_code == 409
    assert _detach(world, world.signed_in("lille")).status_code == 404
    assert item_of(world, "request").case_id == 1
    assert [p.status for p in _periods(world)] == [PeriodStatus.REQUESTED]


def test_choosing_the_case_again_undoes_it(world: World) -> None:
    client = world.signed_in("lille")
    cover = _started(world, "coverage-end", by_document=True)
    answer = _started(world, "cpam-identification", by_document=False)
    assert _detach(world, client, "form").status_code == 303
    assert _standing(world, cover) == (DeadlineState.CANCELLED, None, [False])
    assert _standing(world, answer) == (DeadlineState.OPEN, None, [True]), "it goes on with its mail"
    with world.house.database.reading() as session:
        assert deadlines.versions(session, cover)[-1].why == "document détaché du dossier par une personne"
        assert next(p.status for p in cases.periods(session, 1)) is PeriodStatus.STRUCK
    assert _choose(world, client, "form", seed.CASE).status_code == 303
    assert _standing(world, cover) == (DeadlineState.OPEN, 1, [True])
    assert _standing(world, answer) == (DeadlineState.OPEN, 1, [True])
    assert item_of(world, "form").case_id == 1
    with world.house.database.reading() as session:
        assert cases.case_of_document(session, world.office.documents["form"]) == 1
        assert next(p.status for p in cases.periods(session, 1)) is PeriodStatus.GRANTED


def test_it_moves_to_another_case_at_once_and_gives_its_period_there(world: World) -> None:
    other = _other_case(world)
    answer = _detach(world, world.signed_in("agathe"), reference=OTHER.lower())
    assert answer.status_code == 303, answer.text
    assert item_of(world, "request").case_id == other
    assert [p.status for p in _periods(world)] == [PeriodStatus.STRUCK]
    assert [p.status for p in _periods(world, other)] == [PeriodStatus.REQUESTED]
    with world.house.database.reading() as session:
        assert cases.case_of_document(session, world.office.documents["request"]) == other
    client = world.signed_in("agathe")
    assert _detach(world, client, reference=seed.CASE).status_code == 303, "and back"
    assert [p.status for p in _periods(world)] == [PeriodStatus.REQUESTED]
    assert [p.status for p in _periods(world, other)] == [PeriodStatus.STRUCK]


def test_an_unknown_case_moves_nothing(world: World) -> None:
    client = world.signed_in("agathe")
    assert _detach(world, client, reference="SPA-2026-99999").status_code == 404
    assert _detach(world, client, reference=seed.CASE).status_code == 409
    assert item_of(world, "request").case_id == 1
    assert [p.status for p in _periods(world)] == [PeriodStatus.REQUESTED]


def test_the_mail_that_opened_a_case_leaves_nothing_of_itself_there(world: World) -> None:
    with world.house.database.transaction() as session:
        for key in ("request", "report"):
            item = session.get_one(Item, world.office.items[key])
            cases.unfile(session, [world.office.documents[key]], 1)
            cases.change_item(session, item.id or 0, item.version, case_id=None)
    client = world.signed_in("lille")
    answer = _detach(world, client, "form")
    assert answer.status_code == 303, answer.text
    page = client.get(f"/dossiers/{seed.CASE}")
    assert page.status_code == 200, "who worked on it still finds it"
    assert "Ce dossier est vide" in page.text
    with world.house.database.reading() as session:
        sheet = sheets.case_sheet(session, seed.CASE)
        assert sheet is not None
        assert (sheet.deliveries, sheet.papers, sheet.case.opener) == ((), (), None)
    fields = {"csrf": web.csrf(client, "/files"), "version": str(item_of(world, "form").version)}
    new = client.post(f"/elements/{world.office.items['form']}/dossier", data=fields | {"nouveau": "oui"})
    assert new.status_code == 303, new.text
    assert item_of(world, "form").case_id not in {None, 1}, "the same mail may open another case"


def test_a_finished_item_is_reopened_first(world: World) -> None:
    with world.house.database.transaction() as session:
        item = session.get_one(Item, world.office.items["request"])
        item.state = ItemState.DONE
        session.add(item)
    client = world.signed_in("agathe")
    assert "Détacher" not in client.get(f"/elements/{world.office.items['request']}").text
    assert _detach(world, client).status_code == 409
