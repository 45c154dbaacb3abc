"""Checkpoints as signed notes: the format of transparency logs, checked by hand as well."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from storage import notes
from storage.notes import Checkpoint, NoteRefused, Signer

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
SIGNER = Signer("passerelle", PUBLIC, KEY.sign)
CHECKPOINT = Checkpoint(1042, hashlib.sha256(b"root").digest(), AT)
NOTE = notes.write(SIGNER, CHECKPOINT)


def test_a_note_says_what_was_signed() -> None:
    assert notes.read(NOTE, "passerelle", PUBLIC) == CHECKPOINT


def test_the_text_is_the_one_of_transparency_logs() -> None:
    """Read here without our reader, as C2SP signed-note describes it."""
    text, _empty, signatures = NOTE.rpartition("\n\n")
    assert text.split("\n") == [
        "passerelle",
        "1042",
        base64.b64encode(CHECKPOINT.root).decode(),
        "2026-11-23T09:00:00.000000Z",
    ]
    dash, name, encoded = signatures.rstrip("\n").split(" ")
    assert (dash, name) == ("\u2014", "passerelle")
    signature = base64.b64decode(encoded)
    assert signature[:4] == hashlib.sha256(b"passerelle\n\x01" + PUBLIC).digest()[:4]
    Ed25519PublicKey.from_public_bytes(PUBLIC).verify(signature[4:], (text + "\n").encode())


OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
REFUSED: dict[str, str] = {
    "size": NOTE.replace("1042", "1043"),
    "root": NOTE.replace(base64.b64encode(CHECKPOINT.root).decode(), base64.b64encode(bytes(32)).decode()),
    "time": NOTE.replace("T09:00", "T10:00"),
    "another key": notes.write(
        Signer("passerelle", OTHER.public_key().public_bytes_raw(), OTHER.sign), CHECKPOINT
    ),
    "another signature under our key hash": notes.write(
        Signer("passerelle", PUBLIC, OTHER.sign), CHECKPOINT
    ),
    "another log": notes.write(Signer("autre", PUBLIC, KEY.sign), CHECKPOINT),
    "leading zero": NOTE.replace("1042", "01042"),
    "no signature": NOTE.split("\n\n", maxsplit=1)[0],
    "cut": NOTE[:-10],
    "something after": NOTE + "x",
    "empty": "",
    "carriage returns": NOTE.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_anything_else_is_refused(case: str) -> None:
    with pytest.raises(NoteRefused):
        notes.read(REFUSED[case], "passerelle", PUBLIC)


def test_a_file_of_notes_is_cut_and_a_torn_one_dropped() -> None:
    second = notes.write(SIGNER, Checkpoint(2000, CHECKPOINT.root, AT))
    for length in range(len(NOTE) + 1):
        file = notes.framed(NOTE, b"") + NOTE[:length].encode()
        before = list(notes.cut(file.decode().splitlines(keepends=True), "passerelle"))
        file += notes.framed(second, file[-1:])
        after = list(notes.cut(file.decode().splitlines(keepends=True), "passerelle"))
        assert (before, after) == ([NOTE], [NOTE, second])
