"""What was found in a message becomes rows: names bounded, container's notes kept, all medical in doubt."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from gateway.triage.unpack import FACTS, document_rows, message_columns
from parsers.facts import Fact, Source
from parsers.unpack import Found, Message, Unpacked

MESSAGE = Message(
    kind="mail",
    message_id="<" + "a" * 2000 + "@b>",
    sender="x" * 400 + "@b.example",
    senders=(),
    recipients=("c@d.example",),
    subject="objet",
    date=datetime(2026, 11, 23, tzinfo=UTC),
    in_reply_to=None,
    references=(),
    auto_submitted=False,
    bulk=True,
    return_path=None,
    disposition_notification_to=None,
    report=None,
    body="texte",
)
FACT = Fact(
    name="patient_name",
    value="ESSAI",
    normalised="ESSAI",
    document="d" * 64,
    page=None,
    box=None,
    source=Source.CDA,
    confidence=1.0,
)


def test_each_document_keeps_its_place_its_bytes_and_its_notes() -> None:
    body = Found("texte", "message.txt", "text/plain", b"bonjour", body=True)
    report = Found(
        "1", "CR.pdf", "application/pdf", b"%PDF", {"role": "cda-content"}, ("11488-4",), (FACT,), "abîmé"
    )
    (first, content), (second, _) = document_rows("f" * 64, Unpacked(MESSAGE, (body, report)))
    assert (first.position, first.meta["role"], content) == (0, "body", b"bonjour")
    assert (second.position, second.meta["role"], second.meta["codes"]) == (1, "cda-content", ["11488-4"])
    assert FACTS.validate_python(second.meta["facts"]) == (FACT,)
    assert (second.sha256, second.size, second.trouble) == (hashlib.sha256(b"%PDF").hexdigest(), 4, "abîmé")
    assert {first.confidentiality, second.confidentiality} == {"medical"}
    assert {first.kind, second.kind} == {None}


def test_a_strangers_names_are_cut_to_the_columns() -> None:
    ((row, _),) = document_rows("f" * 64, Unpacked(MESSAGE, (Found("p" * 900, "n" * 900, "t" * 900, b""),)))
    assert (len(row.path), len(row.name), len(row.media_type)) == (400, 400, 120)
    columns = message_columns(MESSAGE)
    assert len(columns["message_id"]) == 998
    assert columns["sender"] is None  # cut, it would be another address


def test_the_whole_message_is_kept_as_json() -> None:
    columns = message_columns(MESSAGE)
    assert columns["mail"]["bulk"] is True
    assert columns["mail"]["body"] == "texte"
    assert (columns["subject"], columns["sent_at"], columns["kind"]) == ("objet", MESSAGE.date, "mail")
