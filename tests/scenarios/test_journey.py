"""Every sample mail from the door to its due dates, on both databases: who gets what, once, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from gateway.circuits.decision import MailKind
from gateway.evidence.record import Kind
from gateway.flow import FLOW
from storage.cases import Candidate, Case, CaseDocument, Item, Period, PeriodOrigin, PeriodStatus
from storage.deadlines import Deadline, DeadlineState
from storage.deliveries import Arrival, Delivery, DeliveryState
from storage.documents import Document
from storage.outbox import OutboxEntry, OutboxState
from storage.people import Person
from tests.builders import mails, mails_forms
from tests.builders.desk import CALANQUES, CNSE, COLLINE, MEDICAL, Desk, Sample
from tests.worlds.house import AT, Home

NEEDS_OCR = (mails_forms.scanned_sealed, mails_forms.photo)
ANSWERED = {
    "301-acroform": "accuse-reception",
    "301-cadre-4-vide": "accuse-reception",
    "301-volet-2": "accuse-reception",
    "301-zip": "accuse-reception",
    "301-transferee": "accuse-reception",
    "301-outre-mer": "accuse-reception",
    "302-demande": "accuse-reception",
    "302-reponse": "accuse-reception",
    "cr-pdf": "accuse-reception",
    "cr-xdm": "accuse-reception",
    "301-et-cr": "accuse-reception",
    "cr-mauvaise-boite": "accuse-reception",
    "devis": "accuse-reception",
    "question": "question-recue",
    "contestation": "accuse-reception",
    "inconnu": "accuse-reception",
    "mauvaise-cle": "demande-chiffrement",
    "zip-hostile": "accuse-reception",
}
SILENT = {
    "absence": "réponse automatique",
    "rebond": "avis de remise",
    "inconnu-expediteur": "quarantaine",
    "signataire-different": "quarantaine",
    "certificat-expire": "quarantaine",
}


@dataclass(frozen=True, slots=True)
class Carried:
    """The home once every sample has ended its journey."""

    home: Home
    samples: tuple[Sample, ...]
    ids: dict[str, str]
    duplicates: frozenset[str]

    def __getitem__(self, name: str) -> Delivery:
        return self.home.delivery(self.ids[name])

    def case(self, name: str) -> Case:
        """The one case of a sample's documents."""
        rows = self.home.rows(Document, delivery=self.ids[name])
        filed = {link.case_id for row in rows for link in self.home.rows(CaseDocument, document_id=row.id)}
        (number,) = filed
        (case,) = self.home.rows(Case, id=number)
        return case


@pytest.fixture(scope="module")
def carried(lasting_home: Home) -> Carried:
    builders: list[Callable[[Desk], Sample]] = [b for b in mails.SAMPLES if b not in NEEDS_OCR]
    samples = tuple(build(lasting_home.desk) for build in builders)
    ids: dict[str, str] = {}
    duplicates: set[str] = set()
    for sample in samples:
        accepted = lasting_home.send(sample)
        ids[sample.name] = accepted.sha256
        duplicates |= {sample.name} if accepted.duplicate else set()
        lasting_home.run(accepted.sha256)
        lasting_home.clock.turn(timedelta(minutes=1))
    return Carried(lasting_home, samples, ids, frozenset(duplicates))


def test_every_sample_ends_where_it_says(carried: Carried) -> None:
    ended = {}
    for sample in carried.samples:
        delivery = carried[sample.name]
        if sample.name in carried.duplicates:
            ended[sample.name] = "duplicate"
        elif delivery.state is DeliveryState.SET_ASIDE:
            ended[sample.name] = "set_aside"
        else:
            assert delivery.state is DeliveryState.SCHEDULED
            ended[sample.name] = (delivery.decision or {})["routes"][0]["queue"]
    assert ended == {sample.name: sample.expect for sample in carried.samples}


def test_every_mail_is_in_the_queues_of_its_decision_once(carried: Carried) -> None:
    for delivery in carried.home.rows(Delivery, state=DeliveryState.SCHEDULED):
        queues = [item.queue for item in carried.home.rows(Item, delivery=delivery.sha256)]
        assert sorted(queues) == sorted(route["queue"] for route in (delivery.decision or {})["routes"])
        assert all(route["reasons"] for route in (delivery.decision or {})["routes"])


def test_a_medical_report_reaches_the_medical_service_and_nobody_else(carried: Carried) -> None:
    for name in ("cr-pdf", "cr-xdm", "cr-mauvaise-boite", "301-et-cr"):
        rows = carried.home.rows(Document, delivery=carried.ids[name])
        medical = {row.position for row in rows if row.kind == "medical-report"}
        assert medical, name
        assert all(row.confidentiality == "medical" for row in rows if row.position in medical)
        reached = {
            route["queue"]
            for route in (carried[name].decision or {})["routes"]
            if medical & set(route["documents"])
        }
        assert reached == {"cnse-medical"}, name


