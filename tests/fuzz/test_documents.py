"""Any bytes given to the document readers: only ``ParseError`` comes out, inside the limits."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from parsers import documents
from parsers.errors import ParseError
from parsers.limits import Limits
from tests.builders import forms, reports, scans
from tests.fuzz.mutate import tries

LIMITS = Limits(pages=20, pixels=2_000_000, text_chars=200_000, xml_bytes=200_000, archive_bytes=2_000_000)
_FORM = forms.build_301(forms.sample_301(1), named=True)
SEEDS = {
    "form.pdf": _FORM,
    "joint.pdf": reports.joined(_FORM, reports.quote(1)),
    "scan.pdf": scans.scan(_FORM, dpi=40),
    "fax.tiff": scans.scan(_FORM, dpi=40, fmt="tiff", g4=True),
    "scan.png": scans.scan(_FORM, dpi=40, fmt="png"),
    "scan.jpg": scans.scan(_FORM, dpi=40, fmt="jpeg"),
}
TYPES = (
    "application/pdf",
    "image/tiff",
    "image/png",
    "image/jpeg",
    documents.DOCX,
    "text/html",
    "text/plain",
)
FUZZ = tries(400)


def _try(content: bytes, media_type: str, name: str) -> None:
    try:
        seen = documents.inspect(content, media_type, name, LIMITS)
    except ParseError:
        return
    assert len(seen.pages) <= LIMITS.pages
    assert sum(len(w.text) for p in seen.pages for w in p.words) <= LIMITS.text_chars
    for page in seen.pages[:2]:
        try:
            bitmap = documents.render(content, media_type, page.number, 30, LIMITS, name)
        except ParseError:
            continue
        assert bitmap.width * bitmap.height <= LIMITS.pixels * 1.01
        assert len(bitmap.pixels) == bitmap.width * bitmap.height


@FUZZ
@given(st.binary(max_size=400), st.sampled_from(TYPES))
def test_any_bytes(content: bytes, media_type: str) -> None:
    _try(content, media_type, "x")


@FUZZ
@given(
    st.sampled_from(sorted(SEEDS)),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=30),
    st.floats(0, 1),
)
def test_damaged_documents(name: str, flips: list[tuple[float, int]], cut: float) -> None:
    content = bytearray(SEEDS[name])
    for place, value in flips:
        content[min(int(place * len(content)), len(content) - 1)] = value
    if cut < 0.3:
        content = content[: int(cut * 3.3 * len(content))]
    _try(bytes(content), "application/octet-stream", name)


@FUZZ
@given(st.integers(1, 60_000), st.integers(1, 60_000), st.sampled_from(["1", "L", "RGB", "P", "I;16", "F"]))
def test_images_of_any_announced_size(width: int, height: int, mode: str) -> None:
    small = Image.new(mode, (min(width, 300), min(height, 300)))
    buffer = io.BytesIO()
    small.save(buffer, "TIFF")
    content = buffer.getvalue()
    # The announced size is forged; the pixels are not there.
    forged = (
        content.replace(small.width.to_bytes(4, "little"), width.to_bytes(4, "little"), 1)
        if small.width > 255
        else content
    )
    _try(forged, "image/tiff", "x.tiff")
