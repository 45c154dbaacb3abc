"""Addresses that gave a letter back for good: flagged in the directory, until one reaches them again.

Who calls: ``gateway/outbound/receipts.py`` when a delivery report says ``failed`` (``flag_failed``) or a
letter was delivered or read (``unflag_reached``), and ``gateway/outbound/dispatch.py`` when the next server
refuses the recipient for good. A full mailbox, a policy, a size or a fault of the sender's address says
nothing of the recipient's and flags nothing (RFC 3463, 3.2 to 3.8).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.circuits.directory import Directory
from gateway.circuits.people import ADDRESS
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from storage import addresses
from storage.db import Session
from storage.outbox import OutboxEntry

Event = tuple[Kind, str, Mapping[str, Any]]

_GONE = re.compile(r"5\.(?:1\.(?:0|1|2|3|4|6|10)|2\.1|4\.4)")
"""RFC 3463 and 7505: bad, unknown, ambiguous or moved address, domain without mail, mailbox disabled, no
route. Not 5.1.7 and 5.1.8, which are about the sender."""
_ENHANCED = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
_UNKNOWN = re.compile(
    r"(user|mailbox|recipient|address)\b.{0,40}\b(unknown|not found|does not exist|doesn't exist|disabled)"
    r"|(unknown|no such|invalid|inactive) (user|mailbox|recipient|address)"
    r"|(utilisateur|destinataire|adresse|boîte)\b.{0,40}\b(inconnue?|inexistante?)",
    re.IGNORECASE,
)


def flag_failed(
    session: Session, entry: OutboxEntry, at: datetime, status: str, reply: str
) -> tuple[Event, ...]:
    """Flag the recipient of ``entry`` when ``status`` or ``reply`` says that the address itself is bad.

    ``status`` is the enhanced code of the report (``5.1.1``), empty when only the server's ``reply`` is
    known. Returns the event to record, none when the fault is not the address's.
    """
    if not about_address(status, reply):
        return ()
    reason = " ".join(f"{status} {reply}".split())
    addresses.flag(session, entry.recipient, at, reason, entry.message_id)
    fields = {"action": "flagged", "address": entry.recipient, "reason": reason[:300]}
    return ((Kind.ADDRESS, f"outbox:{entry.message_id}", fields),)


def unflag_reached(session: Session, entry: OutboxEntry, at: datetime) -> tuple[Event, ...]:
    """A letter reached the recipient of ``entry``: no longer flagged. The event, when it was."""
    if not addresses.clear(session, entry.recipient, at):
        return ()
    fields = {"action": "reached", "address": entry.recipient}
    return ((Kind.ADDRESS, f"outbox:{entry.message_id}", fields),)


def to_ask(session: Session, directory: Directory, recipient: str, case_id: int | None = None) -> list[str]:
    """Flagged addresses that a letter to ``recipient`` may name, to be given another: those of its
    establishment, or of its own domain, and those letters of the case went to.

    Two people of one public mail provider are strangers: a whole domain counts only when the directory
    knows it as somebody's.
    """
    found = {*addresses.flagged(session, [recipient])}
    if case_id is not None:
        found |= {*addresses.flagged_of_case(session, case_id)}
    domain = recipient.rpartition("@")[2].lower()
    houses = [e for e in directory.establishments.values() if domain in e.domains]
    known = {d for house in houses for d in house.domains}
    if any(c.address.casefold() == f"@{domain}" for c in directory.correspondents):
        known.add(domain)
    found |= {*addresses.flagged_of_domains(session, known)}
    return sorted(address for address in found if address.rpartition("@")[2] in {domain, *known})


def settle(
    session: Session, address: str, person: str, at: datetime, replaced_by: str | None = None
) -> Event:
    """A person clears a flagged address, or names another in its place; the event to record.

    Raises ``NotFound`` for an address that was never flagged, ``Refused`` for one that is no address.
    """
    row = addresses.get(session, address)
    if row is None:
        raise NotFound("Cette adresse n’est pas signalée ; rien n’a changé, relisez l’annuaire.")
    if replaced_by is not None:
        replaced_by = replaced_by.strip()
        if not ADDRESS.fullmatch(replaced_by) or len(replaced_by) > 254:
            raise Refused("Ce n’est pas une adresse de messagerie ; rien n’a changé, corrigez-la.")
        if replaced_by.lower() == row.address:
            raise Refused("C’est l’adresse qui a échoué ; rien n’a changé, donnez-en une autre.")
    addresses.decide(session, address, person, at, replaced_by)
    fields = {
        "action": "replaced" if replaced_by else "cleared",
        "address": row.address,
        "replaced_by": replaced_by,
        "person": person,
    }
    return (Kind.ADDRESS, f"outbox:{row.letter}", fields)


def about_address(status: str, reply: str) -> bool:
    """Whether a permanent refusal is about the address: its enhanced code, else the words of the server."""
    found = _ENHANCED.search(status) or _ENHANCED.search(reply)
    if found is not None and found[0] != "5.0.0":
        return _GONE.fullmatch(found[0]) is not None
    return _UNKNOWN.search(reply) is not None
