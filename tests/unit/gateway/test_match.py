"""Decisions of the first circuit, as sentences: who wrote what, and where it goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.circuits.decision import Decision, DocumentSeen, MailKind, MailSeen
from gateway.circuits.directory import Directory
from gateway.circuits.load import Circuits, load_circuits
from gateway.circuits.model import Circuit, RouteRule
from gateway.routing.match import match
from parsers.facts import Confidentiality, Fact, Source

CONFIG = Path(__file__).parents[3] / "config"
ADMIN = "etab.ri-cnse.cpam-vannes@assurance-maladie.fr"
MEDICAL = "protocole.algerien@assurance-maladie.fr"
CNAS = "cnas_convention.pro19@cnas.dz"
DUNES, BEFFROI, CALANQUES, LAGON = "599000015", "599000023", "139000012", "989000013"
SENDER = "admissions@ch-dunes.example"


@pytest.fixture(scope="module")
def loaded() -> Circuits:
    return load_circuits(CONFIG, [CONFIG / "circuits" / "soins-programmes-algerie"])


@pytest.fixture(scope="module")
def circuit(loaded: Circuits) -> Circuit:
    return loaded.by_name["soins-programmes-algerie"]


@pytest.fixture(scope="module")
def directory(loaded: Circuits) -> Directory:
    return loaded.directory


def doc(position: int, kind: str, finess: str | None = None, name: str | None = None) -> DocumentSeen:
    facts = [
        Fact(field, value, value, "0" * 64, 1, None, Source.TEXT, 0.9)
        for field, value in (("establishment_finess", finess), ("establishment_name", name))
        if value is not None
    ]
    medical = kind in {"medical-report", "other"}
    secrecy = Confidentiality.MEDICAL if medical else Confidentiality.ADMINISTRATIVE
    return DocumentSeen(
        position, f"piece-{position}.pdf", "application/pdf", "0" * 64, kind, 0.9, secrecy, tuple(facts)
    )


def mail(*documents: DocumentSeen, **changes: object) -> MailSeen:
    made = MailSeen(
        sha256="a" * 64,
        kind=MailKind.MAIL,
        mailbox=ADMIN,
        envelope_from=SENDER,
        sender=SENDER,
        recipients=(ADMIN,),
        subject="Envoi",
        received_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
        decryption="absent",
        signature="absent",
        documents=documents,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def said(decision: Decision) -> str:
    return "\n".join([*decision.reasons, *(r for route in decision.routes for r in route.reasons)])


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
        ("a stranger", {"sender": "x@inconnu.example"}, "n'est pas dans l'annuaire"),
        ("a refused sender", {"sender": "x@demarchage.example"}, "refusé par l'annuaire"),
        ("nobody in From, or two", {"sender": None}, "champ From"),
        ("a false signature", {"signature": "invalid"}, "modifié"),
        ("an authority nobody knows", {"signature": "untrusted"}, "autorité"),
        ("an expired certificate", {"signature": "expired"}, "expiré"),
        ("a revoked certificate", {"signature": "revoked"}, "révoqué"),
        ("the signature of somebody else", {"signature": "mismatch"}, "expéditeur déclaré"),
        ("a weak algorithm", {"signature": "weak"}, "trop faible"),
        ("a verdict from the future", {"signature": "quantum"}, "inconnu"),
        ("a damaged encryption", {"decryption": "corrupt"}, "endommagé"),
    ],
)
def test_quarantine(
    circuit: Circuit, directory: Directory, case: str, changes: dict[str, object], words: str
) -> None:
    decision = match(mail(doc(0, "se352-301", DUNES), **changes), circuit, directory)
    assert [route.queue for route in decision.routes] == ["quarantaine"], case
    assert decision.quarantined, case
    assert decision.routes[0].documents == (0,), case
    assert decision.routes[0].forward_to == (), case
    assert decision.letter is None, case
    assert words in said(decision), case


def test_every_reason_against_a_mail_is_told(circuit: Circuit, directory: Directory) -> None:
    seen = mail(sender="x@inconnu.example", signature="expired", decryption="corrupt")
    assert len(match(seen, circuit, directory).routes[0].reasons) == 3


def test_a_known_correspondent_whose_mail_no_key_opens_is_asked_to_send_again(
    circuit: Circuit, directory: Directory
) -> None:
    decision = match(mail(doc(0, "other"), decryption="no-key"), circuit, directory)
    assert (decision.queue, decision.letter) == ("quarantaine", "demande-chiffrement")


@pytest.mark.parametrize(
    "changes",
    [{"sender": "x@inconnu.example"}, {"signature": "expired"}, {"sender": "x@demarchage.example"}],
)
def test_nobody_else_is_written_to_from_quarantine(
    circuit: Circuit, directory: Directory, changes: dict[str, object]
) -> None:
    decision = match(mail(decryption="no-key", **changes), circuit, directory)
    assert decision.letter is None


def test_a_circuit_may_accept_strangers_and_weak_signatures(circuit: Circuit, directory: Directory) -> None:
    open_to_all = replace(circuit, unknown_senders="accept", weak_signatures="accept")
    decision = match(
        mail(doc(0, "se352-301", DUNES), sender="x@inconnu.example", signature="weak"),
        open_to_all,
        directory,
    )
    assert decision.queue == "cpam-594"
    assert "ce circuit l'accepte" in said(decision)
    assert "trop faible" in said(decision)


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
