"""argon2id passwords: hashing, checking at a constant cost, and the delay after failures."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

MINIMUM = 12
"""Shortest password accepted when one is chosen (OWASP ASVS 2.1.1)."""
FREE_ATTEMPTS = 3
FIRST_DELAY = timedelta(seconds=15)
LONGEST_DELAY = timedelta(minutes=15)

_LONGEST = 1024


class Passwords:
    """argon2id with the parameters of RFC 9106 (64 MiB, 3 passes): at most two computed at a time."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._room = BoundedSemaphore(2)
        self._nobody = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        with self._room:
            return self._hasher.hash(password)

    def check(self, stored: str | None, password: str) -> bool:
        """Whether ``password`` is right; without a stored hash the same time is spent, then ``False``."""
        if len(password) > _LONGEST:
            return False
        with self._room:
            try:
                self._hasher.verify(stored or self._nobody, password)
            except (VerificationError, InvalidHashError):
                return False
        return bool(stored)


def locked_until(attempts: int, at: datetime) -> datetime | None:
    """Until when the account waits after ``attempts`` without success: 15 s, doubled to 15 min."""
    if attempts < FREE_ATTEMPTS:
        return None
    doublings = min(attempts - FREE_ATTEMPTS, 10)
    delay: timedelta = FIRST_DELAY * 2**doublings
    return at + min(delay, LONGEST_DELAY)
