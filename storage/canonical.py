"""One sequence of bytes for one value: what is hashed and signed can be rebuilt by anyone.

A strict subset of RFC 8785 (JSON Canonicalization Scheme): objects whose names are made of ``a-z 0-9 _ -``
in code point order, arrays, strings in Unicode NFC without lone surrogates, integers between -(2^53 - 1)
and 2^53 - 1, ``true``, ``false``, ``null``. No floating point number, no space. Anything else is refused
rather than repaired, so that two different values never share their bytes.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Value: TypeAlias = "bool | int | str | Sequence[Value] | Mapping[str, Value] | None"

_NAME = re.compile(r"[a-z0-9_-]+")
_LARGEST = 2**53 - 1


class NotCanonical(ValueError):
    """The value, or the bytes, have no place in the canonical form."""


def canonical(value: Value) -> bytes:
    """The canonical bytes of a value. Raises ``NotCanonical``."""
    _check(value)
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain
    ).encode()


def read(raw: bytes) -> Value:
    """The value of canonical bytes. Raises ``NotCanonical`` for any other writing of it."""
    try:
        value: Value = json.loads(raw)
    except (ValueError, RecursionError):
        raise NotCanonical("not JSON") from None
    if canonical(value) != raw:
        raise NotCanonical("another writing of the same value")
    return value


def _plain(value: object) -> object:
    """Mappings and tuples the encoder does not know."""
    return dict(value) if isinstance(value, Mapping) else list(value)  # type: ignore[call-overload]


def _check(value: object) -> None:
    match value:
        case None | bool():
            return
        case int():
            if abs(value) > _LARGEST:
                raise NotCanonical("integer out of range")
        case str():
            _check_text(value)
        case Mapping():
            for name, inner in value.items():
                if not isinstance(name, str) or not _NAME.fullmatch(name):
                    raise NotCanonical("name of an object")
                _check(inner)
        case list() | tuple():
            for inner in value:
                _check(inner)
        case _:
            raise NotCanonical(f"type {type(value).__name__}")


def _check_text(text: str) -> None:
    if text.isascii():
        return
    if not unicodedata.is_normalized("NFC", text):
        raise NotCanonical("string not in NFC")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NotCanonical("lone surrogate") from None
