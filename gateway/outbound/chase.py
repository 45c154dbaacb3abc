"""The letter that reminds of letters without any return: one a person and case, signed like the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from gateway.circuits.letter_page import page, plain
from gateway.circuits.letters import LetterContext, marked
from gateway.circuits.model import Circuit, Letter
from gateway.clock import paris_date
from gateway.evidence.record import Kind
from gateway.outbound.acknowledge import PER_DAY, queue_letter, too_many
from gateway.outbound.certificates import Choice, Chooser
from gateway.outbound.compose import Draft, NoLetter, message_id_for, permitted
from gateway.outbound.seal import Seal
from storage import addresses, cases, outbox
from storage.db import Session
from storage.outbox import OutboxEntry
from storage.vault import Vault

Event = tuple[Kind, str, Mapping[str, Any]]


class Chase(Protocol):
    """Writes the reminder of letters to one person; ``None``: not today; ``NoLetter``: never."""

    def __call__(
        self, session: Session, entries: Sequence[OutboxEntry], at: datetime
    ) -> tuple[Event, ...] | NoLetter | None: ...


class ChasePost:
    """The ``Chase`` of a house."""

    def __init__(
        self,
        vault: Vault,
        circuits: Mapping[str, Circuit],
        seal: Seal,
        per_day: int = PER_DAY,
        *,
        choose: Chooser | None = None,
    ) -> None:
        self._vault = vault
        self._circuits = circuits
        self._seal = seal
        self._per_day = per_day
        self._choose = choose

    def __call__(
        self, session: Session, entries: Sequence[OutboxEntry], at: datetime
    ) -> tuple[Event, ...] | NoLetter | None:
        """Queue one reminder of ``entries`` (of one person and case, the latest last).

        Its Message-ID comes from theirs: written twice, it is one letter.
        """
        latest = entries[-1]
        circuit = self._circuits.get(latest.circuit)
        letter = reminded_by(circuit, latest)
        if circuit is None or letter is None:
            return NoLetter("aucune lettre de relance n'est prévue par les règles")
        recipient = addresses.target(session, latest.recipient)
        if too_many(session, recipient, at, self._per_day):
            return None
        choice = self._choose(session, recipient, at) if self._choose else Choice(None, ())
        case = cases.by_id(session, latest.case_id) if latest.case_id is not None else None
        made = chasing(
            circuit,
            letter,
            entries,
            recipient,
            case.reference if case is not None else None,
            at,
            choice,
        )
        if isinstance(made, NoLetter):
            return made
        if outbox.by_message_id(session, made.message_id) is not None:
            return ()
        leaving = self._seal(made, choice)
        raw_sha256 = self._vault.put(leaving.raw, "letter")
        queued = queue_letter(session, made, raw_sha256, at, leaving.protection, follows=latest.id)
        return () if queued is None else (queued[1],)


def reminded_by(circuit: Circuit | None, entry: OutboxEntry) -> Letter | None:
    """The model that reminds of ``entry``, as the circuit says today."""
    model = circuit.letters.get(entry.letter) if circuit is not None else None
    if circuit is None or model is None or model.reminded_by is None:
        return None
    return circuit.letters.get(model.reminded_by)


def chasing(
    circuit: Circuit,
    letter: Letter,
    entries: Sequence[OutboxEntry],
    recipient: str,
    case_reference: str | None,
    at: datetime,
    choice: Choice,
) -> Draft | NoLetter:
    """The reminder itself; subjects are the only words of ours it repeats, and they name nobody."""
    latest = entries[-1]
    mailbox = circuit.mailbox(latest.mailbox)
    used = permitted(circuit, letter, encrypted=choice.certificate is not None)
    if mailbox is None:
        return NoLetter("la boîte de cette lettre n'est plus dans la configuration du circuit")
    if isinstance(used, NoLetter):
        return used
    context = LetterContext(
        mailbox=mailbox,
        received_on=paris_date(latest.created_at),
        today=paris_date(at),
        circuit_title=circuit.title,
        queue_title="",
        sender=recipient,
        case_reference=case_reference,
        due=paris_date(at + timedelta(days=max(latest.within_days, 1))),
        about=" ; ".join(dict.fromkeys(entry.subject for entry in entries)),
        about_date=paris_date(latest.sent_at) if latest.sent_at is not None else None,
    )
    subject, text = marked(used, context)
    return Draft(
        circuit=circuit.name,
        letter=used.name,
        mailbox=mailbox,
        recipient=recipient,
        subject=subject,
        text=plain(text),
        html=page(subject, text),
        message_id=message_id_for(used.name, f"follow:{latest.message_id}", recipient, mailbox.address),
        at=at,
        delivery=latest.delivery,
        case_id=latest.case_id,
        answers=False,
        why=choice.reasons,
    )
