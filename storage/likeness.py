"""Words of the index a word typed may stand for: as typed, as a beginning, by its sound or its letters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from rapidfuzz.distance import OSA
from sqlalchemy import func, select

from storage import lettering
from storage.db import Session, table_of
from storage.findable import FoundGram, FoundWord

WORDS = 24
"""Words of the index that one word asked may stand for, on a page."""
MOST_WORDS = 2_000
"""The same, in the whole of a list."""
_CHUNK = 300
_HIGHEST = "Z" * 8


class Closeness(IntEnum):
    """How a word was found, the surest first."""

    EXACT = 0
    BEGINS = 1
    SOUNDS = 2
    NEAR = 3


@dataclass(frozen=True, slots=True)
class Likely:
    """Words of the index a word asked may stand for, with how close they are; ``cut``: and others."""

    words: Mapping[int, Closeness]
    cut: bool = False


def likely(session: Session, word: str, *, near: bool, most: int = WORDS) -> Likely:
    """Words of the index that ``word`` (folded) may stand for; ``near`` adds those that look alike."""
    words = table_of(FoundWord)
    found: dict[int, Closeness] = {}
    begins = words.c.word.between(word, word + _HIGHEST)
    for number, kept in _first(session, select(words.c.id, words.c.word).where(begins), words.c.word, most):
        found[number] = Closeness.EXACT if kept == word else Closeness.BEGINS
    sound = lettering.sound(word)
    if sound is not None:
        alike = select(words.c.id, words.c.word).where(words.c.sound == sound)
        for number, kept in _first(session, alike, words.c.id.desc(), most):
            if len(sound) > 2 or OSA.normalized_similarity(word, kept) >= 0.5:
                found.setdefault(number, Closeness.SOUNDS)
    if near:
        for number in _near(session, word):
            found.setdefault(number, Closeness.NEAR)
    best = sorted(found.items(), key=lambda one: (one[1], one[0]))
    return Likely(dict(best[:most]), len(best) > most)


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


def _first(session: Session, statement: Any, order: Any, most: int) -> list[tuple[int, str]]:
    rows = session.connection().execute(statement.order_by(order).limit(most + 1))
    return [(row.id, row.word) for row in rows]
