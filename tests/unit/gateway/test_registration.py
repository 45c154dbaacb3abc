"""A caisse registers: dates of a form, a written reason for a doubt, silence alone changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from gateway.cases.registration import Asked, offered, register
from gateway.circuits.model import Circuit
from gateway.errors import Refused
from gateway.evidence.record import Kind
from storage import cases, registrations, reviews
from storage.cases import Case, Period, PeriodOrigin, PeriodStatus
from storage.db import Database, Session
from storage.reviews import Review, Said
from tests.builders import rows, shipped
from tests.builders.rows import AT

NIR = "615950000000196"
FIRST = (date(2026, 10, 5), date(2026, 11, 20))
NEXT = (date(2026, 11, 21), date(2026, 12, 31))


def _case(session: Session) -> Case:
    rows.delivery(session, "a")
    case = cases.open_case(session, rows.case("a" * 64, caisse="595"))
    _period(session, case, "se352-301", PeriodStatus.GRANTED, *FIRST)
    return case


def _period(
    session: Session, case: Case, kind: str, status: PeriodStatus, starts: date, ends: date
) -> tuple[int, int]:
    position = len(cases.documents(session, case.id or 0))
    document = rows.document(
        session, "a" * 64, position=position, kind=kind, confidentiality="administrative"
    )
    cases.file_document(session, document.id or 0, case.id or 0, AT, [])
    origin = PeriodOrigin.AUTHORISATION if kind == "se352-301" else PeriodOrigin.EXTENSION
    cases.add_period(
        session,
        Period(
            case_id=case.id or 0, document_id=document.id or 0, origin=origin, status=status,
            starts=starts, ends=ends, at=AT,
        ),
    )  # fmt: skip
    found = cases.periods(session, case.id or 0)[-1]
    return found.id or 0, document.id or 0


def _register(session: Session, case: Case, circuit: Circuit | None = None, **changes: Any) -> list[Any]:
    model = circuit or shipped.circuit()
    first = offered(session, model, case)[0].period.id or 0
    values: dict[str, Any] = {
        "seen": 0,
        "nir": NIR,
        "period_id": first,
        "starts": FIRST[0],
        "ends": FIRST[1],
    }
    asked = Asked(**(values | changes))
    return list(register(session, model, case, asked, caisses=("595",), sex="F", by="lille", at=AT))


def test_the_dates_of_the_form_are_proposed_and_written_with_who_and_when(database: Database) -> None:
    with database.transaction() as session:
        case = _case(session)
        (basis,) = offered(session, shipped.circuit(), case)
        assert (basis.starts, basis.ends, basis.done, basis.tacit) == (*FIRST, False, False)
        ((kind, subject, fields),) = _register(session, case)
        assert (kind, subject) == (Kind.REGISTRATION, f"case:{case.reference}")
        assert fields["action"] == "registered"
        assert NIR[:13] not in str(fields), "the number never enters the log"
        (entry,) = registrations.of_case(session, case.id or 0)
        assert (entry.nir, entry.starts, entry.ends, entry.by) == (NIR[:13], *FIRST, "lille")
        assert {c["name"]: c["holds"] for c in entry.checks}["key"] is True
        assert offered(session, shipped.circuit(), case)[0].done


@pytest.mark.parametrize(
    "nir", ["715950000000196", "615950000000112", "61595", ""], ids=["shape", "key", "short", "nothing"]
)
def test_a_number_that_fails_a_confirmed_check_is_refused_whatever_the_reason(
    sqlite_database: Database, nir: str
) -> None:
    with sqlite_database.transaction() as session:
        case = _case(session)
        with pytest.raises(Refused, match="ne peut pas être inscrit"):
            _register(session, case, nir=nir, reason="je suis sûre")
        assert registrations.of_case(session, case.id or 0) == []


@pytest.mark.parametrize(
    "doubt", [{"nir": "6113100000001"}, {"ends": date(2026, 11, 25)}], ids=["caisse", "dates"]
)
def test_a_doubt_needs_a_written_reason(sqlite_database: Database, doubt: dict[str, Any]) -> None:
    with sqlite_database.transaction() as session:
        case = _case(session)
        with pytest.raises(Refused, match="écrivez le motif"):
            _register(session, case, **doubt, reason="   ")
        assert len(_register(session, case, **doubt, reason="numéro créé par le pôle")) == 1
        assert registrations.of_case(session, case.id or 0)[0].reason == "numéro créé par le pôle"


def test_dates_that_cannot_be_and_periods_that_do_not_exist_are_refused(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        case = _case(session)
        with pytest.raises(Refused, match="précède"):
            _register(session, case, ends=date(2026, 10, 1), reason="si")
        with pytest.raises(Refused, match="formulaire lisible"):
            _register(session, case, period_id=999)


def test_two_people_at_once_the_second_is_told(database: Database) -> None:
    with database.transaction() as session:
        case = _case(session)
        _register(session, case)
        with pytest.raises(Refused, match="Une autre personne"):
            _register(session, case)
        assert len(registrations.of_case(session, case.id or 0)) == 1


def test_a_validated_answer_extends_from_the_first_day_and_history_stays(database: Database) -> None:
    with database.transaction() as session:
        case = _case(session)
        _register(session, case)
        answer, _ = _period(session, case, "se352-302-answer", PeriodStatus.GRANTED, *NEXT)
        basis = offered(session, shipped.circuit(), case)[-1]
        assert (basis.starts, basis.ends, basis.joined) == (FIRST[0], NEXT[1], True)
        _register(session, case, seen=1, period_id=answer, starts=FIRST[0], ends=NEXT[1])
        assert [e.ends for e in registrations.of_case(session, case.id or 0)] == [FIRST[1], NEXT[1]]


def test_a_request_and_a_refusal_found_nothing(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        case = _case(session)
        _period(session, case, "se352-302-request", PeriodStatus.REQUESTED, *NEXT)
        _period(session, case, "se352-302-answer", PeriodStatus.REFUSED, *NEXT)
        assert len(offered(session, shipped.circuit(), case)) == 1


def test_silence_moves_nothing_by_itself(sqlite_database: Database) -> None:
    model = shipped.circuit()
    assert model.registration is not None
    never = replace(model, registration=replace(model.registration, tacit="never"))
    with sqlite_database.transaction() as session:
        case = _case(session)
        tacit, _ = _period(session, case, "se352-302-request", PeriodStatus.TACIT, *NEXT)
        assert [b.tacit for b in offered(session, never, case)] == [False]
        assert [b.tacit for b in offered(session, model, case)] == [False, True]
        dates: dict[str, Any] = {"period_id": tacit, "starts": NEXT[0], "ends": NEXT[1]}
        with pytest.raises(Refused, match="tacite"):
            _register(session, case, **dates)
        with pytest.raises(Refused, match="formulaire lisible"):
            _register(session, case, never, **dates, reason="preuves lues")
        _register(session, case, **dates, reason="preuves lues, CNSE consulté")
        assert registrations.of_case(session, case.id or 0)[0].tacit


def test_a_rejected_form_founds_nothing(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        case = _case(session)
        (document,) = cases.documents(session, case.id or 0)
        reviews.add(
            session,
            Review(document_id=document.id or 0, said=Said.REJECTED, reason="illisible", by="x", at=AT),
        )
        assert offered(session, shipped.circuit(), case) == ()


def test_a_number_of_another_case_is_a_doubt(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        _register(session, _case(session))
        rows.delivery(session, "b")
        other = cases.open_case(session, rows.case("b" * 64, "PSR-2026-00002", caisse="595"))
        document = rows.document(session, "b" * 64, kind="se352-301", confidentiality="administrative")
        cases.file_document(session, document.id or 0, other.id or 0, AT, [])
        period = Period(
            case_id=other.id or 0, document_id=document.id or 0, origin=PeriodOrigin.AUTHORISATION,
            status=PeriodStatus.GRANTED, starts=FIRST[0], ends=FIRST[1], at=AT,
        )  # fmt: skip
        cases.add_period(session, period)
        with pytest.raises(Refused, match="autre dossier"):
            _register(session, other)
