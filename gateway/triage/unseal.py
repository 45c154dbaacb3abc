"""Opened: cryptographic layers removed, signature judged at the time of arrival, its evidence kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.triage.revocation import Proofs, Proved, fingerprint
from gateway.triage.sandbox import Sandbox
from parsers.smime.model import Evidence, Identity, Opened, Role, Security, Trust
from storage.judgments import Judgment, Source

PROOF = "proof"
"""Kind of a blob of the vault: a certificate, a revocation list or an OCSP answer."""


def unseal(
    raw: bytes,
    identities: Sequence[Identity],
    trust: Trust,
    at: datetime,
    sandbox: Sandbox,
    proofs: Proofs,
) -> Proved:
    """Open every layer of ``raw`` with the mailbox's keys, in a limited child.

    Raises ``ParseError`` when the message cannot even be read; a missing key is no error: the verdict
    says ``no-key`` and the bytes stay as received. A proof of revocation that cannot be had is no error
    either.
    """

    def attempt(with_proofs: Trust) -> Opened:
        opened: Opened = sandbox.run("open", raw, tuple(identities), with_proofs, at)
        return opened

    return proofs.prove(attempt, trust)


def with_kept(trust: Trust, kept: Sequence[tuple[str, bytes]]) -> Trust:
    """``trust`` with the evidence (role, DER) of an earlier judgment of the same mail.

    Its root is not believed again by that alone: an authority that is no longer ours is no longer ours.
    """

    def of(role: Role) -> tuple[bytes, ...]:
        return tuple(der for name, der in kept if name == role)

    return Trust(
        trust.roots,
        tuple(dict.fromkeys((*trust.intermediates, *of(Role.INTERMEDIATE)))),
        trust.known,
        tuple(dict.fromkeys((*trust.crls, *of(Role.CRL)))),
        tuple(dict.fromkeys((*trust.ocsp, *of(Role.OCSP)))),
    )


def judgment_rows(
    delivery: str, place: str, proved: Proved, trust: Trust, at: datetime
) -> Iterator[tuple[Judgment, bytes]]:
    """What the verdict stands on, as rows with their bytes. ``trust`` is what was believed at first."""
    sources = _sources(trust, proved.fetched)
    for one in proved.opened.security.evidence:
        yield _row(delivery, place, one, sources.get(one.der), proved.fetched.get(one.der), at), one.der


def _sources(trust: Trust, fetched: Mapping[bytes, str]) -> dict[bytes, Source]:
    supplied = (*trust.roots, *trust.intermediates, *trust.crls, *trust.ocsp)
    return {
        **dict.fromkeys(fetched, Source.FETCHED),
        **dict.fromkeys(trust.known, Source.DIRECTORY),
        **dict.fromkeys(supplied, Source.SUPPLIED),
    }


def _row(
    delivery: str, place: str, one: Evidence, source: Source | None, url: str | None, at: datetime
) -> Judgment:
    return Judgment(
        delivery=delivery,
        place=place[:400],
        role=str(one.role),
        sha256=fingerprint(one.der),
        source=str(source or Source.MESSAGE),
        url=url if source is Source.FETCHED else None,
        this_update=one.this_update,
        next_update=one.next_update,
        judged_at=at,
    )


def security_columns(security: Security) -> dict[str, Any]:
    """The verdict as stored and shown: the ``security`` object of ``mail explain --json``."""
    return {
        "encrypted": security.encrypted,
        "decryption": str(security.decryption),
        "signature": str(security.signature),
        "signer": security.signer,
        "reasons": list(security.reasons),
    }
