"""CDA R2 documents of the French CI-SIS: header, embedded files, narrative text.

Level 1 carries a file (``nonXMLBody``, a PDF in base64), level 3 a structured body. Both have the same
header. Sources: HL7 CDA R2 and ANS « volet structuration minimale »: identifiers of establishments have
root 1.2.250.1.71.4.2.2 and a first digit 1 before the FINESS, names carry the qualifier BR (birth) or CL
(used), dates look like ``20240115093000+0100``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from parsers import transfer
from parsers.errors import Malformed
from parsers.facts import Fact, Source
from parsers.limits import DEFAULT, Limits
from parsers.xmltree import Element, attribute, child, children, find_all, local, read_xml, text_of

ORGANISATION_ROOT = "1.2.250.1.71.4.2.2"
_FINESS = re.compile(r"1?([0-9][0-9AB][0-9]{7})\Z")
_INS_ROOTS = frozenset(f"1.2.250.1.213.1.4.{last}" for last in (8, 9, 10, 11))
"""NIR, NIA, and those of tests, as public guides name them; none was seen in production."""
_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_BLOCKS = {"title", "paragraph", "tr", "item", "caption", "br", "list", "table"}
_MAX_EMBEDDED = 20


@dataclass(frozen=True, slots=True)
class Embedded:
    """A file inside the document, decoded. ``media_type`` is what the document says."""

    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Cda:
    """What the header says, as written; empty strings where it is silent. Dates stay in HL7 form."""

    code: str
    code_system: str
    code_display: str
    title: str
    effective: str
    unique_id: str
    patient_ids: tuple[str, ...]
    birth_name: str
    used_name: str
    first_names: str
    birth_date: str
    author: str
    establishment: str
    finess: str
    replaces: tuple[str, ...]
    set_id: str
    """The same for every version of a document (``setId``)."""
    version: str
    embedded: tuple[Embedded, ...]
    narrative: str

    @property
    def level(self) -> int:
        """1 for an embedded file without structure, 3 for a structured body."""
        return 3 if self.narrative else 1

    @property
    def ins(self) -> str:
        """The national health identity of the patient (NIR or NIA, its key included), "" without one."""
        found = (each.partition("^")[::2] for each in self.patient_ids)
        return next((number for root, number in found if root in _INS_ROOTS), "")

    def facts(self, document: str) -> tuple[Fact, ...]:
        """The header as facts about the document of that SHA-256; names as in ``parsers.facts``."""
        name = self.birth_name or self.used_name
        rows = [
            ("patient_name", name, capital(name)),
            (
                "patient_used_name",
                self.used_name if self.used_name != name else "",
                capital(self.used_name),
            ),
            ("patient_first_names", self.first_names, capital(self.first_names)),
            ("patient_birth_date", self.birth_date, iso_date(self.birth_date)),
            ("patient_ins", self.ins, self.ins or None),
            ("establishment_name", self.establishment, capital(self.establishment)),
            ("establishment_finess", self.finess, finess_of(self.finess)),
            ("document_date", self.effective, iso_date(self.effective)),
            ("document_title", self.title, None),
            ("document_code", self.code, self.code or None),
        ]
        return tuple(
            Fact(each, value, normal, document, None, None, Source.CDA, 1.0 if normal else 0.9)
            for each, value, normal in rows
            if value
        )


def read_cda(data: bytes, limits: Limits = DEFAULT) -> Cda:
    """Read one document. Raises ``Malformed`` (not a CDA, broken XML), ``Hostile`` or ``TooLarge``."""
    root = read_xml(data, limits)
    if local(root) != "ClinicalDocument":
        raise Malformed("Ce document XML n'est pas un document CDA.")
    role = child(root, "recordTarget", "patientRole")
    names = child(role, "patient", "name")
    code = child(root, "code")
    establishment, finess = _organisation(root)
    return Cda(
        code=attribute(code, "code"),
        code_system=attribute(code, "codeSystem"),
        code_display=attribute(code, "displayName"),
        title=text_of(child(root, "title")),
        effective=attribute(child(root, "effectiveTime"), "value"),
        unique_id=_identifier(child(root, "id")),
        patient_ids=tuple(
            _identifier(each) for each in children(role, "id") if attribute(each, "extension")
        ),
        birth_name=_named(names, "family", "BR") or _named(names, "family", ""),
        used_name=_named(names, "family", "CL"),
        first_names=_named(names, "given", "")
        or _named(names, "given", "BR")
        or _named(names, "given", "CL"),
        birth_date=attribute(child(role, "patient", "birthTime"), "value"),
        author=_author(root),
        establishment=establishment,
        finess=finess,
        replaces=tuple(_replaced(root)),
        set_id=_identifier(child(root, "setId")),
        version=attribute(child(root, "versionNumber"), "value"),
        embedded=tuple(_embedded(root)),
        narrative=_narrative(root, limits),
    )


def several_patients(documents: tuple[Cda, ...]) -> bool:
    """True when the documents do not all speak of one person: other name, first name or birth date."""
    people = {
        (
            capital(each.birth_name or each.used_name),
            (capital(each.first_names) or "").split(" ")[0],
            each.birth_date[:8],
        )
        for each in documents
    }
    return len(people) > 1


def iso_date(value: str) -> str | None:
    """``2024-01-15`` from an HL7 time stamp; ``None`` when it is no real day."""
    match = _DATE.match(value.strip())
    if match is None:
        return None
    try:
        return date(int(match.group(1)), int(match.group(2)), int(match.group(3))).isoformat()
    except ValueError:
        return None


def capital(value: str) -> str | None:
    """Capitals without accents, one space between words; ``None`` for nothing."""
    plain = unicodedata.normalize("NFKD", value.replace("œ", "oe").replace("Œ", "OE"))
    plain = "".join(char for char in plain if not unicodedata.combining(char)).upper()
    return " ".join(plain.split()) or None


def finess_of(extension: str) -> str | None:
    """The 9 characters of a FINESS number from an ANS identifier (a leading 1 means FINESS)."""
    value = extension.strip().upper()
    if len(value) == 10 and not value.startswith("1"):
        return None
    match = _FINESS.match(value) if len(value) in {9, 10} else None
    return match.group(1) if match else None


def _identifier(element: Element | None) -> str:
    root, extension = attribute(element, "root"), attribute(element, "extension")
    return f"{root}^{extension}" if extension else root


def _named(names: Element | None, part: str, qualifier: str) -> str:
    found = (each for each in children(names, part) if attribute(each, "qualifier") == qualifier)
    return " ".join(text for text in map(text_of, found) if text)


def _author(root: Element) -> str:
    name = child(root, "author", "assignedAuthor", "assignedPerson", "name")
    words = [text_of(child(name, part)) for part in ("suffix", "given", "family")]
    return " ".join(word for word in words if word)


def _organisation(root: Element) -> tuple[str, str]:
    """Name and FINESS of the establishment: the author's, the keeper's, then the performer's."""
    places = (
        ("author", "assignedAuthor", "representedOrganization"),
        ("custodian", "assignedCustodian", "representedCustodianOrganization"),
        ("documentationOf", "serviceEvent", "performer", "assignedEntity", "representedOrganization"),
    )
    found = [each for path in places for each in children(root, *path)]
    for each in found:
        for identifier in children(each, "id"):
            extension = attribute(identifier, "extension")
            if attribute(identifier, "root") == ORGANISATION_ROOT and finess_of(extension):
                return text_of(child(each, "name")), extension
    return next((text_of(child(each, "name")) for each in found), ""), ""


