"""Work sorted anew, sent elsewhere, cut and joined: one change, one entry, and everything can be undone."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.cases import hold, moves, notes, parts
from gateway.cases.transitions import Actor, Verb, act
from gateway.circuits.model import Circuit
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from storage import cases, comments, items, joinings, tallies
from storage.cases import Item, ItemState
from storage.db import Database, Session
from storage.documents import Document
from storage.keys import KeyRing
from storage.people import Person
from storage.tallies import Slot
from tests.builders import rows, seed
from tests.builders.rows import AT

ROLES = ("cnse-admin",)
ANNE = Actor("anne", frozenset(ROLES))
BOB = Actor("bob", frozenset(ROLES))
DAY = date(2026, 11, 23)
QUEUE = "cnse-administratif"


@pytest.fixture(scope="module")
def circuit() -> Circuit:
    (found,) = seed.circuits().by_name.values()
    return found


def _item(session: Session, name: str = "a", **columns: object) -> Item:
    mail = rows.delivery(session, name)
    values = {
        "delivery": mail.sha256,
        "circuit": "soins-programmes-algerie",
        "queue": QUEUE,
        "kind": "quote",
        "title": "Devis, HADDAD",
        "sender": "admissions@chu.example",
        "created_at": AT,
    }
    made, _ = cases.add_item(session, Item.model_validate(values | columns))
    return made


def _papers(session: Session, item: Item, number: int) -> list[Document]:
    found = [
        Document(
            delivery=item.delivery,
            position=n,
            path=str(n),
            name=f"{n}.pdf",
            media_type="application/pdf",
            sha256=f"{n:064d}",
            size=1,
            kind="se352-301",
        )
        for n in range(number)
    ]
    session.add_all(found)
    session.flush()
    return found


def _counted(session: Session) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for slot, number in tallies.every(session).items():
        found[slot.queue, slot.state] = found.get((slot.queue, slot.state), 0) + number
    return found


def test_a_new_type_follows_its_rule_and_the_counters_follow(database: Database, circuit: Circuit) -> None:
    with database.transaction() as session:
        item = _item(session, caisse="595")
        changed, (kind, subject, fields) = moves.reclassify(
            session, circuit, item.id or 0, 1, "se352-301", ANNE, queue_roles=ROLES, day=DAY
        )
        assert (changed.kind, changed.queue, changed.state) == ("se352-301", "cpam-595", ItemState.NEW)
        assert changed.title == f"{circuit.title_of('se352-301')}, HADDAD"
        assert (kind, subject) == (Kind.ITEM_CHANGED, f"delivery:{item.delivery}")
        assert (fields["action"], fields["from"], fields["by"]) == ("reclassified", "quote", "anne")
        assert _counted(session) == {("cpam-595", "new"): 1}
        assert Slot("x", "y", "z", None) not in tallies.every(session)


def test_a_new_type_stays_when_asked_or_when_the_caisse_is_unknown(
    sqlite_database: Database, circuit: Circuit
) -> None:
    with sqlite_database.transaction() as session:
        item = _item(session)
        number = item.id or 0
        stayed, _ = moves.reclassify(
            session, circuit, number, 1, "medical-report", ANNE, queue_roles=ROLES, day=DAY, follow=False
        )
        assert stayed.queue == QUEUE
        unknown, _ = moves.reclassify(
            session, circuit, number, 2, "se352-301", ANNE, queue_roles=ROLES, day=DAY
        )
        assert unknown.queue == QUEUE
        for kind in ("inconnu", "se352-301"):
            with pytest.raises(Refused, match="type"):
                moves.reclassify(session, circuit, number, 3, kind, ANNE, queue_roles=ROLES, day=DAY)


def test_only_whoever_may_moves_and_only_what_they_saw(sqlite_database: Database, circuit: Circuit) -> None:
    with sqlite_database.transaction() as session:
        item = _item(session)
        number = item.id or 0
        act(session, number, 1, Verb.TAKE, ANNE, queue_roles=ROLES, at=AT)
        for version, actor, words in ((1, ANNE, "vient d'agir"), (2, BOB, "le tient")):
            with pytest.raises(Refused, match=words):
                moves.reroute(session, circuit, number, version, "cpam-595", actor, queue_roles=ROLES)
        with pytest.raises(Refused, match="n'existe pas"):
            moves.reroute(session, circuit, number, 2, "nulle-part", ANNE, queue_roles=ROLES)
        with pytest.raises(Refused, match="déjà"):
            moves.reroute(session, circuit, number, 2, QUEUE, ANNE, queue_roles=ROLES)
        with pytest.raises(NotFound):
            moves.reroute(session, circuit, 999, 1, "cpam-595", ANNE, queue_roles=ROLES)
        moved, (_, _, fields) = moves.reroute(
            session, circuit, number, 2, "cpam-595", ANNE, queue_roles=ROLES
        )
        assert (moved.queue, moved.state, moved.taken_by, moved.lease_until) == (
            "cpam-595",
            ItemState.NEW,
            None,
            None,
        )
        assert (fields["action"], fields["from"], fields["queue"]) == ("rerouted", QUEUE, "cpam-595")


def test_a_mail_already_in_that_queue_is_not_sent_there(
    sqlite_database: Database, circuit: Circuit
) -> None:
    with sqlite_database.transaction() as session:
        item = _item(session)
        cases.add_item(session, Item(**{**item.model_dump(exclude={"id"}), "queue": "cnse-medical"}))
        with pytest.raises(Refused, match="déjà dans cette file"):
            moves.reroute(session, circuit, item.id or 0, 1, "cnse-medical", ANNE, queue_roles=ROLES)
        ended, (_, _, fields) = moves.send_away(
            session, item.id or 0, 1, ANNE, queue_roles=ROLES, to="ri@cnas.example"
        )
        assert (ended.state, fields["action"], fields["to"]) == (
            ItemState.DONE,
            "sent-away",
            "ri@cnas.example",
        )


def test_a_mail_about_two_people_is_cut_and_put_together_again(
    database: Database, circuit: Circuit
) -> None:
    with database.transaction() as session:
        item = _item(session)
        papers = _papers(session, item, 3)
        case = cases.open_case(session, rows.case(item.delivery, circuit=item.circuit))
        for paper in papers:
            cases.file_document(session, paper.id or 0, case.id or 0, AT, [])
        cases.change_item(session, item.id or 0, 1, case_id=case.id)
        kept, other, (_, _, fields) = parts.split(
            session, circuit, item.id or 0, 2, [1], papers, ANNE, queue_roles=ROLES, at=AT
        )
        assert (kept.positions, other.positions, other.part, other.case_id) == ([0, 2], [1], 1, None)
        assert cases.case_of_document(session, papers[1].id or 0) is None
        assert cases.case_of_document(session, papers[0].id or 0) == case.id
        assert (fields["action"], fields["other"]) == ("split", other.id)
        (joined,) = joinings.of_item(session, other.id or 0)
        whole, events = parts.undo(
            session, joined.id or 0, item.id or 0, kept.version, ANNE, queue_roles=ROLES, at=AT
        )
        assert whole.positions is None
        assert cases.case_of_document(session, papers[1].id or 0) == case.id
        gone = cases.item(session, other.id or 0)
        assert gone is not None
        assert (gone.state, gone.merged_into) == (ItemState.DONE, item.id)
        assert [e[2]["action"] for e in events] == ["split-undone"]
        assert joinings.of_item(session, item.id or 0) == []
        with pytest.raises(Refused, match="rien à défaire"):
            parts.undo(session, joined.id or 0, item.id or 0, whole.version, ANNE, queue_roles=ROLES, at=AT)


@pytest.mark.parametrize("positions", [[], [0, 1], [7]])
def test_a_cut_leaves_something_on_both_sides(
    sqlite_database: Database, circuit: Circuit, positions: list[int]
) -> None:
    with sqlite_database.transaction() as session:
        item = _item(session)
        papers = _papers(session, item, 2)
        with pytest.raises(Refused, match="au moins une"):
            parts.split(
                session, circuit, item.id or 0, 1, positions, papers, ANNE, queue_roles=ROLES, at=AT
            )


def test_a_document_that_gave_a_period_stays_with_its_case(
    sqlite_database: Database, circuit: Circuit
) -> None:
    with sqlite_database.transaction() as session:
        item = _item(session)
        papers = _papers(session, item, 2)
        case = cases.open_case(session, rows.case(item.delivery, circuit=item.circuit))
        cases.change_item(session, item.id or 0, 1, case_id=case.id)
        cases.add_period(
            session,
            cases.Period(
                case_id=case.id or 0,
                document_id=papers[0].id or 0,
                origin=cases.PeriodOrigin.AUTHORISATION,
                status=cases.PeriodStatus.GRANTED,
                at=AT,
            ),
        )
        with pytest.raises(Refused, match="période"):
            parts.split(session, circuit, item.id or 0, 2, [0], papers, ANNE, queue_roles=ROLES, at=AT)


def test_two_pieces_of_work_are_joined_then_parted(database: Database) -> None:
    with database.transaction() as session:
        first, second = _item(session, "a"), _item(session, "b")
        case = cases.open_case(session, rows.case(second.delivery, circuit=second.circuit))
        cases.change_item(session, second.id or 0, 1, case_id=case.id)
        act(session, second.id or 0, 2, Verb.TAKE, ANNE, queue_roles=ROLES, at=AT)
        kept, other, events = parts.merge(
            session, first.id or 0, 1, second.id or 0, ANNE, queue_roles=ROLES, other_roles=ROLES, at=AT
        )
        assert (kept.case_id, other.state, other.merged_into) == (case.id, ItemState.DONE, kept.id)
        assert [e[1] for e in events] == [f"delivery:{first.delivery}", f"delivery:{second.delivery}"]
        with pytest.raises(Refused, match="terminé"):
            act(session, second.id or 0, other.version, Verb.REOPEN, ANNE, queue_roles=ROLES, at=AT)
        (joined,) = joinings.of_item(session, first.id or 0)
        parted, _ = parts.undo(
            session, joined.id or 0, first.id or 0, kept.version, ANNE, queue_roles=ROLES, at=AT
        )
        back = cases.item(session, second.id or 0)
        assert back is not None
        assert (parted.case_id, back.state, back.taken_by, back.merged_into) == (
            None,
            ItemState.TAKEN,
            "anne",
            None,
        )
        assert _counted(session) == {(QUEUE, "new"): 1, (QUEUE, "taken"): 1}


def test_what_is_held_elsewhere_or_of_another_case_is_not_joined(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        first, second, third = (_item(session, name) for name in "abc")
        for number, item in enumerate((first, second), 1):
            case = cases.open_case(
                session, rows.case(item.delivery, f"SPA-2026-0000{number}", circuit=item.circuit)
            )
            cases.change_item(session, item.id or 0, 1, case_id=case.id)
        act(session, third.id or 0, 1, Verb.TAKE, BOB, queue_roles=ROLES, at=AT)
        for other, words in ((second, "deux dossiers"), (third, "tient"), (first, "ne peut pas")):
            with pytest.raises(Refused, match=words):
                parts.merge(
                    session,
                    first.id or 0,
                    2,
                    other.id or 0,
                    ANNE,
                    queue_roles=ROLES,
                    other_roles=ROLES,
                    at=AT,
                )


def test_work_on_hold_comes_back_on_its_day_to_its_holder_or_to_the_queue(database: Database) -> None:
    with database.transaction() as session:
        mine, theirs, later = (_item(session, name) for name in "abc")
        for item, actor, day in ((mine, ANNE, 24), (theirs, BOB, 24), (later, ANNE, 25)):
            act(
                session,
                item.id or 0,
                1,
                Verb.WAIT,
                actor,
                queue_roles=ROLES,
                at=AT,
                wake_on=date(2026, 11, day),
            )
        assert hold.wake(session, AT, {"anne"}) == ()
        events = hold.wake(session, AT.replace(day=24), {"anne"})
        assert [(e[0], e[2]["verb"], e[2]["holder"]) for e in events] == [
            (Kind.ITEM_TAKEN, "wake", "anne"),
            (Kind.ITEM_TAKEN, "wake", None),
        ]
        found = [items.item(session, i.id or 0) for i in (mine, theirs, later)]
        assert [(i.state, i.taken_by, i.wake_on) for i in found if i] == [
            (ItemState.TAKEN, "anne", None),
            (ItemState.NEW, None, None),
            (ItemState.WAITING, "anne", date(2026, 11, 25)),
        ]
        assert hold.wake(session, AT.replace(day=24), {"anne"}) == ()


def test_a_note_is_sealed_and_waits_for_whom_it_names(database: Database, ring: KeyRing) -> None:
    words = "Vu avec l'établissement.\r\n@bob peux-tu rappeler ? (@anne)"
    with database.transaction() as session:
        for login in ("anne", "bob"):
            session.add(Person(login=login, name=login.title()))
        item = _item(session)
        number = item.id or 0
        kind, subject, fields = notes.write(
            session, ring, item, words, "anne", AT, confidentiality="medical", readers={"anne", "bob"}
        )
        assert (kind, subject, fields["named"]) == (
            Kind.COMMENT,
            f"delivery:{item.delivery}",
            ["bob", "anne"],
        )
        assert "rappeler" not in repr(fields)
        assert "rappeler" not in comments.of_items(session, [number])[0].text
        (note,) = notes.read(session, ring, [number], medical=True)
        assert note.text == words.replace("\r\n", "\n")
        (closed,) = notes.read(session, ring, [number], medical=False)
        assert (closed.text, closed.by) == (None, "anne")
        assert [c.by for c, _ in comments.unseen(session, "bob")] == ["anne"]
        assert comments.see(session, "bob", number, AT) == 1
        assert comments.unseen(session, "bob") == []
        comments.forget(session, [number])
        assert comments.of_items(session, [number]) == []


@pytest.mark.parametrize("text", ["", "  \r\n ", "x" * 4_001, "bonjour @eve", "écrire à @bob-"])
def test_a_note_that_is_empty_long_or_names_a_stranger_is_refused(
    sqlite_database: Database, ring: KeyRing, text: str
) -> None:
    with sqlite_database.transaction() as session:
        item = _item(session)
        with pytest.raises(Refused, match="rien n'a été enregistré"):
            notes.write(session, ring, item, text, "anne", AT, confidentiality="medical", readers={"anne"})
        assert comments.of_items(session, [item.id or 0]) == []


def test_an_address_is_not_a_mention() -> None:
    assert notes.mentions("voir admissions@chu.example et @anne, puis @bob.") == ("anne", "bob")
