"""A small office in a database: people of each role, mails, documents, cases, letters, due dates.

Rows are written as the journey leaves them, for pages and lists that start from there. Everything is
fictitious and the same at every run; what is long to make is made once a process.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from gateway.cases.matching import name_key
from gateway.circuits.load import Circuits, load_circuits
from gateway.evidence.record import Kind, Recorder
from gateway.web.doorstep.passwords import Passwords
from storage import findable, tallies
from storage.cases import Candidate, Case, ItemState, PeriodStatus
from storage.db import Database, Session
from storage.deadlines import Deadline
from storage.deliveries import Delivery, DeliveryState
from storage.documents import IssueRow
from storage.nextdue import refresh_due
from storage.outbox import OutboxState, Receipt
from storage.people import Person
from storage.vault import Vault
from tests.builders import seed_papers
from tests.builders.office import (
    ADMINISTRATIVE_BOX,
    AT,
    CIRCUIT,
    HOSPITAL,
    MEDICAL_BOX,
    Office,
    answered,
    covered,
    due,
    filed,
    paper,
    read_form,
    reading,
    received,
    work,
)

PASSWORD = "une phrase assez longue"
QUESTION = "Bonjour,\r\n\r\nL'hospitalisation <b>à domicile</b> est-elle comprise ?\r\n"
"""The text of a mail without a form, with marks that must be shown and never obeyed."""
SECRET = seed_papers.SECRET
"""A word of the medical report: whoever may not open it must never meet it."""
REPORT_NAME = f"CR {SECRET} Haddad.pdf"
CASE = "SPA-2026-00042"

PEOPLE: dict[str, tuple[str, list[str]]] = {
    "agathe": ("Agathe Le Goff", ["cnse-admin"]),
    "medard": ("Médard Kervella", ["cnse-medical"]),
    "lille": ("Louise Vandamme", ["cpam:595"]),
    "marseille": ("Marius Olive", ["cpam:131"]),
    "sylvie": ("Sylvie Nédélec", ["supervisor"]),
    "audrey": ("Audrey Tanguy", ["auditor"]),
    "adam": ("Adam Rio", ["admin"]),
    "personne": ("Sans Rôle", []),
}


def quick_passwords() -> Passwords:
    """argon2id at its lowest cost: the tests are not about its price."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@cache
def circuits() -> Circuits:
    """The circuit and the directory that ship with the product."""
    config = Path(__file__).parents[2] / "config"
    return load_circuits(config, [config / "circuits" / CIRCUIT])


def furnish(database: Database, vault: Vault, recorder: Recorder) -> Office:
    """Write the office; the same rows whatever the database."""
    passwords = quick_passwords()
    with database.transaction() as session:
        office = Office(session, vault)
        for login, (name, roles) in PEOPLE.items():
            session.add(Person(login=login, name=name, password_hash=passwords.hash(PASSWORD), roles=roles))
        session.flush()
        case = _authorisation(session, office)
        _extension(session, office, case)
        _report(session, office, case)
        _question(session, office, case)
        _mixed(session, office)
        _stranger(session, office)
        _set_aside(session, office)
        _elsewhere(session, office)
        refresh_due(session, case_id=case.id)
        for sha in office.deliveries.values():
            refresh_due(session, delivery=sha)
        tallies.recount(session)
        findable.everything(session)
    _events(database, recorder, office)
    return office


