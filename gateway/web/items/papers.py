"""A document as one person may see it: its content, or why the content is not shown.

Everything a template receives about a document comes from here, so that what must not be shown never
reaches a template at all: neither the name of the file, nor a fact, an issue or a reason of a medical
document is given to somebody who may not open it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.cases.review import Standing, standing
from gateway.circuits.model import COVER_NOTE, OTHER, REPORT_TITLES, Circuit
from gateway.triage.read import DECORATION
from gateway.web.access import Viewer, may_open
from gateway.web.items.marks import LOW, Mark, box_of, conflicts, marks
from gateway.web.said import said
from gateway.web.typed import Given, as_said, given_type, unread_fields
from parsers.acroform import LOCKED
from parsers.documents import DOCX, IMAGES, PDF, TABLES, TEXTS
from parsers.facts import Confidentiality
from parsers.forms.template import FieldSpec
from storage.documents import PERSON, Document, FactRow, IssueRow
from storage.reviews import Review
from storage.sheets import Paper

SEALED = (
    "Document couvert par le secret médical : votre rôle en voit le type, la date, le nombre de pages et"
    " l’empreinte, jamais le contenu. Un rôle habilité au contenu médical peut l’ouvrir."
)
UNNAMED = "document couvert par le secret médical"
FACT_LABELS: Mapping[str, str] = {
    "author_name": "Auteur",
    "cnas_number": "N° CNAS",
    "document_code": "Code du document",
    "document_date": "Date du document",
    "document_title": "Titre du document",
    "establishment_finess": "FINESS de l’établissement",
    "establishment_name": "Nom de l’établissement",
    "patient_birth_date": "Date de naissance du patient",
    "patient_first_names": "Prénoms du patient",
    "patient_identifier": "Identifiant du patient",
    "patient_ins": "INS du patient",
    "patient_name": "Nom du patient",
    "patient_nir": "NIR du patient",
    "patient_sex": "Sexe du patient",
    "patient_used_name": "Nom d’usage du patient",
    "reference": "Référence",
}
"""Names of what containers (CDA, XDM) and texts say, for documents that are no form."""
UNNAMED_FIELD = "Autre valeur lue"
"""What a value is called when neither the form nor this list names it: never its code."""
CODES = frozenset({"document_code"})
"""What only machines read; shown when two sources disagree, and always in the original."""


@dataclass(frozen=True, slots=True)
class Field:
    """One value read on a page. ``box`` is in PDF points, origin at the bottom left."""

    id: str
    name: str
    label: str
    value: str
    normalised: str | None
    page: int | None
    box: tuple[float, float, float, float] | None
    source: str
    confidence: float
    person: str | None
    conflict: bool
    """Another source gives another value for the same name."""
    also: tuple[str, ...] = ()
    """Other sources that say the same without a place of their own on a page."""
    lights: str | None = None
    """The rectangle that shows it on the page: its own, or that of the reading a person corrected."""
    fact: int = 0

    @property
    def uncertain(self) -> bool:
        return self.confidence < LOW and self.source != "person"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Readings of one field that differ, for a person to choose from."""

    name: str
    label: str
    choices: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """An issue of a document, with the picture of the incomplete box when there is one."""

    id: int
    severity: str
    message: str
    page: int | None
    picture: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page to show, with what was read or is missing at a place on it."""

    number: int
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One document for one person. When ``open`` is false only type, class, pages and hash are filled."""

    id: int
    open: bool
    title: str
    kind: str
    name: str
    confidentiality: str
    pages: int | None
    sha256: str
    size: int | None
    media_type: str | None
    score: float | None
    trouble: str | None
    reasons: tuple[str, ...]
    fields: tuple[Field, ...]
    troubles: tuple[Trouble, ...]
    sheets: tuple[Sheet, ...]
    status: str | None
    """``reconstructed`` when the form's template is not the official one."""
    newer: int | None = None
    """The document that replaces it."""
    text: bool = False
    """It has no page to draw, but a text to read."""
    locked: bool = False
    """It waits for its password."""
    conflicts: tuple[Conflict, ...] = ()
    standing: Standing = Standing.UNSAID
    review: Review | None = None
    """The last word of a person about it, when it still holds."""
    given: Given | None = None
    """Set when its type is a person's word."""
    unread: tuple[tuple[str, str], ...] = ()
    """Fields (name, label) of the form a person says it is, that nothing read: somebody may type them."""

    @property
    def decoration(self) -> bool:
        """Signatures, pictures of the layout, envelopes and copies: kept, never worked on."""
        return self.kind == DECORATION

    @property
    def bare(self) -> bool:
        """A text in which nothing was read: only the text is worth showing."""
        return self.text and not self.fields and not self.troubles

    @property
    def note(self) -> bool:
        """The mail's own text, beside the documents it brings."""
        return self.kind == COVER_NOTE


