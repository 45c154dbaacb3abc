"""The OCR pool remembers what it has read, by the content of the image."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pytest
from PIL import Image, ImageDraw

from gateway.triage.read import Reader
from gateway.triage.recognition import Recognition
from gateway.triage.sandbox import Sandbox
from parsers.claims import SCANNED
from parsers.facts import Bitmap, Page, Source
from parsers.limits import DEFAULT
from tests.builders import claims, scans
from tests.builders.seed import circuits

pytestmark = pytest.mark.ocr

PAGE = Page(1, 300.0, 100.0, (), Source.OCR)


def _written(text: str) -> Bitmap:
    image = Image.new("L", (600, 200), 255)
    ImageDraw.Draw(image).text((40, 70), text, fill=0, font_size=28)  # 14 points, as on a form
    return Bitmap(600, 200, 144.0, np.asarray(image).tobytes())


@pytest.fixture(scope="module")
def recognition() -> Iterator[Recognition]:
    built = Recognition("rapidocr", 1, remembered=2)
    yield built
    built.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    built = Sandbox(DEFAULT)
    yield built
    built.close()


def test_the_same_image_is_recognised_once(recognition: Recognition) -> None:
    before = recognition.paid
    first = recognition.read(_written("DZ-2026-1"), PAGE)
    again = recognition.read(_written("DZ-2026-1"), Page(7, 300.0, 100.0, (), Source.TEXT))
    assert "".join(w.text for w in first.words) == "DZ-2026-1"
    assert again == first
    assert recognition.paid == before + 1


def test_another_image_or_another_size_of_page_is_recognised_anew(recognition: Recognition) -> None:
    first = recognition.read(_written("DZ-2026-2"), PAGE)
    before = recognition.paid
    wide = recognition.read(_written("DZ-2026-2"), Page(1, 600.0, 200.0, (), Source.OCR))
    other = recognition.read(_written("DZ-2026-3"), PAGE)
    assert recognition.paid == before + 2
    assert wide.words[0].box.x0 > first.words[0].box.x0
    assert other != first


def test_only_the_last_images_are_remembered(recognition: Recognition) -> None:
    for text in ("A-1111", "B-2222", "C-3333"):
        recognition.read(_written(text), PAGE)
    before = recognition.paid
    recognition.read(_written("C-3333"), PAGE)
    assert recognition.paid == before
    recognition.read(_written("A-1111"), PAGE)
    assert recognition.paid == before + 1


def test_a_scanned_list_of_claims_is_recognised_on_the_way(
    recognition: Recognition, sandbox: Sandbox
) -> None:
    """The whole path: the child asks for the image of the page, the engine reads it, the child reads on."""
    line: claims.Line = (
        "F-118",
        "DZ-2026-5766",
        "BENALI Karima",
        "01/03/2026",
        "10/03/2026",
        45.5,
        "CR manquant",
    )
    rules = circuits().by_name["soins-programmes-algerie"].contestations
    assert rules is not None
    reader = Reader(sandbox, recognition)
    scanned = scans.scan(claims.printed([line]))
    (only,) = reader.claims(scanned, "application/pdf", "liste.pdf", "", rules.words).claims
    assert (only.reference, only.last_name, only.amount) == ("F-118", "BENALI", "45.50")
    assert (only.starts, only.ends) == (date(2026, 3, 1), date(2026, 3, 10))
    assert only.doubts[-1] == SCANNED
