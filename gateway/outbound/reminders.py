"""A notice of the deadlines becomes a letter in the outbox, its bytes in the vault first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.circuits.directory import Directory
from gateway.circuits.model import Circuit
from gateway.circuits.notice import Notice, Posted
from gateway.evidence.record import Kind
from gateway.outbound.acknowledge import PER_DAY, queue_letter, too_many
from gateway.outbound.compose import NoLetter, message_id_for, reminder
from gateway.outbound.protect import protect
from parsers.smime.model import Identity
from storage import outbox
from storage.db import Session
from storage.vault import Vault

Event = tuple[Kind, str, Mapping[str, Any]]


class ReminderPost:
    """What the sweep calls to write one reminder. ``identity_of`` gives the signer of a mailbox,
    ``chain`` the intermediate certificates (DER) its letters carry."""

    def __init__(
        self,
        vault: Vault,
        circuits: Mapping[str, Circuit],
        directory: Directory,
        identity_of: Callable[[str], Identity | None],
        per_day: int = PER_DAY,
        chain: Sequence[bytes] = (),
    ) -> None:
        self._vault = vault
        self._circuits = circuits
        self._directory = directory
        self._identity_of = identity_of
        self._per_day = per_day
        self._chain = chain

    def __call__(self, session: Session, notice: Notice, at: datetime) -> tuple[Posted, tuple[Event, ...]]:
        """Queue the letter of ``notice``; the line already there when it was queued before."""
        message_id = message_id_for(notice.letter, notice.key, notice.recipient, notice.mailbox)
        there = outbox.by_message_id(session, message_id)
        if there is not None:
            return Posted(entry_id=there.id), ()
        if too_many(session, notice.recipient, at, self._per_day):
            return Posted(), ()
        draft = reminder(self._circuits[notice.circuit], self._directory, notice, at)
        if isinstance(draft, NoLetter):
            return Posted(reason=draft.reason), ()
        raw = protect(draft, self._identity_of(draft.mailbox.address), self._chain)
        made = queue_letter(session, draft, self._vault.put(raw, "letter"), at)
        if made is None:
            there = outbox.by_message_id(session, message_id)
            return Posted(entry_id=there.id if there else None), ()
        return Posted(entry_id=made[0].id), (made[1],)
