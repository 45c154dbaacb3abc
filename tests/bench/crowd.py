"""Many items in the queues of the shipped circuit, written in bulk: the lists do not care how they came."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Table, insert, text

from storage import tallies
from storage.cases import Case, Item
from storage.db import Database, table_of
from storage.deadlines import Deadline
from storage.deliveries import Delivery, DeliveryState

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
CIRCUIT = "soins-programmes-algerie"
QUEUE = "cnse-administratif"
_QUEUES = (QUEUE, QUEUE, QUEUE, "cpam-595", "cpam-131", "cpam-754", "cnse-medical")
_KINDS = ("se352-301", "se352-302-request", "quote", "question")
_STATES = ("new", "new", "new", "new", "new", "new", "new", "new", "taken", "waiting")
_BATCH = 5_000
_NAMES = ("HADDAD", "BENALI", "TALEB", "FERHAT", "MANSOURI", "KHELIFI", "BOUDIAF", "ZIANI")


def fill(database: Database, count: int) -> None:
    """``count`` open items, one mail and one due date each, one case for three of them."""
    for first in range(0, count, _BATCH):
        numbers = range(first, min(first + _BATCH, count))
        with database.transaction() as session:
            for table, rows in _rows(numbers):
                session.connection().execute(insert(table), rows)
    with database.transaction() as session:
        session.connection().execute(
            text(
                "UPDATE items SET next_due = (SELECT MIN(due) FROM deadlines"
                " WHERE deadlines.delivery = items.delivery AND deadlines.state IN ('open', 'missed'))"
            )
        )
        tallies.recount(session)
    with database.engine.connect() as connection:
        tidy = connection.execution_options(isolation_level="AUTOCOMMIT")
        tidy.execute(text("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE"))


def _rows(numbers: range) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    yield table_of(Delivery), [_delivery(n) for n in numbers]
    yield table_of(Case), [_case(n) for n in numbers if n % 3 == 0]
    yield table_of(Item), [_item(n) for n in numbers]
    yield table_of(Deadline), [_deadline(n) for n in numbers]


def _sha(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def _received(number: int) -> datetime:
    return AT - timedelta(minutes=number * 7 % 400_000)


def _delivery(number: int) -> dict[str, Any]:
    sender = f"admissions@hopital-{number % 400}.example"
    row = Delivery(
        sha256=_sha(number),
        size=180_000,
        state=DeliveryState.SCHEDULED,
        received_at=_received(number),
        mailbox="boite@cnse.example",
        envelope_from=sender,
        circuit=CIRCUIT,
        sender=sender,
    )
    return row.model_dump()


def _case(number: int) -> dict[str, Any]:
    row = Case(
        id=number + 1,
        reference=f"SPA-2026-{number:07d}",
        circuit=CIRCUIT,
        opened_at=_received(number),
        opened_by_delivery=_sha(number),
        patient_name=f"{_NAMES[number % len(_NAMES)]}{number % 997}",
        patient_first_names="Amel",
        name_key=f"{_NAMES[number % len(_NAMES)][:4]}{number % 997}",
        cnas_number=f"{number:012d}",
    )
    return row.model_dump()


def _item(number: int) -> dict[str, Any]:
    state = _STATES[number % len(_STATES)]
    row = Item(
        delivery=_sha(number),
        circuit=CIRCUIT,
        queue=_QUEUES[number % len(_QUEUES)],
        case_id=number - number % 3 + 1,
        kind=_KINDS[number % len(_KINDS)],
        title=f"Attestation de droits n° {number}",
        sender=f"admissions@hopital-{number % 400}.example",
        created_at=_received(number),
        taken_by=None if state == "new" else f"agent-{number % 90}",
    )
    return row.model_dump(exclude={"id"}) | {"state": state}


def _deadline(number: int) -> dict[str, Any]:
    row = Deadline(
        kind="answer",
        origin=f"delivery:{number}",
        circuit=CIRCUIT,
        delivery=_sha(number),
        case_id=number - number % 3 + 1,
        title="Réponse",
        due=TODAY + timedelta(days=number * 11 % 240 - 12),
        basis="Circulaire",
        status="confirmed",
        created_at=AT,
    )
    return row.model_dump(exclude={"id"})
