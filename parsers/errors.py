"""The one family of errors that may leave ``parsers``.

Each error carries one French sentence a person can act on (``message``): what happened. It never
quotes the content of a document. ``code`` is stable and goes to logs and to the audit trail.
"""

from __future__ import annotations


class ParseError(Exception):
    """The bytes could not be understood; they are kept as received."""

    code = "unreadable"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Malformed(ParseError):
    """The bytes break the rules of their own format."""

    code = "malformed"


class Unsupported(ParseError):
    """The format is known and deliberately not opened (7z, RAR, an unknown cipher)."""

    code = "unsupported"


class TooLarge(ParseError):
    """A ceiling of ``parsers.limits`` was reached: size, pages, pixels, depth, expansion, time."""

    code = "too-large"


class Hostile(ParseError):
    """The bytes look built to harm: path traversal, bomb, contradictory structure."""

    code = "hostile"


class PasswordNeeded(ParseError):
    """The document is locked by a password that was not supplied."""

    code = "password"


class CannotDecrypt(ParseError):
    """An encrypted message that no available key opens, or whose ciphertext is damaged."""

    code = "cannot-decrypt"


class Crashed(ParseError):
    """The limited child process died or was stopped while it read these bytes."""

    code = "crashed"
