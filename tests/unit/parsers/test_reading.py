"""From a file to readings: one document or several, kinds by filled fields, secrecy, serialisation."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from parsers import documents, reading
from parsers.facts import Box, Confidentiality, Source
from parsers.layout import Frame
from tests.builders import forms, reports, scans
from tests.unit.parsers.reading_world import RULES, by_name, read


def test_a_form_then_a_report_are_two_documents() -> None:
    form = forms.build_301(forms.sample_301(1), style="flat")
    first, second = read(reports.joined(form, reports.medical_report(pages=3)))
    assert (first.kind, first.first_page, first.pages) == ("se352-301", 1, 1)
    assert first.confidentiality is Confidentiality.ADMINISTRATIVE
    assert (second.kind, second.first_page, second.pages) == ("medical-report", 2, 3)
    assert second.confidentiality is Confidentiality.MEDICAL
    assert second.facts == ()
    assert [i.code for i in second.issues] == ["split"]


def test_two_copies_of_a_form_are_two_readings() -> None:
    copies = [forms.build_301(forms.sample_301(1), style="flat", copy=n) for n in (1, 2)]
    readings = read(reports.joined(*copies))
    assert [by_name(r.facts)["copy"].normalised for r in readings] == ["1", "2"]
    assert [by_name(r.facts)["copy"].page for r in readings] == [1, 2]


def test_an_untitled_page_behind_a_form_is_medical_in_doubt() -> None:
    form = forms.build_301(forms.sample_301(1), style="flat")
    behind = reports.text_pdf(
        [["Suite", "Une page de texte sans titre connu, peut-être médicale, qui suit."]]
    )
    readings = read(reports.joined(form, behind))
    assert [r.confidentiality for r in readings] == [
        Confidentiality.ADMINISTRATIVE,
        Confidentiality.MEDICAL,
    ]


def test_a_report_of_several_pages_is_one_document() -> None:
    (only,) = read(reports.medical_report(pages=3))
    assert (only.kind, only.pages) == ("medical-report", 3)


@pytest.mark.parametrize(("answered", "kind"), [(False, "se352-302-request"), (True, "se352-302-answer")])
def test_the_filled_part_of_a_302_names_its_kind(answered: bool, kind: str) -> None:
    (only,) = read(forms.build_302(forms.sample_302(2, answered=answered), style="table"))
    assert only.kind == kind
    assert ("answer" in by_name(only.facts)) is answered


def test_only_forms_and_scans_need_an_image() -> None:
    context = reading.Context()
    mixed = documents.inspect(
        reports.joined(forms.build_301(forms.sample_301(1), style="flat"), reports.medical_report(pages=2)),
        documents.PDF,
    )
    assert reading.needs_bitmap(mixed, RULES, context) == (1,)
    assert reading.needs_bitmap(mixed, RULES[3:], context) == ()


def test_results_cross_a_process_boundary() -> None:
    content = forms.build_301(forms.sample_301(1), signed=False)
    readings = read(content)
    assert readings[0].pictures
    adapter = TypeAdapter(
        tuple[reading.Reading, ...], config={"ser_json_bytes": "base64", "val_json_bytes": "base64"}
    )
    assert adapter.validate_json(adapter.dump_json(readings)) == readings
    inspected = documents.inspect(content, documents.PDF)
    whole = TypeAdapter(documents.Inspected)
    assert whole.validate_json(whole.dump_json(inspected)) == inspected


def test_an_empty_document_is_other() -> None:
    (only,) = read(b"", "text/plain")
    assert (only.kind, only.confidentiality) == ("other", Confidentiality.MEDICAL)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("skew", [0.0, 3.0])
def test_a_frame_leads_there_and_back(rotation: int, skew: float) -> None:
    frame = Frame(600.0, 800.0, rotation, skew)
    x, y = frame.to_upright(123.0, 456.0)
    box = frame.to_page(Box(x, y, x, y))
    assert (box.x0, box.y0) == pytest.approx((123.0, 456.0), abs=1e-6)


def test_sources_are_told_apart() -> None:
    (only,) = read(forms.build_301(forms.sample_301(4)))
    sources = {f.source for f in only.facts}
    assert Source.ACROFORM in sources


def test_a_form_typed_in_a_word_document_is_read_without_an_image() -> None:
    pdf = forms.build_301(forms.sample_301(1), style="flat")
    lines = documents.inspect(pdf, documents.PDF).pages[0].text.encode()
    inspected = documents.inspect(lines, "text/plain")
    assert reading.needs_bitmap(inspected, RULES, reading.Context()) == ()
    (only,) = read(lines, "text/plain")
    assert by_name(only.facts)["reference"].normalised == forms.sample_301(1).reference


def test_a_page_to_recognise_is_drawn_finer_than_one_whose_words_are_known() -> None:
    form = forms.build_301(forms.sample_301(1), style="flat")
    known = documents.inspect(form, documents.PDF)
    scanned = documents.inspect(scans.scan(form), documents.PDF)
    assert reading.resolution(known, 1) == reading.INK_DPI
    assert reading.resolution(scanned, 1) == reading.DPI > reading.INK_DPI
