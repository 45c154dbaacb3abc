"""Many items in the queues of the shipped circuit, written in bulk: the lists do not care how they came.

A million items are some thirty million rows with the words they are found by: rows are copies of one
template, words are numbered here, and PostgreSQL takes them by ``COPY``. What is written is what the
verbs of the product write, which ``tests/unit/storage/test_crowd.py`` compares.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import JSON, Table, insert, text

from storage import lettering, tallies
from storage.cases import Case, Item
from storage.db import Database, Session, table_of
from storage.deadlines import Deadline
from storage.deliveries import Delivery, DeliveryState
from storage.findable import FoundGram, FoundItem, FoundWord, Where

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
CIRCUIT = "soins-programmes-algerie"
QUEUE = "cnse-administratif"
_QUEUES = (QUEUE, QUEUE, QUEUE, "cpam-595", "cpam-131", "cpam-754", "cnse-medical")
_KINDS = ("se352-301", "se352-302-request", "quote", "question")
_STATES = ("new", "new", "new", "new", "new", "new", "new", "new", "taken", "waiting")
_BATCH = 5_000
_CAISSES = ("595", "131", "754", None)
_NAMES = ("HADDAD", "BENALI", "TALEB", "FERHAT", "MANSOURI", "KHELIFI", "BOUDIAF", "ZIANI")

Row = dict[str, Any]


def fill(database: Database, count: int) -> None:
    """``count`` open items, one mail and one due date each, one case for three of them."""
    words = _Words()
    for first in range(0, count, _BATCH):
        numbers = range(first, min(first + _BATCH, count))
        with database.transaction() as session:
            for table, rows in chain(_rows(numbers, count), words.of(numbers)):
                _write(session, table, rows, by_copy=not database.is_sqlite)
    with database.transaction() as session:
        tallies.recount(session)
        if not database.is_sqlite:
            session.connection().execute(text("SELECT setval('find_words_id_seq', :n)"), {"n": words.count})
    with database.engine.connect() as connection:
        tidy = connection.execution_options(isolation_level="AUTOCOMMIT")
        tidy.execute(text("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE"))


def _write(session: Session, table: Table, rows: list[Row], *, by_copy: bool) -> None:
    if not rows:
        return
    if not by_copy:
        session.connection().execute(insert(table), rows)
        return
    names = list(rows[0])
    documents = {name for name in names if isinstance(table.c[name].type, JSON)}
    cursor: Any = session.connection().connection.cursor()
    with cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([json.dumps(row[n]) if n in documents else row[n] for n in names])


class _Words:
    """The words of each item, numbered from 1, as ``storage.findable`` writes them."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    @property
    def count(self) -> int:
        return len(self._numbers)

    def of(self, numbers: range) -> Iterator[tuple[Table, list[Row]]]:
        words: list[Row] = []
        grams: list[Row] = []
        postings: list[Row] = []
        for number in numbers:
            for word, place in _found_by(number).items():
                known = self._numbers.get(word)
                if known is None:
                    known = self._numbers[word] = len(self._numbers) + 1
                    sound = lettering.sound(word) if place & Where.NAME else None
                    words.append({"id": known, "word": word, "sound": sound})
                    grams += ({"gram": gram, "word_id": known} for gram in lettering.grams(word))
                postings.append(
                    {
                        "word_id": known,
                        "item_id": number + 1,
                        "circuit": CIRCUIT,
                        "queue": _QUEUES[number % len(_QUEUES)],
                        "place": int(place),
                    }
                )
        yield table_of(FoundWord), words
        yield table_of(FoundGram), grams
        yield table_of(FoundItem), postings


def _found_by(number: int) -> Mapping[str, Where]:
    case = _case(number - number % 3)
    found: dict[str, Where] = {}
    names = (case["patient_name"], case["patient_first_names"], case["establishment_name"])
    numbers = (case["reference"], case["cnas_number"], case["establishment_finess"])
    for word in {
        *(word for name in names for word in lettering.every(name)),
        *(word for each in numbers for word in (lettering.whole(each), *lettering.apart(each))),
    }:
        found[word] = Where.CASE
    for word in {word for name in names[:2] for word in lettering.every(name)}:
        found[word] = found[word] | Where.NAME
    for word in lettering.every(f"{_title(number)} {_sender(number)}"):
        found[word] = found.get(word, Where(0)) | Where.ITEM
    return found


