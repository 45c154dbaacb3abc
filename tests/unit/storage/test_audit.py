"""Appending: in the transaction it tells, gapless under concurrent writers, private, erasable."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import select

from gateway.clock import TurnableClock
from storage import audit, merkle, notes
from storage.audit import EventRow
from storage.canonical import NotCanonical, Value, canonical, read
from storage.db import Database
from storage.keys import KeyRing
from storage.notes import Signer
from storage.verification import verify

FIELDS: dict[str, Value] = {
    "before": "received",
    "after": "opened",
    "count": 3,
    "reasons": ["un", "deux"],
    "none": None,
}


def _append(database: Database, clock: TurnableClock, count: int, subject: str = "delivery:abc") -> None:
    with database.transaction() as session:
        for number in range(count):
            audit.append(session, clock.now(), "step", subject, {"number": number})


def _signer(ring: KeyRing) -> Signer:
    return Signer("passerelle", ring.public_key, ring.sign)


def test_positions_follow_and_the_head_is_the_tree(database: Database, clock: TurnableClock) -> None:
    with database.reading() as session:
        assert audit.head(session) == (0, merkle.EMPTY_ROOT)
    with database.transaction() as session:
        assert audit.append(session, clock.now(), "step", "delivery:abc", FIELDS) == 0
        assert audit.append(session, clock.now(), "step", "delivery:abc", {}) == 1
    with database.transaction() as session:
        assert audit.append(session, clock.now(), "step", "delivery:é", {}) == 2
    with database.reading() as session:
        rows = session.exec(select(EventRow)).all()
        assert audit.head(session) == (3, merkle.root_of([merkle.leaf_hash(row.body) for row in rows]))


def test_what_is_sealed_is_canonical_and_says_nothing_of_the_subject(
    database: Database, clock: TurnableClock
) -> None:
    with database.transaction() as session:
        audit.append(
            session, clock.now(), "step", "delivery:secret", FIELDS, lambda name, _: name == "count"
        )
    with database.reading() as session:
        row = session.exec(select(EventRow)).one()
        beside = {clear.field: clear for clear in audit.clear_values(session, [0])[0]}
        (event,) = audit.events(session, ["delivery:secret"])
    sealed = read(row.body)
    assert isinstance(sealed, dict)
    assert canonical(sealed) == row.body
    assert sealed["at"] == "2026-11-23T09:00:00.000000Z"
    assert (sealed["v"], sealed["n"], sealed["fields"]) == (2, 0, {"count": 3})
    for word in (b"secret", b"received", b"opened", b"deux"):
        assert word not in row.body
    for name, value in {**FIELDS, "@": "delivery:secret"}.items():
        if name == "count":
            continue
        committed = sealed["subject"] if name == "@" else sealed["hidden"][name]
        assert committed == hashlib.sha256(beside[name].salt + beside[name].value).hexdigest()
        assert read(beside[name].value) == value
    assert (event.fields, event.erased) == (FIELDS, False)


def test_the_same_event_twice_is_not_the_same_leaf(database: Database, clock: TurnableClock) -> None:
    with database.transaction() as session:
        for _ in range(2):
            audit.append(session, clock.now(), "step", "delivery:abc", FIELDS)
    with database.reading() as session:
        beside = audit.clear_values(session, [0, 1])
    salts = {clear.salt for clears in beside.values() for clear in clears}
    assert len(salts) == 2 * (len(FIELDS) + 1)


def test_an_event_whose_change_is_undone_leaves_no_trace(database: Database, clock: TurnableClock) -> None:
    class UndoneError(Exception):
        pass

    def undone() -> None:
        with database.transaction() as session:
            audit.append(session, clock.now(), "step", "delivery:abc", {})
            raise UndoneError

    _append(database, clock, 1)
    with pytest.raises(UndoneError):
        undone()
    _append(database, clock, 1)
    with database.reading() as session:
        assert audit.head(session)[0] == 2
        assert len(audit.events(session, ["delivery:abc"])) == 2


@pytest.mark.parametrize("bad", [{"a": 1.5}, {"A": 1}, {"a": "e\u0301"}])
def test_fields_without_canonical_form_are_refused(
    database: Database, clock: TurnableClock, bad: dict[str, object]
) -> None:
    with pytest.raises(NotCanonical), database.transaction() as session:
        audit.append(session, clock.now(), "step", "delivery:abc", bad)  # type: ignore[arg-type]
    with pytest.raises(NotCanonical), database.transaction() as session:
        audit.append(session, clock.now(), 'st"ep', "delivery:abc", {})


def test_several_events_are_sealed_as_one_by_one(
    database: Database, clock: TurnableClock, ring: KeyRing
) -> None:
    _append(database, clock, 3)
    entries: list[tuple[str, str, dict[str, Value]]] = [
        ("arrival", f"delivery:{number}", {"n": number}) for number in range(5)
    ]
    with database.transaction() as session:
        assert audit.append_all(session, clock.now(), entries) == 3
        assert audit.append_all(session, clock.now(), []) == 8
    _append(database, clock, 1)
    with database.reading() as session:
        verdict = verify(session, "passerelle", ring.public_key)
        (fourth,) = audit.events(session, ["delivery:4"])
    assert (verdict.ok, verdict.size) == (True, 9)
    assert (fourth.position, fourth.kind, fourth.fields) == (7, "arrival", {"n": 4})


def test_no_gap_under_concurrent_writers(database: Database, clock: TurnableClock, ring: KeyRing) -> None:
    writers, each = 6, 15
    together = threading.Barrier(writers)

    def work(writer: int) -> list[int]:
        together.wait()
        positions = []
        for number in range(each):
            with database.transaction() as session:
                positions.append(
                    audit.append(session, clock.now(), "step", f"writer:{writer}", {"n": number})
                )
                if number % 5 == 4:  # one transaction in five seals two
                    positions.append(audit.append(session, clock.now(), "step", f"writer:{writer}", {}))
        return positions

    with ThreadPoolExecutor(writers) as pool:
        positions = [position for found in pool.map(work, range(writers)) for position in found]
    assert sorted(positions) == list(range(writers * (each + 3)))
    with database.reading() as session:
        verdict = verify(session, "passerelle", ring.public_key)
        assert verdict.ok, verdict.reason
        for writer in range(writers):
            mine = audit.events(session, [f"writer:{writer}"])
            numbers = [event.fields["n"] for event in mine if event.fields and "n" in event.fields]
            assert numbers == list(range(each))


def test_a_checkpoint_is_signed_once_for_a_size(
    database: Database, clock: TurnableClock, ring: KeyRing
) -> None:
    _append(database, clock, 5)
    with database.transaction() as session:
        first = audit.checkpoint(session, clock.now(), _signer(ring))
        assert audit.checkpoint(session, clock.now(), _signer(ring)) == first
        said = notes.read(first, "passerelle", ring.public_key)
        assert (said.size, said.root) == audit.head(session)
        assert said.at == clock.now()
    _append(database, clock, 1)
    with database.transaction() as session:
        second = audit.checkpoint(session, clock.now(), _signer(ring))
        assert [note for _at, note in audit.notes_after(session, -1)] == [first, second]
        assert [note for _at, note in audit.notes_after(session, 5)] == [second]


def test_forgetting_keeps_the_log_whole(database: Database, clock: TurnableClock, ring: KeyRing) -> None:
    _append(database, clock, 4)
    with database.transaction() as session:
        audit.append(session, clock.now(), "access", "delivery:xyz", {"person": "mira", "page": 2}, _page)
        audit.checkpoint(session, clock.now(), _signer(ring))
        assert audit.forget(session, [1, 2]) == 4
        assert audit.forget(session, [1, 2]) == 0
        assert audit.forget(session, subjects=["delivery:xyz"], fields=["person"]) == 1
    with database.reading() as session:
        verdict = verify(session, "passerelle", ring.public_key)
        assert [event.position for event in audit.events(session, ["delivery:abc"])] == [0, 3]
        (gone, _other) = audit.events(session, [""])
        (kept,) = audit.events(session, ["delivery:xyz"])
    assert (verdict.ok, verdict.erased, verdict.size) == (True, 3, 5)
    assert "3 entrée(s) ont des valeurs effacées" in verdict.remarks[-1]
    assert (gone.fields, gone.subject, gone.erased) == ({}, "", True)
    assert (kept.fields, kept.erased) == ({"page": 2}, True)


def test_forgetting_a_subject_takes_all_its_events(
    database: Database, clock: TurnableClock, ring: KeyRing
) -> None:
    _append(database, clock, 1200)
    _append(database, clock, 1, subject="delivery:other")
    with database.transaction() as session:
        assert audit.forget(session, subjects=["delivery:abc", ""]) == 2400
    with database.reading() as session:
        assert audit.events(session, ["delivery:abc"]) == []
        (other,) = audit.events(session, ["delivery:other"])
        assert verify(session, "passerelle", ring.public_key).ok
    assert other.fields == {"number": 0}


def _page(name: str, _value: Value) -> bool:
    return name == "page"
