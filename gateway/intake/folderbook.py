"""What the database holds of one watched folder: its generation, what was counted, what was seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from gateway.intake.imap_box import FolderSeen
from storage import ledger
from storage.db import Database
from storage.reception import counted_uids


class Replaced(Exception):
    """A number already counted bears another mail: the server was restored from a copy."""


class FolderBook:
    """The book of one mailbox and folder. Its verbs raise ``DatabaseUnavailable``."""

    def __init__(self, database: Database, mailbox: str, folder: str) -> None:
        self._database = database
        self._mailbox = mailbox
        self._folder = folder

    def open(self, seen: FolderSeen, at: datetime) -> tuple[int, Mapping[int, str]]:
        """The generation of the folder, and the SHA-256 of the mails already accepted, by UID."""
        with self._database.transaction() as session:
            row = ledger.open_folder(session, self._mailbox, self._folder, seen.validity, seen.uidnext, at)
            generation = ledger.generation_of(row)
            return generation, counted_uids(session, self._mailbox, self._folder, generation)

    def restart(self) -> int:
        """Count the folder anew: the generation to use from now on."""
        with self._database.transaction() as session:
            return ledger.generation_of(ledger.restart_folder(session, self._mailbox, self._folder))
