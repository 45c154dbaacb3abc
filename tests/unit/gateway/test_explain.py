"""``mail explain`` says what the journey does, by the same functions; headers tell whose mail it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from gateway.circuits.load import Circuits
from gateway.contesting.told import in_french as claims_in_french
from gateway.contesting.told import lists_told
from gateway.errors import Refused
from gateway.explain import addressed, explain, in_french
from parsers.errors import ParseError
from storage.contestations import Contestation
from storage.documents import Document
from tests.builders import cda, claims, forms, mails_forms, mails_medical, mails_others, scans, xfa
from tests.builders.desk import CALANQUES, CNSE, MEDICAL, Desk, Sample
from tests.builders.letters import Attached
from tests.worlds.house import Home


@pytest.fixture
def circuits(sqlite_home: Home) -> Circuits:
    return sqlite_home.house.circuits


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (f"From: A <a@b.example>\r\nTo: {MEDICAL}", ("a@b.example", MEDICAL)),
        (
            f"From: a@b.example\r\nTo: x@y.example\r\nDelivered-To: {MEDICAL.upper()}",
            ("a@b.example", MEDICAL),
        ),
        ("From: a@b.example\r\nTo: x@y.example", ("a@b.example", CNSE)),
        (f"Return-Path: <r@b.example>\r\nFrom: a@b.example\r\nCc: {CNSE}", ("r@b.example", CNSE)),
        ("Return-Path: <>\r\nFrom: a@b.example", ("", CNSE)),
        ("Subject: rien", ("", CNSE)),
    ],
)
def test_envelope_of_a_file(circuits: Circuits, head: str, expected: tuple[str, str]) -> None:
    assert addressed(head.encode() + b"\r\n\r\ntexte", circuits, None) == expected


def test_a_chosen_mailbox_must_be_one_of_a_circuit(circuits: Circuits) -> None:
    assert addressed(b"From: a@b.example\r\n\r\n", circuits, MEDICAL.upper())[1] == MEDICAL
    with pytest.raises(Refused, match="n'est la boîte d'aucun circuit"):
        addressed(b"From: a@b.example\r\n\r\n", circuits, "autre@ailleurs.example")


@pytest.mark.parametrize(
    "build",
    [mails_forms.unsigned_box, mails_medical.mixed_pdf, mails_others.question, mails_others.stranger],
    ids=lambda build: build.__name__,
)
def test_what_is_explained_is_what_happens(sqlite_home: Home, build: Callable[[Desk], Sample]) -> None:
    home = sqlite_home
    sample = build(home.desk)
    told = explain(sample.raw, home.house.settings)
    delivery = home.carry(sample)
    decision = delivery.decision or {}
    assert told["message"]["sha256"] == delivery.sha256
    assert told["message"]["security"] == delivery.security
    assert told["decision"]["queue"] == decision["routes"][0]["queue"]
    assert told["decision"]["rules"] == decision["rules_hash"]
    assert told["decision"]["routes"] == [
        {key: route[key] for key in ("queue", "documents", "forward_to", "reasons")}
        for route in decision["routes"]
    ]
    rows = [row for row in home.rows(Document, delivery=delivery.sha256) if row.kind != "cover-note"]
    assert [(d["name"], d["kind"]) for d in told["documents"]] == [(row.name, row.kind) for row in rows]


def _disagreeing(desk: Desk) -> Sample:
    """A printed form whose XFA data holds another amount, in a CDA that names another birth date."""
    form = desk.form_301(31, CALANQUES, amount="8 000,00", patient_birth_date=date(1950, 1, 2))
    pdf = xfa.with_data(forms.build_301(form, "flat"), {"amount": "9 000,00"})
    patient = cda.Patient(
        form.patient_name or "", form.patient_name or "", form.patient_first_names or "", "19500103"
    )
    house = cda.Establishment(CALANQUES[0], CALANQUES[1])
    around = cda.document(pdf, patient=patient, establishment=house, code="99999-9", title="Attestation")
    return desk.sample(
        "301-contradictoire",
        "301 dont deux sources ne concordent pas",
        CALANQUES[2],
        "Attestation",
        "Ci-joint l'attestation.",
        (Attached("document.xml", "text/xml", around),),
        expect="cpam-131",
    )


def test_sources_that_disagree_are_all_told(sqlite_home: Home) -> None:
    told = explain(_disagreeing(sqlite_home.desk).raw, sqlite_home.house.settings)
    (form,) = [d for d in told["documents"] if d["kind"] == "se352-301"]
    seen = {
        name: {(f["source"], f["normalised"]) for f in form["fields"] if f["name"] == name}
        for name in ("amount", "patient_birth_date")
    }
    assert seen == {
        "amount": {("xfa", "9000.00"), ("text", "8000.00")},
        "patient_birth_date": {("cda", "1950-01-03"), ("text", "1950-01-02")},
    }
    assert {i["field"] for i in form["issues"] if i["code"] == "sources-disagree"} == set(seen)
    text = in_french(told)
    lines = [line.strip() for line in text.splitlines()]
    for line in ("amount = 9000.00", "amount = 8000.00", "patient_birth_date = 1950-01-03"):
        assert line in lines
    assert text.count("les deux sont gardé") == 2


def test_a_quarantined_mail_has_no_letter_and_says_why(sqlite_home: Home) -> None:
    told = explain(mails_others.stranger(sqlite_home.desk).raw, sqlite_home.house.settings)
    assert told["decision"]["letter"] is None
    assert any("quarantaine" in reason for reason in told["decision"]["reasons"])


def test_a_poison_mail_is_refused_with_its_reason(sqlite_home: Home) -> None:
    with pytest.raises(ParseError, match="imbrique plus de"):
        explain(mails_others.poison(sqlite_home.desk).raw, sqlite_home.house.settings)


def test_told_in_french_in_the_order_of_the_journey(sqlite_home: Home) -> None:
    told = explain(mails_forms.unsigned_box(sqlite_home.desk).raw, sqlite_home.house.settings)
    text = in_french(told)
    order = ["Message ", "Ouverture : ", "Pièces : 1", "Décision : file cpam-594", "Échéances :"]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert "    ! " in text


def test_the_claims_of_a_list_are_told_with_their_doubts(sqlite_home: Home) -> None:
    """What filing would register, and nothing is written."""
    sample = mails_others.contestation(sqlite_home.desk)
    told = explain(sample.raw, sqlite_home.house.settings)
    (listed,) = told["claims"]
    assert listed["trouble"] is None
    (claim,) = listed["claims"]
    assert claim["reason"] == "form-missing"
    words = in_french(told)
    assert f"Créances de « {listed['document']} » : 1, et 0 ligne(s) qui n'en sont pas" in words
    assert f"motif « {claim['reason_title']} »" in words
    assert all(f"    ! {doubt}" in words for doubt in claim["doubts"])
    assert sqlite_home.rows(Contestation) == []


def test_a_list_that_is_an_image_says_why_it_is_not_read(sqlite_home: Home) -> None:
    """OCR is off in this home: the list is told as it is, for a person to read."""
    scanned = scans.scan(claims.printed([("F-1", None, "BENALI", None, None, 9.0, "CR manquant")]))
    circuit = sqlite_home.house.circuits.by_name["soins-programmes-algerie"]
    assert circuit.contestations is not None
    row = Document(
        delivery="d", position=0, path="0", name="liste.pdf", media_type="application/pdf", sha256="s",
        size=len(scanned), kind=circuit.contestations.kind, confidentiality="administrative",
    )  # fmt: skip
    told = lists_told(circuit, [row], {"s": scanned}, "", sqlite_home.house.reader.claims)
    (line,) = claims_in_french(told)
    assert line.startswith("Créances de « liste.pdf » : Cette liste est une image qui n'a pas pu être lue")
