"""One door for every format: PDF, TIFF, PNG, JPEG, DOCX, text, HTML; the rest refused with a sentence."""

from __future__ import annotations

import io
import zipfile

import pillow_heif
import pytest
from PIL import Image

from parsers import documents
from parsers.errors import Hostile, Malformed, TooLarge, Unsupported
from parsers.limits import Limits
from tests.builders import forms, reports, scans

FORM = forms.build_301(forms.sample_301(3), style="flat")


def docx(*paragraphs: str) -> bytes:
    body = "".join(f"<w:p><w:r><w:t>{p}</w:t></w:r></w:p>" for p in paragraphs)
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "word/document.xml", f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>'
        )
    return buffer.getvalue()


def test_a_pdf_by_its_bytes_whatever_it_is_called() -> None:
    seen = documents.inspect(FORM, "application/octet-stream", "scan.bin")
    assert seen.media_type == documents.PDF
    assert seen.wanting == ()
    assert "SE 352-301" in seen.pages[0].text


@pytest.mark.parametrize("fmt", ["png", "jpeg", "tiff"])
def test_images_are_pages_that_want_ocr(fmt: scans.Format) -> None:
    content = scans.scan(FORM, dpi=100, fmt=fmt)
    seen = documents.inspect(content, f"image/{fmt}")
    assert seen.wanting == (1,)
    assert seen.pages[0].words == ()
    assert (seen.pages[0].width, seen.pages[0].height) == pytest.approx((595, 842), abs=3)
    bitmap = documents.render(content, f"image/{fmt}", 1, 72)
    assert (bitmap.width, bitmap.height) == pytest.approx((595, 842), abs=3)
    assert len(bitmap.pixels) == bitmap.width * bitmap.height


def test_every_page_of_a_fax_is_a_page() -> None:
    two = reports.joined(FORM, reports.quote(1))
    content = scans.scan(two, dpi=100, fmt="tiff", g4=True)
    assert documents.inspect(content, "image/tiff").wanting == (1, 2)
    assert documents.render(content, "image/tiff", 2, 72).width > 500


def test_the_oblong_pixels_of_a_fax_are_made_square() -> None:
    page = Image.new("1", (1728, 1078), 1)
    buffer = io.BytesIO()
    page.save(buffer, "TIFF", compression="group4", dpi=(204, 98))
    (sheet,) = documents.inspect(buffer.getvalue(), "image/tiff").pages
    assert sheet.height / sheet.width == pytest.approx(1.299, abs=0.01)


def test_the_orientation_a_camera_wrote_is_applied() -> None:
    photo = Image.new("L", (400, 200), 255)
    exif = photo.getexif()
    exif[274] = 6
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG", exif=exif)
    (page,) = documents.inspect(buffer.getvalue(), "image/jpeg").pages
    assert page.height > page.width
    bitmap = documents.render(buffer.getvalue(), "image/jpeg", 1, 72)
    assert bitmap.height > bitmap.width