def test_a_pdf_that_mixes_a_form_and_a_report_is_split_by_page(carried: Carried) -> None:
    rows = carried.home.rows(Document, delivery=carried.ids["301-et-cr"])
    pages = [
        (r.kind, r.first_page, r.pages, r.confidentiality) for r in rows if r.media_type.endswith("pdf")
    ]
    assert pages == [
        ("se352-301", 1, pages[0][2], "administrative"),
        ("medical-report", 1 + (pages[0][2] or 0), 2, "medical"),
    ]


def test_one_case_an_authorisation_and_what_follows_joins_it(carried: Carried) -> None:
    opened = ("301-acroform", "301-cadre-4-vide", "301-zip", "301-transferee", "301-outre-mer", "301-et-cr")
    references = [carried.case(name).reference for name in opened]
    assert len(set(references)) == len(carried.home.rows(Case)) == len(opened)
    first = carried.case("301-acroform")
    for follower in ("301-volet-2", "302-demande", "302-reponse"):
        assert carried.case(follower).reference == first.reference
    assert first.opened_by_delivery == carried.ids["301-acroform"]
    assert first.caisse == "131"
    assert carried.home.rows(Candidate) == []


def test_quarantined_mails_open_and_join_nothing(carried: Carried) -> None:
    for name in (*(n for n in SILENT if n not in {"absence", "rebond"}), "mauvaise-cle"):
        rows = carried.home.rows(Document, delivery=carried.ids[name])
        assert all(not carried.home.rows(CaseDocument, document_id=row.id) for row in rows), name


def test_coverage_adds_up_and_nothing_rewrites_history(carried: Carried) -> None:
    form = carried.home.desk.form_301(2, CALANQUES)
    assert form.start_date is not None
    assert form.end_date is not None
    periods = carried.home.rows(Period, case_id=carried.case("301-acroform").id)
    told = [(p.origin, p.status, p.starts, p.ends) for p in periods]
    further = (form.end_date + timedelta(days=1), form.end_date + timedelta(days=40))
    authorised = (PeriodOrigin.AUTHORISATION, PeriodStatus.GRANTED, form.start_date, form.end_date)
    assert set(told) == {
        authorised,
        (PeriodOrigin.EXTENSION, PeriodStatus.REQUESTED, *further),
        (PeriodOrigin.EXTENSION, PeriodStatus.GRANTED, *further),
    }
    assert told[0] == authorised


def test_each_mail_that_deserves_a_letter_has_exactly_one(carried: Carried) -> None:
    letters = carried.home.rows(OutboxEntry)
    names = {sha256: name for name, sha256 in carried.ids.items() if name not in carried.duplicates}
    assert {names[entry.delivery or ""]: entry.letter for entry in letters} == ANSWERED
    assert len(letters) == len(ANSWERED)
    assert {entry.state for entry in letters} == {OutboxState.QUEUED}
    for entry in letters:
        assert entry.recipient == carried[names[entry.delivery or ""]].sender


def test_each_silence_has_its_reason_in_the_log(carried: Carried) -> None:
    for name, reason in SILENT.items():
        with carried.home.house.database.reading() as session:
            events = carried.home.house.recorder.events(session, [f"delivery:{carried.ids[name]}"])
        silences = [str(e.fields["silence"]) for e in events if e.fields and "silence" in e.fields]
        said = silences or ["reçu : ce message est lui-même un avis de remise"] * (name == "rebond")
        assert len(said) == 1, name
        assert reason in said[0]
    assert carried["absence"].kind == MailKind.AUTO_REPLY
    assert carried["rebond"].kind == MailKind.DELIVERY_REPORT


def test_letters_are_signed_and_say_that_a_machine_wrote_them(carried: Carried) -> None:
    for entry in carried.home.rows(OutboxEntry):
        raw = carried.home.house.vault.get(entry.raw_sha256)
        head = raw.partition(b"\r\n\r\n")[0].lower()
        assert b"auto-submitted: auto-replied" in head
        assert b"content-type: multipart/signed" in head
        assert f"message-id: {entry.message_id}".lower().encode() in head.replace(b"\r\n ", b" ")


