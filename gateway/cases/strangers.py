"""Who may add to a case without a person: the house that opened it, or a correspondent we know."""

from __future__ import annotations

from gateway.circuits.decision import MailSeen
from gateway.circuits.directory import Directory, correspondent_of

REFUSED = "refused"


def domain_of(mail: MailSeen) -> str | None:
    """Domain of the sender (``From``, else the envelope), in small letters; ``None`` without one."""
    _, at, domain = (mail.sender or mail.envelope_from).rpartition("@")
    return domain.casefold() if at and domain else None


def is_foreign(directory: Directory, mail: MailSeen, case_domain: str | None) -> bool:
    """True when the sender is neither of the case's domain nor known to the directory.

    A subdomain is another domain: ``evil.chu.example`` is not ``chu.example``.
    """
    domain = domain_of(mail)
    if domain is None:
        return True
    known = correspondent_of(directory, mail.sender or mail.envelope_from)
    if known is not None:
        return known.role == REFUSED
    return case_domain is None or domain != case_domain.casefold()
