"""What the filter of a queue says, read from its address and written back to it; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from gateway.circuits.directory import FINESS
from gateway.clock import PARIS
from storage import queues
from storage.cases import ItemState
from storage.queues import Wanted

STATES: Mapping[str, tuple[str, tuple[ItemState, ...]]] = {
    "ouverts": ("Ouverts", queues.OPEN_STATES),
    "nouveaux": ("Nouveaux", (ItemState.NEW,)),
    "a-moi": ("À moi", (ItemState.TAKEN, ItemState.WAITING)),
    "pris": ("Pris", (ItemState.TAKEN,)),
    "attente": ("En attente", (ItemState.WAITING,)),
    "termines": ("Terminés", (ItemState.DONE,)),
}
SORTS: Mapping[str, str] = {
    "recent": "Plus récents d’abord",
    "ancien": "Plus anciens d’abord",
    "echeance": "Échéance la plus proche",
}
ARRIVAL: Mapping[str, tuple[str, str]] = {
    "recent": ("descending", "ancien"),
    "ancien": ("ascending", "recent"),
}
BY_DUE: Mapping[str, tuple[str, str]] = {"echeance": ("ascending", "recent")}
"""The two headings that sort a queue: by order, how it reads, and the order their link then asks for.
Each has an index behind it, in that direction."""
AGES: Mapping[str, tuple[str, int | None, int | None]] = {
    "1": ("aujourd’hui", 0, None),
    "7": ("depuis 7 jours", 7, None),
    "plus7": ("plus de 7 jours", None, 7),
    "plus30": ("plus de 30 jours", None, 30),
}
"""Label, days of age at most, days of age at least."""
DUES: Mapping[str, tuple[str, int | None, int | None]] = {
    "retard": ("en retard", None, 0),
    "7": ("sous 7 jours", 0, 7),
    "30": ("sous 30 jours", 0, 30),
    "sans": ("sans échéance", None, None),
}
"""Label, first day from today, last day (not included)."""
PAPERS: Mapping[str, str] = {"non": "il manque une pièce ou un champ", "oui": "complet"}
NOBODY = "personne"
LONGEST = 500
"""Characters of the query of a saved view."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Each filter with its safe default: what an address says wrong is not a filter."""

    etat: str = "ouverts"
    type: str = ""
    tri: str = "recent"
    caisse: str = ""
    finess: str = ""
    age: str = ""
    pour: str = ""
    echeance: str = ""
    complet: str = ""

    def query(self, **changed: str) -> str:
        """The query of the address: what differs from the default, in the order of the fields."""
        values = {field.name: getattr(self, field.name) for field in fields(self)} | changed
        kept = {k: v for k, v in values.items() if v and v != _DEFAULTS.get(k)}
        return urlencode(kept)

    @property
    def narrowed(self) -> int:
        """How many filters beyond state, type and order."""
        return sum(bool(getattr(self, name)) for name in _MORE)

    @property
    def bare(self) -> bool:
        """Whether the whole of the open work is shown."""
        return replace(self, tri="recent") == Choices()


_DEFAULTS = {"etat": "ouverts", "tri": "recent"}
_MORE = ("caisse", "finess", "age", "pour", "echeance", "complet")


def read(given: Mapping[str, str], caisses: Collection[str]) -> Choices:
    """Choices of an address; every value that is not known is left out."""
    known: dict[str, Collection[str]] = {
        "etat": STATES,
        "tri": SORTS,
        "age": AGES,
        "echeance": DUES,
        "complet": PAPERS,
        "caisse": caisses,
    }
    values = {name: given[name] for name, good in known.items() if given.get(name) in good}
    values["type"] = given.get("type", "")[:40]
    values["pour"] = given.get("pour", "")[:80]
    finess = given.get("finess", "").strip().upper()
    values["finess"] = finess if FINESS.fullmatch(finess) else ""
    return Choices(**values)


def wanted(choices: Choices, queue: str, circuits: tuple[str, ...], login: str, today: date) -> Wanted:
    """The same as the storage asks it; days begin at midnight in France."""
    mine = choices.etat == "a-moi" or choices.pour == "moi"
    holder = None if choices.pour in {"", "moi", NOBODY} else choices.pour
    _, youngest, oldest = AGES.get(choices.age, ("", None, None))
    _, first, last = DUES.get(choices.echeance, ("", None, None))
    return Wanted(
        queue,
        circuits,
        STATES[choices.etat][1],
        choices.type or None,
        login if mine else holder,
        choices.tri != "ancien",
        unheld=choices.pour == NOBODY,
        caisse=choices.caisse or None,
        finess=choices.finess or None,
        since=_midnight(today - timedelta(days=youngest)) if youngest is not None else None,
        before=_midnight(today - timedelta(days=oldest)) if oldest is not None else None,
        due_from=today + timedelta(days=first) if first is not None else None,
        due_before=today + timedelta(days=last) if last is not None else None,
        undated=choices.echeance == "sans",
        lacking={"non": True, "oui": False}.get(choices.complet),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), PARIS)
