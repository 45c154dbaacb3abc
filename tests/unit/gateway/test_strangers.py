"""Who is foreign to a case: neither its own house nor known to the directory (lessons, row 13)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.cases.strangers import domain_of, is_foreign
from gateway.circuits.directory import Correspondent
from tests.builders.seen import directory, mail


@pytest.mark.parametrize(
    ("sender", "case_domain", "foreign"),
    [
        ("a@chu.example", None, False),
        ("A@CHU.example", "autre.example", False),
        ("a@clinique.example", "clinique.example", False),
        ("a@clinique.example", "CLINIQUE.example", False),
        ("a@clinique.example", None, True),
        ("a@sous.chu.example", "chu.example", True),
        ("a@chu.example.ailleurs.example", "chu.example", True),
        ("chu.example", "chu.example", True),
    ],
)
def test_foreign(sender: str, case_domain: str | None, foreign: bool) -> None:
    assert is_foreign(directory(), mail(sender=sender), case_domain) is foreign


def test_a_refused_correspondent_stays_foreign_to_its_own_case() -> None:
    refused = Correspondent("@refuse.example", "refused", "Refusé", None)
    known = replace(directory(), correspondents=(refused,))
    assert is_foreign(known, mail(sender="a@refuse.example"), "refuse.example")


def test_the_domain_is_the_one_of_from_else_of_the_envelope() -> None:
    assert domain_of(mail(sender="a@B.example", envelope_from="c@d.example")) == "b.example"
    assert domain_of(mail(sender=None, envelope_from="c@d.example")) == "d.example"
    assert domain_of(mail(sender=None, envelope_from="")) is None
    assert is_foreign(directory(), mail(sender=None, envelope_from=""), "chu.example")
