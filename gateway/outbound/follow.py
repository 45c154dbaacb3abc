"""The follow-up of letters: no acknowledgement by the due date is reminded once, then a person telephones.

What a letter expects is in the circuit's data (``expects``, ``within_days``, ``reminded_by``). Nothing
leaves on a day that is not worked in France. After a start, receipts that wait in the mailboxes come first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from gateway.clock import Clock, paris_date
from gateway.evidence.record import Kind, Recorder
from gateway.outbound.chase import Chase
from gateway.outbound.compose import NoLetter
from gateway.outbound.handing import MEETS, PhoneOf, came, hand_over
from gateway.outbound.receipts import answered
from storage import deadlines, followups, outbox
from storage.calls import CallReason
from storage.db import Database, Session
from storage.outbox import Following, OutboxEntry

Event = tuple[Kind, str, Mapping[str, Any]]

GRACE = timedelta(minutes=15)
"""After a start: what came meanwhile is read before anybody is reminded."""
_LIMIT = 500
_DEED = "ce que la lettre demandait est arrivé"
_SILENT = "sans retour {days} j après l'envoi, relancée sans effet"
_SILENT_NO_CHASE = "sans retour {days} j après l'envoi ; {why}"


@dataclass(frozen=True, slots=True)
class Followed:
    """What one turn did, in letters."""

    answered: int = 0
    reminded: int = 0
    escalated: int = 0


class Follower:
    """One turn at a time; several may run on one database without doubling anything."""

    def __init__(
        self,
        database: Database,
        recorder: Recorder,
        clock: Clock,
        chase: Chase,
        phone_of: PhoneOf,
        worked: Callable[[date], bool],
        grace: timedelta = GRACE,
    ) -> None:
        self._database = database
        self._recorder = recorder
        self._clock = clock
        self._chase = chase
        self._phone_of = phone_of
        self._worked = worked
        self._from = clock.now() + grace

    def once(self) -> Followed:
        """Follow everything that is due now. Raises ``DatabaseUnavailable`` only."""
        at = self._clock.now()
        done = self._answered_by_deed(at)
        if at < self._from or not self._worked(paris_date(at)):
            return Followed(answered=done)
        with self._database.reading() as session:
            found = followups.unanswered(session, at, _LIMIT)
        groups: dict[tuple[object, str, Following], list[OutboxEntry]] = {}
        for entry in found:
            about = entry.case_id or entry.delivery or entry.id
            groups.setdefault((about, entry.recipient_key, entry.following), []).append(entry)
        reminded, escalated = 0, 0
        for (_, _, following), entries in groups.items():
            late = sorted(entries, key=lambda e: (e.sent_at or e.created_at, e.id or 0))
            if following is Following.REMINDED:
                escalated += self._hand_over(late, _SILENT, "", at)
            else:
                one, two = self._remind(late, at)
                reminded, escalated = reminded + one, escalated + two
        return Followed(done, reminded, escalated)

    def _answered_by_deed(self, at: datetime) -> int:
        """Reminders whose due date was met: what came is their answer, whatever it was called."""
        with self._database.reading() as session:
            found = followups.answered_by_deed(session, _LIMIT)
        for entry, deadline in found:
            with self._database.transaction() as session:
                mail = _deed(session, deadline.case_id, deadline.ended_at) or entry.delivery
                if mail is not None:
                    events = answered(session, entry, mail, _DEED, at)
                else:
                    events = came(session, entry, "answered", at)
                self._recorder.add_all(session, events)
        return len(found)

    def _remind(self, entries: list[OutboxEntry], at: datetime) -> tuple[int, int]:
        """One reminder for the group; a person at once when none is written for such a letter."""
        with self._database.transaction() as session:
            waiting = [e for e in entries if not _met(session, e)]
            if not waiting:
                return 0, 0
            made = self._chase(session, waiting, at)
            if made is None:
                return 0, 0  # too many letters today
            if not isinstance(made, NoLetter):
                moved = [entry for entry in waiting if self._reminded(session, entry, at)]
                told = [_reminded(entry) for entry in moved]
                self._recorder.add_all(session, [*made, *told])
                return len(moved), 0
        return 0, self._hand_over(entries, _SILENT_NO_CHASE, made.reason, at)

    @staticmethod
    def _reminded(session: Session, entry: OutboxEntry, at: datetime) -> bool:
        again = at + timedelta(days=max(entry.within_days, 1))
        return followups.follow(session, entry.id or 0, (Following.WAITING,), Following.REMINDED, again)

    def _hand_over(self, entries: Iterable[OutboxEntry], words: str, why: str, at: datetime) -> int:
        """One call for the group: the latest letter names it, the others are told with it."""
        every = list(entries)
        with self._database.transaction() as session:
            waiting = [e for e in every if not _met(session, e)]
            if not waiting:
                return 0
            latest = waiting[-1]
            for entry in waiting[:-1]:
                followups.follow(session, entry.id or 0, followups.UNDER_WAY, Following.ESCALATED)
            days = (at - (latest.sent_at or latest.created_at)).days
            detail = words.format(days=days, why=why)
            if len(waiting) > 1:
                detail += f" ; {len(waiting)} lettres attendent"
            events = hand_over(session, latest, CallReason.NO_RECEIPT, detail, at, self._phone_of)
            self._recorder.add_all(session, events)
        return len(waiting)


def _met(session: Session, entry: OutboxEntry) -> bool:
    """Whether what the letter expects came while nobody looked; its wait is then over."""
    wanted = MEETS.get(entry.expects or "", frozenset())
    if not any(r.action in wanted for r in outbox.receipts(session, entry.id or 0)):
        return False
    followups.follow(session, entry.id or 0, followups.UNDER_WAY, Following.ANSWERED)
    return True


def _deed(session: Session, case_id: int | None, until: datetime | None) -> str | None:
    """The last mail of the case when the due date was met."""
    arrivals = deadlines.arrivals_in_case(session, case_id) if case_id is not None else []
    here = [sha256 for _, sha256, at in arrivals if until is None or at <= until]
    return here[-1] if here else None


def _reminded(entry: OutboxEntry) -> Event:
    fields = {"letter": entry.letter, "recipient": entry.recipient, "action": "no-return"}
    return Kind.REMINDER, f"outbox:{entry.message_id}", fields
