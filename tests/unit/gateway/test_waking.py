"""Work on hold comes back by the house's own turn, told in the log, to those who still come in."""

from __future__ import annotations

from datetime import timedelta

from gateway.cases.transitions import Actor, Verb, act
from gateway.evidence.record import Kind
from gateway.waking import wake_up
from storage import audit, cases
from storage.cases import Item, ItemState
from storage.people import Person
from tests.builders import rows
from tests.worlds.house import Home


def test_the_turn_brings_back_what_is_due_once(sqlite_home: Home) -> None:
    house, clock = sqlite_home.house, sqlite_home.clock
    roles = ("cnse-admin",)
    with house.database.transaction() as session:
        for login, active in (("anne", True), ("bob", False)):
            session.add(Person(login=login, name=login, roles=list(roles), active=active))
        for name, login in (("a", "anne"), ("b", "bob")):
            mail = rows.delivery(session, name)
            item, _ = cases.add_item(
                session,
                Item(
                    delivery=mail.sha256,
                    circuit="soins-programmes-algerie",
                    queue="cnse-administratif",
                    kind="quote",
                    title=name,
                    created_at=clock.now(),
                ),
            )
            act(
                session,
                item.id or 0,
                1,
                Verb.WAIT,
                Actor(login, frozenset(roles)),
                queue_roles=roles,
                at=clock.now(),
                wake_on=clock.now().date() + timedelta(days=2),
            )
    assert wake_up(house) == 0
    clock.turn(timedelta(days=2))
    assert wake_up(house) == 2
    assert wake_up(house) == 0
    with house.database.reading() as session:
        found = {i.title: (i.state, i.taken_by, i.wake_on) for n in (1, 2) if (i := cases.item(session, n))}
        told = audit.latest(session, None, 2)
    assert found == {"a": (ItemState.TAKEN, "anne", None), "b": (ItemState.NEW, None, None)}
    assert [(event.kind, event.fields["verb"], event.fields["by"]) for event in told] == [
        (Kind.ITEM_TAKEN, "wake", "passerelle"),
        (Kind.ITEM_TAKEN, "wake", "passerelle"),
    ]
