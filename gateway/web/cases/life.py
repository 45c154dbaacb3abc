"""The life-line of a case as its page shows it: the drawing, and the same told in sentences. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from gateway.clock import paris_date
from gateway.evidence.cover import covering
from gateway.evidence.lifeline import NARROW, Lifeline, Mark, Span, lifeline, uncovered, watched_until
from gateway.web import present
from storage.cases import PeriodStatus
from storage.deadlines import DeadlineState
from storage.registrations import Registration
from storage.sheets import CaseSheet

RIGHTS = "rights"
REPORT = "report"
CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One thing of the drawing, in words; ``kind`` is its colour on the drawing."""

    kind: str
    on: date
    text: str


@dataclass(frozen=True, slots=True)
class Life:
    """``drawing`` is ``None`` when nothing is known yet; ``told`` says the same, in order of dates."""

    drawing: Lifeline | None
    narrow: Lifeline | None
    """The same for a narrow screen."""
    told: tuple[Sentence, ...]
    today: str
    """Whether the beneficiary is covered today, and until when (French)."""


def life(
    sheet: CaseSheet,
    today: date,
    entry: Registration | None,
    reports: Collection[str],
    discharged: date | None = None,
) -> Life:
    """Periods, days without cover, reports received, rights, due dates. ``reports``: kinds of document."""
    closed = paris_date(sheet.case.closed_at) if sheet.case.closed_at is not None else None
    spans = [*_periods(sheet), *_rights(entry)]
    granted = list(covering(sheet.periods))
    asked = [s.ends for s in spans if s.status == PeriodStatus.REQUESTED]
    gaps = [
        Span("uncovered", f"Sans couverture : {_days(first, last)}", first, last)
        for first, last in uncovered(granted, watched_until(today, asked, closed, discharged))
    ]
    marks = [*_reports(sheet, reports), *_due(sheet, today), *_closed(closed)]
    told = [Sentence(span.status, span.starts, span.label) for span in (*spans, *gaps)]
    told += [Sentence(mark.kind, mark.on, mark.label) for mark in marks]
    drawn = sorted([*spans, *gaps], key=lambda s: s.starts)
    wide, narrow = lifeline(drawn, marks, today), lifeline(drawn, marks, today, NARROW)
    said = f"Dossier clos le {present.day(closed)}." if closed else covered_today(granted, today)
    return Life(wide, narrow, tuple(sorted(told, key=lambda s: (s.on, s.text))), said)


def covered_today(granted: Sequence[tuple[date, date]], today: date) -> str:
    """``Couvert aujourd’hui, jusqu’au 20/11/2026.``, or what comes next."""
    here = [last for first, last in granted if first <= today <= last]
    if here:
        return f"Couvert aujourd’hui, jusqu’au {present.day(max(here))}."
    coming = [first for first, _ in granted if first > today]
    if coming:
        return f"Pas couvert aujourd’hui ; la couverture commence le {present.day(min(coming))}."
    past = [last for _, last in granted if last < today]
    if past:
        return f"Pas couvert aujourd’hui : la couverture a pris fin le {present.day(max(past))}."
    return "Aucune période accordée n’est connue."


def _periods(sheet: CaseSheet) -> list[Span]:
    spans = []
    for period in sheet.periods:
        if period.starts is None or period.ends is None or period.starts > period.ends:
            continue
        short = f"{present.state('origin', period.origin)} {present.answer(period)}"
        label = f"{short}{present.NB}: {_days(period.starts, period.ends)}"
        spans.append(Span(period.status, label, period.starts, period.ends, short))
    return spans


def _rights(entry: Registration | None) -> list[Span]:
    if entry is None:
        return []
    label = f"Droits inscrits par la caisse{present.NB}: {_days(entry.starts, entry.ends)}"
    return [Span(RIGHTS, label, entry.starts, entry.ends, "Droits inscrits")]


def _reports(sheet: CaseSheet, kinds: Collection[str]) -> list[Mark]:
    """When medical reports came: that they exist, never what they say."""
    received = {d.sha256: paris_date(d.received_at) for d in sheet.deliveries}
    mails = {p.document.delivery for p in sheet.papers if p.document.kind in kinds}
    days = sorted({received[mail] for mail in mails if mail in received})
    return [Mark(REPORT, f"Compte rendu médical reçu le {present.day(day)}", day) for day in days]


def _due(sheet: CaseSheet, today: date) -> list[Mark]:
    return [
        Mark(
            "late" if d.due < today else "deadline",
            f"{d.title or d.kind}{present.NB}: {present.day(d.due)}",
            d.due,
        )
        for d in sheet.deadlines
        if d.state in {DeadlineState.OPEN, DeadlineState.MISSED}
    ]


def _closed(closed: date | None) -> list[Mark]:
    return [Mark(CLOSED, f"Dossier clos le {present.day(closed)}", closed)] if closed is not None else []


def _days(first: date, last: date) -> str:
    return f"du {present.day(first)} au {present.day(last)}"
