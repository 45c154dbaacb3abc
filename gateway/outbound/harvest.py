"""Certificates of correspondents seen in their validly signed mail: proposed, never used before a person.

Whoever signs a mail chooses the certificates it carries. A valid signature proves that the sender holds
the key that signed; that letters may be encrypted for it is a decision, taken on a page or at the command
line, and traced. The strangers' bytes are read in the limited child: ``screen`` is its ``harvest`` job.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.circuits.directory import Directory, correspondent_of
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from parsers.addressees import Harvested
from parsers.smime.model import Security, Signature, Trust
from storage import certbook
from storage.certbook import DECISIONS, CertificateState, KnownCertificate
from storage.db import Session

Event = tuple[Kind, str, Mapping[str, Any]]
Screen = Callable[[Sequence[bytes], Sequence[bytes], str, Trust, datetime], tuple[Harvested, ...]]

REFUSED = "refused"
"""Role of the directory: whoever must not be answered is not harvested either."""
WORDS = {
    CertificateState.PROPOSED: "à examiner",
    CertificateState.CONFIRMED: "confirmé",
    CertificateState.REJECTED: "écarté",
}


def harvested(
    security: Security, directory: Directory, trust: Trust, delivery: str, at: datetime, screen: Screen
) -> list[KnownCertificate]:
    """What a mail offers: rows to propose, none unless its signature is valid and is the sender's.

    Certificates that the files of the directory already hold for this address are left out.
    """
    address = (security.signer or "").lower()
    if security.signature is not Signature.VALID or "@" not in address:
        return []
    known = correspondent_of(directory, address)
    if known is not None and known.role == REFUSED:
        return []
    there = set(known.certificates) if known is not None else set[bytes]()
    signing = [
        signer.certificate
        for layer in security.layers
        for signer in layer.signers
        if signer.verdict is Signature.VALID and signer.certificate is not None
    ]
    found = screen(security.certificates, tuple(signing), address, trust, at)
    return [_row(one, address, delivery, at) for one in found if one.who.der not in there]


def propose(session: Session, rows: Sequence[KnownCertificate]) -> list[Event]:
    """Keep what is new; one event each, none for what was seen before, whatever was decided of it."""
    return [
        (
            Kind.CERTIFICATE,
            f"delivery:{row.seen_in}",
            {"action": "proposed", "address": row.address, "certificate": row.fingerprint},
        )
        for row in rows
        if certbook.propose(session, row)
    ]


def decide(
    session: Session, number: int, after: CertificateState, person: str, at: datetime
) -> tuple[KnownCertificate, Event]:
    """A person's word on a certificate; the row, and the event to record.

    Raises ``NotFound``, or ``Refused`` when that was decided already, when it is out of its dates, or when
    somebody else was faster.
    """
    row = certbook.get(session, number)
    if row is None:
        raise NotFound(f"Aucun certificat ne porte le numéro {number} ; rien n’a changé, relisez la liste.")
    before = row.state
    if after not in DECISIONS[before]:
        raise Refused(f"Ce certificat est déjà {WORDS[before]} ; rien n’a changé.")
    if after is CertificateState.CONFIRMED and at > row.not_after:
        raise Refused(
            f"Ce certificat a expiré le {row.not_after:%d/%m/%Y} ; rien n’a changé, attendez un message "
            "signé avec le nouveau."
        )
    if not certbook.decide(session, number, before, after, person, at):
        raise Refused(
            "Ce certificat vient d’être décidé par quelqu’un d’autre ; rien n’a changé, relisez-le."
        )
    fields = {
        "action": "confirmed" if after is CertificateState.CONFIRMED else "refused",
        "address": row.address,
        "certificate": row.fingerprint,
        "before": str(before),
        "state": str(after),
        "person": person,
    }
    return row, (Kind.CERTIFICATE, f"certificate:{number}", fields)


def out_of_dates(row: KnownCertificate, at: datetime) -> str | None:
    """Why a certificate does not serve at ``at`` by its dates (French); its bytes are not read again."""
    if at > row.not_after:
        return f"il a expiré le {row.not_after:%d/%m/%Y}."
    if at < row.not_before:
        return f"il ne vaut qu'à partir du {row.not_before:%d/%m/%Y}."
    return None


def _row(one: Harvested, address: str, delivery: str, at: datetime) -> KnownCertificate:
    who = one.who
    return KnownCertificate(
        address=address,
        fingerprint=who.fingerprint,
        der=who.der,
        subject=who.subject,
        issuer=who.issuer,
        not_before=who.not_before,
        not_after=who.not_after,
        verdict="signer" if one.signed else "carried",
        seen_in=delivery,
        seen_at=at,
    )
