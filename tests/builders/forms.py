"""Filled SE 352-301 and SE 352-302 as PDF, in four layouts of the same labels. Fictitious data only.

``acroform``: widgets beside their labels; ``flat``: « label : value » in running lines; ``table``: label
above value in ruled cells; ``comb``: one ruled cell a character. The print is invented: the official
layout is not known (see ``forms.md``).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

from tests.builders import people
from tests.builders.sheet import Cell, Row, Sheet, Style

Signing = Literal["signed", "unsigned"]


@dataclass(frozen=True, slots=True)
class Form301:
    """Values as printed; ``None`` leaves the place empty."""

    reference: str | None
    issue_date: date | None
    institution: str | None
    insured_quality: str | None
    cnas_number: str | None
    insured_name: str | None
    insured_first_names: str | None
    insured_birth_date: date | None
    patient_name: str | None
    patient_first_names: str | None
    patient_sex: str | None
    patient_birth_date: date | None
    patient_address: str | None
    establishment_name: str | None
    establishment_finess: str | None
    care_nature: str | None
    care_type: str | None
    start_date: date | None
    end_date: date | None
    quote_reference: str | None
    quote_date: date | None
    amount: str | None
    """As printed, without the euro sign: ``12 345,67``."""
    declaration_place: str | None = None
    declaration_date: date | None = None
    admission_date: date | None = None
    stay_number: str | None = None
    provisional_nir: str | None = None
    rights_start: date | None = None
    rights_end: date | None = None


@dataclass(frozen=True, slots=True)
class Form302:
    reference: str | None
    cnas_number: str | None
    patient_name: str | None
    patient_first_names: str | None
    patient_birth_date: date | None
    establishment_name: str | None
    establishment_finess: str | None
    request_type: tuple[str, ...]
    request_reason: str | None
    requested_start: date | None
    requested_end: date | None
    requested_care: str | None
    additional_amount: str | None
    medical_report_joined: str | None
    physician: str | None
    request_date: date | None
    answer: str | None = None
    granted_start: date | None = None
    granted_end: date | None = None
    granted_amount: str | None = None
    answer_reason: str | None = None
    answer_date: date | None = None


def euros(rng: random.Random) -> str:
    """``12 345,67``, as printed in French."""
    cents = rng.randrange(80_000, 9_999_999)
    return f"{cents // 100:,}".replace(",", " ") + f",{cents % 100:02d}"


def sample_301(seed: int, **changes: Any) -> Form301:
    """A filled form; the same seed gives the same one."""
    rng = random.Random(f"301-{seed}")
    patient = people.person(rng)
    itself = rng.random() < 0.6
    insured = patient if itself else people.person(rng)
    quality = "assure" if itself else rng.choice(("ayant-droit", "demuni"))
    start = date(2026, 1, 5) + timedelta(days=rng.randrange(300))
    name, finess = people.hospital(rng)
    form = Form301(
        reference=f"DZ-{start.year}-{people.digits(rng, 6)}",
        issue_date=start - timedelta(days=rng.randrange(20, 60)),
        institution=f"CNAS Agence de {people.town(rng)}",
        insured_quality=quality,
        cnas_number=people.digits(rng, 12),
        insured_name=insured.name,
        insured_first_names=insured.first_names,
        insured_birth_date=insured.birth,
        patient_name=patient.name,
        patient_first_names=patient.first_names,
        patient_sex=patient.sex,
        patient_birth_date=patient.birth,
        patient_address=people.address(rng),
        establishment_name=name,
        establishment_finess=finess,
        care_nature=people.care(rng),
        care_type=rng.choice(("hospitalisation", "had", "seances", "ssr", "psy")),
        start_date=start,
        end_date=start + timedelta(days=rng.randrange(10, 120)),
        quote_reference=f"D{people.digits(rng, 6)}",
        quote_date=start - timedelta(days=rng.randrange(61, 120)),
        amount=euros(rng),
        declaration_place=people.town(rng),
        declaration_date=start - timedelta(days=rng.randrange(1, 19)),
    )
    return replace(form, **changes)


def sample_302(seed: int, answered: bool = False, **changes: Any) -> Form302:
    """A request and, when ``answered``, the reply of the institution on the same sheet."""
    rng = random.Random(f"302-{seed}")
    first = sample_301(seed)
    assert first.end_date is not None
    start = first.end_date + timedelta(days=1)
    end = start + timedelta(days=rng.randrange(10, 60))
    request_date = start - timedelta(days=rng.randrange(5, 20))
    form = Form302(
        reference=first.reference,
        cnas_number=first.cnas_number,
        patient_name=first.patient_name,
        patient_first_names=first.patient_first_names,
        patient_birth_date=first.patient_birth_date,
        establishment_name=first.establishment_name,
        establishment_finess=first.establishment_finess,
        request_type=rng.choice((("poursuite",), ("modification",), ("poursuite", "modification"))),
        request_reason=rng.choice(("Suites opératoires prolongées", "Reprise de traitement nécessaire")),
        requested_start=start,
        requested_end=end,
        requested_care=people.care(rng),
        additional_amount=euros(rng),
        medical_report_joined=rng.choice(("yes", "no")),
        physician=f"Dr {people.person(rng).name.title()}",
        request_date=request_date,
    )
    if answered:
        answer = rng.choice(("accord", "accord-partiel", "refus"))
        granted = answer != "refus"
        form = replace(
            form,
            answer=answer,
            granted_start=start if granted else None,
            granted_end=end - timedelta(days=3 if answer == "accord-partiel" else 0) if granted else None,
            granted_amount=form.additional_amount if granted else None,
            answer_reason=None if answer == "accord" else "Durée jugée suffisante",
            answer_date=request_date + timedelta(days=4),
        )
    return replace(form, **changes)


def build_301(
    data: Form301,
    style: Style = "acroform",
    signed: bool = True,
    copy: int = 1,
    stamped: bool = True,
    font: str = "Helvetica",
    seed: int = 1,
    named: bool = False,
) -> bytes:
    """One page of PDF. ``named`` gives the widgets the field names instead of numbers."""
    sheet = Sheet(style, font, seed, named)
    draw_301(sheet, data, signed, copy, stamped)
    return sheet.pdf()


def draw_301(sheet: Sheet, data: Form301, signed: bool = True, copy: int = 1, stamped: bool = True) -> None:
    """Draw the form on the sheet's current page."""
    sheet.title("SE 352-301", "Attestation de droits aux soins programmés")
    sheet.rows(
        Row(
            Cell("copy", "Volet n°", str(copy), 2),
            Cell("reference", "N° d'attestation", data.reference, 5),
            Cell("issue_date", "Délivrée le", data.issue_date, 5),
        )
    )
    sheet.heading("1", "Institution compétente et assuré")
    qualities = {
        "assure": "Assuré social",
        "ayant-droit": "Ayant droit",
        "demuni": "Démuni non assuré social",
    }
    sheet.rows(
        Row(Cell("institution", "Institution compétente", data.institution, 1)),
        Row(Cell("insured_quality", "Qualité", data.insured_quality, 1, qualities)),
        Row(Cell("cnas_number", "N° d'immatriculation", data.cnas_number, 1)),
        Row(
            Cell("insured_name", "Nom", data.insured_name, 5),
            Cell("insured_first_names", "Prénom(s)", data.insured_first_names, 5),
            Cell("insured_birth_date", "Né(e) le", data.insured_birth_date, 4),
        ),
    )
    sheet.heading("2", "Bénéficiaire des soins (patient)")
    sheet.rows(
        Row(
            Cell("patient_name", "Nom", data.patient_name, 1),
            Cell("patient_first_names", "Prénom(s)", data.patient_first_names, 1),
        ),
        Row(
            Cell("patient_sex", "Sexe", data.patient_sex, 1, {"M": "M", "F": "F"}),
            Cell("patient_birth_date", "Né(e) le", data.patient_birth_date, 1),
        ),
        Row(Cell("patient_address", "Adresse en Algérie", data.patient_address, 1)),
    )
    _authorisation(sheet, data, stamped)
    _declaration(sheet, data, signed)


