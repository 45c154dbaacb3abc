"""The SE 352-301 as a hospital's own Word document: paragraphs or a table, boxes to tick as signs."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

from tests.builders.forms import Form301

_SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_QUALITIES = (
    ("assure", "Assuré social"),
    ("ayant-droit", "Ayant droit"),
    ("demuni", "Démuni non assuré social"),
)
_CARES = (
    ("hospitalisation", "Hospitalisation"), ("had", "HAD"), ("seances", "Séances"), ("ssr", "SSR"),
    ("psy", "Psychiatrie"),
)  # fmt: skip
Line = Sequence[tuple[str, str]]
"""Labels and values of one line of the form; a heading has no value."""


def docx(body: str) -> bytes:
    """A document of the given WordprocessingML."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "word/document.xml", f'<w:document xmlns:w="{_SPACE}"><w:body>{body}</w:body></w:document>'
        )
    return buffer.getvalue()


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p>"


def table(*rows: Sequence[str]) -> str:
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def form_301(form: Form301, *, ruled: bool) -> bytes:
    """The form; ``ruled``: in tables of labels and values, else « label : value » in lines."""
    body = paragraph("SE 352-301") + paragraph("Attestation de droits aux soins programmés")
    for line in _lines(form):
        if len(line) == 1 and not line[0][1]:
            body += paragraph(line[0][0])
        elif ruled:
            body += table([part for label, value in line for part in (label, value)])
        else:
            body += paragraph("   ".join(f"{label} : {value}" for label, value in line))
    return docx(body)


def _lines(form: Form301) -> list[Line]:
    def day(value: object) -> str:
        return f"{value:%d/%m/%Y}" if value else ""

    def ticks(choices: Sequence[tuple[str, str]], chosen: str | None) -> str:
        return "  ".join(f"{'☒' if name == chosen else '☐'} {label}" for name, label in choices)

    def said(value: str | None) -> str:
        return value or ""

    names = [("Nom", said(form.insured_name)), ("Prénom(s)", said(form.insured_first_names))]
    patient = [("Nom", said(form.patient_name)), ("Prénom(s)", said(form.patient_first_names))]
    return [
        [
            ("Volet n°", "1"),
            ("N° d'attestation", said(form.reference)),
            ("Délivrée le", day(form.issue_date)),
        ],
        [("1. Institution compétente et assuré", "")],
        [("Institution compétente", said(form.institution))],
        [("Qualité", ticks(_QUALITIES, form.insured_quality))],
        [("N° d'immatriculation", said(form.cnas_number))],
        [*names, ("Né(e) le", day(form.insured_birth_date))],
        [("2. Bénéficiaire des soins", "")],
        [*patient, ("Né(e) le", day(form.patient_birth_date))],
        [("Sexe", ticks((("M", "M"), ("F", "F")), form.patient_sex))],
        [("Adresse en Algérie", said(form.patient_address))],
        [("3. Autorisation de soins", "")],
        [
            ("Établissement de santé", said(form.establishment_name)),
            ("N° FINESS", said(form.establishment_finess)),
        ],
        [("Nature des soins", said(form.care_nature))],
        [("Type de soins", ticks(_CARES, form.care_type))],
        [("Du", day(form.start_date)), ("au", day(form.end_date))],
        [
            ("Devis n°", said(form.quote_reference)),
            ("du", day(form.quote_date)),
            ("Montant accordé", f"{said(form.amount)} €"),
        ],
        [("4. Déclaration du bénéficiaire", "")],
        [("Fait à", said(form.declaration_place)), ("le", day(form.declaration_date))],
    ]
