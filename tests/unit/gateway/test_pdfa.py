"""What PDF/A-2b asks of the structure, looked at in the bytes: veraPDF is Java and is not run here."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import pikepdf
import pypdfium2
import pytest
from pikepdf import Name
from PIL import Image

from gateway.evidence.dossier_pdf import as_pdf
from gateway.evidence.dossier_pictures import Picture
from gateway.evidence.lifeline import Mark, Span, lifeline
from gateway.evidence.pdfa import SRGB
from gateway.evidence.section import Section, Summary

AT = datetime(2026, 11, 23, 9, 10, tzinfo=UTC)
FORBIDDEN = (
    "/JavaScript", "/JS", "/Launch", "/EmbeddedFiles", "/RichMedia", "/SMask", "/Interpolate", "/Trans",
    "/AA", "/OpenAction", "/XFA", "/LZWDecode", "/Encrypt", "/Group", "/TR", "/PS", "/OPI",
)  # fmt: skip


def _jpeg(size: tuple[int, int] = (600, 800)) -> bytes:
    made = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(made, "JPEG", quality=70)
    return made.getvalue()


def _summary(rows: int = 3, cell: str = "messages/" + "a" * 64) -> Summary:
    facts = Section("Le dossier", "", (), (("Référence", "SPA-2026-00001"), ("Bénéficiaire", "Ésope ŒUF")))
    table = Section(
        "Messages reçus",
        "Chaque nom est une empreinte.",
        ("Reçu le", "Fichier"),
        tuple(("23/11/2026", cell) for _ in range(rows)),
    )
    return Summary("Dossier de preuve SPA-2026-00001", "Exporté sans les pièces médicales.", (facts, table))


def _words(raw: bytes) -> str:
    document = pypdfium2.PdfDocument(raw)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def _line() -> object:
    spans = [
        Span(
            "granted",
            "attestation, accordée : du 01/11 au 30/11",
            date(2026, 11, 1),
            date(2026, 11, 30),
            "att.",
        ),
        Span("requested", "prolongation, demandée", date(2026, 12, 1), date(2026, 12, 20)),
        Span("refused", "prolongation, refusée", date(2026, 12, 1), date(2026, 12, 20)),
        Span("uncovered", "sans couverture", date(2026, 12, 1), date(2026, 12, 20)),
    ]
    marks = [Mark("deadline", "Accusé", date(2026, 11, 24)), Mark("late", "Retour", date(2026, 11, 2))]
    return lifeline(spans, marks, date(2026, 11, 23))


@pytest.fixture(scope="module")
def made() -> bytes:
    pictures = (
        Picture("Attestation, page 1 sur 1", "Reçu le 23/11/2026", _jpeg()),
        Picture("x", "y", None),
    )
    return as_pdf(_summary(90), _line(), pictures, AT, "Journal scellé le 23/11/2026")  # type: ignore[arg-type]


def test_it_says_what_it_is_in_xmp_and_in_which_colours(made: bytes) -> None:
    with pikepdf.open(io.BytesIO(made)) as document:
        said = document.open_metadata()
        assert (said["pdfaid:part"], said["pdfaid:conformance"]) == ("2", "B")
        assert said["dc:title"] == "Dossier de preuve SPA-2026-00001"
        assert said["xmp:CreateDate"] == "2026-11-23T09:10:00Z"
        assert str(document.docinfo["/Title"]) == "Dossier de preuve SPA-2026-00001"
        assert str(document.docinfo["/CreationDate"]) == "D:20261123091000Z"
        (intent,) = list(document.Root.OutputIntents)
        assert intent.S == Name.GTS_PDFA1
        profile = intent.DestOutputProfile
        assert int(profile.N) == 3
        assert profile.read_bytes() == SRGB.read_bytes()
        assert profile.read_bytes()[36:40] == b"acsp"
        assert str(document.Root.Lang) == "fr-FR"
        assert not document.is_encrypted
        assert document.pdf_version == "1.7"
    assert made.startswith(b"%PDF-1.7\n%")
    assert all(byte > 127 for byte in made[10:14])


def test_every_font_is_embedded_and_every_letter_drawn_is_in_it(made: bytes) -> None:
    with pikepdf.open(io.BytesIO(made)) as document:
        fonts = [font for page in document.pages for font in page.obj.Resources.Font.as_dict().values()]
        assert len(document.pages) > 3
        assert {str(font.BaseFont)[8:] for font in fonts} == {
            "BitstreamVeraSans-Roman",
            "BitstreamVeraSans-Bold",
        }
        for font in fonts:
            assert font.Subtype == Name.TrueType
            assert len(font.FontDescriptor.FontFile2.read_bytes()) > 1000
            assert "/ToUnicode" in font


def test_nothing_that_the_standard_forbids(made: bytes) -> None:
    with pikepdf.open(io.BytesIO(made)) as document:
        for thing in document.objects:
            named = thing if isinstance(thing, pikepdf.Dictionary | pikepdf.Stream) else None
            keys = set(named.keys()) if named is not None else set()
            assert not keys & set(FORBIDDEN)
            if isinstance(thing, pikepdf.Stream) and thing.get("/Subtype") == Name.Image:
                assert thing.ColorSpace in {Name.DeviceRGB, Name.DeviceGray}
                filters = thing.Filter if isinstance(thing.Filter, pikepdf.Array) else [thing.Filter]
                assert Name.LZWDecode not in list(filters)
        for page in document.pages:
            drawn = page.obj.Contents.read_bytes()
            assert b" gs" not in drawn  # no transparency is ever set
            assert "/ExtGState" not in page.obj.Resources


def test_the_words_can_be_read_back_and_the_pictures_are_there(made: bytes) -> None:
    said = _words(made)
    for words in ("Bénéficiaire", "Ésope ŒUF", "Ligne de vie", "journal scellé ce jour", "page 1"):
        assert words in said
    assert "Cette page ne peut pas être montrée" in said
    with pikepdf.open(io.BytesIO(made)) as document:
        images = [page for page in document.pages if len(page.get_images()) == 1]
        assert len(images) == 1


def test_the_same_values_give_the_same_bytes() -> None:
    one, two = (as_pdf(_summary(), None, (), AT, "pied") for _ in range(2))
    assert one == two
    assert as_pdf(_summary(), None, (), AT.replace(minute=11), "pied") != one


@pytest.mark.parametrize(
    "cell",
    [
        "<b>gras</b> & <img src=x>",
        "محمد بن علي",
        "\u202erenversé\u0000",
        "e\u0301t\u00e9",
        "a" * 5000,
        "ligne\nsuivante\tfin",
        "",
    ],
)
def test_any_text_fits(cell: str) -> None:
    """Markup is drawn as it is; what the letters lack is ``?``; a long cell is cut and says so."""
    said = _words(as_pdf(_summary(2, cell), None, (), AT, "pied"))
    assert "Messages reçus" in said
    if "<b>" in cell:
        assert "<b>gras</b> & <img src=x>" in said
    if cell.startswith("م"):
        assert "????" in said
    if len(cell) > 1000:
        assert "resume.txt" in said
    if cell.startswith("e"):
        assert "été" in said


def test_a_row_higher_than_a_page_goes_on_over_the_next() -> None:
    narrow = Section(
        "Pièces", "", ("Pages", *(f"C{n}" for n in range(9))), (("long " * 400, *("x" for _ in range(9))),)
    )
    made = as_pdf(Summary("t", "i", (narrow,)), None, (), AT, "pied")
    with pikepdf.open(io.BytesIO(made)) as document:
        assert len(document.pages) == 2
    assert "suite" in _words(made)
