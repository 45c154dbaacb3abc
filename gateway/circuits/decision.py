"""What routing is told of a mail, and what it answers. Frozen values, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from parsers.facts import Confidentiality, Fact, Issue


class MailKind(StrEnum):
    """What a message is, whatever it carries (RFC 3464, RFC 8098, RFC 3834)."""

    MAIL = "mail"
    DELIVERY_REPORT = "delivery-report"
    READ_RECEIPT = "read-receipt"
    AUTO_REPLY = "auto-reply"


@dataclass(frozen=True, slots=True)
class DocumentSeen:
    """One document as ``read`` leaves it. ``position`` is its order in the mail, from 0."""

    position: int
    name: str
    media_type: str
    sha256: str
    kind: str
    score: float
    confidentiality: Confidentiality
    facts: tuple[Fact, ...] = ()
    issues: tuple[Issue, ...] = ()
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class MailSeen:
    """Everything a decision may use: the same value always gives the same decision."""

    sha256: str
    kind: MailKind
    mailbox: str
    envelope_from: str
    sender: str | None
    recipients: tuple[str, ...]
    subject: str
    received_at: datetime
    decryption: str
    """``ok``, ``no-key``, ``corrupt`` or ``absent``."""
    signature: str
    """``valid``, ``invalid``, ``untrusted``, ``expired``, ``revoked``, ``mismatch``, ``weak`` or
    ``absent``."""
    documents: tuple[DocumentSeen, ...]
    bulk: bool = False
    """Mailing list or mass mail (List-Id, Precedence): never answered."""
    troubles: tuple[str, ...] = ()
    """What is odd about the mail itself, as French sentences: they become reasons of the decision."""
    message_id: str | None = None
    references: tuple[str, ...] = ()
    """Identifiers of the thread (References), oldest first: what an answer puts in its own."""


@dataclass(frozen=True, slots=True)
class Route:
    """Some documents of the mail (by position) for one queue, with the addresses of the circular.

    ``forward_to`` names who should have them by the rules, the mailbox of arrival included: whoever
    sends something there first leaves out the mailboxes that have it already.
    """

    queue: str
    documents: tuple[int, ...]
    kind: str
    forward_to: tuple[str, ...]
    reasons: tuple[str, ...]
    caisse: str | None = None
    """The caisse whose queue this is: what is another caisse's is not shown there."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a mail goes and why. ``routes[0]`` leads; ``rules_hash`` names the rules in force."""

    circuit: str
    routes: tuple[Route, ...]
    letter: str | None
    """Acknowledgement to send (file of ``letters/``), or ``None`` with the reason in ``reasons``."""
    reasons: tuple[str, ...]
    rules_hash: str
    caisse: str | None = None
    establishment: str | None = None
    """FINESS of the establishment recognised, when there is one."""
    directory_hash: str = ""
    """Names the directory in force, as ``rules_hash`` names the rules."""
    quarantined: bool = False
    """The mail waits for a person because of who sent it or how it is signed."""

    @property
    def queue(self) -> str:
        return self.routes[0].queue
