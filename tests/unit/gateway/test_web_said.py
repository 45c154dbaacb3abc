"""Values in French, names as printed, codes by their title: what pages say instead of what is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.circuits.model import Circuit
from gateway.web.cases.printed import printed
from gateway.web.items.papers import labels, specs
from gateway.web.naming import Naming
from gateway.web.rights import book_of
from gateway.web.said import said, signed
from gateway.web.words import OWN_LETTERS, letter_titles, names, queue_titles, subject
from parsers.forms.template import FieldType
from storage import people
from storage.cases import Case
from storage.documents import Document, FactRow
from storage.sheets import Paper
from tests.builders import seed
from tests.builders.shipped import directory
from tests.worlds.web import World

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def _row(
    name: str, value: str, normalised: str | None, source: str = "acroform", **more: object
) -> FactRow:
    row: dict[str, Any] = {"id": 1, "document_id": 1, "confidence": 1.0, "at": AT, **more}
    return FactRow(**row, name=name, value=value, normalised=normalised, source=source)


@pytest.mark.parametrize(
    ("name", "value", "normalised", "source", "expected"),
    [
        ("document_date", "20261120093000+0100", "2026-11-20", "xdm", ("20/11/2026 à 9 h 30", None)),
        ("document_date", "20261120093000", "2026-11-20", "cda", ("20/11/2026 à 9 h 30", None)),
        ("patient_birth_date", "19520212", "1952-02-12", "cda", ("12/02/1952", None)),
        ("document_date", "20269999", None, "cda", ("20269999", None)),
        ("patient_name", "Kheïra", "KHEIRA", "text", ("Kheïra", None)),
        ("reference", "DZ-2026-408920", "DZ2026408920", "ocr", ("DZ-2026-408920", None)),
        ("start_date", "O5/10/2026", "2026-10-05", "ocr", ("O5/10/2026", "05/10/2026")),
    ],
)
def test_a_reading_in_french(
    name: str, value: str, normalised: str | None, source: str, expected: tuple[str, str | None]
) -> None:
    told = said(_row(name, value, normalised, source), None)
    assert (told.value.replace("\u00a0", " "), told.typed) == expected


def test_every_box_signature_and_amount_of_the_forms_is_a_french_word(circuit: Circuit) -> None:
    seen = 0
    for form in circuit.templates:
        for spec in specs(circuit, form).values():
            for choice in spec.choices:
                told = said(_row(spec.name, choice.value, choice.value), spec)
                assert (told.value, told.typed) == (choice.labels[0], None)
                seen += 1
            if spec.type is FieldType.SIGNATURE:
                assert said(_row(spec.name, "present", "present"), spec).value.startswith("présent")
            if spec.type is FieldType.MONEY:
                assert said(_row(spec.name, "59991,5S", "59991.55"), spec).typed == "59 991,55 €".replace(
                    " €", "\u00a0€"
                ).replace(" ", "\u202f")
        assert not any("_" in label or " et l" in label for label in labels(circuit, form).values())
    assert seen > 10


def test_signatures_agree() -> None:
    words = [
        signed("present", title) for title in ("la signature", "le cachet", "le cachet et la signature")
    ]
    assert words == ["présente", "présent", "présents"]
    assert signed("absent", "la signature") == "absente"
    assert signed("illegible", "le cachet et la signature") == "illisibles"
    assert signed(None) is None


def test_letters_are_called_by_their_desk_or_their_subject(circuit: Circuit) -> None:
    assert subject("Votre message chiffré du {{ received_on|date_fr }} n'a pas pu être ouvert") == (
        "Votre message chiffré n'a pas pu être ouvert"
    )
    titles = letter_titles([circuit])
    assert titles["accuse-reception"] == "Accusé de réception de votre message"
    assert titles["avis-de-traitement"] == OWN_LETTERS["avis-de-traitement"]
    assert not any("{" in title or title.endswith((" du", " le", ":")) for title in titles.values())


def test_queues_fields_and_letters_have_a_name(circuit: Circuit) -> None:
    titles = queue_titles([circuit], directory())
    assert titles["cpam-595"] == directory().caisses["595"].label
    known = names([circuit], directory())
    assert known["field:patient_used_name"] == "Nom d’usage du patient"
    assert known["letter:accuse-reception"] == "Accusé de réception de votre message"
    assert known["cnse-administratif"] == titles["cnse-administratif"]


def test_the_beneficiary_is_written_as_the_form_prints_it() -> None:
    kept: dict[str, Any] = {
        "patient_name": "OULD AMAR",
        "patient_first_names": "KHEIRA",
        "form_reference": "DZ2026408920",
    }
    case = Case(**kept)
    rows = [
        _row("patient_first_names", "KHEIRA", "KHEIRA", confidence=0.9),
        _row("patient_first_names", "Kheïra", "KHEIRA", confidence=0.9),
        _row("patient_first_names", "Fatma", "FATMA"),
        _row("reference", "DZ-2026-408920", "DZ2026408920"),
    ]
    found = printed(case, [_paper("administrative", rows)])
    assert (found.name, found.first_names, found.form_number) == ("OULD AMAR", "Kheïra", "DZ-2026-408920")
    sealed = printed(case, [_paper("medical", rows)])
    assert (sealed.first_names, sealed.form_number) == ("KHEIRA", "DZ2026408920")


def _paper(confidentiality: str, rows: list[FactRow]) -> Paper:
    kept: dict[str, Any] = {
        "confidentiality": confidentiality,
        "name": "",
        "sha256": "",
        "delivery": "",
        "position": 1,
        "size": 1,
    }
    document = Document(**kept)
    return Paper(document, tuple(rows), ())


def test_people_are_named_with_one_reading_a_page(circuit: Circuit) -> None:
    asked: list[int] = []

    def people() -> dict[str, str]:
        asked.append(1)
        return {"agathe": "Agathe <Le> Goff"}

    circuits = {circuit.name: circuit}
    naming = Naming(people, circuits, directory(), book_of(circuits))
    with naming.page():
        shown = [naming.person(login) for login in ("agathe", "agathe", "partie", None)]
    assert shown[:2] == ['<span class="person" title="agathe">Agathe &lt;Le&gt; Goff</span>'] * 2
    assert shown[2:] == ["partie", ""]
    assert len(asked) == 1
    with naming.page():
        assert naming.called("agathe") == "Agathe <Le> Goff"
    assert len(asked) == 2
    assert naming.queue("cpam-<caisse>") == naming.role("cpam:<caisse>") == "CPAM ou CGSS du lieu de soins"


def test_a_closed_account_keeps_its_name(world: World) -> None:
    with world.house.database.transaction() as session:
        people.set_active(session, "agathe", active=False)
        known = people.names(session)
    assert known["agathe"] == seed.PEOPLE["agathe"][0]
    assert len(known) == len(seed.PEOPLE)
