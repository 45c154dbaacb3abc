"""Word documents: lines and tables in their columns, boxes ticked; nothing that swells."""

from __future__ import annotations

import pytest

from parsers import documents, docx
from parsers.errors import Hostile, Malformed, TooLarge
from parsers.limits import Limits
from tests.builders import forms, word
from tests.builders.truth import truth
from tests.unit.parsers.reading_world import TEMPLATES, by_name, read


@pytest.mark.parametrize("ruled", [False, True])
@pytest.mark.parametrize("seed", [2, 3, 5])
def test_every_field_of_a_form_typed_in_word(seed: int, ruled: bool) -> None:
    form = forms.sample_301(seed)
    (only,) = read(word.form_301(form, ruled=ruled), documents.DOCX)
    got = {name: fact.normalised for name, fact in by_name(only.facts).items()}
    assert got == truth(form, TEMPLATES["se352-301"]) | {"copy": "1"}


def test_a_table_keeps_its_columns() -> None:
    text = docx.docx_text(word.docx(word.table(("Nom", "Prénom"), ("BENALI", "Nadia"), ("", "Yacine"))))
    assert text == "Nom       Prénom\nBENALI    Nadia\n          Yacine"


@pytest.mark.parametrize(
    ("mark", "shown"),
    [
        ('<w:sym w:font="Wingdings" w:char="F0FE"/>', "☒ oui"),
        ('<w:sym w:font="Wingdings" w:char="F0A8"/>', "☐ oui"),
        ("<w:ffData><w:checkBox><w:checked/></w:checkBox></w:ffData>", "☒  oui"),
        ('<w:ffData><w:checkBox><w:default w:val="0"/></w:checkBox></w:ffData>', "☐  oui"),
    ],
)  # fmt: skip
def test_boxes_to_tick_are_signs(mark: str, shown: str) -> None:
    body = f"<w:p><w:r>{mark}</w:r><w:r><w:t> oui</w:t></w:r></w:p>"
    assert docx.docx_text(word.docx(body)) == shown


def test_a_cell_that_spans_pushes_the_next_one_and_a_text_box_is_lines_apart() -> None:
    span = '<w:tcPr><w:gridSpan w:val="2"/></w:tcPr>'
    row = f"<w:tr><w:tc>{span}{word.paragraph('a')}</w:tc><w:tc>{word.paragraph('z')}</w:tc></w:tr>"
    rows = word.table(("un", "deux", "trois")).replace("</w:tbl>", f"{row}</w:tbl>")
    assert docx.docx_text(word.docx(rows)) == "un    deux    trois\na             z"
    box = f"<w:p><w:r><w:t>avant</w:t><w:pict>{word.paragraph('dedans')}</w:pict></w:r></w:p>"
    assert docx.docx_text(word.docx(box)) == "avant\ndedans"


def test_a_table_made_to_swell_is_refused() -> None:
    wide = word.table(*[("x" * 60,) * 3] * 40)
    with pytest.raises(TooLarge):
        docx.docx_text(word.docx(wide), Limits(text_chars=2_000))
    nested = word.paragraph("x")
    for _ in range(70):
        nested = f"<w:tbl><w:tr><w:tc>{nested}</w:tc></w:tr></w:tbl>"
    with pytest.raises(Hostile):
        docx.docx_text(word.docx(nested), Limits(archive_ratio=10_000))
    broken = word.table(("a", "b")).replace("<w:tc>", '<w:tc><w:tcPr><w:gridSpan w:val="deux"/></w:tcPr>')
    with pytest.raises(Malformed):
        docx.docx_text(word.docx(broken))
