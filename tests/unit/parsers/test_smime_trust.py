"""Belief in a signer's certificate: path, dates at the arrival, use, strength."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from parsers.smime.model import Signature, Trust
from parsers.smime.trust import assess
from tests.builders import pki, smime
from tests.builders.secure import AT, ENTITY, SENDER, authority, mail, read, sender

V = Signature
DAY = timedelta(days=1)


def _assess(issued: pki.Issued, at: datetime = AT, trust: Trust | None = None) -> Signature:
    return assess(
        issued.der, authority().chain, authority().trust() if trust is None else trust, at
    ).verdict


def test_a_path_to_the_root() -> None:
    assert _assess(sender()) is V.VALID


def test_the_intermediate_may_come_from_the_message_the_settings_or_the_directory() -> None:
    root = (authority().root.der,)
    chain = authority().chain
    assert assess(sender().der, chain, Trust(root), AT).verdict is V.VALID
    assert assess(sender().der, (), Trust(root, intermediates=chain), AT).verdict is V.VALID
    assert assess(sender().der, (), Trust(root, known=(sender().der, *chain)), AT).verdict is V.VALID
    assert assess(sender().der, (), Trust(root), AT).verdict is V.UNTRUSTED


def test_certificates_of_the_message_are_never_believed_by_themselves() -> None:
    other = pki.create(AT)
    stranger = other.issue(SENDER)
    standing = assess(stranger.der, (*other.chain, other.root.der), authority().trust(), AT)
    assert standing.verdict is V.UNTRUSTED
    assert standing.reasons == ("L’autorité qui garantit le certificat du signataire n’est pas reconnue.",)


def test_self_signed() -> None:
    own = pki.self_signed(SENDER, AT)
    standing = assess(own.der, (own.der,), authority().trust(), AT)
    assert standing.verdict is V.UNTRUSTED
    assert standing.reasons == ("Le certificat du signataire n’est garanti que par lui-même.",)
    assert assess(own.der, (), Trust((own.der,)), AT).verdict is V.VALID
    assert assess(own.der, (), Trust((own.der,)), AT + 3 * pki.YEAR).verdict is V.EXPIRED


def test_a_root_of_the_same_name_and_another_key() -> None:
    twin = pki.create(AT)
    trust = Trust((twin.root.der,), twin.chain)
    assert _assess(sender(), trust=trust) is V.UNTRUSTED


@pytest.mark.parametrize(
    ("moment", "verdict"),
    [
        (AT - 40 * DAY, V.EXPIRED),
        (AT - 30 * DAY - timedelta(seconds=1), V.EXPIRED),
        (AT - 30 * DAY, V.VALID),
        (AT + 365 * DAY, V.VALID),
        (AT + 365 * DAY + timedelta(milliseconds=500), V.VALID),
        (AT + 365 * DAY + timedelta(seconds=1), V.EXPIRED),
        (AT + 4000 * DAY, V.EXPIRED),
    ],
)
def test_dates_are_judged_at_the_arrival(moment: datetime, verdict: Signature) -> None:
    assert _assess(sender(), moment) is verdict


def test_a_certificate_expired_since_does_not_change_an_old_verdict() -> None:
    raw = mail(smime.sign(ENTITY, sender().identity, chain=authority().chain))
    assert read(raw, at=AT).security.signature is V.VALID
    late = read(raw, at=AT + 400 * DAY).security
    assert late.signature is V.EXPIRED
    assert late.reasons[0] == "Le certificat du signataire avait expiré le 23/11/2027, avant l’arrivée."
    assert read(raw, at=AT).security.signature is V.VALID


def test_a_certificate_of_the_future_is_outside_its_dates() -> None:
    future = authority().issue(SENDER, not_before=AT + 10 * DAY)
    standing = assess(future.der, authority().chain, authority().trust(), AT)
    assert standing.verdict is V.EXPIRED
    assert standing.reasons[0] == "Le certificat du signataire n’était valable qu’à partir du 03/12/2026."


def test_an_expired_certificate_of_a_stranger_is_untrusted_first() -> None:
    other = pki.create(AT).issue(SENDER, not_after=AT - DAY)
    assert _assess(other) is V.UNTRUSTED


def test_an_expired_authority() -> None:
    long = authority().issue(SENDER, not_after=AT + 30 * pki.YEAR)
    assert _assess(long, AT + 15 * pki.YEAR) is V.EXPIRED
    assert _assess(long, AT + 25 * pki.YEAR) is V.EXPIRED


def test_another_time_zone_is_the_same_moment() -> None:
    from_elsewhere = AT.astimezone(timezone(timedelta(hours=2)))
    assert _assess(sender(), from_elsewhere) is V.VALID


@pytest.mark.parametrize(
    ("usages", "signs", "verdict"),
    [
        ((ExtendedKeyUsageOID.EMAIL_PROTECTION,), True, V.VALID),
        ((ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.CLIENT_AUTH), True, V.VALID),
        ((ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,), True, V.VALID),
        ((), True, V.VALID),
        ((ExtendedKeyUsageOID.SERVER_AUTH,), True, V.UNTRUSTED),
        ((ExtendedKeyUsageOID.EMAIL_PROTECTION,), False, V.UNTRUSTED),
    ],
)
def test_what_the_certificate_is_for(
    usages: tuple[x509.ObjectIdentifier, ...], signs: bool, verdict: Signature
) -> None:
    assert _assess(authority().issue(SENDER, usages=usages, signs=signs)) is verdict


def test_a_certificate_issued_by_one_that_is_no_authority() -> None:
    leaf = authority().issue("intrus@chu-lille.example")
    fake = pki.Authority(AT, "fake", authority().root, leaf)
    forged = fake.issue(SENDER)
    seen = (leaf.der, *authority().chain)
    assert assess(forged.der, seen, authority().trust(), AT).verdict is V.UNTRUSTED


def test_an_unknown_critical_extension_is_refused() -> None:
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
    assert _assess(authority().issue(SENDER, extra=[(unknown, True)])) is V.UNTRUSTED
    assert _assess(authority().issue(SENDER, extra=[(unknown, False)])) is V.VALID


def test_certificates_signed_with_pss_or_by_other_curves() -> None:
    rsa = pki.create(AT, kind="rsa")
    odd = rsa.issue(SENDER, pss=True)
    assert assess(odd.der, rsa.chain, rsa.trust(), AT).verdict is V.VALID
    for kind in ("ed25519", "p521", "brainpool"):
        other = pki.create(AT, kind=kind)
        assert assess(other.issue(SENDER).der, other.chain, other.trust(), AT).verdict is V.VALID


def test_a_weak_link_in_the_path_is_named() -> None:
    rsa = pki.create(AT, kind="rsa1024")
    standing = assess(rsa.issue(SENDER).der, rsa.chain, rsa.trust(), AT)
    assert standing.verdict is V.WEAK
    assert "1024 bits" in standing.reasons[0]


def test_certificates_that_vouch_for_one_another_do_not_cost_an_endless_search() -> None:
    """Thirty authorities of one name: every order of them would be a path to try."""
    ring = [pki.create(AT, name="Anneau") for _ in range(30)]
    seen = tuple(one.root.der for one in ring) + tuple(one.intermediate.der for one in ring)
    leaf = ring[0].issue(SENDER)
    assert assess(leaf.der, seen, authority().trust(), AT).verdict is V.UNTRUSTED


def test_noise_among_the_certificates_changes_nothing() -> None:
    trust = Trust((b"noise", authority().root.der), (b"\x30\x00",), (b"",))
    assert assess(sender().der, (b"noise", *authority().chain), trust, AT).verdict is V.VALID


def test_a_certificate_signed_with_sha1_is_weak() -> None:
    certificate = asn1.Certificate.load(sender().der)
    key = authority().intermediate.key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    for field in (certificate["tbs_certificate"]["signature"], certificate["signature_algorithm"]):
        field["algorithm"] = "sha1_ecdsa"
    body = certificate["tbs_certificate"].dump(force=True)
    certificate["signature_value"] = key.sign(body, ec.ECDSA(hashes.SHA1()))
    standing = assess(certificate.dump(force=True), authority().chain, authority().trust(), AT)
    assert standing.verdict is V.WEAK
    assert "empreinte trop faible" in standing.reasons[0]
