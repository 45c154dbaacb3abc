"""What two people wrote of one thing of a case, in two of its documents: said side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from gateway.cases.identity import doubts
from gateway.cases.review import Standing
from gateway.evidence.event_words import COLUMNS
from gateway.web import present
from gateway.web.items import papers
from storage.sheets import CaseSheet


@dataclass(frozen=True, slots=True)
class Doubted:
    """A value a person wrote that the case does not say."""

    field: str
    held: str
    said: str
    title: str
    by: str | None


def doubted(sheet: CaseSheet, shown: Iterable[papers.Shown]) -> list[Doubted]:
    """Of the documents this person may open, and that nobody rejected."""
    titles = {one.id: one.title for one in shown if one.open and one.standing is not Standing.REJECTED}
    facts = {p.document.id or 0: p.facts for p in sheet.papers if p.document.id in titles}
    return [
        Doubted(
            COLUMNS[one.column],
            _written(getattr(sheet.case, one.column)),
            _written(one.value),
            titles[one.document_id],
            one.by,
        )
        for one in doubts(sheet.case, facts)
    ]


def _written(value: Any) -> str:
    return present.day(value) if isinstance(value, date) else str(value)
