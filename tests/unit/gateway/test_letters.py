"""Letters: the closed vocabulary, what an empty optional does, and every letter the circuits send."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import pytest

from gateway.circuits.letters import (
    LETTER_VARIABLES,
    SAMPLES,
    LetterContext,
    LetterDocument,
    date_fr,
    faults_of,
    render,
    split,
)
from gateway.circuits.model import Letter

ROOT = Path(__file__).parents[3]
CIRCUIT = ROOT / "config" / "circuits" / "soins-programmes-algerie"
FILES = sorted([*CIRCUIT.glob("letters/*.txt"), *ROOT.glob("tests/circuits/*/letters/*.txt")])
BARE, FULL = SAMPLES


def letter(name: str) -> Letter:
    return split(name, (CIRCUIT / "letters" / f"{name}.txt").read_text("utf-8"))


def test_the_vocabulary_is_the_context_field_by_field() -> None:
    assert set(LETTER_VARIABLES) == {field.name for field in fields(LetterContext)}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@pytest.mark.parametrize("context", SAMPLES, ids=["bare", "full"])
def test_every_letter_can_be_written_with_little_and_with_all(file: Path, context: LetterContext) -> None:
    source = file.read_text("utf-8")
    assert faults_of(source) == []
    subject, text = render(split(file.stem, source), context)
    assert "\n" not in subject
    assert subject
    assert "None" not in subject + text
    assert "{" not in text
    assert "\n\n\n" not in text
    assert context.mailbox.address in text or context.mailbox.service in text


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("Bonjour", 1),
        ("Objet :\n\ntexte", 1),
        ("Objet : a\ntexte collé", 1),
        ("Objet : a\n\n{% if due %}", 3),
        ("Objet : a\n\nligne\n{{ inconnue }}", 4),
        ("Objet : a\n\n{% if due %}\nà\n{% endif %}\n{{ mailbox.fax }}", 6),
        ("Objet : a\n\n{{ sender }}", 3),
        ("Objet : a\n\nx\n{{ due|date_fr }}", 4),
        ("Objet : {{ case_reference }}\n\nx", 1),
    ],
)
def test_a_letter_at_fault_is_refused_at_its_line(source: str, line: int) -> None:
    found = faults_of(source)
    assert [at for at, _ in found] == [line]


def test_every_unknown_variable_is_told_at_once() -> None:
    assert [at for at, _ in faults_of("Objet : {{ un }}\n\n{{ deux }}\n{{ trois }}")] == [1, 3, 4]


def test_a_letter_cannot_reach_the_inside_of_python() -> None:
    assert faults_of("Objet : a\n\n{{ mailbox.__class__.__mro__ }}")


def test_a_line_of_tags_prints_nothing_and_an_inline_tag_keeps_its_line() -> None:
    made = Letter(
        "a",
        "a",
        "{% for d in documents %}\n- {{ d.title }}{% if d.name %} ({{ d.name }}){% endif %}\n"
        "{% endfor %}\nfin",
    )
    context = replace(BARE, documents=(LetterDocument("Un", "un.pdf"), LetterDocument("Deux")))
    assert render(made, context)[1] == "- Un (un.pdf)\n- Deux\nfin\n"


def test_a_line_break_never_enters_the_subject() -> None:
    context = replace(FULL, original_subject="bonjour\r\nBcc: tous@exemple.fr")
    subject, _ = render(Letter("a", "{{ original_subject }}", "x"), context)
    assert subject == "bonjour Bcc: tous@exemple.fr"


@pytest.mark.parametrize(
    ("day", "words"), [(date(2026, 2, 1), "1er février 2026"), (date(2026, 12, 31), "31 décembre 2026")]
)
def test_dates_are_written_in_french(day: date, words: str) -> None:
    assert date_fr(day) == words


def test_the_status_of_a_delay_is_written_in_french() -> None:
    assert "Statut de cette échéance : à confirmer." in render(letter("rappel-echeance"), FULL)[1]


def test_an_acknowledgement_says_what_came_what_is_missing_who_has_it_and_whom_to_ask() -> None:
    context = replace(
        BARE,
        case_reference="SPA-2026-00042",
        queue_title="CPAM des Flandres",
        documents=(LetterDocument("Attestation (SE 352-301)", "301.pdf", 2),),
        missing=("La signature du cadre 4 est absente.",),
        pictures=1,
    )
    subject, text = render(letter("accuse-reception"), context)
    assert subject == (
        "Accusé de réception de votre message du 23 novembre 2026 – dossier SPA-2026-00042 – à compléter"
    )
    for expected in (
        "reçu le 23 novembre 2026 à l'adresse boite@caisse.example",
        "  - Attestation (SE 352-301) (301.pdf), 2 pages\n",
        "  - La signature du cadre 4 est absente.\n",
        "L'image jointe montre le cadre concerné.",
        "Votre envoi est confié à : CPAM des Flandres.",
        "Téléphone : 00 00 00 00 00",
        "ni accord de prise en charge ni ouverture de droits",
        "R. 112-11-1",
    ):
        assert expected in text


def test_a_complete_mail_is_not_told_that_something_is_missing() -> None:
    subject, text = render(letter("accuse-reception"), BARE)
    assert "compléter" not in subject + text


def test_a_reminder_says_what_to_do_before_when_and_by_which_text() -> None:
    context = replace(FULL, due=date(2026, 12, 31), days_left=1, basis="Circulaire 31/2021, §3b")
    subject, text = render(letter("rappel-echeance"), context)
    assert subject == "Fin de prise en charge le 31 décembre 2026 – dossier SPA-2026-000001"
    for expected in (
        "dans 1 jour.",
        "SE 352-302",
        "cnas_convention.pro19@cnas.dz",
        "Fondement : Circulaire 31/2021, §3b.",
    ):
        assert expected in text
