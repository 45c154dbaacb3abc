"""``mail explain --html``: the whole explanation as one page that needs nothing but a browser.

Page images are data URIs, the style is in the page, nothing is fetched and nothing runs. A medical
document is named and counted; its content comes in only when the person who explains asks for it.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from gateway.circuits.model import COVER_NOTE, Circuit
from gateway.explain import Explained, Sheet
from gateway.outbound.compose import Draft
from gateway.triage.read import DECORATION, ReadDocument
from gateway.web import present
from gateway.web.items import papers
from gateway.web.items.marks import LOW, WORDS, Mark, marks
from gateway.web.items.verdict import verdict
from parsers.facts import Confidentiality
from storage.documents import Document

_MEDICAL = (
    "Contenu couvert par le secret médical : il n’est pas dans cette page ; "
    "l’option --medical l’y met, pour qui a le droit de le lire."
)


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
        claims=told["claims"],
        dues=[(due, present.day(due.due)) for due in explained.dues],
        draft=draft if isinstance(draft, Draft) else None,
        pictures=[_uri(a.content) for a in draft.attached] if isinstance(draft, Draft) else [],
        silence=None if isinstance(draft, Draft) else draft.reason,
        state=present.state,
        percent=present.percent,
        words=WORDS,
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
    labels = {**papers.FACT_LABELS, **papers.labels(circuit, row.kind or "other")}
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
        "doubt": LOW,
    }


def _image(sheet: Sheet, one: ReadDocument, labels: dict[str, str]) -> Image:
    issues = [issue for issue, _png in one.issues]
    return Image(
        sheet.number,
        _uri(sheet.png),
        sheet.width,
        sheet.height,
        marks(one.facts, issues, labels, sheet.number),
    )


def _uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
