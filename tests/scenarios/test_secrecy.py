"""A word planted in a medical report stays where medical words may be, and is looked for everywhere else.

The only places that may hold it: sealed blobs of the vault, and the columns that the web opens to medical
roles alone (the text of facts and of the mail itself). Not one byte of the disk holds it in clear but the
database file, in those columns.
"""

from __future__ import annotations

import io
import json
import logging
import zipfile
from collections.abc import Iterator
from email import message_from_bytes

import pytest
from sqlalchemy import inspect, text

from gateway import log
from storage import search
from storage.cases import Item
from storage.deliveries import DeliveryState
from storage.outbox import OutboxEntry
from tests.builders import reports
from tests.builders.desk import CNSE, GARONNE, MEDICAL, PDF, Sample
from tests.builders.letters import Attached
from tests.worlds.house import Home

MARKS = {
    "report": "zyxreport",
    "body": "zyxbody",
    "subject": "zyxsubject",
    "name": "zyxname",
    "title": "zyxtitle",
}
MAY_HOLD = {
    "report": {"facts"},
    "body": {"deliveries", "facts"},
    "subject": {"deliveries", "facts"},
    "name": {"documents"},
    "title": {"facts"},
}
"""Tables where each word may be: the mail as received, and what was read of it."""


class _Everything(logging.Formatter):
    """Message, arguments, context and trace: more than the log of the product ever writes."""

    def format(self, record: logging.LogRecord) -> str:
        return f"{super().format(record)} {vars(record)}"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything any logger says, at every level."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Everything())
    root = logging.getLogger()
    before = root.level, log.LOGGER.level, log.LOGGER.propagate
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    log.LOGGER.setLevel(logging.DEBUG)
    log.LOGGER.propagate = True
    yield stream
    root.removeHandler(handler)
    root.setLevel(before[0])
    log.LOGGER.setLevel(before[1])
    log.LOGGER.propagate = before[2]


def _report(home: Home, name: str, mailbox: str, *, broken: bool = False) -> Sample:
    lines = reports.medical_pages(seed=21, pages=2)
    lines[0][5:5] = [f"Diagnostic : {MARKS['report']} au stade IV"]
    content = reports.text_pdf(lines, title=MARKS["title"])
    return home.desk.sample(
        name,
        "un compte rendu où des mots sont plantés",
        GARONNE[2],
        f"Compte rendu {MARKS['subject']} {name}",
        f"Le patient présente un {MARKS['body']}.",
        (Attached(f"compte-rendu-{MARKS['name']}.pdf", PDF, content[:-900] if broken else content),),
        to=(mailbox,),
        expect="cnse-medical",
        protect=home.desk.sealed(GARONNE[2], mailbox),
    )


def _tables_holding(home: Home, word: str) -> set[str]:
    """Names of the tables with ``word`` in any column, binary ones included, in capitals too."""
    found = set()
    with home.house.database.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                cells = (bytes(c) if isinstance(c, memoryview) else c for c in row)
                whole = b"\0".join(
                    c if isinstance(c, bytes) else str(c).encode("utf-8", "replace") for c in cells
                )
                if word.encode() in whole.lower():
                    found.add(table)
                    break
    return found


def test_medical_words_are_nowhere_but_under_seal(home: Home, written: io.StringIO) -> None:
    right = home.carry(_report(home, "bonne", MEDICAL))
    wrong = home.carry(_report(home, "mauvaise", CNSE))
    assert right.state is DeliveryState.SCHEDULED
    assert wrong.state is DeliveryState.SCHEDULED
    broken = home.carry(_report(home, "cassee", CNSE, broken=True))
    assert broken.state is DeliveryState.SCHEDULED
    home.house.recorder.checkpoint(home.house.database)

    assert "zyx" in " ".join(str(home.delivery(d.sha256).mail) for d in (right, wrong))  # they were read
    for place, word in MARKS.items():
        assert _tables_holding(home, word) <= MAY_HOLD[place], place
    assert "step done" in written.getvalue()
    assert "zyx" not in written.getvalue()
    letters = home.rows(OutboxEntry)
    assert len(letters) == 3
    for letter in letters:
        assert b"zyx" not in home.house.vault.get(letter.raw_sha256)
        assert "zyx" not in letter.subject
    for item in home.rows(Item):
        assert "zyx" not in json.dumps([item.title, item.reasons, item.forward_to])


def test_no_byte_of_a_mail_is_on_disk_in_clear_outside_the_database(home: Home) -> None:
    home.carry(_report(home, "disque", MEDICAL))
    files = [f for f in home.root.rglob("*") if f.is_file() and "sqlite" not in f.name]
    assert len(files) > 5
    # whole words: three bytes are found by chance in so many encrypted ones
    words = [*(mark.encode() for mark in MARKS.values()), b"%PDF-1."]
    assert [f.name for f in files if any(word in f.read_bytes() for word in words)] == []


def test_a_letter_never_repeats_a_strangers_file_name(sqlite_home: Home) -> None:
    """Its sentences are ours: a name in an archive may be medical, and the letter is in clear."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"../{MARKS['name']}/tumeur.pdf", b"x")
    attached = Attached(f"{MARKS['title']}.zip", "application/zip", packed.getvalue())
    sample = sqlite_home.desk.sample(
        "zip", "", GARONNE[2], MARKS["subject"], MARKS["body"], (attached,), expect="a-identifier"
    )
    sqlite_home.carry(sample)
    (letter,) = sqlite_home.rows(OutboxEntry)
    message = message_from_bytes(sqlite_home.house.vault.get(letter.raw_sha256))
    texts = [
        part.get_payload(decode=True) for part in message.walk() if part.get_content_type() == "text/plain"
    ]
    assert len(texts) == 1
    assert isinstance(texts[0], bytes)
    assert "chemin dangereux" in texts[0].decode()
    assert "zyx" not in texts[0].decode()
    assert "tumeur" not in texts[0].decode()


def test_words_of_an_administrative_mail_are_found_and_none_of_a_medical_one(home: Home) -> None:
    """The whole journey: the question of a hospital is found by a word of its text, a report by none."""
    question = home.carry(
        home.desk.sample(
            "question",
            "une question d'un établissement",
            GARONNE[2],
            "Question",
            "La téléexpertise est-elle comprise dans l'attestation ?",
            to=(CNSE,),
            expect="cnse-administratif",
            protect=home.desk.signed(GARONNE[2]),
        )
    )
    home.carry(_report(home, "bonne", MEDICAL))
    places = [(item.circuit, item.queue) for item in home.rows(Item)]
    with home.house.database.reading() as session:

        def found(word: str) -> list[str]:
            return [item.delivery for item in search.find(session, search.understand(word), places).items]

        assert found("teleexpertise") == [question.sha256]
        assert found("teleexpretise") == [question.sha256]
        for word in (*MARKS.values(), "Diagnostic", "stade"):
            assert found(word) == [], word
