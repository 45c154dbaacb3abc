"""The S/MIME examples of RFC 4134 and those of Mozilla, against what their sources state.

``EXCEPTIONS`` lists every verdict that differs from the statement, with the reason.
"""

from __future__ import annotations

import base64
import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from parsers.certificates import certificates_from, identities_from
from parsers.smime.model import Decryption, Identity, Opened, Signature, Trust
from parsers.smime.open import open_mail

FOLDER = (
    Path(os.environ.get("PASSERELLE_CORPUS", Path(__file__).parents[4] / "shared" / "corpus")) / "smime"
)
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="corpus absent: ../shared/corpus/smime"),
    pytest.mark.filterwarnings("ignore:PKCS#12 bundle could not be parsed as DER"),
]
MOZILLA_AT = datetime(2026, 1, 27, tzinfo=UTC)
RFC4134_AT = datetime(2002, 9, 6, 12, tzinfo=UTC)
TEXT = b"This is a test message from Alice to Bob."

EXCEPTIONS = {
    # Mozilla reports these as bad or unsigned by policy of display; all verify, as OpenSSL agrees.
    "alice.env.dsig.SHA256.multipart.dave.sig.SHA256.opaque.eml": "nested signatures both hold",
    "alice.plain.dsig.SHA256.multipart.dave.dsig.SHA256.multipart.eml": "nested signatures both hold",
    "alice.plain.dsig.SHA256.multipart.dave.sig.SHA256.opaque.eml": "nested signatures both hold",
    "alice.plain.sig.SHA256.opaque.dave.dsig.SHA256.multipart.eml": "nested signatures both hold",
    "alice.env.dsig.SHA256.multipart.eml": "encrypted then signed is accepted",
    "alice.env.sig.SHA256.opaque.eml": "encrypted then signed is accepted",
    "alice.env.sig.SHA256.opaque.dave.sig.SHA256.opaque.eml": "encrypted then signed is accepted",
    "alice.future.dsig.SHA256.multipart.eml": "the claimed signing time is shown, never judged",
}


def _statements(folder: str) -> dict[str, str]:
    if not FOLDER.is_dir():
        return {}
    rows = (FOLDER / "expected.tsv").read_text("utf-8").splitlines()
    cells = [row.split("\t") for row in rows if row.startswith(f"{folder}/")]
    return {cell[0].partition("/")[2]: cell[1] if len(cell) > 1 else "" for cell in cells}


@cache
def _mozilla() -> tuple[tuple[Identity, ...], Trust]:
    found = [identities_from(path.read_bytes(), "nss") for path in sorted(FOLDER.glob("mozilla/*.p12"))]
    root = certificates_from((FOLDER / "mozilla" / "TestCA.pem").read_bytes())
    return tuple(identity for group in found for identity in group), Trust(root)


def _messages() -> list[str]:
    return [name for name in _statements("mozilla") if name.endswith(".eml")]


@pytest.mark.parametrize("name", _messages())
def test_mozilla(name: str) -> None:
    statement = _statements("mozilla")[name]
    identities, trust = _mozilla()
    opened = open_mail((FOLDER / "mozilla" / name).read_bytes(), identities, trust, MOZILLA_AT)
    security = opened.security
    has_envelope = ".env" in name
    assert security.encrypted is has_envelope
    assert security.decryption is (Decryption.OK if has_envelope else Decryption.ABSENT)
    assert (b"FAKE" if "BAD by" in statement and name not in EXCEPTIONS else TEXT) in opened.entity
    if name in EXCEPTIONS:
        assert security.signature is Signature.VALID
        return
    bad = "signature BAD" in statement
    signed = ".dsig" in name or ".sig" in name
    expected = Signature.INVALID if bad else Signature.VALID if signed else Signature.ABSENT
    assert security.signature is expected
    assert bool(security.reasons) is signed
    if expected is Signature.VALID:
        assert security.signer is not None
        assert security.signer in statement.lower() or not statement


def test_mozilla_covers_what_it_should() -> None:
    assert len(_messages()) == 18
    assert set(EXCEPTIONS) <= set(_messages())


