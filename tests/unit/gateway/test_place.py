"""How the place of care, hence the competent caisse, is found: sentences on the shipped directory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.circuits.decision import DocumentSeen
from gateway.circuits.directory import Directory
from gateway.circuits.model import Circuit
from gateway.routing.match import match
from parsers.facts import Fact, Source
from tests.builders.shipped import (
    CALANQUES,
    CNAS,
    DUNES,
    doc,
    mail,
    said,
)


@pytest.mark.parametrize(
    ("case", "document", "queue", "establishment", "words"),
    [
        (
            "by its name when the number is absent",
            doc(0, "se352-301", None, "HOPITAL DES CALANQUES"),
            "cpam-131",
            CALANQUES,
            "reconnu à son nom",
        ),
        (
            "by its name when the number was misread",
            doc(0, "se352-301", "139000013", "Hôpital des Calanques"),
            "cpam-131",
            CALANQUES,
            "clé de contrôle est fausse",
        ),
        (
            "by its sender when neither says anything",
            doc(0, "se352-301", "139000013", "…"),
            "cpam-594",
            DUNES,
            "déduit de l'expéditeur",
        ),
        (
            "by its number alone where the département has one caisse",
            doc(0, "se352-301", "750712184"),
            "cpam-751",
            "750712184",
            "n'a qu'une caisse",
        ),
        (
            "by its sender's commune when its own number is unknown there",
            doc(0, "se352-301", "590780193"),
            "cpam-594",
            "590780193",
            "plusieurs caisses",
        ),
    ],
)
def test_how_the_establishment_is_found(
    circuit: Circuit,
    directory: Directory,
    case: str,
    document: DocumentSeen,
    queue: str,
    establishment: str,
    words: str,
) -> None:
    decision = match(mail(document), circuit, directory)
    assert (decision.queue, decision.establishment) == (queue, establishment), case
    assert words in said(decision), case


def test_a_caisse_that_cannot_be_said_leaves_the_choice_to_a_person(
    circuit: Circuit, directory: Directory
) -> None:
    decision = match(mail(doc(0, "se352-301", "590780193"), sender=CNAS), circuit, directory)
    assert decision.queue == "a-identifier"
    assert decision.caisse is None
    assert decision.letter == "accuse-reception"
    assert "plusieurs caisses" in said(decision)
    assert "une personne la choisit" in said(decision)


def test_a_sender_of_another_departement_never_places_a_form_of_the_nord(
    circuit: Circuit, directory: Directory
) -> None:
    seen = mail(doc(0, "se352-301", "590780193"), sender="admissions@hopital-calanques.example")
    assert match(seen, circuit, directory).queue == "a-identifier"


def test_a_sender_of_another_hospital_than_the_form_s_is_pointed_out(
    circuit: Circuit, directory: Directory
) -> None:
    decision = match(mail(doc(0, "se352-301", CALANQUES)), circuit, directory)
    assert decision.queue == "cpam-131"
    assert f"le document nomme {CALANQUES}" in said(decision)


def test_a_correction_by_a_person_wins_over_what_was_read(circuit: Circuit, directory: Directory) -> None:
    read = doc(0, "se352-301", DUNES)
    corrected = Fact("establishment_finess", CALANQUES, CALANQUES, "0" * 64, 1, None, Source.PERSON, 1.0)
    decision = match(mail(replace(read, facts=(*read.facts, corrected))), circuit, directory)
    assert decision.queue == "cpam-131"


def test_forms_of_two_hospitals_go_to_two_caisses(circuit: Circuit, directory: Directory) -> None:
    seen = mail(doc(0, "se352-301", DUNES), doc(1, "se352-301", CALANQUES), doc(2, "invoice"))
    decision = match(seen, circuit, directory)
    assert [(r.queue, r.documents) for r in decision.routes] == [
        ("cpam-594", (0,)),
        ("cpam-131", (1,)),
        ("a-identifier", (2,)),
    ]
    assert "caisses différentes" in said(decision)


def test_a_document_that_names_no_place_follows_the_others(circuit: Circuit, directory: Directory) -> None:
    decision = match(mail(doc(0, "invoice"), doc(1, "se352-301", CALANQUES)), circuit, directory)
    assert [(r.queue, r.documents) for r in decision.routes] == [("cpam-131", (0, 1))]
