"""Due dates, pure: same rules, same facts, same calendars, same days, with every step written out.

A delay counts from the day after its start (so a delay of one working day that starts on a Friday is due
on Monday in France). Working days are *jours ouvrés*. A month ends on the same day number, or on the last
day of a shorter month; ``end-of-month`` on the last day of the month reached. Nothing is shifted silently.
"""

from __future__ import annotations

import calendar as months
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from gateway.circuits.decision import Decision, DocumentSeen, MailKind, MailSeen
from gateway.circuits.model import ACKNOWLEDGED, Circuit, DeadlineRule, Start, Unit, in_force
from gateway.circuits.periods import date_of, period_of
from gateway.clock import paris_date
from gateway.deadlines.calendar import AnyCalendar, Calendars, place_of_caisse

_UNITS = {
    Unit.DAY: ("jour", "jours"),
    Unit.WORKING_DAY: ("jour ouvré", "jours ouvrés"),
    Unit.MONTH: ("mois", "mois"),
    Unit.END_OF_MONTH: ("mois, à la fin du mois", "mois, à la fin du mois"),
}
_STATUS = {"confirmed": "confirmé", "to be confirmed": "à confirmer"}


@dataclass(frozen=True, slots=True)
class Computed:
    due: date
    explanation: tuple[str, ...]
    """French lines: the start, the rule, each skipped day."""


@dataclass(frozen=True, slots=True)
class DueReminder:
    """A letter to write on ``on``, ``days_before`` the due date."""

    days_before: int
    on: date
    letter: str
    to: str


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
    position: int | None = None
    """Document that started it, for those that start with a document and not with the mail."""
    of_period: bool = False
    """True when it watches a period: it stands only once that period is in the case."""


def due_dates(
    circuit: Circuit, mail: MailSeen, decision: Decision, at: datetime, calendars: Calendars
) -> tuple[DueDate, ...]:
    """Every due date ``mail`` starts, at the instant ``at`` (past reminders are left out).

    Reports, automatic answers and quarantined mail start none (CRPA, L. 112-11: nothing is due to an
    abusive message); a mail that is never answered starts no delay that an acknowledgement ends.
    """
    if mail.kind is not MailKind.MAIL or decision.quarantined:
        return ()
    answered = bool(mail.envelope_from) and not mail.bulk
    place = place_of_caisse(decision.caisse)
    found: dict[tuple[str, str], DueDate] = {}
    watched: set[tuple[str, date]] = set()
    for rule in circuit.deadlines:
        if ACKNOWLEDGED in rule.stopped_by and not answered:
            continue
        for document in mail.documents:
            if document.kind not in rule.document_kinds:
                continue
            made = _due(circuit, rule, mail, document, calendars.named(rule.calendar, place), at=at)
            # Several copies of one form in a mail are one authorisation: one due date.
            if made is None or (made.of_period and (made.kind, made.due) in watched):
                continue
            found.setdefault((made.kind, made.origin), made)
            if made.of_period:
                watched.add((made.kind, made.due))
        if (
            rule.start is Start.RECEPTION
            and circuit.question_kind in rule.document_kinds
            and not mail.documents
        ):
            made = _due(circuit, rule, mail, None, calendars.named(rule.calendar, place), at=at)
            if made is not None:
                found.setdefault((made.kind, made.origin), made)
    return tuple(sorted(found.values(), key=lambda d: (d.due, d.kind, d.origin)))


def compute_due(start: date, delay: int, unit: Unit, calendar: AnyCalendar) -> Computed:
    """The day ``delay`` units after ``start`` (before it when negative), and how it was counted."""
    if unit is Unit.WORKING_DAY:
        return _working_days(start, delay, calendar)
    if unit is Unit.DAY:
        due = start + timedelta(days=delay)
    else:
        year, month = divmod(start.year * 12 + start.month - 1 + delay, 12)
        last = months.monthrange(year, month + 1)[1]
        due = date(year, month + 1, last if unit is Unit.END_OF_MONTH else min(start.day, last))
    lines = (
        []
        if not delay and unit is Unit.DAY
        else [f"{start:%d/%m/%Y} + {_amount(delay, unit)} = {due:%d/%m/%Y}"]
    )
    if unit is Unit.MONTH and due.day != start.day:
        lines.append(f"le mois n'a pas de {start.day} : dernier jour du mois")
    return Computed(due, tuple(lines))


