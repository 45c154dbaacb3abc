"""Sample mails that carry the two forms, in every way hospitals send them."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

from tests.builders import forms, scans
from tests.builders.desk import (
    ALIZES,
    BEFFROI,
    CALANQUES,
    COLLINE,
    DUNES,
    GARONNE,
    MEDICAL,
    PDF,
    Desk,
    Sample,
)
from tests.builders.forms import Form302
from tests.builders.letters import Attached, entity, mail


def scanned_sealed(desk: Desk) -> Sample:
    scan = scans.scan(forms.build_301(desk.form_301(1, BEFFROI), "table"), dpi=200, skew=1.2)
    return desk.sample(
        "301-scan-chiffre",
        "301 numérisée, message signé et chiffré",
        BEFFROI[2],
        "Attestation de droits - transmission",
        "Veuillez trouver ci-joint l'attestation de droits numérisée.",
        (Attached("attestation.pdf", PDF, scan),),
        expect="cpam-595",
        protect=desk.sealed(BEFFROI[2]),
    )


def acroform(desk: Desk) -> Sample:
    return desk.sample(
        "301-acroform",
        "301 remplie à l'écran, message signé",
        CALANQUES[2],
        "SE 352-301",
        "Ci-joint le formulaire SE 352-301 du patient.",
        (Attached("SE352-301.pdf", PDF, forms.build_301(desk.form_301(2, CALANQUES), "acroform")),),
        expect="cpam-131",
        protect=desk.signed(CALANQUES[2]),
    )


def unsigned_box(desk: Desk) -> Sample:
    form = desk.form_301(3, DUNES, days=20, declaration_place=None, declaration_date=None)
    return desk.sample(
        "301-cadre-4-vide",
        "301 dont le cadre 4 n'est pas signé",
        DUNES[2],
        "Formulaire patient entrant",
        "Ci-joint l'attestation.",
        (Attached("301.pdf", PDF, forms.build_301(form, "flat", signed=False)),),
        expect="cpam-594",
    )


def photo(desk: Desk) -> Sample:
    page = forms.build_301(desk.form_301(4, GARONNE), "flat")
    return desk.sample(
        "301-photo",
        "photo d'une 301, couchée sur le côté",
        GARONNE[2],
        "Photo du formulaire",
        "Ci-joint la photo du formulaire.",
        (
            Attached(
                "IMG_0042.jpg", "image/jpeg", scans.scan(page, dpi=200, rotate=90, skew=0.8, fmt="jpeg")
            ),
        ),
        expect="cpam-311",
    )


def second_copy(desk: Desk) -> Sample:
    return desk.sample(
        "301-volet-2",
        "second volet de la 301 des Calanques : même dossier",
        CALANQUES[2],
        "SE 352-301 volet 2",
        "Ci-joint le volet 2.",
        (Attached("volet2.pdf", PDF, forms.build_301(desk.form_301(2, CALANQUES), "flat", copy=2)),),
        expect="cpam-131",
    )


def zipped(desk: Desk) -> Sample:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            zipfile.ZipInfo("dossier/attestation.pdf", (2026, 1, 1, 0, 0, 0)),
            forms.build_301(desk.form_301(5, COLLINE), "flat"),
        )
    return desk.sample(
        "301-zip",
        "301 dans un ZIP",
        COLLINE[2],
        "Dossier patient",
        "Ci-joint le dossier compressé.",
        (Attached("dossier.zip", "application/zip", packed.getvalue()),),
        expect="cpam-751",
    )


def forwarded(desk: Desk) -> Sample:
    inner = mail(
        "service@hu-beffroi.example",
        (BEFFROI[2],),
        "Attestation",
        desk.at - timedelta(days=1),
        entity(
            "Pour transmission.\n",
            (Attached("301.pdf", PDF, forms.build_301(desk.form_301(6, BEFFROI), "comb")),),
        ),
    )
    return desk.sample(
        "301-transferee",
        "301 dans un message transféré en pièce jointe",
        BEFFROI[2],
        "TR: Attestation",
        "Je vous transfère le message.",
        (Attached("Attestation.eml", "message/rfc822", inner),),
        expect="cpam-595",
    )


def overseas(desk: Desk) -> Sample:
    return desk.sample(
        "301-outre-mer",
        "301 de Guadeloupe : la CGSS",
        ALIZES[2],
        "Attestation CNAS",
        "Ci-joint.",
        (Attached("attestation.pdf", PDF, forms.build_301(desk.form_301(7, ALIZES, days=45), "table")),),
        expect="cpam-971",
    )


def form_302(desk: Desk, answered: bool) -> Form302:
    first = desk.form_301(2, CALANQUES)
    assert first.end_date is not None
    start, end = first.end_date + timedelta(days=1), first.end_date + timedelta(days=40)
    shared = {
        "reference": first.reference,
        "cnas_number": first.cnas_number,
        "patient_name": first.patient_name,
        "patient_first_names": first.patient_first_names,
        "patient_birth_date": first.patient_birth_date,
        "establishment_name": first.establishment_name,
        "establishment_finess": first.establishment_finess,
        "requested_start": start,
        "requested_end": end,
        "request_date": desk.today - timedelta(days=3),
    }
    if answered:
        shared |= {
            "answer": "accord",
            "granted_start": start,
            "granted_end": end,
            "answer_date": desk.today,
            "answer_reason": None,
        }
    return forms.sample_302(2, answered, **shared)


def extension_request(desk: Desk) -> Sample:
    return desk.sample(
        "302-demande",
        "302 : demande de poursuite des soins",
        CALANQUES[2],
        "Demande de prolongation",
        "Ci-joint la demande de poursuite des soins, copie de l'envoi à la CNAS.",
        (Attached("302-demande.pdf", PDF, forms.build_302(form_302(desk, answered=False), "flat")),),
        to=(MEDICAL,),
        expect="cnse-medical",
        protect=desk.signed(CALANQUES[2]),
    )


def extension_answer(desk: Desk) -> Sample:
    return desk.sample(
        "302-reponse",
        "302 : la réponse de la CNAS",
        CALANQUES[2],
        "Accord de prolongation",
        "Ci-joint la réponse de la CNAS à notre demande.",
        (Attached("302-reponse.pdf", PDF, forms.build_302(form_302(desk, answered=True), "table")),),
        expect="cpam-131",
        protect=desk.signed(CALANQUES[2]),
    )
