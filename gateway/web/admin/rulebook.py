"""What a page of rules is made of: sections of rules, each with its source and how sure it is. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from gateway.circuits.model import (
    ACKNOWLEDGED,
    CAISSE_MAILBOX,
    DONE,
    EVENT,
    GRANTED,
    LETTER,
    PUBLIC,
    Circuit,
    Unit,
)
from gateway.web import present
from gateway.web.naming import ANY_CAISSE, Naming
from gateway.web.words import field_titles

UNITS = {
    Unit.DAY: ("jour", "jours"),
    Unit.WORKING_DAY: ("jour ouvré", "jours ouvrés"),
    Unit.MONTH: ("mois", "mois"),
    Unit.END_OF_MONTH: ("mois, fin de mois", "mois, fin de mois"),
}
CALENDARS = {"fr": "France", "dz": "Algérie", "common": "France et Algérie"}
SENDERS = {
    "hospital": "établissements",
    "cpam": "CPAM et CGSS",
    "cnas": "CNAS",
    "cnas-medical": "service médical de la CNAS",
    "cnse": "CNSE",
    "ministry": "ministère",
    "refused": "adresses refusées",
    PUBLIC: "particuliers",
}
"""Roles of the directory, as people call them."""
_ADDRESSEES = {"hospital": "l’établissement", "caisse": "la caisse", "mailbox": "notre boîte"}
_DONE_WORDS = {
    ACKNOWLEDGED: "l’accusé de réception est pris par le serveur suivant",
    DONE: "une personne termine le travail",
    GRANTED: "une nouvelle période est accordée",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it is about, what it says, where it was read. Without ``basis`` it is our choice."""

    title: str
    says: tuple[str, ...] = ()
    basis: str | None = None
    status: str | None = None
    since: date | None = None
    """Day of the text."""
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    rules: tuple[Rule, ...]
    none: str = "Rien n’est écrit : ce circuit n’en a pas."
    """Said when there is no rule."""


@dataclass(frozen=True, slots=True)
class Words:
    """The names of one circuit's codes."""

    circuit: Circuit
    naming: Naming

    def queue(self, name: str) -> str:
        return self.naming.queue(name, self.circuit.name)

    def letter(self, name: str | None) -> str:
        return f"« {self.naming.letter(name, self.circuit.name)} »" if name else "aucune"

    def field(self, name: str) -> str:
        """The label of a field of a form."""
        return field_titles([self.circuit]).get(name, name)

    def kinds(self, names: Iterable[str]) -> str:
        return listed(self.circuit.title_of(name) for name in names)

    def delay(self, kind: str) -> str:
        """The title of a delay."""
        rule = self.circuit.deadline(kind)
        return rule.title if rule is not None else kind

    def triggers(self, names: Iterable[str]) -> str:
        return listed((self.trigger(name) for name in names), " ; ")

    def trigger(self, name: str) -> str:
        """What ends, replaces, pauses or restarts a delay."""
        if name.startswith(EVENT):
            found = name.removeprefix(EVENT)
            return next((e.title for e in self.circuit.events if e.name == found), found)
        if name.startswith(LETTER):
            return f"la lettre {self.letter(name.removeprefix(LETTER))} part"
        return _DONE_WORDS.get(name) or self.circuit.title_of(name)


def listed(words: Iterable[str], between: str = ", ") -> str:
    return between.join(words) or "aucun"


def senders(roles: Iterable[str], none: str = "tout expéditeur") -> str:
    return listed(SENDERS.get(role, role) for role in roles) if roles else none


def addressee(to: str) -> str:
    """Whom a letter or a copy goes to: a role, an address, or the mailbox of the caisse."""
    return f"la boîte de la {ANY_CAISSE}" if to == CAISSE_MAILBOX else _ADDRESSEES.get(to, to)


def lasts(count: int, unit: Unit, calendar: str) -> str:
    """« 20 jours ouvrés (France) »."""
    words = present.plural(count, *UNITS[unit])
    return f"{words} ({CALENDARS.get(calendar, calendar)})" if unit is Unit.WORKING_DAY else words


def days(count: int) -> str:
    return present.plural(count, "jour", "jours")


def yes(told: bool) -> str:
    return "oui" if told else "non"
