"""Sample mails of the circuit of residence documents: caisses that escalate, the ministry that answers."""

from __future__ import annotations

from pathlib import Path

from gateway.circuits.load import Circuits, load_circuits
from tests.builders import reports
from tests.builders.desk import DUNES, PDF, Desk, Sample
from tests.builders.letters import Attached

FOLDER = Path(__file__).resolve().parents[2] / "config" / "circuits" / "documents-sejour"
CIRCUIT = FOLDER.name
BOX = "documents-sejour@cnam.example"
FLANDRES = "ri@caisse-594.example"
MARSEILLE = "agent.titres@caisse-131.example"
DSS = "bureau-2a@dss.example"
FIRST, WAITING, SORTING, QUARANTINE = (
    "sejour-premier-traitement",
    "sejour-attente-dss",
    "sejour-a-identifier",
    "sejour-quarantaine",
)


def both_circuits() -> Circuits:
    """This circuit beside the first one, and the directory they share."""
    return load_circuits(FOLDER.parents[1], [FOLDER.parent / "soins-programmes-algerie", FOLDER])


def _mail(
    desk: Desk,
    name: str,
    subject: str,
    text: str,
    *attached: Attached,
    sender: str = FLANDRES,
    expect: str = FIRST,
) -> Sample:
    return desk.sample(name, name, sender, subject, text, attached, to=(BOX,), expect=expect)


def _paper(name: str, *lines: str) -> Attached:
    return Attached(f"{name}.pdf", PDF, reports.text_pdf([lines]))


def student_visa(desk: Desk) -> Sample:
    """A type of the letter, named in the text of the mail alone."""
    return _mail(
        desk,
        "visa-d-etudiant",
        "Situation d'un assuré",
        "Un assuré présente un visa D portant la mention « étudiant » et son attestation d'inscription. "
        "Ce document permet-il de justifier de la régularité du séjour ?",
    )


def private_staff(desk: Desk) -> Sample:
    """A sheet that escalates, and the document itself: the document leads."""
    return _mail(
        desk,
        "titre-special-pp",
        "Remontée : titre de séjour spécial",
        "Veuillez trouver la fiche de remontée et la copie du titre.",
        _paper("fiche", "Fiche de remontée", "Situation complexe", "Caisse : 131"),
        _paper(
            "titre",
            "Titre de séjour spécial",
            "Ministère de l'Europe et des affaires étrangères",
            "Code PP",
        ),
        sender=MARSEILLE,
    )


def working_holiday(desk: Desk) -> Sample:
    return _mail(
        desk,
        "vacances-travail",
        "Visa vacances-travail",
        "Une assurée australienne de 24 ans présente le visa joint et une fiche de paie.",
        _paper("visa", "Visa vacances-travail", "Working holiday", "Durée : 12 mois"),
    )


def algerian_spouse(desk: Desk) -> Sample:
    return _mail(
        desk,
        "conjoint-algerien",
        "Situation d'un conjoint",
        "Le conjoint algérien d'une assurée française est entré avec un visa C ; son certificat de "
        "résidence n'est pas encore délivré.",
    )


def online_deposit(desk: Desk) -> Sample:
    """Two texts disagree: it is said, and nothing is decided."""
    return _mail(
        desk,
        "depot-en-ligne",
        "Document remis en ligne",
        "Le document joint est-il recevable ?",
        _paper(
            "attestation", "Attestation de dépôt en ligne d'une demande de titre de séjour", "Préfecture"
        ),
    )


def tourist(desk: Desk) -> Sample:
    return _mail(
        desk,
        "visa-touristique",
        "Visa touristique",
        "Une personne présente un visa touristique de 90 jours et demande l'ouverture de ses droits.",
    )


def new_type(desk: Desk) -> Sample:
    """A residence document that is none of those of the letter, from an agent's own address."""
    return _mail(
        desk,
        "type-nouveau",
        "Nouveau document",
        "Un assuré présente la carte jointe, que nous ne connaissons pas.",
        _paper(
            "carte",
            "Carte de séjour",
            "Mention : retour temporaire",
            "Préfecture de Nulle-Part",
            "Titre de séjour",
        ),
        sender=MARSEILLE,
    )


def answer_of_dss(desk: Desk, reference: str = "SEJ-2026-00001", sender: str = DSS) -> Sample:
    return _mail(
        desk,
        f"reponse-dss-{sender.partition('@')[0]}",
        f"RE: Document de séjour non étudié – dossier {reference}",
        "En réponse à votre saisine, la direction de la sécurité sociale précise que ce document permet de "
        "justifier de la condition de régularité pendant sa durée de validité.",
        sender=sender,
        expect=WAITING if sender == DSS else SORTING,
    )


def question(desk: Desk) -> Sample:
    return _mail(desk, "question-sejour", "Question", "Pourriez-vous rappeler votre numéro de téléphone ?")


def report(desk: Desk) -> Sample:
    """Nothing medical is expected here: it is sealed all the same."""
    return _mail(
        desk,
        "compte-rendu",
        "Pièce complémentaire",
        "Ci-joint.",
        Attached("piece.pdf", PDF, reports.medical_report(seed=3, pages=1)),
        expect=SORTING,
    )


def hospital(desk: Desk) -> Sample:
    """A correspondent of the other circuit: known, and a stranger here."""
    return _mail(desk, "hopital", "Titre", "Un visa D étudiant.", sender=DUNES[2], expect=QUARANTINE)


SAMPLES = (
    student_visa,
    private_staff,
    working_holiday,
    algerian_spouse,
    online_deposit,
    tourist,
    new_type,
    answer_of_dss,
    question,
    report,
    hospital,
)
