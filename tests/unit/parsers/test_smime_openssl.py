"""Our verdicts beside those of ``openssl cms``, an independent reader, on messages it made and on ours.

Runs the ``openssl`` program (subprocess). Differences are listed in ``DIFFERENCES`` with their reason.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
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
    "ed25519": "openssl 3.0 does not do EdDSA in CMS (RFC 8419); we do, judged on what our builder signs",
    "x25519, ccm, chacha": "openssl 3.0 makes none of them in CMS; judged on what our builder encrypts",
    "passwords, shared keys": "openssl is given the secret; we have none, and name what closes the mail",
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
        self._write("sender-ed25519", sender("ed25519").pem)
        self._write("sender-rsa1024", sender("rsa1024").pem)
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

    def verify(
        self, entity: bytes, root: str = "root", at: int = int(AT.timestamp()), known: str = "intermediate"
    ) -> bool:
        belief = ["-CAfile", self.path(root), "-certfile", self.path(known)]
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

    def decrypt(self, entity: bytes, kind: str, *how: str) -> bytes | None:
        key = self.path(f"mailbox-{kind}")
        ok, content = self.run(["-decrypt", *(how or ("-recip", key))], entity)
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
    assert list(DIFFERENCES)[:3] == ["signed over LF lines", "sender", "weak"]
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


@pytest.mark.parametrize("option", ["plain", "opaque", "by key"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_certificate_of_the_directory_beside_openssl(openssl: Openssl, kind: str, option: str) -> None:
    """Absent from the message: openssl is handed it in a file, we have it in the directory."""
    entity = openssl.sign([kind], [*SIGN_OPTIONS[option], "-nocerts"])
    both = sender(kind).certificate.public_bytes(
        pki.PEM
    ) + authority().intermediate.certificate.public_bytes(pki.PEM)
    (openssl.folder / "known.pem").write_bytes(both)
    known = Trust((authority().root.der,), (authority().intermediate.der,), (sender(kind).der,))
    for one in (entity, _tamper(entity)):
        sound = one is entity
        assert openssl.verify(one, known="known") is sound
        assert (_judge(one, known).security.signature is Signature.VALID) is sound
    assert not openssl.verify(entity)
    assert _judge(entity).security.signature is Signature.UNTRUSTED


@pytest.mark.parametrize("opaque", [False, True])
def test_ed25519_that_openssl_does_not_know(openssl: Openssl, opaque: bool) -> None:
    """openssl 3.0 neither makes nor checks EdDSA in CMS (RFC 8419): our builder makes it."""
    chain, who = authority().chain, sender("ed25519").identity
    sound = smime.sign(ENTITY, who, chain=chain, opaque=opaque, digest="sha512")
    other = smime.sign(_tamper(ENTITY), who, chain=chain, opaque=opaque, digest="sha512")
    assert _judge(sound).security.signature is Signature.VALID
    spoilt = _with_signature_of(sound, other) if opaque else _tamper(sound)
    assert _judge(spoilt).security.signature is Signature.INVALID
    assert not openssl.verify(spoilt)


def _with_signature_of(entity: bytes, other: bytes) -> bytes:
    """The last 64 bytes of a structure are its one signature: those of another message put there."""
    head, separator, body = entity.partition(b"\r\n\r\n")
    stranger = strip_armour(other.partition(b"\r\n\r\n")[2])
    return head + separator + base64.encodebytes(strip_armour(body)[:-64] + stranger[-64:])


WRAPPINGS = {
    "sign then encrypt": ("sign", "encrypt"),
    "encrypt then sign": ("encrypt", "sign"),
    "triple": ("sign", "encrypt", "sign"),
    "signed twice": ("sign", "sign"),
    "encrypted twice": ("encrypt", "encrypt"),
}


@pytest.mark.parametrize("cipher", ["-aes-256-gcm", "-aes256"])
@pytest.mark.parametrize("name", WRAPPINGS)
def test_every_order_of_layers_beside_openssl(openssl: Openssl, name: str, cipher: str) -> None:
    """Valid, then with one word of the innermost text changed before the outer layers are put on."""
    for changed in (False, True):
        entity = ENTITY
        for number, layer in enumerate(WRAPPINGS[name]):
            if layer == "sign":
                entity = openssl.sign(["p256"], ["-nodetach"] if number else [], entity)
                if changed and number == 0:
                    entity = _tamper(entity)
            else:
                ok, entity = openssl.run(["-encrypt", cipher, openssl.path("mailbox-rsa")], entity)
                assert ok
        opened = _judge(entity)
        assert opened.security.decryption is (
            Decryption.OK if "encrypt" in WRAPPINGS[name] else Decryption.ABSENT
        )
        spoilt = changed and WRAPPINGS[name][0] == "sign"
        expected = Signature.INVALID if spoilt else Signature.VALID
        signs = "sign" in WRAPPINGS[name]
        assert opened.security.signature is (expected if signs else Signature.ABSENT)
        theirs = _theirs(openssl, entity, WRAPPINGS[name])
        assert (theirs is None) is spoilt
        assert spoilt or opened.entity == theirs


def _theirs(openssl: Openssl, entity: bytes, layers: Sequence[str]) -> bytes | None:
    """The content as openssl gives it, one layer after the other; None when it refuses one."""
    for layer in reversed(layers):
        if layer == "encrypt":
            content = openssl.decrypt(entity, "rsa")
        else:
            belief = ["-CAfile", openssl.path("root"), "-certfile", openssl.path("intermediate")]
            ok, content = openssl.run(["-verify", *belief, "-attime", str(int(AT.timestamp()))], entity)
            content = content if ok else None
        if content is None:
            return None
        entity = content
    return entity


@pytest.mark.parametrize("kind", KINDS)
def test_a_retired_key_still_opens_what_openssl_encrypts(openssl: Openssl, kind: str) -> None:
    entity = openssl.encrypt([kind], ["-aes-256-gcm"])
    old = replace(mailbox(kind).identity, retired=True)
    opened = read(mail(entity), [sender(kind).identity, old])
    assert (opened.security.decryption, opened.entity) == (Decryption.OK, ENTITY)
    assert "ancien certificat" in opened.security.reasons[0]


@pytest.mark.parametrize(
    ("how", "theirs", "said"),
    [
        (("-pwri_password", "secret"), ("-pwri_password", "secret"), "PasswordRecipientInfo"),
        (
            ("-secretkey", "00" * 32, "-secretkeyid", "01"),
            ("-secretkey", "00" * 32, "-secretkeyid", "01"),
            "KEKRecipientInfo",
        ),
    ],
)
def test_passwords_and_shared_keys_are_refused_by_name(
    openssl: Openssl, how: tuple[str, ...], theirs: tuple[str, ...], said: str
) -> None:
    """openssl opens them; we have no such secret, and a certificate beside them is enough."""
    ok, entity = openssl.run(["-encrypt", "-aes256", *how], ENTITY)
    assert ok
    assert openssl.decrypt(entity, "rsa", *theirs) == ENTITY
    opened = _judge(entity)
    assert opened.security.decryption is Decryption.CORRUPT
    assert said in opened.security.reasons[0]
    ok, both = openssl.run(["-encrypt", "-aes256", *how, openssl.path("mailbox-rsa")], ENTITY)
    assert ok
    assert _judge(both).entity == ENTITY


def test_a_weak_key_beside_openssl(openssl: Openssl) -> None:
    entity = openssl.sign(["rsa1024"], ())
    assert _judge(entity).security.signature is Signature.WEAK
    assert _judge(_tamper(entity)).security.signature is Signature.INVALID
    assert not openssl.verify(_tamper(entity))
