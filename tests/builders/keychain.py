"""The identities of the samples: one authority, one RSA certificate an address, made when first asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from tests.builders import pki, smime
from tests.builders.pki import Issued


class Keychain:
    """Keys of one set of samples, all valid at ``at`` but those of ``expired``."""

    def __init__(self, at: datetime) -> None:
        self.authority = pki.create(at)
        self._at = at
        self._issued: dict[str, Issued] = {}

    def of(self, email: str) -> Issued:
        """The identity of an address."""
        if email not in self._issued:
            self._issued[email] = self.authority.issue(email, kind="rsa")
        return self._issued[email]

    def expired(self, email: str) -> Issued:
        """A certificate of the same address that ended ten days before ``at``."""
        return self.authority.issue(
            email,
            kind="rsa",
            not_before=self._at - timedelta(days=300),
            not_after=self._at - timedelta(days=10),
        )

    def sign(self, entity: bytes, by: Issued) -> bytes:
        """``multipart/signed``, with the chain as mail programs send it."""
        return smime.sign(entity, by.identity, chain=self.authority.chain, at=self._at)

    def seal(self, entity: bytes, by: Issued, to: str) -> bytes:
        """Signed, then encrypted for ``to``."""
        return smime.encrypt(self.sign(entity, by), [self.of(to).der])

    def write_trust(self, folder: Path) -> None:
        """The folders ``anchors``, ``intermediates`` and ``crls`` of the settings."""
        for name, issued in (
            ("anchors", self.authority.root),
            ("intermediates", self.authority.intermediate),
        ):
            (folder / name).mkdir(parents=True, exist_ok=True)
            pem = issued.certificate.public_bytes(serialization.Encoding.PEM)
            (folder / name / f"{name}.pem").write_bytes(pem)
        (folder / "crls").mkdir(parents=True, exist_ok=True)
