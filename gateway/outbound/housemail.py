"""Mails of the house itself, to the witness of its log and to its operator: they answer and name nobody."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.circuits.model import Circuit, Mailbox
from gateway.evidence.record import Kind
from gateway.outbound.acknowledge import queue_letter
from gateway.outbound.compose import Attached, Draft, message_id_for
from gateway.outbound.seal import Seal
from storage import outbox
from storage.db import Session
from storage.vault import Vault

Event = tuple[Kind, str, Mapping[str, Any]]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HouseMail:
    """One mail: ``key`` makes it unique, so that it leaves once."""

    letter: str
    key: str
    recipient: str
    subject: str
    text: str
    attached: tuple[Attached, ...] = ()


class HousePost:
    """Queues such mails. ``sender``: the mailbox of a circuit they leave from; the first one when empty."""

    def __init__(
        self,
        vault: Vault,
        circuits: Mapping[str, Circuit],
        seal: Seal,
        sender: str | None = None,
    ) -> None:
        self._vault = vault
        self._seal = seal
        self._from = sender_of(circuits, sender)

    def is_queued(self, session: Session, mail: HouseMail) -> bool:
        """Whether this mail was already queued."""
        return self._from is not None and (
            outbox.by_message_id(session, self._message_id(mail, self._from[1])) is not None
        )

    def __call__(self, session: Session, mail: HouseMail, at: datetime) -> tuple[Event, ...]:
        """Queue the mail; nothing when it was queued before, or when no mailbox can send it."""
        if self._from is None:
            log.warning("a mail of the house has no mailbox to leave from", extra={"letter": mail.letter})
            return ()
        if self.is_queued(session, mail):
            return ()
        circuit, mailbox = self._from
        draft = Draft(
            circuit=circuit,
            letter=mail.letter,
            mailbox=mailbox,
            recipient=mail.recipient,
            subject=mail.subject,
            text=mail.text,
            message_id=self._message_id(mail, mailbox),
            at=at,
            attached=mail.attached,
            answers=False,
        )
        leaving = self._seal(draft, receipt=False)
        raw_sha256 = self._vault.put(leaving.raw, "letter")
        queued = queue_letter(session, draft, raw_sha256, at, leaving.protection)
        return () if queued is None else (queued[1],)

    @staticmethod
    def _message_id(mail: HouseMail, mailbox: Mailbox) -> str:
        return message_id_for(mail.letter, mail.key, mail.recipient, mailbox.address)


def sender_of(circuits: Mapping[str, Circuit], sender: str | None) -> tuple[str, Mailbox] | None:
    """The circuit and the mailbox these mails leave from; ``None`` when there is none of that address."""
    for circuit in circuits.values():
        for mailbox in circuit.mailboxes:
            if sender is None or mailbox.address.casefold() == sender.casefold():
                return circuit.name, mailbox
    return None
