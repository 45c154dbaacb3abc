"""Codes of RFC 6238, and recovery codes."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from gateway.web.doorstep import totp

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (20_000_000_000, "353130")],
)
def test_the_vectors_of_the_rfc_cut_to_six_digits(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert totp.step_of(RFC_SECRET, code, at) == seconds // 30


def test_one_step_early_or_late_is_accepted_two_are_not() -> None:
    at = datetime(2026, 11, 23, 9, 0, 10, tzinfo=UTC)
    secret = totp.new_secret()
    for steps, good in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        moment = at + timedelta(seconds=30 * steps)
        found = totp.step_of(secret, pyotp.TOTP(secret).at(moment), at)
        assert found == (int(moment.timestamp()) // 30 if good else None)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12 34 5"])
def test_what_is_no_code_is_refused(typed: str) -> None:
    assert totp.step_of(RFC_SECRET, typed, datetime(2026, 11, 23, tzinfo=UTC)) is None


def test_blanks_inside_a_code_do_not_count() -> None:
    assert totp.step_of(RFC_SECRET, " 287 082 ", datetime.fromtimestamp(59, UTC)) == 1


def test_the_picture_is_the_address_and_carries_no_script_nor_style() -> None:
    drawn = totp.picture(RFC_SECRET, "agathe")
    assert drawn.startswith(b"<?xml")
    assert b"<script" not in drawn
    assert b"style" not in drawn
    assert "secret=" + RFC_SECRET in totp.address(RFC_SECRET, "agathe")
    assert totp.spaced("ABCDEFGHIJ") == "ABCD EFGH IJ"


def test_recovery_codes_are_ten_different_and_read_whatever_the_typing() -> None:
    codes = totp.new_recovery_codes()
    assert len({totp.recovery_hash(code) for code in codes}) == totp.RECOVERY_CODES
    one = codes[0]
    assert totp.looks_like_recovery(one)
    assert totp.recovery_hash(one) == totp.recovery_hash(f" {one.lower().replace('-', ' ')} ")
    assert not totp.looks_like_recovery("123456")
    assert one not in totp.recovery_hash(one)
