"""A draft becomes the exact bytes that leave: MIME, then signed when we can, then encrypted when we may.

Signed first, encrypted after (RFC 8551, 3.7): the signature is as secret as what it signs. An encrypted
letter is encrypted for the mailbox it leaves from as well: who wrote it can read it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.outbound.compose import Draft
from gateway.outbound.encrypt import EncryptionName, TransportName, encrypted
from gateway.outbound.entity import boundary, entity
from gateway.outbound.heads import heads
from gateway.outbound.sign import signed, signs
from parsers.addressees import refusal_to_encrypt
from parsers.smime.model import Identity


class Protection(StrEnum):
    CLEAR = "clear"
    SIGNED = "signed"
    ENCRYPTED = "encrypted"


@dataclass(frozen=True, slots=True)
class Protected:
    """The message byte for byte as it leaves, and what protects it."""

    raw: bytes
    protection: Protection


def protect(
    draft: Draft,
    identity: Identity | None,
    chain: Sequence[bytes] = (),
    certificate: bytes | None = None,
    *,
    cipher: EncryptionName = "aes256-cbc",
    transport: TransportName = "oaep",
    receipt: bool = True,
) -> Protected:
    """The message, signed by ``identity`` when its certificate is valid that day.

    ``certificate``: the correspondent's, judged beforehand; the letter leaves encrypted.
    ``chain`` are the DER certificates between ours and the root: a reader without them cannot judge.
    Raises ``Refused`` when the identity's key cannot sign, ``ParseError`` when ``certificate`` cannot be
    encrypted for.
    """
    content = entity(draft)
    protection = Protection.CLEAR
    if identity is not None and signs(identity, draft.at):
        content = signed(content, identity, chain, boundary(draft, "signed"))
        protection = Protection.SIGNED
    if certificate is not None:
        own = (
            [identity.certificate] if identity and refusal_to_encrypt(identity.certificate) is None else []
        )
        content = encrypted(content, [certificate, *own], cipher, transport)
        protection = Protection.ENCRYPTED
    return Protected(heads(draft, receipt=receipt) + content, protection)
