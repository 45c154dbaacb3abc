"""Cases: references without gap or double, identifiers that find, columns filled once, version checks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date

from storage import cases
from storage.cases import Candidate, Item, ItemState, Period, PeriodOrigin, PeriodStatus
from storage.db import Database, Session
from tests.builders import rows
from tests.builders.rows import AT
from tests.builders.seen import authorisation


def _opened(session: Session, letter: str = "a", **columns: object) -> cases.Case:
    sha = rows.delivery(session, letter).sha256
    return cases.open_case(session, rows.case(sha, **columns))  # type: ignore[arg-type]


def test_references_follow_each_other_by_prefix_and_year(database: Database) -> None:
    with database.transaction() as session:
        assert cases.next_reference(session, "PSR", 2026) == "PSR-2026-00001"
        assert cases.next_reference(session, "PSR", 2026) == "PSR-2026-00002"
        assert cases.next_reference(session, "PSR", 2027) == "PSR-2027-00001"
        assert cases.next_reference(session, "DS", 2026) == "DS-2026-00001"


def test_a_reference_rolled_back_is_given_again(database: Database) -> None:
    with suppress(RuntimeError), database.transaction() as session:
        cases.next_reference(session, "PSR", 2026)
        raise RuntimeError
    with database.transaction() as session:
        assert cases.next_reference(session, "PSR", 2026) == "PSR-2026-00001"


def test_references_asked_together_are_all_different(database: Database) -> None:
    def ask(_: int) -> str:
        with database.transaction() as session:
            cases.lock_circuit(session, "essai")
            return cases.next_reference(session, "PSR", 2026)

    with ThreadPoolExecutor(8) as threads:
        given = list(threads.map(ask, range(40)))
    assert sorted(given) == [f"PSR-2026-{n:05d}" for n in range(1, 41)]


def test_a_document_opens_one_case_whatever_the_number_of_tries(database: Database) -> None:
    with database.transaction() as session:
        first = _opened(session)
        again = cases.open_case(session, rows.case("a" * 64, "PSR-2026-00002"))
        other = cases.open_case(session, rows.case("a" * 64, "PSR-2026-00003", opened_by_position=1))
        assert (again.id, again.reference) == (first.id, "PSR-2026-00001")
        assert other.id != first.id
        assert cases.get(session, " psr-2026-00003 ") == other
        assert cases.get(session, "PSR-2026-00009") is None


def test_a_case_is_found_by_any_of_its_identifiers_in_its_circuit(database: Database) -> None:
    with database.transaction() as session:
        case = _opened(
            session,
            form_reference="DZ2026117",
            cnas_number="1961",
            patient_birth_date=date(1961, 3, 14),
            name_key="BNL MHMD",
        )
        assert cases.possible(session, "essai", form_reference="DZ2026117") == [case]
        assert cases.possible(session, "essai", cnas_number="1961", form_reference="AUTRE") == [case]
        assert cases.possible(session, "essai", birth_date=date(1961, 3, 14)) == [case]
        assert cases.possible(session, "essai", name_key="BNL MHMD") == [case]
        assert cases.possible(session, "essai", references=["PSR-2026-00001"]) == [case]
        assert cases.possible(session, "autre", form_reference="DZ2026117") == []
        assert cases.possible(session, "essai") == []


def test_what_is_known_of_a_case_is_never_overwritten(database: Database) -> None:
    with database.transaction() as session:
        case = _opened(session, cnas_number="1961")
        assert case.id is not None
        filled = cases.complete(
            session, case.id, {"cnas_number": "9999", "caisse": "131", "name_key": None}
        )
        assert filled == ("caisse",)
        known = cases.by_id(session, case.id)
        assert known is not None
        assert (known.cnas_number, known.caisse, known.version) == ("1961", "131", 2)
        assert cases.complete(session, case.id, {"caisse": "594"}) == ()


def test_a_document_is_filed_once_and_writes_one_period(database: Database) -> None:
    with database.transaction() as session:
        case, other = _opened(session), _opened(session, "b", reference="PSR-2026-00002")
        (document,) = rows.documents_of(session, "a" * 64, [authorisation()])
        assert case.id is not None
        assert other.id is not None
        assert document.id is not None
        assert cases.file_document(session, document.id, case.id, AT, ["même référence"])
        assert not cases.file_document(session, document.id, other.id, AT, [])
        period = Period(
            case_id=case.id,
            document_id=document.id,
            origin=PeriodOrigin.AUTHORISATION,
            status=PeriodStatus.GRANTED,
            starts=date(2026, 12, 1),
            ends=date(2027, 2, 26),
            at=AT,
        )
        assert cases.add_period(session, period)
        assert not cases.add_period(session, period)
        assert [p.ends for p in cases.periods(session, case.id)] == [date(2027, 2, 26)]
        assert cases.period_of_document(session, document.id) is not None
        assert cases.documents(session, case.id) == [document]
        assert cases.case_of_document(session, document.id) == case.id
        assert cases.of_delivery(session, "a" * 64) == [case]


def test_an_item_is_one_a_queue_and_changes_only_at_the_version_seen(database: Database) -> None:
    with database.transaction() as session:
        case = _opened(session)
        assert case.id is not None
        made = Item(
            delivery="a" * 64, circuit="essai", queue="cpam-131", kind="se352-301", title="t", created_at=AT
        )
        item, new = cases.add_item(session, made)
        again, second = cases.add_item(session, made)
        assert (new, second, again.id) == (True, False, item.id)
        assert item.id is not None
        assert cases.change_item(session, item.id, 1, state=ItemState.TAKEN, taken_by="anne")
        assert not cases.change_item(session, item.id, 1, state=ItemState.TAKEN, taken_by="bob")
        seen = cases.item(session, item.id)
        assert seen is not None
        assert (seen.taken_by, seen.version, seen.state) == ("anne", 2, ItemState.TAKEN)
        candidate = Candidate(item_id=item.id, case_id=case.id, score=0.5, reasons=["noms concordants"])
        assert cases.add_candidate(session, candidate)
        assert not cases.add_candidate(session, candidate)
        assert [c.score for c in cases.candidates(session, item.id)] == [0.5]
        assert [i.queue for i in cases.items_of(session, "a" * 64)] == ["cpam-131"]
