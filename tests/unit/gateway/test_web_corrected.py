"""A form whose dates a person writes gives its period and due dates once; a misread date moves them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from httpx import Client
from pydantic import TypeAdapter
from sqlmodel import col, delete

from gateway.circuits.decision import Decision
from gateway.evidence.record import Kind
from gateway.web.items.corrected import follow_up
from storage import cases, deadlines, documents, sheets
from storage.cases import Period, PeriodStatus
from storage.db import Session
from storage.deliveries import Delivery
from storage.documents import FactRow
from tests.builders import seed
from tests.builders.seen import decision, mail
from tests.worlds import web
from tests.worlds.desk_day import CALENDARS
from tests.worlds.served import item_of
from tests.worlds.web import World


def _unread(world: World) -> None:
    """The form as a scan leaves it: its dates unreadable, hence without a period."""
    with world.house.database.transaction() as session:
        number = world.office.documents["form"]
        session.exec(delete(Period).where(col(Period.document_id) == number))
        dates = col(FactRow.name).in_(["start_date", "end_date"])
        session.exec(delete(FactRow).where(col(FactRow.document_id) == number, dates))


def _periods(world: World) -> list[Period]:
    with world.house.database.reading() as session:
        return [p for p in cases.periods(session, 1) if p.document_id == world.office.documents["form"]]


def _correct(world: World, client: Client, name: str, value: str) -> None:
    item, number = world.office.items["form"], world.office.documents["form"]
    version = str(item_of(world, "form").version)
    form = {"csrf": web.csrf(client, "/files"), "valeur": value, "version": version}
    path = f"/elements/{item}/documents/{number}/champs/{name}"
    assert client.post(path, data=form).status_code == 303


def test_the_period_comes_with_the_second_date_and_founds_rights(world: World) -> None:
    _unread(world)
    client = world.signed_in("lille")
    _correct(world, client, "start_date", "05/10/2026")
    assert _periods(world) == []
    _correct(world, client, "end_date", "20/11/2026")
    ((period),) = _periods(world)
    assert (period.status, period.starts, period.ends) == (
        PeriodStatus.GRANTED,
        date(2026, 10, 5),
        date(2026, 11, 20),
    )
    with world.house.database.reading() as session:
        latest = [event.kind for event in sheets.journal(session, None, 2)]
    assert latest == [Kind.PERIOD_ADDED, Kind.CORRECTION]
    assert 'value="2026-11-20"' in client.get(f"/dossiers/{seed.CASE}/immatriculation").text


def test_a_misread_date_corrects_its_period_and_rights_follow_the_person(world: World) -> None:
    client = world.signed_in("lille")
    _correct(world, client, "start_date", "05/10/2026")
    (before,) = _periods(world)
    _correct(world, client, "end_date", "30/11/2026")
    (after,) = _periods(world)
    assert (after.id, after.starts, after.ends) == (before.id, before.starts, date(2026, 11, 30))
    with world.house.database.reading() as session:
        told = sheets.journal(session, None, 2)
    assert [event.kind for event in told] == [Kind.PERIOD_CORRECTED, Kind.CORRECTION]
    assert told[0].fields["old_ends"] == (before.ends.isoformat() if before.ends else None)
    _correct(world, client, "end_date", "30/11/2026")
    assert [(p.starts, p.ends) for p in _periods(world)] == [(after.starts, after.ends)]
    page = client.get(f"/dossiers/{seed.CASE}/immatriculation").text
    assert 'name="fin" value="2026-11-30"' in page
    assert "dates corrigées par une personne" in page


def test_the_due_dates_of_the_period_are_set_once(world: World) -> None:
    _unread(world)
    rooms = replace(world.house, calendars=CALENDARS)
    number = world.office.documents["form"]
    with world.house.database.transaction() as session:
        delivery = session.get_one(Delivery, world.office.deliveries["form"])
        decided = decision(mail(), caisse="595", establishment="590796975")
        delivery.decision = TypeAdapter(Decision).dump_python(decided, mode="json")
        session.add(delivery)
        for name, day in (("start_date", "2026-10-05"), ("end_date", "2027-01-20")):
            documents.correct(session, number, name, day, day, "lille", world.clock.now())
        document = documents.get(session, number)
        assert document is not None
        kinds = [kind for kind, _, _ in follow_up(rooms, session, document)]
        assert kinds[0] is Kind.PERIOD_ADDED
        assert Kind.DEADLINE_SET in kinds
        assert follow_up(rooms, session, document) == []
        due = _ends_of_cover(session, world)
        documents.correct(
            session, number, "end_date", "2027-01-25", "2027-01-25", "lille", world.clock.now()
        )
        kinds = [kind for kind, _, _ in follow_up(rooms, session, document)]
        assert kinds[0] is Kind.PERIOD_CORRECTED
        assert Kind.DEADLINE_MOVED in kinds
        assert Kind.DEADLINE_SET not in kinds
        assert (due, _ends_of_cover(session, world)) == ([date(2027, 1, 20)], [date(2027, 1, 25)])
        assert follow_up(rooms, session, document) == []


def _ends_of_cover(session: Session, world: World) -> list[date]:
    """When the cover that the form opens ends, by the due dates that wait."""
    mail = world.office.deliveries["form"]
    waiting = deadlines.pending_of_case(session, 1)
    return [d.due for d in waiting if d.kind == "coverage-end" and d.delivery == mail]
