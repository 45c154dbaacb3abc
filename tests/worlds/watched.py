"""A real mailbox and the watcher of it: what the tests of the IMAP reader share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.intake.imap import ImapWatcher
from gateway.intake.imap_box import ImapBox
from gateway.settings import Imap
from tests.worlds import dovecot
from tests.worlds.dovecot import PASSWORD, USER, Dovecot
from tests.worlds.needed import needed
from tests.worlds.reception import ADMINISTRATIVE, Reception

PROCESSED = "Passerelle.Traités"


@pytest.fixture
def server() -> Iterator[Dovecot]:
    needed(dovecot.missing())
    with Dovecot() as server:
        yield server


@pytest.fixture
def reception(sqlite_reception: Reception) -> Reception:
    """A listener and a watcher do nothing of their own with the database: one is enough."""
    return sqlite_reception


def mail(name: str, size: int = 10) -> bytes:
    line = b"x" * 70 + b"\r\n"
    head = b"Return-Path: <med@hopital.example>\r\nSubject: %s\r\n\r\n" % name.encode()
    return head + line * (size // len(line) + 1)


def watcher(reception: Reception, port: int, root: Path, **settings: Any) -> ImapWatcher:
    (root / "secret").write_text(PASSWORD + "\n")
    chosen = {
        "name": "cnse",
        "host": "127.0.0.1",
        "port": port,
        "tls": False,
        "username": USER,
        "secret_file": "secret",
        "mailbox": ADMINISTRATIVE,
        **settings,
    }
    return ImapWatcher(Imap.model_validate(chosen), reception.door(), root)


def scanned(watcher: ImapWatcher, root: Path) -> int:
    with ImapBox(watcher.settings, root) as box:
        return watcher.scan(box)
