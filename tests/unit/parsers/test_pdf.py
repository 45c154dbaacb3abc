"""PDF: words in their place, pages that need OCR, bombs, broken and locked files, active content."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, RectangleObject, TextStringObject

from parsers import acroform, pdf
from parsers.errors import Malformed, ParseError, PasswordNeeded, TooLarge
from parsers.facts import Source
from parsers.limits import Limits
from tests.builders import forms, reports, scans

CORPUS = Path(os.environ.get("PASSERELLE_CORPUS", Path(__file__).parents[4] / "shared/corpus")) / "pdf"
LINES = [["Premier titre", "Établissement à Alger", "fin"]]


def rotated(content: bytes, degrees: int) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.pages[0].rotate(degrees)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def test_words_keep_accents_and_stand_where_they_are_printed() -> None:
    (sheet,) = pdf.sheets(reports.text_pdf(LINES))
    assert sheet.page.text == "Premier titre\nÉtablissement à Alger\nfin"
    first = sheet.page.words[0]
    assert first.text == "Premier"
    assert first.box.x0 == pytest.approx(56, abs=2)
    assert first.box.y0 < 841.89 - 60 < first.box.y1
    assert sheet.page.source is Source.TEXT


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_words_of_a_rotated_page_stand_as_displayed(degrees: int) -> None:
    content = rotated(reports.text_pdf(LINES), degrees)
    (sheet,) = pdf.sheets(content)
    bitmap = pdf.render(content, 1, 72)
    word = sheet.page.words[0].box
    dark = [
        bitmap.pixels[y * bitmap.width + x]
        for y in range(int(bitmap.height - word.y1), int(bitmap.height - word.y0))
        for x in range(int(word.x0), int(word.x1))
    ]
    assert min(dark) < 100, "no ink where the word should be"


def test_words_of_a_cropped_page_are_counted_from_its_corner() -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(reports.text_pdf(LINES))))
    writer.pages[0].cropbox = RectangleObject((50, 400, 500, 830))
    buffer = io.BytesIO()
    writer.write(buffer)
    (sheet,) = pdf.sheets(buffer.getvalue())
    assert sheet.page.words[0].box.x0 == pytest.approx(6, abs=2)
    assert sheet.page.width == pytest.approx(450)


def test_a_scan_is_not_good_and_a_text_page_is() -> None:
    form = forms.build_301(forms.sample_301(1), style="flat")
    assert [s.good for s in pdf.sheets(form)] == [True]
    assert [s.good for s in pdf.sheets(scans.scan(form, dpi=100))] == [False]


def test_a_form_is_rendered_with_its_fields() -> None:
    empty = forms.build_301(forms.sample_301(1, patient_address=None), named=True)
    filled = forms.build_301(forms.sample_301(1), named=True)
    assert sum(pdf.render(filled, 1, 72).pixels) < sum(pdf.render(empty, 1, 72).pixels)


def test_a_page_over_the_ceiling_of_pixels_is_drawn_smaller() -> None:
    bitmap = pdf.render(reports.text_pdf(LINES), 1, 600, Limits(pixels=100_000))
    assert bitmap.width * bitmap.height <= 100_000
    assert bitmap.dpi < 600


def test_too_many_pages_and_too_much_text_are_refused() -> None:
    content = reports.medical_report(pages=3)
    with pytest.raises(TooLarge):
        pdf.sheets(content, Limits(pages=2))
    with pytest.raises(TooLarge):
        pdf.sheets(content, Limits(text_chars=100))


def test_a_locked_file_asks_for_its_password_and_opens_with_it() -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(reports.text_pdf(LINES))))
    writer.encrypt("sésame", algorithm="AES-256")
    buffer = io.BytesIO()
    writer.write(buffer)
    with pytest.raises(PasswordNeeded):
        pdf.sheets(buffer.getvalue())
    assert pdf.sheets(buffer.getvalue(), passwords=("faux", "sésame"))[0].page.words


def test_rubbish_is_malformed() -> None:
    with pytest.raises(Malformed):
        pdf.sheets(b"%PDF-1.7\nnothing follows")
    with pytest.raises(Malformed):
        pdf.render(reports.text_pdf(LINES), 2, 72)


def test_embedded_files_and_active_content_are_named() -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(reports.text_pdf(LINES))))
    writer.add_attachment("joint.txt", b"contenu")
    action = {
        NameObject("/S"): NameObject("/JavaScript"),
        NameObject("/JS"): TextStringObject("app.alert('x')"),
    }
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(action)
    buffer = io.BytesIO()
    writer.write(buffer)
    inside = acroform.contents(buffer.getvalue())
    assert [(a.name, a.content) for a in inside.embedded] == [("joint.txt", b"contenu")]
    assert inside.active == ("EmbeddedFile", "JavaScript")


def test_fields_come_with_value_place_and_source() -> None:
    inside = acroform.contents(forms.build_301(forms.sample_301(1), named=True))
    fields = {f.name: f for f in inside.fields}
    reference = fields["reference"]
    assert reference.value == forms.sample_301(1).reference
    assert reference.page == 1
    assert reference.box is not None
    assert reference.source is Source.ACROFORM
    assert fields["patient_sex.M"].value != fields["patient_sex.F"].value


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not here")
def test_the_corpus_is_read_inside_its_limits() -> None:
    read, refused = 0, []
    for path in sorted(CORPUS.glob("*.pdf")):
        content = path.read_bytes()
        read += 1
        try:
            sheets = pdf.sheets(content)
            pdf.render(content, 1, 72)
        except ParseError:
            refused.append(path.name)
            continue
        assert len(sheets) == (3 if path.name == "cerfa_13969_01.pdf" else 1)
    assert read >= 10
    assert refused == ["issue9105_other.pdf", "libreoffice-writer-password.pdf"]


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not here")
def test_the_corpus_gives_its_password_fields_and_attachment() -> None:
    locked = (CORPUS / "libreoffice-writer-password.pdf").read_bytes()
    assert pdf.sheets(locked, passwords=("openpassword",))[0].page.words
    cerfa = acroform.contents((CORPUS / "cerfa_13969_01.pdf").read_bytes())
    assert len(cerfa.fields) >= 47
    assert cerfa.active == ("JavaScript", "XFAScript")
    attached = acroform.contents((CORPUS / "with-attachment.pdf").read_bytes())
    assert [a.name for a in attached.embedded] == ["image.png"]
    scan = pdf.sheets((CORPUS / "imagemagick-CCITTFaxDecode.pdf").read_bytes())
    assert [s.good for s in scan] == [False]
    (accents,) = pdf.sheets((CORPUS / "french_diacritics.pdf").read_bytes())
    assert "é" in accents.page.text
    assert "œ" in accents.page.text or "ü" in accents.page.text
