"""Whether the log is whole: every entry, every signed checkpoint, the head. Streams, in flat memory."""

from __future__ import annotations

import heapq
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import String, select, type_coerce
from sqlmodel import Session

from storage.audit import SALT, CheckpointRow, EventRow, HeadRow, commitment, sealed_part
from storage.canonical import NotCanonical, read
from storage.columns import instant_text
from storage.db import table_of
from storage.merkle import Frontier, leaf_hash
from storage.notes import Checkpoint, NoteRefused
from storage.notes import read as read_note

_BATCH = 5000
_COMMITMENT = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """``first_bad``: position (from 0) of the first entry that cannot be trusted, when it is known."""

    ok: bool
    size: int
    """Entries read and found good."""
    first_bad: int | None
    reason: str
    """One French sentence."""
    checkpoints: int = 0
    """Signed checkpoints compared with the tree."""
    erased: int = 0
    """Entries whose clear part was erased at the end of its retention."""
    remarks: tuple[str, ...] = ()


class _Row(NamedTuple):
    position: int
    at: str | datetime
    kind: str
    subject: str
    body: bytes
    leaf: bytes
    salt: bytes | None
    clear: bytes | None


class _BadLog(Exception):
    def __init__(self, first_bad: int | None, reason: str) -> None:
        super().__init__(reason)
        self.first_bad = first_bad
        self.reason = reason


def verify(
    session: Session,
    origin: str,
    public_key: bytes,
    outside: Iterable[str] = (),
    progress: Callable[[int], None] | None = None,
) -> Verdict:
    """Verify the whole log against its head and its checkpoints.

    ``outside``: notes kept elsewhere, oldest first; give them all, they are what reveals a log rewritten
    together with its table of checkpoints. ``progress`` is told the entries read so far, now and then.
    """
    check = _Check(session, origin, public_key, outside)
    try:
        check.run(progress)
    except _BadLog as bad:
        return check.verdict(ok=False, first_bad=bad.first_bad, reason=bad.reason)
    return check.verdict(
        ok=True, first_bad=None, reason="Le journal est entier et conforme à ses points de contrôle."
    )


