"""Which fields of an event are sealed as they are: codes, numbers, dates and hashes that name nobody.

Deny by default: a field that is not listed here, or whose value has not the shape of its type, is hidden
behind a salted commitment and its value lies beside, where it can be erased (decision 8). Addresses,
logins, names, references of cases, subjects and free sentences are never listed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from storage.canonical import Value


class Type(StrEnum):
    """The shape of a field sealed in clear."""

    CODE = "code"
    """A word of ours: letters, digits and ``. _ : / + -``, 80 at most, no space."""
    NUMBER = "number"
    FLAG = "flag"
    DATE = "date"
    HASH = "hash"
    CODES = "codes"


FIELDS: Mapping[str, Type] = {
    "accepted": Type.NUMBER,
    "action": Type.CODE,
    "answers": Type.CODES,
    "attempt": Type.NUMBER,
    "blobs": Type.NUMBER,
    "bytes": Type.HASH,
    "checkpoint": Type.NUMBER,
    "code": Type.CODE,
    "confidentiality": Type.CODE,
    "count": Type.NUMBER,
    "day": Type.DATE,
    "delivery": Type.HASH,
    "difference": Type.NUMBER,
    "document": Type.HASH,
    "due": Type.DATE,
    "duplicates": Type.NUMBER,
    "ends": Type.DATE,
    "field": Type.CODE,
    "kind": Type.CODE,
    "letter": Type.CODE,
    "medical": Type.FLAG,
    "missing": Type.NUMBER,
    "old_confidentiality": Type.CODE,
    "old_kind": Type.CODE,
    "on_server": Type.NUMBER,
    "outcome": Type.CODE,
    "page": Type.NUMBER,
    "pages": Type.NUMBER,
    "position": Type.NUMBER,
    "queue": Type.CODE,
    "queues": Type.CODES,
    "refused": Type.NUMBER,
    "report": Type.CODE,
    "roles": Type.CODES,
    "rules": Type.HASH,
    "scans": Type.NUMBER,
    "sha256": Type.HASH,
    "size": Type.NUMBER,
    "starts": Type.DATE,
    "state": Type.CODE,
    "status": Type.CODE,
    "step": Type.CODE,
    "still_there": Type.NUMBER,
    "token": Type.CODE,
    "uid": Type.NUMBER,
    "uidvalidity": Type.NUMBER,
    "unseen": Type.NUMBER,
    "values": Type.NUMBER,
    "via": Type.CODE,
}

_CODE = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._:/+-]{0,79})?")
_SHAPES: Mapping[Type, re.Pattern[str]] = {
    Type.CODE: _CODE,
    Type.DATE: re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2})?"),
    Type.HASH: re.compile(r"(?:[0-9a-f]{64})?"),
}


def is_plain(name: str, value: Value) -> bool:
    """Whether this field may be sealed in clear."""
    wanted = FIELDS.get(name)
    if wanted is None:
        return False
    if value is None:
        return True
    if isinstance(value, bool):
        return wanted is Type.FLAG
    if isinstance(value, int):
        return wanted is Type.NUMBER
    if isinstance(value, str):
        shape = _SHAPES.get(wanted)
        return shape is not None and shape.fullmatch(value) is not None
    if isinstance(value, Mapping):
        return False
    return wanted is Type.CODES and all(isinstance(v, str) and _CODE.fullmatch(v) for v in value)
