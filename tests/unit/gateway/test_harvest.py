"""From a signed mail to a certificate a person confirmed, through a whole house."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from gateway.outbound.certificates import Chooser
from gateway.outbound.harvest import decide
from storage import certbook
from storage.certbook import CertificateState, KnownCertificate
from storage.db import Database
from storage.outbox import OutboxEntry
from tests.builders import mails_forms, pki
from tests.builders.desk import DUNES
from tests.builders.seen import AT, HOSPITAL
from tests.scenarios.test_secure_mail import signed
from tests.worlds.house import Home

CONFIRMED, REJECTED = CertificateState.CONFIRMED, CertificateState.REJECTED


def _kinds(home: Home, subject: str) -> list[Kind | str]:
    with home.house.database.reading() as session:
        return [event.kind for event in home.house.recorder.events(session, [subject])]


def test_a_signed_mail_proposes_once_and_nothing_is_encrypted_before_a_person(sqlite_home: Home) -> None:
    home = sqlite_home
    delivery = home.carry(signed(home.desk))
    (row,) = home.rows(KnownCertificate)
    assert (row.address, row.state, row.verdict) == (DUNES[2], CertificateState.PROPOSED, "signer")
    assert row.der == home.desk.keys.of(DUNES[2]).der
    assert (row.seen_in, row.decided_by) == (delivery.sha256, None)
    assert _kinds(home, f"delivery:{delivery.sha256}").count(Kind.CERTIFICATE) == 1
    (letter,) = home.rows(OutboxEntry)
    assert letter.protection == "signed"
    home.carry_raw(signed(home.desk).raw + b"\r\n")
    assert len(home.rows(KnownCertificate)) == 1


def test_the_next_letter_after_a_person_confirmed_leaves_encrypted(sqlite_home: Home) -> None:
    home = sqlite_home
    home.carry(signed(home.desk))
    (row,) = home.rows(KnownCertificate)
    with home.house.database.transaction() as session:
        _, event = decide(session, row.id or 0, CONFIRMED, "adam", home.clock.now())
    assert event[:2] == (Kind.CERTIFICATE, f"certificate:{row.id}")
    assert event[2]["action"] == "confirmed"
    home.carry_raw(signed(home.desk).raw.replace(b"Subject: Attestation", b"Subject: Seconde"))
    assert [entry.protection for entry in home.rows(OutboxEntry)] == ["signed", "encrypted"]


def test_an_unsigned_mail_offers_nothing(sqlite_home: Home) -> None:
    home = sqlite_home
    home.carry(mails_forms.unsigned_box(home.desk))
    assert home.rows(KnownCertificate) == []


def test_a_signature_that_is_not_the_senders_offers_nothing(sqlite_home: Home) -> None:
    home = sqlite_home
    raw = signed(home.desk).raw.replace(f"From: {DUNES[2]}".encode(), b"From: intrus@ch-dunes.example")
    assert b"From: intrus" in raw
    delivery = home.carry_raw(raw)
    assert (delivery.security or {})["signature"] == "mismatch"
    assert home.rows(KnownCertificate) == []


def _proposed(database: Database) -> int:
    one = pki.create(AT).issue(HOSPITAL, kind="rsa")
    with database.transaction() as session:
        certbook.propose(
            session,
            KnownCertificate(
                address=HOSPITAL,
                fingerprint="a" * 64,
                der=one.der,
                subject="CHU",
                issuer="AC",
                not_before=AT,
                not_after=AT + timedelta(days=10),
                seen_at=AT,
            ),
        )
        (row,) = certbook.listed(session, [CertificateState.PROPOSED], 5)
    return row.id or 0


def test_what_a_person_may_decide(database: Database) -> None:
    number = _proposed(database)
    with database.transaction() as session:
        with pytest.raises(Refused, match="expiré"):
            decide(session, number, CONFIRMED, "adam", AT + timedelta(days=11))
        decide(session, number, CONFIRMED, "adam", AT)
        with pytest.raises(Refused, match="déjà confirmé"):
            decide(session, number, CONFIRMED, "adam", AT)
        _, event = decide(session, number, REJECTED, "eve", AT)
        assert (event[2]["action"], event[2]["person"]) == ("refused", "eve")
        row = certbook.get(session, number)
        assert row is not None
        assert (row.state, row.decided_by) == (REJECTED, "eve")
        with pytest.raises(NotFound):
            decide(session, number + 1, CONFIRMED, "adam", AT)


def test_nothing_confirmed_serves_once_expired(sqlite_home: Home) -> None:
    home = sqlite_home
    home.carry(signed(home.desk))
    (row,) = home.rows(KnownCertificate)
    choose = Chooser(home.house.circuits.directory, lambda: home.house.trust)
    with home.house.database.transaction() as session:
        decide(session, row.id or 0, CONFIRMED, "adam", home.clock.now())
        assert choose(session, DUNES[2], home.clock.now()).certificate == row.der
        late = choose(session, DUNES[2], row.not_after + timedelta(seconds=1))
    assert late.certificate is None
    assert "expiré" in " ".join(late.reasons)
