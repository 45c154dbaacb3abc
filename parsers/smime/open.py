"""Open a message: walk through its cryptographic layers, from the outside in, and give one verdict.

Only what wraps the whole message counts: a signature somewhere inside a multipart proves nothing of
what stands around it. Nothing is lost on the way: what cannot be opened is handed back as received.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from parsers import mime
from parsers.errors import Malformed, ParseError, TooLarge
from parsers.headers import addresses
from parsers.limits import DEFAULT, Limits
from parsers.smime import enveloped, signed
from parsers.smime.cms import CMS_TYPES, content_info, octets, reading, strip_armour
from parsers.smime.model import (
    Decryption,
    Evidence,
    Identity,
    Layer,
    LayerKind,
    Opened,
    Security,
    Signature,
    Trust,
    Wanted,
)

_OPAQUE = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_DETACHED = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature"})
_UNLABELLED = frozenset({"application/octet-stream", "application/pkcs7", "application/x-pkcs7"})
_ADDED = "Le message signé a été modifié en chemin : il doit tenir en un contenu et une signature."
_MAX_WANTED = 24
"""Addresses one message may make us ask, all layers together."""
_UNREADABLE = "La structure cryptographique du message est illisible."


@dataclass(slots=True)
class _Walk:
    """What is gathered on the way; ``entity`` is the innermost content reached so far."""

    identities: Sequence[Identity]
    judge: signed.Judge
    limits: Limits
    entity: bytes
    layers: list[Layer] = field(default_factory=list)
    certificates: list[bytes] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    wanted: list[Wanted] = field(default_factory=list)


def open_mail(
    raw: bytes,
    identities: Sequence[Identity],
    trust: Trust,
    at: datetime,
    limits: Limits = DEFAULT,
) -> Opened:
    """Open every layer of a message received at ``at`` (aware) and judge it then.

    The entity is ``raw`` itself when there is nothing to open or when something cannot be opened.
    Raises ``TooLarge`` above ``limits.depth`` layers; a wrong signature or key is a verdict.
    """
    part = mime.parse(raw, limits)
    if not wrapped(part):
        return Opened(raw, Security())
    senders, reason = _senders(part)
    walk = _Walk(identities, signed.Judge(trust, at, senders, reason), limits, raw)
    following: bytes | None = raw
    cryptographic = False  # the content is a CMS structure itself, without MIME around it
    while following is not None:
        if len(walk.layers) >= limits.depth:
            raise TooLarge(f"Le message est enveloppé plus de {limits.depth} fois.")
        if cryptographic:
            following, cryptographic = _opaque(walk, following, None)
            continue
        part = mime.parse(following, limits)
        walk.entity = following
        following, cryptographic = _step(walk, _target(part))
    security = _verdict(walk)
    kept = security.decryption in {Decryption.NO_KEY, Decryption.CORRUPT}
    return Opened(raw if kept else walk.entity, security)


def wrapped(part: mime.Part) -> bool:
    """Whether a cryptographic layer stands around the whole entity."""
    return _is_detached(_target(part)) or _is_opaque(_target(part))


def _target(part: mime.Part) -> mime.Part:
    """Some gateways put the encrypted part alone inside a multipart: the wrapping adds nothing."""
    while part.content_type == "multipart/mixed" and len(part.children) == 1:
        inner = part.children[0]
        if not (_is_opaque(inner) or _is_detached(inner) or inner.content_type == "multipart/mixed"):
            break
        part = inner
    return part


def _is_opaque(part: mime.Part) -> bool:
    kind = part.content_type
    if kind in _OPAQUE or kind in _DETACHED:
        return True
    return kind in _UNLABELLED and (part.filename or "").lower().endswith(".p7m")


def _is_detached(part: mime.Part) -> bool:
    if part.content_type != "multipart/signed":
        return False
    protocol = part.params.get("protocol", "").lower()
    if protocol:
        return protocol in _DETACHED
    return any(child.content_type in _DETACHED for child in part.children)


def _step(walk: _Walk, part: mime.Part) -> tuple[bytes | None, bool]:
    """Open one layer. Returns the content to look into next, and whether it is a bare CMS structure."""
    if _is_detached(part):
        return _detached(walk, part), False
    if _is_opaque(part):
        return _opaque(walk, strip_armour(part.content()), part.params.get("smime-type"))
    return None, False


def _detached(walk: _Walk, part: mime.Part) -> bytes | None:
    children = part.children
    if len(children) != 2:
        walk.layers.append(Layer(LayerKind.SIGNED, signature=Signature.INVALID, reasons=(_ADDED,)))
        return None
    content = children[0].raw
    try:
        info = content_info(strip_armour(children[1].content()))
        if info["content_type"].native != "signed_data":
            raise Malformed(_UNREADABLE)
    except ParseError as error:
        walk.layers.append(Layer(LayerKind.SIGNED, signature=Signature.INVALID, reasons=(error.message,)))
        return content
    checked = signed.check(info, content, walk.judge)
    _keep(walk, checked)
    return content


def _opaque(walk: _Walk, data: bytes, smime_type: str | None) -> tuple[bytes | None, bool]:
    try:
        info = content_info(data)
        kind = info["content_type"].native
    except ParseError as error:
        walk.layers.append(_unreadable(smime_type, error.message))
        return None, False
    if kind == "signed_data":
        checked = signed.check(info, None, walk.judge)
        _keep(walk, checked)
        return _inner(walk, checked.content, "data")
    if kind in {"enveloped_data", "authenticated_enveloped_data"}:
        decrypted = enveloped.decrypt(info, walk.identities)
        walk.layers.append(decrypted.layer)
        return _inner(walk, decrypted.content, decrypted.inner)
    if kind == "compressed_data":
        return _inner(walk, _expand(walk, info), "data")
    walk.layers.append(
        _unreadable(smime_type, "Le message emploie une enveloppe qui n’est pas prise en charge.")
    )
    return None, False


def _inner(walk: _Walk, content: bytes | None, kind: str) -> tuple[bytes | None, bool]:
    if content is None:
        return None, False
    walk.entity = content
    return content, kind in CMS_TYPES


def _unreadable(smime_type: str | None, reason: str) -> Layer:
    """A layer nobody can read counts as what it says it is; without a word, as encrypted."""
    if smime_type is not None and smime_type.lower() in {"signed-data", "certs-only"}:
        return Layer(LayerKind.SIGNED, signature=Signature.INVALID, reasons=(reason,))
    return Layer(LayerKind.ENCRYPTED, decryption=Decryption.CORRUPT, reasons=(reason,))


def _expand(walk: _Walk, info: Any) -> bytes | None:
    """RFC 3274, bounded as an archive is."""
    ceiling = walk.limits.archive_bytes
    try:
        with reading("Le message compressé est illisible."):
            compressed = octets(info["content"]["encap_content_info"]["content"]) or b""
            engine = zlib.decompressobj()
            content = engine.decompress(compressed, ceiling)
    except ParseError as error:
        walk.layers.append(
            Layer(LayerKind.COMPRESSED, decryption=Decryption.CORRUPT, reasons=(error.message,))
        )
        return None
    if engine.unconsumed_tail:
        raise TooLarge("Le message compressé dépasse la taille permise une fois ouvert.")
    walk.layers.append(Layer(LayerKind.COMPRESSED, algorithm="zlib"))
    return content


def _keep(walk: _Walk, checked: signed.Checked) -> None:
    walk.layers.append(checked.layer)
    walk.certificates += checked.certificates
    walk.evidence += checked.evidence
    walk.wanted += checked.wanted


def _senders(part: mime.Part) -> tuple[tuple[str, ...], str | None]:
    """The addresses of the one From field, lower case; or why nobody can be compared with a signer."""
    fields = part.header_all("from")
    if len(fields) > 1:
        return (), "Le message porte plusieurs champs d’expéditeur : rien ne dit lequel a signé."
    found = addresses(fields[0]) if fields else ()
    given = tuple(person.address.lower() for person in found if person.address)
    if not given:
        return (), "Le message ne porte aucune adresse d’expéditeur à comparer au signataire."
    return given, None


def _verdict(walk: _Walk) -> Security:
    layers = tuple(walk.layers)
    states = [layer.decryption for layer in layers if layer.decryption is not Decryption.ABSENT]
    decryption = Decryption.ABSENT
    for state in (Decryption.CORRUPT, Decryption.NO_KEY, Decryption.OK):
        if state in states:
            decryption = state
            break
    verdict = signed.overall([layer.signature for layer in layers])
    deciding = [s for layer in layers for s in layer.signers if s.verdict is verdict]
    signer = None
    if deciding:
        emails, name = deciding[0].emails, deciding[0].name
        signer = next((e for e in emails if e in walk.judge.senders), emails[0] if emails else name or None)
    return Security(
        encrypted=any(layer.kind is LayerKind.ENCRYPTED for layer in layers),
        decryption=decryption,
        signature=verdict,
        signer=signer,
        reasons=tuple(dict.fromkeys(reason for layer in layers for reason in layer.reasons)),
        layers=layers,
        certificates=tuple(dict.fromkeys(walk.certificates)),
        evidence=tuple(dict.fromkeys(walk.evidence)),
        wanted=tuple(dict.fromkeys(walk.wanted))[:_MAX_WANTED],
    )
