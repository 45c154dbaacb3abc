"""Who is in the demo: accounts of each role, and the certificates of whom reports are forwarded to."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from gateway import bootstrap
from gateway.house import House
from gateway.outbound.harvest import decide
from gateway.settings import Settings
from gateway.web.doorstep.passwords import Passwords
from parsers.certificates import certificates_from, describe
from storage import certbook, people
from storage.certbook import CertificateState, KnownCertificate
from storage.people import Person

PASSWORD = "passerelle-demo"  # noqa: S105 - of a demo that listens on this machine only
ACCOUNTS = (
    ("admin.cnse", "Aline Morvan (CNSE administratif)", ["cnse-admin"]),
    ("medical.cnse", "Dr Yann Le Goff (CNSE pôle médical)", ["cnse-medical"]),
    ("cpam.595", "Lucie Delattre (CPAM de Lille-Douai)", ["cpam:595"]),
    ("superviseur", "Maëlle Kerbrat (supervision)", ["supervisor"]),
    ("auditeur", "Paul Riou (audit)", ["auditor"]),
    ("administrateur", "Inès Le Bras (administration)", ["admin"]),
)
_BY = "démonstration"


def medical_services(settings: Settings) -> list[str]:
    """Addresses of the directory that medical reports are forwarded to."""
    rules = bootstrap.rules(settings)
    roles = {c.forwarding.role for c in rules.by_name.values() if c.forwarding is not None}
    return [c.address for c in rules.directory.correspondents if c.role in roles and "@" in c.address[1:]]


def furnish(house: House, keys: Path, services: list[str]) -> None:
    """Accounts, and the certificate of each of ``services``, confirmed as ``admin certificates`` does.

    The shipped directory stays as it is: it holds no certificate of an authority nobody knows.
    """
    passwords = Passwords()
    at = house.clock.now()
    with house.database.transaction() as session:
        for login, name, roles in ACCOUNTS:
            people.add(
                session,
                Person(login=login, name=name, password_hash=passwords.hash(PASSWORD), roles=list(roles)),
            )
        events = []
        for address in services:
            (der,) = certificates_from((keys / f"{address}.cert.pem").read_bytes())
            certbook.propose(session, _proposed(der, address, at))
            (row,) = certbook.listed(session, [CertificateState.PROPOSED], 1)
            events.append(decide(session, row.id or 0, CertificateState.CONFIRMED, _BY, at)[1])
        house.recorder.add_all(session, events)


def _proposed(der: bytes, address: str, at: datetime) -> KnownCertificate:
    who = describe(der)
    return KnownCertificate(
        address=address.lower(),
        fingerprint=who.fingerprint,
        der=der,
        subject=who.subject,
        issuer=who.issuer,
        not_before=who.not_before,
        not_after=who.not_after,
        seen_at=at,
    )
