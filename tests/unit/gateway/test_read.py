"""Reading every document of one mail: the mail's own text, decorations, what cannot be read, order."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from gateway.circuits.model import COVER_NOTE, Circuit
from gateway.triage.read import DECORATION, ReadDocument, Reader
from gateway.triage.recognition import Recognition
from gateway.triage.sandbox import Sandbox
from gateway.triage.unpack import FACTS
from parsers.facts import Fact, Source
from storage.documents import Document
from tests.builders import forms, reports
from tests.builders.oddities import note

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TEXT = b"Bonjour, veuillez trouver la piece.\n"
Read = Callable[..., list[ReadDocument]]
Piece = tuple[str, str, bytes, dict[str, object]]


@pytest.fixture
def read(sandbox: Sandbox, circuit: Circuit) -> Read:
    """Reads (name, type, bytes, meta) tuples as the documents of one mail."""
    reader = Reader(sandbox, Recognition("off", 1))

    def read_all(*documents: Piece) -> list[ReadDocument]:
        rows, contents = [], {}
        for position, (name, media_type, content, meta) in enumerate(documents):
            sha256 = hashlib.sha256(content).hexdigest()
            contents[position] = content
            rows.append(
                Document(
                    delivery="a" * 64,
                    position=position,
                    path=str(position),
                    name=name,
                    media_type=media_type,
                    sha256=sha256,
                    size=len(content),
                    meta={"codes": [], "facts": [], **meta},
                )
            )
        return reader.read_all(
            rows,
            lambda row: contents[row.position],
            circuit,
            {"subject": "envoi", "body": TEXT.decode()},
            AT,
        )

    return read_all


BODY: Piece = ("message.txt", "text/plain", TEXT, {"role": "body"})
FORM: Piece = ("301.pdf", "application/pdf", forms.build_301(forms.sample_301(3), "flat"), {})
REPORT: Piece = ("crh.pdf", "application/pdf", reports.medical_report(5), {})


def test_a_text_alone_is_a_question(read: Read) -> None:
    (body,) = read(BODY)
    assert (body.row.kind, body.row.confidentiality) == ("question", "administrative")


def test_a_text_with_documents_is_their_cover_note_and_shares_their_secrecy(read: Read) -> None:
    assert [r.row.kind for r in read(BODY, FORM)] == [COVER_NOTE, "se352-301"]
    assert read(BODY, FORM)[0].row.confidentiality == "administrative"
    assert read(BODY, REPORT)[0].row.confidentiality == "medical"


def test_a_form_gives_facts_with_their_place(read: Read) -> None:
    (form,) = read(FORM)
    facts = {fact.name: fact for fact in form.facts}
    assert facts["establishment_finess"].page == 1
    assert facts["establishment_finess"].box is not None
    assert all(0 < fact.confidence <= 1 for fact in form.facts)


def test_decorations_are_kept_and_never_read(read: Read) -> None:
    logo: Piece = ("logo.png", "image/png", b"not even a picture", {"role": "inline"})
    shown = read(BODY, logo)
    assert [r.row.kind for r in shown] == ["question", DECORATION]
    assert shown[1].issues == ()


def test_a_broken_document_hides_no_other_and_says_why(read: Read) -> None:
    broken: Piece = ("cassé.pdf", "application/pdf", b"%PDF-1.7\nrien", {})
    shown = read(BODY, broken, FORM)
    assert [r.row.kind for r in shown] == [COVER_NOTE, "other", "se352-301"]
    assert shown[1].row.confidentiality == "medical"
    assert shown[1].row.trouble
    assert [issue.severity for issue, _ in shown[1].issues] == ["error"]


def test_a_file_that_mixes_documents_gives_one_row_each_and_new_positions(read: Read) -> None:
    both: Piece = ("tout.pdf", "application/pdf", reports.joined(FORM[2], REPORT[2]), {})
    shown = read(BODY, both, ("note.pdf", "application/pdf", note(2), {}))
    assert [(r.row.position, r.row.kind) for r in shown] == [
        (0, COVER_NOTE),
        (1, "se352-301"),
        (2, "medical-report"),
        (3, "other"),
    ]
    assert shown[2].row.first_page > shown[1].row.first_page
    assert shown[1].row.sha256 == shown[2].row.sha256


@pytest.mark.parametrize(
    ("name", "value", "normalised", "told"),
    [
        ("patient_birth_date", "19540312", "1954-03-12", ["sources-disagree"]),
        ("patient_birth_date", "", "as read", []),
        ("establishment_name", "", "other case", []),
    ],
)
def test_what_came_with_a_form_and_says_otherwise_is_kept_beside_it(
    read: Read, name: str, value: str, normalised: str, told: list[str]
) -> None:
    (alone,) = read(FORM)
    printed = next(f for f in alone.facts if f.name == name).normalised or ""
    normalised = {"as read": printed, "other case": printed.upper()}.get(normalised, normalised)
    fact = Fact(name, value or normalised, normalised, "0" * 64, None, None, Source.CDA, 1.0)
    meta = {"facts": FACTS.dump_python((fact,), mode="json")}
    (form,) = read((*FORM[:3], meta))
    assert [(f.source, f.normalised) for f in form.facts if f.name == name] == [
        ("cda", normalised),
        ("text", printed),
    ]
    issues = [i for i, _ in form.issues if i.field == name]
    assert [i.code for i in issues] == told
    assert all(i.severity == "warning" and "les deux sont gardés" in i.message for i in issues)


def test_without_ocr_a_picture_is_unknown_and_medical_in_doubt(read: Read, sandbox: Sandbox) -> None:
    page = sandbox.run("page", FORM[2], "application/pdf", 1, 60.0, sandbox.limits)
    (picture,) = read(("photo.png", "image/png", page, {}))
    assert (picture.row.kind, picture.row.confidentiality) == ("other", "medical")
