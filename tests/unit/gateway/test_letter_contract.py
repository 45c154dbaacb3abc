"""What a letter says is seen on the filled letter: what is taken away is missed, unless it is declared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.circuits.letter_contract import ELEMENTS, missing, needless
from gateway.circuits.model import Letter

LINES = {
    "who": "{{ mailbox.service }}",
    "what": "Merci de nous adresser le formulaire complété de la réponse.",
    "due": "{% if due %}Le {{ due|date_fr }}.{% endif %}",
    "basis": "{% if basis %}Fondement : {{ basis }}.{% endif %}",
    "reference": "{% if case_reference %}{{ case_reference }}{% endif %}",
    "contact": "{{ mailbox.address }} {{ mailbox.phone }}",
}


def _letter(*without: str) -> Letter:
    return Letter(
        "essai", "Objet", "\n\n".join(line for name, line in LINES.items() if name not in without)
    )


def test_a_whole_letter_lacks_nothing() -> None:
    assert list(LINES) == list(ELEMENTS)
    assert missing(_letter()) == ()


@pytest.mark.parametrize("element", list(LINES))
def test_what_is_taken_away_is_missed_unless_declared(element: str) -> None:
    short = _letter(element)
    assert missing(short) == (element,)
    declared = replace(short, without=((element, "sans objet ici"),))
    assert (missing(declared), needless(declared)) == ((), ())
    assert needless(replace(_letter(), without=((element, "sans objet"),))) == (element,)


def test_a_telephone_without_an_address_is_no_contact() -> None:
    letter = _letter("contact")
    assert missing(replace(letter, body=letter.body + "\n\n{{ mailbox.phone }}")) == ("contact",)
    assert missing(replace(letter, body=letter.body + "\n\n{{ mailbox.address }}")) == ("contact",)


def test_a_text_of_reference_is_a_basis() -> None:
    letter = _letter("basis")
    named = replace(letter, body=letter.body + "\n\nTexte de référence : circulaire CNAM 31/2021.")
    assert missing(named) == ()
