"""Watches one IMAP mailbox and takes every message in it through the door.

What is in the folder decides, nothing else: each scan asks for all UIDs and takes those whose arrival
(mailbox, folder, UIDVALIDITY, UID) is not in the database. IDLE only shortens the wait for the next
scan. A message leaves the folder once it is accepted, never before. When UIDVALIDITY changes, or when
UIDNEXT goes back (a server restored from a copy gives the same numbers to other mails), all is read again
and content tells what was already here. A number already counted is not believed either: its bytes are
compared with those accepted before it is moved. One message that cannot be read waits its turn with growing
delays and is counted in the log; the next one goes on.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from gateway.errors import Unavailable
from gateway.intake.accept import Door
from gateway.intake.envelope import Envelope
from gateway.intake.folderbook import FolderBook, Page, Replaced
from gateway.intake.imap_box import Gone, ImapBox
from gateway.settings import Imap
from storage.deliveries import Via
from storage.errors import StorageError

log = logging.getLogger(__name__)

_IDLE_SECONDS = 28 * 60
"""RFC 2177: a server may hang up after 29 minutes of IDLE."""
_RECONNECT_CEILING = 300.0
_RETRY_CEILING = timedelta(hours=1)
_ELSEWHERE = (IMAPClientAbortError, OSError, StorageError, Unavailable)
"""Faults of the connection, the vault or the database: no message is to blame, all wait."""


@dataclass(slots=True)
class Postponed:
    """A message that could not be taken: how often, and when to try again."""

    attempts: int
    until: datetime


class ImapWatcher:
    """One mailbox, one thread, from ``start`` to ``stop``. ``root``: where relative paths start."""

    def __init__(self, settings: Imap, door: Door, root: Path = Path()) -> None:
        self.settings = settings
        self._door = door
        self._book = FolderBook(door.database, door.recorder, settings.mailbox, settings.folder)
        self._root = root
        self._jitter = random.Random(f"{settings.name} {settings.mailbox}")  # noqa: S311 (spreads reconnections)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"imap {settings.name}", daemon=True)
        self._box: ImapBox | None = None
        self._guard = threading.Lock()
        self.postponed: dict[tuple[int, int], Postponed] = {}
        """Messages still in the folder that could not be taken or moved, by generation and UID."""
        self._compared: dict[tuple[int, int], str] = {}
        """On a server that cannot move: the marks of accepted messages whose bytes were compared."""
        self.scans = 0
        """Scans completed since the start: a watchdog sees here that this mailbox is still heard."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Return once the message under way, if any, is accepted or given up, and the thread has ended."""
        self._stopping.set()
        with self._guard:
            if self._box is not None:
                self._box.interrupt()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            before = self.scans
            try:
                self._watch()
            except Exception as error:  # noqa: BLE001  whatever broke, the mailbox is tried again
                if self._stopping.is_set():
                    return
                failures = 1 if self.scans > before else failures + 1
                pause = min(_RECONNECT_CEILING, 2.0**failures) * self._jitter.uniform(0.5, 1.0)
                log.warning(
                    "a mailbox is not reached; trying again",
                    extra={"mailbox": self.settings.name, "error": type(error).__name__, "seconds": pause},
                )
                self._stopping.wait(pause)

    def _watch(self) -> None:
        """Scan, wait, scan again, on one connection. Ends by an exception, or when asked to stop."""
        with ImapBox(self.settings, self._root) as box:
            with self._guard:
                self._box = box
            try:
                while not self._stopping.is_set():
                    # again at once after taking any: what came meanwhile was announced then, not in IDLE
                    while self.scan(box) and not self._stopping.is_set():
                        pass
                    seconds = min(self.settings.scan_seconds, _IDLE_SECONDS)
                    if box.can_wait:
                        box.wait(seconds)
                    else:
                        self._stopping.wait(seconds)
            finally:
                with self._guard:
                    self._box = None

    def scan(self, box: ImapBox) -> int:
        """Take every message not yet accounted for, move those that are; returns how many were taken.

        Raises what is no message's fault: connection, vault, database.
        """
        seen = box.refresh()
        page = self._book.open(seen, self._door.clock.now())
        try:
            taken = self._take_all(box, page, seen.uids)
        except Replaced:
            log.warning("a mailbox was restored from a copy", extra={"mailbox": self.settings.name})
            seen = box.refresh()  # without what has just been moved
            page = self._book.restart(seen)
            taken = self._take_all(box, page, seen.uids)
        self._book.settle(page.generation, seen.uids)
        if self.postponed:
            log.warning(
                "messages wait in a mailbox",
                extra={"mailbox": self.settings.name, "count": len(self.postponed)},
            )
        self.scans += 1
        return taken

    def _take_all(self, box: ImapBox, page: Page, uids: Sequence[int]) -> int:
        """Take what is not counted, move the rest. Raises ``Replaced``."""
        generation = page.generation
        self._forget(generation, uids)
        self._book.note(page, box.marks(page.unknown), self._door.clock.now())
        taken = 0
        for uid in uids:
            if self._stopping.is_set():
                break
            if self._waits(generation, uid):
                continue
            if uid in page.counted:
                if not self._same(box, generation, uid, page.counted[uid]):
                    continue
            elif self._taken(box, generation, uid):
                taken += 1
            else:
                continue
            self._move(box, generation, uid)
        return taken

    def _same(self, box: ImapBox, generation: int, uid: int, sha256: str) -> bool:
        """Whether this number still bears the mail that was accepted; ``False`` when it cannot be told now.

        Raises ``Replaced`` when it bears another one.
        """
        try:
            if not box.can_move and self._compared.get((generation, uid)) == box.marks([uid]).get(uid, ""):
                return False  # nothing changed, and nothing can be done: not read again at each scan
            found = box.digest(uid)
        except Gone:
            return False
        except _ELSEWHERE:
            raise
        except Exception:
            log.exception(
                "an accepted message could not be compared; it stays in its mailbox",
                extra={"mailbox": self.settings.name, "uid": uid},
            )
            self._postpone(generation, uid)
            return False
        if found != sha256:
            raise Replaced
        if not box.can_move:
            self._compared[generation, uid] = box.marks([uid]).get(uid, "gone")
        return True

    def _taken(self, box: ImapBox, generation: int, uid: int) -> bool:
        try:
            self._take(box, generation, uid)
        except Gone:
            return False
        except _ELSEWHERE:
            raise
        except Exception as error:
            log.exception(
                "a message could not be taken; it stays in its mailbox and will be tried again",
                extra={"mailbox": self.settings.name, "uid": uid},
            )
            self._postpone(generation, uid)
            self._book.refused(generation, uid, type(error).__name__)
            return False
        self.postponed.pop((generation, uid), None)
        return True

    def _take(self, box: ImapBox, generation: int, uid: int) -> None:
        settings = self.settings
        envelope = Envelope(
            via=Via.IMAP,
            mailbox=settings.mailbox,
            sender=box.envelope_sender(uid),
            recipients=(settings.mailbox,),
            peer=f"imap {settings.host}:{settings.port}",
            folder=settings.folder,
            uidvalidity=generation,
            uid=uid,
        )
        acceptance = self._door.open(envelope)
        try:
            for piece in box.pieces(uid):
                acceptance.write(piece)
            acceptance.commit()
        except BaseException:
            acceptance.abort()
            raise

    def _move(self, box: ImapBox, generation: int, uid: int) -> None:
        """The message is accepted: if it cannot be moved now, a later scan tries again."""
        try:
            box.move(uid)
        except _ELSEWHERE:
            raise
        except IMAPClientError as error:
            log.warning(
                "an accepted message stays in its folder",
                extra={"mailbox": self.settings.name, "uid": uid, "error": type(error).__name__},
            )
            self._postpone(generation, uid)
        else:
            self.postponed.pop((generation, uid), None)

    def _waits(self, generation: int, uid: int) -> bool:
        waiting = self.postponed.get((generation, uid))
        return waiting is not None and self._door.clock.now() < waiting.until

    def _postpone(self, generation: int, uid: int) -> None:
        earlier = self.postponed.get((generation, uid))
        attempts = earlier.attempts + 1 if earlier else 1
        delay = min(_RETRY_CEILING, timedelta(minutes=2 ** min(attempts - 1, 10)))
        self.postponed[generation, uid] = Postponed(attempts, self._door.clock.now() + delay)

    def _forget(self, generation: int, uids: Sequence[int]) -> None:
        """A message that left the folder, or a folder that was rebuilt, has nothing waiting."""
        present = {(generation, uid) for uid in uids}
        self.postponed = {key: waiting for key, waiting in self.postponed.items() if key in present}
        self._compared = {key: mark for key, mark in self._compared.items() if key in present}
