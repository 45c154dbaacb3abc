"""Asks, once a day, the time stamp of the last checkpoint; an authority that is away stops nothing."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from pathlib import Path

from gateway.clock import Clock, paris_date
from gateway.errors import Unavailable
from gateway.evidence.record import Kind, Recorder
from gateway.evidence.stamping import Ask, Authority, StampRefused, stamp
from storage import stamps
from storage.db import Database

log = logging.getLogger(__name__)

AWAY = timedelta(minutes=10)
REFUSED = timedelta(hours=1)


class Stamper:
    """``once`` is called now and then. ``url`` is kept with the token; ``ca``: whom it is believed by."""

    def __init__(
        self, database: Database, recorder: Recorder, clock: Clock, ask: Ask, url: str, ca: Path
    ) -> None:
        self._database = database
        self._recorder = recorder
        self._clock = clock
        self._ask = ask
        self._url = url
        self._ca = ca
        self._not_before: datetime | None = None

    def once(self) -> bool:
        """Ask a token when the last one is of another day (in France); whether one was kept.

        Raises ``StorageError``, ``Unavailable`` when the log itself cannot be sealed.
        """
        at = self._clock.now()
        if self._not_before is not None and at < self._not_before:
            return False
        with self._database.reading() as session:
            last = stamps.last_stamped(session)
        if last is not None and paris_date(last) >= paris_date(at):
            return False
        self._recorder.checkpoint(self._database)
        with self._database.reading() as session:
            waiting = stamps.latest_unstamped(session)
        if waiting is None:
            return False
        size, note = waiting
        try:
            row = stamp(size, note, self._ask, Authority.of(self._ca), self._url)
        except Unavailable:
            log.warning("the time stamping authority is away", extra={"size": size})
            self._not_before = at + AWAY
            return False
        except StampRefused as refused:
            log.warning("a time stamp is refused", extra={"size": size, "reason": refused.public})
            self._not_before = at + REFUSED
            self._tell(size, refused.public)
            return False
        with self._database.transaction() as session:
            if stamps.add(session, row):
                self._recorder.add(
                    session,
                    Kind.STAMP,
                    f"checkpoint:{size}",
                    checkpoint=size,
                    outcome="kept",
                    authority=self._url,
                )
        return True

    def _tell(self, size: int, reason: str) -> None:
        with self._database.transaction() as session:
            self._recorder.add(
                session,
                Kind.STAMP,
                f"checkpoint:{size}",
                checkpoint=size,
                outcome="refused",
                authority=self._url,
                reason=reason,
            )
