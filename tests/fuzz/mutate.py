"""Seeded mutations of sound samples: the same inputs at every run, a fixed number of them.

``PASSERELLE_FUZZ`` raises that number for every parser (at night, 100,000: docs/operations.md).
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence

from hypothesis import HealthCheck, settings

_TOKENS = (
    b"\r\n", b"\n", b"\r", b"\x00", b"\xff", b"--", b";", b"=", b'"', b"<", b">", b"(", b"=?utf-8?b?",
    b"?=", b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"Content-Type: message/rfc822\r\n\r\n",
    b"PK\x03\x04", b"<!DOCTYPE a>",
)  # fmt: skip


def inputs(usual: int) -> int:
    """How many inputs a test tries: ``usual``, unless the environment asks for more."""
    return max(usual, int(os.environ.get("PASSERELLE_FUZZ", "0")))


def tries(usual: int) -> settings:
    """The same inputs at every run for what hypothesis makes, as many as ``inputs`` says."""
    return settings(
        max_examples=inputs(usual),
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
        database=None,
    )


def mutations(samples: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """``count`` spoilt copies of the samples in turn."""
    chance = random.Random(seed)
    for number in range(count):
        data = bytearray(samples[number % len(samples)])
        for _ in range(chance.choice((1, 1, 2, 4, 16))):
            _spoil(data, chance)
        yield bytes(data)


def _spoil(data: bytearray, chance: random.Random) -> None:
    if not data:
        data += chance.choice(_TOKENS)
        return
    start = chance.randrange(len(data))
    end = min(len(data), start + chance.choice((1, 2, 4, 16, 64, 300)))
    match chance.randrange(7):
        case 0:
            data[start] ^= 1 << chance.randrange(8)
        case 1:
            del data[start:end]
        case 2:
            data[start:start] = data[start:end] * chance.choice((1, 3, 20))
        case 3:
            data[start:start] = chance.choice(_TOKENS)
        case 4:
            data[start:end] = chance.randbytes(end - start)
        case 5:
            del data[start:]
        case _:
            other = chance.randrange(len(data))
            data[start:end] = data[other : other + end - start]
