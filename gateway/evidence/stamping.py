"""Time stamps of a third party (RFC 3161) about the checkpoints: asked, checked, kept, checked again.

The token is about the SHA-256 of the signed note, as UTF-8: with the note beside it,
``openssl ts -verify -in TOKEN -data NOTE -CAfile CA`` says the same. What the authority answers is read by
the Rust code of ``rfc3161-client``, of 64 KiB at most.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import httpx
from asn1crypto import cms, tsp
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from gateway.errors import PasserelleError, Unavailable
from storage.stamps import StampRow

_MOST = 64 * 1024
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"
_AWAY = "L’autorité d’horodatage ne répond pas ; le point de contrôle attend son jeton, rien n’est arrêté."


class StampRefused(PasserelleError):
    """The token proves nothing; ``public`` says why."""


class Ask(Protocol):
    """Hands a request (DER) to the authority and returns its answer. Raises ``Unavailable``."""

    def __call__(self, request: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Authority:
    """Whom a token is believed from: roots, and what stands between them and the signer."""

    roots: Sequence[x509.Certificate]
    intermediates: Sequence[x509.Certificate]

    @classmethod
    def of(cls, path: Path) -> Authority:
        """Read a PEM file: self-signed certificates are roots. Raises ``StampRefused``."""
        try:
            found = x509.load_pem_x509_certificates(path.read_bytes())
        except (OSError, ValueError):
            raise StampRefused(
                f"Le fichier des certificats d’horodatage « {path} » ne se lit pas ; aucun jeton n’est "
                "vérifié, corrigez « stamp_ca »."
            ) from None
        roots = [one for one in found if one.issuer == one.subject]
        if not roots:
            raise StampRefused(
                f"Le fichier « {path} » ne contient aucune autorité racine ; aucun jeton n’est vérifié."
            )
        return cls(roots, [one for one in found if one.issuer != one.subject])


@dataclass(frozen=True, slots=True)
class Web:
    """``Ask`` over HTTP (RFC 3161, 3.4)."""

    url: str
    seconds: float

    def __call__(self, request: bytes) -> bytes:
        try:
            with httpx.stream(
                "POST",
                self.url,
                content=request,
                headers={"Content-Type": _QUERY, "Accept": _REPLY},
                timeout=self.seconds,
            ) as answer:
                answer.raise_for_status()
                whole = b""
                for piece in answer.iter_bytes():
                    whole += piece
                    if len(whole) > _MOST:
                        raise Unavailable(_AWAY)
                return whole
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(_AWAY) from error


def stamp(size: int, note: str, ask: Ask, authority: Authority, name: str) -> StampRow:
    """Ask a token about the note of ``size`` entries. Raises ``Unavailable``, ``StampRefused``.

    ``name``: the address of the authority, kept with the token.
    """
    request = TimestampRequestBuilder().data(note.encode()).hash_algorithm(HashAlgorithm.SHA256).build()
    token = ask(request.as_bytes())
    response = _read(token)
    _check(response, note, authority, request.nonce)
    return StampRow(size=size, at=_time(response), authority=name[:300], token=token)


def check(row: StampRow, note: str, authority: Authority) -> datetime:
    """The time a kept token proves about the note. Raises ``StampRefused``."""
    response = _read(row.token)
    _check(response, note, authority, None)
    return _time(response)


def check_all(pairs: Iterable[tuple[StampRow, str]], authority: Authority) -> list[tuple[int, str | None]]:
    """For each token and the note it is about: size, and why it is refused (``None``: it holds)."""
    found: list[tuple[int, str | None]] = []
    for row, note in pairs:
        try:
            at = check(row, note, authority)
        except StampRefused as refused:
            found.append((row.size, refused.public))
        else:
            found.append((row.size, None if at == row.at else _OTHER_TIME))
    return found


_OTHER_TIME = "L’heure gardée à côté du jeton n’est pas celle qu’il porte."


def _read(token: bytes) -> TimeStampResponse:
    try:
        response = decode_timestamp_response(_ordered(token))
        if PKIStatus(response.status) != PKIStatus.GRANTED:
            raise StampRefused("L’autorité d’horodatage a refusé de donner un jeton.")
        response.tst_info  # noqa: B018 (a granted answer without its token fails here)
    except ValueError:
        raise StampRefused("Le jeton d’horodatage est illisible.") from None
    return response


def _ordered(token: bytes) -> bytes:
    """The same answer, its certificates in the order of DER (X.690, 11.6).

    ``openssl ts``, and whoever uses it, writes them as it likes; ``rfc3161-client`` then refuses the whole.
    No signature covers their order (RFC 5652, 5.4). Raises ``ValueError``.
    """
    try:
        answer = tsp.TimeStampResp.load(token, strict=True)
        signed = answer["time_stamp_token"]["content"]
        if not isinstance(signed, cms.SignedData):
            return token
        signed["certificates"] = cms.CertificateSet(sorted(signed["certificates"], key=lambda c: c.dump()))
        answer["time_stamp_token"]["content"] = signed
        ordered: bytes = answer.dump()
    except (KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("not an answer of an authority") from None
    return ordered


def _check(response: TimeStampResponse, note: str, authority: Authority, nonce: int | None) -> None:
    digest = hashlib.sha256(note.encode()).digest()
    if response.tst_info.message_imprint.message != digest:
        raise StampRefused("Le jeton d’horodatage porte sur autre chose que ce point de contrôle.")
    if nonce is not None and response.tst_info.nonce != nonce:
        raise StampRefused("Le jeton d’horodatage répond à une autre demande.")
    verifier = VerifierBuilder(
        roots=list(authority.roots), intermediates=list(authority.intermediates)
    ).build()
    try:
        verifier.verify(response, digest)
    except (VerificationError, ValueError):
        raise StampRefused(
            "La signature du jeton d’horodatage ne tient pas : signataire inconnu de « stamp_ca », "
            "certificat hors de sa période ou d’un autre usage, ou jeton altéré."
        ) from None


def _time(response: TimeStampResponse) -> datetime:
    return response.tst_info.gen_time.astimezone(UTC)
