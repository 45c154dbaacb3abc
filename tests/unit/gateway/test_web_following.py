"""After a piece of work: the next of the list it came from; after a value: the next to check."""

from __future__ import annotations

import re

import pytest
from httpx import Client, Response

from storage.cases import Item, ItemState
from tests.worlds import web
from tests.worlds.served import item_of
from tests.worlds.web import World

QUEUE = "cnse-administratif"


def _open(world: World, client: Client, key: str, came: str) -> str:
    """The page of an item, opened by a link of ``came``."""
    address = f"/elements/{world.office.items[key]}"
    return client.get(address, headers={"referer": f"{world.address}{came}"}).text


def _act(world: World, client: Client, key: str, verb: str) -> Response:
    item = item_of(world, key)
    form = {"csrf": web.csrf(client, "/compte"), "version": str(item.version)}
    headers = {"referer": f"{world.address}/elements/{item.id}"}
    return client.post(f"/elements/{item.id}/actions/{verb}", data=form, headers=headers)


def _listed(client: Client, query: str = "") -> list[int]:
    page = client.get(f"/files/{QUEUE}{query}").text
    return [int(number) for number in re.findall(r'<tr class="link" data-id="(\d+)"', page)]


def _finish(world: World, client: Client, key: str) -> str:
    if item_of(world, key).taken_by is None:
        assert _act(world, client, key, "prendre").status_code == 303
    answer = _act(world, client, key, "terminer")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


@pytest.mark.parametrize("query", ["", "?tri=ancien", "?tri=echeance"])
def test_a_finished_item_leads_to_the_next_of_its_list(world: World, query: str) -> None:
    client = world.signed_in("agathe")
    order = _listed(client, query)
    keys = {number: key for key, number in world.office.items.items()}
    assert len(order) > 2, "there is a first, a next, a last"
    _open(world, client, keys[order[0]], f"/files/{QUEUE}{query}")
    assert _finish(world, client, keys[order[0]]) == f"/elements/{order[1]}?fait=suivant"
    shown = _open(world, client, keys[order[1]], f"/elements/{order[0]}")
    assert shown
    assert _finish(world, client, keys[order[1]]) == f"/elements/{order[2]}?fait=suivant"


def test_what_a_colleague_holds_is_passed_over(world: World) -> None:
    client = world.signed_in("agathe")
    first, second, third, *_ = _listed(client)
    with world.house.database.transaction() as session:
        item = session.get_one(Item, second)
        item.state, item.taken_by = ItemState.TAKEN, "sylvie"
        session.add(item)
    keys = {number: key for key, number in world.office.items.items()}
    _open(world, client, keys[first], f"/files/{QUEUE}")
    assert _finish(world, client, keys[first]) == f"/elements/{third}?fait=suivant"


def test_after_the_last_one_is_back_in_the_list_as_it_was(world: World) -> None:
    client = world.signed_in("agathe")
    last = _listed(client, "?tri=ancien")[-1]
    key = next(key for key, number in world.office.items.items() if number == last)
    _open(world, client, key, f"/files/{QUEUE}?tri=ancien")
    assert _finish(world, client, key) == f"/files/{QUEUE}?tri=ancien&fait=terminer"


@pytest.mark.parametrize("came", ["/recherche?q=devis", "/files/cpam-595", "/"])
def test_an_item_that_was_not_opened_from_its_list_stays(world: World, came: str) -> None:
    client = world.signed_in("agathe")
    _open(world, client, "question", f"/files/{QUEUE}")
    _open(world, client, "question", came)
    location = _finish(world, client, "question")
    assert location == f"/elements/{world.office.items['question']}?fait=terminer"


def test_a_row_says_what_taking_it_means_and_nothing_for_what_a_colleague_holds(world: World) -> None:
    client = world.signed_in("agathe")
    for key, state, holder in (
        ("question", ItemState.WAITING, "agathe"),
        ("request", ItemState.TAKEN, "sylvie"),
    ):
        with world.house.database.transaction() as session:
            item = session.get_one(Item, world.office.items[key])
            item.state, item.taken_by = state, holder
            session.add(item)
    rows = dict(re.findall(r'<tr class="link" data-id="(\d+)"([^>]*)>', client.get(f"/files/{QUEUE}").text))
    said = {key: rows[str(world.office.items[key])] for key in ("question", "request", "mixed")}
    assert 'data-prend="reprendre"' in said["question"]
    assert "data-prend" not in said["request"]
    assert 'data-prend="prendre"' in said["mixed"]


def test_after_a_correction_the_next_field_to_check_is_offered_on_its_line(world: World) -> None:
    client, item = world.signed_in("lille"), item_of(world, "form")
    about = f"/elements/{item.id}/documents/{world.office.documents['form']}/champs"
    form = {"csrf": web.csrf(client, "/compte"), "version": str(item.version), "valeur": "HADDAD"}
    location = client.post(f"{about}/patient_name", data=form).headers["location"]
    page = client.get(location.partition("#")[0]).text
    row = page[page.index(f'id="{location.partition("#")[2]}"') :]
    row = row[: row.index("</tr>")]
    assert f'href="{about}/start_date">À vérifier ensuite' in row
    again = {**form, "version": str(item_of(world, "form").version), "valeur": "05/10/2026"}
    location = client.post(f"{about}/start_date", data=again).headers["location"]
    assert "plus rien à vérifier dans ce document" in client.get(location.partition("#")[0]).text
