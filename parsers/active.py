"""Active content of a PDF: what could run, call out or hide files. Named, shown, never executed.

Walked by pypdf over the catalogue, the name trees, the pages, their annotations and the form
(ISO 32000-1, 12.6 actions and 12.5.6.15 file attachments; XFA 3.3 for scripts of a form).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

from parsers.facts import Issue, Severity
from parsers.limits import Limits

PORTFOLIO = "Portfolio"
XFA_SCRIPT = "XFAScript"
_ACTIONS = {
    "/JavaScript": "JavaScript",
    "/Launch": "Launch",
    "/SubmitForm": "SubmitForm",
    "/ImportData": "ImportData",
    "/GoToR": "GoToR",
    "/GoToE": "GoToE",
    "/RichMedia": "RichMedia",
    "/RichMediaExecute": "RichMedia",
    "/Movie": "Movie",
    "/Sound": "Sound",
    "/Rendition": "Rendition",
}
_TITLES = {
    "EmbeddedFile": "des fichiers joints, lus à part comme des pièces",
    "GoToE": "un lien vers un fichier joint",
    "GoToR": "un lien vers un autre fichier",
    "ImportData": "un bouton qui importe des données",
    "JavaScript": "un programme JavaScript",
    "Launch": "une commande qui lance un programme",
    "Movie": "une vidéo",
    "Rendition": "un contenu multimédia",
    "RichMedia": "un contenu multimédia",
    "Sound": "un son",
    "SubmitForm": "un bouton qui envoie les champs à une adresse",
    XFA_SCRIPT: "un programme dans le formulaire XFA",
}
_PLAIN = frozenset({"EmbeddedFile", PORTFOLIO})
"""Not active by themselves: told apart."""
_MAX_OBJECTS = 20_000
_SCRIPT = re.compile(rb"<(?:\w+:)?script\b|<(?:\w+:)?submit\b", re.IGNORECASE)
_MARKS = (b"/JS", b"/AA", b"/OpenAction", b"/XFA", b"/Collection", b"/EF", b"/EmbeddedFile", b"/ObjStm")


def may_be_active(content: bytes) -> bool:
    """Whether a walk of the objects is worth its time: names may hide in object streams."""
    return any(mark in content for mark in _MARKS) or any(name.encode() in content for name in _ACTIONS)


def active(reader: PdfReader, limits: Limits) -> tuple[str, ...]:
    """Kinds of active content, sorted; bounded. Raises whatever pypdf raises on a damaged file."""
    found = _walked(reader)
    root = _dictionary(reader.trailer.get("/Root"))
    if "/Collection" in root:
        found.add(PORTFOLIO)
    if _scripted(_dictionary(root.get("/AcroForm")).get("/XFA"), limits):
        found.add(XFA_SCRIPT)
    return tuple(sorted(found))


def issues(kinds: Sequence[str]) -> tuple[Issue, ...]:
    """What a person is told of it, in French: never an order to the sender, hence only told inside."""
    found = []
    running = [_TITLES[kind] for kind in kinds if kind in _TITLES and kind not in _PLAIN]
    if running:
        listed = ", ".join(dict.fromkeys(running))
        found.append(
            f"Ce PDF contient du contenu actif : {listed}. Rien n'en est exécuté ici ; l'original est "
            "gardé tel que reçu, ouvrez-le avec prudence."
        )
    if PORTFOLIO in kinds:
        found.append(
            "Ce PDF est un porte-documents : sa page n'est qu'une couverture, les fichiers qu'il contient "
            "sont lus à part."
        )
    return tuple(Issue("active-content", None, Severity.INFO, message) for message in found)


def _walked(reader: PdfReader) -> set[str]:
    """Kinds of action reachable from the catalogue."""
    seen: set[int] = set()
    found: set[str] = set()
    stack: list[Any] = [reader.trailer.get("/Root")]
    visited = 0
    while stack and len(seen) < _MAX_OBJECTS and visited < 10 * _MAX_OBJECTS:
        value = stack.pop()
        visited += 1
        if isinstance(value, IndirectObject):
            if value.idnum in seen:
                continue
            seen.add(value.idnum)
            value = value.get_object()
        if isinstance(value, DictionaryObject):
            found |= _named(value)
            stack += [v for k, v in value.items() if k not in {"/Parent", "/Font", "/XObject"}]
        elif isinstance(value, ArrayObject):
            stack += list(value)
    return found


def _named(value: DictionaryObject) -> set[str]:
    action, subtype = value.get("/S"), value.get("/Subtype")
    if isinstance(action, str) and action in _ACTIONS:
        return {_ACTIONS[action]}
    if isinstance(subtype, str) and subtype in {"/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"}:
        return {"RichMedia"}
    if "/JS" in value:
        return {"JavaScript"}
    return {"EmbeddedFile"} if "/EF" in value else set()


def _scripted(held: Any, limits: Limits) -> bool:
    """Whether a packet of an XFA form carries a script or sends data away (XFA 3.3, parts 1 and 2)."""
    held = held.get_object() if isinstance(held, IndirectObject) else held
    parts = list(held) if isinstance(held, ArrayObject) else [held]
    for part in parts[:64]:
        stream = part.get_object() if isinstance(part, IndirectObject) else part
        if isinstance(stream, StreamObject) and _SCRIPT.search(
            bytes(stream.get_data())[: limits.xml_bytes]
        ):
            return True
    return False


def _dictionary(value: Any) -> DictionaryObject:
    value = value.get_object() if isinstance(value, IndirectObject) else value
    return value if isinstance(value, DictionaryObject) else DictionaryObject()
