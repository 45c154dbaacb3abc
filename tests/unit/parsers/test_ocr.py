"""Scans read for real: one engine, one thread; orientation, skew, words in their place."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from parsers import documents, reading
from parsers.errors import Unsupported
from parsers.facts import Bitmap, Page, Source
from parsers.layout import Recognised
from parsers.ocr import Recogniser, available
from tests.builders import forms, scans
from tests.builders.truth import truth
from tests.unit.parsers.reading_world import TEMPLATES, by_name, read

pytestmark = pytest.mark.ocr

DATA = forms.sample_301(21)


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser()


def recognised(engine: Recogniser, content: bytes, media: str = documents.PDF) -> dict[int, Recognised]:
    inspected = documents.inspect(content, media)
    return {
        n: engine.read(documents.render(content, media, n, reading.DPI), inspected.pages[n - 1])
        for n in inspected.wanting
    }


def test_a_skewed_noisy_scan_gives_the_fields_of_the_form(recogniser: Recogniser) -> None:
    content = scans.scan(forms.build_301(DATA, style="table", signed=False), skew=1.5)
    ocr = recognised(recogniser, content)
    (only,) = read(content, ocr=ocr)
    got = {name: fact.normalised for name, fact in by_name(only.facts).items()}
    wanted = truth(DATA, TEMPLATES["se352-301"])
    checked = set(wanted) - {"patient_address", "care_nature", "institution"}
    assert {n: got.get(n) for n in checked} == {n: wanted[n] for n in checked}
    assert got["patient_signature"] == "absent"
    assert got["issuer_signature"] == "present"
    assert ocr[1].frame.skew == pytest.approx(-1.5, abs=0.3)
    assert all(f.source is Source.OCR and f.confidence < 0.98 for f in only.facts)
    assert [p.field for p in only.pictures] == ["patient_signature"]


@pytest.mark.parametrize("rotate", [90, 180])
def test_a_turned_page_is_read_upright_and_boxed_as_stored(recogniser: Recogniser, rotate: int) -> None:
    content = scans.scan(forms.build_301(DATA, style="flat"), rotate=rotate, skew=0, dpi=150)
    ocr = recognised(recogniser, content)
    assert ocr[1].frame.rotation == rotate
    (only,) = read(content, ocr=ocr)
    got = by_name(only.facts)
    assert got["reference"].normalised == DATA.reference
    assert got["patient_signature"].normalised == "present"
    box = got["reference"].box
    assert box is not None
    if rotate == 90:
        assert box.y1 - box.y0 > box.x1 - box.x0, "a word of a page on its side is taller than wide"
        assert box.x0 > 400, "the top of the form is on the right"
    else:
        assert box.y0 < 150, "the top of the form is at the bottom"


def test_words_stand_where_they_are_on_the_page(recogniser: Recogniser) -> None:
    form = forms.build_301(DATA, style="flat")
    printed = {w.text: w.box for w in documents.inspect(form, documents.PDF).pages[0].words}
    bitmap = documents.render(form, documents.PDF, 1, reading.DPI)
    seen = {w.text: w.box for w in recogniser.words(bitmap, 841.89)}
    assert DATA.reference is not None
    one, other = printed[DATA.reference], seen[DATA.reference]
    assert (other.x0, other.x1) == pytest.approx((one.x0, one.x1), abs=4)
    assert (other.y0 + other.y1) / 2 == pytest.approx((one.y0 + one.y1) / 2, abs=2)


def test_a_white_page_has_no_words(recogniser: Recogniser) -> None:
    white = Bitmap(400, 600, 72.0, bytes(np.full(240_000, 255, np.uint8)))
    assert recogniser.words(white, 600.0) == ()


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")
def test_tesseract_reads_the_same_page() -> None:
    assert "tesseract" in available()
    content = scans.scan(forms.build_301(DATA, style="flat"), skew=2.0)
    (page,) = documents.inspect(content, documents.PDF).pages
    read_ = Recogniser("tesseract").read(documents.render(content, documents.PDF, 1, reading.DPI), page)
    assert read_.frame.skew == pytest.approx(-2.0, abs=0.5)
    assert DATA.reference in {w.text for w in read_.words}
    assert Page(1, *read_.frame.size, read_.words, Source.OCR).text.count("\n") > 10


def test_an_engine_that_is_not_there_says_so() -> None:
    with pytest.raises(Unsupported, match="rapidocr"):
        Recogniser("tesseract", tesseract="no-such-program")


def test_a_comb_is_read_cell_by_cell(recogniser: Recogniser) -> None:
    content = scans.scan(forms.build_301(DATA, style="comb"), skew=1.5)
    (only,) = read(content, ocr=recognised(recogniser, content))
    got = {name: fact.normalised for name, fact in by_name(only.facts).items()}
    wanted = truth(DATA, TEMPLATES["se352-301"])
    checked = set(wanted) - {"patient_address", "care_nature", "institution", "declaration_place"}
    assert {n: got.get(n) for n in checked} == {n: wanted[n] for n in checked}


def test_a_photo_is_read_flat_and_its_unsigned_box_seen(recogniser: Recogniser) -> None:
    content = scans.photo(forms.build_301(DATA, style="table", signed=False), tilt=0.08, seed=2)
    ocr = recognised(recogniser, content, "image/jpeg")
    assert ocr[1].frame.corners is not None
    (only,) = read(content, "image/jpeg", ocr=ocr)
    got = by_name(only.facts)
    assert got["reference"].normalised == DATA.reference
    assert got["patient_signature"].normalised == "absent"
