"""Documents that their author replaced or withdrew: marked, led to the newer one, never erased.

The author says it by identifier: a CDA names the documents it replaces, an XDM archive the entries, and the
versions of one document share a ``setId``. It counts among the documents of one mail and of one case: who
may write to a case was decided before (lessons, row 13). The order of arrival does not matter: a late old
version is marked as it comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.clock import paris_date
from gateway.evidence.record import Kind
from parsers.facts import Severity
from storage import documents, successions
from storage.cases import Case
from storage.db import Session
from storage.deliveries import Delivery
from storage.documents import Document, IssueRow
from storage.successions import REPLACED, WITHDRAWN, Succession

Event = tuple[Kind, str, Mapping[str, Any]]

NOTE = "superseded"
"""Code of the issue an older document carries."""


def apply_successions(
    session: Session, delivery: Delivery, cases: Sequence[Case], at: datetime
) -> list[Event]:
    """Mark what this mail replaces, or what replaces it, in itself and in its cases; what to record."""
    own = documents.of_delivery(session, delivery.sha256)
    groups = [successions.documents_of_case(session, case.id or 0) for case in cases] or [[]]
    events: list[Event] = []
    for group in groups:
        rows = list({row.id: row for row in (*own, *group)}.values())
        found = list(between(rows, at))
        new = {_key(row) for row in successions.add(session, found)}
        for row in found:
            _mark(session, row, rows)
            if _key(row) in new:
                events.append(_event(row))
    return events


def between(rows: Sequence[Document], at: datetime) -> Iterator[Succession]:
    """Who comes after whom among these documents, by what their containers say."""
    for newer in rows:
        for older in rows:
            if older.sha256 == newer.sha256 or _envelope(older, rows):
                continue
            link = _link(newer, older)
            if link is not None and not _envelope(newer, rows):
                yield Succession(
                    older_delivery=older.delivery,
                    older_sha256=older.sha256,
                    newer_delivery=newer.delivery,
                    newer_sha256=newer.sha256,
                    action=link[0],
                    basis=link[1],
                    at=at,
                )


def notes(rows: Sequence[Document], at: datetime) -> dict[int, IssueRow]:
    """What the documents of one mail say of one another: the note of each older one, by its position."""
    places = {row.sha256: row for row in rows}
    return {
        older.position: _note(found, places[found.newer_sha256])
        for found in between(rows, at)
        for older in rows
        if older.sha256 == found.older_sha256
    }


def _note(row: Succession, newer: Document | None, document_id: int = 0) -> IssueRow:
    message = note_of(row, newer)
    return IssueRow(document_id=document_id, code=NOTE, severity=str(Severity.INFO), message=message)


def note_of(row: Succession, newer: Document | None) -> str:
    """The sentence an older document carries."""
    where = f"message {row.newer_delivery[:12]}"
    where = f"pièce n° {newer.position + 1}, {where}" if newer else where
    day = f"{paris_date(row.at):%d/%m/%Y}"
    if row.action == WITHDRAWN:
        return f"Retiré par son auteur, noté le {day} ({where}) ; il reste consultable."
    return f"Remplacé par une version plus récente, notée le {day} ({where}) ; il reste consultable."


def _link(newer: Document, older: Document) -> tuple[str, str] | None:
    """``newer`` comes after ``older``: how, and what says so."""
    named = _words(older, "identifiers")
    for word in _words(newer, "replaces"):
        if word in named:
            return REPLACED, "entryId" if word.lower().startswith("urn:uuid:") else "uniqueId"
    if named & _words(newer, "withdraws"):
        return WITHDRAWN, "entryId"
    if _deleted(newer) and not _deleted(older) and named & _words(newer, "identifiers"):
        return WITHDRAWN, "uniqueId"
    set_id = newer.meta.get("set_id")
    if set_id and set_id == older.meta.get("set_id"):
        late, early = _version(newer), _version(older)
        if late is not None and early is not None and late > early:
            return REPLACED, "setId"
    return None


def _words(row: Document, name: str) -> set[str]:
    return set(str(row.meta.get(name) or "").split())


def _deleted(row: Document) -> bool:
    return row.meta.get("xdm_action") == "deletion"


def _version(row: Document) -> int | None:
    text = str(row.meta.get("version") or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else None


def _envelope(row: Document, rows: Iterable[Document]) -> bool:
    """A CDA whose content stands beside it: the content is what people look at."""
    inside = row.path + "/"
    return row.meta.get("role") == "cda" and any(
        each.delivery == row.delivery and each.path.startswith(inside) for each in rows
    )


def _mark(session: Session, row: Succession, rows: Sequence[Document]) -> None:
    newer = next(
        (d for d in rows if (d.delivery, d.sha256) == (row.newer_delivery, row.newer_sha256)), None
    )
    for older in rows:
        if (older.delivery, older.sha256) != (row.older_delivery, row.older_sha256) or older.id is None:
            continue
        known = documents.issues_of(session, [older.id])
        if not any(issue.code == NOTE and row.newer_delivery[:12] in issue.message for issue in known):
            documents.add_issues(session, older.id, [_note(row, newer, older.id)])


def _event(row: Succession) -> Event:
    fields = {
        "step": "supersede",
        "document": row.older_sha256,
        "newer": row.newer_sha256,
        "newer_delivery": row.newer_delivery,
        "action": row.action,
        "basis": row.basis,
    }
    return Kind.STEP, f"delivery:{row.older_delivery}", fields


def _key(row: Succession) -> tuple[str, str, str, str]:
    return row.older_delivery, row.older_sha256, row.newer_delivery, row.newer_sha256
