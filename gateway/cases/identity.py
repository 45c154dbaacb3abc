"""Whom a case is about, once people corrected or moved its documents: what it says follows what they wrote.

A column follows the document it came from: a person's value wins over readings, the latest of one document
over its former ones. What a person wrote in a document that never gave the column changes nothing: the case
keeps its value, and its page says both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from gateway.cases.matching import fold_name, fold_number, fold_reference, name_key
from gateway.evidence.record import Kind
from storage import cases, documents, reviews
from storage.cases import Case
from storage.db import Session
from storage.documents import PERSON, Document, FactRow

Event = tuple[Kind, str, Mapping[str, Any]]
Read = Callable[[str], Any]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


COLUMNS: Mapping[str, tuple[str, Read]] = {
    "form_reference": ("reference", lambda text: (fold_reference(text) or "")[:80] or None),
    "cnas_number": ("cnas_number", lambda text: (fold_number(text) or "")[:20] or None),
    "patient_name": ("patient_name", lambda text: text[:120] or None),
    "patient_first_names": ("patient_first_names", lambda text: text[:120] or None),
    "patient_birth_date": ("patient_birth_date", _day),
    "establishment_finess": ("establishment_finess", lambda text: text[:9] or None),
    "establishment_name": ("establishment_name", lambda text: text[:200] or None),
}
"""Each column of a case, the field of a form it comes from, and how that field is read."""
_NAMES = ("patient_name", "patient_first_names")


@dataclass(frozen=True, slots=True)
class Doubt:
    """A person wrote in a document something else than the case says."""

    column: str
    value: Any
    document_id: int
    by: str | None


def follow(session: Session, case: Case, document: Document) -> tuple[Event, ...]:
    """After a person wrote in ``document``: the columns that came from it, with the entry to record."""
    if not _wanted(session, case, document):
        return ()
    cases.lock_circuit(session, case.circuit)
    values = _wanted(session, case, document)
    facts = [fact for fact in documents.facts_of(session, [document.id or 0]) if fact.source == PERSON]
    by = facts[-1].person if facts else None
    more = {"delivery": document.delivery, "document": document.sha256, "by": by}
    return _written(session, case, values, more)


def concerns(session: Session, case: Case, document: Document) -> bool:
    """Whether the case would follow what a person wrote in ``document``."""
    return bool(_wanted(session, case, document))


def without(session: Session, case: Case, left: Collection[int], by: str) -> tuple[Event, ...]:
    """Once documents ``left`` the case: what they alone said of it is said by those that stay, or not.

    A case without any document keeps what it says: it is by that people find it.
    """
    stay = [document.id or 0 for document in cases.documents(session, case.id or 0)]
    if not stay:
        return ()
    facts = documents.facts_of(session, [*left, *stay])
    values: dict[str, Any] = {}
    for column, (name, read) in COLUMNS.items():
        held = getattr(case, column)
        gone = [fact for fact in facts if fact.document_id in left and fact.name == name]
        kept = [fact for fact in facts if fact.document_id not in left and fact.name == name]
        if held is None or not _says(gone, read, held) or _says(kept, read, held):
            continue
        said = (_best(one for one in kept if one.document_id == number) for number in stay)
        values[column] = next((read(fact.normalised or "") for fact in said if fact is not None), None)
    return _written(session, case, values, {"by": by})


def doubts(case: Case, facts: Mapping[int, Sequence[FactRow]]) -> list[Doubt]:
    """What people wrote in these documents that the case does not say."""
    found: list[Doubt] = []
    for column, (name, read) in COLUMNS.items():
        held = getattr(case, column)
        for number, rows in facts.items():
            best = _best(fact for fact in rows if fact.name == name)
            said = read(best.normalised or "") if best is not None and best.source == PERSON else None
            if best is not None and said is not None and held is not None and said != held:
                found.append(Doubt(column, said, number, best.person))
    return found


def _wanted(session: Session, case: Case, document: Document) -> dict[str, Any]:
    number = document.id or 0
    if reviews.rejected(session, [number]):
        return {}
    filed = [row.id or 0 for row in cases.documents(session, case.id or 0)]
    facts = documents.facts_of(session, filed)
    values: dict[str, Any] = {}
    for column, (name, read) in COLUMNS.items():
        named = [fact for fact in facts if fact.name == name]
        mine = [fact for fact in named if fact.document_id == number]
        best, held = _best(mine), getattr(case, column)
        if best is None or best.source != PERSON:
            continue
        said = read(best.normalised or "")
        if said is None or said == held:
            continue
        # a name may be known from the mail alone, not from any field of a form
        opened = document.delivery == case.opener and not _says(named, read, held)
        if held is None or opened or _says([fact for fact in mine if fact is not best], read, held):
            values[column] = said
    return values


def _written(
    session: Session, case: Case, values: dict[str, Any], more: Mapping[str, Any]
) -> tuple[Event, ...]:
    if values.keys() & set(_NAMES):
        name, first = (values.get(column, getattr(case, column)) for column in _NAMES)
        values["name_key"] = name_key(name, first)
    changed = [name for name in cases.correct(session, case.id or 0, values) if name in COLUMNS]
    if not changed:
        return ()
    told = {"fields": changed, **more}
    return ((Kind.CASE_CORRECTED, f"case:{case.reference}", told),)


def _says(facts: Iterable[FactRow], read: Read, held: Any) -> bool:
    """Whether one of these readings is what the case says, whatever its accents and capitals."""
    return any(_folded(read(fact.normalised or fact.value)) == _folded(held) for fact in facts)


def _folded(value: Any) -> Any:
    return fold_name(value) if isinstance(value, str) else value


def _best(facts: Iterable[FactRow]) -> FactRow | None:
    """As ``circuits.periods.best_fact``: a person's last word, else the surest reading."""
    rows = list(facts)
    said = [fact for fact in rows if fact.source == PERSON]
    readable = [fact for fact in rows if fact.normalised]
    return said[-1] if said else max(readable, key=lambda fact: fact.confidence, default=None)
