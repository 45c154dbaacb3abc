"""Finding cases and items by what people quote or half remember, along the index of ``findable``.

A word is looked up as typed, as a beginning, by its sound, and last by its letters (one or two wrong,
two exchanged). Then items that have every word, in the queues given and no other, the nearest first and
the latest first among those. Every list on the way is bounded: the cost follows what is shown, not what
is stored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from rapidfuzz.distance import OSA
from sqlalchemy import func, literal, select, union_all
from sqlmodel import col
from sqlmodel import select as rows_of

from storage import lettering
from storage.cases import Case, Item
from storage.db import Session, table_of
from storage.findable import FoundGram, FoundItem, FoundWord, Where
from storage.queues import Place

SHORTEST = 2
_WHOLE = 4
"""Characters from which a text with a digit may be a reference or a number as a whole."""
_WORDS = 24
"""Words of the index that one word asked may stand for."""
_FEW_PLACES = 12
_NEWEST = 200
"""Items looked at for one word of the index, the latest first."""
_ENOUGH = 5
"""Answers under which words that only look alike are tried."""
_SOME = 1_000
_CHUNK = 300
_HIGHEST = "Z" * 8


class Closeness(IntEnum):
    """How a word was found, the surest first."""

    EXACT = 0
    BEGINS = 1
    SOUNDS = 2
    NEAR = 3


@dataclass(frozen=True, slots=True)
class Terms:
    """What was asked: the text as typed, its folded words, and the whole as one word when it may be one."""

    words: str
    tokens: tuple[str, ...] = ()
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Cases and items found, best first. ``by_likeness``: nothing was found under the letters typed."""

    cases: tuple[Case, ...] = ()
    items: tuple[Item, ...] = ()
    by_likeness: bool = False


@dataclass(frozen=True, slots=True)
class _Hit:
    item_id: int
    closeness: int
    in_case: bool


@dataclass(slots=True)
class _Asked:
    """Words of the index each word asked may stand for, with how close they are."""

    session: Session
    places: Collection[Place]
    text: bool
    groups: list[Mapping[int, Closeness]] = field(default_factory=list)


def understand(words: str) -> Terms:
    """The forms under which the index keeps what was typed."""
    tokens = tuple(dict.fromkeys(t for t in lettering.joined(words) if len(t) >= SHORTEST))
    whole = lettering.whole(words)
    is_one = len(whole) >= _WHOLE and any(c.isdigit() for c in whole)
    return Terms(words, tokens, whole if is_one else "")


def find(
    session: Session,
    terms: Terms,
    places: Collection[Place],
    *,
    limit: int = 50,
    case_limit: int = 25,
    text: bool = True,
) -> Answer:
    """Cases and items of these queues that answer. ``text``: words of administrative documents count."""
    asked = _Asked(session, places, text)
    hits: list[_Hit] = []
    if places:
        for near in (False, True):
            if len(hits) < min(_ENOUGH, limit):
                asked.groups = _groups(session, terms, near=near)
                hits = _hits(asked, limit) if asked.groups else []
    items = _items(session, [hit.item_id for hit in hits])
    numbers = dict.fromkeys(items[h.item_id].case_id for h in hits if h.in_case and h.item_id in items)
    found = _cases(session, [n for n in numbers if n is not None][:case_limit])
    return Answer(
        tuple(found),
        tuple(items[hit.item_id] for hit in hits if hit.item_id in items),
        bool(hits) and min(hit.closeness for hit in hits) >= Closeness.SOUNDS,
    )


def cases(session: Session, terms: Terms, places: Collection[Place], limit: int = 25) -> list[Case]:
    """Cases that one of these queues holds an item of."""
    return list(find(session, terms, places, limit=2 * limit, case_limit=limit).cases)


def items(
    session: Session, terms: Terms, cases_found: Collection[int], places: Collection[Place], limit: int = 50
) -> list[Item]:
    """Items of these queues found by their own words or by those of their case."""
    found = find(session, terms, places, limit=limit).items
    return sorted(found, key=lambda item: item.case_id not in cases_found)


def likely(session: Session, word: str, *, near: bool) -> dict[int, Closeness]:
    """Words of the index that ``word`` (folded) may stand for; ``near`` adds those that look alike."""
    words = table_of(FoundWord)
    found: dict[int, Closeness] = {}
    begins = words.c.word.between(word, word + _HIGHEST)
    for number, kept in _asked(session, select(words.c.id, words.c.word).where(begins), words.c.word):
        found[number] = Closeness.EXACT if kept == word else Closeness.BEGINS
    sound = lettering.sound(word)
    if sound is not None:
        alike = select(words.c.id, words.c.word).where(words.c.sound == sound)
        for number, kept in _asked(session, alike, words.c.id.desc()):
            if len(sound) > 2 or OSA.normalized_similarity(word, kept) >= 0.5:
                found.setdefault(number, Closeness.SOUNDS)
    if near:
        for number in _near(session, word):
            found.setdefault(number, Closeness.NEAR)
    best = sorted(found.items(), key=lambda one: (one[1], one[0]))
    return dict(best[:_WORDS])


