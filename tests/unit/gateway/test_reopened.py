"""Quarantine after a second journey: closed, told again, or left to the person who acts on it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.cases.reopened import Event, settle_former, settle_quarantine
from gateway.circuits.decision import Decision
from gateway.evidence.record import Kind
from storage import cases, deliveries
from storage.cases import Item, ItemState
from storage.db import Database, Session
from tests.builders import rows
from tests.builders.rows import AT
from tests.builders.seen import decision, document, mail

QUEUE = "quarantaine"
ELSEWHERE = decision(mail(document(0, "se352-301")))
KEPT = decision(mail(document(0, "se352-301")), queue=QUEUE)


def _left(session: Session, state: ItemState = ItemState.NEW, holder: str | None = None) -> Item:
    delivery = rows.delivery(session, "a")
    item, _ = cases.add_item(
        session,
        Item(
            delivery=delivery.sha256,
            circuit="essai",
            queue=QUEUE,
            kind="other",
            title="Message fermé",
            reasons=["aucune clé ne l'ouvre"],
            created_at=AT,
            state=state,
            taken_by=holder,
        ),
    )
    return item


def _settle(session: Session, item: Item, decided: Decision, releases: int = 1) -> tuple[Event, ...]:
    delivery = deliveries.get(session, item.delivery)
    assert delivery is not None
    delivery.releases = releases
    return settle_quarantine(session, delivery, decided, QUEUE)


def test_a_mail_filed_elsewhere_ends_its_quarantine(database: Database) -> None:
    with database.transaction() as session:
        ((kind, subject, fields),) = _settle(session, _left(session), ELSEWHERE)
        assert (kind, subject) == (Kind.ITEM_DONE, f"delivery:{'a' * 64}")
        assert (fields["before"], fields["after"], fields["by"]) == ("new", "done", "passerelle")
        (item,) = cases.items_of(session, "a" * 64)
        assert item.state is ItemState.DONE
        assert item.reasons[0] == "aucune clé ne l'ouvre"
        assert len(item.reasons) == 2


@pytest.mark.parametrize(
    ("state", "releases", "decided"),
    [
        (ItemState.DONE, 1, ELSEWHERE),
        (ItemState.NEW, 0, ELSEWHERE),
        (
            ItemState.NEW,
            1,
            replace(KEPT, routes=(replace(KEPT.routes[0], reasons=("aucune clé ne l'ouvre",)),)),
        ),
    ],
    ids=["already done", "first journey", "same reasons"],
)
def test_what_needs_nothing_says_nothing(
    database: Database, state: ItemState, releases: int, decided: Decision
) -> None:
    with database.transaction() as session:
        before = _left(session, state)
        assert _settle(session, before, decided, releases) == ()
        (item,) = cases.items_of(session, "a" * 64)
        assert (item.state, item.version) == (state, before.version)


@pytest.mark.parametrize(
    ("before", "after", "holder"),
    [(ItemState.DONE, ItemState.NEW, None), (ItemState.TAKEN, ItemState.TAKEN, "agent1")],
)
def test_a_new_reason_for_quarantine_is_told_to_people(
    database: Database, before: ItemState, after: ItemState, holder: str | None
) -> None:
    with database.transaction() as session:
        ((kind, _, fields),) = _settle(session, _left(session, before, "agent1"), KEPT)
        assert (kind, fields["reasons"]) == (Kind.ITEM_FILED, ["règle d'essai"])
        (item,) = cases.items_of(session, "a" * 64)
        assert (item.state, item.taken_by, item.reasons) == (after, holder, ["règle d'essai"])


def test_a_mail_never_in_quarantine_has_nothing_to_settle(database: Database) -> None:
    with database.transaction() as session:
        item = _left(session)
        delivery = rows.delivery(session, "b")
        delivery.releases = 1
        assert settle_quarantine(session, delivery, ELSEWHERE, QUEUE) == ()
        assert cases.items_of(session, item.delivery)[0].state is ItemState.NEW


@pytest.mark.parametrize(
    ("state", "version", "holder", "after"),
    [
        (ItemState.NEW, 1, None, ItemState.DONE),
        (ItemState.NEW, 2, None, ItemState.NEW),
        (ItemState.TAKEN, 2, "anne", ItemState.TAKEN),
        (ItemState.WAITING, 3, "anne", ItemState.WAITING),
    ],
    ids=["nobody touched it", "moved by a person", "held", "waiting"],
)
def test_what_a_second_reading_leaves_in_another_queue(
    database: Database, state: ItemState, version: int, holder: str | None, after: ItemState
) -> None:
    with database.transaction() as session:
        item = _left(session, state, holder)
        item.version = version
        session.add(item)
        session.flush()
        delivery = deliveries.get(session, item.delivery)
        assert delivery is not None
        assert settle_former(session, delivery, ELSEWHERE, "autre") == ()
        delivery.releases = 1
        assert settle_former(session, delivery, ELSEWHERE, QUEUE) == ()
        ((kind, _, fields),) = settle_former(session, delivery, ELSEWHERE, "autre")
        assert (kind, fields["after"]) == (
            Kind.ITEM_DONE if after is ItemState.DONE else Kind.ITEM_FILED,
            str(after),
        )
        (item,) = cases.items_of(session, "a" * 64)
        assert (item.state, item.taken_by) == (after, holder)
        assert "lu de nouveau" in item.reasons[-1]
        assert settle_former(session, delivery, ELSEWHERE, "autre") == ()
