"""A whole house in a folder of its own, with the keys of the samples, as ``serve`` would build it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event

from gateway import bootstrap
from gateway.house import House
from gateway.settings import Settings, load
from gateway.triage.jobs import JOBS
from gateway.triage.sandbox import Sandbox
from parsers.limits import Limits
from tests.builders.desk import CNSE, MEDICAL
from tests.builders.keychain import Keychain

_CONFIG = Path(__file__).resolve().parents[2] / "config" / "gateway.toml"
_NO_CEILING = 1_000_000


class WatchedSandbox(Sandbox):
    """The sandbox with a watch: seconds spent in it since the last ``reset``, and what it was asked."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.reset()

    def reset(self) -> None:
        self.seconds = 0.0
        self.asked: list[tuple[str, tuple[object, ...]]] = []

    def run(self, name: str, *arguments: object) -> Any:
        start = time.perf_counter()
        try:
            return super().run(name, *arguments)
        finally:
            self.seconds += time.perf_counter() - start
            self.asked.append((name, arguments))

    def run_in_turn(self, name: str, requests: Sequence[tuple[object, ...]]) -> list[Any]:
        start = time.perf_counter()
        try:
            return super().run_in_turn(name, requests)
        finally:
            self.seconds += time.perf_counter() - start
            self.asked += [(name, request) for request in requests]

    def repeat_here(self) -> float:
        """Seconds of the same jobs in this process, which has done them before: no isolation, no fork."""
        start = time.perf_counter()
        for name, arguments in self.asked:
            JOBS[name].run(*arguments)
        return time.perf_counter() - start


def settings_in(folder: Path) -> Settings:
    """The defaults of ``config/gateway.toml`` under ``folder``, without the daily ceiling of letters."""
    settings = load(_CONFIG)
    outgoing = settings.outgoing.model_copy(update={"per_correspondent_per_day": _NO_CEILING})
    smtp = settings.smtp.model_copy(update={"port": 0})
    return settings.model_copy(update={"root": folder, "outgoing": outgoing, "smtp": smtp})


class StatementCounter:
    """Counts the SQL statements a house sends to its database."""

    def __init__(self, house: House) -> None:
        self.total = 0
        event.listen(house.database.engine, "before_cursor_execute", self._count)

    def _count(self, *_details: object) -> None:
        self.total += 1


@contextmanager
def house_in(folder: Path, keys: Keychain) -> Iterator[tuple[House, WatchedSandbox]]:
    """SQLite, local vault, encryption at rest, warm children; closed at the end."""
    keys.write_trust(folder / "var" / "trust")
    settings = settings_in(folder)
    sandbox = WatchedSandbox(bootstrap.limits(settings))
    house = bootstrap.build(settings, sandbox=sandbox)
    try:
        for mailbox in (CNSE, MEDICAL):
            house.ring.add_identity(mailbox, "bench", keys.of(mailbox).pem)
        house.reader.sandbox.warm()
        yield house, sandbox
    finally:
        house.close()
