"""Rows of lists as the columns of a file: the same words as the pages, typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from gateway.clock import paris_date
from gateway.web import present
from gateway.web.files.tabular import Column, Value
from gateway.web.story import Told
from gateway.web.supervision.logbook import about
from storage.balances import Balance
from storage.calls import Call
from storage.cases import Case
from storage.contestations import Contestation
from storage.deadlines import Deadline
from storage.deliveries import Delivery
from storage.queues import Line, Place

ITEMS = (
    Column("N°", 9),
    Column("Reçu le", 17),
    Column("File", 36),
    Column("État", 12),
    Column("Type", 30),
    Column("Objet", 48),
    Column("Expéditeur", 34),
    Column("Dossier", 17),
    Column("Bénéficiaire", 28),
    Column("Prochaine échéance", 18),
    Column("Délai", 14),
    Column("Pris par", 24),
    Column("Identifiant", 18),
)
FOUND = (*ITEMS, Column("Réponse", 13), Column("Trouvé dans", 34))
"""Items of a search, with why each answers."""
CASES = (
    Column("Dossier", 17),
    Column("Bénéficiaire", 34),
    Column("Né(e) le", 13),
    Column("N° CNAS", 18),
    Column("Établissement", 40),
    Column("FINESS", 12),
    Column("État", 14),
    Column("Réponse", 13),
)
CALLS = (
    Column("Demandé le", 17),
    Column("À appeler", 44),
    Column("Téléphone", 20),
    Column("Pourquoi", 24),
    Column("Détail", 50),
    Column("Dossier", 17),
    Column("File", 36),
)
DUE_DATES = (
    Column("Échéance", 13),
    Column("Objet", 44),
    Column("Dossier", 17),
    Column("État", 13),
    Column("Délai", 14),
    Column("Fondement", 50),
)
CONTESTATIONS = (
    Column("Contestation", 17),
    Column("Reçue le", 13),
    Column("Créance", 20),
    Column("Dossier", 17),
    Column("Bénéficiaire", 28),
    Column("Établissement", 34),
    Column("Du", 13),
    Column("Au", 13),
    Column("Montant (€)", 14),
    Column("Motif", 26),
    Column("État", 20),
)
SET_ASIDE = (
    Column("Mis de côté le", 17),
    Column("Raison", 60),
    Column("Étape", 20),
    Column("Boîte", 44),
    Column("Reçu le", 17),
    Column("Taille (octets)", 15),
    Column("Relances", 10),
    Column("Empreinte", 66),
)
LEDGER = (
    Column("Jour", 13),
    Column("Boîte", 50),
    Column("Sur le serveur", 14),
    Column("Acceptés", 12),
    Column("Déjà connus", 12),
    Column("Refusés", 12),
    Column("Encore là", 12),
    Column("Différence", 12),
    Column("Journal", 12),
)
JOURNAL = (
    Column("N°", 10),
    Column("Date", 17),
    Column("Événement", 40),
    Column("Détail", 50),
    Column("Personne", 24),
    Column("Identifiant", 18),
    Column("À propos de", 18),
    Column("Nom", 70),
)


@dataclass(frozen=True, slots=True)
class Names:
    """What codes are called: kinds of documents, queues of circuits, logins."""

    kinds: Mapping[str, str]
    queues: Mapping[Place, str]
    people: Mapping[str, str]

    def queue(self, circuit: str, queue: str) -> str:
        """The title of a queue; one that nobody reads any more stays as it is written."""
        return self.queues.get((circuit, queue), queue)


def item(line: Line, called: Names) -> Sequence[Value]:
    """An item of a queue."""
    found, due = line.item, line.deadline
    return (
        found.id,
        found.created_at,
        called.queue(found.circuit, found.queue),
        present.state("item", found.state),
        called.kinds.get(found.kind, found.kind),
        found.title,
        found.sender,
        line.case_reference,
        line.beneficiary,
        due.due if due else found.next_due,
        present.state("status", due.status) if due else None,
        called.people.get(found.taken_by or "", found.taken_by),
        found.taken_by,
    )


def case(found: Case, answer: str) -> Sequence[Value]:
    """A case that a search found."""
    return (
        found.reference,
        " ".join(name for name in (found.patient_name, found.patient_first_names) if name),
        found.patient_birth_date,
        found.cnas_number,
        found.establishment_name,
        found.establishment_finess,
        present.state("case", found.state),
        answer,
    )


def call(found: Call, reason: str, reference: str | None, called: Names) -> Sequence[Value]:
    """Somebody to telephone."""
    queue = called.queue(found.circuit, found.queue) if found.queue else None
    return found.at, found.recipient, found.phone, reason, found.detail, reference, queue


def due_date(found: Deadline, reference: str | None) -> Sequence[Value]:
    """A due date."""
    return (
        found.due,
        found.title or found.kind,
        reference,
        present.state("deadline", found.state),
        present.state("status", found.status),
        found.basis,
    )


def contestation(found: Contestation, case: Case | None, titles: Mapping[str, str]) -> Sequence[Value]:
    """A contested claim."""
    return (
        found.reference,
        paris_date(found.received_at),
        found.claim_reference,
        case.reference if case else None,
        " ".join(name for name in (found.last_name, found.first_names) if name),
        (case.establishment_name if case else None) or found.establishment,
        found.starts,
        found.ends,
        _euros(found.amount),
        titles.get(found.reason, found.reason),
        present.state("contestation", found.state),
    )


def set_aside(found: Delivery) -> Sequence[Value]:
    """A message that stopped: nothing of what it says."""
    return (
        found.set_aside_at,
        found.set_aside_reason,
        present.state("step", found.set_aside_step),
        found.mailbox,
        found.received_at,
        found.size,
        found.releases,
        found.sha256,
    )


def event(told: Told, people: Mapping[str, str]) -> Sequence[Value]:
    """An event of the log."""
    who = people.get(told.person or "", told.person)
    return told.position, told.at, told.words, told.detail, who, told.person, *about(told.subject)


def balance(found: Balance) -> Sequence[Value]:
    """One mailbox on one day of the ledger."""
    return (
        found.day,
        found.mailbox or "Aucune boîte nommée",
        found.on_server,
        found.accepted,
        found.duplicates,
        found.refused,
        found.still_there,
        found.difference,
        found.position,
    )


def _euros(amount: str | None) -> Value:
    try:
        return Decimal(amount) if amount else None
    except InvalidOperation:
        return amount
