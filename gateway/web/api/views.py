"""Rows and sheets as the API tells them: what the pages would show to the same person, no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gateway.web.api import models
from gateway.web.items import papers
from gateway.web.typed import Given
from storage import queues
from storage.cases import Case, Period
from storage.contestations import Contestation
from storage.deadlines import Deadline
from storage.deliveries import Delivery
from storage.sheets import Mailed


def line(found: queues.Line, titles: Mapping[str, str]) -> models.Line:
    """An item in a list."""
    item = found.item
    return models.Line(
        id=item.id or 0,
        circuit=item.circuit,
        queue=item.queue,
        state=str(item.state),
        kind=item.kind,
        kind_title=titles.get(item.kind, item.kind),
        title=item.title,
        sender=item.sender,
        received_at=item.created_at,
        taken_by=item.taken_by,
        version=item.version,
        case=found.case_reference,
        next_due=found.deadline.due if found.deadline else None,
    )


def document(shown: papers.Shown) -> models.Document:
    """A document; what ``papers.show`` sealed stays sealed."""
    return models.Document(
        id=shown.id,
        open=shown.open,
        kind=shown.kind,
        title=shown.title,
        name=shown.name if shown.open else None,
        confidentiality=shown.confidentiality,
        pages=shown.pages,
        sha256=shown.sha256,
        size=shown.size,
        media_type=shown.media_type,
        score=shown.score,
        fields=[_field(field) for field in shown.fields],
        issues=[
            models.IssueFound(severity=t.severity, message=t.message, page=t.page) for t in shown.troubles
        ],
        given=_given(shown.given) if shown.given is not None else None,
        unread=[name for name, _ in shown.unread],
    )


def _given(said: Given) -> models.TypeGiven:
    return models.TypeGiven(
        by=said.by, at=said.at, read_kind=said.kind, read_confidentiality=said.confidentiality
    )


def _field(read: papers.Field) -> models.FieldRead:
    return models.FieldRead(
        id=read.fact,
        name=read.name,
        label=read.label,
        value=read.value,
        normalised=read.normalised,
        page=read.page,
        source=read.source,
        confidence=read.confidence,
        person=read.person,
        conflict=read.conflict,
    )


def letters(found: Iterable[Mailed]) -> list[models.Letter]:
    """Letters with the reports about them, the latest first."""
    return [
        models.Letter(
            id=mailed.letter.id or 0,
            letter=mailed.letter.letter,
            subject=mailed.letter.subject,
            mailbox=mailed.letter.mailbox,
            recipient=mailed.letter.recipient,
            state=str(mailed.letter.state),
            created_at=mailed.letter.created_at,
            sent_at=mailed.letter.sent_at,
            receipts=[models.ReceiptSeen(action=r.action, at=r.at) for r in mailed.receipts],
        )
        for mailed in found
    ]


def due(found: Deadline, case: str | None) -> models.Due:
    """A due date of the case named ``case``."""
    return models.Due(
        id=found.id or 0,
        kind=found.kind,
        title=found.title or found.kind,
        due=found.due,
        state=str(found.state),
        confirmed=found.status == "confirmed",
        basis=found.basis,
        explanation=list(found.explanation),
        case=case,
    )


def case_line(case: Case) -> models.CaseLine:
    """A case in a list."""
    return models.CaseLine(
        reference=case.reference,
        circuit=case.circuit,
        state=str(case.state),
        opened_at=case.opened_at,
        beneficiary=" ".join(n for n in (case.patient_name, case.patient_first_names) if n),
        birth_date=case.patient_birth_date,
        cnas_number=case.cnas_number,
        establishment_finess=case.establishment_finess,
        establishment=case.establishment_name,
        caisse=case.caisse,
    )


def period(found: Period) -> models.PeriodSeen:
    """A period asked, granted or refused."""
    return models.PeriodSeen(
        origin=str(found.origin),
        status=str(found.status),
        starts=found.starts,
        ends=found.ends,
        amount=found.amount,
    )


def contestation(found: Contestation, case: str | None) -> models.ContestationSeen:
    """A contested claim."""
    return models.ContestationSeen(
        reference=found.reference,
        circuit=found.circuit,
        state=str(found.state),
        version=found.version,
        received_at=found.received_at,
        claim_reference=found.claim_reference,
        beneficiary=" ".join(n for n in (found.last_name, found.first_names) if n),
        establishment=found.establishment,
        starts=found.starts,
        ends=found.ends,
        amount=found.amount,
        reason=found.reason,
        case=case,
        outcome=str(found.outcome) if found.outcome else None,
    )


def set_aside(found: Delivery) -> models.SetAside:
    """A message that stopped: never its subject, its sender or a word of it."""
    return models.SetAside(
        delivery=found.sha256,
        mailbox=found.mailbox,
        received_at=found.received_at,
        set_aside_at=found.set_aside_at,
        step=found.set_aside_step,
        reason=found.set_aside_reason,
        releases=found.releases,
    )