def _authorisation(session: Session, office: Office) -> Case:
    """A signed and encrypted 301 whose box 4 is not signed, for the CPAM of Lille-Douai."""
    content = seed_papers.form_unsigned()
    mail = received(office, "form", AT - timedelta(days=40), subject="Attestation SE 352-301")
    document = paper(office, mail, "form", content, name="301_HADDAD.pdf", kind="se352-301")
    read_form(session, document, content)
    session.add(reading(document, "start_date", "O5/10/2026", "2026-10-05", 0.62, source="ocr"))
    session.add(reading(document, "patient_name", "HADAD", "HADAD", 0.71, source="ocr"))
    picture = office.vault.put(seed_papers.square(), kind="picture")
    issue = IssueRow(
        document_id=document.id or 0,
        code="signature-absent",
        field="patient_signature",
        severity="error",
        message="Le cadre 4 (déclaration du bénéficiaire) n'est pas signé.",
        page=1,
        picture_sha256=picture,
    )
    session.add(issue)
    session.flush()
    office.issues["form"] = issue.id or 0
    case = _opened(session, mail)
    filed(session, case, document)
    covered(
        session,
        case,
        document,
        PeriodStatus.GRANTED,
        starts=date(2026, 10, 5),
        ends=date(2026, 11, 20),
        amount="48250.00",
    )
    title = "Attestation de droits aux soins programmés, HADDAD Fatima Zohra"
    work(office, "form", mail, "cpam-595", kind="se352-301", title=title, case=case)
    letter = answered(session, mail, case, "Accusé de réception de votre envoi", OutboxState.DELIVERED)
    back = received(office, "receipt", AT - timedelta(days=39, hours=23), kind="delivery-report")
    session.add(
        Receipt(
            outbox_id=letter.id or 0,
            delivery=back.sha256,
            action="delivered",
            status="2.1.5",
            at=back.received_at,
        )
    )
    due(
        session,
        case,
        "coverage-end",
        "Fin de la prise en charge",
        on=date(2026, 11, 20),
        status="confirmed",
    )
    return case


def _opened(session: Session, mail: Delivery) -> Case:
    """The case that the 301 of ``mail`` opens."""
    case = Case(
        reference=CASE,
        circuit=CIRCUIT,
        opened_at=mail.received_at,
        opened_by_delivery=mail.sha256,
        form_reference="DZ2026204520",
        cnas_number="861234567890",
        patient_name="HADDAD",
        patient_first_names="Fatima Zohra",
        name_key=name_key("HADDAD", "Fatima Zohra"),
        patient_birth_date=date(1971, 4, 9),
        establishment_finess="590796975",
        establishment_name="Centre hospitalier universitaire de Lille",
        caisse="595",
        sender_domain="chu-lille.example",
    )
    session.add(case)
    session.flush()
    return case


def _extension(session: Session, office: Office, case: Case) -> None:
    """A 302 request: a further period asked, the CNAS has fifteen days (to be confirmed)."""
    content = seed_papers.form_request()
    mail = received(office, "request", AT - timedelta(days=3), subject="Demande de poursuite")
    document = paper(office, mail, "request", content, name="302.pdf", kind="se352-302-request")
    read_form(session, document, content)
    filed(session, case, document)
    covered(
        session,
        case,
        document,
        PeriodStatus.REQUESTED,
        starts=date(2026, 11, 26),
        ends=date(2026, 12, 31),
        amount="9800.50",
    )
    title = "Demande de poursuite des soins, HADDAD Fatima Zohra"
    item = work(
        office, "request", mail, "cnse-administratif", kind="se352-302-request", title=title, case=case
    )
    item.state, item.taken_by, item.version = ItemState.TAKEN, "agathe", 2
    session.add(item)
    answered(session, mail, case, "Accusé de réception de votre demande de poursuite", OutboxState.QUEUED)
    due(
        session,
        case,
        "cnas-answer",
        "Réponse de la CNAS à la demande de poursuite",
        on=date(2026, 12, 11),
        status="to be confirmed",
    )


def _report(session: Session, office: Office, case: Case) -> None:
    """A medical report: nobody but the medical pole may meet a word of it."""
    content = seed_papers.form_other()
    mail = received(office, "report", AT - timedelta(days=2), mailbox=MEDICAL_BOX, subject=SECRET)
    document = paper(office, mail, "report", content, name=REPORT_NAME, kind="medical-report", medical=True)
    note = f"Bonjour, voici le compte rendu ({SECRET}).".encode()
    paper(
        office,
        mail,
        "note",
        note,
        name="message.txt",
        kind="cover-note",
        medical=True,
        media_type="text/plain",
        position=0,
    )
    document.reasons = [f"Le texte parle de {SECRET}."]
    session.add(document)
    session.add(reading(document, "conclusion", f"Suivi d'un {SECRET}", None, 0.9))
    session.add(
        IssueRow(
            document_id=document.id or 0,
            code="odd",
            severity="warning",
            message=f"Mention de {SECRET} sans date.",
        )
    )
    filed(session, case, document)
    title = "Compte rendu médical, HADDAD Fatima Zohra"
    work(office, "report", mail, "cnse-medical", kind="medical-report", title=title, case=case)


