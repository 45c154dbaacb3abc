"""``passerelle queue list``: what staff see, as a table or as JSON."""

from __future__ import annotations

import argparse
from typing import Any

from gateway import bootstrap
from gateway.cli.output import print_json, print_table
from gateway.clock import PARIS, paris_date
from gateway.house import House
from gateway.settings import Settings
from storage import worklist
from storage.worklist import Work

HEADERS = ("file", "reçu le", "expéditeur", "type", "dossier", "prochaine échéance", "état")
_STATES = {"new": "nouveau", "taken": "pris", "waiting": "en attente", "done": "clos"}


def add_to(verbs: Any) -> None:
    """Declare ``queue list``."""
    queue = verbs.add_parser("queue", help="les files de travail")
    words = queue.add_subparsers(dest="word", required=True)
    listing = words.add_parser("list", help="les éléments ouverts, du plus urgent au moins urgent")
    listing.add_argument("--queue", default=None, help="une seule file")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(run=_list)


def _list(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    rows = work(house, arguments.queue)
    house.close()
    if arguments.json:
        print_json([as_json(row) for row in rows])
    else:
        print_table("Files de travail", HEADERS, [as_cells(house, row) for row in rows])
    return 0


def work(house: House, queue: str | None = None) -> list[Work]:
    """Open items, most urgent first."""
    with house.database.reading() as session:
        return worklist.open_work(session, queue)


def as_json(row: Work) -> dict[str, Any]:
    """One item as ``queue list --json`` gives it."""
    return {
        "item": row.item_id,
        "queue": row.queue,
        "state": row.state,
        "kind": row.kind,
        "title": row.title,
        "sender": row.sender,
        "received_at": row.received_at.isoformat(),
        "delivery": row.delivery,
        "case": row.case_reference,
        "forward_to": row.forward_to,
        "reasons": row.reasons,
        "next_due": row.next_due.isoformat() if row.next_due else None,
        "next_due_kind": row.next_due_kind,
        "next_due_status": row.next_due_status,
    }


def as_cells(house: House, row: Work) -> tuple[str, ...]:
    """One item as people read it."""
    circuit = house.circuits.by_name.get(row.circuit)
    due = ""
    if row.next_due:
        late = " (dépassée)" if row.next_due < paris_date(house.clock.now()) else ""
        doubt = " ?" if row.next_due_status != "confirmed" else ""
        due = f"{row.next_due:%d/%m/%Y}{doubt}{late}"
    return (
        row.queue,
        f"{row.received_at.astimezone(PARIS):%d/%m/%Y %H:%M}",
        row.sender,
        circuit.title_of(row.kind) if circuit else row.kind,
        row.case_reference or "",
        due,
        _STATES.get(row.state, row.state),
    )
