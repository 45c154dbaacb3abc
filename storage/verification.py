"""Whether the log is whole: every entry, every signed checkpoint, the head. Streams, in flat memory."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import String, func, select, type_coerce
from sqlmodel import Session

from storage.audit import CheckpointRow, ClearRow, EventRow, HeadRow
from storage.canonical import NotCanonical
from storage.columns import instant_text
from storage.db import table_of
from storage.merkle import Frontier, leaf_hash
from storage.notes import Checkpoint, NoteRefused
from storage.notes import read as read_note
from storage.sealed import SALT, SUBJECT, VERSION, Body, Clear, OtherFormat, commitment, subject_of, unseal

_BATCH = 5000
_UNREADABLE = "Un point de contrôle est illisible ou n'est pas signé par la clé de ce journal."
_FOREIGN = "Un point de contrôle du témoin est illisible ou n'est pas signé par la clé de ce journal."


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
    start: int = 0
    """Entries before this one were only hashed, down to the checkpoint of this size."""
    version: int = VERSION
    """Format of the entries read."""
    witnessed: int = 0
    """Checkpoints kept by the witness that agree with the log."""


class _Row(NamedTuple):
    position: int
    at: str | datetime
    kind: str
    subject: str
    body: bytes
    leaf: bytes


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
    *,
    start: int = 0,
    end: int | None = None,
    witness: Iterable[str] = (),
) -> Verdict:
    """Verify the log against its head and its checkpoints, whole or between two of them.

    ``outside``: notes kept elsewhere, oldest first; give them all, they are what reveals a log rewritten
    together with its table of checkpoints. ``progress`` is told the entries read so far, now and then.
    ``start`` and ``end`` are sizes of checkpoints: entries before ``start`` are only hashed, and must lead
    to its root; entries from ``end`` on are not read. ``witness``: notes that somebody else kept, in any
    order: a log cut and grown again contradicts them, whoever holds the key.
    """
    check = _Check(session, origin, public_key, start, end)
    try:
        check.merge(outside, witness)
        check.run(progress)
    except _BadLog as bad:
        return check.verdict(ok=False, first_bad=bad.first_bad, reason=bad.reason)
    return check.verdict(ok=True, first_bad=None, reason=check.praise())


class _Check:
    """One run of the verification: the tree so far, and the checkpoint to come."""

    def __init__(
        self,
        session: Session,
        origin: str,
        public_key: bytes,
        start: int,
        end: int | None,
    ) -> None:
        self._session = session
        self._origin = origin
        self._key = public_key
        self._start = start
        self._stop = end
        self._tree = Frontier()
        self._erased = 0
        self._good = 0
        """Size of the last checkpoint that agreed."""
        self._seen: dict[str, int] = {"table": 0, "outside": 0, "witness": 0}
        self._notes: Iterator[tuple[str, Checkpoint]] = iter(())
        self._next: tuple[str, Checkpoint] | None = None

    def merge(self, outside: Iterable[str], witness: Iterable[str]) -> None:
        """Where the checkpoints to compare come from; called first."""
        kept = sorted((("witness", self._read(note, _FOREIGN)) for note in witness), key=_size)
        self._notes = heapq.merge(self._table_notes(), self._outside_notes(outside), kept, key=_size)

    def run(self, progress: Callable[[int], None] | None) -> None:
        self._advance()
        self._compare_checkpoints()
        for start in range(0, self._start, _BATCH):
            self._skip(start, min(start + _BATCH, self._start))
        self._bound(self._start)
        for rows in self._batches():
            beside = self._beside(rows[0].position, rows[-1].position)
            for row in rows:
                self._entry(row, beside.pop(row.position, []))
                if self._next is not None and self._tree.size == self._next[1].size:
                    self._compare_checkpoints()
            if progress is not None:
                progress(self._tree.size)
        if self._stop is None:
            self._end()
        elif self._tree.size < self._stop:
            raise _BadLog(
                self._tree.size,
                f"Le journal est tronqué : il s'arrête à {self._tree.size} entrées sur {self._stop}.",
            )
        else:
            self._bound(self._stop)

    def praise(self) -> str:
        if self._start or self._stop is not None:
            return (
                f"Le journal est entier de l'entrée {self._start} à l'entrée {self._tree.size - 1}, et "
                "conforme à ses points de contrôle ; le reste n'a pas été lu."
            )
        return "Le journal est entier et conforme à ses points de contrôle."

    def verdict(self, *, ok: bool, first_bad: int | None, reason: str) -> Verdict:
        missing = self._seen["table"] - self._seen["outside"]
        remarks = []
        if ok and missing > 0:
            remarks.append(f"{missing} point(s) de contrôle manquent dans la copie tenue hors de la base.")
        if ok and missing < 0:
            remarks.append(
                f"{-missing} point(s) de contrôle ont disparu de la base ; la copie extérieure les a."
            )
        if ok and self._erased:
            remarks.append(f"{self._erased} entrée(s) ont des valeurs effacées ; leur sceau reste vérifié.")
        size = self._tree.size if first_bad is None else min(self._tree.size, first_bad)
        witnessed = self._seen["witness"]
        if ok and witnessed:
            remarks.append(
                f"{witnessed} point(s) de contrôle gardés par le témoin sont ceux de ce journal."
            )
        compared = sum(self._seen.values())
        return Verdict(
            ok,
            size,
            first_bad,
            reason,
            compared,
            self._erased,
            tuple(remarks),
            self._start,
            witnessed=witnessed,
        )

    def _bound(self, size: int) -> None:
        """A bound of the verification must be a checkpoint that agreed."""
        if size and self._good != size:
            raise _BadLog(
                None, f"Aucun point de contrôle ne compte {size} entrées ; donnez la taille de l'un d'eux."
            )

    def _skip(self, start: int, end: int) -> None:
        """Hash entries that are not to be read, up to the first checkpoint of the verification."""
        columns = table_of(EventRow).c
        statement = select(columns.leaf).where(columns.position >= start, columns.position < end)
        leaves = self._session.connection().execute(statement.order_by(columns.position)).scalars().all()
        if len(leaves) != end - start:
            raise _BadLog(None, f"Il manque des entrées entre {start} et {end - 1}.")
        for leaf in leaves:
            self._tree.push(leaf)
            if self._next is not None and self._tree.size == self._next[1].size:
                self._compare_checkpoints()

    def _entry(self, row: _Row, clears: list[Clear]) -> None:
        expected = self._tree.size
        if row.position != expected:
            raise _BadLog(expected, f"L'entrée {expected} manque : elle a été retirée du journal.")
        at = row.at if isinstance(row.at, str) else instant_text(row.at)
        body = _unsealed(row)
        if (body.at, body.kind, body.n) != (at, row.kind, expected) or not self._fits(row, body, clears):
            raise _BadLog(expected, _explain(row, body.n))
        leaf = leaf_hash(row.body)
        if leaf != row.leaf:
            raise _BadLog(
                expected, f"L'entrée {expected} a été modifiée : son empreinte ne correspond plus."
            )
        self._tree.push(leaf)

    def _fits(self, row: _Row, body: Body, clears: list[Clear]) -> bool:
        """Whether every value beside is the one that was sealed; counts entries with dropped ones."""
        told = False
        for clear in clears:
            is_subject = clear.field == SUBJECT
            sealed = body.subject if is_subject else body.hidden.get(clear.field)
            if len(clear.salt) != SALT or sealed != commitment(clear.salt, clear.value):
                return False
            if is_subject:
                told = subject_of(clear) == row.subject
        self._erased += len(clears) <= len(body.hidden)
        return told or not (row.subject or any(clear.field == SUBJECT for clear in clears))

    def _compare_checkpoints(self) -> None:
        """Compare every note of the present size, from the table and from outside."""
        root: bytes | None = None
        agreed: set[str] = set()
        disagreed: set[str] = set()
        while self._next is not None and self._next[1].size == self._tree.size:
            root = root or self._tree.root()
            (agreed if self._next[1].root == root else disagreed).add(self._next[0])
            self._seen[self._next[0]] += 1
            self._advance()
        if "witness" in disagreed:
            raise _BadLog(
                self._good,
                f"Le journal contredit son témoin : le point de contrôle de {self._tree.size} entrées que "
                "le témoin a gardé n'est pas celui de ce journal, coupé ou réécrit puis repris à partir de "
                f"l'entrée {self._good}.",
            )
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
                f"Le journal est tronqué : il s'arrête à {size} entrées, un point de contrôle signé"
                f"{' que garde le témoin' if self._next[0] == 'witness' else ''} en compte "
                f"{self._next[1].size}.",
            )
        heads = table_of(HeadRow).c
        row = self._session.connection().execute(select(heads.size, heads.frontier)).first() or (0, b"")
        if row[0] > size:
            raise _BadLog(size, f"Le journal est tronqué : il s'arrête à {size} entrées sur {row[0]}.")
        if row[0] < size:
            raise _BadLog(row[0], f"L'entrée {row[0]} et les suivantes ont été ajoutées hors du journal.")
        if row[1] != self._tree.packed():
            raise _BadLog(self._good, f"Le journal a été réécrit après l'entrée {self._good}.")
        clears = table_of(ClearRow).c
        last = self._session.connection().execute(select(func.max(clears.position))).scalar()
        if last is not None and last >= size:
            raise _BadLog(None, f"Une valeur de l'entrée {last} a été ajoutée : cette entrée n'existe pas.")

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

    def _read(self, note: str, refusal: str = _UNREADABLE) -> Checkpoint:
        try:
            return read_note(note, self._origin, self._key)
        except NoteRefused:
            raise _BadLog(None, refusal) from None

    def _batches(self) -> Iterator[list[_Row]]:
        columns = table_of(EventRow).c
        # the raw text of SQLite: parsing a million dates to write them again is waste
        at = type_coerce(columns.at, String)
        others = (columns.kind, columns.subject, columns.body, columns.leaf)
        statement = select(columns.position, at, *others).order_by(columns.position).limit(_BATCH)
        if self._stop is not None:
            statement = statement.where(columns.position < self._stop)
        last = self._start - 1
        while True:
            rows = self._session.connection().execute(statement.where(columns.position > last))
            batch = [_Row(*row) for row in rows]
            if not batch:
                return
            yield batch
            last = batch[-1].position

    def _beside(self, first: int, last: int) -> defaultdict[int, list[Clear]]:
        columns = table_of(ClearRow).c
        statement = select(columns.position, columns.field, columns.salt, columns.value).where(
            columns.position >= first, columns.position <= last
        )
        found: defaultdict[int, list[Clear]] = defaultdict(list)
        for position, field, salt, value in self._session.connection().execute(statement):
            found[position].append(Clear(field, salt, value))
        return found


def _size(tagged: tuple[str, Checkpoint]) -> int:
    return tagged[1].size


def _unsealed(row: _Row) -> Body:
    try:
        return unseal(row.body)
    except OtherFormat as other:
        raise _BadLog(
            row.position,
            f"L'entrée {row.position} est au format {other} ; cette version de Passerelle lit le format "
            f"{VERSION} : vérifiez-la avec la version qui l'a écrite.",
        ) from None
    except NotCanonical:
        raise _BadLog(row.position, _explain(row, None)) from None


def _explain(row: _Row, number: object) -> str:
    if isinstance(number, int) and number != row.position:
        return (
            f"L'entrée {row.position} n'est pas à sa place : elle porte le numéro {number} "
            "(déplacée ou insérée)."
        )
    return f"L'entrée {row.position} a été modifiée : son contenu ne correspond plus à ce qui a été scellé."