def _near(session: Session, word: str) -> list[int]:
    """Words one letter away, two for a long word, exchanged letters counting as one."""
    grams = lettering.grams(word)
    allowed = 0 if len(word) < 4 else 1 if len(word) < 6 else 2
    if not grams or not allowed:
        return []
    words, gram = table_of(FoundWord), table_of(FoundGram)
    shared = func.count()
    alike = (
        select(gram.c.word_id, shared.label("shared"))
        .where(gram.c.gram.in_(grams))
        .group_by(gram.c.word_id)
        .having(shared >= max(2, len(grams) - 4 * allowed))
        .order_by(shared.desc(), gram.c.word_id)
        .limit(_CHUNK)
    ).subquery()
    statement = select(words.c.id, words.c.word).join(alike, alike.c.word_id == words.c.id)
    measured = [
        (OSA.distance(word, kept, score_cutoff=allowed), number)
        for number, kept in session.connection().execute(statement)
    ]
    return [number for distance, number in sorted(measured) if distance <= allowed]


def _asked(session: Session, statement: Any, order: Any) -> list[tuple[int, str]]:
    rows = session.connection().execute(statement.order_by(order).limit(_WORDS))
    return [(row.id, row.word) for row in rows]


def _groups(session: Session, terms: Terms, *, near: bool) -> list[Mapping[int, Closeness]]:
    """One group for each word asked, or one for the whole; nothing when a word stands for nothing."""
    if terms.whole:
        whole = {n: c for n, c in likely(session, terms.whole, near=False).items() if c < Closeness.SOUNDS}
        if whole:
            return [whole]
    groups = [likely(session, token, near=near) for token in terms.tokens]
    return [*groups] if groups and all(groups) else []


def _hits(asked: _Asked, limit: int) -> list[_Hit]:
    """Items that have a word of every group, nearest first, then latest first."""
    counted = [(_count(asked.session, group), n) for n, group in enumerate(asked.groups)]
    rarest = min(counted)[1] if len(counted) > 1 else 0
    driver = asked.groups[rarest]
    others = [group for n, group in enumerate(asked.groups) if n != rarest]
    first: dict[int, _Hit] = {}
    for item_id, word_id, place in _newest(asked, driver):
        better = _Hit(item_id, driver[word_id], bool(place & Where.CASE))
        known = first.get(item_id)
        if known is None or (better.closeness, not better.in_case) < (known.closeness, not known.in_case):
            first[item_id] = better
    ordered = sorted(first.values(), key=lambda hit: (hit.closeness, -hit.item_id))
    if not others:
        return ordered[:limit]
    kept: list[_Hit] = []
    for at in range(0, len(ordered), _CHUNK):
        kept += _with_every(asked, ordered[at : at + _CHUNK], others)
        if len(kept) >= limit:
            break
    return sorted(kept, key=lambda hit: (hit.closeness, -hit.item_id))[:limit]


def _count(session: Session, group: Mapping[int, Closeness]) -> int:
    """How many items have one of these words, counted up to ``_SOME``."""
    postings = table_of(FoundItem)
    some = select(literal(1)).select_from(postings).where(postings.c.word_id.in_(group)).limit(_SOME)
    return int(session.connection().execute(select(func.count()).select_from(some.subquery())).scalar_one())


def _newest(asked: _Asked, group: Mapping[int, Closeness]) -> list[tuple[int, int, int]]:
    """(item, word, place) of the latest items of each word, in the queues asked."""
    postings = table_of(FoundItem)
    few = len(asked.places) <= _FEW_PLACES
    arms = []
    for word_id in group:
        arm = select(postings).where(postings.c.word_id == word_id)
        if not asked.text:
            arm = arm.where(postings.c.place != int(Where.TEXT))
        wheres = (
            [(postings.c.circuit == c, postings.c.queue == q) for c, q in asked.places] if few else [()]
        )
        arms += [
            select(arm.where(*where).order_by(postings.c.item_id.desc()).limit(_NEWEST).subquery())
            for where in wheres
        ]
    open_places = set(asked.places)
    rows: list[tuple[int, int, int]] = []
    for at in range(0, len(arms), _CHUNK):
        found = asked.session.connection().execute(union_all(*arms[at : at + _CHUNK]))
        rows += [(r.item_id, r.word_id, r.place) for r in found if (r.circuit, r.queue) in open_places]
    return rows


def _with_every(
    asked: _Asked, hits: Sequence[_Hit], groups: Sequence[Mapping[int, Closeness]]
) -> list[_Hit]:
    """Those of these hits that have a word of each group too."""
    postings = table_of(FoundItem)
    wanted = {word_id for group in groups for word_id in group}
    statement = select(postings.c.item_id, postings.c.word_id, postings.c.place).where(
        postings.c.item_id.in_([hit.item_id for hit in hits]), postings.c.word_id.in_(wanted)
    )
    words: dict[int, dict[int, int]] = {}
    for item_id, word_id, place in asked.session.connection().execute(statement):
        if asked.text or place != Where.TEXT:
            words.setdefault(item_id, {})[word_id] = place
    kept = []
    for hit in hits:
        has = words.get(hit.item_id, {})
        matched = [[(group[w], not has[w] & Where.CASE) for w in group if w in has] for group in groups]
        if all(matched):
            best = [min(found) for found in matched]
            closeness = hit.closeness + sum(int(close) for close, _ in best)
            kept.append(_Hit(hit.item_id, closeness, hit.in_case and not any(b for _, b in best)))
    return kept


def _items(session: Session, numbers: Iterable[int]) -> dict[int, Item]:
    found = session.exec(rows_of(Item).where(col(Item.id).in_(list(numbers))))
    return {item.id: item for item in found if item.id is not None}


def _cases(session: Session, numbers: Sequence[int]) -> list[Case]:
    found = {c.id: c for c in session.exec(rows_of(Case).where(col(Case.id).in_(numbers)))}
    return [found[number] for number in numbers if number in found]
