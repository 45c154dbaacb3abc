"""The limited children seen from outside: who they are, and a sudden death in the middle of their work."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.triage.sandbox import Sandbox

_TICKS = 8
"""Hundredths of a second of processor after which a fork is surely at work on its job."""


def zygote(sandbox: Sandbox) -> int:
    """The process id of the zygote."""
    assert sandbox._zygote is not None
    return sandbox._zygote.pid


def forks(sandbox: Sandbox) -> list[int]:
    """Process ids of the living forks."""
    pid = zygote(sandbox)
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(fields[11]) + int(fields[12])


@contextmanager
def killed_at_work(sandbox: Sandbox) -> Iterator[list[int]]:
    """SIGKILL to the first fork that is seen at work inside the block; gives the list of the dead."""
    dead: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not (dead or over.is_set()):
            for pid in forks(sandbox):
                if not dead and _ticks(pid) >= _TICKS:
                    os.kill(pid, signal.SIGKILL)
                    dead.append(pid)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield dead
    finally:
        over.set()
        watcher.join()