def show(paper: Paper, viewer: Viewer, circuit: Circuit | None, review: Review | None = None) -> Shown:
    """What ``viewer`` may know of a document; ``review`` is the last word of a person about it."""
    document = paper.document
    kind = document.kind or OTHER
    title = _title(circuit, kind)
    given = given_type(document, _title(circuit, document.read_kind or OTHER))
    if not may_open(viewer, document.confidentiality):
        return replace(_sealed(document, kind, title), given=given)
    paper = as_given(paper, circuit)
    template = circuit.templates.get(_form(kind, circuit)) if circuit else None
    named = {**FACT_LABELS, **labels(circuit, kind)}
    fields = _fields(paper.facts, specs(circuit, kind))
    now = standing(review, [fact.id or 0 for fact in paper.facts])
    return Shown(
        id=document.id or 0,
        open=True,
        title=title,
        kind=kind,
        name=document.name,
        confidentiality=document.confidentiality,
        pages=document.pages,
        sha256=document.sha256,
        size=document.size,
        media_type=document.media_type,
        score=document.score,
        trouble=document.trouble,
        reasons=tuple(document.reasons),
        fields=fields,
        troubles=tuple(_trouble(issue) for issue in paper.issues),
        sheets=_sheets(paper, named, specs(circuit, kind)),
        newer=paper.newer,
        status=template.status if template else None,
        text=is_text(document),
        locked=document.trouble == LOCKED,
        conflicts=_conflicts(fields),
        standing=now,
        review=review if now is not Standing.UNSAID else None,
        given=given,
        unread=unread_fields(paper, labels(circuit, kind)),
    )


def _title(circuit: Circuit | None, kind: str) -> str:
    return circuit.title_of(kind) if circuit else REPORT_TITLES.get(kind, kind)


def as_given(paper: Paper, circuit: Circuit | None) -> Paper:
    """The paper as a person says it is: what a form that it is not was found to lack is left out."""
    return as_said(paper, specs(circuit, paper.document.kind or OTHER))


def values_in(papers: Iterable[Paper], name: str) -> str | None:
    """The value of ``name`` in the administrative documents: a person's last, else the surest typed one."""
    plain = [p for p in papers if p.document.confidentiality == Confidentiality.ADMINISTRATIVE]
    found = [fact for paper in plain for fact in paper.facts if fact.name == name and fact.normalised]
    people = [fact for fact in found if fact.source == PERSON]
    best = people[-1] if people else max(found, key=lambda fact: fact.confidence, default=None)
    return best.normalised if best is not None else None


def is_text(document: Document) -> bool:
    """Whether the document is read as text: it has no page that could be drawn."""
    return document.trouble is None and document.media_type in TEXTS | TABLES | {DOCX}


def is_paged(document: Document) -> bool:
    """Whether its pages can be drawn."""
    return document.trouble is None and document.media_type in IMAGES | {PDF}


def labels(circuit: Circuit | None, kind: str) -> Mapping[str, str]:
    """Name of each field for people: its title in the form's template, without the article."""
    return {name: _bare(spec.title or UNNAMED_FIELD) for name, spec in specs(circuit, kind).items()}


def specs(circuit: Circuit | None, kind: str) -> Mapping[str, FieldSpec]:
    """Fields of the form's template, by name; none for a document that is not a form."""
    template = circuit.templates.get(_form(kind, circuit)) if circuit else None
    return {spec.name: spec for spec in template.fields} if template else {}


