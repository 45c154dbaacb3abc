"""Mails that wait for a key, carried again when one that opens them is there, however it came there."""

from __future__ import annotations

import hashlib

from gateway import flow, opening
from gateway.evidence.record import Kind
from gateway.house import House
from gateway.triage.unpack import unpack
from parsers.errors import ParseError
from parsers.smime.model import Decryption
from storage import deliveries
from storage.deliveries import Delivery


def open_locked(house: House, mailbox: str, person: str, *, carry: bool = True) -> tuple[int, int]:
    """Send each mail that a key of the mailbox now opens back to its start; how many, how many stay shut.

    ``person``: who added the key, for the log. Unless ``carry``, the workers take them from there.
    """
    with house.database.reading() as session:
        waiting = deliveries.locked(session, mailbox)
    opened = [sha256 for sha256 in waiting if _reopened(house, sha256, person)]
    for sha256 in opened if carry else ():
        flow.run_to_rest(house, sha256)
    return len(opened), len(waiting) - len(opened)


class Locks:
    """Looks at the key folder now and then: a key copied there by hand opens what waits for it.

    Asked by one thread at a time.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._seen: dict[str, str] = {}

    def once(self) -> int:
        """Try the mailboxes whose keys have changed since the last time; returns how many mails opened."""
        found = 0
        for mailbox in self._mailboxes():
            state = self._state(mailbox)
            if self._seen.get(mailbox) != state:
                found += open_locked(self._house, mailbox, "passerelle", carry=False)[0]
                self._seen[mailbox] = state
        return found

    def _mailboxes(self) -> list[str]:
        circuits = self._house.circuits.by_name.values()
        return [box.address for circuit in circuits for box in circuit.mailboxes]

    def _state(self, mailbox: str) -> str:
        digest = hashlib.sha256()
        for stored in self._house.ring.identities(mailbox):
            digest.update(hashlib.sha256(stored.pem).digest())
        return digest.hexdigest()


def _reopened(house: House, sha256: str, person: str) -> bool:
    """Send one mail back to its start, unless its layers, or those of a nested mail, still lack a key."""
    with house.database.reading() as session:
        delivery = deliveries.get(session, sha256)
    if delivery is None:
        return False
    try:
        if _is_shut(house, delivery):
            return False
    except ParseError:
        return False
    with house.database.transaction() as session:
        if not deliveries.reopen(session, sha256, house.clock.now()):
            return False
        house.recorder.add(
            session,
            Kind.RELEASED,
            f"delivery:{sha256}",
            step="unseal",
            reason="une clé ajoutée ouvre ce message",
            person=person,
        )
    return True


def _is_shut(house: House, delivery: Delivery) -> bool:
    raw = house.vault.get(delivery.sha256)
    opened = opening.open_delivery(house, delivery, raw)[0].opened
    if opened.security.decryption is Decryption.NO_KEY:
        return True
    before = _locked_inside(delivery.security)
    if not before:
        return False
    found = unpack(raw, opened.entity, house.reader.sandbox)
    layers = opening.unwrap_delivery(house, delivery, found)[0].layers
    now = {layer.path for layer in layers if layer.proved.opened.security.decryption is Decryption.NO_KEY}
    return before <= now


def _locked_inside(security: dict[str, object] | None) -> set[str]:
    nested = (security or {}).get("nested")
    layers = nested if isinstance(nested, list) else []
    return {str(layer["path"]) for layer in layers if layer["decryption"] == Decryption.NO_KEY}
