"""argon2id passwords: hashing, checking at a constant cost, and the delay after failures."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

MINIMUM = 12
"""Shortest password accepted when one is chosen (OWASP ASVS 2.1.1)."""
MAXIMUM = 128
"""Longest one accepted when chosen (OWASP ASVS 2.1.2)."""
FREE_ATTEMPTS = 3
FREE_ATTEMPTS_OF_AN_ADDRESS = 20
"""Many people of one caisse may share one address: it waits later than an account."""
FIRST_DELAY = timedelta(seconds=15)
LONGEST_DELAY = timedelta(minutes=15)

_LONGEST = 1024
_WORDS = (
    "motdepasse mdp password passw0rd passerelle azertyuiop azerty qwertyuiop qwerty qsdfghjklm wxcvbn"
    " abcdefgh abcdef bonjour soleil doudou chouchou loulou admin administrateur hopital cnse cpam cgss"
    " ameli assurance maladie sante france paris marseille lille vannes letmein welcome iloveyou secret"
    " monkey dragon football princesse camille nicolas thomas alexandre janvier fevrier mars avril juin"
    " juillet aout septembre octobre novembre decembre printemps automne hiver"
)
_COMMON = frozenset(_WORDS.split())
"""Words that begin most passwords: taken away before what is left is judged."""


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


def address_locked_until(failures: int, at: datetime) -> datetime | None:
    """The same growing delay for an address, after ``FREE_ATTEMPTS_OF_AN_ADDRESS`` failures."""
    return locked_until(failures - FREE_ATTEMPTS_OF_AN_ADDRESS + FREE_ATTEMPTS, at)


def weakness(password: str, *known: str) -> str | None:
    """Why a password may not be chosen (a French sentence), ``None`` when it may.

    ``known``: login, name, address of the person. Length first, as ASVS 2.1 and NIST SP 800-63B ask: no
    rule about kinds of characters; what everybody would try first is refused.
    """
    if len(password) < MINIMUM:
        return f"Le mot de passe doit compter au moins {MINIMUM} caractères ; une phrase convient bien."
    if len(password) > MAXIMUM:
        return f"Le mot de passe ne peut pas dépasser {MAXIMUM} caractères."
    plain = password.casefold()
    words = {w for text in known for w in re.split(r"[^\w]+", text.casefold()) if len(w) >= 4}
    rest = plain
    for word in sorted(words | _COMMON, key=len, reverse=True):
        rest = rest.replace(word, "")
    if len(re.sub(r"[\d\W_]", "", rest)) < 4 or len(set(plain)) < 6:
        return (
            "Ce mot de passe serait parmi les premiers essayés (nom, mot courant, suite de touches) ;"
            " choisissez plusieurs mots sans rapport entre eux."
        )
    return None
