"""What follows once a person judged a document: its period, its due dates, the marks of its items.

A value corrected, a type changed, a document rejected or taken back: the form gives its period, corrects
it, loses it or finds it again, and its due dates follow. No other form ever rewrites a period (domain,
10.2); a date that was misread was never history. The reading stays beside, and the log keeps both.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from gateway.cases import identity, struck
from gateway.cases.history import PERIOD_FIELDS
from gateway.cases.struck import Forms
from gateway.circuits.decision import Decision, DocumentSeen, MailSeen
from gateway.circuits.model import Circuit
from gateway.deadlines import judged as deadlines
from gateway.deadlines.compute import due_dates
from gateway.deadlines.judged import Moment
from gateway.deadlines.schedule import reschedule, schedule, settle_case
from gateway.deadlines.tacit import withdraw
from gateway.evidence.record import Kind
from gateway.triage.seen import mail_seen
from gateway.web.house import WebHouse
from storage import cases, documents, items, reviews, sheets
from storage.cases import Case, Period, PeriodOrigin
from storage.db import Session
from storage.deliveries import Delivery
from storage.documents import PERSON, Document

Event = tuple[Kind, str, Mapping[str, Any]]
_DECISION: TypeAdapter[Decision] = TypeAdapter(Decision)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it reads now: whole, and without what a person rejected."""

    delivery: Delivery
    seen: MailSeen
    counted: MailSeen


def follow_up(
    rooms: WebHouse, session: Session, document: Document, *, retyped: bool = False
) -> list[Event]:
    """After a value was written, or the type changed (``retyped``): what the document gives now.

    Nothing is locked nor read again when no person wrote what concerns a period. A document that is no
    longer a form that writes periods loses its own, as a rejected one does.
    """
    case_id = cases.case_of_document(session, document.id or 0)
    case = cases.by_id(session, case_id) if case_id is not None else None
    circuit = rooms.circuits.by_name.get(case.circuit) if case is not None else None
    events: list[Event] = []
    about = case is not None and identity.concerns(session, case, document)
    if about and case is not None:
        cases.lock_circuit(session, case.circuit)
    if circuit is not None and (retyped or _concerned(session, circuit, document)):
        events = _settled(rooms, session, circuit, document, deadlines.RETYPED, always=retyped)
    if about and case is not None:
        events += identity.follow(session, case, document)
    items.follow_reading(session, document.delivery)  # the lists after the circuit, as everywhere
    return events


def judged(rooms: WebHouse, session: Session, document: Document) -> list[Event]:
    """After a document was rejected, or its rejection taken back: what it gave ends, or comes back."""
    case_id = cases.case_of_document(session, document.id or 0)
    case = cases.by_id(session, case_id) if case_id is not None else None
    name = case.circuit if case is not None else session.get_one(Delivery, document.delivery).circuit
    circuit = rooms.circuits.by_name.get(name)
    gone = document.id in reviews.rejected(session, [document.id or 0])
    why = deadlines.REJECTED if gone else deadlines.COPY
    events = _settled(rooms, session, circuit, document, why, always=True) if circuit is not None else []
    items.follow_reading(session, document.delivery)
    return events


def _concerned(session: Session, circuit: Circuit, document: Document) -> bool:
    """Whether what a person wrote in this document may change a period or what it starts."""
    own = cases.periods_of_document(session, document.id or 0)
    if not own:
        return document.kind in _forms(circuit)
    if document.id in reviews.rejected(session, [document.id or 0]):
        return False
    standing = [period for period in own if period.stands]
    if not standing or not all(_written_by(circuit, document, period) for period in standing):
        return True
    facts = documents.facts_of(session, [document.id or 0])
    return any(fact.source == PERSON and fact.name in PERIOD_FIELDS for fact in facts)


def _written_by(circuit: Circuit, document: Document, period: Period) -> bool:
    """Whether a document of this type may have given this period."""
    if period.origin is PeriodOrigin.AUTHORISATION:
        return document.kind in circuit.authorises
    return document.kind in {*circuit.requests, *circuit.answers}


