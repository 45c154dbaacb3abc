"""The job engine: asked twice is done once, and interrupted work is finished by whoever is alive."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.engine import Engine
from storage.wal import prepare_wal

pytestmark = pytest.mark.timeout(120)

_DYING = """
import os, sys, time
from gateway.engine import Engine
calls = []
def advance(sha256):
    calls.append(sha256)
    if len(calls) == 2:
        print("second step begun", flush=True)
        time.sleep(600)
    return f"state {len(calls)}"
engine = Engine(sys.argv[1], "dead", 1, advance, ["end"])
engine.start()
engine.submit("a" * 64, 0)
time.sleep(600)
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres_url")
        return url
    url = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    prepare_wal(url)
    return url


def _until(done: threading.Event) -> None:
    assert done.wait(60), "the engine did not finish its work"


def _counting(last: int, done: threading.Event) -> tuple[Counter[str], Callable[[str], str]]:
    seen: Counter[str] = Counter()
    lock = threading.Lock()

    def advance(sha256: str) -> str:
        with lock:
            seen[sha256] += 1
            if seen[sha256] < 3:
                return f"step {seen[sha256]}"
            if sum(count >= 3 for count in seen.values()) >= last:
                done.set()
            return "end"

    return seen, advance


def test_a_delivery_asked_twice_travels_once(engine_url: str) -> None:
    done = threading.Event()
    seen, advance = _counting(2, done)
    engine = Engine(engine_url, "one", 2, advance, ["end"])
    engine.start()
    try:
        for _ in range(2):
            engine.submit("a" * 64, 0)
            engine.submit("b" * 64, 0)
        _until(done)
    finally:
        engine.stop()
    assert seen == {"a" * 64: 3, "b" * 64: 3}


def test_the_work_of_an_executor_killed_in_a_step_is_finished_by_another(engine_url: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _DYING, engine_url], stdout=subprocess.PIPE, text=True
    ) as dying:
        assert dying.stdout is not None
        assert dying.stdout.readline() == "second step begun\n"
        dying.kill()
    done = threading.Event()
    seen, advance = _counting(1, done)
    engine = Engine(engine_url, "alive", 1, advance, ["end"])
    engine.start()
    try:
        assert engine.is_under_way("a" * 64)
        assert engine.take_over("dead") == 1
        _until(done)
    finally:
        engine.stop()
    assert seen == {"a" * 64: 3}
