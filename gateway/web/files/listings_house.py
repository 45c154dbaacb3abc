"""More lists as files: whom to call, what is kept and until when, figures of contestations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum

from fastapi import APIRouter, Response

from gateway.clock import paris_date
from gateway.contestations import holds
from gateway.contestations.plan import Due, preview
from gateway.web.contestations.contestation import figure_groups
from gateway.web.files import rows
from gateway.web.files.exports import PAGE, export, paged
from gateway.web.files.listings import names_of
from gateway.web.files.tabular import Column, Format, Sheet, Value
from gateway.web.house import InHouse, Seen, WebHouse
from gateway.web.letters import calls
from gateway.web.present import state
from storage import calls as asked
from storage import cases, people, retention
from storage.calls import Call
from storage.db import Session

router = APIRouter()

FIGURES = (
    Column("Par", 34),
    Column("Classe", 40),
    Column("Reçues", 10),
    Column("Ouvertes", 10),
    Column("Gagnées", 10),
    Column("Acceptées", 10),
    Column("Montant (€)", 14),
)
DUES = (
    Column("Effaçable le", 13),
    Column("Classe", 40),
    Column("Dossier", 17),
    Column("Message", 66),
    Column("Éléments", 10),
    Column("Retenu par", 50),
    Column("Fondement", 50),
    Column("Statut", 14),
)
HOLDS = (
    Column("Dossier", 17),
    Column("Pourquoi", 60),
    Column("Posé le", 17),
    Column("Posé par", 24),
    Column("Identifiant", 18),
)
HELD = (Column("Dossier", 17), Column("Retenu par", 80))
SCHEDULE = (
    Column("Classe", 40),
    Column("Mois", 8),
    Column("Depuis", 20),
    Column("Fondement", 60),
    Column("Statut", 14),
)
SINCE = {"last-activity": "dernière activité", "reception": "réception"}


class Kept(StrEnum):
    """The lists of the page of retention."""

    HOLDS = "gels"
    HELD = "retenus"
    SCHEDULE = "durees"
    DUES = "echeances"


@router.get("/appels/export.{kind}")
def of_calls(rooms: InHouse, seen: Seen, kind: Format) -> Response:
    """Everybody to call, the oldest first."""
    places, called = calls.places_of(rooms, seen), names_of(rooms, seen)

    def page(session: Session, after: tuple[datetime, int] | None) -> Sequence[tuple[Call, str | None]]:
        found = asked.waiting_in(session, places, PAGE, after)
        return [(one.call, one.reference) for one in calls.shown_as(seen, session, found)]

    found = paged(rooms, page, lambda one: (one[0].at, one[0].id or 0))
    made = (rows.call(one, calls.REASONS[one.reason], reference, called) for one, reference in found)
    return export(rooms, seen, Sheet("appels", "À appeler", rows.CALLS, made), kind)


@router.get("/contestations/chiffres.{kind}")
def of_figures(rooms: InHouse, seen: Seen, kind: Format) -> Response:
    """Figures of contestations, class by class."""
    groups, _ = figure_groups(rooms, seen)
    made = (
        (title, bar.label, bar.count, bar.still_open, bar.won, bar.accepted, bar.amount)
        for title, _, bars in groups
        for bar in bars
    )
    return export(rooms, seen, Sheet("chiffres", "Chiffres des contestations", FIGURES, made), kind)


@router.get("/conservation/{what}.{kind}")
def of_retention(rooms: InHouse, seen: Seen, what: Kept, kind: Format) -> Response:
    """One list of the page of retention, whole."""
    title, columns, made = {
        Kept.HOLDS: ("Gels posés", HOLDS, _holds),
        Kept.HELD: ("Dossiers retenus", HELD, _held),
        Kept.SCHEDULE: ("Durées de conservation", SCHEDULE, _schedule),
        Kept.DUES: ("Échéances de conservation", DUES, _dues),
    }[what]
    return export(rooms, seen, Sheet(f"conservation-{what}", title, columns, made(rooms)), kind)


def _holds(rooms: WebHouse) -> Iterator[Sequence[Value]]:
    with rooms.database.reading() as session:
        placed = retention.holds(session)
        names = {person.login: person.name for person in people.everyone(session)}
    for hold, case in placed:
        name = names.get(hold.placed_by, hold.placed_by)
        yield case.reference, hold.reason, hold.placed_at, name, hold.placed_by


def _held(rooms: WebHouse) -> Iterator[Sequence[Value]]:
    with rooms.database.reading() as session:
        reasons = holds.held(session, rooms.circuits.by_name, paris_date(rooms.clock.now()))
        known = {number: cases.by_id(session, number) for number in reasons}
    for number, why in sorted(reasons.items()):
        case = known[number]
        if case is not None:
            yield case.reference, " ; ".join(why)


def _schedule(rooms: WebHouse) -> Iterator[Sequence[Value]]:
    for rule in rooms.retention.classes if rooms.retention else ():
        since = SINCE.get(str(rule.since), str(rule.since))
        yield rule.title, rule.months, since, rule.basis, state("status", rule.status)


def _dues(rooms: WebHouse) -> Iterator[Sequence[Value]]:
    """Everything the schedule will erase one day: further than the page looks."""
    today = paris_date(rooms.clock.now())
    found: list[Due] = []
    if rooms.retention is not None:
        with rooms.database.reading() as session:
            found = preview(session, rooms.retention, rooms.circuits.by_name, today)
    for one in found:
        name = one.subject.partition(":")[2]
        case, mail = (name, None) if one.case_id is not None else (None, name)
        why, status = " ; ".join(one.held) or None, state("status", one.status)
        yield one.due, one.title, case, mail, one.count, why, one.basis, status
