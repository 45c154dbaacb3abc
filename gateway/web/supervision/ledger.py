"""The ledger of the mailboxes: what each received, day by day, and that nothing is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from gateway.clock import paris_date
from gateway.web.house import InHouse, Shown
from storage import balances
from storage.balances import Balance

router = APIRouter()

DAYS = 14
_EARLIEST = date(2000, 1, 1)
"""Older addresses show this one: nothing was received then."""
_CODES: Mapping[str, str] = {
    "452": "plus de place",
    "451": "à représenter plus tard",
    "550": "destinataire inconnu",
    "552": "trop volumineux",
}
"""What the first digits of a refusal say (RFC 5321, 4.2)."""

Until = Annotated[date | None, Query()]


@dataclass(frozen=True, slots=True)
class Line:
    """One mailbox on one day."""

    balance: Balance
    reasons: tuple[tuple[str, str, int], ...]
    """Refusals in words, their code, and how many."""
    unheard: bool = False
    """Its folder should have been read that day, and was not once."""

    @property
    def moved(self) -> bool:
        """Whether something changed since the day was closed in the log."""
        return self.balance.signed_at is not None and (
            self.balance.signed_difference != self.balance.difference
        )


@dataclass(frozen=True, slots=True)
class OneDay:
    """The mailboxes of one day."""

    day: date
    lines: tuple[Line, ...]


@router.get("/registre")
def ledger(request: Request, rooms: InHouse, shown: Shown, jusque: Until = None) -> Response:
    """Fourteen days, the last first."""
    today = paris_date(rooms.clock.now())
    last = min(max(jusque or today, _EARLIEST), today)
    first = _back(last, DAYS - 1)
    with rooms.database.reading() as session:
        found = balances.balances(session, first, last, paris_date)
        alarms = balances.alarms(session)
    installed = rooms.installation
    watched = {box.mailbox.casefold() for box in installed.imap} if installed else set()
    days: dict[date, list[Line]] = {}
    for balance in found:
        days.setdefault(balance.day, []).append(
            Line(balance, _words(balance), not balance.scans and balance.mailbox.casefold() in watched)
        )
    return shown.show(
        request,
        "registre.html",
        days=[OneDay(day, tuple(days[day])) for day in sorted(days, reverse=True)],
        alarms=alarms,
        total=_total(found),
        first=first,
        last=last,
        previous=_back(first, 1),
        latest=last == today,
    )


def _back(day: date, days: int) -> date:
    return day - timedelta(days=days)


def _words(balance: Balance) -> tuple[tuple[str, str, int], ...]:
    """A reason is a reply code of ours, or the name of the error that a message gave."""
    told = []
    for reason, count in balance.reasons:
        told.append((_CODES.get(reason[:3], "pas encore lisible, réessayé"), reason, count))
    return tuple(told)


def _total(found: list[Balance]) -> Balance:
    """The sum of these lines."""
    return Balance(
        "",
        date.min,
        sum(one.on_server for one in found),
        sum(one.accepted for one in found),
        sum(one.duplicates for one in found),
        sum(one.refused for one in found),
        sum(one.still_there for one in found),
        sum(one.unseen for one in found),
    )
