"""Figures of contestations for whoever supervises: by reason, by hospital, by age. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from gateway.clock import paris_date
from gateway.contestations.assess import euros
from storage.contestations import ContestationState, Figure, Outcome

AGES: tuple[tuple[int, str], ...] = (
    (30, "moins d’un mois"),
    (90, "un à trois mois"),
    (180, "trois à six mois"),
    (365, "six mois à un an"),
    (100_000, "plus d’un an"),
)
"""Days under which a contestation still open falls in the class; six months is the observed mean (§6)."""
UNKNOWN = "établissement inconnu"


@dataclass(frozen=True, slots=True)
class Bar:
    """One class: how many, how many of them still open, won, accepted; contested euros; share 0 to 1."""

    label: str
    count: int
    still_open: int
    won: int
    accepted: int
    amount: Decimal
    share: float


@dataclass(frozen=True, slots=True)
class Figures:
    by_reason: tuple[Bar, ...]
    by_hospital: tuple[Bar, ...]
    by_age: tuple[Bar, ...]
    """Those still open alone, from their reception."""
    total: Bar


def figures(rows: Sequence[Figure], titles: dict[str, str], today: date) -> Figures:
    """Count everything; ``titles`` are the French titles of the reasons."""
    waiting = [row for row in rows if row.state is not ContestationState.CLOSED]
    ages = [label for _, label in AGES]
    return Figures(
        by_reason=_bars(rows, lambda row: titles.get(row.reason, row.reason)),
        by_hospital=_bars(rows, lambda row: row.establishment or UNKNOWN),
        by_age=tuple(
            sorted(_bars(waiting, lambda row: age_of(row, today)), key=lambda bar: ages.index(bar.label))
        ),
        total=_bar("total", rows, max(len(rows), 1)),
    )


def age_of(row: Figure, today: date) -> str:
    """The class of age of a contestation."""
    days = (today - paris_date(row.received_at)).days
    return next(label for limit, label in AGES if days < limit)


def _bars(rows: Iterable[Figure], label_of: Callable[[Figure], str]) -> tuple[Bar, ...]:
    groups: dict[str, list[Figure]] = {}
    for row in rows:
        groups.setdefault(label_of(row), []).append(row)
    most = max((len(group) for group in groups.values()), default=1)
    made = (_bar(label, group, most) for label, group in groups.items())
    return tuple(sorted(made, key=lambda bar: (-bar.count, bar.label)))


def _bar(label: str, rows: Sequence[Figure], most: int) -> Bar:
    return Bar(
        label=label,
        count=len(rows),
        still_open=sum(row.state is not ContestationState.CLOSED for row in rows),
        won=sum(row.outcome is Outcome.WON for row in rows),
        accepted=sum(row.outcome is Outcome.ACCEPTED for row in rows),
        amount=sum((value for row in rows if (value := euros(row.amount)) is not None), Decimal()),
        share=len(rows) / most,
    )