def heic(*pictures: Image.Image, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[274] = orientation
    buffer = io.BytesIO()
    first = pillow_heif.from_pillow(pictures[0])
    for other in pictures[1:]:
        first.add_from_pillow(other)
    first.info["exif"] = exif.tobytes()
    first.save(buffer, quality=60)
    return buffer.getvalue()


def test_a_photo_of_a_telephone_is_a_page_that_wants_ocr() -> None:
    page = scans.drawn(FORM, 60)[0]
    content = heic(page)
    for declared, name in (
        ("image/heic", "a.heic"),
        ("application/octet-stream", "photo"),
        ("image/jpeg", ""),
    ):
        seen = documents.inspect(content, declared, name)
        assert seen.media_type == "image/heic"
        assert seen.wanting == (1,)
    bitmap = documents.render(content, "image/heic", 1, 60)
    assert (bitmap.width, bitmap.height) == pytest.approx(page.size, abs=2)
    assert min(bitmap.pixels) < 100 < max(bitmap.pixels)


def test_every_picture_of_a_heif_is_a_page_and_its_turn_is_applied_once() -> None:
    wide, high = Image.new("RGB", (320, 160), "white"), Image.new("RGB", (160, 320), "black")
    seen = documents.inspect(heic(wide, high), "image/heic")
    assert [page.width > page.height for page in seen.pages] == [True, False]
    assert max(documents.render(heic(wide, high), "image/heic", 2, 72).pixels) < 60
    turned = heic(wide, orientation=6)
    (page,) = documents.inspect(turned, "image/heic").pages
    bitmap = documents.render(turned, "image/heic", 1, 72)
    assert page.height > page.width
    assert bitmap.height > bitmap.width


def test_a_heif_over_the_ceilings_or_damaged_is_refused() -> None:
    content = heic(Image.new("RGB", (320, 160), "white"))
    with pytest.raises(TooLarge):
        documents.inspect(content, "image/heic", limits=Limits(pixels=10_000))
    with pytest.raises(TooLarge):
        documents.inspect(heic(*[Image.new("RGB", (64, 64))] * 3), "image/heic", limits=Limits(pages=2))
    with pytest.raises(Malformed):
        documents.inspect(content[: len(content) // 2], "image/heic")


def test_transparency_is_white_paper() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (300, 300), (0, 0, 0, 0)).save(buffer, "PNG")
    assert min(documents.render(buffer.getvalue(), "image/png", 1, 72).pixels) == 255


def test_an_image_over_the_ceiling_is_refused() -> None:
    with pytest.raises(TooLarge):
        documents.inspect(scans.scan(FORM, dpi=100, fmt="png"), "image/png", limits=Limits(pixels=10_000))


def test_a_word_document_gives_its_lines() -> None:
    seen = documents.inspect(docx("Compte rendu", "Alger, le 3 mars"), documents.DOCX, "cr.docx")
    assert seen.pages[0].text == "Compte rendu\nAlger, le 3 mars"


def test_a_word_document_that_swells_is_refused() -> None:
    with pytest.raises(Hostile):
        documents.inspect(docx("A" * 2_000_000), documents.DOCX)
    with pytest.raises(TooLarge):
        documents.inspect(docx("x"), documents.DOCX, limits=Limits(xml_bytes=10))
    with pytest.raises(Malformed):
        documents.inspect(b"PK\x03\x04 broken", documents.DOCX)


def test_text_and_html_become_words() -> None:
    assert documents.inspect("né à Oran".encode("cp1252"), "text/plain").pages[0].text == "né à Oran"
    page = b"<html><style>p{}</style><p>Bonjour</p><script>x()</script><p>Au revoir</p>"
    assert documents.inspect(page, "text/html").pages[0].text == "Bonjour\nAu revoir"


def test_what_is_not_read_says_so() -> None:
    with pytest.raises(Malformed):
        documents.inspect(b"\x00\x00\x00\x18ftypheic", "image/heic")
    with pytest.raises(Unsupported):
        documents.inspect(b"\x00\x00\x00\x18ftypavif", "image/avif")
    with pytest.raises(Unsupported):
        documents.inspect(b"\x00\x01", "application/x-thing")
    with pytest.raises(Unsupported):
        documents.render(b"text", "text/plain", 1, 72)


def test_the_text_of_a_document_without_pages() -> None:
    assert documents.text("né à Oran".encode("cp1252"), "text/plain") == "né à Oran"
    page = b"<html><style>p{}</style><p>Bonjour <b>vous</b></p><script>x()</script><p>Au revoir</p>"
    assert documents.text(page, "text/html").split() == ["Bonjour", "vous", "Au", "revoir"]
    assert documents.text(docx("un", "deux"), documents.DOCX).splitlines() == ["un", "deux"]
    with pytest.raises(Unsupported):
        documents.text(FORM, documents.PDF)
    with pytest.raises(TooLarge):
        documents.text(b"abc", "text/plain", limits=Limits(text_chars=2))
    with pytest.raises(Malformed):
        documents.text(b"PK\x03\x04 broken", documents.DOCX)
