"""Secure mails nested in a mail: opened with the same keys, judged each for itself, never for the whole.

The child that opens containers holds no key: it only says where a secure mail lies. This one is opened by a
child of its own, and what it held is unpacked by a third. Its verdict stays with it: a forwarded mail that
was well signed proves nothing of who forwards it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from gateway.triage.revocation import Proofs, Proved
from gateway.triage.sandbox import Sandbox
from gateway.triage.unpack import ENVELOPE_ROLE
from gateway.triage.unseal import security_columns
from parsers.errors import ParseError
from parsers.found import Found
from parsers.smime.model import Decryption, Identity, Opened, Security, Signature, Trust
from parsers.unpack import Unpacked

_MOST = 20
"""Secure mails opened in one mail, all levels together."""
_DEEPEST = 6
_TOO_MANY = "Le message contient trop de messages chiffrés ou signés : celui-ci n'a pas été ouvert."
_LAYER = "layer"


@dataclass(frozen=True, slots=True)
class NestedLayer:
    """One nested secure mail and its verdict. ``path`` is the place of its document."""

    path: str
    proved: Proved


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """A mail with every nested secure mail opened that could be."""

    unpacked: Unpacked
    layers: tuple[NestedLayer, ...] = ()


@dataclass(slots=True)
class _Work:
    identities: tuple[Identity, ...]
    trust: Trust
    at: datetime
    sandbox: Sandbox
    proofs: Proofs
    layers: list[NestedLayer] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)


def unwrap(
    unpacked: Unpacked,
    identities: Sequence[Identity],
    trust: Trust,
    at: datetime,
    sandbox: Sandbox,
    proofs: Proofs,
) -> Unwrapped:
    """Open the secure mails that ``unpacked`` says are nested, and those nested in them.

    Never raises ``ParseError``: what cannot be opened stays a document that says why.
    """
    work = _Work(tuple(identities), trust, at, sandbox, proofs)
    work.taken = {found.path for found in unpacked.found}
    found = tuple(each for one in unpacked.found for each in _opened(work, one, 0))
    return Unwrapped(replace(unpacked, found=found), tuple(work.layers))


def with_nested(security: Mapping[str, Any] | None, unwrapped: Unwrapped) -> dict[str, Any] | None:
    """The verdict of the mail as stored, with those of the mails nested in it beside it."""
    if security is None or not unwrapped.layers:
        return dict(security) if security is not None else None
    nested = [
        {"path": layer.path, **security_columns(layer.proved.opened.security)} for layer in unwrapped.layers
    ]
    waiting = any(layer["decryption"] == Decryption.NO_KEY for layer in nested)
    return {**security, "nested": nested, "nested_decryption": Decryption.NO_KEY if waiting else None}


def _opened(work: _Work, found: Found, depth: int) -> Iterator[Found]:
    how = found.meta.get("sealed")
    if how is None:
        yield found
        return
    if len(work.layers) >= _MOST or depth >= _DEEPEST:
        yield replace(found, trouble=_TOO_MANY)
        return
    try:
        proved = _open(work, found, None if how == "message" else found.meta.get("sealed_sender", ""))
    except ParseError as error:
        yield replace(found, trouble=error.message)
        return
    security = proved.opened.security
    work.layers.append(NestedLayer(found.path, proved))
    if security.decryption in {Decryption.NO_KEY, Decryption.CORRUPT} or _is_shut(found, proved):
        yield replace(found, trouble=" ".join(security.reasons) or found.trouble)
        return
    yield from _contents(work, found, proved.opened, depth)


def _open(work: _Work, found: Found, sender: str | None) -> Proved:
    def attempt(trust: Trust) -> Opened:
        opened: Opened = work.sandbox.run(
            "open-attached", found.content, sender, work.identities, trust, work.at
        )
        return opened

    return work.proofs.prove(attempt, work.trust)


def _is_shut(found: Found, proved: Proved) -> bool:
    """Nothing came out: a structure nobody can read, or a bag of certificates."""
    return proved.opened.entity == found.content


def _contents(work: _Work, found: Found, opened: Opened, depth: int) -> Iterator[Found]:
    given = {k: v for k, v in found.meta.items() if k not in {"sealed", "sealed_sender", "role"}}
    try:
        inside: tuple[Found, ...] = work.sandbox.run(
            "unpack-inside",
            found.content,
            opened.entity,
            found.path,
            found.name,
            {**given, _LAYER: found.path},
            work.sandbox.limits,
        )
    except ParseError as error:
        yield replace(found, trouble=error.message)
        return
    if not inside:
        yield replace(found, trouble="La pièce jointe chiffrée ou signée est vide une fois ouverte.")
        return
    meta = {**given, "role": ENVELOPE_ROLE, "verdict": told(opened.security)}
    yield replace(found, meta=meta, trouble=None)
    for one in inside:
        path, number = one.path, 2
        while path in work.taken:
            path, number = f"{one.path} ({number})", number + 1
        work.taken.add(path)
        yield from _opened(work, replace(one, path=path), depth + 1)


def told(security: Security) -> str:
    """The verdict of a nested mail in one sentence, for the document that carries it."""
    opened = "ouvert avec une clé de la boîte" if security.encrypted else "non chiffré"
    words = {
        Signature.VALID: f"signature valable de {security.signer}",
        Signature.ABSENT: "non signé",
        Signature.INVALID: "signature fausse",
        Signature.UNTRUSTED: "signature d’une autorité inconnue",
        Signature.EXPIRED: "signature faite avec un certificat hors de ses dates",
        Signature.REVOKED: "signature faite avec un certificat révoqué",
        Signature.MISMATCH: "signature d’une autre personne que son expéditeur",
        Signature.WEAK: "signature trop faible pour prouver quoi que ce soit",
    }
    return f"Message sécurisé joint : {opened}, {words[security.signature]}."
