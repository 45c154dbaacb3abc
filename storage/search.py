"""Finding cases and items by what people quote: never by a word of a document.

Only columns written for people who may see the queue are searched (references, numbers, names, titles,
senders): no text of a document is indexed anywhere, so no medical word can be found here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, false, func, or_
from sqlmodel import col, select

from storage.cases import Case, Item
from storage.db import Session
from storage.queues import Place


@dataclass(frozen=True, slots=True)
class Terms:
    """What was asked, in the forms the columns keep. Empty: not asked.

    ``words`` is the text as typed; ``reference`` folded like a form's reference; ``digits`` its digits when
    it has at least 4; ``name`` in capitals without accents; ``name_key`` the consonants
    of each of its words, as ``Case.name_key`` keeps them.
    """

    words: str
    reference: str = ""
    digits: str = ""
    name: str = ""
    name_key: str = ""


def cases(session: Session, terms: Terms, places: Collection[Place], limit: int = 25) -> list[Case]:
    """Cases that one of these queues holds an item of, the most recent first."""
    clauses: list[ColumnElement[bool]] = [col(Case.reference) == terms.words.upper()]
    if terms.reference:
        clauses += [col(Case.form_reference) == terms.reference]
    if terms.digits:
        clauses += [
            col(Case.cnas_number).startswith(terms.digits),
            col(Case.establishment_finess).startswith(terms.digits),
            col(Case.reference).endswith(terms.digits),
        ]
    if terms.name:
        first = terms.name.split(" ", 1)[0]
        clauses += [
            col(Case.patient_name).startswith(first, autoescape=True),
            func.upper(col(Case.establishment_name)).contains(terms.name, autoescape=True),
        ]
    if terms.name_key:
        sounds = [col(Case.name_key).contains(sound, autoescape=True) for sound in terms.name_key.split()]
        clauses.append(and_(*sounds))
    held = exists().where(col(Item.case_id) == col(Case.id), _within(places))
    statement = select(Case).where(or_(*clauses), held).order_by(col(Case.id).desc()).limit(limit)
    return list(session.exec(statement))


def items(
    session: Session, terms: Terms, cases_found: Collection[int], places: Collection[Place], limit: int = 50
) -> list[Item]:
    """Items of these queues whose title or sender holds the words, or of the cases found; latest first."""
    clauses: list[ColumnElement[bool]] = [
        func.lower(col(Item.title)).contains(terms.words.lower(), autoescape=True),
        func.lower(col(Item.sender)).contains(terms.words.lower(), autoescape=True),
    ]
    if cases_found:
        clauses.append(col(Item.case_id).in_(cases_found))
    statement = (
        select(Item)
        .where(or_(*clauses), _within(places))
        .order_by(col(Item.created_at).desc(), col(Item.id).desc())
        .limit(limit)
    )
    return list(session.exec(statement))


def _within(places: Collection[Place]) -> ColumnElement[bool]:
    """Items of these places, and no other: nothing at all when there is none."""
    queues: dict[str, set[str]] = {}
    for circuit, queue in places:
        queues.setdefault(circuit, set()).add(queue)
    arms = [
        and_(col(Item.circuit) == circuit, col(Item.queue).in_(names)) for circuit, names in queues.items()
    ]
    return or_(*arms) if arms else false()
