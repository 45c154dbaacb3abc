"""Sample mails with medical reports."""

from __future__ import annotations

from tests.builders import forms, reports, xdm
from tests.builders.desk import (
    CALANQUES,
    COLLINE,
    DUNES,
    GARONNE,
    MEDICAL,
    PDF,
    Desk,
    Sample,
)
from tests.builders.letters import Attached


def report_pdf(desk: Desk) -> Sample:
    return desk.sample(
        "cr-pdf",
        "compte rendu médical en PDF, message chiffré",
        GARONNE[2],
        "Compte rendu d'hospitalisation",
        "Veuillez trouver le compte rendu.",
        (Attached("CRH.pdf", PDF, reports.medical_report(seed=11, pages=3)),),
        to=(MEDICAL,),
        expect="cnse-medical",
        protect=desk.sealed(GARONNE[2], MEDICAL),
    )


def report_asked(desk: Desk, reference: str) -> Sample:
    """The hospital sends the report of a case, which it quotes, encrypted, to the medical pole."""
    return desk.sample(
        "cr-demande",
        "compte rendu demandé",
        CALANQUES[2],
        f"Compte rendu d'hospitalisation {reference}",
        "Veuillez trouver le compte rendu demandé.",
        (Attached("CRH.pdf", PDF, reports.medical_report(seed=51, pages=2)),),
        to=(MEDICAL,),
        expect="cnse-medical",
        protect=desk.sealed(CALANQUES[2], MEDICAL),
    )


def report_xdm(desk: Desk) -> Sample:
    return desk.sample(
        "cr-xdm",
        "compte rendu MSSanté : IHE_XDM.ZIP et CDA",
        "medecin@chu-garonne.example",
        "XDM/1.0/DDM+Compte rendu hospitalier",
        "Message automatique.",
        (Attached("IHE_XDM.ZIP", "application/zip", xdm.archive(pdf=reports.medical_report(seed=12))),),
        to=(MEDICAL,),
        expect="cnse-medical",
    )


def mixed_pdf(desk: Desk) -> Sample:
    both = reports.joined(
        forms.build_301(desk.form_301(8, COLLINE), "flat"), reports.medical_report(seed=13, pages=2)
    )
    return desk.sample(
        "301-et-cr",
        "un PDF qui mêle une 301 et un compte rendu : séparés page à page",
        COLLINE[2],
        "Dossier complet",
        "Ci-joint le dossier complet.",
        (Attached("dossier.pdf", PDF, both),),
        expect="cpam-751",
    )


def wrong_mailbox(desk: Desk) -> Sample:
    return desk.sample(
        "cr-mauvaise-boite",
        "compte rendu envoyé à la boîte administrative",
        DUNES[2],
        "CR opératoire",
        "Ci-joint.",
        (Attached("compte-rendu.pdf", PDF, reports.medical_report(seed=14)),),
        expect="cnse-medical",
    )
