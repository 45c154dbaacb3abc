"""A broken or locked PDF made readable: a copy in memory, for reading only; the original is never touched.

qpdf (by pikepdf) rebuilds a cross-reference table that lies or was cut off, and takes a password off.
"""

from __future__ import annotations

import io
import logging
import warnings

import pikepdf

from parsers.acroform import LOCKED
from parsers.errors import Malformed, PasswordNeeded, TooLarge
from parsers.limits import DEFAULT, Limits

# qpdf's warnings may quote what the document says: they must not reach a log.
logging.getLogger("pikepdf").setLevel(logging.CRITICAL)

MENDED = "Ce PDF est abîmé : il a été réparé pour la lecture, l'original est gardé tel que reçu."
WRONG_PASSWORD = "Ce mot de passe n'ouvre pas ce document ; rien n'a changé."  # noqa: S105 - a sentence


def mended(content: bytes, limits: Limits = DEFAULT, passwords: tuple[str, ...] = ()) -> bytes:
    """A sound copy of a damaged PDF, without encryption.

    Raises ``Malformed`` when nothing can be saved of it, ``PasswordNeeded``, ``TooLarge``.
    """
    for password in ("", *passwords):
        try:
            return _copy(content, password, limits)
        except pikepdf.PasswordError:
            continue
        except (pikepdf.PdfError, ValueError, TypeError, RuntimeError, KeyError, OverflowError):
            raise Malformed("Ce PDF est trop abîmé pour être réparé : il est gardé tel que reçu.") from None
    raise PasswordNeeded(LOCKED)


def unlocked(content: bytes, password: str, limits: Limits = DEFAULT) -> bytes:
    """A copy of a locked PDF that opens without its password.

    Raises ``PasswordNeeded`` when ``password`` is not the right one, ``Malformed``, ``TooLarge``.
    """
    if b"%PDF-" not in content[:1024]:
        raise Malformed("Seul un PDF peut être ouvert par un mot de passe ; rien n'a changé.")
    try:
        return mended(content, limits, (password,))
    except PasswordNeeded:
        raise PasswordNeeded(WRONG_PASSWORD) from None


def _copy(content: bytes, password: str, limits: Limits) -> bytes:
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(content), password=password, suppress_warnings=True) as document:
        pages = len(document.pages)
        if not pages:
            raise Malformed("Ce PDF ne contient aucune page lisible.")
        if pages > limits.pages:
            raise TooLarge(f"Ce PDF compte {pages} pages, plus que les {limits.pages} acceptées.")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about fields that no reader will fill: this copy is only read
            document.save(buffer, encryption=False, fix_metadata_version=False)
    copy = buffer.getvalue()
    if len(copy) > limits.archive_bytes:
        raise TooLarge("Ce PDF est plus grand que le plafond accepté une fois ouvert.")
    return copy
