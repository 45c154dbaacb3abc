"""What a file proves against a contestation, reason by reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.circuits.contested import Reason
from gateway.contestations.assess import (
    CaseFile,
    Contested,
    Covered,
    Lack,
    Seen,
    Suggestion,
    assess,
    euros_fr,
)
from gateway.contestations.assess import euros as amount_of

SHA = "a" * 64
FORM = Seen("se352-301", "Attestation", SHA, date(2026, 2, 1), 2, None, "present", date(2026, 2, 2))
REPORT = Seen("medical-report", "Compte rendu", "b" * 64, date(2026, 3, 20), 3, date(2026, 3, 11))
PERIOD = Covered("Attestation", SHA, date(2026, 3, 1), date(2026, 3, 31), "10000.00")
FULL = CaseFile("SPA-2026-00001", (FORM,), (REPORT,), (PERIOD,), (("nom", True),))
EMPTY = CaseFile("SPA-2026-00002")
CLAIM = Contested(Reason.FORM_MISSING, date(2026, 3, 2), date(2026, 3, 10), "8000.00")


def _codes(found: tuple[Lack, ...]) -> list[str]:
    return [lack.code for lack in found]


@pytest.mark.parametrize(
    ("reason", "suggestion", "first"),
    [
        (Reason.FORM_MISSING, Suggestion.ANSWER, "form"),
        (Reason.REPORT_MISSING, Suggestion.ANSWER, "report"),
        (Reason.DATES, Suggestion.ANSWER, "period"),
        (Reason.AMOUNT, Suggestion.ANSWER, "amount"),
        (Reason.IDENTITY, Suggestion.ANSWER, "identity"),
        (Reason.OTHER, Suggestion.LOOK, "form"),
    ],
)
def test_a_full_file_answers_every_reason(reason: Reason, suggestion: Suggestion, first: str) -> None:
    found = assess(replace(CLAIM, reason=reason), FULL)
    assert (found.suggestion, found.proved[0].code, found.to_ask) == (suggestion, first, ())


@pytest.mark.parametrize(
    ("reason", "asked"),
    [
        (Reason.FORM_MISSING, ["form", "periods"]),
        (Reason.REPORT_MISSING, ["report", "form"]),
        (Reason.DATES, ["periods", "form"]),
        (Reason.AMOUNT, ["granted", "periods", "form"]),
    ],
)
def test_an_empty_file_says_what_to_ask(reason: Reason, asked: list[str]) -> None:
    found = assess(replace(CLAIM, reason=reason), EMPTY)
    assert found.suggestion is Suggestion.ASK
    assert found.proved == ()
    assert _codes(found.to_ask) == (asked if reason is not Reason.REPORT_MISSING else ["report"])


def test_the_form_is_proved_by_its_day_its_hash_its_acknowledgement_and_box_4() -> None:
    proved = {proof.code: proof for proof in assess(CLAIM, FULL).proved}
    assert proved["form"].sentence == "Attestation : réception le 1er février 2026 (2 pages)."
    assert SHA in proved["form"].letter
    assert proved["acknowledged"].sentence == "Accusé de réception de cet envoi parti le 2 février 2026."
    assert proved["box4"].sentence == "Le cadre 4 est signé."


@pytest.mark.parametrize("box4", ["absent", "illegible"])
def test_an_unsigned_box_4_is_said_and_does_not_release_the_institution(box4: str) -> None:
    found = assess(CLAIM, replace(FULL, forms=(replace(FORM, box4=box4),)))
    (lack,) = found.missing
    assert lack.code == "box4"
    assert "exemplaire 2 engage" in lack.sentence
    assert found.to_ask == ()


def test_a_report_is_proved_to_exist_and_nothing_more() -> None:
    (proof,) = (
        p for p in assess(replace(CLAIM, reason=Reason.REPORT_MISSING), FULL).proved if p.code == "report"
    )
    assert proof.sentence == (
        "Un compte rendu médical existe, daté du 11 mars 2026, reçu le 20 mars 2026 (3 pages)."
    )


@pytest.mark.parametrize(
    ("starts", "ends", "first"),
    [
        (date(2026, 2, 27), date(2026, 3, 5), "27 février 2026"),
        (date(2026, 3, 25), date(2026, 4, 2), "1er avril 2026"),
    ],
)
def test_a_stay_that_is_not_covered_suggests_to_accept(starts: date, ends: date, first: str) -> None:
    found = assess(Contested(Reason.DATES, starts, ends), FULL)
    assert found.suggestion is Suggestion.ACCEPT
    assert first in found.missing[0].sentence


def test_two_periods_that_follow_each_other_cover_one_stay() -> None:
    next_one = Covered("Prolongation", "c" * 64, date(2026, 4, 1), date(2026, 4, 30), "500.00")
    file = replace(FULL, periods=(next_one, PERIOD))
    assert assess(Contested(Reason.DATES, date(2026, 3, 20), date(2026, 4, 10)), file).missing == ()
    gap = replace(FULL, periods=(replace(next_one, starts=date(2026, 4, 2)), PERIOD))
    assert assess(Contested(Reason.DATES, date(2026, 3, 20), date(2026, 4, 10)), gap).missing != ()


def test_amounts_add_up_and_what_exceeds_is_said() -> None:
    found = assess(replace(CLAIM, reason=Reason.AMOUNT, amount="10000.01"), FULL)
    assert found.suggestion is Suggestion.ACCEPT
    assert "0,01" in found.missing[0].sentence
    within = assess(replace(CLAIM, reason=Reason.AMOUNT, amount="10000.00"), FULL)
    assert within.suggestion is Suggestion.ANSWER


@pytest.mark.parametrize(("claim", "code"), [("dates", "stay"), ("amount", "amount")])
def test_a_claim_without_its_own_figures_is_for_a_person(claim: str, code: str) -> None:
    found = assess(Contested(Reason(claim)), FULL)
    assert found.suggestion is Suggestion.LOOK
    assert code in _codes(found.missing)


def test_an_identity_that_differs_is_said_without_the_names() -> None:
    found = assess(replace(CLAIM, reason=Reason.IDENTITY), replace(FULL, identity=(("nom", False),)))
    assert found.suggestion is Suggestion.ACCEPT
    assert found.missing[0].sentence == "Discordance entre le formulaire et la contestation : nom."
    unknown = assess(replace(CLAIM, reason=Reason.IDENTITY), replace(FULL, identity=(("nom", None),)))
    assert unknown.suggestion is Suggestion.LOOK


def test_amounts_are_typed_and_printed_in_french() -> None:
    value = amount_of("12345.60")
    assert value is not None
    assert euros_fr(value) == "12\u202f345,60\u00a0€"
    assert amount_of("x") is amount_of(None) is amount_of("") is None
