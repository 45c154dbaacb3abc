"""What the filter of the log says, read from its address and written back to it; where an event leads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from gateway.clock import PARIS
from gateway.evidence.event_words import NAMES
from gateway.evidence.record import Kind
from gateway.web.access import Right, Viewer, desk_of, reads_any
from gateway.web.house import WebHouse
from storage import logbook, people
from storage.db import Session
from storage.logbook import Sought

LONGEST = 120
_WORDS: Mapping[str, str] = {Kind.EXPORT: "Liste ou dossier de preuve exporté"}
KINDS: Mapping[str, str] = dict(
    sorted(((str(kind), _WORDS.get(kind, NAMES[kind])) for kind in Kind), key=lambda one: one[1].casefold())
)
"""Every kind of event by its French name, in the order people look for it."""
SUBJECTS: Mapping[str, str] = {
    "case": "dossier",
    "delivery": "message",
    "outbox": "lettre",
    "person": "compte",
    "list": "liste",
    "mailbox": "boîte",
    "token": "jeton",
    "contestation": "contestation",
    "checkpoint": "point de contrôle",
    "config": "configuration",
    "circuit": "circuit",
    "key": "clé",
    "address": "adresse",
    "certificate": "certificat",
}


@dataclass(frozen=True, slots=True)
class Filters:
    """Each filter as its field says it; what an address says wrong is not a filter."""

    du: date | None = None
    au: date | None = None
    personne: str = ""
    quoi: str = ""
    sujet: str = ""

    @property
    def any(self) -> bool:
        return self != Filters()

    def query(self, **more: str | int) -> str:
        """The query of the address of these filters."""
        values = {
            "du": self.du.isoformat() if self.du else "",
            "au": self.au.isoformat() if self.au else "",
            "personne": self.personne,
            "quoi": self.quoi,
            "sujet": self.sujet,
        }
        return urlencode({name: value for name, value in (values | more).items() if value != ""})


def read(given: Mapping[str, str]) -> Filters:
    """The filters of an address."""
    quoi = given.get("quoi", "")
    return Filters(
        _day(given.get("du", "")),
        _day(given.get("au", "")),
        _line(given.get("personne", "")),
        quoi if quoi in KINDS else "",
        _line(given.get("sujet", "")),
    )


def sought(session: Session, filters: Filters) -> Sought:
    """The same as the storage asks it; a day begins and ends at midnight in France."""
    return Sought(
        since=_midnight(filters.du) if filters.du else None,
        until=_midnight(filters.au + timedelta(days=1)) if filters.au else None,
        person=_login(session, filters.personne) if filters.personne else None,
        kind=filters.quoi or None,
        subjects=logbook.subjects_of(session, filters.sujet) if filters.sujet else None,
    )


def links(rooms: WebHouse, session: Session, seen: Viewer, subjects: Iterable[str]) -> dict[str, str]:
    """Where these subjects lead, for those this person may open: a case, or the work of a mail."""
    if not seen.may(Right.WORK):
        return {}
    circuits, directory = rooms.circuits.by_name, rooms.circuits.directory
    named = {subject.partition(":")[::2] for subject in subjects}
    found: dict[str, str] = {}
    places = logbook.places_of_cases(session, [name for kind, name in named if kind == "case"])
    for reference, where in places.items():
        if reads_any(seen, circuits, directory, where):
            found[f"case:{reference}"] = f"/dossiers/{reference}"
    items = logbook.items_of_mails(session, [name for kind, name in named if kind == "delivery"])
    for mail, work in items.items():
        mine = [number for number, place in work if desk_of(seen, circuits, directory, *place) is not None]
        if mine:
            found[f"delivery:{mail}"] = f"/elements/{mine[0]}"
    return found


def about(subject: str) -> tuple[str, str]:
    """A subject in two words: what it is, and its name; an erased one says so."""
    kind, mark, name = subject.partition(":")
    if not subject:
        return "", "effacé"
    return (SUBJECTS[kind], name) if mark and kind in SUBJECTS else ("", subject)


def _login(session: Session, said: str) -> str:
    """The login of somebody named in full; else what was typed, as a login."""
    same = (one.login for one in people.everyone(session) if one.name.casefold() == said.casefold())
    return next(same, said.casefold())


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LONGEST]


def _day(text: str) -> date | None:
    """A day that has another after it; anything else is no filter."""
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return found if 1900 <= found.year <= 9000 else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), PARIS)
