"""Our verdicts beside those of ``openssl cms``, an independent reader, on messages it made and on ours.

Runs the ``openssl`` program (subprocess). Differences are listed in ``DIFFERENCES`` with their reason.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from parsers.smime.cms import strip_armour
from parsers.smime.model import Decryption, Opened, Signature, Trust
from tests.builders import pki, smime
from tests.builders.secure import AT, ENTITY, MAILBOX, SENDER, authority, mail, mailbox, read, sender

OPENSSL = shutil.which("openssl") or ""
pytestmark = pytest.mark.skipif(not OPENSSL, reason="openssl absent")

DIFFERENCES = {
    "signed over LF lines": "openssl only tries CRLF; we accept text that differs by its line ends alone",
    "sender": "openssl does not compare the certificate with From; we answer mismatch",
    "weak": "openssl accepts SHA-1; we answer weak, which is not valid",
}
HELD = {Signature.VALID, Signature.WEAK, Signature.MISMATCH}
KINDS = ("rsa", "p256", "p384", "p521")
SIGN_OPTIONS = {
    "plain": (),
    "opaque": ("-nodetach",),
    "opaque streamed": ("-nodetach", "-stream"),
    "opaque definite": ("-nodetach", "-noindef"),
    "detached streamed": ("-stream",),
    "no attributes": ("-noattr",),
    "opaque, no attributes": ("-noattr", "-nodetach"),
    "by key": ("-keyid",),
    "cades": ("-cades",),
    "sha512": ("-md", "sha512"),
    "sha1": ("-md", "sha1"),
    "crlf": ("-crlfeol",),
    "no capabilities": ("-nosmimecap",),
}
ENCRYPT_OPTIONS = {
    "aes128": ("-aes128",),
    "aes192": ("-aes192",),
    "aes256": ("-aes256",),
    "3des": ("-des3",),
    "gcm128": ("-aes-128-gcm",),
    "gcm256": ("-aes-256-gcm",),
    "streamed": ("-aes256", "-stream"),
    "streamed gcm": ("-aes-256-gcm", "-stream"),
    "definite": ("-aes256", "-noindef"),
    "by key": ("-aes256", "-keyid"),
}
KEY_OPTIONS = {
    "rsa": ((), ("rsa_padding_mode:oaep",), ("rsa_padding_mode:oaep", "rsa_oaep_md:sha256")),
    "p256": ((), ("ecdh_kdf_md:sha256",), ("ecdh_cofactor_mode:1",)),
    "p384": ((), ("ecdh_kdf_md:sha384",)),
    "p521": ((), ("ecdh_kdf_md:sha512",)),
}


class Openssl:
    """The program, with the world's certificates in files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self._write("root", authority().root.certificate.public_bytes(pki.PEM))
        self._write("intermediate", authority().intermediate.certificate.public_bytes(pki.PEM))
        for kind in KINDS:
            self._write(f"sender-{kind}", sender(kind).pem)
            self._write(f"mailbox-{kind}", mailbox(kind).pem)
        other = pki.create(AT)
        self._write("other-root", other.root.certificate.public_bytes(pki.PEM))
        self.other = Trust((other.root.der,))

    def _write(self, name: str, data: bytes) -> None:
        (self.folder / f"{name}.pem").write_bytes(data)

    def path(self, name: str) -> str:
        return str(self.folder / f"{name}.pem")

    def run(self, arguments: Sequence[str], data: bytes) -> tuple[bool, bytes]:
        done = subprocess.run(
            [OPENSSL, "cms", *arguments], input=data, capture_output=True, check=False, cwd=self.folder
        )
        return done.returncode == 0, done.stdout

    def sign(self, kinds: Sequence[str], options: Sequence[str], content: bytes = ENTITY) -> bytes:
        signers = [word for kind in kinds for word in ("-signer", self.path(f"sender-{kind}"))]
        ok, entity = self.run(
            ["-sign", *signers, "-certfile", self.path("intermediate"), *options], content
        )
        assert ok
        return entity

    def verify(self, entity: bytes, root: str = "root", at: int = int(AT.timestamp())) -> bool:
        belief = ["-CAfile", self.path(root), "-certfile", self.path("intermediate")]
        return self.run(["-verify", *belief, "-attime", str(at)], entity)[0]

    def encrypt(self, kinds: Sequence[str], options: Sequence[str], keys: Sequence[str] = ()) -> bytes:
        recipients: list[str] = []
        for kind in kinds:
            recipients += ["-recip", self.path(f"mailbox-{kind}")]
            for option in keys:
                recipients += ["-keyopt", option]
        ok, entity = self.run(["-encrypt", *options, *recipients], ENTITY)
        assert ok
        return entity

    def decrypt(self, entity: bytes, kind: str) -> bytes | None:
        key = self.path(f"mailbox-{kind}")
        ok, content = self.run(["-decrypt", "-recip", key], entity)
        return content if ok else None


