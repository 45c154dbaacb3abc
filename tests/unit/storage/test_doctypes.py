"""The type a person gives: the reading is kept, nothing overwrites it, every copy of the bytes is named."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.triage.unpack import BODY_ROLES
from storage import doctypes, documents
from storage.db import Database, Session
from storage.documents import MAIL_WORDS, Document
from tests.builders import rows
from tests.builders.rows import AT

PDF, POLITE = "d" * 64, "e" * 64


def _paper(position: int = 0, **columns: object) -> Document:
    """A quote of two pages, as read; anything else by name."""
    values: dict[str, object] = {
        "delivery": "a" * 64,
        "position": position,
        "path": str(position),
        "name": f"{position}.pdf",
        "media_type": "application/pdf",
        "sha256": PDF,
        "size": 10,
        "pages": 2,
        "kind": "quote",
        "score": 0.7,
        "confidentiality": "administrative",
    }
    return Document.model_validate(values | columns)


def _note(delivery: str, **columns: object) -> Document:
    """The polite sentence that came with it."""
    meta = {"role": "body"}
    return _paper(9, delivery=delivery, sha256=POLITE, pages=None, kind="cover-note", meta=meta, **columns)


def _read(session: Session, *found: Document) -> list[Document]:
    """The documents of one mail, as one reading writes them."""
    return documents.replace(session, found[0].delivery, list(found))


def _mails(session: Session) -> tuple[str, str]:
    rows.delivery(session, "a")
    rows.delivery(session, "b")
    return "a" * 64, "b" * 64


def _said(row: Document) -> tuple[str | None, str, str | None, str | None, str | None]:
    return row.kind, row.confidentiality, row.sorted_by, row.read_kind, row.read_confidentiality


def _now(session: Session, row: Document) -> Document:
    found = documents.get(session, row.id or 0)
    assert found is not None
    return found


def test_the_words_of_a_mail_are_those_the_journey_knows() -> None:
    assert MAIL_WORDS == BODY_ROLES


def test_what_was_read_is_kept_whatever_people_say_and_can_be_given_back(database: Database) -> None:
    with database.transaction() as session:
        _mails(session)
        (paper,) = _read(session, _paper())
        assert not doctypes.restore(session, paper)
        assert doctypes.give(session, paper, "invoice", "administrative", "anne", AT)
        assert doctypes.give(session, paper, "medical-report", "medical", "bob", AT + timedelta(hours=1))
        assert _said(paper) == ("medical-report", "medical", "bob", "quote", "administrative")
        assert paper.score == 0.7
    with database.transaction() as session:
        again = _now(session, paper)
        assert again.sorted_at == AT + timedelta(hours=1)
        assert doctypes.restore(session, again)
        assert _said(again) == ("quote", "administrative", None, None, None)


def test_a_type_given_to_what_changed_meanwhile_is_refused(database: Database) -> None:
    with database.transaction() as session:
        _mails(session)
        (paper,) = _read(session, _paper())
    with database.reading() as session:
        stale = _now(session, paper)
        again = Document.model_validate(stale.model_dump())
    with database.transaction() as session:
        assert doctypes.give(session, _now(session, paper), "medical-report", "medical", "anne", AT)
    with database.transaction() as session:
        assert not doctypes.give(session, again, "invoice", "administrative", "bob", AT)
        assert _said(_now(session, paper))[:3] == ("medical-report", "medical", "anne")


def test_what_shows_the_same_content_is_named_in_every_mail_and_nothing_else(database: Database) -> None:
    with database.transaction() as session:
        one, other = _mails(session)
        first, archive, report, page3, note = _read(
            session,
            _paper(0, path="2/envoi.zip/a.pdf"),
            _paper(1, path="2/envoi.zip", sha256="f" * 64, kind="decoration"),
            _paper(2, path="3", sha256="c" * 64),
            _paper(3, first_page=3),
            _note(one),
        )
        copy, whole, polite = _read(
            session,
            _paper(0, delivery=other),
            _paper(1, delivery=other, pages=None, kind="decoration"),
            _note(other),
        )
        found = {row.id for row in doctypes.beside(session, first)}
        assert found == {archive.id, note.id, copy.id, whole.id, polite.id}
        assert {row.id for row in doctypes.beside(session, note)} == {polite.id}
        assert report.id not in found
        assert page3.id not in found


def test_a_second_reading_keeps_the_word_of_a_person_and_renews_what_was_read(database: Database) -> None:
    with database.transaction() as session:
        one, _ = _mails(session)
        first, _other, _words = _read(
            session, _paper(), _paper(1, sha256="c" * 64), _note(one, confidentiality="medical")
        )
        doctypes.give(session, first, "medical-report", "medical", "anne", AT)
    with database.transaction() as session:
        twice = _paper(1, kind="decoration", confidentiality="medical")
        again, double, _ = _read(session, _paper(0, kind="invoice", score=0.9), twice, _note(one))
        assert again.id == first.id
        assert double.kind == "decoration"
        kept = _now(session, first)
        assert _said(kept) == ("medical-report", "medical", "anne", "invoice", "administrative")
        assert _said(again) == _said(kept)
        assert kept.score == 0.9
        stored = documents.of_delivery(session, one)
        assert [row.confidentiality for row in stored] == ["medical"] * 3


def test_bytes_a_person_said_medical_are_medical_in_the_next_mail(database: Database) -> None:
    with database.transaction() as session:
        one, other = _mails(session)
        paper, words = _read(session, _paper(), _note(one))
        doctypes.give(session, paper, "medical-report", "medical", "anne", AT)
        doctypes.give(session, words, words.kind, "medical", "anne", AT)
    with database.transaction() as session:
        again, apart, polite = _read(
            session,
            _paper(0, delivery=other, first_page=2, pages=1),
            _paper(1, delivery=other, first_page=3, pages=1),
            _note(other),
        )
        assert _said(again) == ("quote", "medical", "anne", "quote", "administrative")
        assert apart.confidentiality == "administrative"
        assert polite.confidentiality == "medical"  # it speaks of a medical document


def test_a_polite_sentence_closed_with_its_mail_closes_no_other(database: Database) -> None:
    with database.transaction() as session:
        one, other = _mails(session)
        paper, words = _read(session, _paper(), _note(one))
        doctypes.give(session, paper, "medical-report", "medical", "anne", AT)
        doctypes.give(session, words, words.kind, "medical", "anne", AT)
    with database.transaction() as session:
        _, polite = _read(session, _paper(0, delivery=other, sha256="c" * 64), _note(other))
        assert (polite.confidentiality, polite.sorted_by) == ("administrative", None)


@pytest.mark.parametrize(
    ("closed", "opened"), [("administrative", ["cover-note"]), ("medical", [])], ids=["raised", "read so"]
)
def test_only_words_that_were_read_administrative_may_open_again(
    database: Database, closed: str, opened: list[str]
) -> None:
    with database.transaction() as session:
        one, _ = _mails(session)
        paper, words = _read(session, _paper(confidentiality="medical"), _note(one, confidentiality=closed))
        doctypes.give(session, words, words.kind, "medical", "anne", AT)
        assert doctypes.closed_words(session, one) == []
        doctypes.give(session, paper, "quote", "administrative", "anne", AT)
        assert [row.kind for row in doctypes.closed_words(session, one)] == opened
