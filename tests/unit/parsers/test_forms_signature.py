"""Signature boxes judged from their ink: printed rule, label and stamp nearby are no signature."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw

from parsers.facts import Bitmap, Box, Word
from parsers.forms import signature
from parsers.forms.anchors import Anchor, Target
from tests.unit.parsers.reading_world import TEMPLATES

DPI = 150.0
_K = DPI / 72.0
FIELD = TEMPLATES["se352-301"].field("patient_signature")
LABEL = Anchor("Signature du patient", (Target(field=FIELD),), Box(40, 250, 200, 260), False, 1.0)
Draw = Callable[[ImageDraw.ImageDraw], None]


def _label(pen: ImageDraw.ImageDraw) -> None:
    pen.text((40 * _K, (842 - 260) * _K), "Signature du patient", fill=0, font_size=20)


def _rule(pen: ImageDraw.ImageDraw) -> None:
    pen.line([(40 * _K, (842 - 215) * _K), (330 * _K, (842 - 213.5) * _K)], fill=60, width=1)
    pen.rectangle((34 * _K, (842 - 268) * _K, 560 * _K, (842 - 190) * _K), outline=60, width=1)


def _stamp(pen: ImageDraw.ImageDraw) -> None:
    x, y = 420 * _K, (842 - 225) * _K
    for reach in (20 * _K, 15 * _K):
        pen.ellipse((x - reach, y - reach, x + reach, y + reach), outline=90, width=3)
    pen.text((x, y), "CNAS", fill=90, font_size=12, anchor="mm")


def _scribble(pen: ImageDraw.ImageDraw, left: float = 80) -> None:
    at = [(left + n, 228 + 11 * math.sin(n / 4.1) * math.cos(n / 9)) for n in range(70)]
    pen.line([(x * _K, (842 - y) * _K) for x, y in at], fill=40, width=2)


def _over_the_stamp(pen: ImageDraw.ImageDraw) -> None:
    _stamp(pen)
    _scribble(pen, 390)


def _blot(pen: ImageDraw.ImageDraw) -> None:
    pen.rectangle((40 * _K, (842 - 248) * _K, 560 * _K, (842 - 190) * _K), fill=20)


def _speck(pen: ImageDraw.ImageDraw) -> None:
    pen.ellipse((100 * _K, 600 * _K, 101.5 * _K, 601.5 * _K), fill=0)


def _judged(*drawn: Draw, stamp_counts: bool = False) -> signature.Verdict:
    image = Image.new("L", (round(595 * _K), round(842 * _K)), 255)
    pen = ImageDraw.Draw(image)
    for draw in (_label, _rule, *drawn):
        draw(pen)
    bitmap = Bitmap(image.width, image.height, DPI, image.tobytes())
    printed = [Word("CNAS", Box(408, 221, 432, 229))] if _stamp in drawn else []
    return signature.judge(LABEL, [LABEL], printed, bitmap, stamp_counts)


@pytest.mark.parametrize(
    ("drawn", "verdict"),
    [
        ((), "absent"),
        ((_speck,), "absent"),
        ((_stamp,), "absent"),
        ((_stamp, _speck), "absent"),
        ((_scribble,), "present"),
        ((_scribble, _stamp), "present"),
        ((_over_the_stamp,), "present"),
        ((_blot,), "illegible"),
    ],
)
def test_what_stands_in_box_4(drawn: tuple[Draw, ...], verdict: str) -> None:
    seen = _judged(*drawn)
    assert seen.verdict == verdict
    assert (seen.confidence >= 0.85) == (verdict != "illegible")


def test_a_stamp_will_do_for_an_institution() -> None:
    assert _judged(_stamp, stamp_counts=True).verdict == "present"
    assert _judged(stamp_counts=True).verdict == "absent"


def test_the_place_ends_at_the_next_label() -> None:
    below = Anchor("5. Établissement", (Target(box="5"),), Box(40, 200, 200, 210), False, 1.0)
    place = signature.place(LABEL, [LABEL, below], 595.0)
    assert place.y0 == 212
    assert (place.x0, place.x1, place.y1) == (36, 575, 262)
