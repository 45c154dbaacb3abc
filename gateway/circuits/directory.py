"""Who is who: caisses, establishments, correspondents. Types and look-ups; ``people`` reads the CSVs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rapidfuzz import fuzz

FINESS = re.compile(r"[0-9][0-9AB][0-9]{7}")
"""Nine characters; the second is a letter in Corsica (domain, 3.2)."""

NAME_THRESHOLD = 92.0
"""Likeness, from 0 to 100, at which a written name is taken for a name of the directory."""


@dataclass(frozen=True, slots=True)
class Caisse:
    """A current caisse: 3-digit SNDS code, département (``59``, ``2A``, ``974``), its generic mailbox."""

    code: str
    label: str
    departement: str
    mailbox: str | None
    certificate: str | None = None
    """File of the mailbox's certificate, as the directory writes it."""
    pole: str | None = None
    """Code of the caisse whose « pôle TRAM RI » does the work, when it is another one."""


@dataclass(frozen=True, slots=True)
class Establishment:
    """A hospital by FINESS. ``commune`` is its INSEE code: where several caisses share a département,
    the commune decides."""

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
    """``hospital``, ``cpam``, ``cnas``, ``cnas-medical`` (its medical service), ``cnse``, ``ministry`` or
    ``refused``."""
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
    unconfirmed: frozenset[str] = frozenset()
    """Communes whose caisse is « to be confirmed »: said wherever it decides."""
    directory_hash: str = ""
    """SHA-256 of the files, name by name."""
    phones: Mapping[str, str] = field(default_factory=dict)
    """Telephone numbers by address or domain (``@chu.example``), lower case, as ``phones.csv`` has them."""

    def phone_of(self, address: str) -> str:
        """The number at which the reader of ``address`` is called; empty when it is not known."""
        lowered = address.casefold()
        domain = f"@{lowered.rpartition('@')[2]}"
        return self.phones.get(lowered) or self.phones.get(domain) or ""


def fold(text: str) -> str:
    """Capitals without accents, one space between words, nothing else."""
    plain = unicodedata.normalize("NFKD", text)
    letters = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(letters.upper().split())


def luhn(finess: str) -> bool:
    """Whether the check digit holds; A counts as 1 and B as 2 (domain, 3.2: a warning, no refusal)."""
    if not FINESS.fullmatch(finess):
        return False
    digits = [int(c) for c in finess.replace("A", "1").replace("B", "2")]
    doubled = [d if i % 2 else d * 2 - 9 * (d > 4) for i, d in enumerate(reversed(digits), 1)]
    return sum(doubled) % 10 == 0


def departement_of(finess: str) -> str:
    """The département a FINESS number begins with: 97xx by the 4th character, 98 is Mayotte."""
    if finess.startswith("97"):
        return "97" + finess[3:4]
    return "976" if finess.startswith("98") else finess[:2]


def caisse_for(directory: Directory, finess: str, commune: str | None = None) -> CaisseAnswer:
    """The caisse of the place of care: the directory's word, else the commune, else the département
    when it has one caisse only. ``commune`` completes an establishment the directory does not know."""
    known = directory.establishments.get(finess)
    if known and known.caisse:
        caisse = directory.caisses[known.caisse]
        return CaisseAnswer(
            caisse,
            f"L'établissement {finess} ({known.name}) dépend de {_named(caisse)} selon l'annuaire.",
        )
    place = (known.commune if known else None) or commune
    if place and place in directory.communes:
        caisse = directory.caisses[directory.communes[place]]
        doubt = ", rattachement à confirmer" if place in directory.unconfirmed else ""
        return CaisseAnswer(caisse, f"La commune {place} dépend de {_named(caisse)}{doubt}.")
    return _by_departement(directory, finess, place)


def _by_departement(directory: Directory, finess: str, commune: str | None) -> CaisseAnswer:
    departement = departement_of(finess)
    there = [c for c in directory.caisses.values() if c.departement == departement]
    if len(there) == 1:
        return CaisseAnswer(
            there[0],
            f"Le département {departement} du FINESS {finess} n'a qu'une caisse : {_named(there[0])}.",
        )
    if not there:
        return CaisseAnswer(
            None,
            f"Le FINESS {finess} commence par un département sans caisse connue ({departement}) : "
            "vérifiez le numéro ou complétez l'annuaire des établissements.",
        )
    place = f"la commune {commune} n'est pas" if commune else "la commune de l'établissement n'est pas"
    labels = ", ".join(_named(c) for c in there)
    return CaisseAnswer(
        None,
        f"Le département {departement} a plusieurs caisses ({labels}) et {place} dans l'annuaire : "
        "choisissez la caisse ou complétez establishments.csv ou communes.csv.",
    )


def _named(caisse: Caisse) -> str:
    return f"{caisse.label} ({caisse.code})"


def correspondent_of(directory: Directory, address: str) -> Correspondent | None:
    """Who writes from ``address``: the address itself, else its whole domain, else an establishment
    known to write from that domain. A subdomain is another domain."""
    folded = address.casefold()
    _, at, domain = folded.rpartition("@")
    if not at or not domain:
        return None
    by_address = {c.address.casefold(): c for c in directory.correspondents}
    found = by_address.get(folded) or by_address.get("@" + domain)
    if found:
        return found
    writers = [e for e in directory.establishments.values() if domain in e.domains]
    if not writers:
        return None
    one = writers[0] if len(writers) == 1 else None
    return Correspondent("@" + domain, "hospital", writers[0].name, one.finess if one else None)


def establishment_named(directory: Directory, name: str) -> Establishment | None:
    """The establishment whose name is alike ``name`` at ``NAME_THRESHOLD`` or more, words in any order;
    ``None`` when nobody is, or when two are equally."""
    wanted = fold(name)
    if not wanted:
        return None
    scored = _scored(directory.establishments.values(), wanted)
    best = [e for score, e in scored if score == scored[0][0]]
    return best[0] if len(best) == 1 else None


def _scored(all_of_them: Iterable[Establishment], wanted: str) -> list[tuple[float, Establishment]]:
    scores = ((fuzz.token_sort_ratio(wanted, fold(e.name)), e) for e in all_of_them)
    kept = [(score, e) for score, e in scores if score >= NAME_THRESHOLD]
    return sorted(kept, key=lambda pair: -pair[0])
