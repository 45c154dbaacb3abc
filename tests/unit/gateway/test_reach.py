"""Whom a rule means, from what the case has received and what the directory knows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.circuits.directory import Correspondent, Directory
from gateway.deadlines.reach import reach
from storage.db import Database, Session
from storage.deadlines import Deadline
from tests.builders import rows
from tests.builders.seen import AT, HOSPITAL, MAILBOX, directory

CNAS = "cellule@cnas.example"


def _directory() -> Directory:
    known = directory()
    return replace(known, correspondents=(*known.correspondents, Correspondent(CNAS, "cnas", "CNAS", None)))


def _reach(session: Session, to: str, sender: str) -> str | None:
    delivery = rows.delivery(session, "a", sender=sender, mailbox=MAILBOX)
    due = Deadline(
        kind="rapport", origin="essai:1", circuit="essai", delivery="a" * 64, due=AT.date(), basis="texte",
        status="confirmed", created_at=AT,
    )  # fmt: skip
    return reach(session, _directory(), to, due, delivery)


@pytest.mark.parametrize(
    ("to", "sender", "expected"),
    [
        ("cellule@cnas.example", HOSPITAL, CNAS),
        ("mailbox", HOSPITAL, MAILBOX),
        ("hospital", HOSPITAL, HOSPITAL),
        ("hospital", "inconnu@ailleurs.example", "inconnu@ailleurs.example"),
        ("hospital", CNAS, None),
        ("caisse", HOSPITAL, None),
    ],
)
def test_an_address_or_nobody(
    sqlite_database: Database, to: str, sender: str, expected: str | None
) -> None:
    with sqlite_database.transaction() as session:
        assert _reach(session, to, sender) == expected
