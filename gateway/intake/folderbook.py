"""What the database holds of one watched folder: its generation, what was counted, what was seen there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.clock import paris_date
from gateway.evidence.record import Kind, Recorder
from gateway.intake.imap_box import FolderSeen
from storage import balances, ledger
from storage.db import Database
from storage.ledger import Sighting
from storage.reception import counted_uids


class Replaced(Exception):
    """A number already counted bears another mail: the server was restored from a copy."""


@dataclass(frozen=True, slots=True)
class Page:
    """The folder as it stands in the book."""

    generation: int
    counted: Mapping[int, str]
    """SHA-256 of the mails already accepted, by UID."""
    unknown: Sequence[int]
    """UIDs in the folder that were never seen before."""


class FolderBook:
    """The book of one mailbox and folder. Its verbs raise ``DatabaseUnavailable``."""

    def __init__(self, database: Database, recorder: Recorder, mailbox: str, folder: str) -> None:
        self._database = database
        self._recorder = recorder
        self._mailbox = mailbox
        self._folder = folder

    def open(self, seen: FolderSeen, at: datetime) -> Page:
        """Take note of what the folder says now."""
        place = (self._mailbox, self._folder)
        with self._database.transaction() as session:
            before = ledger.folder(session, *place)
            earlier = (ledger.generation_of(before), before.uidnext) if before else (0, 0)
            row = ledger.open_folder(session, *place, seen.validity, seen.uidnext, at)
            generation = ledger.generation_of(row)
            # years of numbers that left the folder long ago are not read at each scan
            first = min(seen.uids, default=seen.uidnext)
            known = ledger.seen(session, *place, generation, min(first, earlier[1]))
            unseen = 0
            if before is not None and earlier[0] == generation:
                unseen = _never_shown(earlier[1], seen, known)
            balances.heard(session, self._mailbox, paris_date(at), scans=1, unseen=unseen)
            counted = counted_uids(session, *place, generation, first)
        return Page(generation, counted, [uid for uid in seen.uids if uid not in known])

    def restart(self, seen: FolderSeen) -> Page:
        """Count the folder anew, in another generation."""
        with self._database.transaction() as session:
            row = ledger.restart_folder(session, self._mailbox, self._folder)
            return Page(ledger.generation_of(row), {}, seen.uids)

    def note(self, page: Page, marks: Mapping[int, str], at: datetime) -> None:
        """Keep that these messages were seen; ``marks``: what follows each of them."""
        if not page.unknown:
            return
        rows = [
            Sighting(
                mailbox=self._mailbox,
                folder=self._folder,
                uidvalidity=page.generation,
                uid=uid,
                day=paris_date(at),
                seen_at=at,
                mark=marks.get(uid, ""),
            )
            for uid in page.unknown
        ]
        with self._database.transaction() as session:
            ledger.add_seen(session, rows)

    def refused(self, generation: int, uid: int, reason: str) -> None:
        """A message was tried and not accepted; ``reason`` is the name of an error, told once."""
        with self._database.transaction() as session:
            if ledger.refuse(session, self._mailbox, self._folder, generation, uid, reason):
                self._recorder.add(
                    session,
                    Kind.REFUSED,
                    f"mailbox:{self._mailbox}",
                    code=reason,
                    folder=self._folder,
                    uidvalidity=generation,
                    uid=uid,
                )

    def settle(self, generation: int, present: Collection[int]) -> None:
        """Say what became of everything seen; ``present``: UIDs in the folder when it was read."""
        with self._database.transaction() as session:
            ledger.settle(session, self._mailbox, self._folder, generation, present)


def _never_shown(before: int, seen: FolderSeen, known: Collection[int]) -> int:
    """How many numbers were given since ``before`` (the last UIDNEXT) to messages that are not there."""
    if not 0 < before <= seen.uidnext:
        return 0
    there = {uid for uid in {*seen.uids, *known} if before <= uid < seen.uidnext}
    return seen.uidnext - before - len(there)
