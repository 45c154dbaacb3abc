"""Which days of a case give rights, for whoever computes, draws or proves them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from gateway.circuits.model import EVENT, Circuit, Start
from storage.cases import Period, PeriodStatus


def covering(periods: Sequence[Period]) -> tuple[tuple[date, date], ...]:
    """Periods that give rights: granted by a form, or tacit, confirmed and not refused since.

    A period struck with its form gives none, and refuses nothing.
    """
    found = []
    for place, period in enumerate(periods):
        tacit = period.status is PeriodStatus.TACIT
        if not (tacit or period.status is PeriodStatus.GRANTED) or not period.starts or not period.ends:
            continue
        if tacit and any(_refuses(later, period.starts, period.ends) for later in periods[place + 1 :]):
            continue
        found.append((period.starts, period.ends))
    return tuple(found)


def discharges(circuit: Circuit | None) -> frozenset[str]:
    """Events of a circuit that give the day care ended: after it nobody has to be covered."""
    rules = (rule for rule in circuit.deadlines if rule.start is Start.CARE_END) if circuit else ()
    return frozenset(
        name.removeprefix(EVENT) for rule in rules for name in rule.restarted_by if name.startswith(EVENT)
    )


def _refuses(later: Period, starts: date, ends: date) -> bool:
    if later.status is not PeriodStatus.REFUSED:
        return False
    # a refusal may write no date: it answers the request that waits
    return later.starts is None or later.ends is None or (later.starts <= ends and starts <= later.ends)
