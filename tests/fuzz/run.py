"""One parser given many spoilt inputs under the ceilings of a limited child."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import time
import warnings
from pathlib import Path
from typing import Any

from parsers.limits import DEFAULT
from tests.fuzz.target import attempts
from tests.fuzz.targets import BY_NAME

KEPT = Path(__file__).parents[2] / "var" / "fuzz"


class TooSlow(BaseException):
    """One input took longer than a limited child is given."""


def _too_slow(_signal: int, _frame: object) -> None:
    raise TooSlow


def run(name: str, count: int) -> dict[str, Any]:
    """Give ``count`` inputs to one parser; what came out, in figures."""
    _silence()
    resource.setrlimit(resource.RLIMIT_AS, (DEFAULT.memory_bytes, DEFAULT.memory_bytes))
    signal.signal(signal.SIGALRM, _too_slow)
    target = BY_NAME[name]
    seen = read = 0
    slowest = 0.0
    surprises: dict[str, str] = {}
    began = time.monotonic()
    for attempt in attempts(target, count):
        signal.alarm(DEFAULT.wall_seconds)
        seen += 1
        read += attempt.read
        slowest = max(slowest, attempt.seconds)
        if attempt.surprise is not None:
            kind = type(attempt.surprise).__name__
            if kind not in surprises:
                surprises[kind] = _keep(name, attempt.data)
    signal.alarm(0)
    return {
        "target": name,
        "inputs": seen,
        "read": read,
        "refused": seen - read,
        "minutes": round((time.monotonic() - began) / 60, 1),
        "slowest_ms": round(slowest * 1000),
        "surprises": surprises,
    }


def _silence() -> None:
    """Decoders print on standard error what they think of each input."""
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    warnings.simplefilter("ignore")


def _keep(name: str, data: bytes) -> str:
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    return path.name
