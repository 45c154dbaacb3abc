"""Closes the ledger of each mailbox, one event of the log a day; an alarm when a day does not add up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date, timedelta

from gateway.clock import Clock, paris_date
from gateway.evidence.record import Field, Kind, Recorder
from gateway.intake.tally import Tally
from storage import balances
from storage.balances import Balance
from storage.db import Database, Session

WATCHED = timedelta(days=10)
"""A difference that appears later than that, or goes away, is seen on the page and gives no alarm."""

Event = tuple[Kind, str, dict[str, Field]]
Alert = Callable[[Session, Balance], Sequence[Event]]
"""Tells the operator, in the same transaction; returns what it did."""


class Daybook:
    """``once`` is called now and then. ``mailboxes``: every address that receives."""

    def __init__(
        self,
        database: Database,
        recorder: Recorder,
        clock: Clock,
        mailboxes: Collection[str],
        tally: Tally,
        alert: Alert | None = None,
    ) -> None:
        self._database = database
        self._recorder = recorder
        self._clock = clock
        self._mailboxes = sorted(mailboxes)
        self._tally = tally
        self._alert = alert

    def once(self) -> None:
        """Write what sessions answered, give the alarms, close the days that are over.

        Raises ``DatabaseUnavailable``: the next turn does the rest.
        """
        self._tally.flush(self._database, self._recorder)
        today = paris_date(self._clock.now())
        with self._database.transaction() as session:
            for mailbox in self._mailboxes:
                balances.heard(session, mailbox, today)
        with self._database.reading() as session:
            waiting = balances.unsigned(session, today)
            given = {(day.mailbox, day.day): day.alarmed for day in balances.alarms(session)}
            recent = balances.balances(session, today - WATCHED, today, paris_date)
        for found in recent:
            if found.difference != given.get((found.mailbox, found.day), 0):
                self._alarm(found.mailbox, found.day)
        # also what came for a mailbox of a circuit since removed, or for none
        over = {
            (found.mailbox, found.day) for found in recent if found.signed_at is None and found.day < today
        }
        for mailbox, on in sorted({*waiting, *over}, key=lambda one: (one[1], one[0])):
            self._close(mailbox, on)

    def _alarm(self, mailbox: str, on: date) -> None:
        with self._database.transaction() as session:
            found = _balance(session, mailbox, on)
            if not balances.alarm(session, mailbox, on, found.difference):
                return
            events = list(self._alert(session, found)) if self._alert and found.difference else []
            told = event(found, "alarm" if found.difference else "cleared")
            self._recorder.add_all(session, [*events, told])

    def _close(self, mailbox: str, on: date) -> None:
        with self._database.transaction() as session:
            balances.heard(session, mailbox, on)
            found = _balance(session, mailbox, on)
            kind, subject, fields = event(found, "closed")
            position = self._recorder.add(session, kind, subject, **fields)
            if not balances.sign(session, found, self._clock.now(), position):
                session.rollback()  # another instance closed it meanwhile: its event stands alone


def event(balance: Balance, action: str) -> Event:
    """What the log says of a mailbox and day. ``action``: ``closed``, ``alarm`` or ``cleared``."""
    fields: dict[str, Field] = {
        "action": action,
        "day": balance.day.isoformat(),
        "on_server": balance.on_server,
        "accepted": balance.accepted,
        "duplicates": balance.duplicates,
        "refused": balance.refused,
        "still_there": balance.still_there,
        "difference": balance.difference,
        "unseen": balance.unseen,
        "scans": balance.scans,
        "answers": [f"{reason.replace(' ', '/')}:{count}" for reason, count in balance.reasons],
    }
    return Kind.LEDGER, f"mailbox:{balance.mailbox}", fields


def _balance(session: Session, mailbox: str, on: date) -> Balance:
    found = balances.balances(session, on, on, paris_date, mailbox)
    return found[0] if found else Balance(mailbox, on)
