"""Documents: what a message carries, each with its name, type, place and container's notes."""

from __future__ import annotations

import hashlib
from typing import Any

from pydantic import TypeAdapter

from gateway.triage.sandbox import Sandbox
from parsers.facts import Fact
from parsers.unpack import Found, Message, Unpacked
from storage.documents import Document

FACTS: TypeAdapter[tuple[Fact, ...]] = TypeAdapter(tuple[Fact, ...])
MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)

BODY_ROLE = "body"
BODY_ROLES = frozenset({BODY_ROLE, "message-text"})
"""The mail's own text, and that of the mails it forwards."""
SIGNATURE_ROLE = "signature"
ENVELOPE_ROLE = "envelope"
"""A secure mail nested in another, once opened: what it held stands beside it."""
DECORATION_ROLES = frozenset({"inline", SIGNATURE_ROLE, ENVELOPE_ROLE})
"""Small pictures of a mail's layout and bare signatures: kept, shown, never read nor routed."""


def unpack(raw: bytes, entity: bytes, sandbox: Sandbox) -> Unpacked:
    """Find every document of an opened message. Raises ``ParseError`` when there is none to find."""
    unpacked: Unpacked = sandbox.run("unpack", raw, entity, sandbox.limits)
    return unpacked


def document_rows(delivery: str, unpacked: Unpacked) -> list[tuple[Document, bytes]]:
    """One row a document, in order, with its bytes. Nothing is read yet: all are medical in doubt."""
    return [
        (_row(delivery, position, found), found.content) for position, found in enumerate(unpacked.found)
    ]


def _row(delivery: str, position: int, found: Found) -> Document:
    meta: dict[str, Any] = dict(found.meta)
    meta["codes"] = list(found.codes)
    meta["facts"] = FACTS.dump_python(found.facts, mode="json")
    if found.body:
        meta["role"] = BODY_ROLE
    return Document(
        delivery=delivery,
        position=position,
        path=found.path[:400],
        name=found.name[:400],
        media_type=found.media_type[:120],
        sha256=hashlib.sha256(found.content).hexdigest(),
        size=len(found.content),
        meta=meta,
        trouble=found.trouble,
    )


def message_columns(message: Message) -> dict[str, Any]:
    """Columns of the delivery that come from the message's own headers."""
    return {
        "message_id": (message.message_id or "")[:998] or None,
        # two authors are no author: nobody can say whom to believe or answer
        "sender": (message.sender or "")[:320] or None if len(message.senders) == 1 else None,
        "recipients": list(message.recipients),
        "subject": message.subject,
        "sent_at": message.date,
        "kind": message.kind,
        "mail": MESSAGE.dump_python(message, mode="json"),
    }
