"""Streams of open pages: a change is told to those who read the queue, to nobody else; all of them end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from gateway.web.access import Viewer, desks
from gateway.web.guard import token_hash
from gateway.web.queues.live import Live, version
from storage import cases, people, sessions
from storage.cases import Item
from storage.sessions import WebSession
from tests.builders import seed
from tests.builders.office import AT
from tests.worlds.web import World

TOKEN = "jeton"
QUEUE = "cnse-administratif"
CHANGED, BEAT, END = b"event: file", b"event: pouls", b"event: fin"


def _version(world: World, login: str, *queues: str) -> int:
    """What a page of this person's queues, or of these, would say that it shows."""
    rooms = world.house
    found = desks(_viewer(world, login), rooms.circuits.by_name, rooms.circuits.directory)
    places = [(desk.circuit, desk.name) for desk in found if not queues or desk.name in queues]
    with rooms.database.reading() as session:
        return version(session, places)


def _viewer(world: World, login: str) -> Viewer:
    """A person with a session named ``TOKEN`` and their login."""
    name, roles = seed.PEOPLE[login]
    with world.house.database.transaction() as session:
        if sessions.session_of(session, _token(login), world.clock.now()) is None:
            opened = WebSession(
                token_hash=_token(login),
                login=login,
                csrf="x",
                created_at=AT,
                expires_at=AT + timedelta(hours=10),
                seen_at=AT,
                stage=sessions.Stage.FULL,
            )
            sessions.open_session(session, opened)
    return Viewer(login, name, tuple(roles))


def _token(login: str) -> str:
    return token_hash(TOKEN + login)


def _change(world: World, key: str) -> None:
    with world.house.database.transaction() as session:
        item = session.get_one(Item, world.office.items[key])
        assert cases.change_item(session, item.id or 0, item.version, taken_by="agathe")


async def _next(events: AsyncIterator[bytes]) -> bytes:
    return await asyncio.wait_for(anext(events), 20)


def _live(world: World, beat: float = 30, life: float = 60) -> Live:
    return Live(world.house, look=0.01, beat=beat, life=life)


def test_a_change_is_told_to_its_readers_alone(world: World) -> None:
    async def watched() -> None:
        live = _live(world)
        readers = {
            login: live.open(_viewer(world, login), _token(login), narrowed)
            for login, narrowed in (("agathe", QUEUE), ("sylvie", ""), ("lille", ""), ("marseille", QUEUE))
        }
        streams = {login: live.stream(reader) for login, reader in readers.items() if reader is not None}
        assert len(streams) == 4
        for events in streams.values():
            assert (await _next(events)).startswith(b"retry:")
        waiting = {login: asyncio.create_task(_next(events)) for login, events in streams.items()}
        await asyncio.sleep(0)
        _change(world, "question")
        assert CHANGED in await waiting["agathe"]
        assert CHANGED in await waiting["sylvie"]
        assert not waiting["lille"].done()
        assert not waiting["marseille"].done()
        _change(world, "form")
        assert CHANGED in await waiting["lille"]
        assert not waiting["marseille"].done()
        waiting["marseille"].cancel()
        for login, events in streams.items():
            if login != "marseille":
                await events.aclose()  # type: ignore[attr-defined]
        assert [reader.viewer.login for reader in live.readers] in ([], ["marseille"])

    asyncio.run(watched())


def test_the_heart_beats_and_a_stream_has_a_life(world: World) -> None:
    async def watched() -> None:
        live = _live(world, beat=0.02, life=0.3)
        reader = live.open(_viewer(world, "agathe"), _token("agathe"), "")
        assert reader is not None
        told = [event async for event in live.stream(reader)]
        assert told[0].startswith(b"retry:")
        assert all(BEAT in event for event in told)
        assert len(told) > 1
        assert live.readers == []

    asyncio.run(watched())


@pytest.mark.parametrize("end", ["closed", "expired", "idle", "disabled", "roles"])
def test_a_stream_ends_with_its_session_and_with_its_rights(world: World, end: str) -> None:
    async def watched() -> None:
        live = _live(world, beat=0.02)
        reader = live.open(_viewer(world, "agathe"), _token("agathe"), "")
        assert reader is not None
        events = live.stream(reader)
        await _next(events)
        with world.house.database.transaction() as session:
            if end == "closed":
                sessions.close_session(session, _token("agathe"))
            elif end == "disabled":
                people.set_active(session, "agathe", active=False)
            elif end == "roles":
                people.set_roles(session, "agathe", ["cpam:595"])
        if end == "expired":
            world.clock.turn(timedelta(hours=10))
        if end == "idle":
            world.clock.turn(timedelta(minutes=30))
        told = [event async for event in events]
        assert told[-1].startswith(END)
        assert f"data: {'droits' if end == 'roles' else 'session'}".encode() in told[-1]
        assert not any(CHANGED in event for event in told)

    asyncio.run(watched())


