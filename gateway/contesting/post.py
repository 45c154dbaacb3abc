"""Letters of contestations: who gets them, what they may say in clear, and their place in the outbox.

Any may leave in clear: it names the case and the form by their references and documents by their hash,
never a person (decision 4). The evidence file, which names one, is joined only to a letter that leaves
encrypted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from gateway.circuits.directory import correspondent_of
from gateway.circuits.letter_page import page, plain
from gateway.circuits.letters import LetterCaisse, LetterContext, marked
from gateway.circuits.model import Circuit
from gateway.circuits.notice import reply_address
from gateway.clock import paris_date
from gateway.contesting.rooms import Contesting
from gateway.evidence.record import Kind
from gateway.outbound.acknowledge import queue_letter
from gateway.outbound.compose import Attached, Draft, message_id_for
from storage import deadlines, deliveries
from storage.cases import Case
from storage.contestations import Contestation
from storage.db import Session
from storage.deliveries import Delivery

Event = tuple[Kind, str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Joined:
    """A blob of the vault joined to a letter that leaves encrypted, and to no other."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Writing:
    """One letter to write. ``turn`` tells apart two letters of the same name about one contestation."""

    letter: str
    recipient: str | None
    sentences: tuple[str, ...] = ()
    due: date | None = None
    basis: str | None = None
    status: str | None = None
    turn: int = 0
    answers: str | None = None
    """Mail it answers, for the thread."""
    joined: Joined | None = None


def post(
    session: Session,
    rooms: Contesting,
    circuit: Circuit,
    found: Contestation,
    case: Case | None,
    writing: Writing,
    at: datetime,
) -> list[Event]:
    """Queue a letter; nothing when nobody is there to receive it (the caller says so)."""
    delivery = deliveries.get(session, found.delivery)
    letter = circuit.letters.get(writing.letter)
    if delivery is None or letter is None or not writing.recipient:
        return []
    mailbox = circuit.mailbox(delivery.mailbox) or circuit.mailboxes[0]
    caisse = rooms.directory.caisses.get(case.caisse or "") if case else None
    choice = rooms.choose(session, writing.recipient, at)
    subject, words = marked(
        letter,
        LetterContext(
            mailbox=mailbox,
            received_on=paris_date(delivery.received_at),
            today=paris_date(at),
            circuit_title=circuit.title,
            queue_title=mailbox.service,
            sender=writing.recipient,
            case_reference=case.reference if case else None,
            form_reference=case.form_reference if case else None,
            missing=writing.sentences,
            caisse=LetterCaisse(caisse.label, caisse.mailbox) if caisse else None,
            due=writing.due,
            basis=writing.basis,
            status=writing.status,
        ),
    )
    joined = writing.joined if writing.joined and choice.certificate is not None else None
    answered = deliveries.get(session, writing.answers) if writing.answers else None
    key = f"contestation:{found.reference}:{writing.turn}"
    draft = Draft(
        circuit=circuit.name,
        letter=writing.letter,
        mailbox=mailbox,
        recipient=writing.recipient,
        subject=subject,
        text=plain(words),
        html=page(subject, words),
        message_id=message_id_for(writing.letter, key, writing.recipient, mailbox.address),
        at=at,
        case_id=case.id if case else None,
        attached=(_file(rooms, joined),) if joined else (),
        in_reply_to=answered.message_id if answered else None,
        answers=False,
        why=choice.reasons,
    )
    leaving = rooms.protect(draft, choice)
    raw_sha256 = rooms.vault.put(leaving.raw, "letter")
    made = queue_letter(session, draft, raw_sha256, at, leaving.protection)
    return [made[1]] if made is not None else []


def _file(rooms: Contesting, joined: Joined) -> Attached:
    return Attached(joined.name, rooms.vault.get(joined.sha256), "application/zip")


def institution_of(session: Session, found: Contestation) -> str | None:
    """Address of whoever contested: its mail's, when it can be answered without telling a third party."""
    delivery = deliveries.get(session, found.delivery)
    return _address(delivery) if delivery else None


def hospital_of(session: Session, rooms: Contesting, case: Case) -> tuple[str, str] | None:
    """Address of the hospital that last wrote about ``case``, and the SHA-256 of that mail."""
    later = [sha for _, sha, _ in reversed(deadlines.arrivals_in_case(session, case.id or 0))]
    for sha in dict.fromkeys((*later, *([case.opener] if case.opener is not None else []))):
        mail = deliveries.get(session, sha)
        address = _address(mail) if mail else None
        known = correspondent_of(rooms.directory, address) if address else None
        if address and known is not None and known.role == "hospital":
            return address, sha
    return None


def caisse_of(rooms: Contesting, case: Case) -> str | None:
    """Mailbox of the caisse of the place of care."""
    caisse = rooms.directory.caisses.get(case.caisse or "")
    return caisse.mailbox if caisse else None


def sentences(*groups: Sequence[str]) -> tuple[str, ...]:
    """French sentences of a letter, once each, in order."""
    return tuple(dict.fromkeys(sentence for group in groups for sentence in group))


def _address(delivery: Delivery) -> str | None:
    signature = (delivery.security or {}).get("signature", "absent")
    return reply_address(delivery.sender, delivery.envelope_from, str(signature))
