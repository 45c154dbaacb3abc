"""Errors that may reach a person: one French sentence (what happened, what was kept, what to do)."""

from __future__ import annotations

from dataclasses import dataclass


class PasserelleError(Exception):
    """Base of our own errors. ``public`` is the French sentence; the cause stays in the log."""

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public


class NotFound(PasserelleError):
    """What was asked for does not exist, or not for this person."""


class Refused(PasserelleError):
    """The action is understood and denied; nothing changed."""


class Unavailable(PasserelleError):
    """A service (database, vault, peer) does not answer now; trying again is safe."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of the configuration: where, and what to write instead. ``line`` 0: whole file."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


class ConfigError(PasserelleError):
    """The configuration is refused, with every fault at once."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("Configuration refusée :\n" + "\n".join(f"  {fault}" for fault in faults))
        self.faults = faults
