"""Proofs a judgment lacks, and where certificates say they are to be had (RFC 5280 4.2.1.13, 4.2.2.1).

Only names them: parsers never touch the network. An address of a certificate that leads to a known
authority was written by that authority; one of a certificate nobody vouches for was chosen by a stranger
and says so (``vouched``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from asn1crypto import ocsp

from parsers.certificates import load
from parsers.errors import ParseError
from parsers.smime.cms import reading
from parsers.smime.model import Ask, Wanted

_UNREADABLE = "Les adresses de révocation d’un certificat sont illisibles."
_MAX_ADDRESSES = 4
"""Of one certificate and one kind: a certificate of a hundred addresses would be a weapon."""
_LONGEST = 2000
_OCSP = "ocsp"
_CA_ISSUERS = "ca_issuers"


def of_path(path: tuple[bytes, ...], unsure: tuple[int, ...]) -> tuple[Wanted, ...]:
    """The proofs wanted for the certificates at these places of a path that leads to a known authority.

    An answer about one certificate is asked before the list of all: it is smaller and fresher.
    """
    found: list[Wanted] = []
    for position in unsure:
        try:
            found += _of_link(path[position], path[position + 1])
        except ParseError:
            continue  # an authority that writes broken addresses: its certificates cannot be proved
    return tuple(dict.fromkeys(found))


def of_issuer(led: tuple[bytes, ...]) -> tuple[Wanted, ...]:
    """Where the missing authority above ``led`` (signer first, then those that lead on) is said to be."""
    found: list[Wanted] = []
    for der in led:
        try:
            found += [Wanted(Ask.ISSUER, url, vouched=False) for url in _access(der, _CA_ISSUERS)]
        except ParseError:
            continue
    return tuple(dict.fromkeys(found))


def _of_link(certificate: bytes, issuer: bytes) -> list[Wanted]:
    request = _request(certificate, issuer)
    answers = [Wanted(Ask.OCSP, url, request) for url in _access(certificate, _OCSP)]
    return answers + [Wanted(Ask.CRL, url) for url in _lists(certificate)]


def _request(certificate: bytes, issuer: bytes) -> bytes:
    """An OCSP request about one certificate: SHA-1 names (every responder knows them), no nonce, so that
    the answer may be kept and used again (RFC 5019)."""
    subject, authority = load(certificate), load(issuer)
    with reading(_UNREADABLE):
        key = bytes(authority.public_key["public_key"])
        identifier = {
            "hash_algorithm": {"algorithm": "sha1"},
            "issuer_name_hash": _sha1(subject.issuer.dump()),
            "issuer_key_hash": _sha1(key),
            "serial_number": subject.serial_number,
        }
        asked = ocsp.OCSPRequest({"tbs_request": {"request_list": [{"req_cert": identifier}]}})
        return bytes(asked.dump())


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


def _access(der: bytes, method: str) -> list[str]:
    certificate = load(der)
    with reading(_UNREADABLE):
        described = certificate.authority_information_access_value or ()
        return _addresses(
            each["access_location"].chosen.native
            for each in described
            if each["access_method"].native == method
            and each["access_location"].name == "uniform_resource_identifier"
        )


def _lists(der: bytes) -> list[str]:
    certificate = load(der)
    with reading(_UNREADABLE):
        points = certificate.crl_distribution_points_value or ()
        return _addresses(
            name.chosen.native
            for point in points
            if point["distribution_point"].name == "full_name"
            for name in point["distribution_point"].chosen
            if name.name == "uniform_resource_identifier"
        )


def _addresses(values: Iterator[object]) -> list[str]:
    """Those that can be asked at all: LDAP is not spoken."""
    found = [str(value) for value in values]
    kept = [url for url in found if url.lower().startswith(("http://", "https://")) and len(url) < _LONGEST]
    return list(dict.fromkeys(kept))[:_MAX_ADDRESSES]
