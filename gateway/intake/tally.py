"""What SMTP and LMTP sessions answered, counted apart from the rows of the mails.

Two accounts of the same messages, written by different hands: when a sender was told that a mail is kept
and no row says so, the ledger shows a difference. Kept in memory and written now and then; what a crash
takes with it can only make the difference smaller, never hide a mail that is missing for longer than that.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection
from datetime import date, datetime

from gateway.clock import paris_date
from gateway.evidence.record import Field, Kind, Recorder
from storage import balances
from storage.db import Database

_CODE = 9
"""``550 5.1.1``: the reply code and the enhanced status code (RFC 3463) say why, without words."""


class Tally:
    """Counts answers, from any thread."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._counts: Counter[tuple[str, date, str]] = Counter()

    def taken(self, mailboxes: Collection[str], at: datetime) -> None:
        """A message was taken at ``at`` for these mailboxes."""
        self._add(mailboxes, at, balances.TAKEN)

    def refused(self, mailboxes: Collection[str], at: datetime, reply: str) -> None:
        """A message was refused with this reply; no mailbox: before one was named."""
        self._add(mailboxes or ("",), at, reply[:_CODE])

    def flush(self, database: Database, recorder: Recorder) -> None:
        """Write the counts, and what was refused to the log: one event a mailbox, day and reason.

        Raises ``DatabaseUnavailable``: the counts are kept for the next time.
        """
        with self._guard:
            counted, self._counts = self._counts, Counter()
        if not counted:
            return
        try:
            with database.transaction() as session:
                balances.add_answers(session, counted)
                if events := _refusals(counted):
                    recorder.add_all(session, events)
        except BaseException:
            with self._guard:
                self._counts.update(counted)
            raise

    def _add(self, mailboxes: Collection[str], at: datetime, reason: str) -> None:
        on = paris_date(at)
        with self._guard:
            self._counts.update((mailbox, on, reason) for mailbox in mailboxes)


def _refusals(counted: Counter[tuple[str, date, str]]) -> list[tuple[Kind, str, dict[str, Field]]]:
    return [
        (
            Kind.REFUSED,
            f"mailbox:{mailbox}",
            {"day": on.isoformat(), "code": reason.replace(" ", "/"), "count": count},
        )
        for (mailbox, on, reason), count in sorted(counted.items())
        if reason != balances.TAKEN
    ]
