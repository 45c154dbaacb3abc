"""A word about a reading: arrows as drawn, a conflict or no reason refused, a correction undoes it."""

from __future__ import annotations

import re

import pytest

from gateway.cases import review
from gateway.cases.review import ARROWS, Standing, say, standing, verbs
from gateway.errors import Refused
from gateway.evidence.record import Kind
from storage import reviews
from storage.db import Database, Session
from storage.documents import Document
from storage.reviews import Said
from tests.builders import rows
from tests.builders.rows import AT


def _document(session: Session) -> Document:
    rows.delivery(session, "a")
    return rows.document(session, "a" * 64, kind="se352-301", confidentiality="administrative")


def _say(
    session: Session, document: Document, said: Said, facts: tuple[int, ...] = (1, 2), **more: object
) -> tuple[object, str, object]:
    values: dict[str, object] = {"conflicts": (), "reason": "page coupée"} | more
    return say(session, document, said, facts=facts, by="lille", at=AT, **values)  # type: ignore[arg-type]


def test_the_drawing_of_the_module_is_the_table() -> None:
    drawn = re.findall(r"^    (\w)  (\w+) ─ (\w+) ─▶ (\w+)", review.__doc__ or "", re.MULTILINE)
    words = {Said.CONFIRMED: "confirm", Said.REJECTED: "reject", Said.WITHDRAWN: "withdraw"}
    assert drawn == [(a.letter, a.before.value, words[a.said], a.after.value) for a in ARROWS]


def test_each_word_is_kept_and_the_last_one_holds(database: Database) -> None:
    with database.transaction() as session:
        document = _document(session)
        seen = []
        for said in (Said.CONFIRMED, Said.REJECTED, Said.WITHDRAWN, Said.REJECTED):
            kind, subject, _ = _say(session, document, said)
            assert (kind, subject) == (Kind.REVIEW, f"delivery:{'a' * 64}")
            last = reviews.latest(session, [document.id or 0])[document.id or 0]
            seen.append(standing(last, (1, 2)))
        assert seen == [Standing.CONFIRMED, Standing.REJECTED, Standing.UNSAID, Standing.REJECTED]


def test_a_confirmation_speaks_of_the_facts_it_saw(database: Database) -> None:
    with database.transaction() as session:
        document = _document(session)
        _say(session, document, Said.CONFIRMED)
        last = reviews.latest(session, [document.id or 0])[document.id or 0]
        assert standing(last, (2, 1)) is Standing.CONFIRMED
        assert standing(last, (1, 2, 3)) is Standing.UNSAID
        assert Said.CONFIRMED in verbs(standing(last, (1, 2, 3)))


@pytest.mark.parametrize(
    ("said", "more", "sentence"),
    [
        (Said.CONFIRMED, {"conflicts": ("start_date",)}, "désaccord"),
        (Said.CONFIRMED, {"facts": ()}, "Rien n’est lu"),
        (Said.REJECTED, {"reason": "  "}, "motif"),
        (Said.WITHDRAWN, {}, "déjà été jugé"),
    ],
)
def test_what_cannot_be_said_is_refused_and_nothing_is_written(
    sqlite_database: Database, said: Said, more: dict[str, object], sentence: str
) -> None:
    with sqlite_database.transaction() as session:
        document = _document(session)
        with pytest.raises(Refused, match=sentence):
            _say(session, document, said, **more)  # type: ignore[arg-type]
        assert reviews.latest(session, [document.id or 0]) == {}
