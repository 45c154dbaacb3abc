"""IHE XDM archives of MSSanté: the metadata of each document, checked against the files themselves.

Layout (ITI TF-2 3.32, ANS volet « transmission d'un document CDA »): ``IHE_XDM/<set>/METADATA.XML``, an
ebRIM SubmitObjectsRequest whose ExtrinsicObjects name a file (``URI``), its SHA-1 ``hash`` and ``size``.
Names come in any case and with either separator. A wrong hash or size, a file that is missing, or more
than one patient is told in ``trouble``: a person decides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from parsers import sniff
from parsers.archive import Entry
from parsers.cda import ORGANISATION_ROOT, Cda, capital, finess_of, iso_date, read_cda, several_patients
from parsers.errors import ParseError
from parsers.facts import Fact, Source
from parsers.limits import DEFAULT, Limits
from parsers.links import Links, read_links, slot
from parsers.xmltree import Element, attribute, child, children, find_all, read_xml

_TYPE_CODE = "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983"
_CLASS_CODE = "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a"
_AUTHOR = "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d"
_UNIQUE_ID = "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab"
_PATIENT_ID = "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427"
_NAVIGATION = {"readme.txt", "index.htm", "index.html"}


@dataclass(frozen=True, slots=True)
class XdmDocument:
    """One announced document. ``path`` is the archive's entry, ``None`` when the file is missing."""

    path: str | None
    uri: str
    media_type: str
    title: str
    type_code: str
    type_display: str
    class_code: str
    unique_id: str
    patient_id: str
    patient_name: str
    patient_first_names: str
    patient_birth_date: str
    created: str
    establishment: str
    finess: str
    entry_id: str
    """The name of the entry in a registry (``urn:uuid:…``); one good for this archive alone is left out."""
    action: str
    """``""`` for a first sending, ``replacement`` or ``deletion``."""
    replaces: tuple[str, ...]
    """Entries or documents that this one replaces, in this archive or sent before."""
    trouble: str | None

    def facts(self, document: str) -> tuple[Fact, ...]:
        """The metadata as facts about the document of that SHA-256."""
        rows = [
            ("patient_name", self.patient_name, capital(self.patient_name)),
            ("patient_first_names", self.patient_first_names, capital(self.patient_first_names)),
            ("patient_birth_date", self.patient_birth_date, iso_date(self.patient_birth_date)),
            ("establishment_name", self.establishment, capital(self.establishment)),
            ("establishment_finess", self.finess, finess_of(self.finess)),
            ("document_date", self.created, iso_date(self.created)),
            ("document_title", self.title, None),
            ("document_code", self.type_code, self.type_code or None),
        ]
        return tuple(
            Fact(name, value, normal, document, None, None, Source.XDM, 0.95 if normal else 0.9)
            for name, value, normal in rows
            if value
        )


@dataclass(frozen=True, slots=True)
class Xdm:
    """An XDM archive read. ``others`` are files no metadata speaks of, navigation pages left out."""

    documents: tuple[XdmDocument, ...]
    others: tuple[str, ...]
    trouble: str | None
    withdrawn: tuple[str, ...] = ()
    """Entries or documents, sent before, that the archive withdraws without sending another."""


def is_xdm(entries: Sequence[Entry]) -> bool:
    """True when some ``…/METADATA.XML`` lies under a folder ``IHE_XDM``."""
    return any(_is_metadata(entry.path) for entry in entries)


def read_xdm(entries: Sequence[Entry], limits: Limits = DEFAULT) -> Xdm:
    """The documents announced by every METADATA.XML of the archive.

    Raises ``Malformed``, ``Hostile`` or ``TooLarge`` when a METADATA.XML cannot be read, and the error
    the archive gave for it (a password for instance).
    """
    by_path = {entry.path.lower(): entry for entry in entries}
    documents: list[XdmDocument] = []
    known: set[str] = set()
    withdrawn: list[str] = []
    for entry in entries:
        if not _is_metadata(entry.path):
            continue
        known.add(entry.path.lower())
        if entry.error is not None:
            raise entry.error
        folder = entry.path.rpartition("/")[0]
        root = read_xml(entry.content, limits)
        links = read_links(root)
        objects = list(find_all(root, "ExtrinsicObject"))
        documents.extend(_document(each, folder, by_path, links) for each in objects)
        here = {attribute(each, "id") for each in objects}
        withdrawn.extend(target for target in links.withdrawn if target not in here)
    known.update(each.path.lower() for each in documents if each.path)
    others = tuple(
        entry.path
        for entry in entries
        if entry.path.lower() not in known and entry.name.lower() not in _NAVIGATION
    )
    several = len({_person(each) for each in documents}) > 1
    trouble = (
        "L'archive XDM réunit plusieurs patients : une personne doit les séparer." if several else None
    )
    return Xdm(tuple(documents), others, trouble, tuple(dict.fromkeys(withdrawn)))


def _is_metadata(path: str) -> bool:
    steps = path.lower().split("/")
    return steps[-1] == "metadata.xml" and "ihe_xdm" in steps[:-1]


