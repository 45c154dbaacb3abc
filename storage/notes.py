"""Checkpoints as signed notes, in the text format of transparency logs.

```
passerelle                                     origin: name of this log
1042                                           size: entries sealed
47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=   root of the tree, base64
2026-11-23T09:00:00.000000Z                    our extension line: when

— passerelle 9dq2…                             base64 of: 4 bytes of key hash, 64 of Ed25519 signature
```
Sources: C2SP ``tlog-checkpoint`` and ``signed-note``. The signature covers all that is before the empty
line.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from storage.columns import instant_text
from storage.merkle import HASH

_ED25519 = b"\x01"
_DASH = "— "
_NOTE = re.compile(
    r"(?P<text>(?P<origin>[^\n]+)\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\n"
    r"(?P<at>[0-9T:.-]+Z)\n)\n" + _DASH + r"(?P<name>\S+) (?P<signature>[A-Za-z0-9+/=]+)\n"
)


class NoteRefused(ValueError):
    """The note is malformed, from another log, or its signature does not hold."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a note says: ``size`` entries, their ``root`` (32 bytes), ``at``."""

    size: int
    root: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: the log's name, its Ed25519 public key (32 bytes), and what signs (64 bytes)."""

    origin: str
    public_key: bytes
    sign: Callable[[bytes], bytes]


def key_hash(origin: str, public_key: bytes) -> bytes:
    return hashlib.sha256(origin.encode() + b"\n" + _ED25519 + public_key).digest()[:4]


def write(signer: Signer, checkpoint: Checkpoint) -> str:
    """The signed note of a checkpoint."""
    text = "\n".join(
        (
            signer.origin,
            str(checkpoint.size),
            base64.b64encode(checkpoint.root).decode(),
            instant_text(checkpoint.at),
            "",
        )
    )
    signature = key_hash(signer.origin, signer.public_key) + signer.sign(text.encode())
    return f"{text}\n{_DASH}{signer.origin} {base64.b64encode(signature).decode()}\n"


def read(note: str, origin: str, public_key: bytes) -> Checkpoint:
    """Verify a note and say what it says. Raises ``NoteRefused``."""
    match = _NOTE.fullmatch(note)
    if match is None:
        raise NoteRefused("malformed")
    if match["origin"] != origin or match["name"] != origin:
        raise NoteRefused("another log")
    try:
        signature = base64.b64decode(match["signature"], validate=True)
        root = base64.b64decode(match["root"], validate=True)
        at = datetime.fromisoformat(match["at"])
    except (binascii.Error, ValueError):
        raise NoteRefused("malformed") from None
    if len(root) != HASH or signature[:4] != key_hash(origin, public_key):
        raise NoteRefused("another key")
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature[4:], match["text"].encode())
    except InvalidSignature:
        raise NoteRefused("signature") from None
    return Checkpoint(int(match["size"]), root, at)


def cut(lines: Iterable[str], origin: str) -> Iterator[str]:
    """The notes of a file that holds several, each ended by an empty line (``framed`` writes it).

    A note cut by a crash lacks that line and is dropped: the next one begins with the origin.
    """
    pending: list[str] = []
    for line in lines:
        if line == f"{origin}\n":
            pending = []
        if line == "\n" and pending and pending[-1].startswith(_DASH):
            yield "".join(pending)
            pending = []
        else:
            pending.append(line)


def framed(note: str, before: bytes) -> bytes:
    """What to add to a file that ends with the byte ``before`` (empty: a new file)."""
    return (b"" if before in {b"", b"\n"} else b"\n") + f"{note}\n".encode()
