"""OCR in a process of its own: it holds the models once and sees nothing but grey pixels.

Strangers' bytes are decoded in the forks of ``sandbox``; what arrives here is a plain bitmap of a
bounded size. The engine's threads are pinned to one (``parsers.ocr``), and as many processes run as
``ocr.workers`` says: four times as many threads made one page seven times slower (lessons, row 15).
"""

from __future__ import annotations

import hashlib
import os
import queue
import socket
import subprocess
import sys
import threading
from collections import OrderedDict
from typing import Protocol

from pydantic import TypeAdapter

from gateway.triage import frames
from parsers.errors import Crashed
from parsers.facts import Bitmap, Page
from parsers.layout import Recognised

_PAGE_SECONDS = 120
_PAGES_A_LIFE = 200
"""A worker is replaced after this many pages: the engine's memory creeps."""

ASKED: TypeAdapter[tuple[Bitmap, Page]] = TypeAdapter(tuple[Bitmap, Page])
ANSWERED: TypeAdapter[Recognised] = TypeAdapter(Recognised)


class Memory(Protocol):
    """Where results outlive this process: by the SHA-256 of the page, as text of a frame."""

    def get(self, page: bytes) -> bytes | None: ...

    def put(self, page: bytes, result: bytes) -> None: ...


class Recognition:
    """A small pool of OCR processes, started at the first page. Thread-safe.

    What was recognised is remembered by the content of the image: the last ``remembered`` here, more
    of them in ``memory`` when there is one. A mail released or a page sent twice is not paid twice.
    """

    def __init__(
        self, engine: str, workers: int, remembered: int = 128, memory: Memory | None = None
    ) -> None:
        self.engine = engine
        self._memory = memory
        self.paid = 0
        """Pages given to an engine; the others came from memory."""
        self._remembered = remembered
        self._known: OrderedDict[bytes, Recognised] = OrderedDict()
        self._knowing = threading.Lock()
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        self._all: list[_Worker] = []
        self._slots = threading.BoundedSemaphore(workers)

    @property
    def available(self) -> bool:
        return self.engine != "off"

    def read(self, bitmap: Bitmap, page: Page) -> Recognised:
        """The words of one page and how it was turned.

        Raises ``Crashed`` when the engine died or was too slow; the next page gets a new engine.
        """
        key = _content(bitmap, page)
        with self._knowing:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
                return known
        recognised = self._recall(key)
        paid = recognised is None
        if recognised is None:
            recognised = self._ask(bitmap, page)
            if self._memory is not None:
                self._memory.put(key, frames.pack(recognised, ANSWERED)[0])
        with self._knowing:
            self.paid += paid
            self._known[key] = recognised
            while len(self._known) > self._remembered:
                self._known.popitem(last=False)
        return recognised

    def _recall(self, key: bytes) -> Recognised | None:
        """What an earlier run of this program recognised."""
        kept = self._memory.get(key) if self._memory is not None else None
        if kept is None:
            return None
        try:
            found: Recognised = frames.unpack(kept, memoryview(b""), ANSWERED)
        except Crashed:  # written by another version
            return None
        return found

    def _ask(self, bitmap: Bitmap, page: Page) -> Recognised:
        with self._slots:
            worker = self._take()
            try:
                recognised = worker.ask(bitmap, page)
            except BaseException:
                worker.close()
                self._all.remove(worker)
                raise
            if worker.pages >= _PAGES_A_LIFE:
                worker.close()
                self._all.remove(worker)
            else:
                self._idle.put(worker)
            return recognised

    def close(self) -> None:
        for worker in self._all:
            worker.close()
        self._all.clear()
        with self._knowing:
            self._known.clear()

    def _take(self) -> _Worker:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            worker = _Worker(self.engine)
            self._all.append(worker)
            return worker


def _content(bitmap: Bitmap, page: Page) -> bytes:
    """SHA-256 of all that the answer depends on: the pixels and both sizes."""
    sizes = f"{bitmap.width} {bitmap.height} {bitmap.dpi!r} {page.width!r} {page.height!r}\n"
    return hashlib.sha256(sizes.encode() + bitmap.pixels).digest()


class _Worker:
    def __init__(self, engine: str) -> None:
        self.pages = 0
        self._channel, theirs = socket.socketpair()
        self._channel.settimeout(_PAGE_SECONDS)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gateway.triage.ocr_child", str(theirs.fileno()), engine],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={
                    "PYTHONPATH": os.pathsep.join(sys.path),
                    "PATH": os.defpath,
                    "OMP_THREAD_LIMIT": "1",
                    "OMP_NUM_THREADS": "1",
                },
            )

    def ask(self, bitmap: Bitmap, page: Page) -> Recognised:
        try:
            frames.send(self._channel, *frames.pack((bitmap, page), ASKED))
            text, blobs = frames.receive(self._channel)
        except (EOFError, OSError) as error:
            raise Crashed("La reconnaissance de caractères s'est arrêtée sur cette page.") from error
        self.pages += 1
        recognised: Recognised = frames.unpack(text, blobs, ANSWERED)
        return recognised

    def close(self) -> None:
        self._channel.close()
        self._process.kill()
        self._process.wait()
