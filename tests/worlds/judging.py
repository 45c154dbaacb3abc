"""A desk whose documents people judge, correct and sort: the verbs of the pages, on days one turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from pydantic import TypeAdapter

from gateway.cases.history import coverage
from gateway.cases.review import say
from gateway.circuits.decision import Decision, DocumentSeen
from gateway.circuits.load import Circuits
from gateway.evidence.record import Kind
from gateway.settings import Web
from gateway.web.house import WebHouse
from gateway.web.items.corrected import follow_up, judged
from storage import cases, documents
from storage.cases import PeriodStatus
from storage.db import Session
from storage.deliveries import Delivery
from storage.documents import Document, FactRow
from storage.reviews import Said
from tests.builders import rows
from tests.builders.seen import decision, mail
from tests.worlds.desk_day import DeskDay

_DECISION: TypeAdapter[Decision] = TypeAdapter(Decision)
WHO = "camille"


def receive(desk: DeskDay, letter: str, *found: DocumentSeen) -> None:
    """A mail filed and scheduled, its facts and its decision in the database as the journey leaves them."""
    desk.receive(letter, *found)
    with desk.database.transaction() as session:
        for one in found:
            row = document(session, letter, one.position)
            facts = [
                FactRow(
                    document_id=0,
                    name=f.name,
                    value=f.value,
                    normalised=f.normalised,
                    source=str(f.source),
                    confidence=f.confidence,
                    at=desk.clock.now(),
                )
                for f in one.facts
            ]
            documents.add_facts(session, row.id or 0, facts)
        delivery = session.get_one(Delivery, letter * 64)
        caisse, finess = desk.place
        decided = decision(replace(mail(*found), sha256=letter * 64), caisse=caisse, establishment=finess)
        delivery.decision = _DECISION.dump_python(decided, mode="json")
        session.add(delivery)


def rooms(desk: DeskDay) -> WebHouse:
    """What the pages stand on, with the circuit and the calendars of the desk."""
    return WebHouse(
        database=desk.database,
        vault=desk.vault,
        recorder=desk.recorder,
        clock=desk.clock,
        circuits=Circuits({desk.circuit.name: desk.circuit}, desk.directory),
        settings=Web(secure_cookies=False),
        render_page=lambda *_: b"",
        read_text=lambda *_: "",
        calendars=desk.calendars,
    )


def judge(desk: DeskDay, letter: str, said: Said, position: int = 0) -> list[Kind]:
    """Say a word about a document and let everything follow; the kinds of what was recorded, in order."""
    with desk.database.transaction() as session:
        row = document(session, letter, position)
        facts = [fact.id or 0 for fact in documents.facts_of(session, [row.id or 0])]
        word = say(
            session, row, said, facts=facts, conflicts=(), reason="coupé", by=WHO, at=desk.clock.now()
        )
        events = [word, *judged(rooms(desk), session, row)]
        desk.recorder.add_all(session, events)
    return [kind for kind, _, _ in events]


def correct(desk: DeskDay, letter: str, name: str, value: str, position: int = 0) -> list[Kind]:
    """Write one value of a document; the kinds of what followed."""
    with desk.database.transaction() as session:
        row = document(session, letter, position)
        documents.correct(session, row.id or 0, name, value, value, WHO, desk.clock.now())
        events = follow_up(rooms(desk), session, row)
        desk.recorder.add_all(session, events)
    return [kind for kind, _, _ in events]


def retype(desk: DeskDay, letter: str, kind: str, position: int = 0, *, told: bool = True) -> list[Kind]:
    """Say that a document is of another type; ``told``: what follows is asked whatever it was."""
    with desk.database.transaction() as session:
        row = document(session, letter, position)
        row.kind = kind
        session.add(row)
        session.flush()
        events = follow_up(rooms(desk), session, row, retyped=told)
        desk.recorder.add_all(session, events)
    return [kind for kind, _, _ in events]


def document(session: Session, letter: str, position: int = 0) -> Document:
    """A document by its mail and place."""
    found = rows.stored_documents(session, letter * 64)
    return next(row for row in found if row.position == position)


def statuses(desk: DeskDay, case_id: int = 1) -> list[PeriodStatus]:
    """The periods of the case, in the order they came."""
    with desk.database.reading() as session:
        return [period.status for period in cases.periods(session, case_id)]


def covered(desk: DeskDay, case_id: int = 1) -> Sequence[tuple[date, date]]:
    """The days that give rights."""
    with desk.database.reading() as session:
        return coverage(session, case_id)
