"""How every letter of a house is signed and encrypted: one value, asked by whatever writes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.outbound.certificates import Choice
from gateway.outbound.compose import Draft
from gateway.outbound.encrypt import EncryptionName, TransportName
from gateway.outbound.protect import Protected, protect
from parsers.smime.model import Identity


def nobody(_mailbox: str) -> Identity | None:
    """The signer of a house without keys."""
    return None


@dataclass(frozen=True, slots=True)
class Seal:
    """A letter is signed by the mailbox it leaves from, whichever mailbox its mail came to."""

    identity_of: Callable[[str], Identity | None] = nobody
    """The signer of a mailbox; asked at each letter, so that a key put there serves at once."""
    chain: tuple[bytes, ...] = ()
    """The intermediate certificates (DER) its letters carry."""
    cipher: EncryptionName = "aes256-cbc"
    transport: TransportName = "oaep"

    def __call__(self, draft: Draft, choice: Choice | None = None, *, receipt: bool = True) -> Protected:
        """The exact bytes that leave, encrypted when ``choice`` found a certificate.

        Raises ``Refused`` when the mailbox's key cannot sign, ``ParseError`` when the certificate chosen
        cannot be encrypted for.
        """
        return protect(
            draft,
            self.identity_of(draft.mailbox.address),
            self.chain,
            choice.certificate if choice is not None else None,
            cipher=self.cipher,
            transport=self.transport,
            receipt=receipt,
        )
