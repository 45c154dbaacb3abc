"""The first two steps at work: layers off, nested secure mails opened, verdicts kept with evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from gateway.evidence.record import Kind
from gateway.house import House
from gateway.identities import mailbox_identities
from gateway.triage.nested import Unwrapped, unwrap
from gateway.triage.revocation import Proved
from gateway.triage.unseal import PROOF, judgment_rows, unseal, with_kept
from parsers.smime.model import Opened, Trust
from parsers.unpack import Unpacked
from storage import judgments
from storage.db import Session
from storage.deliveries import Delivery
from storage.errors import BlobDamaged, BlobNotFound
from storage.judgments import Judgment

Event = tuple[Kind, str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Evidence:
    """Rows of one step, their bytes already in the vault."""

    delivery: str
    rows: tuple[Judgment, ...]
    verdicts: tuple[str, ...]

    def write(self, session: Session) -> list[Event]:
        """Keep the rows; tell the log the first time."""
        if not judgments.add(session, self.rows):
            return []
        told = {
            "step": "judge",
            "verdicts": list(self.verdicts),
            "evidence": list(dict.fromkeys(row.sha256 for row in self.rows)),
        }
        return [(Kind.STEP, f"delivery:{self.delivery}", told)]


def open_delivery(
    house: House, delivery: Delivery, raw: bytes
) -> tuple[Proved, Callable[[Session], list[Event]]]:
    """The layers around the mail, and what writes the evidence of the verdict. Raises ``ParseError``."""
    trust = _trust(house, delivery)
    keys = mailbox_identities(house.ring, delivery.mailbox)
    proved = unseal(raw, keys, trust, delivery.received_at, house.reader.sandbox, house.proofs)
    return proved, _kept(house, delivery, [("", proved)], trust).write


def unwrap_delivery(
    house: House, delivery: Delivery, unpacked: Unpacked
) -> tuple[Unwrapped, Callable[[Session], list[Event]]]:
    """The secure mails nested in a mail, opened with the keys of its mailbox; and their evidence."""
    if not any("sealed" in found.meta for found in unpacked.found):
        return Unwrapped(unpacked), lambda _session: []
    trust = _trust(house, delivery)
    unwrapped = unwrap(
        unpacked,
        mailbox_identities(house.ring, delivery.mailbox),
        trust,
        delivery.received_at,
        house.reader.sandbox,
        house.proofs,
    )
    judged = [(layer.path, layer.proved) for layer in unwrapped.layers]
    return unwrapped, _kept(house, delivery, judged, trust).write


def opened_letter(house: House, raw: bytes, mailbox: str) -> bytes:
    """A letter of ours that left encrypted, opened with a key of the mailbox it left from: it was encrypted
    for that one too. Raises ``ParseError`` when it was not."""
    keys = mailbox_identities(house.ring, mailbox)
    opened: Opened = house.reader.sandbox.run("open", raw, tuple(keys), Trust(), house.clock.now())
    return opened.entity


def _trust(house: House, delivery: Delivery) -> Trust:
    """Whom to believe now, with the evidence of an earlier judgment of the same mail."""
    with house.database.reading() as session:
        rows = judgments.of_delivery(session, delivery.sha256)
    kept = []
    for row in rows:
        with suppress(BlobNotFound, BlobDamaged):
            kept.append((row.role, house.vault.get(row.sha256)))
    return with_kept(house.proofs.supplied(house.trust), kept)


def _kept(
    house: House, delivery: Delivery, judged: Sequence[tuple[str, Proved]], trust: Trust
) -> _Evidence:
    """Bytes of the evidence to the vault (blob first, row second)."""
    at = house.clock.now()
    rows: list[Judgment] = []
    for place, proved in judged:
        for row, der in judgment_rows(delivery.sha256, place, proved, trust, at):
            house.vault.put(der, PROOF)
            rows.append(row)
    verdicts = [str(proved.opened.security.signature) for _place, proved in judged]
    return _Evidence(delivery.sha256, tuple(rows), tuple(verdicts))