def _rows(numbers: range, count: int) -> Iterator[tuple[Table, list[Row]]]:
    yield table_of(Delivery), [_delivery(n) for n in numbers]
    yield table_of(Case), [_case(n) for n in numbers if n % 3 == 0]
    yield table_of(Item), [_item(n, count) for n in numbers]
    yield table_of(Deadline), [_deadline(n) for n in numbers]


def _sha(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def _received(number: int) -> datetime:
    return AT - timedelta(minutes=number * 7 % 400_000)


def _sender(number: int) -> str:
    return f"admissions@hopital-{number % 400}.example"


def _title(number: int) -> str:
    return f"Attestation de droits n° {number}"


@cache
def _templates() -> Mapping[type, Row]:
    """One row of each table with its defaults: a model made a million times takes a quarter of an hour."""
    delivery = Delivery(
        sha256="",
        size=180_000,
        state=DeliveryState.SCHEDULED,
        received_at=AT,
        mailbox="boite@cnse.example",
        envelope_from="",
        circuit=CIRCUIT,
    )
    case = Case(
        id=0,
        reference="",
        circuit=CIRCUIT,
        opened_at=AT,
        opened_by_delivery="",
        patient_first_names="Amel",
    )
    item = Item(delivery="", circuit=CIRCUIT, queue="", kind="", title="", created_at=AT)
    deadline = Deadline(
        kind="answer",
        origin="",
        circuit=CIRCUIT,
        title="Réponse",
        due=TODAY,
        basis="Circulaire",
        status="confirmed",
        created_at=AT,
    )
    return {
        Delivery: delivery.model_dump(),
        Case: case.model_dump(),
        Item: item.model_dump(exclude={"id"}),
        Deadline: deadline.model_dump(exclude={"id"}),
    }


def _delivery(number: int) -> Row:
    sender = _sender(number)
    return _templates()[Delivery] | {
        "sha256": _sha(number),
        "received_at": _received(number),
        "envelope_from": sender,
        "sender": sender,
    }


def _case(number: int) -> Row:
    name = _NAMES[number % len(_NAMES)]
    return _templates()[Case] | {
        "id": number + 1,
        "reference": f"SPA-2026-{number:07d}",
        "opened_at": _received(number),
        "opened_by_delivery": _sha(number),
        "patient_name": f"{name}{number % 997}",
        "name_key": f"{name[:4]}{number % 997}",
        "cnas_number": f"{number:012d}",
        "caisse": _CAISSES[number // 3 % len(_CAISSES)],
        "establishment_finess": f"{590_000_000 + number // 3 % 400}",
        "establishment_name": f"Hôpital {number // 3 % 400}",
    }


def _item(number: int, count: int) -> Row:
    first = number - number % 3
    state = _STATES[number % len(_STATES)]
    return _templates()[Item] | {
        "id": number + 1,
        "delivery": _sha(number),
        "queue": _QUEUES[number % len(_QUEUES)],
        "case_id": first + 1,
        "next_due": min(_due(n) for n in range(first, min(first + 3, count))),
        "kind": _KINDS[number % len(_KINDS)],
        "title": _title(number),
        "sender": _sender(number),
        "created_at": _received(number),
        "caisse": _CAISSES[number // 3 % len(_CAISSES)],
        "finess": f"{590_000_000 + number // 3 % 400}",
        "taken_by": None if state == "new" else f"agent-{number % 90}",
        "state": state,
    }


def _deadline(number: int) -> Row:
    return _templates()[Deadline] | {
        "origin": f"delivery:{number}",
        "delivery": _sha(number),
        "case_id": number - number % 3 + 1,
        "due": _due(number),
    }


def _due(number: int) -> date:
    return TODAY + timedelta(days=number * 11 % 240 - 12)
