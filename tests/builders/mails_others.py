"""Sample mails that ask, contest, bounce, lie or break."""

from __future__ import annotations

import io
import zipfile

from tests.builders import forms, oddities, reports, smime
from tests.builders.desk import (
    ALIZES,
    BEFFROI,
    CNSE,
    COLLINE,
    DUNES,
    GARONNE,
    MEDICAL,
    PDF,
    Desk,
    Sample,
)
from tests.builders.letters import Attached, mail
from tests.builders.mails_forms import acroform


def quote(desk: Desk) -> Sample:
    return desk.sample(
        "devis",
        "devis détaillé",
        GARONNE[2],
        "Devis à co-valider",
        "Ci-joint notre devis.",
        (Attached("devis.pdf", PDF, reports.quote(seed=15)),),
        expect="cnse-administratif",
    )


def question(desk: Desk) -> Sample:
    return desk.sample(
        "question",
        "question sans formulaire",
        ALIZES[2],
        "Question sur une autorisation",
        "Pouvez-vous nous dire si l'hospitalisation à domicile est comprise dans l'autorisation de soins "
        "programmés délivrée par la CNAS ?",
        expect="cnse-administratif",
    )


def contestation(desk: Desk) -> Sample:
    return desk.sample(
        "contestation",
        "contestation de créance venue de la CNAS",
        "cnas_convention.pro19@cnas.dz",
        "Contestation de créances - 1er semestre",
        "Nous contestons la créance relative à l'attestation jointe au motif : "
        "formulaire de droit manquant.",
        expect="cnse-administratif",
    )


def duplicate(desk: Desk) -> Sample:
    first = desk.written.get("301-acroform") or acroform(desk)
    return Sample(
        "doublon",
        "la même 301 arrivée par la seconde boîte",
        first.sender,
        (MEDICAL,),
        first.raw,
        "duplicate",
    )


def unknown_document(desk: Desk) -> Sample:
    return desk.sample(
        "inconnu",
        "document que rien ne reconnaît",
        COLLINE[2],
        "Document",
        "Ci-joint.",
        (Attached("document.pdf", PDF, oddities.note(16)),),
        expect="a-identifier",
    )


def out_of_office(desk: Desk) -> Sample:
    return desk.sample(
        "absence",
        "réponse automatique d'absence",
        BEFFROI[2],
        "Absence du bureau : Accusé de réception",
        "Je suis absente jusqu'au 5.",
        expect="cnse-administratif",
        Auto_Submitted="auto-replied",
        X_Auto_Response_Suppress="All",
    )


def bounce(desk: Desk) -> Sample:
    return Sample(
        "rebond", "avis de non-remise", "", (CNSE,), oddities.bounce(CNSE, desk.at), "cnse-administratif"
    )


def stranger(desk: Desk) -> Sample:
    return desk.sample(
        "inconnu-expediteur",
        "expéditeur que l'annuaire ne connaît pas",
        "contact@clinique-inconnue.example",
        "Attestation",
        "Ci-joint.",
        (Attached("301.pdf", PDF, forms.build_301(desk.form_301(9, DUNES), "flat")),),
        expect="quarantaine",
    )


def impostor(desk: Desk) -> Sample:
    return desk.sample(
        "signataire-different",
        "signé par un autre que l'expéditeur",
        DUNES[2],
        "Attestation urgente",
        "Ci-joint.",
        (Attached("301.pdf", PDF, forms.build_301(desk.form_301(10, DUNES), "flat")),),
        expect="quarantaine",
        protect=desk.signed(GARONNE[2]),
    )


def wrong_key(desk: Desk) -> Sample:
    other = desk.keys.of("autre@ailleurs.example").der
    return desk.sample(
        "mauvaise-cle",
        "chiffré pour quelqu'un d'autre",
        COLLINE[2],
        "Attestation chiffrée",
        "Ci-joint.",
        expect="quarantaine",
        protect=lambda content: smime.encrypt(content, [other]),
    )


def expired(desk: Desk) -> Sample:
    return desk.sample(
        "certificat-expire",
        "signé avec un certificat expiré",
        ALIZES[2],
        "Attestation",
        "Ci-joint.",
        (Attached("301.pdf", PDF, forms.build_301(desk.form_301(17, ALIZES), "flat")),),
        expect="quarantaine",
        protect=lambda content: desk.keys.sign(content, desk.keys.expired(ALIZES[2])),
    )


def poison(desk: Desk) -> Sample:
    deep = b"Content-Type: text/plain\r\n\r\nfond\r\n"
    for level in range(100):
        mark = b"b%d" % level
        deep = (
            b'Content-Type: multipart/mixed; boundary="'
            + mark
            + b'"\r\n\r\n--'
            + mark
            + b"\r\n"
            + deep
            + b"\r\n--"
            + mark
            + b"--\r\n"
        )
    raw = mail(DUNES[2], (CNSE,), "Message empoisonné", desk.at, deep)
    return Sample("poison", "message imbriqué cent fois", DUNES[2], (CNSE,), raw, "set_aside")


def traversal(desk: Desk) -> Sample:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("../../etc/passwd", (2026, 1, 1, 0, 0, 0)), b"x")
    return desk.sample(
        "zip-hostile",
        "ZIP qui cherche à sortir de son dossier",
        DUNES[2],
        "Pièces",
        "Ci-joint.",
        (Attached("pieces.zip", "application/zip", packed.getvalue()),),
        expect="a-identifier",
    )
