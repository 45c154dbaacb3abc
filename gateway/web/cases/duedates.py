"""Due dates as people need them: what still waits, the nearest first; what is over, folded away. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from storage.deadlines import WAITING, Deadline

FIRST = 3
"""Pending due dates shown without unfolding anything."""


@dataclass(frozen=True, slots=True)
class DueDates:
    """Groups of due dates that read the same (several mails of one case start the same delay).

    ``first`` and ``later`` still wait, nearest first; ``ended`` do not, the latest ended first.
    """

    first: tuple[tuple[Deadline, ...], ...]
    later: tuple[tuple[Deadline, ...], ...]
    ended: tuple[tuple[Deadline, ...], ...]


def due_dates(found: Iterable[Deadline], mail: str | None = None) -> DueDates:
    """Part the due dates of a case, or of one ``mail`` of it: those of the mail then come first."""
    every = list(found)
    pending = sorted(
        (d for d in every if d.state in WAITING),
        key=lambda d: (mail is not None and d.delivery != mail, d.due, d.id or 0),
    )
    ended = sorted(
        (d for d in every if d.state not in WAITING),
        key=lambda d: (d.ended_at or d.created_at, d.id or 0),
        reverse=True,
    )
    waiting = _alike(pending)
    return DueDates(waiting[:FIRST], waiting[FIRST:], _alike(ended))


def _alike(found: Sequence[Deadline]) -> tuple[tuple[Deadline, ...], ...]:
    groups: dict[object, list[Deadline]] = {}
    for deadline in found:
        groups.setdefault((deadline.kind, deadline.due, deadline.state), []).append(deadline)
    return tuple(tuple(group) for group in groups.values())
