"""Open pages kept up to date: one stream of events a page, for the queues its person reads and no other.

An event says that a queue changed, never what: the page then asks for its list again, with the rights of
whoever asks. It bears the version of what is there, and a page says which version it shows when it opens
its stream: what came while nobody listened is told at once. The session is looked at before every event and
at every beat of the heart; when it ends, or its rights change, the stream says why and ends. One look at
the database a second serves every page. The other half is ``static/direct.js``.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from gateway.errors import NotFound
from gateway.web.access import Viewer, desks
from gateway.web.guard import idle_time, session_cookie, token_hash
from gateway.web.house import InHouse, Seen, WebHouse
from storage import pulses, sessions
from storage.db import Session
from storage.errors import StorageError
from storage.queues import Place

router = APIRouter()

PATH = "/flux"
STREAM = "text/event-stream"
LOOK_SECONDS = 1.0
BEAT_SECONDS = 15.0
LIFE_SECONDS = 600.0
"""A stream ends by itself after that time; the page opens another."""
_RETRY = b"retry: 3000\n"
"""For a browser that reopens a stream by itself; ours waits longer each time (``direct.js``)."""
_VERSION = re.compile("[0-9]{1,15}")
NO_STREAM = "Cette adresse tient les pages ouvertes à jour ; elle ne se lit pas seule. Revenez à vos files."


class End(StrEnum):
    """Why a stream ends for good; the page has a sentence for each."""

    SESSION = "session"
    RIGHTS = "droits"
    PAGES = "pages"
    """The person opened more pages than ``[web] streams_per_person``."""
    FULL = "complet"


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

    async def stream(self, reader: _Reader, known: int | None = None) -> AsyncIterator[bytes]:
        """Events of one page until its session ends, its life is over, or it goes away.

        ``known``: the version it shows, when it says so.
        """
        clock = asyncio.get_running_loop().time
        try:
            fresh = self._start()
            if fresh or known not in {None, self._of(reader)}:
                await self._refresh()
            seen = self._of(reader)
            yield _RETRY + self._pulse(seen)
            if known not in {None, seen}:
                yield _changed(seen)
            end, beat = clock() + self.life, clock() + self.beat
            while clock() < end and not self._stops():
                await self._wait(min(beat, end) - clock())
                if self._stops():
                    return
                now = self._of(reader)
                if now == seen and clock() < beat and not reader.over:
                    continue
                over = End.PAGES if reader.over else await run_in_threadpool(self._over, reader)
                if over is not None:
                    yield ended(over)
                    return
                yield self._pulse(now) if now == seen else _changed(now)
                seen, beat = now, clock() + self.beat
        finally:
            if reader in self.readers:
                self.readers.remove(reader)

    def _pulse(self, version: int) -> bytes:
        """The heart, and the seconds to its next beat: whoever hears nothing for three opens another."""
        return b"id: %d\nevent: pouls\ndata: %s\n\n" % (version, f"{self.beat:g}".encode())

    def _stops(self) -> bool:
        return self._closing

    def _start(self) -> bool:
        """Look at the database while at least one page is open; whether nobody did until now."""
        self._loop = asyncio.get_running_loop()
        if self._watch is not None and not self._watch.done():
            return False
        self._changed = asyncio.Event()
        self._watch = asyncio.create_task(self._look())
        return True

    async def _look(self) -> None:
        while self.readers:
            await self._refresh()
            await asyncio.sleep(self.look)

    async def _refresh(self) -> None:
        with contextlib.suppress(StorageError):  # the database comes back by itself, so do the pages
            beats = await run_in_threadpool(self._read)
            if beats != self._beats:
                self._beats = beats
                self._ring()

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
        return _sum(self._beats, reader.places)

    def _over(self, reader: _Reader) -> End | None:
        """Why this page has no stream any more, if so: looking never keeps a session alive."""
        rooms = self.rooms
        with rooms.database.reading() as session:
            found = sessions.session_of(session, reader.token, rooms.clock.now(), idle_time(rooms))
        if found is None:
            return End.SESSION
        viewer = Viewer(found[1].login, found[1].name, tuple(found[1].roles), book=rooms.book)
        return None if _places(rooms, viewer, reader.narrowed) == reader.places else End.RIGHTS


@router.get(PATH)
async def flux(request: Request, rooms: InHouse, seen: Seen, file: str = "", vu: str = "") -> Response:
    """The stream of one page: ``file`` names the one queue it shows, ``vu`` the version it shows."""
    if not is_stream(request):
        raise NotFound(NO_STREAM)
    live: Live = request.app.state.live
    token = token_hash(request.cookies.get(session_cookie(rooms.settings.secure_cookies), ""))
    reader = live.open(seen, token, file[:40])
    if reader is None:
        return last_word(End.FULL)  # the page works without
    shown = request.headers.get("last-event-id", vu)
    known = int(shown) if _VERSION.fullmatch(shown) else None
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(live.stream(reader, known), media_type=STREAM, headers=headers)


def is_stream(request: Request) -> bool:
    """Whether a page opens its stream: it understands nothing but a stream in answer."""
    return request.url.path == PATH and STREAM in request.headers.get("accept", "")


def last_word(why: End) -> Response:
    """A stream that says why there is none: a refusal would be asked again and again."""
    return Response(ended(why), media_type=STREAM)


def ended(why: End) -> bytes:
    return f"event: fin\ndata: {why}\n\n".encode()


def version(session: Session, places: Iterable[Place]) -> int:
    """The version of what lies in these queues; read before the lists that show it."""
    return _sum(pulses.every(session), places)


def _changed(now: int) -> bytes:
    return b"id: %d\nevent: file\ndata: changed\n\n" % now


def _sum(beats: Mapping[Place, int], places: Iterable[Place]) -> int:
    return sum(beats.get(place, 0) for place in set(places))


def _places(rooms: WebHouse, viewer: Viewer, narrowed: str) -> frozenset[Place]:
    """What this person reads, all of it or the one queue named."""
    found = desks(viewer, rooms.circuits.by_name, rooms.circuits.directory)
    return frozenset((d.circuit, d.name) for d in found if not narrowed or d.name == narrowed)
