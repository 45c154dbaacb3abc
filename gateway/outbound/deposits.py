"""The checkpoint of each day, mailed to the witness of the log."""

from __future__ import annotations

from gateway.clock import Clock, paris_date
from gateway.evidence.health import DEPOSIT as LETTER
from gateway.evidence.record import Recorder
from gateway.evidence.witness import deposit
from gateway.outbound.compose import Attached
from gateway.outbound.housemail import HouseMail, HousePost
from storage.db import Database


class Deposits:
    """``once`` is called now and then: it mails one checkpoint a day (in France) to ``witness``."""

    def __init__(
        self,
        database: Database,
        recorder: Recorder,
        clock: Clock,
        post: HousePost,
        witness: str,
        public_pem: str,
    ) -> None:
        self._database = database
        self._recorder = recorder
        self._clock = clock
        self._post = post
        self._witness = witness
        self._public_pem = public_pem

    def once(self) -> bool:
        """Seal the log and queue the mail of the day; whether one was queued.

        Raises ``StorageError``, ``Unavailable``: the next turn tries again.
        """
        at = self._clock.now()
        on = paris_date(at)
        with self._database.reading() as session:
            if self._post.is_queued(session, HouseMail(LETTER, on.isoformat(), self._witness, "", "")):
                return False
        note = self._recorder.checkpoint(self._database)
        if not note:
            return False
        made = deposit(note, on, self._public_pem)
        joined = Attached(made.name, made.note, "text/plain")
        mail = HouseMail(LETTER, on.isoformat(), self._witness, made.subject, made.text, (joined,))
        with self._database.transaction() as session:
            events = self._post(session, mail, at)
            if events:
                self._recorder.add_all(session, events)
        return bool(events)
