"""The evidence of verdicts: written once, never changed."""

from __future__ import annotations

from datetime import timedelta

from storage import judgments
from storage.db import Database
from storage.judgments import Judgment, Role, Source
from tests.builders import rows
from tests.builders.rows import AT

MAIL, OTHER = "a" * 64, "b" * 64


def _row(delivery: str = MAIL, role: Role = Role.CRL, place: str = "", sha256: str = "c" * 64) -> Judgment:
    return Judgment(
        delivery=delivery,
        place=place,
        role=role,
        sha256=sha256,
        source=Source.FETCHED,
        url="http://crl.example/ca.crl",
        this_update=AT - timedelta(days=1),
        next_update=AT + timedelta(days=6),
        judged_at=AT,
    )


def test_kept_once_and_never_changed(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, MAIL)
        assert judgments.add(session, [_row(), _row(role=Role.ROOT)]) == 2
    later = _row()
    later.judged_at, later.source = AT + timedelta(days=9), Source.SUPPLIED
    with database.transaction() as session:
        assert judgments.add(session, [later, _row(place="joint.eml")]) == 1
    with database.reading() as session:
        found = judgments.of_delivery(session, MAIL)
    assert [(row.role, row.place) for row in found] == [("crl", ""), ("root", ""), ("crl", "joint.eml")]
    assert (found[0].judged_at, found[0].source) == (AT, "fetched")
    assert found[0].next_update == AT + timedelta(days=6)


def test_a_blob_serves_several_mails(database: Database) -> None:
    with database.transaction() as session:
        for mail in (MAIL, OTHER):
            rows.delivery(session, mail)
            judgments.add(session, [_row(mail), _row(mail, place="joint.eml")])
    with database.reading() as session:
        assert judgments.uses(session, "c" * 64) == 2
        assert judgments.uses(session, "d" * 64) == 0
        assert judgments.of_delivery(session, "d" * 64) == []
