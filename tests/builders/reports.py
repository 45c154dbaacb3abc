"""Medical reports, quotes and plain letters as PDF of running text. Fictitious, same seed same file."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from datetime import date

from pypdf import PdfWriter
from reportlab.pdfgen.canvas import Canvas

from tests.builders import people

_WIDTH, _HEIGHT = 595.28, 841.89
_SENTENCES = (
    "Le patient est admis pour la poursuite de la prise en charge décidée en réunion de concertation.",
    "L'examen clinique à l'entrée retrouve un état général conservé, sans fièvre.",
    "Le bilan biologique montre une hémoglobine à 11,2 g/dL et une créatinine à 74 µmol/L.",
    "Le scanner de contrôle ne retrouve pas de lésion nouvelle.",
    "Les suites ont été simples, la marche a été reprise au troisième jour.",
    "Une surveillance rapprochée reste nécessaire en raison des antécédents.",
    "La tolérance du traitement est bonne, la posologie est maintenue.",
    "Une consultation de contrôle est prévue dans six semaines.",
)


def text_pdf(pages: Sequence[Sequence[str]], title: str = "", font: str = "Helvetica") -> bytes:
    """Lines of text as PDF, a sequence a page; the first line of each page in bold."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(_WIDTH, _HEIGHT), invariant=1)
    if title:
        canvas.setTitle(title)
    for page in pages:
        y = _HEIGHT - 60
        for index, line in enumerate(page):
            canvas.setFont("Helvetica-Bold" if index == 0 else font, 13 if index == 0 else 10)
            canvas.drawString(56, y, line)
            y -= 22 if index == 0 else 14.5
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def medical_report(seed: int = 1, pages: int = 3, title: str = "Compte rendu d'hospitalisation") -> bytes:
    """A report of ``pages`` pages, its title on the first one."""
    return text_pdf(medical_pages(seed, pages, title))


def medical_pages(
    seed: int = 1, pages: int = 3, title: str = "Compte rendu d'hospitalisation"
) -> list[list[str]]:
    rng = random.Random(f"report-{seed}")
    patient = people.person(rng)
    name, _ = people.hospital(rng)
    entry = date(2026, 3, 1)
    head = [
        title,
        name,
        f"Patient : {patient.name} {patient.first_names}, né(e) le {patient.birth:%d/%m/%Y}",
        f"IPP {people.digits(rng, 8)}",
        f"Hospitalisation du {entry:%d/%m/%Y} au 14/03/2026",
        "Motif d'hospitalisation : " + people.care(rng),
        "Antécédents : hypertension artérielle traitée.",
    ]
    made: list[list[str]] = []
    for number in range(pages):
        lines = (
            list(head) if number == 0 else [f"{patient.name} {patient.first_names} - suite du compte rendu"]
        )
        lines += ["Examen clinique et évolution" if number == 0 else "Évolution et conclusion"]
        lines += [rng.choice(_SENTENCES) for _ in range(28)]
        if number == pages - 1:
            lines += [
                "Conclusion : retour à domicile, traitement de sortie remis.",
                "Docteur " + people.person(rng).name,
            ]
        made.append(lines)
    return made


def quote(seed: int = 1) -> bytes:
    """A priced quote of one page."""
    rng = random.Random(f"quote-{seed}")
    name, finess = people.hospital(rng)
    days = rng.randrange(5, 40)
    daily = rng.randrange(60_000, 180_000)
    total = days * daily
    return text_pdf([[
        "DEVIS PRÉVISIONNEL",
        f"{name} - FINESS {finess}",
        f"Devis n° D{people.digits(rng, 6)} du 12/01/2026",
        f"Nature des prestations : {people.care(rng)}",
        f"Durée prévisible : {days} jours",
        f"Tarif journalier de prestations : {daily // 100},{daily % 100:02d} €",
        "Forfait journalier : inclus",
        f"Montant total : {total // 100},{total % 100:02d} €",
        "Validité du devis : six mois",
        "Bon pour accord de l'institution compétente",
    ]])  # fmt: skip


def question() -> str:
    """The text of a mail that only asks something."""
    return (
        "Bonjour,\n\nPourriez-vous nous indiquer si l'attestation d'un patient attendu le mois prochain "
        "vous est parvenue ?\n\nMerci de nous indiquer la marche à suivre.\n\nLe bureau des entrées\n"
    )


def joined(*files: bytes) -> bytes:
    """Several PDF as one, in order (a form and its report scanned together)."""
    buffer = io.BytesIO()
    writer = PdfWriter()
    for file in files:
        writer.append(io.BytesIO(file))
    writer.write(buffer)
    return buffer.getvalue()
