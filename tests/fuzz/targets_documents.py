"""Fuzz targets of documents: PDF and its fields, images, texts, and the reading of hostile words."""

from __future__ import annotations

import io
import random
import tomllib
import zipfile
from functools import cache

import pillow_heif
from PIL import Image

from parsers import acroform, active, documents, sniff
from parsers.attached import embedded
from parsers.cut import cut
from parsers.errors import Malformed, ParseError
from parsers.facts import Box, FormField, Page, Source, Word
from parsers.forms.load import load_template
from parsers.limits import Limits
from parsers.mend import mended
from parsers.reading import Context, interpret
from parsers.rtf import rtf_text
from tests.builders import forms, pdfs, reports, scans, shared_pdf, xfa
from tests.fuzz.target import Target
from tests.unit.parsers.reading_world import FOLDER, RULES, TEMPLATES, TODAY

LIMITS = Limits(pages=20, pixels=2_000_000, text_chars=200_000, xml_bytes=200_000, archive_bytes=2_000_000)


@cache
def _form() -> bytes:
    return forms.build_301(forms.sample_301(1), named=True)


def _pdfs() -> list[bytes]:
    joined = reports.joined(_form(), reports.quote(1))
    return [_form(), joined, scans.scan(_form(), dpi=40), reports.medical_report(pages=1)]


def _shared() -> list[bytes]:
    """Two pages that share everything a PDF can share, and two that share nothing."""
    plain = reports.text_pdf([[shared_pdf.FORM, "fin"], ["Compte rendu", "fin"]])
    return [shared_pdf.shared(), plain]


def _fields() -> list[bytes]:
    filled = {"patient_name": "MARTIN", "amount": "12,30"}
    return [_form(), xfa.with_data(reports.quote(1), filled), xfa.with_data(_form(), filled, whole=True)]


def _image(fmt: str, size: tuple[int, int] = (120, 160), **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize(size).save(buffer, fmt, **options)
    return buffer.getvalue()


def _images() -> list[bytes]:
    fax = io.BytesIO()
    pages = [Image.linear_gradient("L").resize((200, 260)).point(lambda v: 255 * (v > 99)).convert("1")] * 2
    pages[0].save(fax, "TIFF", save_all=True, append_images=pages[1:], compression="group4")
    return [_image("TIFF"), fax.getvalue(), _image("PNG"), _image("JPEG")]


_WORD = (
    b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
    b"<w:p><w:r><w:t>Compte rendu</w:t><w:tab/><w:t>suite</w:t></w:r></w:p></w:body></w:document>"
)


_RTF = (
    rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\*\generator x;}\pard Compte rendu de M. N\'e9gro\par"
    rb"\uc1\u233?t\u233? \b gras\b0 {\pict 8950}\cell\row {\field{\*\fldinst HYPERLINK}{\fldrslt lien}}\}}"
)


def _live() -> list[bytes]:
    """PDFs with what is active or attached, and what is broken."""
    plain = reports.text_pdf([["Premier titre", "fin"]])
    return [
        pdfs.with_action(plain, "JavaScript", JS="app.alert(1)"),
        pdfs.with_attachment_note(plain, "a.txt", b"contenu"),
        pdfs.portfolio(plain, {"a.pdf": plain, "b.txt": b"bonjour"}),
        pdfs.with_xfa_script(plain),
    ]


def _photos() -> list[bytes]:
    buffer = io.BytesIO()
    pages = [Image.linear_gradient("L").resize((64, 96)).convert("RGB") for _ in range(2)]
    held = pillow_heif.from_pillow(pages[0])
    held.add_from_pillow(pages[1])
    held.save(buffer, quality=50)
    return [buffer.getvalue()]


def _rtf(data: bytes) -> None:
    assert len(rtf_text(data, LIMITS)) <= LIMITS.text_chars


def _mended(data: bytes) -> None:
    assert mended(data, LIMITS).startswith(b"%PDF-")


def _cut(data: bytes) -> None:
    """Whatever is cut has the pages asked, and none of the words of the page before them."""
    made = cut(data, 2, 1, LIMITS)
    (page,) = documents.inspect(made, documents.PDF, "", LIMITS).pages
    assert not any(shared_pdf.FORM in word.text for word in page.words)


def _inside(data: bytes) -> None:
    found = embedded(data, LIMITS)
    assert sum(len(each.content) for each in found) <= LIMITS.archive_bytes
    assert all(
        issue.message.endswith(".") for issue in active.issues(acroform.contents(data, LIMITS).active)
    )


