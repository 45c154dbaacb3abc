"""Choosing the case of an item: one wins, in one transaction, among what the person may see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread

import pytest
from httpx import Client, Response

from gateway.clock import TurnableClock
from gateway.evidence.record import Kind
from storage import cases, sheets
from storage.cases import Case, Item, ItemState
from storage.db import Database
from storage.deadlines import DeadlineState
from tests.builders import seed
from tests.worlds import web
from tests.worlds.served import item_of, running
from tests.worlds.web import World


@pytest.fixture
def world(database: Database, tmp_path: Path, clock: TurnableClock) -> Iterator[World]:
    yield from running(web.build(database, tmp_path, clock))


def _choose(world: World, client: Client, key: str = "question", **form: str) -> Response:
    fields = {"csrf": web.csrf(client, "/files"), "version": str(item_of(world, key).version)} | form
    return client.post(f"/elements/{world.office.items[key]}/dossier", data=fields)


def _case_of(world: World, key: str = "question") -> str | None:
    number = item_of(world, key).case_id
    with world.house.database.reading() as session:
        return session.get_one(Case, number).reference if number is not None else None


def test_a_candidate_is_chosen_from_the_page(world: World) -> None:
    client = world.signed_in("agathe")
    page = client.get(f"/elements/{world.office.items['question']}").text
    assert f'name="reference" value="{seed.CASE}"' in page
    answer = _choose(world, client, reference=seed.CASE.lower())
    assert answer.status_code == 303, answer.text
    assert _case_of(world) == seed.CASE
    shown = client.get(answer.headers["location"]).text
    assert "rattaché au dossier choisi" in shown
    assert "Choisir le dossier" not in shown
    with world.house.database.reading() as session:
        event = sheets.journal(session, None, 1)[0]
        case = cases.get(session, seed.CASE)
        sheet = sheets.case_sheet(session, seed.CASE)
        assert cases.case_of_document(session, world.office.documents["question"]) == (case and case.id)
    assert event.kind == Kind.CANDIDATE_CHOSEN
    assert (event.fields or {})["by"] == "agathe"
    assert sheet is not None
    waiting = [d for d in sheet.deadlines if d.delivery == item_of(world, "question").delivery]
    assert [d.case_id for d in waiting] == [sheet.case.id]
    pending = [d.due for d in sheet.deadlines if d.state is DeadlineState.OPEN]
    assert item_of(world, "question").next_due == min(pending)


def test_two_people_at_once_one_wins(world: World) -> None:
    clients = [world.signed_in("agathe"), world.signed_in("sylvie")]
    forms: list[dict[str, str]] = [{"reference": seed.CASE}, {"nouveau": "oui"}]
    tokens = [web.csrf(client, "/files") for client in clients]
    gate, answers = Barrier(2), [0, 0]

    def go(who: int) -> None:
        gate.wait(10)
        fields = {"csrf": tokens[who], "version": "1"} | forms[who]
        answers[who] = (
            clients[who]
            .post(f"/elements/{world.office.items['question']}/dossier", data=fields)
            .status_code
        )

    threads = [Thread(target=go, args=(who,)) for who in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == [303, 409]
    with world.house.database.reading() as session:
        chosen = [e for e in sheets.journal(session, None, 50) if e.kind == Kind.CANDIDATE_CHOSEN]
    assert len(chosen) == 1
    assert (chosen[0].fields or {})["case"] == _case_of(world)


def test_an_old_page_a_missing_token_and_nothing_chosen_change_nothing(world: World) -> None:
    client = world.signed_in("agathe")
    assert _choose(world, client, reference=seed.CASE, version="7").status_code == 409
    assert _choose(world, client, reference=seed.CASE, csrf="x").status_code == 400
    assert _choose(world, client).status_code == 409
    assert _choose(world, client, reference=seed.CASE, nouveau="oui").status_code == 409
    assert _choose(world, client, reference="SPA-2026-99999").status_code == 404
    assert _case_of(world) is None


def test_a_new_case_is_opened_and_joined_by_its_mail(world: World) -> None:
    answer = _choose(world, world.signed_in("agathe"), nouveau="oui")
    assert answer.status_code == 303, answer.text
    assert _case_of(world) not in {None, seed.CASE}


def test_what_somebody_else_holds_or_ended_or_is_in_quarantine_is_left_alone(world: World) -> None:
    client = world.signed_in("sylvie")
    assert _choose(world, client, "stranger", reference=seed.CASE).status_code == 409
    assert _choose(world, client, "request", reference=seed.CASE).status_code == 409
    with world.house.database.transaction() as session:
        item = session.get_one(Item, world.office.items["question"])
        item.state, item.taken_by = ItemState.TAKEN, "sylvie"
        session.add(item)
    agathe = world.signed_in("agathe")
    assert "Choisir" not in agathe.get(f"/elements/{world.office.items['question']}").text
    assert _choose(world, agathe, reference=seed.CASE).status_code == 409
    assert _choose(world, client, reference=seed.CASE).status_code == 303


def test_a_case_of_queues_one_does_not_read_does_not_exist(world: World) -> None:
    client = world.signed_in("marseille")
    known = _choose(world, client, "marseille", reference=seed.CASE)
    unknown = _choose(world, client, "marseille", reference="SPA-2026-99999")
    assert known.status_code == unknown.status_code == 404
    draft = re.compile("reprise=[0-9a-f]{32}")  # what was typed is kept, under a name of its own
    assert draft.sub("", known.text) == draft.sub("", unknown.text)
    assert _choose(world, client, "question", reference=seed.CASE).status_code == 404
