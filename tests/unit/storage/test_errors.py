"""What may leave storage: our own family, one French sentence, temporary or not."""

from __future__ import annotations

import errno

import pytest

from storage import errors
from storage.errors import StorageError, VaultError, vault_errors

FAMILY = [
    value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, StorageError)
]


@pytest.mark.parametrize(
    ("number", "expected", "temporary"),
    [
        (errno.ENOSPC, errors.VaultFull, True),
        (errno.EDQUOT, errors.VaultFull, True),
        (errno.EFBIG, errors.VaultFull, True),
        (errno.EROFS, errors.VaultReadOnly, True),
        (errno.EACCES, errors.VaultReadOnly, True),
        (errno.EPERM, errors.VaultReadOnly, True),
        (errno.EIO, errors.VaultUnavailable, True),
        (errno.ENOENT, errors.VaultUnavailable, True),
        (errno.ESTALE, errors.VaultUnavailable, True),
    ],
)
def test_no_system_error_leaves_the_vault(number: int, expected: type[VaultError], temporary: bool) -> None:
    secret = "/srv/coffre/secret"
    with pytest.raises(expected) as caught, vault_errors():
        raise OSError(number, "system", secret)
    assert caught.value.temporary is temporary
    assert secret not in caught.value.public
    assert caught.value.public.endswith(".")
    assert isinstance(caught.value.__cause__, OSError)


def test_codes_are_stable_and_distinct() -> None:
    codes = {error.__name__: error.code for error in FAMILY}
    assert len(FAMILY) >= 10
    assert len(set(codes.values())) == len(codes), codes


def test_only_what_waiting_may_cure_is_temporary() -> None:
    assert {error.__name__ for error in FAMILY if error.temporary} == {
        "DatabaseUnavailable",
        "VaultFull",
        "VaultReadOnly",
        "VaultUnavailable",
    }
