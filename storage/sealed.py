"""What an event seals, format 2: one canonical record, with personal values as salted commitments.

```
{"at":"…","fields":{"page":2},"hidden":{"person":"<hex>"},"kind":"access","n":7,"subject":"<hex>","v":2}
```
``fields`` are codes, numbers and dates that name nobody; each value of ``hidden``, and ``subject``, is
the SHA-256 of a salt of 16 random bytes followed by the canonical bytes of the value. Salt and value lie
beside, in a table whose rows may be dropped without changing one sealed byte (decision 8). Pure.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import NamedTuple, TypeAlias, cast

from storage.canonical import NotCanonical, Value, canonical, read

VERSION = 2
SALT = 16
SUBJECT = "@"
"""Name, in the table of clear values, of the subject: no field can bear it."""
NAME_MAX = 60

Plain: TypeAlias = Callable[[str, Value], bool]
"""Whether a field (name, value) may be sealed as it is: it names nobody."""

_KIND = re.compile(r"[a-z][a-z0-9-]{0,59}")
_KEYS = {"at", "fields", "hidden", "kind", "n", "subject", "v"}


class Clear(NamedTuple):
    """One value that lies beside the log; ``value`` is its canonical bytes."""

    field: str
    salt: bytes
    value: bytes


class Body(NamedTuple):
    """A sealed record, read."""

    at: str
    fields: Mapping[str, Value]
    hidden: Mapping[str, str]
    kind: str
    n: int
    subject: str
    v: int


class OtherFormat(ValueError):
    """The record is of a format that this version does not read; the argument is its number."""


def nothing(_name: str, _value: Value) -> bool:
    """Every field is hidden."""
    return False


def commitment(salt: bytes, value: bytes) -> str:
    """SHA-256 of the salt followed by the value, in hexadecimal: hides it, and binds to it."""
    return sha256(salt + value).hexdigest()


def seal(
    at: str, kind: str, position: int, subject: str, fields: Mapping[str, Value], plain: Plain = nothing
) -> tuple[bytes, list[Clear]]:
    """The sealed bytes of an event and the values that lie beside; ``at`` as ``instant_text`` writes it.

    Raises ``NotCanonical`` for a kind, a name or a value without canonical form.
    """
    if not _KIND.fullmatch(kind):
        raise NotCanonical("kind of an event")
    shown: dict[str, Value] = {}
    clears = [Clear(SUBJECT, secrets.token_bytes(SALT), canonical(subject))]
    for name in sorted(fields):
        if len(name) > NAME_MAX:
            raise NotCanonical("name of a field")
        if plain(name, fields[name]):
            shown[name] = fields[name]
        else:
            clears.append(Clear(name, secrets.token_bytes(SALT), canonical(fields[name])))
    record: dict[str, Value] = {
        "at": at,
        "fields": shown,
        "hidden": {clear.field: commitment(clear.salt, clear.value) for clear in clears[1:]},
        "kind": kind,
        "n": position,
        "subject": commitment(clears[0].salt, clears[0].value),
        "v": VERSION,
    }
    return canonical(record), clears


def unseal(body: bytes) -> Body:
    """Read sealed bytes. Raises ``OtherFormat``, or ``NotCanonical`` when they are no record of ours."""
    try:
        record = json.loads(body)
    except (ValueError, RecursionError):
        raise NotCanonical("not a record") from None
    if not isinstance(record, dict):
        raise NotCanonical("not a record")
    if record.get("v") != VERSION:
        raise OtherFormat(str(record.get("v")))
    # the encoder alone, not canonical(): a million records are read at each verification
    written = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if record.keys() != _KEYS or written.encode("utf-8", "surrogatepass") != body:
        raise NotCanonical("another writing")
    if not isinstance(record["hidden"], dict) or not isinstance(record["fields"], dict):
        raise NotCanonical("fields of a record")
    return Body(**record)


def opened(body: bytes, clears: Iterable[Clear]) -> tuple[dict[str, Value], bool]:
    """The fields of an event, from both sides, and whether a value beside was dropped."""
    sealed = unseal(body)
    fields = dict(sealed.fields)
    kept = {clear.field: clear for clear in clears}
    for name in sealed.hidden:
        if name in kept:
            fields[name] = read(kept[name].value)
    return fields, SUBJECT not in kept or any(name not in kept for name in sealed.hidden)


def subject_of(clear: Clear) -> str:
    """The subject that a value beside tells."""
    return cast("str", read(clear.value))
