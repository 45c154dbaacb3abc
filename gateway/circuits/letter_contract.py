"""What every letter says: who, what, by when, on what legal basis, under which reference, whom to ask.

Seen on the letter itself, filled with a sample that holds everything: a word of the model proves nothing, a
variable that is never printed neither. What a letter has no use for is declared in the circuit
(``[[letter_gaps]]``) with its reason, and shown with its preview.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from gateway.circuits.letters import SAMPLES, LetterContext, date_fr, marked
from gateway.circuits.model import Element, Letter, Mailbox

ELEMENTS: Mapping[Element, str] = {
    "who": "qui écrit",
    "what": "ce dont il s’agit",
    "due": "pour quand",
    "basis": "le texte de référence",
    "reference": "la référence à rappeler",
    "contact": "à qui s’adresser",
}

_BASIS = re.compile(r"Texte de référence : .{10,}|\barticle L\. \d|\bCode d\w+ .{5,}, art", re.IGNORECASE)
_LEAST = 40
"""Characters below which a paragraph says nothing."""

FULL: LetterContext = replace(
    SAMPLES[-1],
    mailbox=Mailbox(
        "boite.exemple@caisse.example", "Boîte d’exemple", "Service d’exemple", "02 00 00 00 00", "file"
    ),
    case_reference="EXE-2026-000042",
    form_reference="ATT-2026-0042",
    due=date(2027, 2, 26),
    basis="Texte d’exemple, article 42",
)
"""A sample that holds everything a letter may say; nothing in it is anybody's."""


def missing(letter: Letter) -> tuple[Element, ...]:
    """What ``letter`` neither says nor declares. Raises as ``marked`` for a model nobody checked."""
    declared = {element for element, _ in letter.without}
    return tuple(
        element for element, said in said_by(letter).items() if not said and element not in declared
    )


def needless(letter: Letter) -> tuple[Element, ...]:
    """What ``letter`` declares not to say and says."""
    said = said_by(letter)
    return tuple(element for element in ELEMENTS if said[element] and element in dict(letter.without))


def said_by(letter: Letter) -> dict[Element, bool]:
    """Which elements the filled letter holds."""
    subject, text = marked(letter, FULL)
    box = FULL.mailbox
    said = (part for part in text.split("\n\n") if box.service not in part and box.address not in part)
    words = [part for part in said if len(part) >= _LEAST]
    return {
        "who": box.service in text,
        "what": bool(subject.strip()) and bool(words),
        "due": date_fr(FULL.due) in text,
        "basis": (FULL.basis or "") in text or _BASIS.search(text) is not None,
        "reference": any(r and r in text for r in (FULL.case_reference, FULL.form_reference)),
        "contact": box.address in text and box.phone in text,
    }