def _forms(circuit: Circuit) -> frozenset[str]:
    return frozenset({*circuit.authorises, *circuit.requests, *circuit.answers})


def _settled(
    rooms: WebHouse, session: Session, circuit: Circuit, document: Document, why: str, *, always: bool
) -> list[Event]:
    """Periods, then due dates of the mails concerned, then what the case waits for."""
    cases.lock_circuit(session, circuit.name)
    now = Moment(circuit, rooms.calendars, rooms.clock.now())
    number, events = document.id or 0, list[Event]()
    case_id = cases.case_of_document(session, number)
    case = cases.by_id(session, case_id) if case_id is not None else None
    mails, touched = dict[str, Mail](), {document.delivery}
    if case is not None:
        rows = filed(session, circuit, case, number)
        mails, forms = read(session, rows)
        changed = struck.settle(session, circuit, case, forms, number, at=now.at)
        if not changed.documents and not always:
            return []
        events += changed.events
        touched |= {row.delivery for row in rows if row.id in changed.documents}
    for sha256 in sorted(touched, key=lambda sha: sha != document.delivery):
        reason = why if sha256 == document.delivery else deadlines.COPY
        events += deadlines.follow_mail(session, now, sha256, reason)
        if case is not None and sha256 in mails:
            events += scheduled(rooms, session, circuit, mails[sha256], case.id or 0)
    if case is None:
        return events
    events += deadlines.follow_silence(session, now, case.id or 0, number, why)
    events += deadlines.revive(session, now, case.id or 0)
    events += settle_case(session, circuit, case.id or 0, now.at, rooms.calendars)
    events += withdraw(session, {circuit.name: circuit}, now.at, case.id)
    return events


def filed(session: Session, circuit: Circuit, case: Case, *numbers: int) -> list[Document]:
    """Documents of the case that write a period, or wrote one; the ones judged among them."""
    gave = {period.document_id for period in cases.periods(session, case.id or 0)} | set(numbers)
    found = cases.documents(session, case.id or 0)
    return [row for row in found if row.id in gave or row.kind in _forms(circuit)]


def read(session: Session, rows: Collection[Document]) -> tuple[dict[str, Mail], Forms]:
    """Their mails as they read now, and what each document says."""
    mails: dict[str, Mail] = {}
    lost: set[int] = set()
    places: dict[tuple[str, int], DocumentSeen] = {}
    for sha256 in dict.fromkeys(row.delivery for row in rows):
        papers = sheets.papers_of_delivery(session, sha256)
        delivery = session.get_one(Delivery, sha256)
        mail = mail_seen(delivery, [(paper.document, paper.facts, paper.issues) for paper in papers])
        rejected = reviews.rejected(session, [paper.document.id or 0 for paper in papers])
        lost |= rejected
        gone = {paper.document.position for paper in papers if paper.document.id in rejected}
        left = tuple(one for one in mail.documents if one.position not in gone)
        mails[sha256] = Mail(delivery, mail, replace(mail, documents=left))
        places |= {(sha256, one.position): one for one in mail.documents}
    seen = {row.id or 0: places.get((row.delivery, row.position)) for row in rows}
    return mails, Forms(seen, lost)


def scheduled(rooms: WebHouse, session: Session, circuit: Circuit, mail: Mail, case_id: int) -> list[Event]:
    """The due dates this mail starts now; those that wait move with the date they start from."""
    if rooms.calendars is None or (mail.seen.documents and not mail.counted.documents):
        return []
    try:
        decision = _DECISION.validate_python(mail.delivery.decision)
    except ValidationError:  # a mail that people filed before any rule decided
        return []
    at = rooms.clock.now()
    dues = due_dates(circuit, mail.counted, decision, at, rooms.calendars, rooms.circuits.directory)
    moved = reschedule(session, circuit, case_id, dues, at, rooms.calendars)
    return [*moved, *schedule(session, mail.delivery, mail.counted, dues, circuit, at, rooms.calendars)]
