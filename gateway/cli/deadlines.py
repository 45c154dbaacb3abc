"""``passerelle deadlines list | explain | record``: what is due, why, and what was known when."""

from __future__ import annotations

import argparse
from datetime import date, datetime, time, timedelta
from typing import Any

from gateway import bootstrap
from gateway.cli.output import print_json, print_table
from gateway.clock import PARIS, paris_date
from gateway.deadlines.decide import record
from gateway.deadlines.replay import Happened, Known, Reminded, happened, replay
from gateway.errors import NotFound, Refused
from gateway.house import House
from gateway.settings import Settings
from storage import deadlines, dossier
from storage.cases import Case
from storage.db import Session
from storage.deadlines import Deadline

PERSON = "ligne de commande"
_STATES = {
    "open": "en cours", "met": "tenue", "missed": "dépassée", "paused": "suspendue",
    "cancelled": "sans objet", "lapsed": "échue",
}  # fmt: skip
_STATUS = {"confirmed": "confirmé", "to be confirmed": "à confirmer"}


def add_to(verbs: Any) -> None:
    """Declare the ``deadlines`` verbs."""
    room = verbs.add_parser("deadlines", help="les échéances")
    words = room.add_subparsers(dest="word", required=True)
    listing = words.add_parser("list", help="les échéances attendues, la plus proche d'abord")
    listing.add_argument("--due-before", metavar="DATE", type=_day, default=None, help="AAAA-MM-JJ, exclu")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(run=_list)
    explain = words.add_parser("explain", help="chaque échéance d'un dossier, jour par jour")
    explain.add_argument("case", metavar="DOSSIER", help="référence ou numéro du dossier")
    explain.add_argument("--at", metavar="DATE", type=_day, default=None, help="ce qu'on savait ce jour-là")
    explain.add_argument("--json", action="store_true")
    explain.set_defaults(run=_explain)
    saying = words.add_parser("record", help="inscrire un événement daté : paiement, sortie, pièces…")
    saying.add_argument("case", metavar="DOSSIER")
    saying.add_argument("event", metavar="ÉVÉNEMENT", help="nom d'un [[events]] du circuit")
    saying.add_argument("--on", metavar="DATE", type=_day, default=None, help="aujourd'hui par défaut")
    saying.add_argument("--note", default="")
    saying.set_defaults(run=_record)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"« {text} » n'est pas une date AAAA-MM-JJ") from None


def _list(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    today = paris_date(house.clock.now())
    with house.database.reading() as session:
        found = deadlines.due_before(session, arguments.due_before or date.max)
    house.close()
    if arguments.json:
        print_json([_listed(deadline, reference, today) for deadline, reference in found])
        return 0
    rows = [
        (
            f"{deadline.due:%d/%m/%Y}",
            deadline.title or deadline.kind,
            reference or "",
            _STATES[deadline.state],
            _STATUS.get(deadline.status, deadline.status),
            deadline.basis,
        )
        for deadline, reference in found
    ]
    print_table("Échéances", ("date", "échéance", "dossier", "état", "délai", "fondement"), rows)
    return 0


def _listed(deadline: Deadline, reference: str | None, today: date) -> dict[str, Any]:
    return {
        "id": deadline.id,
        "kind": deadline.kind,
        "title": deadline.title,
        "due": deadline.due.isoformat(),
        "days_left": (deadline.due - today).days,
        "state": str(deadline.state),
        "basis": deadline.basis,
        "status": deadline.status,
        "case": reference,
        "delivery": deadline.delivery,
        "escalated_at": deadline.escalated_at.isoformat() if deadline.escalated_at else None,
        "explanation": deadline.explanation,
    }


def _explain(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    day = arguments.at or paris_date(house.clock.now())
    until = datetime.combine(day + timedelta(days=1), time(), PARIS) - timedelta(microseconds=1)
    with house.database.reading() as session:
        case = _case(session, arguments.case)
        known, told = replay(session, case.id or 0, until), happened(session, case.id or 0, until)
    house.close()
    if arguments.json:
        print_json(
            {
                "case": case.reference,
                "at": day.isoformat(),
                "deadlines": [_as_json(one) for one in known],
                "happened": [{"at": one.at.isoformat(), "what": one.what} for one in told],
            }
        )
        return 0
    print(_in_french(case.reference, day, known, told))
    return 0


def _as_json(one: Known) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "title": one.title,
        "due": one.due.isoformat(),
        "state": str(one.state),
        "basis": one.basis,
        "status": one.status,
        "origin": one.origin,
        "explanation": list(one.explanation),
        "history": [
            {"at": c.at.isoformat(), "due": c.due.isoformat(), "state": str(c.state), "why": c.why}
            for c in one.changes
        ],
        "reminders": [
            {
                "days_before": r.days_before,
                "on": r.on.isoformat(),
                "letter": r.letter,
                "to": r.to,
                "done_at": r.done_at.isoformat() if r.done_at else None,
                "outbox": r.outbox_id,
                "skipped": r.skipped,
            }
            for r in one.reminders
        ],
    }


def _in_french(reference: str, day: date, known: tuple[Known, ...], told: tuple[Happened, ...]) -> str:
    lines = [f"Dossier {reference}, échéances connues le {day:%d/%m/%Y} : {len(known)}"]
    for one in known:
        status = _STATUS.get(one.status, one.status)
        lines += ["", f"{one.due:%d/%m/%Y}  {one.title} ({_STATES[one.state]}, délai {status})"]
        lines += [f"    {line}" for line in one.explanation]
        if len(one.changes) > 1:
            lines.append("  Ce qui a changé :")
            lines += [
                f"    {_moment(c.at)}  {c.why}, {c.due:%d/%m/%Y} ({_STATES[c.state]})" for c in one.changes
            ]
        if one.reminders:
            lines.append("  Rappels :")
            lines += [f"    {_reminder(r)}" for r in one.reminders]
    if told:
        lines += ["", "Événements :"]
        lines += [f"  {_moment(one.at)}  {one.what}" for one in told]
    return "\n".join(lines)


def _moment(at: datetime) -> str:
    return f"{at.astimezone(PARIS):%d/%m/%Y %H:%M}"


def _reminder(one: Reminded) -> str:
    side = "après" if one.days_before < 0 else "avant"
    when = f"{abs(one.days_before)} j {side}, {one.on:%d/%m/%Y}, « {one.letter} » à {one.to}"
    if one.done_at is None:
        return f"{when} : prévu"
    if one.outbox_id is not None:
        return f"{when} : écrit le {one.done_at.astimezone(PARIS):%d/%m/%Y}"
    return f"{when} : non écrit ({one.skipped})"


def _record(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    try:
        _recorded(house, arguments)
    finally:
        house.close()
    return 0


def _recorded(house: House, arguments: argparse.Namespace) -> None:
    at = house.clock.now()
    with house.database.transaction() as session:
        case = _case(session, arguments.case)
        circuit = house.circuit(case.circuit)
        events = record(
            session,
            circuit,
            case,
            arguments.event,
            arguments.on or paris_date(at),
            by=PERSON,
            at=at,
            note=arguments.note,
            calendars=house.calendars,
        )
        house.recorder.add_all(session, events)
    if not events:
        raise Refused("Cet événement est déjà inscrit à cette date ; rien n'a été changé.")
    print(f"Événement inscrit au dossier {case.reference} ; les échéances qui l'attendaient ont suivi.")


def _case(session: Session, wanted: str) -> Case:
    case = dossier.find(session, wanted)
    if case is None or case.id is None:
        raise NotFound(f"Aucun dossier ne porte la référence « {wanted} ».")
    return case
