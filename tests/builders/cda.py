"""French CI-SIS CDA R2 documents, level 1 (a PDF) or 3 (sections). Every person is invented."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr


@dataclass(frozen=True, slots=True)
class Patient:
    birth_name: str = "MARTINEAU"
    used_name: str = "DURAND"
    first_names: str = "ANNE MARIE"
    birth_date: str = "19540312"
    identifier: str = "254039912345678"


@dataclass(frozen=True, slots=True)
class Establishment:
    name: str = "Centre hospitalier des Dunes"
    finess: str = "590780193"


PATIENT = Patient()
ESTABLISHMENT = Establishment()


def document(
    pdf: bytes | None = None,
    sections: Sequence[tuple[str, str]] = (),
    patient: Patient = PATIENT,
    establishment: Establishment = ESTABLISHMENT,
    code: str = "34112-3",
    display: str = "CR hospitalier",
    title: str = "Compte rendu d'hospitalisation",
    effective: str = "20261120093000+0100",
    replaces: str = "",
    unique_id: str = "1.2.250.1.213.1.1.9.2026.1",
    set_id: str = "",
    version: str = "",
) -> bytes:
    """One document as UTF-8 XML. Level 1 when ``pdf`` is given, else level 3."""
    organisation = (
        f'<id root="1.2.250.1.71.4.2.2" extension="1{establishment.finess}"/>'
        f"<name>{escape(establishment.name)}</name>"
    )
    related = (
        '<relatedDocument typeCode="RPLC"><parentDocument>'
        f'<id root="{replaces}"/></parentDocument></relatedDocument>'
        if replaces
        else ""
    )
    versions = f'<setId root="{set_id}"/><versionNumber value="{version}"/>' if set_id else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3"><realmCode code="FR"/>
<id root="{unique_id}"/>
<code code="{code}" displayName={quoteattr(display)} codeSystem="2.16.840.1.113883.6.1"/>
<title>{escape(title)}</title><effectiveTime value="{effective}"/>{versions}
<recordTarget><patientRole><id extension="{patient.identifier}" root="1.2.250.1.213.1.4.10"/>
<patient><name><family qualifier="BR">{patient.birth_name}</family><given>{patient.first_names}</given>
<given qualifier="BR">{patient.first_names.split(" ")[0]}</given>
<family qualifier="CL">{patient.used_name}</family></name>
<birthTime value="{patient.birth_date}"/></patient></patientRole></recordTarget>
<author><time value="{effective}"/><assignedAuthor><assignedPerson><name><given>Paul</given>
<family>LEROY</family><suffix>DR</suffix></name></assignedPerson>
<representedOrganization>{organisation}</representedOrganization></assignedAuthor></author>
<custodian><assignedCustodian><representedCustodianOrganization>{organisation}
</representedCustodianOrganization></assignedCustodian></custodian>{related}
<component>{_body(pdf, sections)}</component></ClinicalDocument>""".encode()


def _body(pdf: bytes | None, sections: Sequence[tuple[str, str]]) -> str:
    if pdf is not None:
        coded = base64.encodebytes(pdf).decode("ascii")
        head = '<text mediaType="application/pdf" representation="B64">'
        return f"<nonXMLBody>{head}{coded}</text></nonXMLBody>"
    inner = "".join(
        f"<component><section><title>{escape(title)}</title><text><paragraph>{escape(text)}</paragraph></text>"
        "</section></component>"
        for title, text in sections
    )
    return f"<structuredBody>{inner}</structuredBody>"
