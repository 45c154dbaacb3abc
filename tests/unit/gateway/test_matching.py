"""Names of many spellings, references with slips, contradictions: the scores that decide a joining."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cases.matching import (
    CANDIDATE_FLOOR,
    Identity,
    compare,
    fold_name,
    fold_reference,
    name_key,
    same_names,
)
from storage.lettering import skeleton

THRESHOLD = 0.9
BIRTH = date(1961, 3, 14)
KNOWN = Identity("DZ2026117", "196112345678", "BENALI", "MOHAMED", BIRTH, "750100042", ("PSR-2026-00001",))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("MOHAMED", "MOHAMMED"),
        ("MOHAMED", "MUHAMMAD"),
        ("ABDELKADER", "ABDULQADIR"),
        ("YOUCEF", "YOUSSEF"),
        ("BOUTEFLIKA", "BUTAFLIQA"),
        ("OUAHRANI", "WAHRANI"),
        ("CHERIF", "SHARIF"),
        ("DJAMEL", "JAMAL"),
        ("KHALED", "KALID"),
    ],
)
def test_transliterations_share_their_consonants(left: str, right: str) -> None:
    assert skeleton(left) == skeleton(right)
    assert same_names(
        Identity(name="HADDAD", first_names=left), Identity(name="Haddad", first_names=right)
    ) >= (0.92 if len(skeleton(left)) > 2 else 0.85)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (("BENALI", "MOHAMED"), ("Mohammed", "Ben Ali")),
        (("BEN ALI", "ABDEL KADER"), ("BENALI", "Abdelkader")),
        (("BÉRANGER-LEFÈVRE", "Éloïse"), ("BERANGER LEFEVRE", "ELOISE")),
    ],
)
def test_order_accents_and_joined_particles_do_not_matter(
    left: tuple[str, str], right: tuple[str, str]
) -> None:
    assert (
        same_names(
            Identity(name=left[0], first_names=left[1]), Identity(name=right[0], first_names=right[1])
        )
        >= 0.92
    )
    assert name_key(*left) == name_key(*right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (("BENALI", "MOHAMED"), ("BENALI", "KARIM")),
        (("BENALI", "MOHAMED"), ("MEZIANE", "MOHAMED")),
        (("BENALI", "SAID"), ("BENALI", "SAAD")),
        (("BENALI", "MOHAMED"), ("BENALI", "")),
    ],
)
def test_relatives_and_namesakes_are_not_the_same_person(
    left: tuple[str, str], right: tuple[str, str]
) -> None:
    assert (
        same_names(
            Identity(name=left[0], first_names=left[1]), Identity(name=right[0], first_names=right[1])
        )
        < 0.92
    )


def test_everything_equal_is_nearly_certain() -> None:
    match = compare(KNOWN, KNOWN)
    assert match.score > 0.99
    assert "même référence d'attestation" in match.reasons


@pytest.mark.parametrize(
    ("seen", "joins"),
    [
        (Identity(form_reference="DZ2026117"), False),
        (Identity(quoted=("PSR-2026-00001",)), True),
        (Identity(quoted=("PSR-2026-00001",), name="MEZIANE", first_names="NADIA"), False),
        (Identity(form_reference="DZ2026117", birth_date=BIRTH), True),
        (Identity(form_reference="DZ2026117", name="Benali", first_names="Muhammad"), True),
        (Identity(cnas_number="196112345678", name="BENALI", first_names="MOHAMED"), True),
        (Identity(cnas_number="196112345678", birth_date=BIRTH), False),
        (Identity(name="Ben Ali", first_names="Mohammed", birth_date=BIRTH, finess="750100042"), True),
        (Identity(name="Ben Ali", first_names="Mohammed", birth_date=BIRTH), False),
        (Identity(name="BENALI", first_names="MOHAMED"), False),
        (Identity(form_reference="DZ2O26II7"), False),
        (
            Identity(form_reference="DZ2O26II7", name="BENALI", first_names="MOHAMED", birth_date=BIRTH),
            True,
        ),
        (
            Identity(form_reference="DZ2026118", name="BENALI", first_names="MOHAMED", birth_date=BIRTH),
            False,
        ),
        (Identity(form_reference="DZ2026117", name="MEZIANE", first_names="NADIA"), False),
        (Identity(form_reference="DZ2026117", birth_date=date(1990, 1, 1)), False),
        (
            Identity(form_reference="DZ2026900", name="BENALI", first_names="MOHAMED", birth_date=BIRTH),
            False,
        ),
    ],
)
def test_what_joins_and_what_asks_a_person(seen: Identity, joins: bool) -> None:
    match = compare(seen, KNOWN)
    assert (match.score >= THRESHOLD) is joins
    assert match.score >= CANDIDATE_FLOOR, "a case with something in common is at least shown"


def test_a_stranger_to_the_case_is_not_even_a_candidate() -> None:
    seen = Identity("DZ2026555", "199912345678", "MEZIANE", "NADIA", date(1999, 1, 1), "130786049")
    assert compare(seen, KNOWN).score < CANDIDATE_FLOOR


def test_silence_is_no_evidence() -> None:
    assert compare(Identity(), Identity()).score == 0
    assert compare(Identity(), KNOWN).reasons == ()


def test_reasons_quote_no_value() -> None:
    text = " ".join(compare(KNOWN, KNOWN).reasons)
    assert not any(v in text for v in ("BENALI", "MOHAMED", "DZ2026117", "196112345678", "1961", "PSR"))


def test_references_fold_to_capitals_and_digits() -> None:
    assert fold_reference(" dz-2026/117 ") == fold_reference("DZ 2026 117") == "DZ2026117"
    assert fold_reference("--") is None
    assert fold_name("  Aït-Ouarab  l’Œil ") == "AIT OUARAB L OEIL"


_names = st.text(st.characters(categories=("Lu", "Ll", "Nd"), max_codepoint=0x24F), max_size=12)
_identities = st.builds(
    Identity,
    form_reference=st.none() | _names.map(fold_reference),
    cnas_number=st.none() | st.sampled_from(["1", "2"]),
    name=_names,
    first_names=_names,
    birth_date=st.none() | st.dates(),
    finess=st.none() | st.sampled_from(["750100042", "130786049"]),
)


@given(_identities, _identities)
def test_a_score_is_a_probability_and_the_same_both_ways(left: Identity, right: Identity) -> None:
    one, other = compare(left, right), compare(right, left)
    assert 0 <= one.score <= 1
    assert one.score == pytest.approx(other.score, abs=1e-3)
