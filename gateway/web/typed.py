"""The type a person gave to a document, beside what the machine had read. Pure."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from storage.documents import Document
from storage.sheets import Paper


@dataclass(frozen=True, slots=True)
class Given:
    """Whose word the type of a document is, and the type the machine had read."""

    by: str
    at: datetime
    kind: str
    title: str
    confidentiality: str


def given_type(document: Document, title: str) -> Given | None:
    """Who gave the type, ``None`` when it is the machine's; ``title`` names the kind read."""
    if document.sorted_by is None or document.sorted_at is None:
        return None
    read = document.read_confidentiality or document.confidentiality
    return Given(document.sorted_by, document.sorted_at, document.read_kind or "", title, read)


def as_said(paper: Paper, fields: Container[str]) -> Paper:
    """The paper without what a form that it is not was found to lack; ``fields``: those of its kind."""
    if not _another(paper.document):
        return paper
    return replace(paper, issues=tuple(i for i in paper.issues if i.field is None or i.field in fields))


def unread_fields(paper: Paper, named: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Fields (name, label) of the form a person says it is that no source wrote."""
    if not _another(paper.document):
        return ()
    found = {fact.name for fact in paper.facts}
    return tuple((name, label) for name, label in named.items() if name not in found)


def _another(document: Document) -> bool:
    """Whether a person says another kind than the one whose fields were read."""
    return document.sorted_by is not None and document.kind != document.read_kind
