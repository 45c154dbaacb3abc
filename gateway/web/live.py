"""Open pages kept up to date: one stream of events a page, for the queues its person reads and no other.

An event says that a queue changed, never what: the page then asks for its list again, with the rights of
whoever asks. The session is looked at before every event and at every beat of the heart; when it ends, or
its rights change, the stream says so and ends. One look at the database a second serves every page.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from gateway.errors import NotFound
from gateway.web.access import Viewer, desks
from gateway.web.guard import idle_time, session_cookie, token_hash
from gateway.web.house import InHouse, Seen, WebHouse
from storage import pulses, sessions
from storage.errors import StorageError
from storage.queues import Place

router = APIRouter()

LOOK_SECONDS = 1.0
BEAT_SECONDS = 15.0
LIFE_SECONDS = 600.0
"""A stream ends by itself after that time; the page opens another."""
_CHANGED = b"event: file\ndata: changed\n\n"
_BEAT = b": beat\n\n"
_END = b"event: fin\ndata: end\n\n"
_RETRY = b"retry: 3000\n\n"
NO_STREAM = "Cette adresse tient les pages ouvertes à jour ; elle ne se lit pas seule. Revenez à vos files."


@dataclass(eq=False, slots=True)
class _Reader:
    """One open page."""

    viewer: Viewer
    token: str
    places: frozenset[Place]
    narrowed: str
    """The one queue it shows, or nothing: every queue of its person."""
    over: bool = False


@dataclass(eq=False)
class Live:
    """The streams of one process, bounded in all and for one person (``[web] streams``)."""

    rooms: WebHouse
    look: float = LOOK_SECONDS
    beat: float = BEAT_SECONDS
    life: float = LIFE_SECONDS
    readers: list[_Reader] = field(default_factory=list)
    _beats: dict[Place, int] = field(default_factory=dict)
    _changed: asyncio.Event | None = None
    _watch: asyncio.Task[None] | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _closing: bool = False

    def open(self, viewer: Viewer, token: str, narrowed: str) -> _Reader | None:
        """A place for one more page, the person's oldest giving way; ``None`` when the house is full."""
        places = _places(self.rooms, viewer, narrowed)
        mine = [reader for reader in self.readers if reader.viewer.login == viewer.login]
        if len(mine) >= self.rooms.settings.streams_per_person:
            mine[0].over = True
            self.readers.remove(mine[0])
        if len(self.readers) >= self.rooms.settings.streams:
            return None
        reader = _Reader(viewer, token, places, narrowed)
        self.readers.append(reader)
        return reader

    def close(self) -> None:
        """End every stream, from any thread: the house stops; pages come back to the next one."""
        self._closing = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ring)

    async def stream(self, reader: _Reader) -> AsyncIterator[bytes]:
        """Events of one page until its session ends, its life is over, or it goes away."""
        clock = asyncio.get_running_loop().time
        try:
            self._start()
            if not self._beats:
                self._beats = await run_in_threadpool(self._read)
            yield _RETRY
            seen = self._of(reader)
            end, beat = clock() + self.life, clock() + self.beat
            while clock() < end and not self._stops():
                await self._wait(min(beat, end) - clock())
                if self._stops():
                    return
                now = self._of(reader)
                if now == seen and clock() < beat and not reader.over:
                    continue
                if reader.over or not await run_in_threadpool(self._good, reader):
                    yield _END
                    return
                yield _BEAT if now == seen else _CHANGED
                seen, beat = now, clock() + self.beat
        finally:
            if reader in self.readers:
                self.readers.remove(reader)

    def _stops(self) -> bool:
        return self._closing

    def _start(self) -> None:
        """Look at the database while at least one page is open."""
        self._loop = asyncio.get_running_loop()
        if self._watch is None or self._watch.done():
            self._changed = asyncio.Event()
            self._watch = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while self.readers:
            with contextlib.suppress(StorageError):  # the database comes back by itself, so do the pages
                beats = await run_in_threadpool(self._read)
                if beats != self._beats:
                    self._beats = beats
                    self._ring()
            await asyncio.sleep(self.look)

    def _ring(self) -> None:
        bell, self._changed = self._changed, asyncio.Event()
        if bell is not None:
            bell.set()

    async def _wait(self, seconds: float) -> None:
        if self._changed is not None and seconds > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), seconds)

    def _read(self) -> dict[Place, int]:
        with self.rooms.database.reading() as session:
            return pulses.every(session)

    def _of(self, reader: _Reader) -> int:
        return sum(self._beats.get(place, 0) for place in reader.places)

    def _good(self, reader: _Reader) -> bool:
        """Whether the session lives and still reads the same queues; looking never keeps it alive."""
        rooms = self.rooms
        with rooms.database.reading() as session:
            found = sessions.session_of(session, reader.token, rooms.clock.now(), idle_time(rooms))
        if found is None:
            return False
        viewer = Viewer(found[1].login, found[1].name, tuple(found[1].roles), book=rooms.book)
        return _places(rooms, viewer, reader.narrowed) == reader.places


@router.get("/flux")
async def flux(request: Request, rooms: InHouse, seen: Seen, file: str = "") -> Response:
    """The stream of one page: ``file`` names the one queue it shows."""
    if "text/event-stream" not in request.headers.get("accept", ""):
        raise NotFound(NO_STREAM)
    live: Live = request.app.state.live
    token = token_hash(request.cookies.get(session_cookie(rooms.settings.secure_cookies), ""))
    reader = live.open(seen, token, file[:40])
    if reader is None:
        return Response(status_code=204)  # full: the page works without
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(live.stream(reader), media_type="text/event-stream", headers=headers)


def _places(rooms: WebHouse, viewer: Viewer, narrowed: str) -> frozenset[Place]:
    """What this person reads, all of it or the one queue named."""
    found = desks(viewer, rooms.circuits.by_name, rooms.circuits.directory)
    return frozenset((d.circuit, d.name) for d in found if not narrowed or d.name == narrowed)
