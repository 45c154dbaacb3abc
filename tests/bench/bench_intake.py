"""Accept rate beside Postfix, in the same run, and memory when large messages arrive together.

Postfix receives (smtpd, cleanup, queue file with fsync) and holds: the same promise as ours, a message
that survives a crash once it is answered 250, without our encryption, database and evidence. Both are
driven by ``smtp-source``, one connection a message, turn by turn so that a noisy machine is noisy to both.
"""

from __future__ import annotations

import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.worlds import postfix
from tests.worlds.ports import free_port
from tests.worlds.postfix import Postfix

MAILBOX = "cnse-admin@caisse.example"
LOADS = (
    (1, 5_000, 600),
    (20, 5_000, 1_200),
    (1, 100_000, 300),
    (20, 100_000, 600),
    (1, 2_000_000, 50),
    (20, 2_000_000, 120),
)
"""Sessions, bytes a message, messages a turn."""
TURNS = 3
TOGETHER = (50, 20_000_000)
"""Messages that arrive at the same time, and their size."""


@dataclass(frozen=True, slots=True)
class Row:
    """One load: messages accepted a second by each, median of the turns, and ours over theirs."""

    sessions: int
    size: int
    postfix: float
    passerelle: float
    target: float

    @property
    def ratio(self) -> float:
        return self.passerelle / self.postfix


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory of our process, in MiB, before and at its highest."""

    messages: int
    size: int
    before: float
    highest: float


@dataclass
class Server:
    """Our listener in its own process."""

    process: subprocess.Popen[bytes]
    port: int

    def memory(self, name: str = "VmRSS") -> float:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
        return 0.0


@contextmanager
def serving() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="passerelle-bench-"))
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.intake_server", str(folder), str(port), MAILBOX]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        if process.stdout is None or process.stdin is None or process.stdout.readline() != b"ready\n":
            raise RuntimeError("the listener did not start")
        yield Server(process, port)
        process.stdin.close()
        process.wait(timeout=60)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def rate(port: int, sessions: int, size: int, messages: int) -> float:
    """Messages accepted a second by whoever listens on ``port``."""
    command = ["smtp-source", "-s", str(sessions), "-m", str(messages), "-l", str(size)]
    command += ["-f", "medecin@hopital.example", "-t", MAILBOX, f"127.0.0.1:{port}"]
    start = time.perf_counter()
    subprocess.run(command, check=True, timeout=300)
    return messages / (time.perf_counter() - start)


def compare(turns: int = TURNS) -> list[Row]:
    """Every load on both, turn by turn."""
    rows = []
    with Postfix(hold=True) as theirs, serving() as ours:
        rate(theirs.port, 1, 5_000, 50)
        rate(ours.port, 1, 5_000, 50)
        for sessions, size, messages in LOADS:
            pairs = []
            for _ in range(turns):
                pairs.append(
                    (rate(theirs.port, sessions, size, messages), rate(ours.port, sessions, size, messages))
                )
                theirs.drop_held()
            rows.append(
                Row(
                    sessions,
                    size,
                    statistics.median(pair[0] for pair in pairs),
                    statistics.median(pair[1] for pair in pairs),
                    0.7 if size < 100_000 else 1.0,
                )
            )
    return rows


def together(messages: int = TOGETHER[0], size: int = TOGETHER[1]) -> Memory:
    """Many large messages at the same time: how far our memory goes."""
    line = b"A" * 76 + b"\r\n"
    block = line * 840
    ready = threading.Barrier(messages)

    def send(number: int) -> None:
        with socket.create_connection(("127.0.0.1", server.port), timeout=300) as client:
            answers = client.makefile("rb")
            head = f"HELO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<{MAILBOX}>\r\nDATA\r\n"
            client.sendall(head.encode())
            for _ in range(5):
                answers.readline()
            ready.wait()
            client.sendall(b"Subject: %d\r\n\r\n" % number)
            for _ in range(size // len(block)):
                client.sendall(block)
            client.sendall(b".\r\n")
            if not answers.readline().startswith(b"250"):
                raise RuntimeError("a message was not accepted")
            answers.close()

    with serving() as server:
        rate(server.port, 1, 100_000, 20)
        before = server.memory()
        threads = [threading.Thread(target=send, args=(number,)) for number in range(messages)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return Memory(messages, size, before, server.memory("VmHWM"))


def run() -> list[Row]:
    """The comparison; empty where Postfix cannot run."""
    reason = postfix.missing()
    if reason:
        print(reason, file=sys.stderr)
        return []
    return compare()


def table(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = [
        "| sessions | message | Postfix, msg/s | Passerelle, msg/s | ratio | target |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {r.sessions} | {r.size // 1000} kB | {r.postfix:.0f} | {r.passerelle:.0f} "
        f"| {r.ratio:.2f} | {r.target} |"
        for r in rows
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(run()))
    used = together()
    print(
        f"{used.messages} × {used.size // 1_000_000} MB: "
        f"{used.before:.0f} MiB before, {used.highest:.0f} at most"
    )
