"""Notices of treatment: sent where the mailbox says so and RFC 8098 allows, once, and every refusal."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from typing import Literal

import pytest

from gateway.circuits.decision import MailKind, MailSeen
from gateway.circuits.model import Circuit
from gateway.evidence.record import Kind
from gateway.outbound.compose import Draft
from gateway.outbound.disposition import answered, queue_notice, refusal
from gateway.outbound.heads import heads
from parsers.mime import parse
from parsers.report import READ
from parsers.reports import read_report
from parsers.unpack import Message, unpack
from storage import outbox
from storage.db import Database
from storage.outbox import OutboxEntry
from storage.vault import Vault
from tests.builders import mails_others, rows
from tests.builders.seen import AT, HOSPITAL, MAILBOX, circuit, decision, directory, mail
from tests.worlds.house import Home

CARE = "urgences@chu.mssante.fr"


Policy = Literal["never", "mssante", "known"]


def _circuit(policy: Policy = "known") -> Circuit:
    (box,) = circuit().mailboxes
    return circuit(mailboxes=(replace(box, answer_reading=policy),))


def _message(*extra: bytes, to: str = HOSPITAL) -> Message:
    lines = [b"From: " + to.encode(), b"Disposition-Notification-To: <" + to.encode() + b">", *extra]
    return unpack(*(2 * (b"\r\n".join((*lines, b"", b"Bonjour\r\n")),))).message


def _seen(**changes: object) -> MailSeen:
    return replace(mail(), message_id="<m1@chu.example>", **changes)  # type: ignore[arg-type]


def _refusal(
    seen: MailSeen, message: Message, policy: Policy = "known", *, quarantined: bool = False
) -> str | None:
    return refusal(_circuit(policy), directory(), seen, decision(seen, quarantined=quarantined), message)


def test_allowed_to_a_known_correspondent_and_inside_mssante() -> None:
    assert _refusal(_seen(), _message()) is None
    inside = _seen(envelope_from=CARE, sender=CARE)
    assert _refusal(inside, _message(to=CARE), "mssante") is None
    assert _refusal(_seen(), _message(b"Return-Path: <admissions@chu.example>")) is None


REFUSALS = [
    ("a list", {"bulk": True}, _message(), "liste"),
    ("an empty return path", {"envelope_from": "<>"}, _message(), "retour est vide"),
    ("another address", {}, _message(to="autre@chu.example"), "autre adresse"),
    ("another return path", {"envelope_from": "r@chu.example"}, _message(), "autre adresse"),
    ("a Return-Path that differs", {}, _message(b"Return-Path: <x@y.example>"), "autre adresse"),
    ("an empty Return-Path", {}, _message(b"Return-Path: <>"), "autre adresse"),
    ("two addresses", {}, _message(b"Disposition-Notification-To: b@chu.example"), "plusieurs adresses"),
    ("an automatic mail", {}, _message(b"Auto-Submitted: auto-generated"), "automatique"),
    (
        "a demand nobody knows",
        {},
        _message(b"Disposition-Notification-Options: x-sceau=required,oui"),
        "condition inconnue",
    ),
    ("a report", {"kind": MailKind.DELIVERY_REPORT}, _message(), "avis de remise"),
    ("a notice", {"kind": MailKind.READ_RECEIPT}, _message(), "avis de lecture"),
    ("an answering machine", {"kind": MailKind.AUTO_REPLY}, _message(), "réponse automatique"),
    ("ourselves", {"envelope_from": MAILBOX}, _message(to=MAILBOX), "nos boîtes"),
    (
        "a machine",
        {"envelope_from": "noreply@chu.example"},
        _message(to="noreply@chu.example"),
        "automate",
    ),
    ("a stranger", {"envelope_from": "a@b.example"}, _message(to="a@b.example"), "annuaire"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "message", "word"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
def test_each_refusal_says_why(changes: dict[str, object], message: Message, word: str) -> None:
    told = _refusal(_seen(**changes), message)
    assert told is not None
    assert word in told


def test_a_mail_in_quarantine_waits_for_a_person() -> None:
    told = _refusal(_seen(), _message(), quarantined=True)
    assert told is not None
    assert "quarantaine" in told


def test_only_mssante_when_the_mailbox_says_so() -> None:
    told = _refusal(_seen(), _message(), "mssante")
    assert told is not None
    assert "messagerie sécurisée de santé" in told


def test_nobody_asked_or_the_mailbox_sends_none_is_no_event() -> None:
    seen = _seen()
    asked, unasked = _message(), unpack(b"From: a@b.fr\r\n\r\nx", b"From: a@b.fr\r\n\r\nx").message
    pairs: tuple[tuple[Policy, Message], ...] = (("never", asked), ("known", unasked))
    for policy, message in pairs:
        assert answered(_circuit(policy), directory(), seen, decision(seen), message) == ()
    ((kind, _, fields),) = (
        answered(_circuit(), directory(), replace(seen, bulk=True), decision(seen), asked) or ()
    )
    assert (kind, fields["step"]) == (Kind.STEP, "notice")


def test_the_notice_is_one_report_with_a_null_return_path(database: Database, vault: Vault) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        ((kind, _, _),) = queue_notice(session, vault, _circuit(), _seen(), _message(), AT, 20)
        assert kind is Kind.LETTER_QUEUED
        assert queue_notice(session, vault, _circuit(), _seen(), _message(), AT, 20) == ()
        again = _seen(sha256="b" * 64)
        assert queue_notice(session, vault, _circuit(), again, _message(), AT, 20) == (), "same Message-ID"
        (entry,) = rows.letters(session)
        raw = vault.get(entry.raw_sha256)
        assert entry.null_return_path
        assert entry.recipient == HOSPITAL
    told = message_from_bytes(raw)
    assert told.get_content_type() == "multipart/report"
    assert told["Auto-Submitted"] == "auto-replied"
    assert told["Disposition-Notification-To"] is None
    assert told["MIME-Version"] == "1.0"
    assert raw.replace(b"\r\n", b"").count(b"\n") == 0
    report = read_report(parse(raw))
    assert report is not None
    assert (report.kind, report.disposition) == (READ, "processed")
    assert report.original_message_id == "<m1@chu.example>"
    assert [who.address for who in report.recipients] == [MAILBOX]
    assert b"Disposition: automatic-action/MDN-sent-automatically; processed" in raw
    assert b"Attestation" not in raw, "the subject of the mail is never repeated"


def test_a_full_day_leaves_it_to_a_person(sqlite_database: Database, vault: Vault) -> None:
    with sqlite_database.transaction() as session:
        rows.delivery(session, "a")
        ((kind, _, fields),) = queue_notice(session, vault, _circuit(), _seen(), _message(), AT, 0)
        assert (kind, rows.letters(session)) == (Kind.STEP, [])
        assert "aujourd'hui" in fields["silence"]


def _draft(*, ask: bool, answers: bool) -> Draft:
    (box,) = circuit().mailboxes
    return Draft(
        "essai", "rappel", replace(box, ask_reading=ask), HOSPITAL, "S", "t", "<1@x>", AT, answers=answers
    )


@pytest.mark.parametrize("receipt", [True, False])
@pytest.mark.parametrize("ask", [True, False])
@pytest.mark.parametrize("answers", [True, False])
def test_a_reading_notice_is_asked_only_where_the_mailbox_says_so(
    receipt: bool, ask: bool, answers: bool
) -> None:
    asked = b"Disposition-Notification-To" in heads(_draft(ask=ask, answers=answers), receipt=receipt)
    assert asked is (receipt and ask and not answers)


@pytest.mark.parametrize(("policy", "sent"), [("never", 0), ("known", 1)])
def test_through_a_whole_house(sqlite_home: Home, policy: Policy, sent: int) -> None:
    home = sqlite_home
    sample = mails_others.question(home.desk)
    asking = sample.raw.replace(
        b"Subject:", f"Disposition-Notification-To: {sample.sender}\r\nSubject:".encode()
    )
    circuits = home.house.circuits.by_name
    name = next(iter(circuits))
    boxes = tuple(replace(box, answer_reading=policy) for box in circuits[name].mailboxes)
    circuits[name] = replace(circuits[name], mailboxes=boxes)
    delivery = home.carry_raw(asking, sample.sender)
    entries = home.rows(OutboxEntry, letter="avis-de-traitement")
    assert [entry.recipient for entry in entries] == [sample.sender] * sent
    assert all(outbox.OutboxState.QUEUED is entry.state for entry in entries)
    assert delivery.kind == "mail"
