"""Which certificate a letter may be encrypted for, and why not: directory, then confirmed, then LDAP.

A certificate out of its dates, revoked, or not made for this is never used, and the trace says so. Whoever
put a file in the directory, or confirmed a certificate, vouches for it: a path to a known authority is not
asked, but when there is one, what the authority says of the certificate counts. Nobody vouches for what an
LDAP server answers: there the path is asked, and the certificate must name the address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from gateway.circuits.directory import Directory, correspondent_of
from gateway.outbound.ldap import Found, LdapDirectory
from parsers.addressees import refusal_to_encrypt
from parsers.certificates import describe
from parsers.errors import ParseError
from parsers.smime.model import Signature, Trust
from parsers.smime.trust import assess
from storage import certbook
from storage.db import Session

NONE_KNOWN = "Non chiffrée : aucun certificat de ce correspondant n'est connu ni confirmé."


@dataclass(frozen=True, slots=True)
class Choice:
    """The certificate to encrypt for (DER), or none; ``reasons`` are French sentences for the trace."""

    certificate: bytes | None
    reasons: tuple[str, ...]


class Chooser:
    """Looks for a valid certificate of a correspondent. ``trust_at`` gives what is believed now; ``ldap``
    is asked when nothing else serves."""

    def __init__(
        self, directory: Directory, trust_at: Callable[[], Trust], ldap: LdapDirectory | None = None
    ) -> None:
        self._directory = directory
        self._trust_at = trust_at
        self._ldap = ldap

    def __call__(self, session: Session, recipient: str, at: datetime) -> Choice:
        """The first certificate that may serve at ``at``."""
        refused: list[str] = []
        trust = self._trust_at()
        for origin, der in self._candidates(session, recipient):
            refusal = _refusal(der, trust, at)
            if refusal is None:
                return Choice(der, (f"Chiffrée pour le certificat {_short(der)} ({origin}).", *refused))
            refused.append(f"Certificat {_short(der)} ({origin}) non employé : {refusal}")
        if self._ldap is not None:
            return self._from_ldap(self._ldap(recipient, at), trust, at, refused)
        return Choice(None, ("Non chiffrée.", *refused) if refused else (NONE_KNOWN,))

    def _from_ldap(self, found: Found, trust: Trust, at: datetime, refused: list[str]) -> Choice:
        for der in found.certificates:
            refusal = _refusal(der, trust, at, vouched=False)
            if refusal is None:
                return Choice(
                    der, (f"Chiffrée pour le certificat {_short(der)} (annuaire LDAP).", *refused)
                )
            refused.append(f"Certificat {_short(der)} (annuaire LDAP) non employé : {refusal}")
        if found.trouble is not None:
            refused.append(found.trouble)
        return Choice(None, ("Non chiffrée.", *refused) if refused else (NONE_KNOWN,))

    def _candidates(self, session: Session, recipient: str) -> Iterator[tuple[str, bytes]]:
        known = correspondent_of(self._directory, recipient)
        for der in known.certificates if known is not None else ():
            yield "annuaire", der
        for row in certbook.usable(session, recipient):
            yield "confirmé par une personne", row.der


def refusal(der: bytes, trust: Trust, at: datetime) -> str | None:
    """Why a certificate somebody vouches for may not serve at ``at`` (French), ``None`` when it may."""
    return _refusal(der, trust, at)


def _refusal(der: bytes, trust: Trust, at: datetime, *, vouched: bool = True) -> str | None:
    try:
        refusal = refusal_to_encrypt(der)
        details = describe(der)
        standing = assess(der, (), trust, at, refusal_to_encrypt)
    except ParseError as error:
        return error.message
    if refusal is not None:
        return refusal
    if at > details.not_after:
        return f"il a expiré le {details.not_after:%d/%m/%Y}."
    if at < details.not_before:
        return f"il ne vaut qu'à partir du {details.not_before:%d/%m/%Y}."
    if standing.verdict is Signature.REVOKED:
        return "il est révoqué."
    if not vouched and standing.verdict is not Signature.VALID:
        return "aucune autorité connue n'en répond."
    return None


def _short(der: bytes) -> str:
    try:
        return describe(der).fingerprint[:12]
    except ParseError:
        return "illisible"
