"""Items and what is kept beside them on both databases: filters, parts, waking, beats, notes, views."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

import pytest

from storage import cases, comments, items, joinings, pulses, views
from storage.cases import Case, Item, ItemState
from storage.comments import Comment
from storage.db import Database, Session
from storage.deliveries import DeliveryState
from storage.documents import IssueRow
from storage.joinings import Joining, JoiningKind
from storage.people import Person
from storage.views import View
from tests.builders import rows

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HERE = ("essai", "q")


def _mail(session: Session, name: str) -> str:
    sha = hashlib.sha256(name.encode()).hexdigest()
    return rows.delivery(session, sha, state=DeliveryState.SCHEDULED).sha256


def _item(session: Session, name: str, **columns: object) -> Item:
    values = {"circuit": "essai", "queue": "q", "kind": "quote", "title": name, "created_at": AT}
    made, new = cases.add_item(
        session, Item.model_validate({"delivery": _mail(session, name), **values, **columns})
    )
    assert new
    return made


def _case(session: Session, name: str, **columns: object) -> Case:
    return cases.open_case(
        session,
        Case.model_validate(
            {
                "reference": name,
                "circuit": "essai",
                "opened_at": AT,
                "opened_by_delivery": _mail(session, name),
                **columns,
            }
        ),
    )


def test_what_a_list_filters_by_follows_the_case(database: Database) -> None:
    with database.transaction() as session:
        case = _case(session, "ESS-1", caisse="595")
        item = _item(session, "a", finess="590796975")
        assert (item.caisse, item.finess) == (None, "590796975")
        assert items.change_item(session, item.id or 0, 1, case_id=case.id)
        cases.complete(session, case.id or 0, {"establishment_finess": "599000015"})
        found = items.item(session, item.id or 0)
        assert found is not None
        assert (found.caisse, found.finess) == ("595", "599000015")


@pytest.mark.parametrize(("severity", "lacking"), [("error", True), ("warning", False)])
def test_what_lacks_is_known_when_it_is_filed(database: Database, severity: str, lacking: bool) -> None:
    with database.transaction() as session:
        sha = _mail(session, "papers")
        document = rows.document(session, sha)
        session.add(
            IssueRow(document_id=document.id or 0, code="missing", severity=severity, message="Il manque.")
        )
        session.flush()
        item, _ = cases.add_item(
            session,
            Item(delivery=sha, circuit="essai", queue="q", kind="quote", title="t", created_at=AT),
        )
        assert item.lacking is lacking


def test_a_part_is_another_item_of_the_same_mail_and_queue(database: Database) -> None:
    with database.transaction() as session:
        first = _item(session, "a")
        again, new = cases.add_item(session, Item(**first.model_dump(exclude={"id"})))
        assert (again.id, new) == (first.id, False)
        part, new = cases.add_item(session, Item(**{**first.model_dump(exclude={"id"}), "part": 1}))
        assert new
        assert part.id != first.id
        assert items.last_part(session, first.delivery, "q") == 1
        assert [item.part for item in cases.items_of(session, first.delivery)] == [0, 1]


def test_every_change_is_a_beat_of_the_queues_it_touches(database: Database) -> None:
    with database.transaction() as session:
        item = _item(session, "a")
    with database.reading() as session:
        before = pulses.every(session)
    assert set(before) == {HERE}
    with database.transaction() as session:
        assert items.change_item(session, item.id or 0, 1, queue="r")
        assert not items.change_item(session, item.id or 0, 1, queue="s")
    with database.reading() as session:
        after = pulses.every(session)
    assert after[HERE] > before[HERE]
    assert set(after) == {HERE, ("essai", "r")}


def test_work_wakes_the_longest_waiting_first(database: Database) -> None:
    with database.transaction() as session:
        for name, day, state in (
            ("b", 24, ItemState.WAITING),
            ("a", 23, ItemState.WAITING),
            ("later", 25, ItemState.WAITING),
            ("taken", 20, ItemState.TAKEN),
            ("never", None, ItemState.WAITING),
        ):
            _item(session, name, state=state, wake_on=date(2026, 11, day) if day else None)
        assert [i.title for i in items.to_wake(session, date(2026, 11, 24))] == ["a", "b"]


def test_what_may_be_the_same_work(database: Database) -> None:
    with database.transaction() as session:
        case, other = _case(session, "ESS-1"), _case(session, "ESS-2")
        item = _item(session, "here", case_id=case.id, sender="a@x.example")
        _item(session, "same case", case_id=case.id, queue="r")
        _item(session, "same sender", sender="a@x.example")
        _item(session, "another case", case_id=other.id, sender="a@x.example")
        _item(session, "elsewhere", sender="a@x.example", queue="r")
        _item(session, "done", case_id=case.id, state=ItemState.DONE)
        assert [i.title for i in items.alike(session, item, 10)] == ["same case", "same sender"]
        assert [i.title for i in items.alike(session, item, 1)] == ["same case"]
        assert [i.title for i in items.items_of_cases(session, [case.id or 0])] == [
            "here",
            "same case",
            "done",
        ]


def test_a_joining_is_undone_once(database: Database) -> None:
    with database.transaction() as session:
        kept, other = _item(session, "a"), _item(session, "b")
        number = joinings.add(
            session,
            Joining(kind=JoiningKind.MERGE, kept=kept.id or 0, other=other.id or 0, at=AT, by="anne"),
        )
        assert [j.id for j in joinings.of_item(session, other.id or 0)] == [number]
        assert joinings.undo(session, number, "bob", AT)
        assert not joinings.undo(session, number, "bob", AT)
        assert joinings.of_item(session, kept.id or 0) == []
        found = joinings.get(session, number)
        assert found is not None
        assert (found.undone_by, found.undone_at) == ("bob", AT)


def test_a_note_waits_for_those_it_names(database: Database) -> None:
    with database.transaction() as session:
        session.add_all(Person(login=login, name=login) for login in ("anne", "bob"))
        session.flush()
        item = _item(session, "a")
        number = item.id or 0
        comment = Comment(item_id=number, by="anne", at=AT, text="x", confidentiality="administrative")
        comments.add(session, comment, ["bob", "bob"])
        assert comments.named(session, [comment.id or 0]) == {comment.id: ["bob"]}
        assert comments.waiting_for(session, "bob", number)
        assert not comments.waiting_for(session, "anne", number)
        assert comments.see(session, "bob", number, AT) == 1
        assert not comments.waiting_for(session, "bob", number)
        assert comments.see(session, "bob", number, AT) == 0


def test_a_view_of_the_same_name_is_replaced_and_shared_ones_are_seen(database: Database) -> None:
    with database.transaction() as session:
        session.add_all(Person(login=login, name=login) for login in ("anne", "bob"))
        session.flush()
        for owner, name, query, shared in (
            ("anne", "matin", "etat=pris", False),
            ("anne", "matin", "etat=nouveaux", False),
            ("bob", "tous", "", True),
            ("bob", "secret", "", False),
        ):
            view = View(owner=owner, queue="q", name=name, query=query, shared=shared, created_at=AT)
            assert views.keep(session, view)
        assert [(v.name, v.query) for v in views.of_queue(session, "q", "anne")] == [
            ("matin", "etat=nouveaux"),
            ("tous", ""),
        ]
        (mine,) = views.of_person(session, "anne")
        views.drop(session, mine.id or 0)
        assert views.get(session, mine.id or 0) is None
