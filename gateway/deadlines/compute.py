"""The due dates one mail starts, pure: same rules, same facts, same calendars, same days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from gateway.circuits.decision import Decision, DocumentSeen, MailKind, MailSeen
from gateway.circuits.directory import Directory, correspondent_of
from gateway.circuits.model import ACKNOWLEDGED, BY_PERIOD, PUBLIC, Circuit, DeadlineRule, Start, in_force
from gateway.circuits.notice import reply_address
from gateway.circuits.periods import PeriodSeen, date_of, period_of, value_of
from gateway.clock import paris_date
from gateway.deadlines.calendar import AnyCalendar, Calendars, place_of
from gateway.deadlines.count import calculate, last_working_day, next_working_day
from gateway.deadlines.terms import Terms, terms_of

BY_MAIL = (Start.RECEPTION, Start.PERIOD_END, Start.DOCUMENT_DATE, Start.GRANT, Start.CARE_END)
"""Starts that a mail gives; the sweep looks for the others."""


@dataclass(frozen=True, slots=True)
class DueReminder:
    """A letter to write on ``on``, ``days_before`` the due date (after it when negative)."""

    days_before: int
    on: date
    letter: str
    to: str
    attach: str | None = None


@dataclass(frozen=True, slots=True)
class DueDate:
    """One due date of one mail. ``origin`` is what started it, unique for ever with ``kind``."""

    kind: str
    title: str
    due: date
    basis: str
    status: str
    origin: str
    explanation: tuple[str, ...]
    reminders: tuple[DueReminder, ...]
    terms: Terms
    position: int | None = None
    """Document that started it, for those that start with a document and not with the mail."""
    of_period: bool = False
    """True when it watches a period: it stands only once that period is in the case."""


@dataclass(frozen=True, slots=True)
class _Mail:
    """What every rule is asked about."""

    circuit: Circuit
    mail: MailSeen
    role: str
    place: str | None
    today: date
    calendars: Calendars


def due_dates(
    circuit: Circuit,
    mail: MailSeen,
    decision: Decision,
    at: datetime,
    calendars: Calendars,
    directory: Directory | None = None,
) -> tuple[DueDate, ...]:
    """Every due date ``mail`` starts, at the instant ``at`` (past reminders are left out).

    Reports, automatic answers and quarantined mail start none (CRPA, L. 112-11: nothing is due to an
    abusive message); a mail that is never answered starts no delay that an acknowledgement ends.
    """
    if mail.kind is not MailKind.MAIL or decision.quarantined:
        return ()
    answered = bool(mail.envelope_from) and not mail.bulk
    place = place_of(decision.establishment, decision.caisse, directory)
    asked = _Mail(circuit, mail, _role(mail, directory), place, paris_date(at), calendars)
    found: dict[tuple[str, str], DueDate] = {}
    watched: set[tuple[str, date, str | None]] = set()
    for rule in circuit.deadlines:
        if rule.start not in BY_MAIL or (ACKNOWLEDGED in rule.stopped_by and not answered):
            continue
        if rule.senders and asked.role not in rule.senders:
            continue
        for made in _of_rule(asked, rule):
            # Several copies of one form in a mail are one authorisation: one due date.
            same = (made.kind, made.due, _reference(mail, made.position))
            if made.of_period and same in watched:
                continue
            found.setdefault((made.kind, made.origin), made)
            watched.add(same)
    return tuple(sorted(found.values(), key=lambda d: (d.due, d.kind, d.origin)))


def set_due(
    rule: DeadlineRule,
    terms: Terms,
    origin: str,
    today: date,
    calendars: Calendars,
    position: int | None = None,
) -> DueDate:
    """The due date of one rule from its terms, with its reminders still to come."""
    computed = calculate(terms, (), calendars)
    calendar = calendars.named(terms.calendar, terms.place)
    return DueDate(
        kind=rule.kind,
        title=rule.title,
        due=computed.due,
        basis=rule.basis,
        status=rule.status,
        origin=origin,
        explanation=computed.explanation,
        reminders=reminders_of(rule, computed.due, today, calendar),
        terms=terms,
        position=position,
        of_period=rule.start in BY_PERIOD,
    )


def reminders_of(
    rule: DeadlineRule, due: date, today: date, calendar: AnyCalendar
) -> tuple[DueReminder, ...]:
    """The reminders still to come: before the date on a worked day at or before theirs, after it on one
    at or after; none in the past."""
    made = (
        DueReminder(r.days_before, reminder_day(due, r.days_before, calendar), r.letter, r.to, r.attach)
        for r in rule.reminders
    )
    return tuple(reminder for reminder in made if reminder.on >= today)


def reminder_day(due: date, days_before: int, calendar: AnyCalendar) -> date:
    """The worked day a reminder falls on."""
    wanted = due - timedelta(days=days_before)
    return (last_working_day if days_before >= 0 else next_working_day)(wanted, calendar)


def _of_rule(asked: _Mail, rule: DeadlineRule) -> Iterator[DueDate]:
    documents: list[DocumentSeen | None] = [
        d for d in asked.mail.documents if d.kind in rule.document_kinds
    ]
    question = asked.circuit.question_kind in rule.document_kinds and not asked.mail.documents
    if rule.start is Start.RECEPTION and question:
        documents.append(None)
    for document in documents:
        start = _start(asked, rule, document)
        if start is None or not in_force(rule.effective_from, rule.effective_to, start[0]):
            continue
        day, why, origin = start
        position = None if document is None or rule.start is Start.RECEPTION else document.position
        terms = terms_of(rule, day, why, asked.place, asked.mail.received_at)
        yield set_due(rule, terms, origin, asked.today, asked.calendars, position)


def _start(asked: _Mail, rule: DeadlineRule, document: DocumentSeen | None) -> tuple[date, str, str] | None:
    """The starting day, why (French), and the origin; ``None`` when the rule does not start."""
    mail = asked.mail
    received = paris_date(mail.received_at)
    if rule.start is Start.RECEPTION or document is None:
        return received, f"point de départ : réception le {received:%d/%m/%Y}", f"delivery:{mail.sha256}"
    origin = f"document:{mail.sha256}:{document.position}"
    title = asked.circuit.title_of(document.kind)
    if rule.start is Start.DOCUMENT_DATE:
        written = date_of(document, rule.start_fact) if rule.start_fact else None
        if written is None:
            why = f"point de départ : réception le {received:%d/%m/%Y}, date du document illisible"
            return received, why, origin
        return written, f"point de départ : date écrite sur « {title} », {written:%d/%m/%Y}", origin
    period = period_of(asked.circuit, document)
    if period is None or not period.covers or period.ends is None:
        return None
    if rule.start is Start.GRANT:
        why = f"point de départ : « {title} » accordant une période, reçue le {received:%d/%m/%Y}"
        return received, why, origin
    return period.ends, _end_of(period, rule, title), origin


def _end_of(period: PeriodSeen, rule: DeadlineRule, title: str) -> str:
    said = f"point de départ : dernier jour écrit sur « {title} », {period.ends:%d/%m/%Y}"
    if rule.start is Start.CARE_END:
        said += " (fin des soins présumée, tant que personne n'a donné le jour de sortie)"
    return said


def _reference(mail: MailSeen, position: int | None) -> str | None:
    """The authorisation a document speaks of: two people's forms in one mail are two due dates."""
    return next((value_of(d, "reference") for d in mail.documents if d.position == position), None)


def _role(mail: MailSeen, directory: Directory | None) -> str:
    """What the sender is for the directory; ``PUBLIC`` when it does not know them."""
    address = reply_address(mail.sender, mail.envelope_from, mail.signature)
    known = correspondent_of(directory, address) if directory is not None and address else None
    return known.role if known is not None else PUBLIC