def _form(kind: str, circuit: Circuit) -> str:
    if kind in circuit.templates:
        return kind
    return next((name for name in circuit.templates if kind.startswith(name)), "")


def _bare(title: str) -> str:
    for article in ("le ", "la ", "les ", "l'", "l’"):
        if title.startswith(article):
            title = title.removeprefix(article)
            break
    title = re.sub(r"\bet (?:le |la |les |l['’])", "et ", title)
    return title[:1].upper() + title[1:]


def _sealed(document: Document, kind: str, title: str) -> Shown:
    return Shown(
        id=document.id or 0,
        open=False,
        title=title,
        kind=kind,
        name=UNNAMED,
        confidentiality=document.confidentiality,
        pages=document.pages,
        sha256=document.sha256,
        size=None,
        media_type=None,
        score=None,
        trouble=None,
        reasons=(SEALED,),
        fields=(),
        troubles=(),
        sheets=(),
        status=None,
    )


def _fields(facts: Iterable[FactRow], forms: Mapping[str, FieldSpec]) -> tuple[Field, ...]:
    rows = list(facts)
    doubtful = conflicts(rows)
    found = [
        _field(row, forms.get(row.name), rows, conflict=row.name in doubtful)
        for row in rows
        if row.name not in CODES or row.name in doubtful
    ]
    order = {name: place for place, name in enumerate(forms)}
    return _merged(sorted(found, key=lambda f: (order.get(f.name, len(order)), f.name, -f.confidence)))


def _field(row: FactRow, spec: FieldSpec | None, rows: Sequence[FactRow], *, conflict: bool) -> Field:
    told = said(row, spec)
    return Field(
        id=f"champ-{row.id}",
        name=row.name,
        label=_bare(spec.title or UNNAMED_FIELD) if spec else FACT_LABELS.get(row.name, UNNAMED_FIELD),
        value=told.value,
        normalised=told.typed,
        page=row.page,
        box=box_of(row.box),
        source=row.source,
        confidence=row.confidence,
        person=row.person,
        conflict=conflict,
        lights=_place(row, rows),
        fact=row.id or 0,
    )


def _merged(found: Iterable[Field]) -> tuple[Field, ...]:
    """The same value said again by a container is one line with two sources."""
    kept: list[Field] = []
    for field in found:
        same = next(
            (
                place
                for place, other in enumerate(kept)
                if (other.name, other.value, other.person) == (field.name, field.value, field.person)
            ),
            None,
        )
        if same is None or field.box is not None or field.person is not None:
            kept.append(field)
        else:
            kept[same] = replace(kept[same], also=(*kept[same].also, field.source))
    return tuple(kept)


def _place(row: FactRow, rows: Sequence[FactRow]) -> str | None:
    """The rectangle of a value: a correction shows the place of what it corrects."""
    placed = [r for r in rows if r.name == row.name and box_of(r.box) is not None]
    if box_of(row.box) is not None or not placed:
        return f"champ-{row.id}" if box_of(row.box) is not None else None
    same = [r for r in placed if r.normalised == row.normalised]
    return f"champ-{max(same or placed, key=lambda r: r.confidence).id}"


def _conflicts(fields: Iterable[Field]) -> tuple[Conflict, ...]:
    groups: dict[str, list[Field]] = {}
    for field in fields:
        if field.conflict:
            groups.setdefault(field.name, []).append(field)
    return tuple(Conflict(name, found[0].label, tuple(found)) for name, found in groups.items())


def _trouble(issue: IssueRow) -> Trouble:
    return Trouble(
        issue.id or 0, issue.severity, issue.message, issue.page, issue.picture_sha256 is not None
    )


def _sheets(paper: Paper, named: Mapping[str, str], forms: Mapping[str, FieldSpec]) -> tuple[Sheet, ...]:
    document = paper.document
    if not document.pages or not is_paged(document):
        return ()
    last = document.first_page + document.pages
    words = {fact.id: said(fact, forms.get(fact.name)).value for fact in paper.facts}
    return tuple(
        Sheet(number, marks(paper.facts, paper.issues, named, number, words))
        for number in range(document.first_page, last)
    )