def _question(session: Session, office: Office, case: Case) -> None:
    """A mail without a form, from a very long address, with a candidate case."""
    sender = "secretariat.du.service.des.relations.internationales@centre-hospitalier-intercommunal.example"
    subject = (
        "Question sur la prise en charge d'un patient dont l'attestation mentionne deux établissements"
        " différents et une date de fin antérieure à la date d'entrée"
    )
    mail = received(office, "question", AT - timedelta(hours=3), sender=sender, subject=subject)
    content = QUESTION.encode()
    paper(office, mail, "question", content, name="message.txt", kind="question", media_type="text/plain")
    item = work(office, "question", mail, "cnse-administratif", kind="question", title=subject, case=None)
    session.add(
        Candidate(
            item_id=item.id or 0,
            case_id=case.id or 0,
            score=0.74,
            reasons=["Même établissement.", "Nom proche : HADAD et HADDAD."],
        )
    )
    session.add(
        Deadline(
            kind="acknowledgement-receipt",
            title="Accusé de réception",
            origin=f"delivery:{mail.sha256}",
            circuit=CIRCUIT,
            delivery=mail.sha256,
            due=date(2026, 11, 27),
            basis="CRPA, art. L. 112-11 et R. 112-11-1 s.",
            status="to be confirmed",
            explanation=["Dix jours ouvrés après la réception."],
            created_at=AT,
        )
    )


def _mixed(session: Session, office: Office) -> None:
    """One file of two pages: a quote, then a medical report."""
    content = seed_papers.two_pages()
    mail = received(office, "mixed", AT - timedelta(hours=2), subject="Devis")
    paper(office, mail, "quote", content, name="devis.pdf", kind="quote")
    paper(
        office,
        mail,
        "page2",
        content,
        name=REPORT_NAME,
        kind="medical-report",
        medical=True,
        page=2,
    )
    work(office, "mixed", mail, "cnse-administratif", kind="quote", title="Devis, BENALI Karim", case=None)


def _stranger(session: Session, office: Office) -> None:
    mail = received(
        office,
        "stranger",
        AT - timedelta(hours=1),
        sender="inconnu@ailleurs.example",
        security={
            "encrypted": False,
            "decryption": "absent",
            "signature": "mismatch",
            "signer": "autre@x.example",
        },
    )
    item = work(
        office, "stranger", mail, "quarantaine", kind="other", title="Message d'un inconnu", case=None
    )
    item.reasons = ["L'expéditeur n'est pas dans l'annuaire."]
    session.add(item)


def _set_aside(session: Session, office: Office) -> None:
    mail = received(office, "poison", AT - timedelta(hours=5))
    mail.state = DeliveryState.SET_ASIDE
    mail.set_aside_step = "unpack"
    mail.set_aside_from = DeliveryState.OPENED
    mail.set_aside_reason = "L'archive jointe se déplie au-delà de la limite ; le message est conservé."
    mail.set_aside_at = AT - timedelta(hours=5)
    mail.security = None
    session.add(mail)


def _elsewhere(session: Session, office: Office) -> None:
    """An item of another CPAM, and a finished one."""
    mail = received(office, "marseille", AT - timedelta(days=1), sender="bureau@ap-hm.example")
    work(
        office,
        "marseille",
        mail,
        "cpam-131",
        kind="se352-301",
        title="Attestation, TALEB Yacine",
        case=None,
    )
    mail = received(office, "done", AT - timedelta(days=9))
    item = work(
        office, "done", mail, "cpam-595", kind="se352-301", title="Attestation, FERHAT Inès", case=None
    )
    item.state = ItemState.DONE
    session.add(item)


def _events(database: Database, recorder: Recorder, office: Office) -> None:
    form = f"delivery:{office.deliveries['form']}"
    told: list[tuple[Kind, str, dict[str, Any]]] = [
        (Kind.ARRIVAL, form, {"mailbox": ADMINISTRATIVE_BOX, "via": "smtp"}),
        (Kind.DECISION, form, {"queue": "cpam-595"}),
        (Kind.CASE_OPENED, f"case:{CASE}", {}),
        (Kind.LETTER_SENT, form, {"letter": "accuse", "recipient": HOSPITAL}),
        (Kind.DEADLINE_SET, f"case:{CASE}", {"deadline": "coverage-end", "due": "2026-11-20"}),
        (Kind.SET_ASIDE, f"delivery:{office.deliveries['poison']}", {"step": "unpack"}),
    ]
    with database.transaction() as session:
        for kind, subject, fields in told:
            recorder.add(session, kind, subject, **fields)