def _person(document: XdmDocument) -> tuple[str, str] | str:
    if document.patient_id:
        return document.patient_id
    return (capital(document.patient_name) or "", document.patient_birth_date[:8])


def _document(entry: Element, folder: str, files: dict[str, Entry], links: Links) -> XdmDocument:
    uri = "".join(slot(entry, "URI")).replace("\\", "/").strip()
    file = files.get(f"{folder}/{uri}".lower().replace("/./", "/")) or files.get(uri.lower())
    code, display = _classification(entry, _TYPE_CODE)
    info = dict(reversed([value.partition("|")[::2] for value in slot(entry, "sourcePatientInfo")]))
    names = _patient_names(slot(entry, "sourcePatientInfo"))
    establishment, finess = _institution(entry)
    identifiers = {
        attribute(each, "identificationScheme"): attribute(each, "value")
        for each in children(entry, "ExternalIdentifier")
    }
    patient = "".join(slot(entry, "sourcePatientId")[:1]) or identifiers.get(_PATIENT_ID, "")
    return XdmDocument(
        path=file.path if file else None,
        uri=uri,
        media_type=attribute(entry, "mimeType").lower(),
        title=attribute(child(entry, "Name", "LocalizedString"), "value"),
        type_code=code,
        type_display=display,
        class_code=_classification(entry, _CLASS_CODE)[0],
        unique_id=identifiers.get(_UNIQUE_ID, ""),
        patient_id=patient,
        patient_name=names[0],
        patient_first_names=names[1],
        patient_birth_date=info.get("PID-7", ""),
        created="".join(slot(entry, "creationTime")[:1]),
        establishment=establishment,
        finess=finess,
        entry_id=_lasting(attribute(entry, "id")),
        action=links.action_of(attribute(entry, "id")),
        replaces=tuple(links.replaces.get(attribute(entry, "id"), ())),
        trouble=_trouble(entry, file),
    )


def _trouble(entry: Element, file: Entry | None) -> str | None:
    if file is None:
        return "Un document annoncé par l'archive XDM n'y est pas."
    if file.error is not None:
        return file.error.message
    announced = "".join(slot(entry, "hash")).strip().lower()
    # SHA-1 is what the standard writes (ITI TF-3 4.2.3.2.10): a check of transport, not a signature.
    if announced and hashlib.sha1(file.content, usedforsecurity=False).hexdigest() != announced:
        return "Un document de l'archive XDM ne correspond pas à son empreinte : il a pu être modifié."
    size = "".join(slot(entry, "size")).strip()
    if size and size != str(len(file.content)):
        return "Un document de l'archive XDM n'a pas la taille annoncée."
    return None


def _lasting(entry_id: str) -> str:
    return entry_id if entry_id.lower().startswith("urn:uuid:") else ""


def _classification(entry: Element, scheme: str) -> tuple[str, str]:
    for each in children(entry, "Classification"):
        if attribute(each, "classificationScheme") == scheme:
            return attribute(each, "nodeRepresentation"), attribute(
                child(each, "Name", "LocalizedString"), "value"
            )
    return "", ""


def _patient_names(values: list[str]) -> tuple[str, str]:
    """Family and first names of the first PID-5: ``NOM^PRENOM^AUTRES PRENOMS^^^^L``."""
    for value in values:
        if value.startswith("PID-5|"):
            parts = [*value[6:].split("~")[0].split("^"), "", "", ""]
            first = " ".join(part for part in parts[1:3] if part.strip())
            return parts[0].strip(), first.strip()
    return "", ""


def _institution(entry: Element) -> tuple[str, str]:
    """Name and FINESS identifier of the author's institution (an XON: parts 1, 6 and 10)."""
    for each in children(entry, "Classification"):
        if attribute(each, "classificationScheme") != _AUTHOR:
            continue
        for value in slot(each, "authorInstitution"):
            parts = [*value.split("^"), *[""] * 10]
            known = ORGANISATION_ROOT in parts[5] and finess_of(parts[9]) is not None
            return parts[0].strip(), parts[9] if known else ""
    return "", ""


def other_person(cda: Cda, announced: XdmDocument) -> bool:
    """True when name and birth date both are announced and one of them is another person's."""
    name = capital(announced.patient_name)
    if name and name not in {capital(cda.birth_name), capital(cda.used_name)}:
        return True
    born, said = iso_date(cda.birth_date), iso_date(announced.patient_birth_date)
    return born is not None and said is not None and born != said


def patients_trouble(
    documents: tuple[XdmDocument, ...], files: dict[str, Entry], limits: Limits
) -> str | None:
    """The CDA documents must speak of one person, and of the person the metadata announce."""
    read: list[Cda] = []
    for document in documents:
        entry = files.get(document.path or "")
        if entry is None or sniff.sniff(entry.content, entry.name) != sniff.CDA:
            continue
        try:
            cda = read_cda(entry.content, limits)
        except ParseError:
            continue
        read.append(cda)
        if other_person(cda, document):
            return "Un document de l'archive XDM ne parle pas du patient annoncé : à vérifier."
    if several_patients(tuple(read)):
        return "L'archive XDM réunit plusieurs patients : une personne doit les séparer."
    return None
