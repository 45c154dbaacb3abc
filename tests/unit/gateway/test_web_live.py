"""Streams of open pages: a change is told to those who read the queue, to nobody else; all of them end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from gateway.web.access import Viewer
from gateway.web.guard import token_hash
from gateway.web.live import Live
from storage import cases, people, sessions
from storage.cases import Item
from storage.sessions import WebSession
from tests.builders import seed
from tests.builders.office import AT
from tests.worlds.web import World

TOKEN = "jeton"
QUEUE = "cnse-administratif"
CHANGED, BEAT, END = b"event: file", b": beat", b"event: fin"


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
        assert (await waiting["agathe"]).startswith(CHANGED)
        assert (await waiting["sylvie"]).startswith(CHANGED)
        assert not waiting["lille"].done()
        assert not waiting["marseille"].done()
        _change(world, "form")
        assert (await waiting["lille"]).startswith(CHANGED)
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
        assert {event[:6] for event in told[1:]} == {BEAT}
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
        assert not any(event.startswith(CHANGED) for event in told)

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
        assert told[-1].startswith(END)
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
    streaming = {"Accept": "text/event-stream"}
    assert world.signed_in("adam").get("/flux", headers=streaming).status_code == 403
    assert world.visitor().get("/flux", headers=streaming).status_code == 303
