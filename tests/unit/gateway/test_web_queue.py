"""The list of queues and one queue, as pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from gateway.web.queues import choices, queue
from storage.cases import Item, ItemState
from storage.deliveries import DeliveryState
from tests.builders import rows
from tests.builders.office import AT, CIRCUIT
from tests.worlds.web import World


def _fill(world: World, number: int) -> None:
    """More open items than a page holds, two at each minute."""
    with world.house.database.transaction() as session:
        for n in range(number):
            sha = f"{n:064d}"
            at = AT - timedelta(days=60, minutes=n // 2)
            rows.delivery(session, sha, state=DeliveryState.SCHEDULED, received_at=at, circuit=CIRCUIT)
            session.add(
                Item(
                    delivery=sha,
                    circuit=CIRCUIT,
                    queue="cnse-administratif",
                    kind="question",
                    title=f"Question {n}",
                    created_at=at,
                )
            )


def _titles(html: str) -> list[str]:
    return re.findall(r'<a href="/elements/\d+">(.+?)</a>', html)


def test_each_person_finds_their_queues(world: World) -> None:
    shown = world.signed_in("lille").get("/files").text
    assert "CPAM de Lille-Douai" in shown
    assert "CNSE" not in shown.split("<main", 1)[1]
    shown = world.signed_in("sylvie").get("/files").text
    assert "106\u00a0files vides" in shown


def test_a_queue_of_somebody_else_is_said_not_to_exist(world: World) -> None:
    client = world.signed_in("marseille")
    closed, unknown = client.get("/files/cpam-595"), client.get("/files/inconnue")
    assert closed.status_code == unknown.status_code == 404
    assert closed.text == unknown.text


def _headings(html: str) -> dict[str, tuple[str, str]]:
    """Headings that sort: how the queue is sorted by each, and where its link leads."""
    found = re.findall(
        r'<th scope="col"(?: aria-sort="([a-z]+)")?><a href="([^"]*)">([^<]+?)(?: <span|</a>)', html
    )
    return {label: (order, link.replace("&amp;", "&")) for order, link, label in found}


@pytest.mark.parametrize(
    ("order", "arrival", "due"),
    [
        ("recent", ("descending", "ancien"), ("", "echeance")),
        ("ancien", ("ascending", "recent"), ("", "echeance")),
        ("echeance", ("", "recent"), ("ascending", "recent")),
    ],
)
def test_a_heading_sorts_by_its_link_and_agrees_with_the_select(
    world: World, order: str, arrival: tuple[str, str], due: tuple[str, str]
) -> None:
    """Without a script: each link keeps the filters, and leads to the order the select then says."""
    client = world.signed_in("agathe")
    html = client.get(f"/files/cnse-administratif?etat=nouveaux&tri={order}").text
    headings = _headings(html)
    assert set(headings) == {"Reçu le", "Prochaine échéance"}
    for label, (sort, following) in (("Reçu le", arrival), ("Prochaine échéance", due)):
        said, link = headings[label]
        assert said == sort
        assert "etat=nouveaux" in link
        there = client.get(link).text
        assert f'<option value="{following}" selected>' in there
        assert list(_headings(there)) == list(headings)


@pytest.mark.parametrize("order", ["recent", "ancien"])
def test_following_the_pages_shows_every_item_once(world: World, order: str) -> None:
    _fill(world, 2 * queue.PAGE + 3)
    client = world.signed_in("agathe")
    address: str | None = f"/files/cnse-administratif?tri={order}"
    found: list[str] = []
    pages = 0
    while address is not None:
        html = client.get(address).text
        found += _titles(html)
        following = re.search(r'href="(/files/[^"]+)" rel="next"', html)
        address = following[1].replace("&amp;", "&") if following else None
        pages += 1
    assert pages == 3
    assert len(found) == len(set(found)) == 2 * queue.PAGE + 3 + 3


def test_filters_by_state_kind_and_due_date(world: World) -> None:
    client = world.signed_in("agathe")

    def asked(query: str) -> int:
        return len(_titles(client.get(f"/files/cnse-administratif?{query}").text))

    assert asked("") == 3
    assert asked("etat=nouveaux") == 2
    assert asked("etat=a-moi") == 1
    assert asked("etat=termines") == 0
    assert asked("type=question") == 1
    assert asked("tri=echeance") == 3
    assert asked("etat=inconnu&tri=inconnu&type=inconnu") == 0


@pytest.mark.parametrize("key", ["x", "2026~", "2026-11-23~1~2", "9999999999~1", "2026-02-31~1", "%00~1"])
def test_a_mangled_key_starts_from_the_beginning(world: World, key: str) -> None:
    client = world.signed_in("agathe")
    for order in choices.SORTS:
        answer = client.get("/files/cnse-administratif", params={"apres": key, "tri": order})
        assert answer.status_code == 200
        assert _titles(answer.text) != []


def test_an_item_that_is_done_stays_readable(world: World) -> None:
    with world.house.database.reading() as session:
        done = session.get_one(Item, world.office.items["done"])
        assert done.state is ItemState.DONE
    client = world.signed_in("lille")
    assert "Rouvrir" in client.get(f"/elements/{world.office.items['done']}").text
