"""Previews and kept letters: nobody named in clear, the letter that stands in, both faces read again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.circuits.model import Letter
from gateway.errors import NotFound, Refused
from gateway.outbound.compose import Attached, Draft
from gateway.outbound.preview import kept, of_case, preview, sample
from gateway.outbound.protect import protect
from storage.cases import Case
from storage.deadlines import Deadline
from tests.builders import pki
from tests.builders.seen import AT, MAILBOX, circuit, directory

NAMING = Letter(
    "nomme",
    "Droits{% if patient %} de {{ patient }}{% endif %}",
    "{% if patient %}{{ patient }}{% endif %}{% for d in documents %} {{ d.name or '-' }}{% endfor %}",
    content="personal",
    instead="rappel",
)


def test_in_clear_nobody_is_named_and_another_letter_may_stand_in() -> None:
    model = circuit(letters={**circuit().letters, "nomme": NAMING, "seul": replace(NAMING, instead=None)})
    full = preview(model, "nomme", AT, encrypted=True)
    assert full.used is NAMING
    assert "NOM Prénom" in full.text
    assert "NOM Prénom" in full.html
    assert "NOM" not in full.subject, "a subject names nobody, encrypted or not"
    clear = preview(model, "nomme", AT)
    assert (clear.asked, clear.used.name) == (NAMING, "rappel")
    with pytest.raises(Refused, match="jamais en clair"):
        preview(model, "seul", AT)
    plain = circuit(letters={"nomme": replace(NAMING, content="plain")})
    shown = preview(plain, "nomme", AT)
    assert "NOM" not in shown.text
    assert "piece-1.pdf" not in shown.text


def test_a_letter_nobody_has() -> None:
    with pytest.raises(NotFound, match="rien n’a changé"):
        preview(circuit(), "absente", AT)


def test_the_sample_is_of_the_circuit_and_has_a_telephone() -> None:
    box = replace(circuit().mailboxes[0], phone="")
    made = sample(circuit(mailboxes=(box,)), AT)
    assert made.mailbox.address == MAILBOX
    assert made.mailbox.phone
    assert made.today == date(2026, 11, 23)


def _deadline(kind: str, due: date) -> Deadline:
    return Deadline(
        kind=kind, origin="x", circuit="essai", title=kind, due=due, basis="b", status="confirmed",
        created_at=AT,
    )  # fmt: skip


def test_a_case_gives_the_due_date_of_the_rule_that_sends_the_letter() -> None:
    case = Case(
        reference="PSR-2026-000001", circuit="essai", opened_at=AT, opened_by_delivery="a" * 64,
        patient_name="HADDAD", form_reference="R1", caisse="594",
    )  # fmt: skip
    pending = [_deadline("cnas-answer", date(2026, 12, 1)), _deadline("coverage-end", date(2027, 2, 1))]
    model = circuit()
    context = of_case(model, directory(), case, pending, "rappel", AT)
    assert (context.due, context.days_left) == (date(2027, 2, 1), 70)
    assert of_case(model, directory(), case, pending, "accuse", AT).due == date(2026, 12, 1)
    late = of_case(model, directory(), case, [_deadline("x", date(2026, 1, 1))], "accuse", AT)
    assert late.days_left is None
    assert of_case(model, directory(), case, [], "accuse", AT).due is None
    shown = preview(model, "accuse", AT, context=context)
    assert "PSR-2026-000001" in shown.subject
    assert "HADDAD" not in shown.text


@pytest.mark.parametrize("signed", [True, False])
def test_a_kept_letter_is_read_again_whole(signed: bool) -> None:
    identity = pki.create(AT).issue(MAILBOX).identity if signed else None
    draft = Draft(
        circuit="essai",
        letter="accuse",
        mailbox=circuit().mailboxes[0],
        recipient="ri@chu.example",
        subject="Accusé",
        text="Été à Béthune,\nfin.\n",
        html="<p>Été</p>",
        message_id="<1@x>",
        at=AT,
        attached=(Attached("cadre-1.png", b"\x89PNG"),),
    )
    found = kept(protect(draft, identity).raw)
    assert found.text == "Été à Béthune,\nfin.\n"
    assert found.html.strip() == "<p>Été</p>"
    assert found.files == ("cadre-1.png",)
    assert not found.sealed


def test_an_encrypted_letter_says_nothing_without_the_key() -> None:
    authority = pki.create(AT)
    draft = Draft("c", "l", circuit().mailboxes[0], "ri@chu.example", "S", "secret", "<1@x>", AT)
    made = protect(draft, None, certificate=authority.issue("ri@chu.example", kind="rsa").der)
    assert kept(made.raw) == replace(kept(b""), text="", sealed=True)
