"""Which days of a case give rights, for whoever computes, draws or proves them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

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


def _refuses(later: Period, starts: date, ends: date) -> bool:
    if later.status is not PeriodStatus.REFUSED:
        return False
    # a refusal may write no date: it answers the request that waits
    return later.starts is None or later.ends is None or (later.starts <= ends and starts <= later.ends)
