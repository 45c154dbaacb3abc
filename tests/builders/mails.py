"""The sample mails of the demo and of the scenarios: about 25, the same at each run for a given day.

Everything is made up; hospitals, addresses and numbers are those of ``config/directory``, which do not
exist. ``expect`` says where a mail ends: its queue, ``set_aside``, or ``refused`` at the door.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.builders import forms, reports, scans, smime, xdm
from tests.builders.forms import Form301, Form302
from tests.builders.keychain import Keychain
from tests.builders.letters import Attached, entity, mail

CNSE = "etab.ri-cnse.cpam-vannes@assurance-maladie.fr"
MEDICAL = "protocole.algerien@assurance-maladie.fr"

DUNES = ("Centre hospitalier des Dunes", "599000015", "admissions@ch-dunes.example")
BEFFROI = ("Hôpital universitaire du Beffroi", "599000023", "international@hu-beffroi.example")
CALANQUES = ("Hôpital des Calanques", "139000012", "admissions@hopital-calanques.example")
GARONNE = ("CHU de la Garonne", "319000014", "bureau.ri@chu-garonne.example")
ALIZES = ("CHU des Alizés", "970190013", "admissions@chu-alizes.example")
COLLINE = ("Hôpital de la Colline", "759000011", "secretariat@hopital-colline.example")

PDF = "application/pdf"
_HELLO = "Bonjour,\n\n{}\n\nCordialement,\nLe bureau des admissions\n"


@dataclass(frozen=True, slots=True)
class Sample:
    """One mail as its sender hands it to the gateway."""

    name: str
    says: str
    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    expect: str


class Samples:
    """Builds the samples for the day ``at``, with the keys of ``keys``."""

    def __init__(self, keys: Keychain, at: datetime) -> None:
        self.keys = keys
        self.at = at
        self.today = at.date()

    def all(self) -> list[Sample]:
        """Every sample, in the order they are sent."""
        builders: tuple[Callable[[], Sample], ...] = (
            self.scanned_sealed,
            self.acroform,
            self.unsigned_box,
            self.photo,
            self.second_copy,
            self.zipped,
            self.forwarded,
            self.overseas,
            self.extension_request,
            self.extension_answer,
            self.report_pdf,
            self.report_xdm,
            self.mixed_pdf,
            self.wrong_mailbox,
            self.quote,
            self.question,
            self.contestation,
            self.duplicate,
            self.unknown_document,
            self.out_of_office,
            self.bounce,
            self.stranger,
            self.impostor,
            self.wrong_key,
            self.expired,
            self.poison,
            self.traversal,
        )
        return [build() for build in builders]

    def form_301(self, seed: int, hospital: tuple[str, str, str], days: int = 30, **changes: object) -> Form301:
        start = self.today - timedelta(days=12)
        return forms.sample_301(
            seed,
            **{
                "establishment_name": hospital[0],
                "establishment_finess": hospital[1],
                "start_date": start,
                "end_date": start + timedelta(days=days),
                "issue_date": start - timedelta(days=30),
                "quote_date": start - timedelta(days=60),
                "declaration_date": start,
                **changes,
            },
        )

    def _sample(
        self,
        name: str,
        says: str,
        sender: str,
        subject: str,
        text: str,
        attached: tuple[Attached, ...] = (),
        *,
        to: tuple[str, ...] = (CNSE,),
        expect: str,
        protect: Callable[[bytes], bytes] | None = None,
        **more: str,
    ) -> Sample:
        content = entity(_HELLO.format(text), attached)
        content = protect(content) if protect else content
        return Sample(name, says, sender, to, mail(sender, to, subject, self.at, content, **more), expect)

    def _signed(self, sender: str) -> Callable[[bytes], bytes]:
        return lambda content: self.keys.sign(content, self.keys.of(sender))

    def _sealed(self, sender: str, mailbox: str = CNSE) -> Callable[[bytes], bytes]:
        """Signed then encrypted, as Outlook does when both buttons are pressed."""
        return lambda content: self.keys.seal(content, self.keys.of(sender), mailbox)

    # --- authorisations -------------------------------------------------------------------------

    def scanned_sealed(self) -> Sample:
        scan = scans.scan(forms.build_301(self.form_301(1, BEFFROI), "table"), dpi=200, skew=1.2)
        return self._sample(
            "301-scan-chiffre", "301 numérisée, message signé et chiffré", BEFFROI[2],
            "Attestation de droits - transmission", "Veuillez trouver ci-joint l'attestation de droits numérisée.",
            (Attached("attestation.pdf", PDF, scan),), expect="cpam-595", protect=self._sealed(BEFFROI[2]),
        )  # fmt: skip

    def acroform(self) -> Sample:
        return self._sample(
            "301-acroform", "301 remplie à l'écran, message signé", CALANQUES[2], "SE 352-301",
            "Ci-joint le formulaire SE 352-301 du patient.",
            (Attached("SE352-301.pdf", PDF, forms.build_301(self.form_301(2, CALANQUES), "acroform")),),
            expect="cpam-131", protect=self._signed(CALANQUES[2]),
        )  # fmt: skip

    def unsigned_box(self) -> Sample:
        form = self.form_301(3, DUNES, days=20, declaration_place=None, declaration_date=None)
        return self._sample(
            "301-cadre-4-vide", "301 dont le cadre 4 n'est pas signé", DUNES[2], "Formulaire patient entrant",
            "Ci-joint l'attestation.",
            (Attached("301.pdf", PDF, forms.build_301(form, "flat", signed=False)),), expect="cpam-594",
        )  # fmt: skip

    def photo(self) -> Sample:
        page = forms.build_301(self.form_301(4, GARONNE), "flat")
        return self._sample(
            "301-photo", "photo d'une 301, couchée sur le côté", GARONNE[2], "Photo du formulaire",
            "Ci-joint la photo du formulaire.",
            (Attached("IMG_0042.jpg", "image/jpeg", scans.picture(page, dpi=200, rotate=90, skew=0.8)),),
            expect="cpam-311",
        )  # fmt: skip

    def second_copy(self) -> Sample:
        return self._sample(
            "301-volet-2", "second volet de la 301 des Calanques : même dossier", CALANQUES[2], "SE 352-301 volet 2",
            "Ci-joint le volet 2.",
            (Attached("volet2.pdf", PDF, forms.build_301(self.form_301(2, CALANQUES), "flat", copy=2)),),
            expect="cpam-131",
        )  # fmt: skip

    def zipped(self) -> Sample:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(
                zipfile.ZipInfo("dossier/attestation.pdf", (2026, 1, 1, 0, 0, 0)),
                forms.build_301(self.form_301(5, COLLINE), "flat"),
            )
        return self._sample(
            "301-zip", "301 dans un ZIP", COLLINE[2], "Dossier patient", "Ci-joint le dossier compressé.",
            (Attached("dossier.zip", "application/zip", packed.getvalue()),), expect="cpam-751",
        )  # fmt: skip

    def forwarded(self) -> Sample:
        inner = mail(
            "service@hu-beffroi.example", (BEFFROI[2],), "Attestation", self.at - timedelta(days=1),
            entity("Pour transmission.\n", (Attached("301.pdf", PDF, forms.build_301(self.form_301(6, BEFFROI), "comb")),)),
        )  # fmt: skip
        return self._sample(
            "301-transferee", "301 dans un message transféré en pièce jointe", BEFFROI[2], "TR: Attestation",
            "Je vous transfère le message.", (Attached("Attestation.eml", "message/rfc822", inner),),
            expect="cpam-595",
        )  # fmt: skip

    def overseas(self) -> Sample:
        return self._sample(
            "301-outre-mer", "301 de Guadeloupe : la CGSS", ALIZES[2], "Attestation CNAS", "Ci-joint.",
            (Attached("attestation.pdf", PDF, forms.build_301(self.form_301(7, ALIZES, days=45), "table")),),
            expect="cpam-971",
        )  # fmt: skip

    # --- extensions -----------------------------------------------------------------------------

    def form_302(self, answered: bool) -> Form302:
        first = self.form_301(2, CALANQUES)
        assert first.end_date is not None
        start, end = first.end_date + timedelta(days=1), first.end_date + timedelta(days=40)
        shared = {
            "reference": first.reference, "cnas_number": first.cnas_number, "patient_name": first.patient_name,
            "patient_first_names": first.patient_first_names, "patient_birth_date": first.patient_birth_date,
            "establishment_name": first.establishment_name, "establishment_finess": first.establishment_finess,
            "requested_start": start, "requested_end": end, "request_date": self.today - timedelta(days=3),
        }  # fmt: skip
        if answered:
            shared |= {"answer": "accord", "granted_start": start, "granted_end": end, "answer_date": self.today, "answer_reason": None}
        return forms.sample_302(2, answered, **shared)

    def extension_request(self) -> Sample:
        return self._sample(
            "302-demande", "302 : demande de poursuite des soins", CALANQUES[2], "Demande de prolongation",
            "Ci-joint la demande de poursuite des soins, copie de l'envoi à la CNAS.",
            (Attached("302-demande.pdf", PDF, forms.build_302(self.form_302(answered=False), "flat")),),
            to=(MEDICAL,), expect="cnse-medical", protect=self._signed(CALANQUES[2]),
        )  # fmt: skip

    def extension_answer(self) -> Sample:
        return self._sample(
            "302-reponse", "302 : la réponse de la CNAS", CALANQUES[2], "Accord de prolongation",
            "Ci-joint la réponse de la CNAS à notre demande.",
            (Attached("302-reponse.pdf", PDF, forms.build_302(self.form_302(answered=True), "table")),),
            expect="cpam-131", protect=self._signed(CALANQUES[2]),
        )  # fmt: skip

    # --- medical --------------------------------------------------------------------------------

    def report_pdf(self) -> Sample:
        return self._sample(
            "cr-pdf", "compte rendu médical en PDF, message chiffré", GARONNE[2], "Compte rendu d'hospitalisation",
            "Veuillez trouver le compte rendu.",
            (Attached("CRH.pdf", PDF, reports.medical_report(seed=11, pages=3)),),
            to=(MEDICAL,), expect="cnse-medical", protect=self._sealed(GARONNE[2], MEDICAL),
        )  # fmt: skip

    def report_xdm(self) -> Sample:
        return self._sample(
            "cr-xdm", "compte rendu MSSanté : IHE_XDM.ZIP et CDA", "medecin@chu-garonne.example",
            "XDM/1.0/DDM+Compte rendu hospitalier", "Message automatique.",
            (Attached("IHE_XDM.ZIP", "application/zip", xdm.archive(pdf=reports.medical_report(seed=12))),),
            to=(MEDICAL,), expect="cnse-medical",
        )  # fmt: skip

    def mixed_pdf(self) -> Sample:
        both = reports.joined(
            forms.build_301(self.form_301(8, COLLINE), "flat"), reports.medical_report(seed=13, pages=2)
        )
        return self._sample(
            "301-et-cr", "un PDF qui mêle une 301 et un compte rendu : séparés page à page", COLLINE[2],
            "Dossier complet", "Ci-joint le dossier complet.", (Attached("dossier.pdf", PDF, both),), expect="cpam-751",
        )  # fmt: skip

    def wrong_mailbox(self) -> Sample:
        return self._sample(
            "cr-mauvaise-boite", "compte rendu envoyé à la boîte administrative", DUNES[2], "CR opératoire",
            "Ci-joint.", (Attached("compte-rendu.pdf", PDF, reports.medical_report(seed=14)),), expect="cnse-medical",
        )  # fmt: skip

    # --- the rest -------------------------------------------------------------------------------

    def quote(self) -> Sample:
        return self._sample(
            "devis", "devis détaillé", GARONNE[2], "Devis à co-valider", "Ci-joint notre devis.",
            (Attached("devis.pdf", PDF, reports.quote(seed=15)),), expect="cnse-administratif",
        )  # fmt: skip

    def question(self) -> Sample:
        return self._sample(
            "question", "question sans formulaire", ALIZES[2], "Question sur une autorisation",
            "Pouvez-vous nous dire si l'hospitalisation à domicile est comprise dans l'autorisation de soins "
            "programmés délivrée par la CNAS ?",
            expect="cnse-administratif",
        )  # fmt: skip

    def contestation(self) -> Sample:
        return self._sample(
            "contestation", "contestation de créance venue de la CNAS", "cnas_convention.pro19@cnas.dz",
            "Contestation de créances - 1er semestre",
            "Nous contestons la créance relative à l'attestation jointe au motif : formulaire de droit manquant.",
            expect="cnse-administratif",
        )  # fmt: skip

    def duplicate(self) -> Sample:
        first = self.acroform()
        return Sample("doublon", "la même 301 arrivée par la seconde boîte", first.sender, (MEDICAL,), first.raw, "duplicate")

    def unknown_document(self) -> Sample:
        return self._sample(
            "inconnu", "document que rien ne reconnaît", COLLINE[2], "Document", "Ci-joint.",
            (Attached("document.pdf", PDF, reports.blank_note(seed=16)),), expect="a-identifier",
        )  # fmt: skip

    def out_of_office(self) -> Sample:
        return self._sample(
            "absence", "réponse automatique d'absence", BEFFROI[2], "Absence du bureau : Accusé de réception",
            "Je suis absente jusqu'au 5.", expect="cnse-administratif",
            Auto_Submitted="auto-replied", X_Auto_Response_Suppress="All",
        )  # fmt: skip

    def bounce(self) -> Sample:
        return Sample("rebond", "avis de non-remise", "", (CNSE,), reports.bounce(CNSE, self.at), "cnse-administratif")

    def stranger(self) -> Sample:
        return self._sample(
            "inconnu-expediteur", "expéditeur que l'annuaire ne connaît pas", "contact@clinique-inconnue.example",
            "Attestation", "Ci-joint.",
            (Attached("301.pdf", PDF, forms.build_301(self.form_301(9, DUNES), "flat")),), expect="quarantaine",
        )  # fmt: skip

    def impostor(self) -> Sample:
        return self._sample(
            "signataire-different", "signé par un autre que l'expéditeur", DUNES[2], "Attestation urgente",
            "Ci-joint.", (Attached("301.pdf", PDF, forms.build_301(self.form_301(10, DUNES), "flat")),),
            expect="quarantaine", protect=self._signed(GARONNE[2]),
        )  # fmt: skip

    def wrong_key(self) -> Sample:
        other = self.keys.of("autre@ailleurs.example").der
        return self._sample(
            "mauvaise-cle", "chiffré pour quelqu'un d'autre", COLLINE[2], "Attestation chiffrée", "Ci-joint.",
            expect="quarantaine", protect=lambda content: smime.encrypt(content, [other]),
        )  # fmt: skip

    def expired(self) -> Sample:
        return self._sample(
            "certificat-expire", "signé avec un certificat expiré", ALIZES[2], "Attestation", "Ci-joint.",
            (Attached("301.pdf", PDF, forms.build_301(self.form_301(17, ALIZES), "flat")),), expect="quarantaine",
            protect=lambda content: self.keys.sign(content, self.keys.expired(ALIZES[2])),
        )  # fmt: skip

    def poison(self) -> Sample:
        deep = b"Content-Type: text/plain\r\n\r\nfond\r\n"
        for level in range(100):
            mark = b"b%d" % level
            deep = (
                b'Content-Type: multipart/mixed; boundary="' + mark + b'"\r\n\r\n--' + mark + b"\r\n" + deep
                + b"\r\n--" + mark + b"--\r\n"
            )  # fmt: skip
        raw = mail(DUNES[2], (CNSE,), "Message empoisonné", self.at, deep)
        return Sample("poison", "message imbriqué cent fois", DUNES[2], (CNSE,), raw, "set_aside")

    def traversal(self) -> Sample:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(zipfile.ZipInfo("../../etc/passwd", (2026, 1, 1, 0, 0, 0)), b"x")
        return self._sample(
            "zip-hostile", "ZIP qui cherche à sortir de son dossier", DUNES[2], "Pièces", "Ci-joint.",
            (Attached("pieces.zip", "application/zip", packed.getvalue()),), expect="a-identifier",
        )  # fmt: skip