@pytest.fixture(scope="module")
def openssl(tmp_path_factory: pytest.TempPathFactory) -> Openssl:
    return Openssl(tmp_path_factory.mktemp("openssl"))


def _tamper(entity: bytes) -> bytes:
    """Another word in the signed text, in the clear or inside the structure."""
    if b"Bonjour" in entity:
        return entity.replace(b"Bonjour", b"Bonsoir")
    head, separator, body = entity.partition(b"\n\n")
    structure = strip_armour(body)
    assert structure.count(b"Bonjour") == 1
    return head + separator + base64.encodebytes(structure.replace(b"Bonjour", b"Bonsoir"))


def _judge(entity: bytes, trust: Trust | None = None) -> Opened:
    """As it arrives over SMTP: every line ended by CRLF."""
    arrived = entity.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return read(mail(arrived), [mailbox(kind).identity for kind in KINDS], trust)


@pytest.mark.parametrize("option", SIGN_OPTIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_signed_by_openssl(openssl: Openssl, kind: str, option: str) -> None:
    entity = openssl.sign([kind], SIGN_OPTIONS[option])
    assert openssl.verify(entity)
    expected = Signature.WEAK if option == "sha1" else Signature.VALID
    opened = _judge(entity)
    assert opened.security.signature is expected
    assert b"Ci-joint" in opened.entity
    tampered = _tamper(entity)
    assert not openssl.verify(tampered)
    assert _judge(tampered).security.signature is Signature.INVALID
    assert not openssl.verify(entity, "other-root")
    assert _judge(entity, openssl.other).security.signature is Signature.UNTRUSTED


@pytest.mark.parametrize("option", ["plain", "opaque definite"])
def test_pss_by_openssl(openssl: Openssl, option: str) -> None:
    entity = openssl.sign(["rsa"], [*SIGN_OPTIONS[option], "-keyopt", "rsa_padding_mode:pss"])
    for one in (entity, _tamper(entity)):
        assert openssl.verify(one) is (_judge(one).security.signature in HELD) is (one is entity)


@pytest.mark.parametrize("option", ["plain", "opaque"])
def test_several_signers_by_openssl(openssl: Openssl, option: str) -> None:
    entity = openssl.sign(["rsa", "p256", "p521"], SIGN_OPTIONS[option])
    opened = _judge(entity)
    assert openssl.verify(entity)
    assert opened.security.signature is Signature.VALID
    assert len(opened.security.layers[0].signers) == 3
    assert openssl.verify(_tamper(entity)) is False
    assert _judge(_tamper(entity)).security.signature is Signature.INVALID


def test_dates_beside_openssl(openssl: Openssl) -> None:
    entity = openssl.sign(["p256"], ())
    for years in (-2, 0, 2, 30):
        moment = AT + years * pki.YEAR
        ours = read(mail(entity), at=moment).security.signature in HELD
        assert openssl.verify(entity, at=int(moment.timestamp())) is ours is (years == 0)


def test_differences_are_what_they_are_said_to_be(openssl: Openssl) -> None:
    assert set(DIFFERENCES) == {"signed over LF lines", "sender", "weak"}
    unix = openssl.sign(["p256"], ["-binary"], ENTITY.replace(b"\r\n", b"\n"))
    assert not openssl.verify(unix)
    assert _judge(unix).security.signature is Signature.VALID
    entity = openssl.sign(["p256"], ())
    assert openssl.verify(entity)
    assert read(mail(entity, "autre@chu.example")).security.signature is Signature.MISMATCH


@pytest.mark.parametrize("option", ENCRYPT_OPTIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_encrypted_by_openssl(openssl: Openssl, kind: str, option: str) -> None:
    for keys in KEY_OPTIONS[kind]:
        entity = openssl.encrypt([kind], ENCRYPT_OPTIONS[option], keys)
        assert openssl.decrypt(entity, kind) == ENTITY
        opened = _judge(entity)
        assert (opened.security.decryption, opened.entity) == (Decryption.OK, ENTITY)
        assert bool(opened.security.reasons) is (option == "3des")
        stranger = read(mail(entity), [sender(kind).identity])
        assert stranger.security.decryption is Decryption.NO_KEY


@pytest.mark.parametrize("option", ["aes256", "gcm256", "streamed", "streamed gcm"])
def test_damaged_encryption_beside_openssl(openssl: Openssl, option: str) -> None:
    entity = openssl.encrypt(["p256"], ENCRYPT_OPTIONS[option])
    head, separator, body = entity.partition(b"\n\n")
    structure = strip_armour(body)
    for back in (25, 40, 60):
        damaged = bytearray(structure)
        damaged[-back] ^= 0x10
        changed = head + separator + base64.encodebytes(bytes(damaged))
        theirs, opened = openssl.decrypt(changed, "p256"), _judge(changed)
        ours = opened.entity if opened.security.decryption is Decryption.OK else None
        if "gcm" in option:
            assert ours is None
        else:  # CBC proves nothing: what opens must at least be the same for both
            assert ours == theirs or ours is None


def test_several_recipients_by_openssl(openssl: Openssl) -> None:
    entity = openssl.encrypt(KINDS, ["-aes256"])
    for kind in KINDS:
        assert openssl.decrypt(entity, kind) == ENTITY
        assert read(mail(entity), [mailbox(kind).identity]).entity == ENTITY


@pytest.mark.parametrize("kind", KINDS)
def test_openssl_verifies_what_our_builder_signs(openssl: Openssl, kind: str) -> None:
    chain = authority().chain
    for entity in (
        smime.sign(ENTITY, sender(kind).identity, chain=chain),
        smime.sign(ENTITY, sender(kind).identity, chain=chain, opaque=True, at=AT, by_key_id=True),
        smime.sign(ENTITY, sender(kind).identity, chain=chain, pss=True, digest="sha384"),
    ):
        assert openssl.verify(entity)


@pytest.mark.parametrize("kind", KINDS)
def test_openssl_decrypts_what_our_builder_encrypts(openssl: Openssl, kind: str) -> None:
    for aead in (True, False):
        for oaep in (None, "sha1", "sha256"):
            entity = smime.encrypt(ENTITY, [mailbox(kind).der], aead=aead, oaep=oaep)
            assert openssl.decrypt(entity, kind) == ENTITY


def test_openssl_triple_wraps(openssl: Openssl) -> None:
    inner = openssl.sign(["rsa"], ())
    ok, encrypted = openssl.run(["-encrypt", "-aes-256-gcm", openssl.path("mailbox-rsa")], inner)
    assert ok
    outer = openssl.sign(["p256"], ["-nodetach", "-stream"], encrypted)
    opened = _judge(outer)
    assert opened.security.signature is Signature.VALID
    assert opened.security.signer == SENDER
    assert [layer.kind.value for layer in opened.security.layers] == ["signed", "encrypted", "signed"]
    assert MAILBOX not in "".join(opened.security.reasons)
