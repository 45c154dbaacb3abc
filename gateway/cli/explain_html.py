"""``mail explain --html``: the whole explanation as one page that needs nothing but a browser.

Page images are data URIs, the style is in the page, nothing is fetched and nothing runs. A medical
document is named and counted; its content comes in only when the person who explains asks for it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from gateway.circuits.model import Circuit
from gateway.explain import Explained, Sheet
from gateway.outbound.compose import Draft
from gateway.triage.read import COVER_NOTE, DECORATION, ReadDocument
from gateway.web import present
from gateway.web.verdict import verdict
from parsers.facts import Confidentiality
from storage.documents import Document

_DOUBT = 0.8
_WORDS = {"present": "présente", "absent": "absente", "illegible": "illisible"}
"""What is said of a signature."""
_MEDICAL = (
    "Contenu couvert par le secret médical : il n’est pas dans cette page ; "
    "l’option --medical l’y met, pour qui a le droit de le lire."
)


@dataclass(frozen=True, slots=True)
class Mark:
    """One rectangle on a page image, in points from its top left corner."""

    label: str
    value: str
    tone: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Image:
    number: int
    uri: str
    width: float
    height: float
    marks: tuple[Mark, ...]


def shown(row: Document, medical: bool) -> bool:
    """Whether the content of a document goes into the page."""
    return medical or row.confidentiality == Confidentiality.ADMINISTRATIVE


def page(explained: Explained, medical: bool) -> str:
    """The page, as HTML. ``medical``: with the content of medical documents."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    told, draft = explained.told, explained.draft
    documents = [_document(one, explained, medical) for one in explained.read if one.row.kind != DECORATION]
    return environment.get_template("explain.html").render(
        message=told["message"],
        verdict=verdict(told["message"]["security"]),
        decision=told["decision"],
        queues=_queues(told["decision"], explained.circuit),
        documents=documents,
        dues=[(due, present.day(due.due)) for due in explained.dues],
        draft=draft if isinstance(draft, Draft) else None,
        pictures=[_uri(a.content) for a in draft.attached] if isinstance(draft, Draft) else [],
        silence=None if isinstance(draft, Draft) else draft.reason,
        state=present.state,
        percent=present.percent,
        words=_WORDS,
        status={"confirmed": "règle confirmée", "to be confirmed": "règle à confirmer"},
    )


def _queues(
    decision: dict[str, list[dict[str, str]]], circuit: Circuit
) -> list[tuple[str, dict[str, str]]]:
    """Each route with the title of its queue, its name when the circuit gives none."""
    found = []
    for route in decision["routes"]:
        queue = circuit.queue(route["queue"])
        found.append((queue.title if queue else route["queue"], route))
    return found


def _document(one: ReadDocument, explained: Explained, medical: bool) -> dict[str, object]:
    row, circuit = one.row, explained.circuit
    open_ = shown(row, medical)
    labels = _labels(circuit, row.kind)
    return {
        "title": "Texte du message" if row.kind == COVER_NOTE else circuit.title_of(row.kind or "other"),
        "name": row.name,
        "pages": row.pages,
        "score": None if row.kind == COVER_NOTE else row.score,
        "confidentiality": row.confidentiality,
        "sha256": row.sha256,
        "reasons": [] if open_ and row.kind == COVER_NOTE else row.reasons if open_ else [_MEDICAL],
        "trouble": row.trouble,
        "open": open_,
        "facts": [(labels.get(f.name, f.name), f) for f in one.facts] if open_ else [],
        "issues": [(i, _uri(png) if png else None) for i, png in one.issues] if open_ else [],
        "images": [_image(sheet, one, labels) for sheet in explained.sheets.get(row.position, ()) if open_],
        "doubt": _DOUBT,
    }


def _labels(circuit: Circuit, kind: str | None) -> dict[str, str]:
    """Names of the fields of a document kind as people say them, without their article."""
    rule = next((r for r in circuit.kinds if r.name == kind), None)
    template = circuit.templates.get(rule.template or "") if rule else None
    return {
        field.name: _bare(field.title) or (field.labels[0] if field.labels else field.name)
        for field in (template.fields if template else ())
    }


def _bare(title: str) -> str:
    for article in ("le ", "la ", "les ", "l'", "l’"):
        if title.startswith(article):
            return title.removeprefix(article)
    return title


def _image(sheet: Sheet, one: ReadDocument, labels: dict[str, str]) -> Image:
    return Image(
        sheet.number, _uri(sheet.png), sheet.width, sheet.height, tuple(_marks(sheet, one, labels))
    )


def _marks(sheet: Sheet, one: ReadDocument, labels: dict[str, str]) -> Iterator[Mark]:
    """Boxes of what was read on one page, then those of what is missing there."""
    known = {fact.name for fact in one.facts}
    for fact in one.facts:
        if fact.page == sheet.number and fact.box is not None:
            tone = "doubt" if fact.confidence < _DOUBT or fact.normalised in {None, "absent"} else "sure"
            name = labels.get(fact.name, fact.name)
            value = fact.normalised or fact.value
            yield _mark(name, _WORDS.get(value, value), tone, fact.box, sheet)
    for issue, _png in one.issues:
        if issue.page == sheet.number and issue.box is not None and issue.field not in known:
            yield _mark(labels.get(issue.field or "", ""), issue.message, "missing", issue.box, sheet)


def _mark(label: str, value: str, tone: str, box: list[float], sheet: Sheet) -> Mark:
    return Mark(label, value, tone, box[0], sheet.height - box[3], box[2] - box[0], box[3] - box[1])


def _uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
