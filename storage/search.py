"""Finding cases and items by what people quote or half remember, along the index of ``findable``.

A word is looked up as typed, as a beginning, by its sound when it is one of a name, and last by its letters
(one or two wrong, two exchanged). Then items that have every word, in the queues given and no other, those
found under the letters typed first, the latest first among those. Every list on the way is bounded, so that
the cost follows what is shown, not what is stored; what a bound may have left out is said (``more``), and
``further`` walks the whole, page by page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, func, literal, or_, select, union_all
from sqlmodel import col
from sqlmodel import select as rows_of

from storage import lettering
from storage.cases import Case, Item
from storage.db import Session, table_of
from storage.findable import FoundItem, Where
from storage.likeness import MOST_WORDS, WORDS, Closeness, Likely, likely
from storage.queues import Place

SHORTEST = 2
_WHOLE = 4
"""Characters from which a text with a digit may be a reference or a number as a whole."""
_FEW_PLACES = 12
_NEWEST = 200
"""Items looked at for one word of the index, the latest first."""
ENOUGH = 5
"""Answers under which words that only look alike are tried."""
_SOME = 1_000
_CHUNK = 300
_OUTSIDE = int(Where.CASE | Where.ITEM)


@dataclass(frozen=True, slots=True)
class Terms:
    """What was asked: the text as typed, its folded words, and the whole as one word when it may be one."""

    words: str
    tokens: tuple[str, ...] = ()
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """An item that has every word asked."""

    item_id: int
    closeness: int
    alike: bool
    """One of the words only sounds or looks like what was typed."""
    where: Where
    """Where the words stand."""
    in_case: bool
    """All of them in its case."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Cases and items found, best first, and by item why it answers."""

    cases: tuple[Case, ...] = ()
    items: tuple[Item, ...] = ()
    hits: Mapping[int, Hit] = field(default_factory=dict)
    alike_cases: frozenset[int] = frozenset()
    """Cases found by likeness alone."""
    beyond: bool = False
    """There are more items than these."""
    more: bool = False
    """There are, or there may be, more items than these."""
    more_cases: bool = False

    @property
    def by_likeness(self) -> bool:
        """Whether nothing was found under the letters typed."""
        return bool(self.hits) and all(hit.alike for hit in self.hits.values())


class TooBroad(Exception):
    """A word asked stands for more words of the index than a whole list may follow."""


@dataclass(slots=True)
class _Asked:
    """What is looked for, where."""

    session: Session
    places: Collection[Place]
    text: bool
    groups: list[Likely] = field(default_factory=list)
    cut: bool = False
    """A bound was met on the way."""


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
    hits: list[Hit] = []
    if places:
        for near in (False, True):
            if len(hits) < min(ENOUGH, limit):
                asked.groups = _groups(session, terms, near=near)
                asked.cut = any(group.cut for group in asked.groups)
                hits = _hits(asked, limit + 1) if asked.groups else []
    more = asked.cut or len(hits) > limit
    items = _items(session, [hit.item_id for hit in hits[:limit]])
    kept = {hit.item_id: hit for hit in hits[:limit] if hit.item_id in items}
    numbers = cases_of(kept.values(), items)
    shown = list(numbers)[:case_limit]
    return Answer(
        tuple(_cases(session, shown)),
        tuple(items[number] for number in kept),
        kept,
        frozenset(number for number in shown if numbers[number]),
        len(hits) > limit,
        more,
        more or len(numbers) > case_limit,
    )


def cases_of(hits: Iterable[Hit], items: Mapping[int, Item]) -> dict[int, bool]:
    """The cases that answer, in the order of ``hits``, and whether each is only found by likeness."""
    found: dict[int, bool] = {}
    for hit in hits:
        number = items[hit.item_id].case_id
        if hit.in_case and number is not None:
            found[number] = found.get(number, True) and hit.alike
    return found


