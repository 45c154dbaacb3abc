"""Fuzz targets of what mails carry: archives, XDM, CDA, Outlook, and the secure layers."""

from __future__ import annotations

from functools import cache

from parsers.addressees import addressees
from parsers.archive import Entry, open_zip
from parsers.cda import read_cda
from parsers.certificates import certificates_from, describe, identities_from
from parsers.limits import Limits
from parsers.msg import read_msg
from parsers.ole import Compound
from parsers.smime.model import Decryption, Identity, Signature
from parsers.tnef import read_tnef
from parsers.xdm import is_xdm, read_xdm
from tests.builders import cda, outlook, pkcs7, smime, xdm
from tests.builders.secure import AT, ENTITY, authority, mail, mailbox, read, sender
from tests.fuzz.target import Target

LIMITS = Limits(archive_bytes=4_000_000)


def _archives() -> list[bytes]:
    nested = xdm.zipped([("a.pdf", b"%PDF" * 300), ("dossier/b.zip", xdm.archive())])
    return [xdm.archive(), nested]


def _cdas() -> list[bytes]:
    sections = [("Motif", "Chute"), ("Suites", "Repos")]
    return [cda.document(pdf=b"%PDF-1.4"), cda.document(sections=sections)]


@cache
def _entries() -> tuple[Entry, ...]:
    return open_zip(xdm.archive())


def _metadata() -> list[bytes]:
    return [entry.content for entry in _entries() if entry.name == "METADATA.XML"]


def _compounds() -> list[bytes]:
    inner = outlook.message_tree("b", "c", "b@c.fr", [("x.pdf", b"%PDF")])
    tree = outlook.message_tree("s", "corps", "a@b.fr", [("a.pdf", b"%PDF" * 300), ("b", inner)])
    return [outlook.compound(tree)]


def _winmails() -> list[bytes]:
    return [outlook.tnef("s", "corps", [("a.pdf", b"%PDF" * 50), ("b.txt", b"texte")])]


def _open_archive(data: bytes) -> None:
    entries = open_zip(data, LIMITS)
    assert sum(len(entry.content) for entry in entries) <= LIMITS.archive_bytes
    assert not any(".." in entry.path.split("/") for entry in entries)
    if is_xdm(entries):
        read_xdm(entries, LIMITS)


def _read_metadata(data: bytes) -> None:
    files = tuple(Entry(e.path, data) if e.name == "METADATA.XML" else e for e in _entries())
    assert len(read_xdm(files).documents) >= 0


def _read_cda(data: bytes) -> None:
    assert all(fact.value for fact in read_cda(data).facts("0" * 64))


def _read_compound(data: bytes) -> None:
    assert Compound(data) is not None


def secure_mails() -> list[bytes]:
    one, ec, rsa = sender().identity, mailbox("p256").der, mailbox("rsa").der
    signed = smime.sign(ENTITY, one, chain=authority().chain)
    ca = authority()
    return [
        mail(signed),
        mail(smime.sign(ENTITY, one, opaque=True, crls=[ca.crl(AT)], answers=[ca.answer(sender(), AT)])),
        mail(smime.encrypt(signed, [ec])),
        mail(smime.encrypt(signed, [rsa, ec], aead=False)),
        mail(smime.encrypt(ENTITY, [rsa], aead=False, oaep=None)),
        mail(smime.sign(smime.encrypt(signed, [ec]), one)),
        mail(smime.compress(signed)),
    ]


def structures() -> list[bytes]:
    return [
        pkcs7.signed_data(ENTITY, [sender().identity], chain=authority().chain, at=AT),
        pkcs7.signed_data(ENTITY, [sender("rsa").identity], pss=True, by_key_id=True),
        pkcs7.enveloped_data(ENTITY, [mailbox("rsa").der, mailbox("p256").der]),
        pkcs7.enveloped_data(ENTITY, [mailbox("rsa").der], aead=False, oaep=None),
    ]


def certificates() -> list[bytes]:
    return [sender().der, sender("rsa").der, sender().pem, authority().root.der]


@cache
def _identities() -> tuple[Identity, ...]:
    return (mailbox("rsa").identity, mailbox("p256").identity)


def open_secure(raw: bytes) -> None:
    """A verdict that is not good says why; a good one is good for what was signed."""
    security = read(raw, _identities()).security
    shut = security.decryption in {Decryption.NO_KEY, Decryption.CORRUPT}
    if shut or security.signature not in {Signature.VALID, Signature.ABSENT}:
        assert security.reasons


def _open_structure(data: bytes) -> None:
    """The base64 kept whole, the structure inside changed: reaches much deeper."""
    open_secure(mail(smime.pkcs7_mime(data, "signed-data")))


def _read_certificates(data: bytes) -> None:
    assert all(each.emails or each.der for each in addressees([data]))
    for der in certificates_from(data):
        assert describe(der).fingerprint
    assert identities_from(data)


TARGETS = (
    Target("archive", ("archive.py", "xdm.py", "xmltree.py"), _archives, _open_archive, 1500, 0.1),
    Target("xdm", ("xdm.py", "links.py", "xmltree.py"), _metadata, _read_metadata, 3000),
    Target("cda", ("cda.py", "xmltree.py"), _cdas, _read_cda, 3000),
    Target(
        "msg",
        ("msg.py", "ole.py", "outlook.py"),
        _compounds,
        lambda data: _length(len(read_msg(data, LIMITS).attachments)),
        1500,
    ),
    Target("ole", ("ole.py",), _compounds, _read_compound, 1000),
    Target(
        "tnef",
        ("tnef.py", "outlook.py"),
        _winmails,
        lambda data: _length(len(read_tnef(data, LIMITS).attachments)),
        1500,
    ),
    Target("smime", ("smime/", "certificates.py"), secure_mails, open_secure, 1000, 0.2),
    Target("cms", ("smime/",), structures, _open_structure, 1000, 0.2),
    Target(
        "certificates", ("certificates.py", "addressees.py"), certificates, _read_certificates, 500, 0.0
    ),
)


def _length(count: int) -> None:
    assert count >= 0
