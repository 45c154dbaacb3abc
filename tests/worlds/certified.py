"""A correspondent whose certificate a person confirmed: letters to it leave encrypted."""

from __future__ import annotations

import hashlib
from datetime import datetime

from storage import certbook
from storage.certbook import CertificateState, KnownCertificate
from storage.db import Database
from tests.builders import pki
from tests.builders.pki import Issued


def certify(database: Database, address: str, at: datetime) -> Issued:
    """Give ``address`` a certificate that serves at ``at``; its key opens what leaves."""
    issued = pki.create(at).issue(address, kind="rsa")
    with database.transaction() as session:
        certbook.propose(
            session,
            KnownCertificate(
                address=address.lower(),
                fingerprint=hashlib.sha256(issued.der).hexdigest(),
                der=issued.der,
                subject=address,
                issuer="AC",
                not_before=issued.certificate.not_valid_before_utc,
                not_after=issued.certificate.not_valid_after_utc,
                seen_at=at,
            ),
        )
        (found,) = [
            c for c in certbook.listed(session, [CertificateState.PROPOSED], 50) if c.address == address
        ]
        before, after = CertificateState.PROPOSED, CertificateState.CONFIRMED
        assert certbook.decide(session, found.id or 0, before, after, "sylvie", at)
    return issued
