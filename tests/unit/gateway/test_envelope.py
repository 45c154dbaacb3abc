"""The note sealed with a mail says all that its rows said."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.intake.envelope import Envelope, Note
from storage.deliveries import Via

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_round_trip() -> None:
    note = Note(
        AT,
        (
            Envelope(
                Via.SMTP, "a@caisse.example", "é@hopital.example", ("a@caisse.example",), "192.0.2.1:25"
            ),
            Envelope(Via.IMAP, "b@caisse.example", "", (), "", "INBOX", 4_294_967_295, 7),
        ),
    )
    assert Note.from_bytes(note.to_bytes()) == note


@pytest.mark.parametrize(
    "raw", [b"", b"\xff", b"[]", b"{}", b'{"at": "x", "arrivals": []}', b'{"arrivals": [{}]}']
)
def test_foreign_notes_are_refused(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (JSON's own error is one too)
        Note.from_bytes(raw)
