"""argon2id, and the delay after failures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type

from gateway.web.doorstep.passwords import Passwords, locked_until
from tests.builders.seed import quick_passwords

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_the_parameters_in_force_are_those_of_rfc_9106() -> None:
    parameters = extract_parameters(Passwords().hash("x"))
    assert parameters.type is Type.ID
    assert parameters.memory_cost >= 64 * 1024
    assert parameters.time_cost >= 3


def test_right_wrong_absent_and_endless_passwords() -> None:
    passwords = quick_passwords()
    stored = passwords.hash("juste")
    assert stored != passwords.hash("juste")
    assert passwords.check(stored, "juste")
    assert not passwords.check(stored, "Juste")
    assert not passwords.check(None, "nobody has this password")
    assert not passwords.check("pas une empreinte", "juste")
    assert not passwords.check(passwords.hash("x" * 2000), "x" * 2000)


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(0, None), (2, None), (3, 15), (4, 30), (5, 60), (8, 480), (9, 900), (10, 900), (10_000, 900)],
)
def test_the_account_waits_longer_and_longer_never_for_ever(attempts: int, seconds: int | None) -> None:
    until = locked_until(attempts, AT)
    assert until == (None if seconds is None else AT + timedelta(seconds=seconds))
