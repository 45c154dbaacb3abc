"""The whole shared corpus, file by file, in the limited children: nothing crashes nor passes its limit.

What becomes of each file is in ``tests/golden/corpus.tsv``. What others state of these files is compared
here for PDF, and in ``tests/unit/parsers`` for the rest (``test_mime_corpus``, ``test_smime_corpus``,
``test_reports``, ``test_cda``), each with its own list of differences and their reasons.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

import pytest

from gateway.triage.sandbox import Sandbox
from parsers import acroform, documents
from parsers.attached import embedded
from parsers.errors import ParseError
from parsers.limits import DEFAULT
from tests.builders import corpus

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not corpus.ROOT.is_dir(), reason="the shared corpus is not here"),
]

_NAMED = "/EmbeddedFile is the type of the streams of its XFA packets: no file is attached"
_BUTTONS = "the source counts fields by name; a group of buttons is several places to fill for us"
PDF_DIFFERENCES = {
    "annotation-text-widget.pdf": (("fields", _BUTTONS), ("EmbeddedFile", _NAMED)),
    "cerfa_13753_04.pdf": (("fields", _BUTTONS), ("EmbeddedFile", _NAMED)),
    "cerfa_13969_01.pdf": (("fields", _BUTTONS), ("EmbeddedFile", _NAMED)),
    "js-buttons.pdf": (("fields", _BUTTONS),),
    "libreoffice-form.pdf": (("fields", _BUTTONS),),
}
"""Where what the source states (by pypdf and by names found in the bytes) is not what we see, and why."""


@pytest.fixture(scope="module")
def children() -> Iterator[Sandbox]:
    built = Sandbox(DEFAULT)
    yield built
    built.close()


def test_every_file_becomes_what_is_written(children: Sandbox) -> None:
    table = corpus.table()
    found = corpus.files()
    assert sorted(table) == sorted(str(path.relative_to(corpus.ROOT)) for path in found)
    changed = {}
    for path in found:
        name = str(path.relative_to(corpus.ROOT))
        seen = corpus.outcome(path, children)
        assert "crashed" not in seen, name
        assert "too-large" not in seen, name
        if seen != table[name]:
            changed[name] = (table[name], seen)
    assert changed == {}


def test_letters_of_hospitals_are_medical() -> None:
    letters = {name: told for name, told in corpus.table().items() if name.startswith("letters/")}
    assert len(letters) == 6
    assert all("medical-report medical" in told for told in letters.values())
    assert not any(" administrative" in told for told in letters.values())


def _stated() -> list[tuple[str, set[str], int | None, int | None]]:
    """Name, features, pages and fields of each PDF as the source of the corpus states them."""
    rows = csv.reader(
        (corpus.ROOT / "pdf" / "expected.tsv").read_text("utf-8").splitlines(), delimiter="\t"
    )
    found = []
    for name, _, _, told in rows:
        features = {word for word in told.partition(";")[0].split(",") if word}
        pages, fields = re.search(r"pages=(\d+)", told), re.search(r"fields=(\d+)", told)
        found.append((name, features, _number(pages), _number(fields)))
    return found


def _number(match: re.Match[str] | None) -> int | None:
    return int(match[1]) if match else None


def _differences(name: str, features: set[str], pages: int | None, fields: int | None) -> list[str]:
    content = (corpus.ROOT / "pdf" / name).read_bytes()
    try:
        seen = documents.inspect(content, documents.PDF)
    except ParseError as error:
        locked = error.code == "password"
        return [] if pages is None and ("needs-password" in features) == locked else [error.code]
    inside = acroform.contents(content)
    told = []
    if pages is not None and len(seen.pages) != pages:
        told.append("pages")
    if fields is not None and len(inside.fields) != fields:
        told.append("fields")
    if ("JS" in features) != ("JavaScript" in inside.active):
        told.append("JS")
    if ("EmbeddedFile" in features) != bool(embedded(content)):
        told.append("EmbeddedFile")
    if ("image-only" in features) != (seen.wanting == (1,) and not seen.pages[0].words):
        told.append("image-only")
    return told


def test_pdfs_are_what_their_source_states_or_the_difference_is_listed() -> None:
    stated = _stated()
    assert len(stated) == 14
    differ = {row[0]: told for row in stated if (told := _differences(*row))}
    assert differ == {name: [what for what, _why in told] for name, told in PDF_DIFFERENCES.items()}
