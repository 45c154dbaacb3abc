"""Rows and evidence of what was accepted, many messages in one commit when many come together.

Whoever comes first commits for everyone who waits (group commit without a thread of its own), then
hands over to the first of those who came meanwhile: one sender alone pays one commit and no detour,
twenty together share one. A message that the database refuses is tried again alone, so that it never
takes the others of its group with it.
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
from storage.errors import DatabaseUnavailable, StorageError
from storage.lane import Lane, NotInLane
from storage.reception import ArrivalSeen, Received, Reception

log = logging.getLogger(__name__)

_GROUP = 128
_REFUSED = "La base de données a refusé le message : rien n'est accepté, il faut le renvoyer."


@dataclass(slots=True)
class Entry:
    """One message to register; the last fields are its answer, written by whoever commits.

    ``told`` is set when it is done, or when its thread is the next to commit.
    """

    sha256: str
    size: int
    envelopes: tuple[Envelope, ...]
    at: datetime
    told: threading.Event = field(default_factory=threading.Event, init=False)
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
        self._guard = threading.Lock()
        self._committing = False

    def register(self, entry: Entry) -> bool:
        """Commit the rows of one blob already in the vault; says whether the mail was known.

        Raises ``Unavailable`` or ``StorageError``; then nothing of this entry is in the database.
        """
        with self._guard:
            self._waiting.append(entry)
            first, self._committing = not self._committing, True
        if not first:
            entry.told.wait()
        if not entry.done:
            self._commit_for_all()
        if entry.error is not None:
            raise entry.error
        return entry.duplicate

    def _commit_for_all(self) -> None:
        with self._guard:
            group, self._waiting = self._waiting[:_GROUP], self._waiting[_GROUP:]
        try:
            self._commit(group)
        finally:
            with self._guard:
                self._committing = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].told.set()
            for entry in group:
                if not entry.done:
                    self._finish(entry, Unavailable(_REFUSED))
                entry.told.set()

    def _commit(self, group: Sequence[Entry]) -> None:
        error = self._try(group)
        # a database that is away refuses them all; any other refusal may be the fault of one
        alone = error is not None and len(group) > 1 and not isinstance(error, DatabaseUnavailable)
        for entry in group:
            self._finish(entry, self._try((entry,)) if alone else error)

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
