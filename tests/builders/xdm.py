"""IHE XDM archives of MSSanté, sound or spoilt in one precise way. Same bytes at every run."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from tests.builders import cda
from tests.builders.cda import PATIENT, Patient

FIXED = (2026, 11, 20, 9, 30, 0)
_TYPE = "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983"
_AUTHOR = "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d"
_UNIQUE = "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab"


def zipped(files: Sequence[tuple[str, bytes]]) -> bytes:
    """A ZIP with fixed dates. Names are kept exactly, ``..`` and backslashes included."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            info = zipfile.ZipInfo("x", FIXED)
            info.filename = name
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return target.getvalue()


def archive(
    pdf: bytes | None = None,
    documents: Sequence[bytes] | None = None,
    patients: Sequence[Patient] = (PATIENT,),
    folder: str = "IHE_XDM/SUBSET01",
    metadata_name: str = "METADATA.XML",
    separator: str = "/",
    action: str = "",
    wrong_hash: bool = False,
    wrong_size: bool = False,
    missing: bool = False,
    extra: Sequence[tuple[str, bytes]] = (),
    entry: str = "Document{:02d}",
    links: Sequence[tuple[str, str, str]] = (),
) -> bytes:
    """An archive of CDA documents: those given, else one of level 1 around ``pdf``.

    ``action``: ``replacement`` or ``deletion``. ``patients`` are announced in turn. ``entry`` names the
    entries by number; ``links`` are associations: type, source, target.
    """
    given = documents if documents is not None else [cda.document(pdf=pdf or b"%PDF-1.4\n%%EOF\n")]
    files: list[tuple[str, bytes]] = [
        ("README.TXT", b"Archive de demonstration\r\n"),
        ("INDEX.HTM", b"<html></html>"),
    ]
    entries = ""
    for number, content in enumerate(given, 1):
        name = f"DOC{number:04d}.XML"
        digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        entries += _entry(
            number,
            name,
            "0" * 40 if wrong_hash else digest,
            len(content) + (1 if wrong_size else 0),
            patients[(number - 1) % len(patients)],
            action,
            entry.format(number),
        )
        if not missing:
            files.append((f"{folder}/{name}", content))
    if action == "replacement":
        entries += (
            '<rim:Association id="a1" associationType="urn:ihe:iti:2007:AssociationType:RPLC" '
            'sourceObject="Document01" targetObject="urn:uuid:ancien"/>'
        )
    for number, (kind, source, target) in enumerate(links):
        entries += (
            f'<rim:Association id="l{number}" associationType="{kind}" sourceObject="{source}" '
            f'targetObject="{target}">{_slot("NewStatus", "urn:x:StatusType:Deprecated")}</rim:Association>'
        )
    metadata = (
        '<?xml version="1.0" encoding="UTF-8"?><lcm:SubmitObjectsRequest '
        'xmlns:lcm="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0" '
        'xmlns:rim="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"><rim:RegistryObjectList>'
        f"{entries}</rim:RegistryObjectList></lcm:SubmitObjectsRequest>"
    )
    files.append((f"{folder}/{metadata_name}", metadata.encode()))
    files.extend(extra)
    return zipped([(name.replace("/", separator), content) for name, content in files])


def _entry(
    number: int, name: str, digest: str, size: int, patient: Patient, action: str, entry: str
) -> str:
    status = ' status="urn:asip:ci-sis:2010:StatusType:Deleted"' if action == "deletion" else ""
    info = (
        f"PID-5|{patient.birth_name}^{patient.first_names.replace(' ', '^')}^^^^L",
        f"PID-7|{patient.birth_date}",
        "PID-8|F",
    )
    institution = "Centre hospitalier des Dunes^^^^^&1.2.250.1.71.4.2.2&ISO^FINEG^^^1590780193"
    return (
        f'<rim:ExtrinsicObject id="{entry}" mimeType="text/xml"{status}>'
        + _slot("hash", digest)
        + _slot("size", str(size))
        + _slot("URI", name)
        + _slot("creationTime", "20261120093000")
        + _slot("sourcePatientId", f"{patient.identifier}^^^&1.2.250.1.213.1.4.10&ISO^NH")
        + _slot("sourcePatientInfo", *info)
        + '<rim:Name><rim:LocalizedString value="Compte rendu d\'hospitalisation"/></rim:Name>'
        + f'<rim:Classification classificationScheme="{_AUTHOR}">{_slot("authorInstitution", institution)}'
        + "</rim:Classification>"
        + f'<rim:Classification classificationScheme="{_TYPE}" nodeRepresentation="34112-3">'
        + '<rim:Name><rim:LocalizedString value="CR hospitalier"/></rim:Name></rim:Classification>'
        + f'<rim:ExternalIdentifier identificationScheme="{_UNIQUE}" value="1.2.250.1.213.{number}"/>'
        + "</rim:ExtrinsicObject>"
    )


def _slot(name: str, *values: str) -> str:
    inner = "".join(f"<rim:Value>{escape(value)}</rim:Value>" for value in values)
    return f"<rim:Slot name={quoteattr(name)}><rim:ValueList>{inner}</rim:ValueList></rim:Slot>"
