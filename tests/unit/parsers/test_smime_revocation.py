"""Revocation by list and by OCSP answer, judged at the arrival, with the proof kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from parsers.smime.model import Signature
from parsers.smime.revocation import Status, judge
from tests.builders import pki, smime
from tests.builders.secure import AT, ENTITY, SENDER, mail, read

DAY = timedelta(days=1)
UNKNOWN = "La révocation du certificat du signataire n’a pas été vérifiée : aucune preuve en vigueur."


@pytest.fixture
def ca() -> pki.Authority:
    return pki.create(AT)


def _path(ca: pki.Authority, issued: pki.Issued) -> tuple[bytes, ...]:
    return issued.der, ca.intermediate.der, ca.root.der


def _ders(status: Status) -> list[bytes]:
    return [one.der for one in status.evidence]


def test_no_proof_at_all_stands_and_says_so(ca: pki.Authority) -> None:
    status = judge(_path(ca, ca.issue(SENDER)), (), (), AT)
    assert (status.revoked, status.reasons, status.evidence) == (False, (UNKNOWN,), ())


def test_a_list_in_force_clears_and_is_kept(ca: pki.Authority) -> None:
    crl = ca.crl(AT - DAY)
    status = judge(_path(ca, ca.issue(SENDER)), (b"noise", crl), (), AT)
    assert (status.revoked, status.reasons, _ders(status)) == (False, (), [crl])


def test_listed_before_the_arrival(ca: pki.Authority) -> None:
    issued = ca.issue(SENDER)
    ca.revoke(issued, AT - 2 * DAY)
    crl = ca.crl(AT - DAY)
    raw = mail(smime.sign(ENTITY, issued.identity, chain=ca.chain))
    security = read(raw, trust=ca.trust(crls=[crl])).security
    assert security.signature is Signature.REVOKED
    assert security.reasons[0].startswith("Le certificat du signataire avait été révoqué le 21/11/2026")
    assert security.revocation == (crl,)


def test_revoked_after_the_arrival_does_not_change_an_old_verdict(ca: pki.Authority) -> None:
    issued = ca.issue(SENDER)
    ca.revoke(issued, AT + DAY)
    crl = ca.crl(AT + 2 * DAY)
    assert not judge(_path(ca, issued), (crl,), (), AT).revoked
    assert judge(_path(ca, issued), (crl,), (), AT + DAY).revoked


def test_a_later_list_tells_of_an_earlier_revocation(ca: pki.Authority) -> None:
    issued = ca.issue(SENDER)
    ca.revoke(issued, AT - DAY)
    assert judge(_path(ca, issued), (ca.crl(AT + 2 * DAY),), (), AT).revoked


@pytest.mark.parametrize(("made", "clears"), [(-10, False), (-7, True), (0, True), (5, True), (400, False)])
def test_when_silence_clears(ca: pki.Authority, made: int, clears: bool) -> None:
    """Out of date: no. In force, or made later while the certificate was alive: yes."""
    status = judge(_path(ca, ca.issue(SENDER)), (ca.crl(AT + made * DAY),), (), AT)
    assert (status.reasons == ()) is clears


def test_an_out_of_date_list_still_revokes(ca: pki.Authority) -> None:
    issued = ca.issue(SENDER)
    ca.revoke(issued, AT - 100 * DAY)
    assert judge(_path(ca, issued), (ca.crl(AT - 90 * DAY),), (), AT).revoked


def test_a_list_by_somebody_else_proves_nothing(ca: pki.Authority) -> None:
    issued = ca.issue(SENDER)
    other = pki.create(AT)
    other.revoke(issued, AT - DAY)
    status = judge(_path(ca, issued), (other.crl(AT - DAY),), (other.answer(issued, AT),), AT)
    assert (status.revoked, status.reasons) == (False, (UNKNOWN,))


def test_a_forged_list_proves_nothing(ca: pki.Authority) -> None:
    issued = ca.issue(SENDER)
    ca.revoke(issued, AT - DAY)
    crl = bytearray(ca.crl(AT - DAY))
    crl[-10] ^= 1
    assert judge(_path(ca, issued), (bytes(crl),), (), AT).reasons == (UNKNOWN,)


def test_a_revoked_authority(ca: pki.Authority) -> None:
    issued = ca.issue(SENDER)
    ca.revoke(ca.intermediate, AT - DAY)
    crl = ca.crl(AT - DAY, issuer=ca.root)
    status = judge(_path(ca, issued), (crl,), (), AT)
    assert status.revoked
    assert status.reasons[0].startswith("Le certificat d’une autorité du signataire avait été révoqué")


@pytest.mark.parametrize("delegated", [False, True])
def test_ocsp(ca: pki.Authority, delegated: bool) -> None:
    responder = ca.issue("", emails=(), usages=(ExtendedKeyUsageOID.OCSP_SIGNING,), name="OCSP")
    issued = ca.issue(SENDER)
    by = responder if delegated else None
    good = ca.answer(issued, AT, responder=by)
    status = judge(_path(ca, issued), (), (b"noise", good), AT)
    assert (status.revoked, status.reasons, _ders(status)) == (False, (), [good])
    ca.revoke(issued, AT - DAY)
    assert judge(_path(ca, issued), (), (ca.answer(issued, AT, responder=by),), AT).revoked


def test_an_ocsp_answer_by_one_not_appointed(ca: pki.Authority) -> None:
    issued = ca.issue(SENDER)
    ca.revoke(issued, AT - DAY)
    impostor = ca.issue("", emails=(), name="not appointed")
    elsewhere = pki.create(AT).issue("", emails=(), usages=(ExtendedKeyUsageOID.OCSP_SIGNING,), name="OCSP")
    for responder in (impostor, elsewhere):
        answer = ca.answer(issued, AT, responder=responder)
        assert judge(_path(ca, issued), (), (answer,), AT).reasons == (UNKNOWN,)


def test_an_ocsp_answer_about_another_certificate(ca: pki.Authority) -> None:
    other = ca.issue("autre@chu.example")
    assert judge(_path(ca, ca.issue(SENDER)), (), (ca.answer(other, AT),), AT).reasons == (UNKNOWN,)


def test_proofs_carried_by_the_message_count_and_are_kept(ca: pki.Authority) -> None:
    issued = ca.issue(SENDER)
    crl, answer = ca.crl(AT - DAY), ca.answer(issued, AT - timedelta(hours=1))
    signed = smime.sign(ENTITY, issued.identity, chain=ca.chain, crls=[crl], answers=[answer])
    security = read(mail(signed), trust=ca.trust()).security
    assert (security.signature, security.reasons) == (Signature.VALID, ())
    assert set(security.revocation) == {crl, answer}


def test_the_root_is_believed_by_choice(ca: pki.Authority) -> None:
    assert judge((ca.root.der,), (), (), AT).reasons == ()
