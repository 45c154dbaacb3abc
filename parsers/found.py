"""One file found in a message, wherever it was hidden."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from parsers.facts import Fact


@dataclass(frozen=True, slots=True)
class Found:
    """``path`` is shown to people and unique in its message; it is never a path of a file system.

    ``meta`` keys: ``role`` (``inline``, ``signature``, ``cda``, ``cda-content``, ``cda-text``,
    ``message-text``), ``title``, ``code_display``, ``xdm_action`` (``replacement`` or ``deletion``),
    ``replaces``, ``withdraws`` and ``identifiers`` (separated by spaces), ``set_id``, ``version``,
    ``unique_id``, ``ins`` (the CDA carries one), ``duplicate_of`` (a path), ``content_id``, ``subject``,
    ``from``, ``returned`` (a copy of our own message inside a report), ``code_source``, ``sealed``
    (``message`` or ``attachment``: a secure mail nested in this one, to be opened with the keys of the
    mailbox) and ``sealed_sender`` (who sent such an attachment).
    """

    path: str
    name: str
    media_type: str
    """Judged from the bytes (``parsers.sniff``)."""
    content: bytes = field(repr=False)
    meta: dict[str, str] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    """Type codes of CDA, XDM or, as a hint, of X-MSS-CODECDA."""
    facts: tuple[Fact, ...] = ()
    trouble: str | None = None
    """Why it could not be opened or should be looked at: one French sentence."""
    body: bool = False
    """True for the mail's own text."""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()