def last_working_day(day: date, calendar: AnyCalendar) -> date:
    """``day`` itself when it is worked, else the nearest worked day before it."""
    return next(d for d in _days(day, -1) if calendar.off(d) is None)


def _working_days(start: date, delay: int, calendar: AnyCalendar) -> Computed:
    step = 1 if delay >= 0 else -1
    # A delay of zero is the start itself, or the first worked day that follows it.
    first = start if delay == 0 else start + timedelta(days=step)
    left, lines, due = max(abs(delay), 1), [f"{_amount(delay, Unit.WORKING_DAY)} ({calendar.title})"], start
    for day in _days(first, step):
        reason = calendar.off(day)
        if reason is not None:
            lines.append(f"{day:%d/%m/%Y} non compté : {reason}")
            continue
        left -= 1
        if left == 0:
            due = day
            break
    return Computed(due, tuple(lines))


def _days(first: date, step: int) -> Iterator[date]:
    # Ten years: more than any delay, and an end should a calendar have no worked day at all.
    return (first + timedelta(days=step * n) for n in range(3653))


def _due(
    circuit: Circuit,
    rule: DeadlineRule,
    mail: MailSeen,
    document: DocumentSeen | None,
    calendar: AnyCalendar,
    *,
    at: datetime,
) -> DueDate | None:
    start = _start(circuit, rule, mail, document)
    if start is None or not in_force(rule.effective_from, rule.effective_to, start[0]):
        return None
    day, why, origin = start
    computed = compute_due(day, rule.delay, rule.unit, calendar)
    status = _STATUS.get(rule.status, rule.status)
    return DueDate(
        kind=rule.kind,
        title=rule.title,
        due=computed.due,
        basis=rule.basis,
        status=rule.status,
        origin=origin,
        explanation=(why, f"règle : {rule.title} ({rule.basis}), délai {status}", *computed.explanation),
        reminders=reminders_of(rule, computed.due, paris_date(at), calendar),
        position=None if document is None or rule.start is Start.RECEPTION else document.position,
        of_period=rule.start is Start.PERIOD_END,
    )


def reminders_of(
    rule: DeadlineRule, due: date, today: date, calendar: AnyCalendar
) -> tuple[DueReminder, ...]:
    """The reminders still to come: each on a worked day at or before ``days_before``, none in the past."""
    made = (
        DueReminder(
            r.days_before, last_working_day(due - timedelta(days=r.days_before), calendar), r.letter, r.to
        )
        for r in rule.reminders
    )
    return tuple(reminder for reminder in made if reminder.on >= today)


def _start(
    circuit: Circuit, rule: DeadlineRule, mail: MailSeen, document: DocumentSeen | None
) -> tuple[date, str, str] | None:
    """The starting day, why (French), and the origin; ``None`` when the rule does not start."""
    received = paris_date(mail.received_at)
    if rule.start is Start.RECEPTION or document is None:
        return received, f"point de départ : réception le {received:%d/%m/%Y}", f"delivery:{mail.sha256}"
    origin = f"document:{mail.sha256}:{document.position}"
    title = circuit.title_of(document.kind)
    if rule.start is Start.PERIOD_END:
        period = period_of(circuit, document)
        if period is None or not period.covers or period.ends is None:
            return None
        return (
            period.ends,
            f"point de départ : dernier jour écrit sur « {title} », {period.ends:%d/%m/%Y}",
            origin,
        )
    written = date_of(document, rule.start_fact) if rule.start_fact else None
    if written is None:
        return (
            received,
            f"point de départ : réception le {received:%d/%m/%Y}, date du document illisible",
            origin,
        )
    return written, f"point de départ : date écrite sur « {title} », {written:%d/%m/%Y}", origin


def _amount(delay: int, unit: Unit) -> str:
    one, many = _UNITS[unit]
    return f"{delay} {one if abs(delay) <= 1 else many}"
