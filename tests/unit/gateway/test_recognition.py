"""The OCR pool remembers what it has read, by the content of the image."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image, ImageDraw

from gateway.triage.recognition import Recognition
from parsers.facts import Bitmap, Page, Source

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