def test_the_oldest_page_of_a_person_gives_way_and_the_house_may_be_full(world: World) -> None:
    async def watched() -> None:
        settings = world.house.settings.model_copy(update={"streams": 3, "streams_per_person": 2})
        object.__setattr__(world.house, "settings", settings)
        live = _live(world, beat=0.02)
        agathe = _viewer(world, "agathe")
        first, second, third = (live.open(agathe, _token("agathe"), "") for _ in range(3))
        assert first is not None
        assert first.over
        assert live.readers == [second, third]
        told = [event async for event in live.stream(first)]
        assert told[-1] == b"event: fin\ndata: pages\n\n"
        assert live.open(_viewer(world, "sylvie"), _token("sylvie"), "") is not None
        assert live.open(_viewer(world, "lille"), _token("lille"), "") is None

    asyncio.run(watched())


def test_the_house_stops_and_every_stream_ends_without_a_word(world: World) -> None:
    async def watched() -> None:
        live = _live(world)
        reader = live.open(_viewer(world, "agathe"), _token("agathe"), "")
        assert reader is not None
        events = live.stream(reader)
        await _next(events)
        live.close()
        assert [event async for event in events] == []
        assert live.readers == []

    asyncio.run(watched())


def test_the_stream_over_http_never_keeps_a_session_alive(world: World) -> None:
    client = world.signed_in("agathe")
    token = token_hash(client.cookies["passerelle"])

    def seen() -> object:
        with world.house.database.reading() as session:
            return session.get_one(WebSession, token).seen_at

    before = seen()
    world.clock.turn(timedelta(minutes=5))
    with client.stream("GET", "/flux", headers={"Accept": "text/event-stream"}) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        assert next(answer.iter_text()).startswith("retry:")
    client.get(f"/files/{QUEUE}", headers={"X-Flux": "1"})
    assert seen() == before
    client.get(f"/files/{QUEUE}")
    assert seen() != before


def test_an_address_that_is_read_alone_says_what_it_is(world: World) -> None:
    assert world.signed_in("agathe").get("/flux").status_code == 404
    assert world.signed_in("adam").get("/flux").status_code == 403
    assert world.visitor().get("/flux").status_code == 303


@pytest.mark.parametrize(("login", "why"), [("adam", "droits"), (None, "session")])
def test_a_stream_that_is_refused_says_why_once_and_for_all(
    world: World, login: str | None, why: str
) -> None:
    """A refusal or a redirection is nothing to a page that waits for a stream: it would ask for ever."""
    client = world.signed_in(login) if login else world.visitor()
    answer = client.get("/flux", headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.text) == (200, f"event: fin\ndata: {why}\n\n")
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_a_list_that_follows_its_queue_never_leads_its_page_away(world: World) -> None:
    headers = {"HX-Request": "true", "X-Flux": "1"}
    answer = world.visitor().get(f"/files/{QUEUE}", headers=headers)
    assert (answer.status_code, answer.content) == (401, b"")
    assert "hx-redirect" not in answer.headers
    asked = world.visitor().get(f"/files/{QUEUE}", headers={"HX-Request": "true"})
    assert asked.headers["hx-redirect"].startswith("/connexion")


def test_what_came_while_nobody_listened_is_told_at_once(world: World) -> None:
    async def watched() -> None:
        live = _live(world, beat=0.02)
        shown = _version(world, "agathe", QUEUE)
        for known, second in ((shown, BEAT), (shown - 1, CHANGED), (shown + 1, CHANGED), (None, BEAT)):
            reader = live.open(_viewer(world, "agathe"), _token("agathe"), QUEUE)
            assert reader is not None
            events = live.stream(reader, known)
            assert b"id: %d\n" % shown in await _next(events)
            assert second in await _next(events)
            await events.aclose()  # type: ignore[attr-defined]

    asyncio.run(watched())


def test_the_page_says_the_version_it_shows_and_the_stream_takes_it(world: World) -> None:
    client = world.signed_in("agathe")
    for path, shown in (
        (f"/files/{QUEUE}", _version(world, "agathe", QUEUE)),
        ("/files", _version(world, "agathe")),
    ):
        assert f'data-vu="{shown}"' in client.get(path).text
    before = _version(world, "agathe", QUEUE)
    _change(world, "question")
    for address, headers in (
        (f"/flux?file={QUEUE}&vu={before}", {}),
        (f"/flux?file={QUEUE}&vu={before + 1}", {"Last-Event-ID": str(before)}),
    ):
        accept = {"Accept": "text/event-stream", **headers}
        with client.stream("GET", address, headers=accept) as answer:
            told = ""
            for text in answer.iter_text():
                told += text
                if "event: file" in told or told.count("event: pouls") > 1:
                    break
        assert f"id: {before + 1}\nevent: file" in told
