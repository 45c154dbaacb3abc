"""How a message came, and the note of it that is sealed with the message's bytes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from storage.deliveries import Via


@dataclass(frozen=True, slots=True)
class Envelope:
    """One arrival of a message in one mailbox. ``uid`` counts only together with ``uidvalidity``."""

    via: Via
    mailbox: str
    sender: str
    """Envelope sender; empty for the null reverse-path."""
    recipients: tuple[str, ...]
    peer: str = ""
    folder: str | None = None
    uidvalidity: int | None = None
    uid: int | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """What is sealed with the raw bytes, so that the vault alone can put the rows back."""

    at: datetime
    envelopes: tuple[Envelope, ...]

    def to_bytes(self) -> bytes:
        arrivals = [asdict(envelope) for envelope in self.envelopes]
        return json.dumps(
            {"version": 1, "at": self.at.isoformat(), "arrivals": arrivals}, ensure_ascii=False
        ).encode()

    @classmethod
    def from_bytes(cls, note: bytes) -> Note:
        """Raises ``ValueError`` for a note that is none of ours."""
        try:
            fields = json.loads(note)
            envelopes = tuple(
                Envelope(
                    **{**arrival, "via": Via(arrival["via"]), "recipients": tuple(arrival["recipients"])}
                )
                for arrival in fields["arrivals"]
            )
            return cls(datetime.fromisoformat(fields["at"]), envelopes)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("this note does not describe an arrival") from error
