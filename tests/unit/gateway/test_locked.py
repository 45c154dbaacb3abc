"""A PDF under a password: the sender is told, in the letter, what to send instead."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from gateway import explain
from gateway.outbound.compose import Draft
from tests.bench.estate import settings_in
from tests.builders import bad_mails
from tests.builders.desk import Desk
from tests.builders.keychain import Keychain

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_the_letter_asks_the_sender_for_a_readable_file(tmp_path: Path) -> None:
    raw = bad_mails.encrypted_pdf(Desk(Keychain(AT), AT))
    explained = explain.examine(raw, settings_in(tmp_path))
    (locked,) = [one.row for one in explained.read if one.row.name == "301.pdf"]
    assert locked.trouble is not None
    assert isinstance(explained.draft, Draft)
    assert locked.trouble in explained.draft.text
    assert "sans mot de passe ou donner ce mot de passe dans un message chiffré" in explained.draft.text
