"""Every way of tampering with the log is found, and the place is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from gateway.clock import TurnableClock
from storage import audit, notes
from storage.audit import ClearRow, EventRow
from storage.canonical import canonical
from storage.columns import instant_text
from storage.db import Database, Session, table_of
from storage.keys import KeyRing
from storage.merkle import Frontier, leaf_hash
from storage.notes import Signer
from storage.sealed import SALT, commitment, seal
from storage.verification import Verdict, verify

SIZE = 40
EVERY = 10


class World:
    """A log of 40 entries with a checkpoint every 10, the notes also kept outside."""

    def __init__(self, database: Database, clock: TurnableClock, ring: KeyRing) -> None:
        self.database = database
        self.ring = ring
        self.clock = clock
        self.signer = Signer("passerelle", ring.public_key, ring.sign)
        self.outside: list[str] = []
        for number in range(SIZE):
            with database.transaction() as session:
                audit.append(session, clock.now(), "step", f"delivery:{number}", {"n": number})
                if (number + 1) % EVERY == 0:
                    self.outside.append(audit.checkpoint(session, clock.now(), self.signer))
            clock.turn(timedelta(seconds=1))

    def sql(self, *statements: str) -> None:
        with self.database.transaction() as session:
            for statement in statements:
                session.connection().execute(text(statement))

    def verify(self, outside: list[str] | None = None) -> Verdict:
        with self.database.reading() as session:
            kept = self.outside if outside is None else outside
            return verify(session, "passerelle", self.ring.public_key, kept)

    def rewrite(self, change: Callable[[int, dict[str, Any]], dict[str, Any] | None]) -> None:
        """Forge as someone who knows everything but the signing key: bodies, leaves and head agree."""
        with self.database.transaction() as session:
            table = table_of(EventRow)
            rows = session.connection().execute(table.select().order_by(table.c.position)).mappings().all()
            clears = {
                position: {clear.field: (clear.salt, clear.value) for clear in found}
                for position, found in audit.clear_values(session, [r["position"] for r in rows]).items()
            }
            session.connection().execute(table.delete())
            session.connection().execute(table_of(ClearRow).delete())
            tree, beside = Frontier(), list[dict[str, Any]]()
            for row in rows:
                kept = change(row["position"], dict(row))
                if kept is None:
                    continue
                record = json.loads(kept["body"]) | {"n": tree.size}
                mine = dict(clears[row["position"]])
                if kept["subject"] != row["subject"]:
                    mine["@"] = (bytes(SALT), canonical(kept["subject"]))
                    record["subject"] = commitment(*mine["@"])
                body = canonical(record)
                forged = kept | {"position": tree.size, "body": body, "leaf": leaf_hash(body)}
                beside += [
                    {"position": tree.size, "field": field, "salt": salt, "value": value}
                    for field, (salt, value) in mine.items()
                ]
                session.connection().execute(table.insert(), forged)
                tree.push(forged["leaf"])
            session.connection().execute(table_of(ClearRow).insert(), beside)
            self._head(session, tree)

    def _head(self, session: Session, tree: Frontier) -> None:
        session.connection().execute(
            text("UPDATE audit_head SET size = :size, frontier = :frontier"),
            {"size": tree.size, "frontier": tree.packed()},
        )


@pytest.fixture
def world(database: Database, clock: TurnableClock, ring: KeyRing) -> World:
    return World(database, clock, ring)


def test_an_honest_log_is_whole(world: World) -> None:
    told: list[int] = []
    with world.database.reading() as session:
        verdict = verify(session, "passerelle", world.ring.public_key, world.outside, told.append)
    assert (verdict.ok, verdict.size, verdict.first_bad, verdict.checkpoints) == (True, SIZE, None, 8)
    assert verdict.remarks == ()
    assert told == [SIZE]


def test_an_empty_log_is_whole(database: Database, ring: KeyRing) -> None:
    with database.reading() as session:
        assert verify(session, "passerelle", ring.public_key).ok


_COLUMNS = "at, kind, subject, body, leaf"


def _copied(column: str, source: int, target: int) -> str:
    value = f"(SELECT {column} FROM audit_events WHERE position = {source})"
    return f"UPDATE audit_events SET {column} = {value} WHERE position = {target}"


def _beside(column: str, field: str, source: int, target: int) -> str:
    value = f"(SELECT {column} FROM audit_clear WHERE position = {source} AND field = '{field}')"
    return f"UPDATE audit_clear SET {column} = {value} WHERE position = {target} AND field = '{field}'"


NAIVE: dict[str, tuple[list[str], int | None, str]] = {
    "kind changed": (["UPDATE audit_events SET kind = 'login' WHERE position = 17"], 17, "modifiée"),
    "subject changed": (["UPDATE audit_events SET subject = 'autre' WHERE position = 17"], 17, "modifiée"),
    "value changed": ([_beside("value", "@", 3, 4)], 4, "modifiée"),
    "salt changed": ([_beside("salt", "n", 3, 4)], 4, "modifiée"),
    "value renamed": (
        ["UPDATE audit_clear SET field = 'm' WHERE position = 6 AND field = 'n'"],
        6,
        "modifiée",
    ),
    "value added": (
        [
            "DELETE FROM audit_clear WHERE position = 7 AND field = 'n'",
            "UPDATE audit_clear SET position = 7 WHERE position = 5 AND field = 'n'",
        ],
        7,
        "modifiée",
    ),
    "value of no entry": (
        ["INSERT INTO audit_clear SELECT 99, field, salt, value FROM audit_clear WHERE position = 5"],
        None,
        "entrée 99",
    ),
    "body changed": (
        [_copied("body", 8, 9)],
        9,
        "numéro 8",
    ),
    "leaf changed": (
        [_copied("leaf", 8, 9)],
        9,
        "modifiée",
    ),
    "subject dropped beside alone": (
        ["DELETE FROM audit_clear WHERE position = 5 AND field = '@'"],
        5,
        "modifiée",
    ),
    "subject emptied alone": (["UPDATE audit_events SET subject = '' WHERE position = 5"], 5, "modifiée"),
    "removed first": (["DELETE FROM audit_events WHERE position = 0"], 0, "manque"),
    "removed in the middle": (["DELETE FROM audit_events WHERE position = 23"], 23, "manque"),
    "removed and closed up": (
        [
            "DELETE FROM audit_events WHERE position = 23",
            "UPDATE audit_events SET position = position - 1000 WHERE position > 23",
            "UPDATE audit_events SET position = position + 999 WHERE position < 0",
        ],
        23,
        "numéro 24",
    ),
    "two exchanged": (
        [
            "UPDATE audit_events SET position = 1000 WHERE position = 30",
            "UPDATE audit_events SET position = 30 WHERE position = 31",
            "UPDATE audit_events SET position = 31 WHERE position = 1000",
        ],
        30,
        "numéro 31",
    ),
    "truncated": (["DELETE FROM audit_events WHERE position >= 35"], 35, "tronqué"),
    "truncated with its head": (
        [
            "DELETE FROM audit_events WHERE position >= 35",
            "DELETE FROM audit_checkpoints WHERE size > 35",
            "DELETE FROM audit_head",
        ],
        35,
        "tronqué",
    ),
    "added after the end": (
        [f"INSERT INTO audit_events SELECT 40, {_COLUMNS} FROM audit_events WHERE position = 39"],
        40,
        "numéro 39",
    ),
    "emptied": (
        ["DELETE FROM audit_events", "DELETE FROM audit_head", "DELETE FROM audit_checkpoints"],
        0,
        "tronqué",
    ),
}


@pytest.mark.parametrize("case", NAIVE)
def test_tampering_is_found_and_located(world: World, case: str) -> None:
    statements, first_bad, reason = NAIVE[case]
    world.sql(*statements)
    verdict = world.verify()
    assert not verdict.ok
    assert (verdict.first_bad, reason in verdict.reason) == (first_bad, True), verdict.reason


def test_time_changed_is_found(world: World) -> None:
    with world.database.transaction() as session:
        table = table_of(EventRow)
        statement = table.update().where(table.c.position == 12).values(at=world.clock.now())
        session.connection().execute(statement)
    assert world.verify().first_bad == 12


def _changed(at: int) -> Callable[[int, dict[str, Any]], dict[str, Any] | None]:
    forged = {"subject": "delivery:faux"}
    return lambda position, row: row | forged if position == at else row


def _removed(at: int) -> Callable[[int, dict[str, Any]], dict[str, Any] | None]:
    return lambda position, row: None if position == at else row


@pytest.mark.parametrize("forge", [_changed, _removed], ids=["changed", "removed"])
def test_a_forgery_that_agrees_with_itself_is_found_between_two_checkpoints(
    world: World, forge: Any
) -> None:
    world.rewrite(forge(25))
    verdict = world.verify()
    assert not verdict.ok
    assert verdict.first_bad == 20
    assert "entre l'entrée 20 et l'entrée 29" in verdict.reason


def test_a_forgery_after_the_last_checkpoint_is_found_by_the_head(world: World) -> None:
    with world.database.transaction() as session:
        for _ in range(3):
            audit.append(session, world.clock.now(), "step", "delivery:x", {})
        packed = audit.frontier(session).packed()
    world.rewrite(_changed(41))
    with world.database.transaction() as session:
        statement = text("UPDATE audit_head SET frontier = :frontier")
        session.connection().execute(statement, {"frontier": packed})
    verdict = world.verify()
    assert (verdict.ok, verdict.first_bad) == (False, SIZE)
    assert "réécrit après" in verdict.reason


def test_a_well_formed_entry_the_head_does_not_know_is_found(world: World) -> None:
    with world.database.transaction() as session:
        table = table_of(EventRow)
        row = dict(
            session.connection().execute(table.select().where(table.c.position == 5)).mappings().one()
        )
        body, _ = seal(instant_text(row["at"]), "step", SIZE, "", {})
        forged = row | {"position": SIZE, "subject": "", "body": body, "leaf": leaf_hash(body)}
        session.connection().execute(table.insert(), forged)
    verdict = world.verify()
    assert (verdict.ok, verdict.first_bad, verdict.size) == (False, SIZE, SIZE)
    assert "hors du journal" in verdict.reason


def test_a_truncation_with_its_table_of_checkpoints_is_found_from_outside(world: World) -> None:
    world.rewrite(lambda position, row: row if position < 35 else None)
    world.sql("DELETE FROM audit_checkpoints WHERE size > 35")
    assert world.verify(outside=[]).ok, "nothing inside can show it: that is what the outside copy is for"
    verdict = world.verify()
    assert (verdict.ok, verdict.first_bad) == (False, 35)
    assert "compte 40" in verdict.reason


def test_a_fork_signed_by_our_key_is_called_a_fork(world: World) -> None:
    """Someone with the signing key rewrote the log and signed it anew: the notes given out remain."""
    world.rewrite(_changed(25))
    with world.database.transaction() as session:
        session.connection().execute(text("DELETE FROM audit_checkpoints WHERE size = 40"))
        session.connection().execute(text("DELETE FROM audit_checkpoints WHERE size = 30"))
        audit.checkpoint(session, world.clock.now(), world.signer)
    verdict = world.verify(outside=[world.outside[0], world.outside[1], world.outside[3]])
    assert (verdict.ok, verdict.first_bad) == (False, 20)
    assert "dédoublé" in verdict.reason


def test_a_checkpoint_changed_in_the_table_is_found(world: World) -> None:
    with world.database.transaction() as session:
        statement = text("UPDATE audit_checkpoints SET root = :root WHERE size = 20")
        session.connection().execute(statement, {"root": bytes(32)})
    verdict = world.verify()
    assert not verdict.ok
    assert "20 entrées a été modifié" in verdict.reason


def test_a_note_of_another_key_or_out_of_order_is_found(world: World, tmp_path_factory: Any) -> None:
    stranger = KeyRing(tmp_path_factory.mktemp("stranger"))
    forged = notes.write(
        Signer("passerelle", stranger.public_key, stranger.sign),
        notes.read(world.outside[0], "passerelle", world.ring.public_key),
    )
    for outside, reason in (([forged], "pas signé"), (world.outside[::-1], "dans l'ordre")):
        verdict = world.verify(outside)
        assert not verdict.ok
        assert reason in verdict.reason


def test_missing_copies_are_remarked_without_refusing(world: World) -> None:
    verdict = world.verify(outside=world.outside[:1])
    assert verdict.ok
    assert "3 point(s) de contrôle manquent" in verdict.remarks[0]
    world.sql("DELETE FROM audit_checkpoints WHERE size < 30")
    verdict = world.verify()
    assert verdict.ok
    assert "2 point(s) de contrôle ont disparu" in verdict.remarks[0]


def test_an_entry_of_another_format_is_named(world: World) -> None:
    with world.database.transaction() as session:
        table = table_of(EventRow)
        session.connection().execute(
            table.update().where(table.c.position == 3).values(body=b'{"n":3,"v":1}')
        )
    verdict = world.verify()
    assert (verdict.ok, verdict.first_bad, verdict.version) == (False, 3, 2)
    assert "est au format 1" in verdict.reason


def test_between_two_checkpoints(world: World) -> None:
    def between(start: int, end: int | None) -> Verdict:
        with world.database.reading() as session:
            key = world.ring.public_key
            return verify(session, "passerelle", key, world.outside, start=start, end=end)

    good = between(10, 30)
    assert (good.ok, good.size, good.start) == (True, 30, 10)
    assert "de l'entrée 10 à l'entrée 29" in good.reason
    assert not between(11, None).ok
    assert "Aucun point de contrôle ne compte 25 entrées" in between(10, 25).reason
    world.sql("UPDATE audit_events SET kind = 'login' WHERE position = 5")
    assert between(10, 30).ok, "what is before is only hashed"
    assert between(0, 10).first_bad == 5
    world.sql("DELETE FROM audit_events WHERE position = 8")
    assert "manque des entrées" in between(10, 30).reason
    world.sql("DELETE FROM audit_events WHERE position >= 15")
    assert not between(0, 20).ok
