"""Every arrow and every absence of arrow; who may; two people at once."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from gateway.cases import transitions
from gateway.cases.transitions import ARROWS, Actor, Verb, act, arrow, verbs_for
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from storage import cases
from storage.cases import Item, ItemState
from storage.db import Database, Session
from tests.builders import rows
from tests.builders.rows import AT

ROLES = ("cpam:131",)
ANNE = Actor("anne", frozenset(ROLES))
BOB = Actor("bob", frozenset(ROLES))
CHIEF = Actor("chef", frozenset({"supervisor"}))
OTHER = Actor("eve", frozenset({"cpam:594"}))


def _item(session: Session) -> int:
    rows.delivery(session, "a")
    made = Item(
        delivery="a" * 64, circuit="essai", queue="cpam-131", kind="se352-301", title="t", created_at=AT
    )
    item, _ = cases.add_item(session, made)
    assert item.id is not None
    return item.id


def _do(session: Session, item_id: int, verb: Verb, actor: Actor, holder: str | None = None) -> Item:
    seen = cases.item(session, item_id)
    assert seen is not None
    changed, _ = act(session, item_id, seen.version, verb, actor, queue_roles=ROLES, at=AT, holder=holder)
    return changed


def test_the_drawing_is_the_table() -> None:
    drawn = re.findall(
        r"^    (\w)  (\w+) ─ ([\w ]+) ─▶ (\w+)  +(.*?)(?: \(.*\)|, for .*)?$",
        transitions.__doc__ or "",
        re.MULTILINE,
    )
    assert drawn == [(a.letter, a.before, a.verb, a.after, a.who) for a in ARROWS]


def test_a_verb_has_one_arrow_from_a_state() -> None:
    assert len({(a.before, a.verb) for a in ARROWS}) == len(ARROWS)
    assert {a.before for a in ARROWS} == set(ItemState)


def test_a_life_from_new_to_done_and_back(database: Database) -> None:
    with database.transaction() as session:
        item_id = _item(session)
        for verb, state, holder in (
            (Verb.TAKE, ItemState.TAKEN, "anne"),
            (Verb.WAIT, ItemState.WAITING, "anne"),
            (Verb.RESUME, ItemState.TAKEN, "anne"),
            (Verb.FINISH, ItemState.DONE, "anne"),
            (Verb.REOPEN, ItemState.TAKEN, "anne"),
            (Verb.PUT_BACK, ItemState.NEW, None),
        ):
            item = _do(session, item_id, verb, ANNE)
            assert (item.state, item.taken_by) == (state, holder)
        assert item.version == 7


def test_one_verb_is_one_audit_entry_without_content(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        item_id = _item(session)
        _, (kind, subject, fields) = act(session, item_id, 1, Verb.TAKE, ANNE, queue_roles=ROLES, at=AT)
        assert (kind, subject) == (Kind.ITEM_TAKEN, f"delivery:{'a' * 64}")
        assert fields == {
            "item": item_id,
            "queue": "cpam-131",
            "verb": "take",
            "before": "new",
            "after": "taken",
            "by": "anne",
            "holder": "anne",
        }


@pytest.mark.parametrize("state", ItemState)
@pytest.mark.parametrize("verb", [verb for verb in Verb if verb is not Verb.WAKE])
def test_only_arrows_move(sqlite_database: Database, state: ItemState, verb: Verb) -> None:
    with sqlite_database.transaction() as session:
        item_id = _item(session)
        cases.change_item(
            session, item_id, 1, state=state, taken_by="bob" if verb is Verb.TAKE_OVER else "chef"
        )
        if (found := arrow(state, verb)) is not None:
            item, _ = act(session, item_id, 2, verb, CHIEF, queue_roles=ROLES, at=AT, holder="bob")
            assert item.state is found.after
        else:
            with pytest.raises(Refused, match="relisez"):
                act(session, item_id, 2, verb, CHIEF, queue_roles=ROLES, at=AT, holder="bob")
            unchanged = cases.item(session, item_id)
            assert unchanged is not None
            assert unchanged.version == 2


def test_who_may_do_what(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        item_id = _item(session)
        item = cases.item(session, item_id)
        assert item is not None
        assert verbs_for(item, ANNE, ROLES) == (Verb.TAKE, Verb.WAIT)
        assert verbs_for(item, OTHER, ROLES) == ()
        assert verbs_for(item, CHIEF, ROLES) == (Verb.TAKE, Verb.ASSIGN, Verb.WAIT)
        with pytest.raises(Refused, match="file que vous ne lisez pas"):
            _do(session, item_id, Verb.TAKE, OTHER)
        taken = _do(session, item_id, Verb.TAKE, ANNE)
        assert verbs_for(taken, BOB, ROLES) == ()
        assert verbs_for(taken, CHIEF, ROLES) == (Verb.PUT_BACK, Verb.ASSIGN, Verb.TAKE_OVER)
        with pytest.raises(Refused, match="tient ce travail"):
            _do(session, item_id, Verb.FINISH, BOB)
        with pytest.raises(Refused, match="responsable"):
            _do(session, item_id, Verb.ASSIGN, BOB, "bob")
        with pytest.raises(Refused, match="à qui"):
            _do(session, item_id, Verb.ASSIGN, CHIEF)
        assert _do(session, item_id, Verb.ASSIGN, CHIEF, "bob").taken_by == "bob"


def test_the_second_of_two_people_is_told(database: Database) -> None:
    with database.transaction() as session:
        item_id = _item(session)
        act(session, item_id, 1, Verb.TAKE, ANNE, queue_roles=ROLES, at=AT)
    with database.transaction() as session:
        with pytest.raises(Refused, match="pris"):
            act(session, item_id, 1, Verb.TAKE, BOB, queue_roles=ROLES, at=AT)
        item = cases.item(session, item_id)
        assert item is not None
        assert item.taken_by == "anne"


def test_no_such_item(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session, pytest.raises(NotFound):
        act(session, 99, 1, Verb.TAKE, ANNE, queue_roles=ROLES, at=AT)


def test_a_lock_holds_for_its_time_then_a_colleague_takes_over_with_a_trace(database: Database) -> None:
    later = AT + transitions.LEASE
    with database.transaction() as session:
        item_id = _item(session)
        item, _ = act(session, item_id, 1, Verb.TAKE, ANNE, queue_roles=ROLES, at=AT)
        assert transitions.locked_by(item, later - timedelta(seconds=1)) == "anne"
        assert transitions.locked_by(item, later) is None
        assert verbs_for(item, BOB, ROLES, later - timedelta(seconds=1)) == ()
        assert verbs_for(item, BOB, ROLES, later) == (Verb.TAKE_OVER,)
        assert verbs_for(item, OTHER, ROLES, later) == ()
        with pytest.raises(Refused, match="tient encore"):
            act(session, item_id, 2, Verb.TAKE_OVER, BOB, queue_roles=ROLES, at=AT)
        taken, (kind, _, fields) = act(
            session, item_id, 2, Verb.TAKE_OVER, BOB, queue_roles=ROLES, at=later, lease=timedelta(hours=1)
        )
        assert (taken.taken_by, taken.lease_until) == ("bob", later + timedelta(hours=1))
        assert (kind, fields["from"], fields["by"]) == (Kind.ITEM_TAKEN, "anne", "bob")


def test_a_supervisor_takes_over_before_the_lock_is_over(database: Database) -> None:
    with database.transaction() as session:
        item_id = _item(session)
        _do(session, item_id, Verb.TAKE, ANNE)
        assert _do(session, item_id, Verb.TAKE_OVER, CHIEF).taken_by == "chef"


@pytest.mark.parametrize(("days", "good"), [(-1, False), (0, False), (1, True), (366, True), (367, False)])
def test_the_day_of_waking_is_to_come_and_not_too_far(
    sqlite_database: Database, days: int, good: bool
) -> None:
    day = date(2026, 11, 23) + timedelta(days=days)
    with sqlite_database.transaction() as session:
        item_id = _item(session)
        if good:
            item, (_, _, fields) = act(
                session, item_id, 1, Verb.WAIT, ANNE, queue_roles=ROLES, at=AT, wake_on=day
            )
            assert (item.wake_on, item.taken_by, item.lease_until) == (day, "anne", None)
            assert fields["until"] == day.isoformat()
            assert _do(session, item_id, Verb.RESUME, ANNE).wake_on is None
        else:
            with pytest.raises(Refused, match="jour du réveil"):
                act(session, item_id, 1, Verb.WAIT, ANNE, queue_roles=ROLES, at=AT, wake_on=day)


def test_nobody_wakes_work_by_hand(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        item_id = _item(session)
        _do(session, item_id, Verb.WAIT, ANNE)
        with pytest.raises(Refused, match="revient de lui-même"):
            _do(session, item_id, Verb.WAKE, CHIEF)
