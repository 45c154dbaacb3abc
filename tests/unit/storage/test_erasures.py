"""Erasing rows: columns emptied, rows kept; blobs that something else still names are kept too."""

from __future__ import annotations

from storage import cases, erasures
from storage.cases import Case, Item
from storage.db import Database, Session
from storage.deliveries import Delivery
from storage.documents import Document, FactRow, IssueRow
from storage.erasures import ERASED, ErasedRow, Erasure
from storage.outbox import OutboxEntry
from tests.builders import rows
from tests.builders.rows import AT


def _document(session: Session, mail: str, sha: str, position: int = 0) -> Document:
    return rows.document(
        session,
        mail * 64,
        position=position,
        path="1/2",
        name="301_HADDAD.pdf",
        sha256=sha * 64,
        kind="se352-301",
        meta={"a": "b"},
        reasons=["parle de HADDAD"],
    )


def _case(session: Session, mail: str, number: int) -> Case:
    rows.delivery(session, mail)
    case = Case(
        reference=f"SPA-2026-{number:05d}",
        circuit="essai",
        opened_at=AT,
        opened_by_delivery=mail * 64,
        patient_name="HADDAD",
        cnas_number="861234567890",
        sender_domain="chu.example",
    )
    return cases.open_case(session, case)


def _file(session: Session, document: Document, case: Case) -> None:
    assert cases.file_document(session, document.id or 0, case.id or 0, AT, ["x"])


def test_a_document_keeps_its_kind_and_its_hash_alone(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        document = _document(session, "a", "1")
        fact = FactRow(
            document_id=document.id or 0, name="patient_name", value="HADDAD", source="text",
            confidence=1.0, at=AT,
        )  # fmt: skip
        issue = IssueRow(
            document_id=document.id or 0, code="x", severity="error", message="HADDAD",
            picture_sha256="2" * 64,
        )  # fmt: skip
        session.add_all([fact, issue])
        session.flush()
        assert erasures.erase_document(session, document) == ["1" * 64, "2" * 64]
    with database.reading() as session:
        left = session.get_one(Document, 1)
        assert (left.name, left.path, left.meta, left.reasons) == (ERASED, "", {}, [])
        assert (left.kind, left.sha256, left.trouble) == ("se352-301", "1" * 64, erasures.GONE)
        assert session.get(FactRow, 1) is None
        assert session.get(IssueRow, 1) is None


def test_a_mail_a_letter_and_a_case_say_nothing_any_more(database: Database) -> None:
    with database.transaction() as session:
        case = _case(session, "a", 1)
        mail = session.get_one(Delivery, "a" * 64)
        mail.opened_sha256 = "b" * 64
        session.add(mail)
        session.add(
            Item(delivery="a" * 64, circuit="essai", queue="q", kind="x", title="HADDAD", created_at=AT)
        )
        letter = OutboxEntry(
            message_id="<1@x>", circuit="essai", letter="accuse", mailbox="m@x", recipient="r@x",
            subject="HADDAD", raw_sha256="3" * 64, case_id=case.id, created_at=AT, next_attempt_at=AT,
        )  # fmt: skip
        session.add(letter)
        session.flush()
        assert erasures.erase_mail(session, "a" * 64) == ["a" * 64, "b" * 64]
        assert erasures.erase_mail(session, "f" * 64) == []
        assert erasures.erase_letter(session, letter) == ["3" * 64]
        assert erasures.erase_identity(session, case.id or 0) == []
    with database.reading() as session:
        mail = session.get_one(Delivery, "a" * 64)
        assert (mail.sender, mail.subject, mail.message_id, mail.envelope_from) == (None, None, None, "")
        assert session.get_one(Item, 1).title == ERASED
        left = session.get_one(OutboxEntry, 1)
        assert (left.recipient, left.subject) == ("", ERASED)
        nobody = session.get_one(Case, 1)
        assert (nobody.patient_name, nobody.cnas_number, nobody.sender_domain) == (None, None, None)
        assert nobody.reference == "SPA-2026-00001"


def test_what_is_erased_is_named_once_with_its_blobs(database: Database) -> None:
    with database.transaction() as session:
        number = erasures.begin(session, Erasure(at=AT, person="adam"))
        row = ErasedRow(erasure_id=number, kind="mail", key="a" * 64, blobs=["a" * 64])
        assert erasures.mark(session, row)
        assert not erasures.mark(session, row)
        erasures.certify(session, number, "preuve")
    with database.reading() as session:
        assert erasures.keys(session, "mail") == {"a" * 64}
        assert erasures.keys(session, "letter") == set()
        assert erasures.named_blobs(session) == {"a" * 64}
        assert session.get_one(Erasure, 1).certificate == "preuve"


def test_a_blob_is_used_as_long_as_one_row_that_is_not_erased_names_it(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        rows.delivery(session, "b")
        one, twin = _document(session, "a", "1"), _document(session, "b", "1")
        number = erasures.begin(session, Erasure(at=AT, person="adam"))

        def used() -> set[str]:
            return erasures.still_used(session, ["1" * 64, "a" * 64, "9" * 64])

        assert used() == {"1" * 64, "a" * 64}
        for kind, key in (("document", str(one.id)), ("mail", "a" * 64)):
            erasures.mark(session, ErasedRow(erasure_id=number, kind=kind, key=key))
        assert used() == {"1" * 64}
        erasures.mark(session, ErasedRow(erasure_id=number, kind="document", key=str(twin.id)))
        assert used() == set()


def test_what_a_shared_mail_holds_beside_goes_with_the_last_of_its_cases(database: Database) -> None:
    with database.transaction() as session:
        one, other = _case(session, "a", 1), _case(session, "b", 2)
        mine, theirs, loose = (_document(session, "a", str(n), n) for n in (1, 2, 3))
        _file(session, mine, one)
        _file(session, theirs, other)
        assert [d.id for d in erasures.documents_of_case(session, one.id or 0)] == [mine.id]
        assert erasures.cases_of_mails(session, ["a" * 64]) == {"a" * 64: {one.id, other.id}}
        assert f"delivery:{'a' * 64}" not in erasures.subjects_of_case(session, one.id or 0, one.reference)
        number = erasures.begin(session, Erasure(at=AT, person="adam"))
        erasures.mark(session, ErasedRow(erasure_id=number, kind="case", key=other.reference))
        assert [d.id for d in erasures.documents_of_case(session, one.id or 0)] == [mine.id, loose.id]
        assert [d.id for d in erasures.documents_of_mail(session, "a" * 64)] == [
            mine.id,
            theirs.id,
            loose.id,
        ]
