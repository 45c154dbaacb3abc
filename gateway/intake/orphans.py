"""Raw mails of the vault without a row: what a crash between blob and row leaves, or a lost database.

They are put back, never deleted: the peer was not answered 250 and will send again, which makes a
duplicate of the same delivery; a mail too many is better than a mail too few.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from gateway.intake.accept import Door
from gateway.intake.envelope import Envelope, Note
from storage.deliveries import Via
from storage.errors import VaultError
from storage.reception import known
from storage.vault import RAW

log = logging.getLogger(__name__)

_GROUP = 500


def sweep_orphans(door: Door, before: datetime) -> int:
    """Register every raw mail noted before ``before`` that has no row; returns how many.

    An unreadable blob is logged and left where it is. Raises ``StorageError``, ``Unavailable``: what
    was registered stays, the next sweep goes on.
    """
    restored = 0
    for group in _groups(door.vault.list()):
        # asked first: a mail on its way now has its row by the time the database is read
        settled = [sha256 for sha256 in group if not door.under_way(sha256)]
        with door.database.reading() as session:
            have = known(session, settled)
        restored += sum(_restore(door, sha256, before) for sha256 in settled if sha256 not in have)
    return restored


def _restore(door: Door, sha256: str, before: datetime) -> bool:
    try:
        if door.vault.kind(sha256) != RAW:
            return False
        note = _note(door, sha256)
        if note is not None and note.at >= before:
            return False
        size = sum(len(chunk) for chunk in door.vault.read(sha256))
    except VaultError:
        log.exception("a blob without a row cannot be read", extra={"blob": sha256})
        return False
    log.warning("a mail without a row is put back", extra={"delivery": sha256})
    for_nobody = Note(door.clock.now(), (Envelope(Via.REBUILD, "", "", ()),))
    return not door.restore(sha256, size, note or for_nobody)


def _note(door: Door, sha256: str) -> Note | None:
    """The note of the blob; a mail without one still comes back, for nobody in particular."""
    try:
        return Note.from_bytes(door.vault.note(sha256))
    except ValueError:
        log.warning("a raw mail has no readable note", extra={"delivery": sha256})
        return None


def _groups(names: Iterable[str]) -> Iterator[list[str]]:
    names = iter(names)
    while group := list(islice(names, _GROUP)):
        yield group
