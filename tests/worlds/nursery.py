"""A gateway that can be killed and born again two hundred times: everything is imported once, then forked.

``python -m tests.worlds.nursery CONFIG`` reads words on standard input: ``birth`` forks a gateway and
prints its process id and SMTP port, ``end`` stops. The gateway is the real one (``Premises``: listener,
engine, loops); only the zygote of its parsing children is kept from one life to the next, because its
imports would take most of each life.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

from gateway import bootstrap
from gateway.cli.premises import Premises
from gateway.settings import load
from gateway.triage.sandbox import Sandbox


class Nursery:
    """The test's side: births, sudden deaths."""

    def __init__(self, config: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.worlds.nursery", str(config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def birth(self) -> tuple[int, int]:
        """Start a gateway; returns its process id and the port it listens on."""
        told = self._say("birth")
        if "error" in told:
            raise AssertionError(told["error"])
        return int(told["pid"]), int(told["port"])

    def kill(self, pid: int) -> None:
        """SIGKILL: no handler, no flush, no goodbye."""
        os.kill(pid, signal.SIGKILL)
        self._say("bury")

    def close(self) -> None:
        self._process.communicate(timeout=30)

    def _say(self, word: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        return told


def _live(config: Path, sandbox: Sandbox, report: int) -> None:
    """One life: open the gateway, tell the port, wait to be killed."""
    house = bootstrap.build(load(config), sandbox=sandbox)
    premises = Premises(house)
    premises.start()
    os.write(report, str(premises.smtp.port).encode())
    os.close(report)
    signal.pause()


def _birth(config: Path, sandbox: Sandbox) -> dict[str, Any]:
    inlet, outlet = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(inlet)
        try:
            _live(config, sandbox, outlet)
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(1)
    os.close(outlet)
    port = os.read(inlet, 16)
    os.close(inlet)
    if not port:
        os.waitpid(pid, 0)
        return {"error": "the gateway died before it listened"}
    return {"pid": pid, "port": int(port)}


def main(config: Path) -> None:
    limits = bootstrap.limits(load(config))
    sandbox = Sandbox(limits)
    sandbox.warm()
    current = 0
    for line in sys.stdin:
        if line.strip() == "birth":
            told = _birth(config, sandbox)
            current = told.get("pid", 0)
        else:
            os.waitpid(current, 0)
            told = {}
        print(json.dumps(told), flush=True)
    sandbox.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
