"""Boxes drawn on the image of a page: each field read there, and each place where something is missing.

The item page and ``mail explain --html`` draw the same marks from the same rows. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from storage.documents import PERSON, FactRow, IssueRow

LOW = 0.8
"""Below this confidence a reading is marked as uncertain."""
WORDS: Mapping[str, str] = {"present": "présente", "absent": "absente", "illegible": "illisible"}
"""What is said of a signature."""
Box: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Mark:
    """One rectangle in PDF points from the bottom left. ``tone``: ``sure``, ``doubt``, ``missing``."""

    id: str
    """Of the field in the table beside the page; empty for what is missing."""
    label: str
    value: str
    tone: str
    box: Box


def marks(
    facts: Sequence[FactRow],
    issues: Sequence[IssueRow],
    labels: Mapping[str, str],
    page: int,
    words: Mapping[int | None, str] | None = None,
) -> tuple[Mark, ...]:
    """Marks of one page: what was read, then what is missing there; ``words`` says values by fact."""
    return tuple(_marks(facts, issues, labels, page, words or {}))


def conflicts(facts: Sequence[FactRow]) -> frozenset[str]:
    """Names that two sources read differently and that nobody settled."""
    values: dict[str, set[str]] = {}
    for fact in facts:
        values.setdefault(fact.name, set()).add(fact.normalised or fact.value)
    settled = {fact.name for fact in facts if fact.source == PERSON}
    return frozenset(name for name, found in values.items() if len(found) > 1 and name not in settled)


def box_of(values: Sequence[float] | None) -> Box | None:
    """A stored box, when it is one."""
    return (values[0], values[1], values[2], values[3]) if values and len(values) == 4 else None


def _marks(
    facts: Sequence[FactRow],
    issues: Sequence[IssueRow],
    labels: Mapping[str, str],
    page: int,
    words: Mapping[int | None, str],
) -> Iterator[Mark]:
    doubtful, known = conflicts(facts), {fact.name for fact in facts}
    for fact in facts:
        box = box_of(fact.box)
        if fact.page != page or box is None:
            continue
        unsure = fact.confidence < LOW and fact.source != PERSON
        tone = "doubt" if unsure or fact.name in doubtful or fact.normalised == "absent" else "sure"
        value = words.get(fact.id) or WORDS.get(fact.normalised or "", fact.value)
        yield Mark(f"champ-{fact.id}", labels.get(fact.name, fact.name), value, tone, box)
    for issue in issues:
        box = box_of(issue.box)
        if issue.page == page and box is not None and issue.field not in known:
            yield Mark("", labels.get(issue.field or "", ""), issue.message, "missing", box)
