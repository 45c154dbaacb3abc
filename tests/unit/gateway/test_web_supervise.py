"""Set aside and released; the journal."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from gateway.evidence.record import Kind
from gateway.web.supervision import supervise
from storage import deliveries, sheets
from storage.deliveries import DeliveryState
from tests.builders.office import Office, received
from tests.worlds import web
from tests.worlds.web import World


def test_a_release_sends_the_mail_back_and_wakes_the_engine(world: World) -> None:
    woken: list[str] = []
    world.app.state.house = replace(world.house, wake=woken.append)
    client = world.signed_in("sylvie")
    page = client.get("/mis-de-cote").text
    assert "se déplie au-delà de la limite" in page
    assert "déballage" in page
    sha = world.office.deliveries["poison"]
    answer = client.post(f"/mis-de-cote/{sha}/relancer", data={"csrf": web.csrf(client, "/mis-de-cote")})
    assert answer.headers["location"] == "/mis-de-cote?fait=relance"
    assert woken == [sha]
    with world.house.database.reading() as session:
        delivery = deliveries.get(session, sha)
        event = sheets.journal(session, None, 1)[0]
    assert delivery is not None
    assert delivery.state is DeliveryState.OPENED
    assert (event.kind, event.subject) == (Kind.RELEASED, f"delivery:{sha}")
    assert (event.fields or {})["step"] == "unpack"
    assert "Aucun message mis de côté" in client.get("/mis-de-cote").text


def test_several_messages_are_released_at_once_each_told(world: World) -> None:
    woken: list[str] = []
    world.app.state.house = replace(world.house, wake=woken.append)
    with world.house.database.transaction() as session:
        office = Office(session, world.house.vault)
        for turn in range(3):
            mail = received(office, f"arret-{turn}", world.clock.now())
            mail.state, mail.set_aside_from = DeliveryState.SET_ASIDE, DeliveryState.READ
            mail.set_aside_step, mail.set_aside_reason = "match", "La file n’existe plus."
            mail.set_aside_at = world.clock.now()
            session.add(mail)
    client = world.signed_in("sylvie")
    assert "4\u00a0messages arrêtés" in client.get("/mis-de-cote").text
    chosen = [*office.deliveries.values(), world.office.deliveries["form"], "f" * 64, "abcdef"]
    form = {"csrf": web.csrf(client, "/mis-de-cote"), "message": [*chosen, chosen[0]]}
    answer = client.post("/mis-de-cote/relancer", data=form)
    assert answer.headers["location"] == "/mis-de-cote?relances=3&restes=3"
    assert woken == list(office.deliveries.values())
    said = client.get(answer.headers["location"]).text
    assert "3\u00a0messages repartent" in said
    assert "3\u00a0autres n’étaient plus mis de côté" in said
    with world.house.database.reading() as session:
        told = sheets.journal(session, None, 3)
        kept = deliveries.get(session, world.office.deliveries["form"])
    assert {event.subject for event in told} == {f"delivery:{sha}" for sha in woken}
    assert {(event.kind, event.fields["step"]) for event in told} == {(Kind.RELEASED, "match")}
    assert kept is not None
    assert kept.state is DeliveryState.SCHEDULED


def test_nothing_chosen_releases_nothing(world: World) -> None:
    client = world.signed_in("sylvie")
    token = web.csrf(client, "/mis-de-cote")
    assert client.post("/mis-de-cote/relancer", data={"csrf": token}).status_code == 409
    assert "1\u00a0message arrêté" in client.get("/mis-de-cote").text


def test_messages_stopped_at_the_same_instant_are_all_listed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "PAGE", 2)
    with world.house.database.transaction() as session:
        office = Office(session, world.house.vault)
        for turn in range(4):
            mail = received(office, f"arret-{turn}", world.clock.now())
            mail.state, mail.set_aside_at = DeliveryState.SET_ASIDE, world.clock.now()
            session.add(mail)
    client, path, seen = world.signed_in("sylvie"), "/mis-de-cote", list[str]()
    for _ in range(3):
        page = client.get(path).text
        seen += re.findall(r'action="/mis-de-cote/([0-9a-f]{64})/relancer"', page)
        following = re.search(r'href="(/mis-de-cote\?apres=[^"]+)"', page)
        path = following[1] if following else path
    assert sorted(seen) == sorted([*office.deliveries.values(), world.office.deliveries["poison"]])


def test_releasing_twice_changes_nothing(world: World) -> None:
    client = world.signed_in("sylvie")
    token = web.csrf(client, "/mis-de-cote")
    sha = world.office.deliveries["poison"]
    assert client.post(f"/mis-de-cote/{sha}/relancer", data={"csrf": token}).status_code == 303
    assert client.post(f"/mis-de-cote/{sha}/relancer", data={"csrf": token}).status_code == 409
    assert client.post(f"/mis-de-cote/{'f' * 64}/relancer", data={"csrf": token}).status_code == 404


def test_the_journal_shows_head_and_checkpoint_and_no_document(world: World) -> None:
    client = world.signed_in("audrey")
    assert "Aucun point de contrôle" in client.get("/journal").text
    world.house.recorder.checkpoint(world.house.database)
    shown = client.get("/journal").text
    assert "Dossier ouvert" in shown
    assert "/documents/" not in shown
    with world.house.database.reading() as session:
        found = sheets.last_checkpoint(session)
    assert found is not None
    assert found.root.hex() in shown


def test_the_journal_page_by_page(world: World) -> None:
    with world.house.database.transaction() as session:
        for n in range(60):
            world.house.recorder.add(session, Kind.CONFIG, f"config:{n}")
    client = world.signed_in("audrey")
    first = client.get("/journal").text
    assert 'configuration <span class="hash">59<' in first
    assert '<span class="hash">5<' not in first
    assert '<span class="hash">5<' in client.get("/journal?avant=17").text
    assert client.get("/journal?avant=abc").status_code == 422
