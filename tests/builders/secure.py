"""The small world of the secure mail tests: an authority, a hospital that signs, a mailbox that opens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

from parsers.smime.model import Identity, Opened, Trust
from parsers.smime.open import open_mail
from tests.builders import pki, smime

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SENDER = "bureau.international@chu-lille.example"
MAILBOX = "soins@cnse.example"
ENTITY = smime.text("Bonjour,\n\nCi-joint une attestation de droits complétée.\n")


@cache
def authority() -> pki.Authority:
    """One for all tests that do not revoke: those make their own."""
    return pki.create(AT)


@cache
def sender(kind: str = "p256") -> pki.Issued:
    return authority().issue(SENDER, kind=kind)


@cache
def mailbox(kind: str = "p256") -> pki.Issued:
    return authority().issue(MAILBOX, kind=kind)


def mail(entity: bytes, sent_by: str = SENDER) -> bytes:
    """A whole message around an entity."""
    return smime.message(entity, [("From", f"CHU <{sent_by}>"), ("To", MAILBOX), ("Subject", "SE 352")])


def read(
    raw: bytes,
    identities: Sequence[Identity] = (),
    trust: Trust | None = None,
    at: datetime = AT,
) -> Opened:
    """Open as the gateway would, believing ``authority`` unless told otherwise."""
    return open_mail(raw, identities, authority().trust() if trust is None else trust, at)
