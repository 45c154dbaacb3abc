"""Secure mails inside a mail: opened with the same keys, each with its own verdict and nobody else's."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.clock import TurnableClock
from gateway.settings import Revocation
from gateway.triage.nested import Unwrapped, told, unwrap, with_nested
from gateway.triage.revocation import Proofs
from gateway.triage.sandbox import Sandbox
from gateway.triage.unpack import ENVELOPE_ROLE, unpack
from parsers.found import Found
from parsers.smime.cms import strip_armour
from parsers.smime.model import Identity, Security, Signature
from tests.builders import outlook, pki, smime, xdm
from tests.builders.secure import AT, ENTITY, SENDER, authority, mail, mailbox, sender

FORWARDER = "accueil@autre.example"
PDF = b"%PDF-1.4\n%%EOF\n"
INSIDE = (
    b'Content-Type: multipart/mixed; boundary="i"\r\n\r\n--i\r\nContent-Type: text/plain\r\n\r\n'
    b'Ci-joint.\r\n--i\r\nContent-Type: application/pdf; name="form.pdf"\r\n'
    b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(PDF) + b"\r\n--i--\r\n"
)


def _signed(entity: bytes = INSIDE, **how: bool) -> bytes:
    return smime.sign(entity, sender().identity, chain=authority().chain, opaque=how.get("opaque", False))


def _sealed(entity: bytes | None = None) -> bytes:
    return smime.encrypt(_signed() if entity is None else entity, [mailbox().der])


def _holding(*attached: tuple[str, str, bytes]) -> bytes:
    """A plain mail of FORWARDER with attachments: type, name, bytes."""
    parts = b"".join(
        b"--o\r\nContent-Type: %b\r\nContent-Disposition: attachment; filename=%b\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n%b\r\n"
        % (kind.encode(), name.encode(), base64.encodebytes(content))
        for kind, name, content in attached
    )
    head = b'Content-Type: multipart/mixed; boundary="o"\r\n\r\n'
    return mail(head + parts + b"--o--\r\n", FORWARDER)


def _p7m(entity: bytes) -> bytes:
    """The bare structure, as Outlook keeps it."""
    return strip_armour(entity.partition(b"\r\n\r\n")[2])


def _open(
    raw: bytes, sandbox: Sandbox, keys: Sequence[Identity] | None = None, folder: Path = Path("none")
) -> Unwrapped:
    proofs = Proofs(Revocation(), TurnableClock(AT), folder, folder)
    found = unpack(raw, raw, sandbox)
    mine = [mailbox().identity] if keys is None else keys
    return unwrap(found, mine, authority().trust(), AT, sandbox, proofs)


def _only(unwrapped: Unwrapped) -> Security:
    (layer,) = unwrapped.layers
    return layer.proved.opened.security


def _found(unwrapped: Unwrapped, path: str) -> Found:
    return next(each for each in unwrapped.unpacked.found if each.path == path)


@pytest.mark.parametrize("make", [_sealed, _signed, lambda: _signed(opaque=True)])
@pytest.mark.parametrize("declared", ["message/rfc822", "application/octet-stream"])
def test_a_forwarded_secure_mail(sandbox: Sandbox, make: object, declared: str) -> None:
    assert callable(make)
    unwrapped = _open(_holding((declared, "transfert.eml", mail(make()))), sandbox)
    security = _only(unwrapped)
    assert (security.signature, security.signer) == (Signature.VALID, SENDER)
    assert _found(unwrapped, "transfert.eml/form.pdf").content == PDF
    assert _found(unwrapped, "transfert.eml/message.txt").meta["from"] == f"CHU <{SENDER}>"
    envelope = _found(unwrapped, "transfert.eml")
    assert (envelope.meta["role"], envelope.trouble) == (ENVELOPE_ROLE, None)
    assert SENDER in envelope.meta["verdict"]


def test_its_verdict_is_never_that_of_the_mail_around_it(sandbox: Sandbox) -> None:
    unwrapped = _open(_holding(("message/rfc822", "a.eml", mail(_signed()))), sandbox)
    outer = with_nested({"signature": "absent", "decryption": "absent"}, unwrapped)
    assert outer is not None
    assert (outer["signature"], outer["decryption"]) == ("absent", "absent")
    assert [(n["path"], n["signature"]) for n in outer["nested"]] == [("a.eml", "valid")]
    tampered = mail(_signed()).replace(b"Ci-joint", b"Ci-jamais")
    assert _only(_open(_holding(("message/rfc822", "a.eml", tampered)), sandbox)).signature is (
        Signature.INVALID
    )


def test_without_the_key_it_stays_and_says_why(sandbox: Sandbox) -> None:
    unwrapped = _open(_holding(("message/rfc822", "a.eml", mail(_sealed()))), sandbox, [])
    found = _found(unwrapped, "a.eml")
    assert "aucune clé de la passerelle ne l’ouvre" in (found.trouble or "")
    assert found.content.startswith(b"From: CHU")
    outer = with_nested({"signature": "absent"}, unwrapped)
    assert outer is not None
    assert outer["nested_decryption"] == "no-key"


@pytest.mark.parametrize("wrap", ["bare", "msg", "tnef", "zip"])
@pytest.mark.parametrize("opaque", [True, False])
def test_what_outlook_leaves_of_a_secure_mail(sandbox: Sandbox, wrap: str, opaque: bool) -> None:
    """``smime.p7m``: a bare structure, or for a clear signature the whole entity."""
    content = _p7m(_sealed()) if opaque else _signed()
    named = [("smime.p7m", content)]
    attached = {
        "bare": ("application/pkcs7-mime", "smime.p7m", content),
        "msg": ("application/vnd.ms-outlook", "a.msg", outlook.msg("Objet", "", SENDER, named)),
        "tnef": ("application/ms-tnef", "winmail.dat", outlook.tnef("Objet", "", named)),
        "zip": ("application/zip", "a.zip", xdm.zipped(named)),
    }[wrap]
    unwrapped = _open(_holding(attached), sandbox)
    security = _only(unwrapped)
    by_itself = wrap == "msg"  # the others say nothing of a sender of their own
    assert security.signature is (Signature.VALID if by_itself else Signature.MISMATCH)
    assert [f.content for f in unwrapped.unpacked.found if f.name == "form.pdf"] == [PDF]


def test_a_signed_file_is_a_file(sandbox: Sandbox) -> None:
    signed = _p7m(smime.sign(PDF, sender().identity, chain=authority().chain, opaque=True))
    unwrapped = _open(_holding(("application/pkcs7-mime", "devis.pdf.p7m", signed)), sandbox)
    found = _found(unwrapped, "devis.pdf.p7m/devis.pdf")
    assert (found.content, found.media_type) == (PDF, "application/pdf")


def test_secure_mails_inside_secure_mails(sandbox: Sandbox) -> None:
    inner = mail(_sealed())
    for _ in range(2):
        inner = mail(_sealed(_holding(("message/rfc822", "a.eml", inner)).partition(b"1.0\r\n")[2]))
    unwrapped = _open(_holding(("message/rfc822", "a.eml", inner)), sandbox)
    assert [layer.path for layer in unwrapped.layers] == ["a.eml", "a.eml/a.eml", "a.eml/a.eml/a.eml"]
    assert _found(unwrapped, "a.eml/a.eml/a.eml/form.pdf").content == PDF


def test_more_than_can_be_opened(sandbox: Sandbox) -> None:
    one = mail(_signed(ENTITY))
    unwrapped = _open(_holding(*[("message/rfc822", f"{n}.eml", one) for n in range(22)]), sandbox)
    assert len(unwrapped.layers) == 20
    assert "trop de messages" in (_found(unwrapped, "21.eml").trouble or "")


@pytest.mark.parametrize(
    "content", [b"\x30\x82\x01\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", _p7m(_sealed())[:-40]]
)
def test_a_broken_one_stays_and_says_why(sandbox: Sandbox, content: bytes) -> None:
    unwrapped = _open(_holding(("application/pkcs7-mime", "smime.p7m", content)), sandbox)
    found = _found(unwrapped, "smime.p7m")
    assert (found.content, bool(found.trouble)) == (content, True)


def test_certificates_alone_are_no_mail(sandbox: Sandbox) -> None:
    bag = _p7m(smime.sign(b"", sender().identity, opaque=True))
    stranger = pki.self_signed("x@y.example", AT)
    unwrapped = _open(_holding(("application/pkcs7-mime", "certs.p7m", bag)), sandbox, [stranger.identity])
    assert len(unwrapped.layers) == 1


@pytest.mark.parametrize("signature", list(Signature))
def test_every_verdict_has_its_sentence(signature: Signature) -> None:
    assert told(Security(signature=signature, signer="a@b.example")).startswith("Message sécurisé joint")


def test_a_mail_without_any_is_left_as_it_is(sandbox: Sandbox) -> None:
    unwrapped = _open(_holding(("application/pdf", "a.pdf", PDF)), sandbox)
    assert unwrapped.layers == ()
    assert with_nested({"signature": "valid"}, unwrapped) == {"signature": "valid"}