def test_the_letter_about_an_unsigned_box_shows_it(carried: Carried) -> None:
    (entry,) = carried.home.rows(OutboxEntry, delivery=carried.ids["301-cadre-4-vide"])
    raw = carried.home.house.vault.get(entry.raw_sha256)
    assert b"image/png" in raw
    (whole,) = carried.home.rows(OutboxEntry, delivery=carried.ids["301-zip"])
    assert b"image/png" not in carried.home.house.vault.get(whole.raw_sha256)


def _dues(carried: Carried, name: str) -> dict[str, Deadline]:
    return {d.kind: d for d in carried.home.rows(Deadline, delivery=carried.ids[name])}


def test_due_dates_start_with_the_mail_and_end_with_what_answers_it(carried: Carried) -> None:
    form = carried.home.desk.form_301(5, COLLINE)
    zipped = _dues(carried, "301-zip")
    assert zipped["coverage-end"].due == form.end_date
    assert zipped["coverage-end"].state is DeadlineState.OPEN
    assert zipped["acknowledgement-registration"].due == date(2026, 11, 24)
    assert zipped["acknowledgement-registration"].status == "to be confirmed"
    assert all(due.basis and due.explanation for due in zipped.values())
    # the request ends the wait for it; the answer grants another end of cover
    assert _dues(carried, "301-acroform")["extension-request"].state is DeadlineState.MET
    assert _dues(carried, "301-acroform")["coverage-end"].state is DeadlineState.CANCELLED
    assert _dues(carried, "302-demande")["cnas-answer"].state is DeadlineState.MET
    granted = _dues(carried, "302-reponse")["coverage-end"]
    assert granted.state is DeadlineState.OPEN
    assert granted.due == (carried.home.desk.form_301(2, CALANQUES).end_date or AT.date()) + (
        timedelta(days=40)
    )


def test_nothing_is_due_for_reports_and_quarantined_mails(carried: Carried) -> None:
    for name in SILENT:
        assert _dues(carried, name) == {}, name


def test_the_same_bytes_on_a_second_mailbox_are_one_delivery_and_two_arrivals(carried: Carried) -> None:
    assert carried.duplicates == {"doublon"}
    assert carried.ids["doublon"] == carried.ids["301-acroform"]
    arrivals = carried.home.rows(Arrival, delivery=carried.ids["doublon"])
    assert [arrival.mailbox for arrival in arrivals] == [CNSE, MEDICAL]
    assert len(carried.home.rows(Item, delivery=carried.ids["doublon"])) == 1


def test_evidence_is_whole_and_tells_every_step(carried: Carried) -> None:
    home = carried.home
    home.house.recorder.checkpoint(home.house.database)
    verdict = home.house.recorder.verify(home.house.database)
    assert verdict.ok, verdict.reason
    for sample in carried.samples:
        with home.house.database.reading() as session:
            events = home.house.recorder.events(session, [f"delivery:{carried.ids[sample.name]}"])
        told = Counter(event.kind for event in events)
        assert told[Kind.ARRIVAL] == 1
        if sample.expect == "set_aside":
            assert told[Kind.SET_ASIDE] == 1
            continue
        steps = [(event.fields or {}).get("step") for event in events if event.kind == Kind.STEP]
        assert {step.name for step in FLOW} <= set(steps)
        assert told[Kind.DECISION] == 1


def test_the_whole_spool_sent_again_changes_nothing_but_arrivals(carried: Carried) -> None:
    home = carried.home
    tables = (
        Delivery,
        Document,
        Case,
        CaseDocument,
        Period,
        Item,
        Candidate,
        OutboxEntry,
        Deadline,
        Person,
    )
    before = [[row.model_dump() for row in home.rows(table)] for table in tables]
    arrivals = len(home.rows(Arrival))
    for sample in carried.samples:
        accepted = home.send(sample)
        assert accepted.duplicate
        assert home.run(accepted.sha256) is carried[sample.name].state
    assert [[row.model_dump() for row in home.rows(table)] for table in tables] == before
    assert len(home.rows(Arrival)) == arrivals + len(carried.samples)


@pytest.mark.ocr
def test_scans_are_recognised_and_routed(sqlite_home: Home) -> None:
    """The real engine, once: a skewed scan in a signed and encrypted mail, a photo lying on its side."""
    home = sqlite_home
    home.reopen(ocr=home.house.settings.ocr.model_copy(update={"engine": "rapidocr"}))
    for build in NEEDS_OCR:
        sample = build(home.desk)
        delivery = home.carry(sample)
        assert delivery.state is DeliveryState.SCHEDULED
        assert (delivery.decision or {})["routes"][0]["queue"] == sample.expect
        (case,) = home.rows(Case, opened_by_delivery=delivery.sha256)
        assert case.form_reference
    assert len(home.rows(Case)) == len(NEEDS_OCR)
