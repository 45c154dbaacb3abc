"""Certificates a signed mail offers: the signer's, or vouched for; the sender's; made to encrypt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from parsers.addressees import addressees, harvest
from tests.builders import pki
from tests.builders.pki import Authority

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SENDER = "admissions@chu.example"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return pki.create(AT)


def test_the_signer_and_what_an_authority_vouches_for(authority: Authority) -> None:
    signing = authority.issue(SENDER, kind="rsa")
    second = authority.issue(SENDER, kind="rsa")
    slipped_in = pki.self_signed(SENDER, AT, kind="rsa")
    carried = (signing.der, second.der, slipped_in.der, authority.intermediate.der)
    found = harvest(carried, (signing.der,), SENDER.upper(), authority.trust(), AT)
    assert [(one.who.der, one.signed) for one in found] == [(signing.der, True), (second.der, False)]


def test_a_signer_nobody_vouches_for_still_signed(authority: Authority) -> None:
    alone = pki.self_signed(SENDER, AT, kind="rsa")
    (found,) = harvest((), (alone.der,), SENDER, authority.trust(), AT)
    assert found.signed


def test_what_is_left_out(authority: Authority) -> None:
    other = authority.issue("autre@chu.example", kind="rsa")
    old = authority.issue(SENDER, kind="rsa", not_after=AT - timedelta(days=1))
    short = authority.issue(SENDER, kind="rsa1024")
    only_signs = authority.issue(SENDER, kind="ed25519")
    signing = tuple(one.der for one in (other, old, short, only_signs))
    assert harvest((*signing, b"not a certificate"), signing, SENDER, authority.trust(), AT) == ()


def test_authorities_and_what_nobody_can_read_are_no_addressees(authority: Authority) -> None:
    one = authority.issue(SENDER, kind="rsa")
    found = addressees([b"junk", authority.root.der, one.der, one.pem])
    assert [each.der for each in found] == [one.der]
    assert found[0].emails == (SENDER,)
    assert found[0].refusal is None


def test_at_most_five_of_one_mail(authority: Authority) -> None:
    many = tuple(authority.issue(SENDER, kind="rsa").der for _ in range(7))
    assert len(harvest((), many, SENDER, authority.trust(), AT)) == 5
