"""Words of a person: weighed before they leave, whatever the model; what was seen is what leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.circuits.model import Letter, Mailbox
from gateway.errors import Refused
from gateway.outbound import handwritten
from gateway.outbound.certificates import Choice
from gateway.outbound.compose import Attached
from gateway.outbound.handwritten import Sheet, Words, changed, cleaned, draft_of, faults_of, named_in
from storage.cases import Case
from storage.deliveries import Delivery, DeliveryState
from tests.builders import rows
from tests.builders.rows import AT

CASE = rows.case(
    "a" * 64,
    patient_name="BÉNALI",
    patient_first_names="Mohamed",
    patient_birth_date=date(1961, 3, 14),
    cnas_number="196112345678",
    form_reference="DZ2026117",
)
PLAIN = Letter("demande", "Objet", "Corps")
PERSONAL = replace(PLAIN, content="personal", instead="a-retirer")
GOOD = Words("Votre dossier SPA-2026-00042", "Bonjour,\n\nL’attestation DZ2026117 est incomplète.\n")
BOX = Mailbox("boite@cnse.example", "CNSE", "Service", "", "file")
SHEET = Sheet("c", PLAIN, BOX, "bureau@chu.example", "0" * 32, None, CASE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Madame Benali attend", "le nom du bénéficiaire"),
        ("M. BÉNALI, votre patient", "le nom du bénéficiaire"),
        ("Mohamed attend", "le prénom du bénéficiaire"),
        ("né le 14/03/1961", "sa date de naissance"),
        ("né le 1961-03-14", "sa date de naissance"),
        ("n° 1961 1234 5678", "son numéro CNAS"),
        ("NIR 6 1595 00000001 96", "son NIR provisoire"),
    ],
)
def test_what_names_the_beneficiary_never_leaves_in_clear(text: str, said: str) -> None:
    numbers = ("6159500000001",)
    assert named_in(text, CASE, numbers) == [said]
    faults = faults_of(PLAIN, replace(GOOD, text=text), CASE, numbers, encrypted=False)
    assert [said in fault for fault in faults] == [True]
    assert faults_of(PLAIN, replace(GOOD, text=text), CASE, numbers, encrypted=True) == ()
    assert faults_of(PLAIN, replace(GOOD, subject=text), CASE, numbers, encrypted=True) != ()


def test_references_hashes_and_words_that_only_look_alike_may_leave() -> None:
    text = "Dossier SPA-2026-00042, attestation DZ2026117, les Bénalistes, le 15/03/1961"
    assert named_in(text, CASE, ("6159500000001",)) == []
    assert named_in("Benali", None, ()) == []
    assert faults_of(PLAIN, GOOD, CASE, (), encrypted=False) == ()


def test_a_letter_that_may_not_leave_in_clear_does_not_however_it_is_written() -> None:
    assert len(faults_of(PERSONAL, GOOD, CASE, (), encrypted=False)) == 1
    assert faults_of(PERSONAL, GOOD, CASE, (), encrypted=True) == ()


def test_a_blank_of_the_model_left_as_it_is_stops_the_letter() -> None:
    assert (
        "[Votre réponse]"
        in faults_of(PLAIN, replace(GOOD, text="Bonjour,\n\n[Votre réponse]\n"), CASE, (), encrypted=True)[
            0
        ]
    )
    assert faults_of(PLAIN, replace(GOOD, text="Voir [1] et [2].\n"), CASE, (), encrypted=True) == ()


def test_what_was_typed_is_one_line_of_subject_and_lines_of_ours() -> None:
    words = cleaned(" Un\r\n objet  ", "\r\n\r\nBonjour,  \r\n\r\nFin\r")
    assert words == Words("Un objet", "Bonjour,\n\nFin\n")
    for subject, text in (("", "texte"), ("objet", " \n ")):
        with pytest.raises(Refused, match="vide"):
            cleaned(subject, text)
    with pytest.raises(Refused, match="trop long"):
        cleaned("objet", "x" * (handwritten.LONGEST + 1))


def test_lines_changed_are_counted() -> None:
    assert changed(GOOD, GOOD) == 0
    assert changed(GOOD, replace(GOOD, text=GOOD.text + "Une ligne.\nDeux.\n")) == 2
    assert changed(GOOD, replace(GOOD, subject="Autre")) == 1


def test_any_change_of_what_leaves_changes_what_was_seen() -> None:
    clear, sealed = Choice(None, ()), Choice(b"der", ())
    seen = handwritten.seen(SHEET, GOOD, clear)
    assert seen == handwritten.seen(SHEET, GOOD, Choice(None, ("une autre raison",)))
    others = {
        handwritten.seen(SHEET, GOOD, sealed),
        handwritten.seen(SHEET, replace(GOOD, text="autre\n"), clear),
        handwritten.seen(SHEET, replace(GOOD, subject="autre"), clear),
        handwritten.seen(replace(SHEET, recipient="x@y.example"), GOOD, clear),
        handwritten.seen(replace(SHEET, token="1" * 32), GOOD, clear),
        handwritten.seen(replace(SHEET, attached=(Attached("a.png", b"1"),)), GOOD, clear),
    }
    assert len(others) == 6
    assert seen not in others


def test_a_letter_to_somebody_else_does_not_enter_the_thread() -> None:
    mail = Delivery(
        sha256="a" * 64, size=1, state=DeliveryState.DECIDED, received_at=AT, mailbox="b@x",
        envelope_from="", circuit="c", message_id="<1@chu.example>",
        mail={"references": ["<0@chu.example>"]},
    )  # fmt: skip
    threaded = draft_of(replace(SHEET, answers=mail), GOOD, (), AT)
    assert (threaded.in_reply_to, threaded.references) == (
        "<1@chu.example>",
        ("<0@chu.example>", "<1@chu.example>"),
    )
    other = draft_of(replace(SHEET, answers=mail, threaded=False), GOOD, (), AT)
    assert (other.in_reply_to, other.references, other.delivery) == (None, (), "a" * 64)
    assert other.by_hand
    assert not other.answers


def test_a_case_without_a_name_names_nobody() -> None:
    empty = Case.model_validate(CASE.model_dump() | {"patient_name": None, "patient_first_names": None})
    assert named_in("Benali Mohamed", empty, ()) == []
