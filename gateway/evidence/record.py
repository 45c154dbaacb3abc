"""The only writer of the evidence: every room says what happened, in the transaction of what it tells."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from gateway.clock import Clock
from gateway.errors import Unavailable
from gateway.evidence.plain import is_plain
from storage import audit, notes
from storage.audit import Event
from storage.canonical import Value
from storage.db import Database, Session
from storage.files import locked, make_folder, sync_folder, write_all
from storage.keys import KeyRing
from storage.notes import NoteRefused, Signer
from storage.verification import Verdict, verify

Field: TypeAlias = str | int | bool | Sequence[str] | None

_THROUGH: ContextVar[str | None] = ContextVar("token", default=None)
_TAIL = 64 * 1024
_TEXT_MAX = 500


class Kind(StrEnum):
    """What can happen. A kind is never renamed: it is sealed in the log."""

    ARRIVAL = "arrival"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    STEP = "step"
    SET_ASIDE = "set-aside"
    RELEASED = "released"
    DECISION = "decision"
    CASE_OPENED = "case-opened"
    CASE_JOINED = "case-joined"
    CASE_CLOSED = "case-closed"
    CASE_REOPENED = "case-reopened"
    CASE_CORRECTED = "case-corrected"
    """What a case says of its beneficiary followed a correction: names of the columns, never a value."""
    CASE_LEFT = "case-left"
    """A person took the documents of a piece of work out of a case."""
    CANDIDATE_CHOSEN = "candidate-chosen"
    PERIOD_ADDED = "period-added"
    PERIOD_CORRECTED = "period-corrected"
    PERIOD_STRUCK = "period-struck"
    """A period covers no more: its form was rejected, is of another type, or is a further copy."""
    PERIOD_RESTORED = "period-restored"
    ITEM_FILED = "item-filed"
    ITEM_TAKEN = "item-taken"
    ITEM_ASSIGNED = "item-assigned"
    ITEM_DONE = "item-done"
    LETTER_QUEUED = "letter-queued"
    LETTER_SENT = "letter-sent"
    LETTER_FAILED = "letter-failed"
    RECEIPT = "receipt"
    DEADLINE_SET = "deadline-set"
    DEADLINE_ENDED = "deadline-ended"
    REMINDER = "reminder"
    ACCESS = "access"
    CORRECTION = "correction"
    EXPORT = "export"
    ERASURE = "erasure"
    LOGIN = "login"
    KEY = "key"
    CONFIG = "config"
    REBUILD = "rebuild"
    LETTER_RETRIED = "letter-retried"
    LETTER_ESCALATED = "letter-escalated"
    ADDRESS = "address"
    CERTIFICATE = "certificate"
    PERSON = "person"
    """An account: made, changed (roles, name, state), given a link, its second factor set or removed."""
    TOKEN = "token"  # noqa: S105 (the name of a kind)
    """An API token: made, revoked."""
    LOCKED = "locked"
    """Too many failed sign-ins: an account or an address waits."""
    CONTESTATION = "contestation"
    """A contested claim: received, matched, asked, answered, accepted, disputed, closed."""
    HOLD = "hold"
    """A legal hold: put on a case, lifted."""
    LEDGER = "ledger"
    """The ledger of a mailbox and day: closed, or an alarm when its difference is not 0."""
    STAMP = "stamp"
    """A time stamp of a third party about a checkpoint."""
    DEADLINE_MOVED = "deadline-moved"
    """A due date computed again (feast corrected, delay suspended or resumed): old date, new date, why."""
    DEADLINE_ESCALATED = "deadline-escalated"
    """A missed due date handed to a queue, with whom to call."""
    CASE_EVENT = "case-event"
    """What a person records on a case with its day: a payment, a discharge."""
    PROPOSAL = "proposal"
    """A tacit acceptance: proposed, accepted, rejected, superseded."""
    REGISTRATION = "registration"
    """A caisse registered the beneficiary of a case, or changed the rights: dates, never the number."""
    REVIEW = "review"
    """A person confirmed the reading of a document, rejected the document, or took it back."""
    FORWARDED = "forwarded"
    """Medical documents left for the other institution's medical service, by their hash."""
    ITEM_CHANGED = "item-changed"
    """A piece of work sorted anew, sent to another queue, cut in two, joined to another, or that undone."""
    DOCUMENT_SORTED = "document-sorted"
    """A person gave a document its type or class, or gave back the machine's; another may follow it."""
    COMMENT = "comment"
    """An internal note: written, or read by somebody it names; never its words."""


def through(token: str | None) -> None:
    """Every event of the present call is written through this API token, and says so; ``None``: by a person
    in a session."""
    _THROUGH.set(token)


