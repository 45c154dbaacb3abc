"""A whole house in a folder of its own, with the keys of the samples, as ``serve`` would build it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from gateway import bootstrap
from gateway.house import House
from gateway.settings import Settings, load
from tests.builders.desk import CNSE, MEDICAL
from tests.builders.keychain import Keychain

_CONFIG = Path(__file__).resolve().parents[2] / "config" / "gateway.toml"
_NO_CEILING = 1_000_000


def settings_in(folder: Path) -> Settings:
    """The defaults of ``config/gateway.toml`` under ``folder``, without the daily ceiling of letters."""
    settings = load(_CONFIG)
    outgoing = settings.outgoing.model_copy(update={"per_correspondent_per_day": _NO_CEILING})
    smtp = settings.smtp.model_copy(update={"port": 0})
    return settings.model_copy(update={"root": folder, "outgoing": outgoing, "smtp": smtp})


@contextmanager
def house_in(folder: Path, keys: Keychain) -> Iterator[House]:
    """SQLite, local vault, encryption at rest, warm children; closed at the end."""
    keys.write_trust(folder / "var" / "trust")
    house = bootstrap.build(settings_in(folder))
    try:
        for mailbox in (CNSE, MEDICAL):
            house.ring.add_identity(mailbox, "bench", keys.of(mailbox).pem)
        house.reader.sandbox.warm()
        yield house
    finally:
        house.close()


def keychain(at: datetime) -> Keychain:
    return Keychain(at)
