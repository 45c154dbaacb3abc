"""A damaged PDF is read from a mended copy, a locked one from a copy without password."""

from __future__ import annotations

import pytest

from parsers import documents, pdf
from parsers.errors import Malformed, ParseError, PasswordNeeded, TooLarge
from parsers.limits import Limits
from parsers.mend import MENDED, mended, unlocked
from tests.builders import pdfs, reports

REPORT = reports.medical_report(pages=3)


def _read(content: bytes) -> bool:
    try:
        return any(page.words for page in documents.inspect(content, documents.PDF).pages)
    except ParseError:
        return False


def _read_bare(content: bytes) -> bool:
    try:
        return any(sheet.page.words for sheet in pdf.sheets(content))
    except ParseError:
        return False


def test_more_damaged_files_are_read_with_the_mended_copy() -> None:
    samples = [pdfs.damaged(REPORT, seed) for seed in range(80)]
    bare, whole = [_read_bare(s) for s in samples], [_read(s) for s in samples]
    assert sum(whole) > sum(bare), "mending must bring something"
    assert all(after or not before for before, after in zip(bare, whole, strict=True))


def test_a_mended_file_says_so_and_is_drawn() -> None:
    samples = [pdfs.damaged(REPORT, seed) for seed in range(80)]
    saved = next(s for s in samples if _read(s) and not _read_bare(s))
    seen = documents.inspect(saved, documents.PDF)
    assert MENDED in seen.notes
    assert [i.message for i in documents.issues(seen) if i.code == "file-note"] == [MENDED]
    assert documents.render(saved, documents.PDF, 1, 40).pixels


def test_what_cannot_be_mended_says_so() -> None:
    for content in (b"%PDF-1.4\nrien", b"%PDF-1.4", REPORT[:200]):
        with pytest.raises(Malformed):
            documents.inspect(content, documents.PDF)


def test_a_locked_file_opens_with_its_password_alone() -> None:
    content = pdfs.locked(REPORT, "secret-42")
    with pytest.raises(PasswordNeeded):
        documents.inspect(content, documents.PDF)
    with pytest.raises(PasswordNeeded, match="n'ouvre pas"):
        unlocked(content, "autre")
    copy = unlocked(content, "secret-42")
    assert len(documents.inspect(copy, documents.PDF).pages) == 3
    assert b"secret-42" not in copy


def test_only_a_pdf_is_unlocked_and_limits_hold() -> None:
    with pytest.raises(Malformed, match="PDF"):
        unlocked(b"PK\x03\x04", "x")
    with pytest.raises(TooLarge):
        mended(REPORT, Limits(pages=2))
    with pytest.raises(TooLarge):
        mended(REPORT, Limits(archive_bytes=100))
