"""What the scenarios of due dates do and look at: mails of one case, days that pass, a person's entries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from gateway.circuits.decision import DocumentSeen
from gateway.deadlines.decide import decide, record
from storage import cases, proposals
from storage.cases import Case
from storage.deadlines import Deadline
from storage.proposals import Proposal
from tests.builders import rows
from tests.builders.seen import FINESS, document
from tests.worlds.desk_day import DeskDay


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 11, tzinfo=UTC)


def days(first: date, last: date, step: int = 1) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=step)


def sent(desk: DeskDay, first: date, last: date, step: int = 1) -> list[tuple[date, str, str]]:
    """Sweep each day; (day, letter, recipient) of what was queued."""
    told = []
    for day in days(first, last, step):
        desk.clock.set(noon(day))
        before = len(desk.letters())
        desk.sweep()
        told += [(day, entry.letter, entry.recipient) for entry in desk.letters()[before:]]
    return told


def request(starts: str = "2027-02-27", ends: str = "2027-05-31") -> DocumentSeen:
    return document(
        0, "se352-302-request", {**identity(), "requested_start": starts, "requested_end": ends}
    )


def answer(said: str, starts: str = "2027-02-27", ends: str = "2027-05-31") -> DocumentSeen:
    facts = {**identity(), "requested_start": starts, "requested_end": ends, "answer": said}
    if said == "accord":
        facts |= {"granted_start": starts, "granted_end": ends}
    return document(0, "se352-302-answer", facts)


def report() -> DocumentSeen:
    return document(0, "medical-report", identity())


def identity() -> dict[str, str]:
    return {
        "reference": "DZ2026117",
        "cnas_number": "196112345678",
        "patient_name": "BENALI",
        "patient_first_names": "MOHAMED",
        "patient_birth_date": "1961-03-14",
        "establishment_finess": FINESS,
    }


def only_case(desk: DeskDay) -> Case:
    with desk.database.reading() as session:
        found = cases.by_id(session, 1)
    assert found is not None
    return found


def dues(desk: DeskDay, kind: str) -> list[Deadline]:
    with desk.database.reading() as session:
        return [d for d in rows.deadlines_in(session) if d.kind == kind]


def say(desk: DeskDay, name: str, on: date) -> int:
    """A person records an event; how many entries it gave."""
    with desk.database.transaction() as session:
        events = record(
            session,
            desk.circuit,
            only_case(desk),
            name,
            on,
            by="camille",
            at=desk.clock.now(),
            calendars=desk.calendars,
        )
        desk.recorder.add_all(session, events)
    return len(events)


def proposed(desk: DeskDay) -> list[Proposal]:
    with desk.database.reading() as session:
        return proposals.of_case(session, 1)


def settle(desk: DeskDay, *, accept: bool) -> None:
    with desk.database.transaction() as session:
        (proposal,) = proposals.of_case(session, 1)
        events = decide(
            session,
            desk.circuit,
            proposal,
            accept=accept,
            by="camille",
            reason="preuves lues, cellule jointe par téléphone",
            at=desk.clock.now(),
            calendars=desk.calendars,
        )
        desk.recorder.add_all(session, events)


def kinds_of(desk: DeskDay) -> list[str]:
    with desk.database.reading() as session:
        subjects = [f"case:{only_case(desk).reference}", *(f"delivery:{c * 64}" for c in "abcdefg")]
        return [event.kind for event in desk.recorder.events(session, subjects)]


def each_letter_once(desk: DeskDay) -> None:
    written = [entry.message_id for entry in desk.letters()]
    assert len(written) == len(set(written))