class _Check:
    """One run of the verification: the tree so far, and the checkpoint to come."""

    def __init__(self, session: Session, origin: str, public_key: bytes, outside: Iterable[str]) -> None:
        self._session = session
        self._origin = origin
        self._key = public_key
        self._tree = Frontier()
        self._erased = 0
        self._good = 0
        """Size of the last checkpoint that agreed."""
        self._seen: dict[str, int] = {"table": 0, "outside": 0}
        self._notes = heapq.merge(self._table_notes(), self._outside_notes(outside), key=_size)
        self._next: tuple[str, Checkpoint] | None = None

    def run(self, progress: Callable[[int], None] | None) -> None:
        self._advance()
        self._compare_checkpoints()
        for rows in self._batches():
            for row in rows:
                self._entry(row)
                if self._next is not None and self._tree.size == self._next[1].size:
                    self._compare_checkpoints()
            if progress is not None:
                progress(self._tree.size)
        self._end()

    def verdict(self, *, ok: bool, first_bad: int | None, reason: str) -> Verdict:
        remarks: list[str] = []
        missing = self._seen["table"] - self._seen["outside"]
        if ok and missing > 0:
            remarks.append(f"{missing} point(s) de contrôle manquent dans la copie tenue hors de la base.")
        if ok and missing < 0:
            remarks.append(
                f"{-missing} point(s) de contrôle ont disparu de la base ; la copie extérieure les a."
            )
        size = self._tree.size if first_bad is None else min(self._tree.size, first_bad)
        return Verdict(ok, size, first_bad, reason, sum(self._seen.values()), self._erased, tuple(remarks))

    def _entry(self, row: _Row) -> None:
        expected = self._tree.size
        if row.position != expected:
            raise _BadLog(expected, f"L'entrée {expected} manque : elle a été retirée du journal.")
        committed = self._commitment(row)
        at = row.at if isinstance(row.at, str) else instant_text(row.at)
        if committed is None or sealed_part(at, committed, row.kind, expected) != row.body:
            raise _BadLog(expected, _explain(row))
        leaf = leaf_hash(row.body)
        if leaf != row.leaf:
            raise _BadLog(
                expected, f"L'entrée {expected} a été modifiée : son empreinte ne correspond plus."
            )
        self._tree.push(leaf)

    def _commitment(self, row: _Row) -> str | None:
        """The commitment the sealed part must hold; None when the clear part does not fit its columns."""
        if row.clear is not None and row.salt is not None:
            subject = json.dumps(row.subject, ensure_ascii=False)
            if len(row.salt) != SALT or not row.clear.endswith(f',"subject":{subject}}}'.encode()):
                return None
            return commitment(row.salt, row.clear)
        if row.clear is not None or row.salt is not None or row.subject:
            return None
        self._erased += 1
        return _sealed_commitment(row.body)

    def _compare_checkpoints(self) -> None:
        """Compare every note of the present size, from the table and from outside."""
        root: bytes | None = None
        agreed = disagreed = False
        while self._next is not None and self._next[1].size == self._tree.size:
            root = root or self._tree.root()
            if self._next[1].root == root:
                agreed = True
            else:
                disagreed = True
            self._seen[self._next[0]] += 1
            self._advance()
        if agreed and disagreed:
            raise _BadLog(
                self._good,
                f"Le journal a été dédoublé : deux points de contrôle signés se contredisent sur ses "
                f"{self._tree.size} premières entrées.",
            )
        if disagreed:
            raise _BadLog(
                self._good,
                f"Le journal a été réécrit entre l'entrée {self._good} et l'entrée {self._tree.size - 1} : "
                "il ne correspond plus au point de contrôle signé.",
            )
        if agreed:
            self._good = self._tree.size

    def _end(self) -> None:
        size = self._tree.size
        if self._next is not None:
            raise _BadLog(
                size,
                f"Le journal est tronqué : il s'arrête à {size} entrées, un point de contrôle signé en "
                f"compte {self._next[1].size}.",
            )
        heads = table_of(HeadRow).c
        row = self._session.connection().execute(select(heads.size, heads.frontier)).first() or (0, b"")
        if row[0] > size:
            raise _BadLog(size, f"Le journal est tronqué : il s'arrête à {size} entrées sur {row[0]}.")
        if row[0] < size:
            raise _BadLog(row[0], f"L'entrée {row[0]} et les suivantes ont été ajoutées hors du journal.")
        if row[1] != self._tree.packed():
            raise _BadLog(self._good, f"Le journal a été réécrit après l'entrée {self._good}.")

    def _advance(self) -> None:
        previous = self._next[1].size if self._next else 0
        self._next = next(self._notes, None)
        if self._next is not None and self._next[1].size < max(previous, self._tree.size):
            raise _BadLog(None, "Les points de contrôle tenus hors de la base ne sont plus dans l'ordre.")

    def _table_notes(self) -> Iterator[tuple[str, Checkpoint]]:
        columns = table_of(CheckpointRow).c
        statement = (
            select(columns.size, columns.root, columns.at, columns.note)
            .order_by(columns.size)
            .limit(_BATCH)
        )
        last = -1
        while True:
            rows = self._session.connection().execute(statement.where(columns.size > last)).all()
            for size, root, at, note in rows:
                said = self._read(note)
                if said != Checkpoint(size, root, at):
                    raise _BadLog(
                        None, f"Le point de contrôle de {size} entrées a été modifié dans la base."
                    )
                yield "table", said
                last = size
            if len(rows) < _BATCH:
                return

    def _outside_notes(self, outside: Iterable[str]) -> Iterator[tuple[str, Checkpoint]]:
        for note in outside:
            yield "outside", self._read(note)

    def _read(self, note: str) -> Checkpoint:
        try:
            return read_note(note, self._origin, self._key)
        except NoteRefused:
            raise _BadLog(
                None, "Un point de contrôle est illisible ou n'est pas signé par la clé de ce journal."
            ) from None

    def _batches(self) -> Iterator[list[_Row]]:
        columns = table_of(EventRow).c
        # the raw text of SQLite: parsing a million dates to write them again is waste
        at = type_coerce(columns.at, String)
        others = (columns.kind, columns.subject, columns.body, columns.leaf, columns.salt, columns.clear)
        statement = select(columns.position, at, *others).order_by(columns.position).limit(_BATCH)
        last = -1
        while True:
            rows = self._session.connection().execute(statement.where(columns.position > last))
            batch = [_Row(*row) for row in rows]
            if not batch:
                return
            yield batch
            last = batch[-1].position


def _size(tagged: tuple[str, Checkpoint]) -> int:
    return tagged[1].size


def _sealed(body: bytes) -> dict[str, Any]:
    try:
        value = read(body)
    except NotCanonical:
        return {}
    return value if isinstance(value, dict) else {}


def _sealed_commitment(body: bytes) -> str | None:
    committed = _sealed(body).get("commitment")
    return committed if isinstance(committed, str) and _COMMITMENT.fullmatch(committed) else None


def _explain(row: _Row) -> str:
    number = _sealed(row.body).get("n")
    if isinstance(number, int) and number != row.position:
        return (
            f"L'entrée {row.position} n'est pas à sa place : elle porte le numéro {number} "
            "(déplacée ou insérée)."
        )
    return f"L'entrée {row.position} a été modifiée : son contenu ne correspond plus à ce qui a été scellé."
