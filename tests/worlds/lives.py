"""Lives that end by SIGKILL and begin again hundreds of times: everything is imported once, then forked.

The mother is a process held by a pipe: at each ``birth`` she forks a life and tells its process id and what
it says once it has begun; at each ``bury`` she waits for the one that was killed. She ends with her input.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

Tell = Callable[[str], None]
"""What a life says once it has begun: one word, once."""


class Lives:
    """The test's side: births, sudden deaths. ``module`` is the mother, run on ``settings``."""

    def __init__(self, module: str, settings: Path) -> None:
        self._mother = subprocess.Popen(
            [sys.executable, "-m", module, str(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self) -> tuple[int, str]:
        """Start a life; returns its process id and its first word."""
        pid, word = json.loads(self._say("birth"))
        if not word:
            raise AssertionError("the life ended before it had begun")
        return pid, word

    def kill(self, pid: int) -> None:
        """SIGKILL: no handler, no flush, no goodbye."""
        os.kill(pid, signal.SIGKILL)
        self._say("bury")

    def close(self) -> None:
        """Let the mother end."""
        self._mother.communicate(timeout=30)

    def _say(self, word: str) -> str:
        assert self._mother.stdin is not None
        assert self._mother.stdout is not None
        self._mother.stdin.write(word + "\n")
        self._mother.stdin.flush()
        return self._mother.stdout.readline()


def mother(live: Callable[[Tell], None]) -> None:
    """The other side: until her input ends, fork ``live`` at each birth. A life waits to be killed."""
    current = 0
    for line in sys.stdin:
        if line.strip() == "birth":
            current, word = _born(live)
            print(json.dumps([current, word]), flush=True)
        else:
            os.waitpid(current, 0)
            print(flush=True)


def _born(live: Callable[[Tell], None]) -> tuple[int, str]:
    heard, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(heard)

        def tell(word: str) -> None:
            os.write(told, word.encode())
            os.close(told)

        try:
            live(tell)
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(1)
    os.close(told)
    with os.fdopen(heard, encoding="utf-8") as pipe:
        word = pipe.read()
    if not word:
        os.waitpid(pid, 0)
    return pid, word
