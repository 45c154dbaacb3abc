"""Rows and evidence of what was accepted, many messages in one commit when many come together.

Whoever gets the lock commits for everyone who waits (group commit without a thread of its own): one
sender alone pays one commit and no detour, twenty together share one. A message that the database
refuses is tried again alone, so that it never takes the others of its group with it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.errors import Unavailable
from gateway.evidence.record import Field, Kind, Recorder
from gateway.intake.envelope import Envelope
from storage import reception
from storage.db import Database, Session
from storage.deliveries import Via
from storage.errors import StorageError
from storage.lane import Lane, NotInLane
from storage.reception import ArrivalSeen, Received, Reception

log = logging.getLogger(__name__)

_GROUP = 128
_REFUSED = "La base de données a refusé le message : rien n'est accepté, il faut le renvoyer."


@dataclass(slots=True)
class Entry:
    """One message to register; the last fields are its answer, written by whoever commits."""

    sha256: str
    size: int
    envelopes: tuple[Envelope, ...]
    at: datetime
    done: bool = field(default=False, init=False)
    duplicate: bool = field(default=False, init=False)
    error: Exception | None = field(default=None, init=False)


class Ledger:
    """Registers entries, from any thread. ``circuit_of`` names the circuit of a mailbox, if any."""

    def __init__(
        self, database: Database, recorder: Recorder, circuit_of: Callable[[str], str | None]
    ) -> None:
        self._database = database
        self._lane = Lane(database)
        self._recorder = recorder
        self._circuit_of = circuit_of
        self._waiting: list[Entry] = []
        self._waiting_lock = threading.Lock()
        self._committing = threading.Lock()

    def register(self, entry: Entry) -> bool:
        """Commit the rows of one blob already in the vault; says whether the mail was known.

        Raises ``Unavailable`` or ``StorageError``; then nothing of this entry is in the database.
        """
        with self._waiting_lock:
            self._waiting.append(entry)
        with self._committing:
            while not entry.done:
                self._commit(self._take())
        if entry.error is not None:
            raise entry.error
        return entry.duplicate

    def _take(self) -> list[Entry]:
        with self._waiting_lock:
            group, self._waiting = self._waiting[:_GROUP], self._waiting[_GROUP:]
        if not group:
            # only when an interruption took another thread away in the middle of our commit
            raise Unavailable(_REFUSED)
        return group

    def _commit(self, group: Sequence[Entry]) -> None:
        error = self._try(group)
        if error is not None and len(group) > 1:
            for entry in group:
                self._finish(entry, self._try((entry,)))
            return
        for entry in group:
            self._finish(entry, error)

    def _try(self, group: Sequence[Entry]) -> Exception | None:
        try:
            try:
                with self._lane.transaction() as session:
                    self._write(session, group)
            except NotInLane:
                with self._database.transaction() as session:
                    self._write(session, group)
        except Exception as error:
            log.exception("rows of accepted messages were not committed", extra={"messages": len(group)})
            return error
        return None

    def _write(self, session: Session, group: Sequence[Entry]) -> None:
        answers = reception.receive(session, [self._reception(entry) for entry in group])
        events = []
        for entry, answer in zip(group, answers, strict=True):
            entry.duplicate = not answer.new
            events += _events(entry, answer)
        if events:
            self._recorder.add_all(session, events)

    @staticmethod
    def _finish(entry: Entry, error: Exception | None) -> None:
        if error is None or isinstance(error, StorageError):
            entry.error = error
        else:
            entry.error = Unavailable(_REFUSED)
            entry.error.__cause__ = error
        entry.done = True

    def _reception(self, entry: Entry) -> Reception:
        return Reception(
            sha256=entry.sha256,
            size=entry.size,
            at=entry.at,
            circuit=self._circuit_of(entry.envelopes[0].mailbox) or "",
            arrivals=[
                ArrivalSeen(
                    e.via, e.mailbox, e.sender, e.recipients, e.peer, e.folder, e.uidvalidity, e.uid
                )
                for e in entry.envelopes
            ],
        )


def _events(entry: Entry, answer: Received) -> list[tuple[Kind, str, dict[str, Field]]]:
    """One event an entry; none when an IMAP message already counted is seen again."""
    counted = [e for e, new in zip(entry.envelopes, answer.counted, strict=True) if new]
    if not counted:
        return []
    first = counted[0]
    fields: dict[str, Field] = {
        "via": first.via.value,
        "mailboxes": [e.mailbox for e in counted],
        "envelope_from": first.sender,
        "peer": first.peer,
        "size": entry.size,
    }
    if first.uid is not None:
        fields |= {"folder": first.folder, "uidvalidity": first.uidvalidity, "uid": first.uid}
    kind = Kind.ARRIVAL if answer.new else Kind.DUPLICATE
    if first.via is Via.REBUILD:
        kind = Kind.REBUILD
    return [(kind, f"delivery:{entry.sha256}", fields)]
