"""What lacks now: written by a person, confirmed, rejected, cut out, read again; marks follow."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from parsers.forms.checks import TO_COMPLETE
from storage import cases, documents, items, lacking, pulses, reviews
from storage.cases import Item
from storage.db import Database, Session
from storage.documents import PERSON, FactRow, IssueRow
from storage.reviews import Review, Said
from tests.builders import rows
from tests.builders.rows import AT

SHA = "a" * 64


def _issue(code: str, field: str | None = "end_date", severity: str = "error") -> IssueRow:
    return IssueRow(document_id=0, code=code, field=field, severity=severity, message="Il manque.")


def _fact(name: str, value: str | None, *, source: str = PERSON, number: int | None = None) -> FactRow:
    return FactRow(
        id=number,
        document_id=0,
        name=name,
        value=value or "?",
        normalised=value,
        source=source,
        confidence=1.0,
        at=AT,
    )


def _said(said: Said, facts: Sequence[int] = ()) -> Review:
    return Review(document_id=0, said=said, facts=list(facts), by="lille", at=AT)


def test_what_no_confirmation_brings_is_what_the_forms_call_to_complete() -> None:
    assert lacking.NOT_THERE == TO_COMPLETE


@pytest.mark.parametrize(
    ("code", "field", "facts", "left"),
    [
        ("missing", "end_date", (), True),
        ("missing", "end_date", (_fact("end_date", "2027-02-26"),), False),
        ("missing", "end_date", (_fact("start_date", "2027-02-26"),), True),
        ("missing", "end_date", (_fact("end_date", "2027-02-26", source="ocr"),), True),
        ("unreadable", "end_date", (_fact("end_date", None),), True),
        ("unreadable", "end_date", (_fact("end_date", "2027-02-26"), _fact("end_date", None)), True),
        ("signature-absent", "patient_signature", (_fact("patient_signature", "absent"),), True),
        ("signature-absent", "patient_signature", (_fact("patient_signature", "present"),), False),
        ("unreadable", None, (_fact("end_date", "2027-02-26"),), True),
    ],
)
def test_a_place_written_validly_by_a_person_lacks_no_more(
    code: str, field: str | None, facts: tuple[FactRow, ...], left: bool
) -> None:
    issue = _issue(code, field)
    assert lacking.remaining([issue], facts, None) == ([issue] if left else [])
    assert lacking.lacks([issue], facts, None) is left


def test_a_confirmation_answers_for_values_not_for_what_is_not_there() -> None:
    wrong, missing = _issue("finess-check", "establishment_finess"), _issue("missing")
    facts = (_fact("establishment_finess", "590000000", source="text", number=1),)
    assert lacking.remaining([wrong, missing], facts, _said(Said.CONFIRMED, [1])) == [missing]
    assert lacking.remaining([wrong, missing], facts, _said(Said.CONFIRMED, [1, 2])) == [wrong, missing]
    assert lacking.remaining([wrong, missing], facts, _said(Said.WITHDRAWN, [1])) == [wrong, missing]


def test_a_rejected_document_lacks_as_a_whole() -> None:
    assert lacking.remaining([_issue("missing")], (), _said(Said.REJECTED)) == []
    assert lacking.lacks([], (), _said(Said.REJECTED))
    assert not lacking.lacks([], (), _said(Said.WITHDRAWN))
    assert not lacking.lacks([_issue("missing", severity="warning")], (), None)


def _mail(session: Session, *wrong: int, count: int = 2) -> list[int]:
    """A mail of ``count`` documents; those of ``wrong`` have an empty box. Their numbers."""
    rows.delivery(session, SHA)
    found = [rows.document(session, SHA, position=n, sha256=f"{n:064x}") for n in range(count)]
    for position in wrong:
        documents.add_issues(session, found[position].id or 0, [_issue("missing")])
    return [row.id or 0 for row in found]


def _item(session: Session, part: int = 0, positions: list[int] | None = None) -> Item:
    wanted = Item(
        delivery=SHA,
        circuit="essai",
        queue="q",
        kind="quote",
        title="t",
        created_at=AT,
        part=part,
        positions=positions,
    )
    return cases.add_item(session, wanted)[0]


def test_a_part_lacks_what_its_own_documents_lack(database: Database) -> None:
    with database.transaction() as session:
        _mail(session, 1)
        whole, first, second = _item(session), _item(session, 1, [0]), _item(session, 2, [1])
        assert [i.lacking for i in (whole, first, second)] == [True, False, True]
        assert items.change_item(session, whole.id or 0, 1, positions=[0])
        assert items.change_item(session, first.id or 0, 1, positions=[0, 1])
        session.refresh(first)
        found = items.item(session, whole.id or 0)
        assert found is not None
        assert (found.lacking, first.lacking) == (False, True)


def test_the_mark_follows_what_people_say_and_beats_when_it_changes(database: Database) -> None:
    with database.transaction() as session:
        numbers = _mail(session, 1)
        item = _item(session)
    with database.transaction() as session:
        before = pulses.every(session)
        assert items.follow_reading(session, SHA) == []
        assert pulses.every(session) == before
        documents.correct(session, numbers[1], "end_date", "26/02/2027", "2027-02-26", "lille", AT)
        assert items.follow_reading(session, SHA) == [item.id]
        assert pulses.every(session)["essai", "q"] == before["essai", "q"] + 1
        reviews.add(session, Review(document_id=numbers[0], said=Said.REJECTED, by="lille", at=AT))
        assert items.follow_reading(session, SHA) == [item.id]
        found = items.item(session, item.id or 0)
        assert found is not None
        assert found.lacking
        assert found.version == item.version, "nobody else's work is refused for it"
        reviews.add(session, Review(document_id=numbers[0], said=Said.WITHDRAWN, by="lille", at=AT))
        assert items.follow_reading(session, SHA) == [item.id]


def test_a_document_that_people_judged_stays_when_its_mail_is_read_again(database: Database) -> None:
    with database.transaction() as session:
        numbers = _mail(session, 1)
        item = _item(session)
        reviews.add(session, Review(document_id=numbers[0], said=Said.REJECTED, by="lille", at=AT))
    with database.transaction() as session:
        fresh = [
            documents.Document(
                delivery=SHA, position=n, path="1", name="f", media_type="x/y", sha256=f"{n:064x}", size=1
            )
            for n in range(2)
        ]
        kept = documents.replace(session, SHA, fresh)
        assert kept[0].id == numbers[0]
        items.follow_reading(session, SHA)
        found = items.item(session, item.id or 0)
        assert found is not None
        assert found.lacking, "the box is full by now, the rejection stands"
        assert documents.issues_of(session, [row.id or 0 for row in kept]) == []