def _declaration(sheet: Sheet, data: Form301, signed: bool) -> None:
    """Boxes 4 (the patient), 5 (the hospital) and 6 (the caisse)."""
    sheet.heading("4", "Déclaration du bénéficiaire")
    sheet.paragraph("Je certifie avoir pris connaissance de la présente attestation et de ses conditions.")
    sheet.rows(
        Row(
            Cell("declaration_place", "Fait à", data.declaration_place, 1, hand=True),
            Cell("declaration_date", "le", data.declaration_date, 1, hand=True),
        )
    )
    sheet.signature("Signature du patient ou de son représentant légal", signed, False)
    sheet.heading("5", "Établissement de santé")
    sheet.rows(
        Row(
            Cell("admission_date", "Date d'admission", data.admission_date, 1),
            Cell("stay_number", "N° de séjour (IPP)", data.stay_number, 1),
        )
    )
    sheet.heading("6", "CPAM / CGSS")
    sheet.rows(
        Row(
            Cell("provisional_nir", "NIR provisoire", data.provisional_nir, 6),
            Cell("rights_start", "Droits du", data.rights_start, 5),
            Cell("rights_end", "au", data.rights_end, 4),
        )
    )


def _authorisation(sheet: Sheet, data: Form301, stamped: bool) -> None:
    sheet.heading("3", "Autorisation de soins")
    kinds = {
        "hospitalisation": "Hospitalisation",
        "had": "HAD",
        "seances": "Séances",
        "ssr": "SSR",
        "psy": "Psychiatrie",
    }
    sheet.rows(
        Row(
            Cell("establishment_name", "Établissement de santé", data.establishment_name, 7),
            Cell("establishment_finess", "N° FINESS", data.establishment_finess, 5),
        ),
        Row(Cell("care_nature", "Nature des soins", data.care_nature, 1)),
        Row(Cell("care_type", "Type de soins", data.care_type, 1, kinds)),
        Row(Cell("start_date", "Du", data.start_date, 1), Cell("end_date", "au", data.end_date, 1)),
        Row(
            Cell("quote_reference", "Devis n°", data.quote_reference, 4),
            Cell("quote_date", "du", data.quote_date, 4),
            Cell("amount", "Montant accordé", data.amount, 6, after="€"),
        ),
    )
    sheet.signature("Cachet et signature de l'institution", stamped, True)


