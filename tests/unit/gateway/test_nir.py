"""The provisional number: confirmed checks refuse, those to be confirmed ask why, nothing is guessed."""

from __future__ import annotations

import pytest

from gateway.cases import nir
from gateway.cases.nir import Found
from tests.builders import shipped

GOOD = "6159500000001"


def _found(text: str, sex: str | None = "F", caisses: tuple[str, ...] = ("595",)) -> dict[str, Found]:
    rules = shipped.circuit().registration
    assert rules is not None
    return {one.name: one for one in nir.check(nir.read(text), rules.checks, caisses, sex)}


@pytest.mark.parametrize("typed", ["6159500000001 96", "6 1595 00000001 96", "6.15.95.000.000.01-96"])
def test_a_good_number_holds_however_it_is_typed(typed: str) -> None:
    found = _found(typed)
    assert {name: one.holds for name, one in found.items()} == dict.fromkeys(found, True)
    assert nir.written(nir.read(typed).digits) == "6 1595 00000001 96"


def test_the_key_is_97_minus_the_remainder_and_comes_on_two_digits() -> None:
    assert nir.key_of(GOOD) == "96" == f"{97 - int(GOOD) % 97:02d}"
    one = next(n for n in range(10**12) if 97 - (5 * 10**12 + n) % 97 == 7)
    assert nir.key_of(str(5 * 10**12 + one)) == "07"
    assert nir.key_of("12") is None
    assert nir.key_of("٦" * 13) is None, "digits of another script are none of ours"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("7159500000001", "shape"),
        ("6359500000001", "shape"),
        ("615950000001", "shape"),
        (GOOD + "12", "key"),
    ],
)
def test_a_confirmed_check_refuses(typed: str, name: str) -> None:
    assert _found(typed)[name].refuses
    assert not _found(typed)[name].doubts


@pytest.mark.parametrize(("typed", "sex", "name"), [("6113100000001", "F", "caisse"), (GOOD, "M", "sex")])
def test_a_check_to_be_confirmed_doubts_and_never_refuses(typed: str, sex: str, name: str) -> None:
    found = _found(typed, sex)[name]
    assert found.doubts
    assert not found.refuses
    assert found.status == "to be confirmed"


def test_what_cannot_be_checked_says_so() -> None:
    assert _found(GOOD)["key"].holds is None
    assert "96" in _found(GOOD)["key"].sentence
    assert _found(GOOD, sex=None)["sex"].holds is None
    assert _found(GOOD, caisses=())["caisse"].holds is None


def test_the_code_of_the_pole_that_works_for_the_caisse_is_as_good() -> None:
    assert _found("6113100000001", caisses=("595", "131"))["caisse"].holds


def test_every_check_that_was_deduced_is_to_be_confirmed() -> None:
    rules = shipped.circuit().registration
    assert rules is not None
    assert {one.name: one.status for one in rules.checks} == {
        "shape": "confirmed",
        "key": "confirmed",
        "caisse": "to be confirmed",
        "sex": "to be confirmed",
    }
    assert rules.tacit_status == "to be confirmed"