class Recorder:
    """Writes events, seals checkpoints, verifies the whole.

    ``folder`` keeps the checkpoints outside the database, one file a day; put it on another disk.
    ``origin`` names the log in its checkpoints and never changes.
    """

    def __init__(self, clock: Clock, ring: KeyRing, folder: Path, origin: str = "passerelle") -> None:
        self._clock = clock
        self._signer = Signer(origin, ring.public_key, ring.sign)
        self._folder = folder

    @property
    def origin(self) -> str:
        """The name of the log, first line of each of its checkpoints."""
        return self._signer.origin

    def add(self, session: Session, kind: Kind, subject: str, /, **fields: Field) -> int:
        """Record one event and return its position. Call it last: it locks the log until the commit.

        Never a document's content, a secret or medical text in ``fields``: identifiers, states, reasons.
        A field is hidden behind a commitment unless ``plain.FIELDS`` lists it.
        """
        return self.add_all(session, [(kind, subject, fields)])

    def add_all(self, session: Session, events: Sequence[tuple[Kind, str, Mapping[str, Field]]]) -> int:
        """Record several events as ``add`` would, in one go; returns the position of the first."""
        token = _THROUGH.get()
        more: dict[str, Field] = {} if token is None else {"token": token}
        entries = [
            (
                kind.value,
                _text(subject)[:120],
                {name: _clean(value) for name, value in (more | dict(fields)).items()},
            )
            for kind, subject, fields in events
        ]
        return audit.append_all(session, self._clock.now(), entries, is_plain)

    def events(self, session: Session, subjects: Collection[str]) -> list[Event]:
        """What happened to these subjects, in order."""
        return audit.events(session, subjects)

    def checkpoint(self, database: Database) -> str:
        """Sign the log as it stands, in the database then outside it; returns the note.

        Raises ``Unavailable`` when the outside copy cannot be written: the next call completes it.
        """
        with database.transaction() as session:
            note = audit.checkpoint(session, self._clock.now(), self._signer)
        try:
            make_folder(self._folder)
            with locked(self._folder / ".lock"), database.reading() as session:
                for at, missing in audit.notes_after(session, self._last_outside()):
                    self._append(at, missing)
        except OSError as error:
            raise Unavailable(
                "Le point de contrôle n'a pas pu être copié hors de la base ; il y est gardé, "
                "vérifiez le dossier des points de contrôle."
            ) from error
        return note

    def forget(
        self,
        session: Session,
        positions: Collection[int] = (),
        *,
        subjects: Collection[str] = (),
        fields: Collection[str] | None = None,
    ) -> int:
        """Drop the personal values of events at the end of their retention; see ``audit.forget``.

        Add the ERASURE event that tells it, last in the same transaction. Returns how many were dropped.
        """
        return audit.forget(session, positions, subjects=subjects, fields=fields)

    def verify(
        self,
        database: Database,
        progress: Callable[[int], None] | None = None,
        *,
        start: int = 0,
        end: int | None = None,
        witness: Iterable[str] = (),
    ) -> Verdict:
        """Verify the log against the checkpoints of the database and of the outside folder.

        ``start`` and ``end``: sizes of two checkpoints, to verify between them only. ``witness``: notes
        that somebody else kept.
        """
        # lengths first, log second: a checkpoint written meanwhile must not look like a truncation
        files = [(path, path.stat().st_size) for path in self._files()]
        with database.reading() as session:
            return verify(
                session,
                self._signer.origin,
                self._signer.public_key,
                self._outside(files),
                progress,
                start=start,
                end=end,
                witness=witness,
            )

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.notes")) if self._folder.is_dir() else []

    def _outside(self, files: list[tuple[Path, int]]) -> Iterator[str]:
        for path, length in files:
            with path.open("rb") as file:
                lines = _lines(file.read(length))
            yield from notes.cut(lines, self._signer.origin)

    def _last_outside(self) -> int:
        """Size of the last checkpoint of the outside copy, -1 when it has none."""
        for path in reversed(self._files()):
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - _TAIL))
                found = list(notes.cut(_lines(file.read()), self._signer.origin))
            for note in reversed(found):
                try:
                    return notes.read(note, self._signer.origin, self._signer.public_key).size
                except NoteRefused:
                    continue
        return -1

    def _append(self, at: datetime, note: str) -> None:
        path = self._folder / f"{at.astimezone(UTC):%Y-%m-%d}.notes"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # what a full disk or a crash left unfinished stays: the framing tells it from a note
            length = os.fstat(descriptor).st_size
            last = os.pread(descriptor, 1, length - 1) if length else b""
            write_all(descriptor, notes.framed(note, last))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        sync_folder(self._folder)


def _lines(raw: bytes) -> list[str]:
    return raw.decode("utf-8", errors="replace").splitlines(keepends=True)


def _clean(value: Field) -> Value:
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, int):
        return value
    return [_text(item) for item in value]


def _text(value: str) -> str:
    """Strangers' text made canonical: NFC, no NUL, no lone surrogate, of bounded length."""
    whole = value[:_TEXT_MAX].encode("utf-8", "replace").decode().replace("\0", "�")
    return unicodedata.normalize("NFC", whole)