def _words_document(body: bytes) -> bytes:
    """The archive kept whole, its body spoilt: reaches deeper than a spoilt archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("word/document.xml", body)
    return buffer.getvalue()


def _inspected(data: bytes, media_type: str) -> None:
    seen = documents.inspect(data, media_type, "", LIMITS)
    assert len(seen.pages) <= LIMITS.pages
    assert sum(len(w.text) for p in seen.pages for w in p.words) <= LIMITS.text_chars
    for page in seen.pages[:2] if seen.media_type in documents.DRAWN else ():
        try:
            bitmap = documents.render(data, media_type, page.number, 30, LIMITS)
        except ParseError:
            continue
        assert bitmap.width * bitmap.height <= LIMITS.pixels * 1.01
        assert len(bitmap.pixels) == bitmap.width * bitmap.height


def _contents(data: bytes) -> None:
    found = acroform.contents(data, LIMITS)
    assert sum(len(each.content) for each in found.embedded) <= LIMITS.archive_bytes
    assert all(note.endswith(".") for note in found.notes)


def _template(data: bytes) -> None:
    """The circuit's own data, spoilt: one sentence, never a surprise."""
    try:
        table = tomllib.loads(data.decode("utf-8", "replace"))
    except (tomllib.TOMLDecodeError, RecursionError):
        raise Malformed("Le modèle n'est pas du TOML.") from None
    assert load_template(table).name


@cache
def _labels() -> tuple[str, ...]:
    found = {label for t in TEMPLATES.values() for f in t.fields for label in f.labels}
    return tuple(sorted(found | {label for t in TEMPLATES.values() for b in t.boxes for label in b.labels}))


def _hostile_words(data: bytes) -> None:
    """Labels, values and pieces of the input, anywhere on two pages, with fields of the same words."""
    chance = random.Random(data)
    text = data.decode("utf-8", "replace")
    values = ("12/03/2026", "31/02/2026", "12 345,67 €", "130783293", "X", "☒", "", "du", "au", text[:40])
    pages = []
    for number in (1, 2):
        words = [
            Word(run, Box(x, y, x + max(len(run), 1) * high / 2, y + high), chance.random())
            for _ in range(chance.randrange(30))
            for run in (chance.choice(_labels()) if chance.random() < 0.6 else chance.choice(values),)
            for x, y, high in ((chance.uniform(-50, 650), chance.uniform(-50, 900), chance.uniform(0, 30)),)
        ]
        pages.append(Page(number, 595.0, 842.0, tuple(words), chance.choice((Source.TEXT, Source.OCR))))
    fields = [FormField(w.text, w.text, 1, w.box, Source.ACROFORM) for w in pages[0].words[:4]]
    inspected = documents.Inspected(documents.PDF, tuple(pages), tuple(fields))
    readings = interpret(inspected, {}, {}, RULES, TEMPLATES, Context(text[:20]), "0" * 64, TODAY)
    assert sum(reading.pages for reading in readings) == 2
    for reading in readings:
        assert all(0.0 <= fact.confidence <= 1.0 and fact.value.strip() for fact in reading.facts)
        assert all(issue.message.endswith(".") for issue in reading.issues)


TARGETS = (
    Target("pdf", ("pdf.py", "documents.py"), _pdfs, lambda d: _inspected(d, "application/pdf"), 300, 0.2),
    Target("acroform", ("acroform.py",), _fields, _contents, 300, 0.2),
    Target("live", ("active.py", "attached.py"), _live, _inside, 300, 0.9),
    Target("mend", ("mend.py",), _pdfs, _mended, 200, 0.2),
    Target("cut", ("cut.py", "prune.py"), _shared, _cut, 200, 0.02),
    Target("heic", ("images.py",), _photos, lambda d: _inspected(d, sniff.HEIC), 300, 0.02),
    Target("rtf", ("rtf.py",), lambda: [_RTF], _rtf, 1500, 0.2),
    Target("images", ("images.py",), _images, lambda d: _inspected(d, "image/tiff"), 600),
    Target(
        "docx",
        ("docx.py",),
        lambda: [_WORD],
        lambda d: _inspected(_words_document(d), documents.DOCX),
        1500,
    ),
    Target(
        "texts",
        ("docx.py", "documents.py"),
        lambda: [b"<html><p>Bonjour</p><script>x()</script></html>"],
        lambda d: _inspected(d, "text/html"),
        1000,
        0.9,
    ),
    Target(
        "templates",
        ("forms/load.py", "forms/template.py"),
        lambda: [path.read_bytes() for path in sorted(FOLDER.glob("*.toml"))],
        _template,
        400,
    ),
    Target(
        "reading",
        ("reading.py", "classify.py", "forms/"),
        lambda: [b"compte rendu", "né(e) le 01/01/1990 à Alger".encode()],
        _hostile_words,
        200,
        0.9,
    ),
)
