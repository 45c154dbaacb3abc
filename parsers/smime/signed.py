"""The signatures of one layer: content, signed attributes, key, then certificate (RFC 5652 5).

What is hashed is what was received. A detached content is tried byte for byte, then as RFC 8551 3.1.1
wants it (every line ended by CRLF), then with LF alone: some gateways sign before they set line ends.
None of the three can make two different texts look the same but for their line ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from hmac import compare_digest
from typing import Any

from parsers.certificates import common_name, emails, key_identifier, load, names, public_key
from parsers.errors import Malformed, ParseError
from parsers.smime.attributes import Attributes, refuse_disguise
from parsers.smime.cms import certificates, octets, reading, revocation_lists
from parsers.smime.model import Evidence, Layer, LayerKind, Signature, Signer, Trust, Wanted
from parsers.smime.primitives import WrongSignature, digest, label, verify, weak_hash
from parsers.smime.trust import Standing, assess

_BROKEN = "La structure de la signature est illisible."
_CHANGED = "Le contenu n’est pas celui qui a été signé : il a été modifié en chemin."
_MAX_SIGNERS = 20
_LINE_END = re.compile(rb"\r\n|\r|\n")
# Worst first for what may not be ignored, then best first for what may (several signers, several layers).
_FATAL = (Signature.INVALID, Signature.REVOKED)
_BY_MERIT = (
    Signature.VALID,
    Signature.WEAK,
    Signature.MISMATCH,
    Signature.EXPIRED,
    Signature.UNTRUSTED,
    Signature.ABSENT,
)


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on a signed layer, what it contained, and the proofs to keep."""

    layer: Layer
    content: bytes | None
    """The signed content of an opaque message; None for a detached signature."""
    certificates: tuple[bytes, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    wanted: tuple[Wanted, ...] = ()


@dataclass(frozen=True, slots=True)
class Judge:
    """What a signer is compared with: belief, moment, and the addresses the message says it comes from."""

    trust: Trust
    at: datetime
    senders: tuple[str, ...]
    """Lower case; more than one From field never matches (see ``sender_reason``)."""
    sender_reason: str | None = None


def overall(verdicts: Sequence[Signature]) -> Signature:
    """One verdict for several: anything forged or revoked decides, else the best of them."""
    for verdict in (*_FATAL, *_BY_MERIT):
        if verdict in verdicts:
            return verdict
    return Signature.ABSENT


def check(info: Any, detached: bytes | None, judge: Judge) -> Checked:
    """Judge a SignedData (asn1crypto ContentInfo); ``detached`` is the first part of a multipart/signed.

    Never raises for a wrong or broken signature: that is a verdict.
    """
    content: bytes | None = None
    try:
        with reading(_BROKEN):
            signed = info["content"]
            content = octets(signed["encap_content_info"]["content"])
            return _check(signed, content, detached, judge)
    except ParseError as error:
        layer = Layer(LayerKind.SIGNED, signature=Signature.INVALID, reasons=(error.message,))
        return Checked(layer, content)


def _check(signed: Any, content: bytes | None, detached: bytes | None, judge: Judge) -> Checked:
    seen = certificates(signed["certificates"])
    crls, answers = revocation_lists(signed["crls"])
    infos = signed["signer_infos"]
    if detached is not None and content is not None and content != detached:
        raise Malformed("La signature porte un autre contenu que celui du message.")
    data = detached if detached is not None else content
    if len(infos) == 0:
        return _bag_of_certificates(content, seen)
    if len(infos) > _MAX_SIGNERS:
        raise Malformed(f"Le message porte plus de {_MAX_SIGNERS} signatures.")
    if data is None:
        raise Malformed("La signature est arrivée sans le contenu qu’elle signe.")
    trust = Trust(
        judge.trust.roots,
        judge.trust.intermediates,
        judge.trust.known,
        (*judge.trust.crls, *crls),
        (*judge.trust.ocsp, *answers),
        tuple(one for one in (*crls, *answers) if one not in {*judge.trust.crls, *judge.trust.ocsp}),
    )
    judge = Judge(trust, judge.at, judge.senders, judge.sender_reason)
    kind = str(signed["encap_content_info"]["content_type"].native)
    hashed = _Content(data, detached is not None)
    judged = [_signer(info, kind, hashed, seen, judge) for info in infos]
    signers = tuple(signer for signer, _ in judged)
    verdict = overall([signer.verdict for signer in signers])
    layer = Layer(
        LayerKind.SIGNED,
        algorithm=", ".join(dict.fromkeys(signer.algorithm for signer in signers if signer.algorithm)),
        signature=verdict,
        signers=signers,
        reasons=tuple(dict.fromkeys(reason for signer in signers for reason in signer.reasons)),
    )
    standings = [standing for _, standing in judged if standing is not None]
    return Checked(
        layer,
        content,
        seen,
        tuple(dict.fromkeys(proof for standing in standings for proof in standing.evidence)),
        tuple(dict.fromkeys(each for standing in standings for each in standing.wanted)),
    )


def _bag_of_certificates(content: bytes | None, seen: tuple[bytes, ...]) -> Checked:
    """``certs-only`` (RFC 8551 3.8), or a content with nobody's signature."""
    if content is not None:
        reason = "Le message est présenté comme signé mais ne porte aucune signature."
        return Checked(
            Layer(LayerKind.SIGNED, signature=Signature.INVALID, reasons=(reason,)), content, seen
        )
    reason = "Le message ne transporte que des certificats."
    return Checked(Layer(LayerKind.CERTIFICATES, reasons=(reason,)), None, seen)


class _Content:
    """The signed content and its digests, each computed once however many signers there are."""

    def __init__(self, data: bytes, text: bool) -> None:
        self.data = data
        self._text = text
        self._digests: dict[str, bytes] = {}

    def forms(self) -> Iterator[bytes]:
        """The content as it may have been signed, as received first: most often nothing else is needed."""
        yield self.data
        if not self._text:
            return
        canonical = canonicalise(self.data)
        if canonical is not self.data:
            yield canonical
        unix = canonical.replace(b"\r\n", b"\n")
        if unix != self.data:
            yield unix

    def matches(self, name: str, expected: bytes) -> bool:
        """Whether one of the forms has this digest. Raises ``Unsupported`` for an unknown hash."""
        known = self._digests.get(name)
        if known is not None:
            return compare_digest(known, expected)
        for form in self.forms():
            found = digest(name, form)
            if compare_digest(found, expected):
                self._digests[name] = found
                return True
        return False


def canonicalise(data: bytes) -> bytes:
    """Every line end as CRLF (RFC 8551 3.1.1). The same object comes back when there is nothing to do."""
    ends = data.count(b"\r\n")
    if data.count(b"\n") == ends and data.count(b"\r") == ends:
        return data
    return _LINE_END.sub(b"\r\n", data)


def _signer(
    info: Any, kind: str, content: _Content, seen: tuple[bytes, ...], judge: Judge
) -> tuple[Signer, Standing | None]:
    """Judge one SignerInfo: the verdict, and how the certificate stands when it came to that."""
    certificate: bytes | None = None
    hash_name = ""
    signed_at: datetime | None = None
    try:
        with reading(_BROKEN):
            certificate = _certificate_of(info["sid"], seen, judge.trust.known)
            hash_name = str(info["digest_algorithm"]["algorithm"].native)
            attributes = Attributes.of(info)
            signed_at = attributes.signing_time()
            if attributes and not content.matches(hash_name, attributes.message_digest(kind)):
                return _named(Signature.INVALID, certificate, hash_name, signed_at, (_CHANGED,)), None
            if certificate is None:
                reason = "Le certificat du signataire n’est ni dans le message ni dans l’annuaire."
                claimed = _claimed(info["sid"])
                return Signer(
                    Signature.UNTRUSTED, None, (), claimed, label(hash_name), signed_at, (reason,)
                ), None
            attributes.check_binding(info, certificate)
            used = _verify(info, attributes, kind, content, certificate)
            standing = _standing(certificate, seen, judge, (hash_name, used))
            return _named(standing.verdict, certificate, hash_name, signed_at, standing.reasons), standing
    except ParseError as error:
        return _named(Signature.INVALID, certificate, hash_name, signed_at, (error.message,)), None


def _verify(info: Any, attributes: Attributes, kind: str, content: _Content, certificate: bytes) -> str:
    """Check the signature itself; returns the hash it used. Raises ``WrongSignature``, ``ParseError``."""
    key = public_key(load(certificate).public_key.dump())
    hash_name = str(info["digest_algorithm"]["algorithm"].native)
    signature = octets(info["signature"]) or b""
    if attributes:
        candidates: Iterator[bytes] = attributes.encodings()
    else:
        refuse_disguise(kind, content.data)
        candidates = content.forms()
    for data in candidates:
        try:
            return verify(key, info["signature_algorithm"], hash_name, signature, data)
        except WrongSignature:
            continue
    raise WrongSignature


def _named(
    verdict: Signature,
    certificate: bytes | None,
    hash_name: str,
    signed_at: datetime | None,
    why: tuple[str, ...],
) -> Signer:
    addresses: tuple[str, ...] = ()
    name = ""
    if certificate is not None:
        with suppress(ParseError):
            addresses, name = emails(certificate), common_name(certificate)
    return Signer(verdict, certificate, addresses, name, label(hash_name), signed_at, why)


def _standing(
    certificate: bytes, seen: tuple[bytes, ...], judge: Judge, hashes: tuple[str, str]
) -> Standing:
    """The mathematics are right: is the signer believed, and is it the sender?"""
    standing = assess(certificate, seen, judge.trust, judge.at)
    verdict, reasons = standing.verdict, list(standing.reasons)
    weak = [reason for name in dict.fromkeys(hashes) if (reason := weak_hash(name)) is not None]
    if weak:
        reasons = weak + reasons
        verdict = Signature.WEAK if verdict is Signature.VALID else verdict
    other = _not_the_sender(certificate, judge)
    if other is not None:
        reasons.insert(0, other)
        verdict = Signature.MISMATCH if verdict in {Signature.VALID, Signature.WEAK} else verdict
    return replace(standing, verdict=verdict, reasons=tuple(reasons))


def _not_the_sender(certificate: bytes, judge: Judge) -> str | None:
    """RFC 8550 3: the address of the From field must be one of those of the certificate."""
    if judge.sender_reason is not None:
        return judge.sender_reason
    owned = emails(certificate)
    if not owned:
        return "Le certificat du signataire ne porte aucune adresse : rien ne le lie à l’expéditeur."
    if not set(judge.senders) <= set(owned):
        return f"Le message est signé par {owned[0]}, qui n’est pas l’expéditeur affiché."
    return None


def _certificate_of(sid: Any, seen: tuple[bytes, ...], known: tuple[bytes, ...]) -> bytes | None:
    """The signer's certificate, in the message first, then in the directory."""
    if sid.name == "issuer_and_serial_number":
        wanted = sid.chosen["issuer"].hashable, sid.chosen["serial_number"].native
        return _by_name(seen).get(wanted) or _by_name(known).get(wanted)
    identifier = bytes(sid.chosen)
    return _by_key(seen).get(identifier) or _by_key(known).get(identifier)


@lru_cache(maxsize=16)
def _by_name(ders: tuple[bytes, ...]) -> dict[tuple[str, int], bytes]:
    return {names(der): der for der in reversed(ders) if _readable(der)}


@lru_cache(maxsize=16)
def _by_key(ders: tuple[bytes, ...]) -> dict[bytes, bytes]:
    return {key_identifier(der): der for der in reversed(ders) if _readable(der)}


def _readable(der: bytes) -> bool:
    try:
        load(der)
    except ParseError:
        return False
    return True


def _claimed(sid: Any) -> str:
    if sid.name == "issuer_and_serial_number":
        return f"certificat n° {sid.chosen['serial_number'].native}"
    return f"clé {bytes(sid.chosen).hex()}"
