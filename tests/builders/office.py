"""Rows of the office of ``seed.py``, one verb each, flushed so that their ids are known."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from parsers.documents import inspect
from storage.cases import Case, CaseDocument, Item, Period, PeriodOrigin, PeriodStatus
from storage.db import Session
from storage.deadlines import Deadline, DeadlineState
from storage.deliveries import Arrival, Delivery, DeliveryState, Via
from storage.documents import Document, FactRow
from storage.outbox import OutboxEntry, OutboxState
from storage.vault import Vault

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CIRCUIT = "soins-programmes-algerie"
ADMINISTRATIVE_BOX = "etab.ri-cnse.cpam-vannes@assurance-maladie.fr"
MEDICAL_BOX = "protocole.algerien@assurance-maladie.fr"
HOSPITAL = "admissions@chu-lille.example"


@dataclass
class Office:
    """Where rows are written, and the ids of what was written, by short names."""

    session: Session
    vault: Vault
    items: dict[str, int] = field(default_factory=dict)
    documents: dict[str, int] = field(default_factory=dict)
    issues: dict[str, int] = field(default_factory=dict)
    deliveries: dict[str, str] = field(default_factory=dict)


def received(
    office: Office,
    name: str,
    at: datetime,
    *,
    sender: str = HOSPITAL,
    mailbox: str = ADMINISTRATIVE_BOX,
    subject: str = "Envoi",
    kind: str = "mail",
    security: dict[str, Any] | None = None,
) -> Delivery:
    sha = office.vault.put(name.encode())
    office.deliveries[name] = sha
    delivery = Delivery(
        sha256=sha,
        size=184_320,
        state=DeliveryState.SCHEDULED,
        received_at=at,
        mailbox=mailbox,
        envelope_from=sender,
        circuit=CIRCUIT,
        message_id=f"<{name}@chu-lille.example>",
        sender=sender,
        recipients=[mailbox],
        subject=subject,
        kind=kind,
        security=security
        or {
            "encrypted": True,
            "decryption": "ok",
            "signature": "valid",
            "signer": sender,
            "reasons": ["Chiffré pour la boîte (AES-256).", "Signé par une autorité reconnue."],
        },
        decision={
            "circuit": CIRCUIT,
            "routes": [],
            "letter": None,
            "reasons": ["L'expéditeur est un établissement de l'annuaire."],
            "rules_hash": "0" * 64,
        },
    )
    office.session.add(delivery)
    office.session.flush()
    office.session.add(
        Arrival(
            delivery=sha, via=Via.SMTP, mailbox=mailbox, at=at, envelope_from=sender, recipients=[mailbox]
        )
    )
    office.session.flush()
    return delivery


def paper(
    office: Office,
    mail: Delivery,
    key: str,
    content: bytes,
    *,
    name: str,
    kind: str,
    medical: bool = False,
    page: int = 1,
    media_type: str = "application/pdf",
    position: int | None = None,
) -> Document:
    document = Document(
        delivery=mail.sha256,
        position=page if position is None else position,
        path=str(page),
        name=name,
        media_type=media_type,
        sha256=office.vault.put(content),
        size=len(content),
        first_page=page,
        pages=1,
        kind=kind,
        score=0.97,
        reasons=["Le titre du formulaire est imprimé en tête."],
        confidentiality="medical" if medical else "administrative",
    )
    office.session.add(document)
    office.session.flush()
    office.documents[key] = document.id or 0
    return document


_read_once = lru_cache(maxsize=16)(inspect)


def read_form(session: Session, document: Document, content: bytes) -> None:
    """The widgets of the form as facts, each with its place."""
    for widget in _read_once(content, "application/pdf").fields:
        if widget.box is None or "." in widget.name or not widget.value:
            continue
        box = [widget.box.x0, widget.box.y0, widget.box.x1, widget.box.y1]
        fact = reading(document, widget.name, widget.value, _typed(widget.value), 1.0, source="acroform")
        fact.box = box
        session.add(fact)
    session.flush()


def _typed(value: str) -> str:
    parts = value.split("/")
    return "-".join(reversed(parts)) if len(parts) == 3 and all(p.isdigit() for p in parts) else value


def reading(
    document: Document,
    name: str,
    value: str,
    normalised: str | None,
    confidence: float,
    *,
    source: str = "text",
) -> FactRow:
    return FactRow(
        document_id=document.id or 0,
        name=name,
        value=value,
        normalised=normalised,
        page=document.first_page,
        source=source,
        confidence=confidence,
        at=AT,
    )


def work(
    office: Office,
    key: str,
    mail: Delivery,
    queue: str,
    *,
    kind: str,
    title: str,
    case: Case | None,
) -> Item:
    item = Item(
        delivery=mail.sha256,
        circuit=CIRCUIT,
        queue=queue,
        case_id=case.id if case else None,
        kind=kind,
        title=title,
        sender=mail.sender or "",
        reasons=["Circulaire 31/2021, §3 : le type du document désigne la file."],
        forward_to=[mail.mailbox],
        created_at=mail.received_at,
        caisse=case.caisse if case else None,
        finess=case.establishment_finess if case else None,
    )
    office.session.add(item)
    office.session.flush()
    office.items[key] = item.id or 0
    return item


def filed(session: Session, case: Case, document: Document) -> None:
    session.add(CaseDocument(document_id=document.id or 0, case_id=case.id or 0, filed_at=AT))
    session.flush()


def covered(
    session: Session,
    case: Case,
    document: Document,
    status: PeriodStatus,
    *,
    starts: date,
    ends: date,
    amount: str,
) -> None:
    origin = PeriodOrigin.AUTHORISATION if status is PeriodStatus.GRANTED else PeriodOrigin.EXTENSION
    session.add(
        Period(
            case_id=case.id or 0,
            document_id=document.id or 0,
            origin=origin,
            status=status,
            starts=starts,
            ends=ends,
            amount=amount,
            at=AT,
        )
    )
    session.flush()


def answered(session: Session, mail: Delivery, case: Case, subject: str, state: OutboxState) -> OutboxEntry:
    sent = None if state is OutboxState.QUEUED else mail.received_at + timedelta(minutes=2)
    letter = OutboxEntry(
        message_id=f"<accuse-{mail.sha256[:12]}@passerelle.example>",
        circuit=CIRCUIT,
        letter="accuse",
        mailbox=mail.mailbox,
        recipient=mail.sender or "",
        subject=subject,
        raw_sha256="0" * 64,
        delivery=mail.sha256,
        case_id=case.id,
        state=state,
        created_at=mail.received_at,
        next_attempt_at=mail.received_at,
        sent_at=sent,
        attempts=0 if sent is None else 1,
    )
    session.add(letter)
    session.flush()
    return letter


def due(session: Session, case: Case, kind: str, title: str, *, on: date, status: str) -> None:
    session.add(
        Deadline(
            kind=kind,
            title=title,
            origin=f"case:{case.id}:{kind}",
            circuit=CIRCUIT,
            case_id=case.id,
            due=on,
            basis="Circulaire 31/2021, §3a et §3b",
            status=status,
            state=DeadlineState.OPEN,
            explanation=["Compté depuis les dates du formulaire."],
            created_at=AT,
        )
    )
    session.flush()
