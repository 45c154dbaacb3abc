from __future__ import annotations

from datetime import UTC, datetime

from gateway.web.items.marks import box_of, conflicts, marks
from storage.documents import FactRow, IssueRow

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BOX = [10.0, 20.0, 60.0, 30.0]


def _fact(name: str, value: str, **changes: object) -> FactRow:
    given = {"normalised": value, "page": 1, "box": BOX, "source": "ocr", "confidence": 0.95, **changes}
    row = {"id": len(name), "document_id": 1, "name": name, "value": value, "at": AT, **given}
    return FactRow.model_validate(row)


def _issue(field: str, page: int = 1) -> IssueRow:
    message = "Il manque la date."
    return IssueRow(
        document_id=1, code="x", field=field, severity="error", message=message, page=page, box=BOX
    )


def test_each_field_is_drawn_named_and_toned() -> None:
    facts = [
        _fact("reference", "DZ-1"),
        _fact("amount", "12", confidence=0.5),
        _fact("establishment_signature", "", normalised="absent"),
        _fact("start_date", "elsewhere", page=2),
        _fact("end_date", "nowhere", box=None),
    ]
    drawn = marks(facts, [], {"reference": "Référence"}, 1)
    assert [(m.label, m.value, m.tone) for m in drawn] == [
        ("Référence", "DZ-1", "sure"),
        ("amount", "12", "doubt"),
        ("establishment_signature", "absente", "doubt"),
    ]
    assert drawn[0].box == tuple(BOX)
    assert drawn[0].id == "champ-9"


def test_what_is_missing_is_drawn_where_nothing_was_read() -> None:
    drawn = marks(
        [_fact("reference", "DZ-1")], [_issue("start_date"), _issue("reference"), _issue("x", 2)], {}, 1
    )
    assert [(m.tone, m.value) for m in drawn] == [("sure", "DZ-1"), ("missing", "Il manque la date.")]
    assert drawn[1].id == ""


def test_sources_that_disagree_are_doubtful_until_a_person_settles() -> None:
    two = [_fact("amount", "12"), _fact("amount", "13", source="text")]
    assert conflicts(two) == {"amount"}
    assert {m.tone for m in marks(two, [], {}, 1)} == {"doubt"}
    settled = [*two, _fact("amount", "13", source="person", page=None, box=None)]
    assert conflicts(settled) == frozenset()
    assert box_of([1.0, 2.0]) is None
