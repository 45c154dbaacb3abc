"""Some pages of a PDF leave alone: what is seen of them, whole, and nothing of the pages around."""

from __future__ import annotations

import io

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from parsers import documents
from parsers.cut import LAYERS, NO_SUCH_PAGE, NOT_A_PDF, UNDRAWN, UNLIKE, cut
from parsers.documents import PDF
from parsers.errors import Malformed, ParseError, PasswordNeeded, TooLarge, Unsupported
from parsers.limits import Limits
from tests.builders import forms, pdfs, reports, scans, shared_pdf
from tests.builders.shared_pdf import FORM, REPORT, everything_said

_FORM = forms.build_301(forms.sample_301(3), named=True)
_REPORT = reports.medical_report(seed=3, pages=2)
_BOTH = reports.joined(_FORM, _REPORT)


def _words(content: bytes) -> list[list[str]]:
    return [[word.text for word in page.words] for page in documents.inspect(content, PDF).pages]


def test_the_pages_asked_and_no_other() -> None:
    first = len(_words(_FORM)) + 1
    made = cut(_BOTH, first, 2)
    assert _words(made) == _words(_REPORT)
    assert cut(_BOTH, first, 2) == made, "the same bytes each time"
    (only,) = _words(cut(_BOTH, first + 1, 1))
    assert only == _words(_REPORT)[1]


def test_nothing_of_another_page_is_left_anywhere_in_the_bytes() -> None:
    """Pictures on the shelf of the file, values of sibling fields, links, private data, outline, files."""
    whole = shared_pdf.shared()
    assert everything_said(whole).count(FORM.encode()) > 10
    made = cut(whole, 2, 2)
    said = everything_said(made)
    assert FORM.encode() not in said
    assert FORM.encode("utf-16-be") not in said
    text = " ".join(word for page in _words(made) for word in page)
    assert text.count(REPORT) == 6, "titles, drawings inside the pages, and filled fields are drawn"


def test_a_field_of_the_page_is_drawn_into_it_and_nothing_can_be_filled() -> None:
    made = cut(_FORM, 1, 1)
    assert documents.inspect(made, PDF).fields == ()
    with pikepdf.open(io.BytesIO(made)) as document:
        assert "/AcroForm" not in document.Root
        assert "/Annots" not in document.pages[0].obj
    said = {word for page in _words(made) for word in page}
    assert {
        field.value.split()[0] for field in documents.inspect(_FORM, PDF).fields if "nom" in field.name
    } <= said


def test_scanned_pages_are_the_same_picture() -> None:
    paper = scans.scan(reports.joined(_FORM, reports.quote(2)), dpi=60)
    count = len(documents.inspect(paper, PDF).pages)
    made = cut(paper, count, 1)
    before, after = documents.render(paper, PDF, count, 60), documents.render(made, PDF, 1, 60)
    assert before == after
    assert len(made) < len(paper)


def test_a_page_turned_keeps_its_direction_and_its_size() -> None:
    with pikepdf.open(io.BytesIO(_BOTH)) as document:
        document.pages[-1].obj["/Rotate"] = 90
        document.pages[-1].obj["/CropBox"] = Array([20, 30, 500, 700])
        buffer = io.BytesIO()
        document.save(buffer)
        count = len(document.pages)
    (page,) = documents.inspect(cut(buffer.getvalue(), count, 1), PDF).pages
    assert (round(page.width), round(page.height)) == (670, 480)


@pytest.mark.parametrize(("first", "count"), [(0, 1), (1, 0), (3, 2), (99, 1), (-1, 2)])
def test_pages_that_are_not_there_are_refused(first: int, count: int) -> None:
    with pytest.raises(Malformed) as refused:
        cut(reports.medical_report(pages=3), first, count)
    assert refused.value.message == NO_SUCH_PAGE


def test_what_cannot_be_cut_safely_is_refused_with_a_sentence() -> None:
    with pytest.raises(Unsupported) as other:
        cut(b"II*\0 a fax", 1, 1)
    assert other.value.message == NOT_A_PDF
    with pytest.raises(PasswordNeeded):
        cut(pdfs.locked(_BOTH, "secret-42"), 2, 1)
    with pytest.raises(TooLarge):
        cut(_BOTH, 1, 1, Limits(pages=1))
    for damaged in (_BOTH[:300], b"%PDF-1.7\nrien"):
        with pytest.raises(Malformed):
            cut(damaged, 1, 1)


def test_a_filled_field_that_nothing_draws_is_not_lost_in_silence() -> None:
    with pytest.raises(Malformed) as refused:
        cut(_changed(_undrawn), 1, 1)
    assert refused.value.message == UNDRAWN


def test_a_hidden_layer_never_comes_to_light() -> None:
    with pytest.raises(Malformed) as refused:
        cut(_changed(_layered), 1, 1)
    assert refused.value.message == LAYERS


def test_a_mark_that_only_a_reader_draws_is_not_lost_in_silence() -> None:
    """A highlight without appearance: PDFium draws it, a page cut out would have lost it."""
    with pytest.raises(Malformed) as refused:
        cut(_changed(_highlighted), 1, 1)
    assert refused.value.message == UNLIKE


def test_damage_is_either_cut_right_or_refused() -> None:
    kept = _words(_REPORT)
    right = 0
    for seed in range(60):
        try:
            made = cut(pdfs.damaged(_BOTH, seed), len(_words(_FORM)) + 1, 2)
        except ParseError:
            continue
        found = _words(made)
        right += found == kept
        assert len(found) == 2
        assert not {word for page in found for word in page} & {"301", "SE"}
    assert right


def _changed(change: object) -> bytes:
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(reports.medical_report(pages=2))) as document:
        change(document)  # type: ignore[operator]
        document.save(buffer)
    return buffer.getvalue()


def _undrawn(document: pikepdf.Pdf) -> None:
    field = document.make_indirect(
        Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T="conclusion", V="Repos",
            Rect=Array([60, 60, 200, 80]), DA="/Helv 9 Tf 0 g", F=4,
        )
    )  # fmt: skip
    document.pages[0].obj["/Annots"] = Array([field])
    document.Root.AcroForm = Dictionary(Fields=Array([field]), NeedAppearances=True)


def _layered(document: pikepdf.Pdf) -> None:
    layer = document.make_indirect(Dictionary(Type=Name.OCG, Name="brouillon"))
    document.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))


def _highlighted(document: pikepdf.Pdf) -> None:
    mark = Dictionary(
        Type=Name.Annot, Subtype=Name.Highlight, Rect=Array([50, 600, 300, 700]), C=Array([0, 0, 0]), F=4,
        QuadPoints=Array([50, 700, 300, 700, 50, 600, 300, 600]),
    )  # fmt: skip
    document.pages[0].obj["/Annots"] = Array([document.make_indirect(mark)])