def build_302(
    data: Form302,
    style: Style = "acroform",
    signed: bool = True,
    font: str = "Helvetica",
    seed: int = 1,
    named: bool = False,
) -> bytes:
    """One page of PDF: a request, with the answer when ``data`` holds one."""
    sheet = Sheet(style, font, seed, named)
    sheet.title("SE 352-302", "Demande de poursuite ou de modification des soins programmés")
    sheet.heading("1", "Attestation initiale et bénéficiaire")
    sheet.rows(
        Row(
            Cell("reference", "Attestation initiale n°", data.reference, 6),
            Cell("cnas_number", "N° d'immatriculation", data.cnas_number, 6),
        ),
        Row(
            Cell("patient_name", "Nom", data.patient_name, 5),
            Cell("patient_first_names", "Prénom(s)", data.patient_first_names, 5),
            Cell("patient_birth_date", "Né(e) le", data.patient_birth_date, 4),
        ),
        Row(
            Cell("establishment_name", "Établissement de santé", data.establishment_name, 7),
            Cell("establishment_finess", "N° FINESS", data.establishment_finess, 5),
        ),
    )
    _request(sheet, data, signed)
    _answer(sheet, data, signed)
    return sheet.pdf()


def _request(sheet: Sheet, data: Form302, signed: bool) -> None:
    kinds = {"poursuite": "Poursuite des soins", "modification": "Modification des soins"}
    sheet.heading("2", "Demande de l'établissement")
    sheet.rows(
        Row(Cell("request_type", "Type de demande", data.request_type, 1, kinds)),
        Row(Cell("request_reason", "Motif", data.request_reason, 1)),
        Row(
            Cell("requested_start", "Du", data.requested_start, 1),
            Cell("requested_end", "au", data.requested_end, 1),
        ),
        Row(
            Cell("requested_care", "Soins demandés", data.requested_care, 6),
            Cell("additional_amount", "Montant supplémentaire", data.additional_amount, 6, after="€"),
        ),
        Row(
            Cell(
                "medical_report_joined",
                "Rapport médical joint",
                data.medical_report_joined,
                1,
                {"yes": "oui", "no": "non"},
            )
        ),
        Row(
            Cell("physician", "Médecin", data.physician, 1),
            Cell("request_date", "Fait le", data.request_date, 1, hand=True),
        ),
    )
    sheet.signature("Cachet et signature", signed, True)


def _answer(sheet: Sheet, data: Form302, signed: bool) -> None:
    answers = {"accord": "Accord", "accord-partiel": "Accord partiel", "refus": "Refus"}
    sheet.heading("3", "Réponse de l'institution")
    sheet.rows(
        Row(Cell("answer", "Décision", data.answer, 1, answers)),
        Row(
            Cell("granted_start", "Accordé du", data.granted_start, 5),
            Cell("granted_end", "au", data.granted_end, 4),
            Cell("granted_amount", "Montant accordé", data.granted_amount, 6, after="€"),
        ),
        Row(
            Cell("answer_reason", "Motif", data.answer_reason, 6),
            Cell("answer_date", "Date de la réponse", data.answer_date, 6),
        ),
    )
    sheet.signature("Cachet et signature", signed and data.answer is not None, True)
