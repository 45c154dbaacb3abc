"""A certificate serves when valid that day, made to encrypt and known to us; the trace says why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509

from gateway.circuits.directory import Correspondent, Directory
from gateway.outbound.certificates import NONE_KNOWN, Chooser
from parsers.smime.model import Trust
from storage import certbook
from storage.certbook import CertificateState, KnownCertificate
from storage.db import Database, Session
from tests.builders import pki
from tests.builders.pki import Authority, Issued
from tests.builders.seen import AT, HOSPITAL, directory


@pytest.fixture(scope="module")
def authority() -> Authority:
    return pki.create(AT)


def _directory(*certificates: Issued) -> Directory:
    known = Correspondent(HOSPITAL, "hospital", "CHU", None, tuple(c.der for c in certificates))
    return replace(directory(), correspondents=(known,))


def _propose(session: Session, one: Issued) -> int:
    certificate: x509.Certificate = one.certificate
    row = KnownCertificate(
        address=HOSPITAL,
        fingerprint="0" * 64,
        der=one.der,
        subject="CHU",
        issuer="AC",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        seen_at=AT,
    )
    assert certbook.propose(session, row)
    assert not certbook.propose(session, row)
    (found,) = certbook.listed(session, [CertificateState.PROPOSED], 10)
    return found.id or 0


def test_the_directory_then_what_a_person_confirmed(database: Database, authority: Authority) -> None:
    trust = authority.trust()
    one = authority.issue(HOSPITAL, kind="rsa")
    with database.transaction() as session:
        assert Chooser(_directory(one), lambda: trust)(session, HOSPITAL, AT).certificate == one.der
        choose = Chooser(_directory(), lambda: trust)
        assert choose(session, HOSPITAL, AT).reasons == (NONE_KNOWN,)
        number = _propose(session, one)
        assert choose(session, HOSPITAL, AT).certificate is None, "seen is not believed"
        before, after = CertificateState.PROPOSED, CertificateState.CONFIRMED
        assert certbook.decide(session, number, before, after, "sylvie", AT)
        assert not certbook.decide(session, number, before, after, "sylvie", AT)
        assert choose(session, HOSPITAL.upper(), AT).certificate == one.der
        assert certbook.decide(session, number, after, CertificateState.REJECTED, "sylvie", AT)
        assert choose(session, HOSPITAL, AT).certificate is None


def test_expired_revoked_and_signing_only_are_not_used_and_said(
    sqlite_database: Database, authority: Authority
) -> None:
    old = authority.issue(HOSPITAL, kind="rsa", not_after=AT - timedelta(days=1))
    revoked = authority.issue(HOSPITAL, kind="rsa")
    authority.revoke(revoked, AT - timedelta(days=2))
    weak = authority.issue(HOSPITAL, kind="rsa1024")
    signing = authority.issue(HOSPITAL, kind="ed25519")
    trust = Trust(
        (authority.root.der,), (authority.intermediate.der,), crls=(authority.crl(AT - timedelta(days=1)),)
    )
    with sqlite_database.reading() as session:
        choice = Chooser(_directory(old, revoked, weak, signing), lambda: trust)(session, HOSPITAL, AT)
    assert choice.certificate is None
    told = " ".join(choice.reasons)
    assert "expiré le 22/11/2026" in told
    assert "révoqué" in told
    assert "trop faible" in told
    assert "pas fait pour chiffrer" in told