@pytest.mark.parametrize("name", _messages())
def test_mozilla_without_the_key_or_the_root(name: str) -> None:
    raw = (FOLDER / "mozilla" / name).read_bytes()
    security = open_mail(raw, (), Trust(), MOZILLA_AT).security
    if security.encrypted:
        assert security.decryption is Decryption.NO_KEY
    assert security.signature in {Signature.UNTRUSTED, Signature.INVALID, Signature.ABSENT}


def _rfc(name: str) -> bytes:
    return (FOLDER / "rfc4134" / name).read_bytes()


def _open_example(name: str, sender: str = "AliceDSS@example.com") -> Opened:
    raw = _rfc(name)
    if name.endswith(".bin"):
        header = f"From: {sender}\r\nContent-Type: application/pkcs7-mime\r\n"
        raw = f"{header}Content-Transfer-Encoding: base64\r\n\r\n".encode() + base64.encodebytes(raw)
    identities = [
        Identity(_rfc("BobRSASignByCarl.cer"), _rfc("BobPrivRSAEncrypt.pri")),
        Identity(_rfc("DianeRSASignByCarl.cer"), _rfc("DianePrivRSASignEncrypt.pri")),
    ]
    known = tuple(path.read_bytes() for path in sorted(FOLDER.glob("rfc4134/*.cer")))
    trust = Trust((_rfc("CarlDSSSelf.cer"), _rfc("CarlRSASelf.cer")), known=known)
    return open_mail(raw, identities, trust, RFC4134_AT)


@pytest.mark.parametrize(
    ("name", "sender", "verdict"),
    [
        # "Signature valid" in the statement; SHA-1, DSA and RSA of 1024 bits make it weak here.
        ("4.1.bin", "AliceDSS@example.com", Signature.WEAK),
        ("4.2.bin", "AliceRSA@example.com", Signature.WEAK),
        # The list carried by the message revokes its signer in 1999: right mathematics, revoked.
        ("4.4.bin", "AliceDSS@example.com", Signature.REVOKED),
        ("4.5.bin", "AliceRSA@example.com", Signature.WEAK),
        # Diane's DSA key inherits its parameters: unreadable here as in OpenSSL 3.
        ("4.6.bin", "AliceDSS@example.com", Signature.INVALID),
        ("4.7.bin", "AliceDSS@example.com", Signature.WEAK),
        # From: aliceDss@examples.com, certificate: AliceDSS@example.com. One letter.
        ("4.8.eml", "", Signature.MISMATCH),
        ("4.9.eml", "", Signature.MISMATCH),
        ("4.10.bin", "AliceDSS@example.com", Signature.WEAK),
    ],
)
def test_rfc4134_signed(name: str, sender: str, verdict: Signature) -> None:
    opened = _open_example(name, sender)
    assert opened.security.signature is verdict
    assert b"This is some sample content." in opened.entity
    assert not any("modifié" in reason for reason in opened.security.reasons)


def test_rfc4134_detached_example_without_its_content() -> None:
    """4.3 signs a file sent apart: as a mail it has nothing to show."""
    assert _open_example("4.3.bin").security.signature is Signature.INVALID


def test_rfc4134_bag_of_certificates() -> None:
    security = _open_example("4.11.bin").security
    assert security.signature is Signature.ABSENT
    assert len(security.certificates) == 2 or security.certificates


@pytest.mark.parametrize("name", ["5.1.bin", "5.3.eml"])
def test_rfc4134_triple_des_opens_and_is_named(name: str) -> None:
    opened = _open_example(name)
    assert opened.entity == b"This is some sample content."
    assert opened.security.decryption is Decryption.OK
    assert "3DES" in opened.security.reasons[0]


def test_rfc4134_rc2_of_40_bits_is_named_and_kept() -> None:
    opened = _open_example("5.2.bin")
    assert opened.security.decryption is Decryption.CORRUPT
    assert "RC2" in opened.security.reasons[0]
    assert b"This is some sample content." not in opened.entity


@pytest.mark.parametrize("name", ["3.1.bin", "3.2.bin", "6.0.bin", "7.1.bin", "7.2.bin", "ExContent.bin"])
def test_rfc4134_envelopes_nobody_mails_are_kept_with_a_reason(name: str) -> None:
    opened = _open_example(name)
    assert opened.security.decryption is Decryption.CORRUPT
    assert opened.security.reasons
    assert opened.entity.startswith(b"From: ")