def _replaced(root: Element) -> Iterator[str]:
    for related in children(root, "relatedDocument"):
        if attribute(related, "typeCode") == "RPLC":
            for each in children(related, "parentDocument", "id"):
                yield _identifier(each)


def _embedded(root: Element) -> Iterator[Embedded]:
    """Files in base64: the body of level 1, and those that a structured body shows."""
    count = 0
    for each in root.iter():
        media_type = attribute(each, "mediaType").lower()
        if media_type and attribute(each, "representation") == "B64" and count < _MAX_EMBEDDED:
            content = transfer.base64("".join(each.itertext()).encode("utf-8", "replace"))
            if content:
                count += 1
                yield Embedded(media_type, content)


def _narrative(root: Element, limits: Limits) -> str:
    """Titles and texts of the sections in reading order, a line a block."""
    body = child(root, "component", "structuredBody")
    if body is None:
        return ""
    lines: list[str] = []
    for section in find_all(body, "section"):
        lines.append("")
        lines.append(text_of(child(section, "title")))
        text = child(section, "text")
        if text is not None:
            lines.extend(_lines(text))
    return "\n".join(lines).strip()[: limits.text_chars]


def _lines(text: Element) -> list[str]:
    """The narrative block: a row or an item a line, cells apart."""
    pieces: list[str] = []
    stack: list[tuple[Element, bool]] = [(text, False)]
    while stack:
        element, closing = stack.pop()
        name = local(element)
        if closing:
            pieces.append("\n" if name in _BLOCKS else " " if name in {"td", "th"} else "")
            pieces.append(element.tail or "" if element is not text else "")
            continue
        if name in _BLOCKS:
            pieces.append("\n")
        pieces.append((element.text or "") if isinstance(element.tag, str) else "")
        stack.append((element, True))
        stack.extend((each, False) for each in reversed(element))
    raw = "".join(piece if piece == "\n" else piece.replace("\n", " ") for piece in pieces)
    return [flat for line in raw.split("\n") if (flat := " ".join(line.split()))]
