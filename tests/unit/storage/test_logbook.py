"""The log by period, person, kind and subject: the right events, each along an index, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from storage import audit, cases, logbook
from storage.canonical import Value
from storage.cases import Case, Item
from storage.db import Database
from storage.logbook import Sought
from storage.outbox import OutboxEntry
from tests.builders import rows

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
SHA, OTHER = "ab12" + "0" * 60, "ab13" + "0" * 60
TOLD: tuple[tuple[str, str, dict[str, Value]], ...] = (
    ("arrival", f"delivery:{SHA}", {}),
    ("case-opened", "case:ESS-2026-00001", {}),
    ("item-taken", f"delivery:{SHA}", {"person": "agathe"}),
    ("login", "person:agathe", {"outcome": "in"}),
    ("hold", "case:ESS-2026-00001", {"by": "sylvie"}),
    ("arrival", f"delivery:{OTHER}", {"agent": "agathe"}),
    ("item-done", f"delivery:{OTHER}", {"person": "sylvie"}),
    ("letter-sent", "outbox:<m1@x>", {}),
)
"""One event each twelve hours from ``START``."""


@pytest.fixture
def told(database: Database) -> Database:
    for turn, one in enumerate(TOLD):
        with database.transaction() as session:
            audit.append_all(session, START + turn * timedelta(hours=12), [one])
    return database


def _positions(database: Database, sought: Sought, before: int | None = None, size: int = 50) -> list[int]:
    with database.reading() as session:
        return [one.position for one in logbook.page(session, sought, before, size)]


@pytest.mark.parametrize(
    ("sought", "positions"),
    [
        (Sought(), [7, 6, 5, 4, 3, 2, 1, 0]),
        (Sought(kind="arrival"), [5, 0]),
        (Sought(person="agathe"), [3, 2]),
        (Sought(person="sylvie"), [6, 4]),
        (Sought(person="agath"), []),
        (Sought(subjects=frozenset({f"delivery:{SHA}", "case:ESS-2026-00001"})), [4, 2, 1, 0]),
        (Sought(subjects=frozenset()), []),
        (Sought(since=START + timedelta(days=1)), [7, 6, 5, 4, 3, 2]),
        (Sought(until=START + timedelta(days=1)), [1, 0]),
        (Sought(since=START + timedelta(days=1), until=START + timedelta(days=2)), [3, 2]),
        (Sought(since=START + timedelta(days=9)), []),
        (Sought(since=START + timedelta(days=1), person="sylvie", kind="item-done"), [6]),
        (Sought(kind="hold", subjects=frozenset({f"delivery:{SHA}"})), []),
    ],
)
def test_each_filter_gives_its_events_the_latest_first(
    told: Database, sought: Sought, positions: list[int]
) -> None:
    assert _positions(told, sought) == positions
    paged: list[int] = []
    while more := _positions(told, sought, paged[-1] if paged else None, 1):
        paged += more
    assert paged == positions


def test_a_clock_set_back_hides_nothing(told: Database) -> None:
    with told.transaction() as session:
        audit.append(session, START + timedelta(hours=1), "config", "config:x", {})
    assert _positions(told, Sought(until=START + timedelta(hours=2))) == [8, 0]


def test_what_was_forgotten_is_found_by_nobody(told: Database) -> None:
    with told.transaction() as session:
        audit.forget(session, [2])
    assert _positions(told, Sought(person="agathe")) == [3]
    assert _positions(told, Sought(subjects=frozenset({f"delivery:{SHA}"}))) == [0]


def test_a_reference_a_number_and_a_hash_name_their_events(told: Database) -> None:
    with told.transaction() as session:
        rows.delivery(session, SHA, circuit="essai")
        rows.delivery(session, OTHER, circuit="essai")
        opened = Case(
            reference="ESS-2026-00001",
            circuit="essai",
            opened_at=START,
            opened_by_delivery=SHA,
            caisse="595",
        )
        case = cases.open_case(session, opened)
        work = Item(
            delivery=OTHER,
            circuit="essai",
            queue="q",
            kind="x",
            title="T",
            created_at=START,
            case_id=case.id,
        )
        item, _ = cases.add_item(session, work)
        session.add(
            OutboxEntry(
                message_id="<m1@x>",
                circuit="essai",
                raw_sha256=SHA,
                next_attempt_at=START,
                mailbox="b@x",
                recipient="h@x",
                letter="l",
                subject="s",
                case_id=case.id,
                created_at=START,
            )
        )
    with told.reading() as session:
        whole = {f"delivery:{SHA}", f"delivery:{OTHER}", "case:ESS-2026-00001", "outbox:<m1@x>"}
        assert logbook.subjects_of(session, " ess-2026-00001 ") == whole
        assert logbook.subjects_of(session, f"n° {item.id}") == {f"delivery:{OTHER}"}
        assert logbook.subjects_of(session, SHA[:12].upper()) == {f"delivery:{SHA}"}
        assert logbook.subjects_of(session, SHA) == {f"delivery:{SHA}"}
        assert logbook.subjects_of(session, "person:agathe") == {"person:agathe"}
        for nothing in ("ab12", "zzzzzzzzzz", "ESS-2026-00009", "99999", ""):
            assert logbook.subjects_of(session, nothing) == frozenset()
        assert logbook.places_of_cases(session, ["ESS-2026-00001"]) == {"ESS-2026-00001": {("essai", "q")}}
        assert logbook.items_of_mails(session, [SHA, OTHER]) == {OTHER: [(item.id, ("essai", "q"))]}


@contextmanager
def _statements(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """What the database is asked meanwhile, with the values."""
    said: list[tuple[str, Any]] = []

    def heard(_c: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        said.append((statement, values))

    event.listen(database.engine, "before_cursor_execute", heard)
    try:
        yield said
    finally:
        event.remove(database.engine, "before_cursor_execute", heard)


@pytest.mark.parametrize(
    ("sought", "index"),
    [
        (Sought(kind="arrival"), "ix_audit_events_by_kind"),
        (Sought(person="agathe"), "ix_audit_clear_by_person"),
        (Sought(subjects=frozenset({"case:ESS-2026-00001"})), "ix_audit_events_by_subject"),
        (Sought(since=START, until=START + timedelta(days=1)), "ix_audit_events_by_day"),
    ],
)
def test_each_filter_walks_an_index_and_no_table(told: Database, sought: Sought, index: str) -> None:
    with _statements(told) as said:
        _positions(told, sought, before=6)
    asked = [one for one in said if "audit_" in one[0]]
    with told.engine.connect() as connection:
        if not told.is_sqlite:
            connection.execute(text("SET enable_seqscan = off"))  # eight rows: it would read them all
            connection.execute(text("SET enable_bitmapscan = off"))
        explain = "EXPLAIN QUERY PLAN " if told.is_sqlite else "EXPLAIN "
        plans = [
            str(row)
            for statement, values in asked
            for row in connection.exec_driver_sql(explain + statement, values)
        ]
    assert any(index in line for line in plans), plans
    assert not [line for line in plans if "Seq Scan" in line or "SCAN audit" in line]