def further(
    session: Session,
    terms: Terms,
    places: Collection[Place],
    before: int | None,
    size: int,
    *,
    alike: bool,
    near: bool = False,
    text: bool = True,
) -> tuple[list[Hit], int | None]:
    """One page of everything that answers, the latest item first; the key of the next page, if any.

    ``alike``: what only looks like it (with ``near``, by its letters too), else what was typed. A page may
    hold fewer than ``size`` and not be the last. Raises ``TooBroad``.
    """
    groups = _groups(session, terms, near=alike and near, most=MOST_WORDS) if places else []
    if any(group.cut for group in groups):
        raise TooBroad
    if not alike:
        groups = [Likely({n: c for n, c in g.words.items() if c < Closeness.SOUNDS}) for g in groups]
    if not groups or not all(group.words for group in groups):
        return [], None
    asked = _Asked(session, places, text, groups)
    driver = min(groups, key=lambda group: _count(session, group.words))
    postings = table_of(FoundItem)
    statement = select(postings.c.item_id).where(
        postings.c.word_id.in_(driver.words), _within(places), *_readable(text)
    )
    if before is not None:
        statement = statement.where(postings.c.item_id < before)
    statement = statement.group_by(postings.c.item_id).order_by(postings.c.item_id.desc()).limit(size)
    ids = [row.item_id for row in session.connection().execute(statement)]
    found = [hit for hit in _every(asked, ids, {}, groups) if hit.alike is alike]
    return found, ids[-1] if len(ids) == size else None


def items_of(session: Session, hits: Iterable[Hit]) -> dict[int, Item]:
    """The items of these answers, by number."""
    return _items(session, [hit.item_id for hit in hits])


def cases_named(session: Session, numbers: Sequence[int]) -> list[Case]:
    """These cases, in this order."""
    return _cases(session, numbers)


def _groups(session: Session, terms: Terms, *, near: bool, most: int = WORDS) -> list[Likely]:
    """One group for each word asked, or one for the whole; nothing when a word stands for nothing."""
    if terms.whole:
        found = likely(session, terms.whole, near=False, most=most)
        whole = {n: c for n, c in found.words.items() if c < Closeness.SOUNDS}
        if whole:
            return [Likely(whole, found.cut)]
    groups = [likely(session, token, near=near, most=most) for token in terms.tokens]
    return groups if groups and all(group.words for group in groups) else []


def _hits(asked: _Asked, limit: int) -> list[Hit]:
    """Items that have a word of every group, nearest first, then latest first."""
    counted = [(_count(asked.session, group.words), n) for n, group in enumerate(asked.groups)]
    rarest = min(counted)[1] if len(counted) > 1 else 0
    driver = asked.groups[rarest]
    others = [group for n, group in enumerate(asked.groups) if n != rarest]
    first: dict[int, dict[int, int]] = {}
    for item_id, word_id, place in _newest(asked, driver.words):
        first.setdefault(item_id, {})[word_id] = place
    ordered = sorted(first, key=lambda number: (min(driver.words[w] for w in first[number]), -number))
    kept: list[Hit] = []
    for at in range(0, len(ordered), _CHUNK):
        kept += _every(asked, ordered[at : at + _CHUNK], first, others)
        if others and len(kept) >= limit:
            break
    return sorted(kept, key=lambda hit: (hit.alike, hit.closeness, -hit.item_id))[:limit]


def _count(session: Session, group: Mapping[int, Closeness]) -> int:
    """How many items have one of these words, counted up to ``_SOME``."""
    postings = table_of(FoundItem)
    some = select(literal(1)).select_from(postings).where(postings.c.word_id.in_(group)).limit(_SOME)
    return int(session.connection().execute(select(func.count()).select_from(some.subquery())).scalar_one())


