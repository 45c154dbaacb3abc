"""The supervisor's dashboard: what came, waits, is late, ends soon, where; each figure leads to its list.

Counts and names of queues, caisses and establishments: nothing of a document, no beneficiary.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from gateway.circuits.directory import Directory
from gateway.clock import PARIS, paris_date
from gateway.web import present
from gateway.web.access import Desk, desks
from gateway.web.house import InHouse, Seen, Shown
from gateway.web.supervision import pictures
from gateway.web.supervision.pictures import Row
from storage import figures, queues
from storage.figures import Share
from storage.queues import QueueCount

router = APIRouter()

PERIODS: Mapping[int, str] = {7: "7 jours", 30: "30 jours", 90: "3 mois", 365: "12 mois"}
USUAL = 30
SOON = (7, 15, 30)
"""Days before the end of a cover, each with its figure."""
FIRST = 8
"""Bars of a list shown without unfolding it."""
MOST = 40
"""Bars of a list in all: the rest is counted."""
NOWHERE = "Caisse inconnue"
HALF = "La moitié des éléments ouverts attend depuis moins longtemps."
LAST = "Dossiers ouverts dont aucune période accordée ne va au-delà."
DARK = "La partie d’une autre couleur est en retard."
NO_PLACE = "Établissement inconnu"

Days = Annotated[int, Query(ge=1, le=366)]


@dataclass(frozen=True, slots=True)
class Span:
    """The days looked at, in France: the last ``days``, today included."""

    first: date
    last: date

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """The instants that begin the first day and end the last one."""
        return _midnight(self.first), _midnight(self.last + timedelta(days=1))

    @property
    def before(self) -> Span:
        """As many days just before."""
        length = self.last - self.first + timedelta(days=1)
        return Span(self.first - length, self.first - timedelta(days=1))


def span(today: date, days: int) -> Span:
    """The period chosen; one that is not offered is the usual one."""
    return Span(today - timedelta(days=(days if days in PERIODS else USUAL) - 1), today)


@router.get("/tableau")
def dashboard(request: Request, rooms: InHouse, seen: Seen, shown: Shown, jours: Days = USUAL) -> Response:
    """The figures of the period chosen."""
    now = rooms.clock.now()
    today = paris_date(now)
    chosen = span(today, jours)
    open_desks = desks(seen, rooms.circuits.by_name, rooms.circuits.directory)
    places = [(desk.circuit, desk.name) for desk in open_desks]
    known = {e.finess: e.name for e in rooms.circuits.directory.establishments.values()}
    with rooms.database.reading() as session:
        came = by_day(figures.received(session, *chosen.bounds))
        earlier = sum(figures.received(session, *chosen.before.bounds).values())
        stopped, since = figures.stopped(session)
        counts = queues.counts(session, places, seen.login, today)
        middles = figures.middles(session, {place: count.open for place, count in counts.items()})
        caisses, establishments = figures.shares(session, today)
        strangers = {s.code for s in establishments[:MOST]} - known.keys()
        called = figures.names(session, strangers - {""}) | known | {"": NO_PLACE}
        ends = figures.ends_by_day(session, today, today + timedelta(days=max(SOON)))
    named = caisse_names(rooms.circuits.directory)
    values: dict[str, Any] = {
        "days": jours if jours in PERIODS else USUAL,
        "periods": PERIODS,
        "span": chosen,
        "came": pictures.series(came, chosen.first, chosen.last),
        "trend": trend(sum(came.values()), earlier),
        "stopped": stopped,
        "since": since,
        "waiting": sum(c.waiting for c in counts.values()),
        "overdue": sum(c.overdue for c in counts.values()),
        "unfinished": sum(c.open for c in counts.values()),
        "groups": [
            ("Âge médian par file", HALF, by_age(open_desks, counts, middles, today)),
            ("Prises en charge qui se terminent", LAST, ending(ends, today)),
            ("Éléments ouverts par caisse", DARK, shares(caisses, "caisse", named)),
            (
                "Éléments ouverts par établissement",
                DARK,
                shares(establishments, "etablissement", called),
            ),
        ],
        "first": FIRST,
        "most": MOST,
    }
    return shown.show(request, "tableau.html", **values)


def by_day(hours: Mapping[datetime, int]) -> Counter[date]:
    """Numbers by hour as numbers by day in France."""
    found: Counter[date] = Counter()
    for hour, number in hours.items():
        found[paris_date(hour)] += number
    return found


def trend(now: int, before: int) -> str:
    """The period beside the one before it, in words."""
    if now == before:
        return "autant que pendant la période précédente"
    if not before:
        return "aucun pendant la période précédente"
    side = "de plus" if now > before else "de moins"
    return (
        f"{present.number(abs(now - before))} {side} que pendant la période précédente"
        f" ({present.number(before)})"
    )


def by_age(
    open_desks: Iterable[Desk],
    counts: Mapping[tuple[str, str], QueueCount],
    middles: Mapping[tuple[str, str], tuple[datetime, datetime]],
    today: date,
) -> tuple[Row, ...]:
    """Median age of the open items of each queue that holds some, the oldest first."""
    found = []
    for desk in open_desks:
        middle = middles.get((desk.circuit, desk.name))
        if middle is None:
            continue
        age = sum(max((today - paris_date(at)).days, 0) for at in middle) / 2
        count = counts[desk.circuit, desk.name]
        late = f", dont {present.number(count.overdue)} en retard" if count.overdue else ""
        said = (
            f"{present.plural(int(age), 'jour', 'jours')}"
            f" · {present.plural(count.open, 'élément', 'éléments')}{late}"
        )
        found.append(Row(desk.title, f"/files/{desk.name}", age, said))
    return pictures.scaled(sorted(found, key=lambda row: (-row.value, row.label)))


def ending(ends: Mapping[date, int], today: date) -> tuple[Row, ...]:
    """How many covers end within each delay."""
    rows = []
    for days in SOON:
        number = sum(count for day, count in ends.items() if day <= today + timedelta(days=days))
        said = present.plural(number, "dossier", "dossiers")
        rows.append(Row(f"Sous {days} jours", f"/tableau/fins?sous={days}", number, said))
    return pictures.scaled(rows)


def shares(found: Iterable[Share], parameter: str, names: Mapping[str, str]) -> tuple[Row, ...]:
    """Open items of each, the most first, with those that are late."""
    rows = []
    for one in found:
        late = f", dont {present.number(one.overdue)} en retard" if one.overdue else ""
        said = f"{present.plural(one.open, 'élément', 'éléments')}{late}"
        label = names.get(one.code) or one.code
        address = f"/tableau/elements?{urlencode({parameter: one.code or NONE})}"
        rows.append(Row(label, address, one.open, said, part=one.overdue))
    return pictures.scaled(rows)


NONE = "aucun"
"""In an address: items without a caisse, or without an establishment."""


def caisse_names(directory: Directory) -> dict[str, str]:
    """Each caisse by its code, and those that have none."""
    named = {code: f"{caisse.label} ({code})" for code, caisse in directory.caisses.items()}
    return named | {"": NOWHERE}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), PARIS)
