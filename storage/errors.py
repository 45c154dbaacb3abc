"""Errors of storage: one French sentence a person can act on, and whether trying again is safe.

Nothing here quotes content. The technical cause stays chained (``__cause__``) for the log.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager


class StorageError(Exception):
    """Base of what may leave ``storage``. ``public`` is the French sentence."""

    code = "storage"
    temporary = False
    """True when the same call may succeed later without anyone changing the data."""

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public


class DatabaseUnavailable(StorageError):
    """The database does not answer, is locked, full or read-only: the transaction did not commit.

    When the connection was lost during the commit itself, nobody knows whether it took place: every
    verb of storage may be repeated without harm.
    """

    code = "database-unavailable"
    temporary = True


class SchemaRefused(StorageError):
    """The database was made by a newer version of ours."""

    code = "schema-refused"


class VaultError(StorageError):
    """Base of the vault's errors."""

    code = "vault"


class VaultFull(VaultError):
    """No room left (disk, quota or file size limit); nothing was kept of this blob."""

    code = "vault-full"
    temporary = True


class VaultReadOnly(VaultError):
    """The vault's folder cannot be written."""

    code = "vault-read-only"
    temporary = True


class VaultUnavailable(VaultError):
    """Any other input-output failure of the vault's folder."""

    code = "vault-unavailable"
    temporary = True


class BlobNotFound(VaultError):
    """No blob of that name."""

    code = "blob-not-found"


class BlobDamaged(VaultError):
    """The blob was altered, truncated, or does not belong under that name."""

    code = "blob-damaged"


class UnknownKey(VaultError):
    """The blob is encrypted under a key the ring does not hold."""

    code = "unknown-key"


class KeyRefused(StorageError):
    """A key file is missing, unreadable, or open to other accounts of the machine."""

    code = "key-refused"


@contextmanager
def vault_errors() -> Iterator[None]:
    """No ``OSError`` leaves the vault."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise VaultFull(
                "Le coffre est plein ; ce contenu n'a pas été gardé, libérez de la place puis recommencez."
            ) from error
        if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
            raise VaultReadOnly(
                "Le coffre ne peut être écrit ; ce contenu n'a pas été gardé, vérifiez ses droits."
            ) from error
        raise VaultUnavailable(
            "Le coffre ne répond pas ; ce contenu n'a pas été gardé, vérifiez le disque puis recommencez."
        ) from error