def _newest(asked: _Asked, group: Mapping[int, Closeness]) -> list[tuple[int, int, int]]:
    """(item, word, place) of the latest items of each word, in the queues asked."""
    postings = table_of(FoundItem)
    few = len(asked.places) <= _FEW_PLACES
    wheres = [(postings.c.circuit == c, postings.c.queue == q) for c, q in asked.places] if few else [()]
    arms = []
    for word_id, close in group.items():
        arm = select(postings).where(postings.c.word_id == word_id, *_readable(asked.text))
        if close is Closeness.SOUNDS:
            arm = arm.where(postings.c.place.bitwise_and(int(Where.NAME)) != 0)
        arms += [
            select(arm.where(*where).order_by(postings.c.item_id.desc()).limit(_NEWEST).subquery())
            for where in wheres
        ]
    open_places = set(asked.places)
    rows: list[tuple[int, int, int]] = []
    for at in range(0, len(arms), _CHUNK):
        found = asked.session.connection().execute(union_all(*arms[at : at + _CHUNK])).all()
        full = Counter((r.word_id, (r.circuit, r.queue) if few else None) for r in found)
        asked.cut = asked.cut or max(full.values(), default=0) >= _NEWEST
        rows += [(r.item_id, r.word_id, r.place) for r in found if (r.circuit, r.queue) in open_places]
    return rows


def _readable(text: bool) -> list[Any]:
    """Words that stand in documents alone are left out for whoever opens none."""
    return [] if text else [table_of(FoundItem).c.place.bitwise_and(_OUTSIDE) != 0]


def _within(places: Collection[Place]) -> Any:
    """Postings of these queues, and no other."""
    postings = table_of(FoundItem)
    queues: dict[str, set[str]] = {}
    for circuit, queue in places:
        queues.setdefault(circuit, set()).add(queue)
    return or_(*(and_(postings.c.circuit == c, postings.c.queue.in_(names)) for c, names in queues.items()))


def _every(
    asked: _Asked, ids: Sequence[int], known: Mapping[int, Mapping[int, int]], missing: Sequence[Likely]
) -> Iterator[Hit]:
    """Those of these items that have a word of each group; words of ``missing`` groups are read first."""
    words = {number: dict(known.get(number, {})) for number in ids}
    wanted = {word_id for group in missing for word_id in group.words}
    postings = table_of(FoundItem)
    for at in range(0, len(ids) if wanted else 0, _CHUNK):
        statement = select(postings.c.item_id, postings.c.word_id, postings.c.place).where(
            postings.c.item_id.in_(ids[at : at + _CHUNK]),
            postings.c.word_id.in_(wanted),
            *_readable(asked.text),
        )
        for item_id, word_id, place in asked.session.connection().execute(statement):
            words[item_id][word_id] = place
    hits = (_judged(number, words[number], asked.groups) for number in ids)
    return (hit for hit in hits if hit is not None)


def _judged(item_id: int, words: Mapping[int, int], groups: Sequence[Likely]) -> Hit | None:
    """How an item that has these words answers; ``None`` when a word asked is not among them."""
    closeness, alike, where, in_case = 0, False, Where(0), True
    for group in groups:
        matched = [
            (close, not place & Where.CASE, place)
            for word_id, place in words.items()
            if (close := group.words.get(word_id)) is not None
            and (close is not Closeness.SOUNDS or place & Where.NAME)
        ]
        if not matched:
            return None
        close, outside, place = min(matched)
        closeness += int(close)
        alike = alike or close >= Closeness.SOUNDS
        where |= Where(place)
        in_case = in_case and not outside
    return Hit(item_id, closeness, alike, where, in_case)


def _items(session: Session, numbers: Iterable[int]) -> dict[int, Item]:
    found = session.exec(rows_of(Item).where(col(Item.id).in_(list(numbers))))
    return {item.id: item for item in found if item.id is not None}


def _cases(session: Session, numbers: Sequence[int]) -> list[Case]:
    found = {c.id: c for c in session.exec(rows_of(Case).where(col(Case.id).in_(numbers)))}
    return [found[number] for number in numbers if number in found]
