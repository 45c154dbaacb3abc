"""Decisions of the first circuit, as sentences: who wrote what, and where it goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.circuits.decision import MailKind, MailSeen
from gateway.circuits.directory import Directory
from gateway.circuits.model import Circuit, RouteRule
from gateway.routing.match import match
from tests.builders.shipped import (
    ADMIN,
    BEFFROI,
    CALANQUES,
    CNAS,
    DUNES,
    LAGON,
    MEDICAL,
    doc,
    mail,
    said,
)


@pytest.mark.parametrize(
    ("case", "seen", "queue", "forward_to"),
    [
        (
            "a 301 goes to the CPAM of the place of care, found by its commune",
            mail(doc(0, "se352-301", DUNES)),
            "cpam-594",
            ("ri@caisse-594.example",),
        ),
        (
            "a 301 for another commune of the Nord goes to the other CPAM",
            mail(doc(0, "se352-301", BEFFROI)),
            "cpam-595",
            ("ri@caisse-595.example",),
        ),
        (
            "a 301 of Mayotte goes to its caisse",
            mail(doc(0, "se352-301", LAGON)),
            "cpam-976",
            ("ri@caisse-976.example",),
        ),
        (
            "a CPAM whose mailbox is unknown still gets the mail in its queue",
            mail(doc(0, "se352-301", "449000017")),
            "cpam-441",
            (),
        ),
        (
            "a 302 answered by the CNAS goes to the CPAM",
            mail(doc(0, "se352-302-answer", CALANQUES)),
            "cpam-131",
            ("ri@caisse-131.example",),
        ),
        (
            "a 302 request is the medical pole's, and the CNAS is named",
            mail(doc(0, "se352-302-request", DUNES), mailbox=MEDICAL),
            "cnse-medical",
            (CNAS, MEDICAL),
        ),
        (
            "a medical report goes to the medical pole alone",
            mail(doc(0, "medical-report"), mailbox=MEDICAL),
            "cnse-medical",
            (MEDICAL,),
        ),
        ("a quote is the CNSE's", mail(doc(0, "quote")), "cnse-administratif", (ADMIN, CNAS)),
        ("a question is the CNSE's", mail(doc(0, "question")), "cnse-administratif", (ADMIN,)),
        ("a contestation is the CNSE's", mail(doc(0, "contestation")), "cnse-administratif", (ADMIN,)),
        (
            "an invoice without a place follows its sender's establishment",
            mail(doc(0, "invoice")),
            "cpam-594",
            ("ri@caisse-594.example",),
        ),
        ("an unknown document waits for a person", mail(doc(0, "other")), "a-identifier", ()),
        ("a kind nobody declared is treated as unknown", mail(doc(0, "poem")), "a-identifier", ()),
        ("an empty mail waits for a person", mail(), "a-identifier", ()),
    ],
)
def test_one_document(
    circuit: Circuit,
    directory: Directory,
    case: str,
    seen: MailSeen,
    queue: str,
    forward_to: tuple[str, ...],
) -> None:
    decision = match(seen, circuit, directory)
    assert decision.queue == queue, case
    assert decision.routes[0].forward_to == forward_to, case
    assert not decision.quarantined, case
    assert decision.letter in {"accuse-reception", "question-recue"}, case
    assert all(reason.endswith(".") for reason in decision.routes[0].reasons), case


@pytest.mark.parametrize(
    ("case", "changes", "words"),
    [
        (
            "a bounce from a server nobody knows",
            {"kind": MailKind.DELIVERY_REPORT, "sender": "mailer-daemon@mx.example", "envelope_from": ""},
            "un rapport de remise",
        ),
        ("a read receipt", {"kind": MailKind.READ_RECEIPT}, "un accusé de lecture"),
        ("an out-of-office", {"kind": MailKind.AUTO_REPLY}, "une réponse automatique"),
    ],
)
def test_a_report_goes_to_its_mailbox_s_queue_and_is_never_answered(
    circuit: Circuit, directory: Directory, case: str, changes: dict[str, object], words: str
) -> None:
    decision = match(mail(doc(0, "medical-report"), mailbox=MEDICAL, **changes), circuit, directory)
    assert [r.queue for r in decision.routes] == ["cnse-medical"], case
    assert decision.routes[0].kind == changes["kind"], case
    assert decision.letter is None, case
    assert words in said(decision), case


@pytest.mark.parametrize(
    ("case", "changes", "words"),
    [
        ("a mailing list", {"bulk": True}, "liste"),
        ("a null return path", {"envelope_from": ""}, "adresse de retour"),
        ("a null return path written with brackets", {"envelope_from": "<>"}, "adresse de retour"),
        ("our own mailbox", {"sender": MEDICAL}, "nos propres boîtes"),
    ],
)
def test_mail_that_is_filed_but_not_answered(
    circuit: Circuit, directory: Directory, case: str, changes: dict[str, object], words: str
) -> None:
    decision = match(mail(doc(0, "se352-301", DUNES), **changes), circuit, directory)
    assert decision.queue == "cpam-594", case
    assert decision.letter is None, case
    assert words in said(decision), case


def test_a_form_and_a_report_part_ways_and_the_form_leads(circuit: Circuit, directory: Directory) -> None:
    seen = mail(doc(0, "medical-report"), doc(1, "se352-301", DUNES), doc(2, "identity-document"))
    decision = match(seen, circuit, directory)
    assert [(r.queue, r.documents) for r in decision.routes] == [
        ("cpam-594", (1, 2)),
        ("cnse-medical", (0,)),
    ]
    assert decision.routes[0].kind == "se352-301"
    assert (decision.caisse, decision.establishment) == ("594", DUNES)


def test_a_medical_report_never_enters_an_administrative_route(
    circuit: Circuit, directory: Directory
) -> None:
    for other in circuit.kind_titles:
        decision = match(mail(doc(0, other, DUNES), doc(1, "medical-report")), circuit, directory)
        holders = [r.queue for r in decision.routes if 1 in r.documents]
        assert holders == ["cnse-medical"], other


@pytest.mark.parametrize(
    ("case", "seen", "wrong"),
    [
        ("a report sent to the administrative mailbox", mail(doc(0, "medical-report")), True),
        ("a question sent to the medical pole", mail(doc(0, "question"), mailbox=MEDICAL), True),
        ("a 301 sent to the CNSE instead of the CPAM", mail(doc(0, "se352-301", DUNES)), True),
        ("a report sent to the medical pole", mail(doc(0, "medical-report"), mailbox=MEDICAL), False),
        ("a quote sent to the administrative mailbox", mail(doc(0, "quote")), False),
        ("an unknown document", mail(doc(0, "other")), False),
        ("a mailbox the circuit forgot", mail(doc(0, "quote"), mailbox="x@y.example"), False),
    ],
)
def test_the_wrong_door(
    circuit: Circuit, directory: Directory, case: str, seen: MailSeen, wrong: bool
) -> None:
    assert ("mauvaise porte" in said(match(seen, circuit, directory))) is wrong, case


def test_a_document_that_could_not_be_read_says_so(circuit: Circuit, directory: Directory) -> None:
    broken = replace(doc(0, "other"), trouble="Le PDF est endommagé.")
    decision = match(mail(broken), circuit, directory)
    assert decision.queue == "a-identifier"
    assert "n'a pas pu être lu" in said(decision)


def test_the_rule_in_force_the_day_of_reception_decides(circuit: Circuit, directory: Directory) -> None:
    midnight_in_paris = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
    quote = next(r for r in circuit.routes if r.kind == "quote")
    until = replace(quote, effective_to=datetime(2026, 12, 31, tzinfo=UTC).date())
    since = replace(quote, queue="cnse-medical", effective_from=datetime(2027, 1, 1, tzinfo=UTC).date())
    others: tuple[RouteRule, ...] = tuple(r for r in circuit.routes if r is not quote)
    dated = replace(circuit, routes=(until, since, *others))
    before = mail(doc(0, "quote"), received_at=datetime(2026, 12, 31, 22, 59, tzinfo=UTC))
    after = mail(doc(0, "quote"), received_at=midnight_in_paris)
    assert match(before, dated, directory).queue == "cnse-administratif"
    assert match(after, dated, directory).queue == "cnse-medical"


def test_the_decision_names_the_rules_and_the_directory_and_is_always_the_same(
    circuit: Circuit, directory: Directory
) -> None:
    seen = mail(doc(0, "quote"), doc(1, "medical-report"), doc(2, "se352-301", DUNES))
    decision = match(seen, circuit, directory)
    assert decision == match(seen, circuit, directory)
    assert decision.rules_hash == circuit.rules_hash
    assert decision.directory_hash == directory.directory_hash
    assert len(decision.rules_hash) == len(decision.directory_hash) == 64
    placed = sorted(position for route in decision.routes for position in route.documents)
    assert placed == [0, 1, 2]
