"""A second circuit that is a folder and no line of Python carries its own mail beside the first one.

Other mailbox, other document kind and form, other queues, other delay, other letter, other references.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from storage.cases import Case, Item
from storage.deadlines import Deadline
from storage.deliveries import Delivery, DeliveryState
from storage.documents import Document, FactRow
from storage.outbox import OutboxEntry
from tests.builders import mails_forms, oddities, reports
from tests.builders.desk import PDF
from tests.builders.letters import Attached
from tests.worlds.house import Home, Opener

FOLDER = Path(__file__).resolve().parents[1] / "circuits" / "transports-sanitaires"
MAILBOX = "transports@caisse.example"
SENDER = "ambulances@sans-annuaire.example"


@pytest.fixture
def home(opener: Opener) -> Home:
    return opener(extra_circuits=(FOLDER,))


def _request(*lines: str) -> bytes:
    return reports.text_pdf([["Demande d'accord préalable de transport", *lines]])


def _carry(home: Home, name: str, *attached: Attached, text: str = "Ci-joint.") -> Delivery:
    return home.carry(
        home.desk.sample(
            name, "", SENDER, f"Transport {name}", text, attached, to=(MAILBOX,), expect="transports"
        )
    )


WHOLE = _request(
    "Référence : TR-2026-0042",
    "Bénéficiaire",
    "Nom : ESSAI",
    "Prénom : Farida",
    "Né(e) le : 04/05/1961",
    "Transport",
    "Date du transport : 15/12/2026",
    "Mode de transport : ambulance",
    "Fait le : 20/11/2026",
)


def test_there_is_no_python_in_the_folder() -> None:
    assert {f.suffix for f in FOLDER.rglob("*") if f.is_file()} == {".toml", ".txt"}


def test_the_whole_journey_by_the_rules_of_the_folder(home: Home) -> None:
    delivery = _carry(home, "demande", Attached("demande.pdf", PDF, WHOLE))
    assert (delivery.state, delivery.circuit) == (DeliveryState.SCHEDULED, FOLDER.name)
    (item,) = home.rows(Item)
    assert (item.queue, item.kind, item.circuit) == ("transports", "demande-transport", FOLDER.name)
    (case,) = home.rows(Case)
    assert (case.reference, case.patient_name) == ("TRA-2026-00001", "ESSAI")
    document = next(d for d in home.rows(Document) if d.kind == "demande-transport")
    facts = {f.name: f.normalised for f in home.rows(FactRow, document_id=document.id)}
    assert facts["transport_date"] == "2026-12-15"
    (due,) = home.rows(Deadline)
    assert (due.kind, due.due, due.status) == ("accord-transport", date(2026, 12, 5), "to be confirmed")
    (letter,) = home.rows(OutboxEntry)
    assert (letter.letter, letter.mailbox, letter.recipient) == ("accuse-transport", MAILBOX, SENDER)
    assert b"TRA-2026-00001" in home.house.vault.get(letter.raw_sha256)


def test_what_the_form_lacks_is_asked_for(home: Home) -> None:
    _carry(
        home, "incomplete", Attached("demande.pdf", PDF, _request("Nom : ESSAI", "Fait le : 20/11/2026"))
    )
    (letter,) = home.rows(OutboxEntry)
    assert b"Merci de compl" in home.house.vault.get(letter.raw_sha256)


def test_questions_and_unknown_documents_follow_its_own_routes(home: Home) -> None:
    asked = _carry(home, "question", text="Quel formulaire faut-il pour un transport en série ?")
    unknown = _carry(home, "inconnu", Attached("note.pdf", PDF, oddities.note(3)))
    assert [i.queue for i in home.rows(Item, delivery=asked.sha256)] == ["transports"]
    assert [i.queue for i in home.rows(Item, delivery=unknown.sha256)] == ["transports-a-trier"]
    assert [entry.delivery for entry in home.rows(OutboxEntry)] == [asked.sha256]


def test_both_circuits_live_side_by_side_and_never_mix(home: Home) -> None:
    ours = _carry(home, "demande", Attached("demande.pdf", PDF, WHOLE))
    theirs = home.carry(mails_forms.acroform(home.desk))
    assert {c.circuit: c.reference for c in home.rows(Case)} == {
        FOLDER.name: "TRA-2026-00001",
        "soins-programmes-algerie": "SPA-2026-00001",
    }
    assert home.rows(Item, delivery=theirs.sha256)[0].queue == "cpam-131"
    hashes = {(home.delivery(d.sha256).decision or {})["rules_hash"] for d in (ours, theirs)}
    assert len(hashes) == 2
