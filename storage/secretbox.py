"""Small secrets in the database: a text encrypted with the key ring, tied to what it belongs to.

``<id of the key>.<base64url of nonce (12 bytes), ciphertext, tag>``, AES-256-GCM; the context is
authenticated: a value copied to another row, or another person, no longer opens.
"""

from __future__ import annotations

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag

from storage.errors import BlobDamaged
from storage.keys import KeyRing

_NONCE = 12
_DOMAIN = "passerelle sealed v1\0"
_BROKEN = (
    "Une donnée protégée ne s'ouvre pas : elle est abîmée ou n'appartient pas à cette ligne ; rien n'a été"
    " modifié, recommencez ou demandez une réinitialisation."
)


def seal(ring: KeyRing, text: str, context: str) -> str:
    """Encrypt ``text`` with the active key. ``context`` names its owner, e.g. ``totp:agathe``."""
    key_id, nonce = ring.active_id, secrets.token_bytes(_NONCE)
    closed = ring.cipher(key_id).encrypt(nonce, text.encode(), (_DOMAIN + context).encode())
    return f"{key_id}.{base64.urlsafe_b64encode(nonce + closed).decode()}"


def unseal(ring: KeyRing, sealed: str, context: str) -> str:
    """The text of ``seal``. Raises ``BlobDamaged`` when altered or of another context, ``UnknownKey``."""
    key_id, _, body = sealed.partition(".")
    if len(key_id) != 16 or not key_id.isalnum():
        raise BlobDamaged(_BROKEN)
    try:
        raw = base64.urlsafe_b64decode(body)
        return (
            ring.cipher(key_id).decrypt(raw[:_NONCE], raw[_NONCE:], (_DOMAIN + context).encode()).decode()
        )
    except (InvalidTag, binascii.Error, ValueError) as error:
        raise BlobDamaged(_BROKEN) from error
