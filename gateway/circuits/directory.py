"""Who is who: caisses, establishments, correspondents. Types and look-ups; ``load.py`` reads the CSVs."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Caisse:
    """A current caisse: 3-digit SNDS code, département (``59``, ``2A``, ``974``), its generic mailbox."""

    code: str
    label: str
    departement: str
    mailbox: str | None
    certificate: str | None = None


@dataclass(frozen=True, slots=True)
class Establishment:
    """A hospital by FINESS; ``commune`` is the INSEE code, needed where several caisses share a département."""

    finess: str
    name: str
    commune: str | None
    caisse: str | None
    """Three-digit code when the directory knows it; else deduced from the département."""
    domains: tuple[str, ...] = ()
    """Mail domains the establishment writes from."""


@dataclass(frozen=True, slots=True)
class Correspondent:
    """An address or a whole domain (``@chu.example``) that may write, and what it is."""

    address: str
    role: str
    """``hospital``, ``cpam``, ``cnas``, ``cnse`` or ``refused``."""
    name: str
    finess: str | None
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    """DER certificates of this correspondent, for encryption and for signatures that embed none."""


@dataclass(frozen=True, slots=True)
class CaisseAnswer:
    """Which caisse is competent for a place of care, or why it cannot be said (French sentence)."""

    caisse: Caisse | None
    reason: str


@dataclass(frozen=True, slots=True)
class Directory:
    caisses: dict[str, Caisse]
    establishments: dict[str, Establishment]
    correspondents: tuple[Correspondent, ...]
    communes: dict[str, str]
    """INSEE commune to caisse code, for the départements with several caisses."""
