"""Recognises messages about our messages: delivery reports, read receipts, automatic replies.

``read_report`` looks at the message itself, never inside a forwarded one, so that a person who sends
us somebody else's bounce is still a person. Order matters: many bounces call themselves auto-replied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from parsers import bounces, replies
from parsers.errors import ParseError
from parsers.headers import decode, message_id
from parsers.mime import Part, parse
from parsers.report import (
    AUTO_REPLY,
    DELIVERY,
    READ,
    RecipientStatus,
    Report,
    error_sentence,
    reason_of,
)

__all__ = ["RecipientStatus", "Report", "own_parts", "read_report"]

_DISPOSITION_TYPES = {"message/disposition-notification", "message/global-disposition-notification"}
_STATUS_TYPES = {"message/delivery-status", "message/global-delivery-status"}
_KO_SUBJECT = re.compile(r"\[\s*(?:KO|Erreur)\b[^\]]{0,60}\]\s*\[\s*(\d{1,3})\s*\]", re.IGNORECASE)
_ERROR_FIELD = re.compile(r"error\s*:?\s*(\d{1,3})\b", re.IGNORECASE)
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_FIRST_FIELD = re.compile(rb"^(?:original|final)-recipient:", re.IGNORECASE | re.MULTILINE)
_ACTIONS = {"failed", "delayed", "delivered", "relayed", "expanded"}
_MAX_RECIPIENTS = 200


def read_report(part: Part) -> Report | None:
    """What the message ``part`` reports about one of ours; ``None`` for an ordinary mail.

    Never fails: a broken report is read as far as possible, a part above a ceiling is left out.
    """
    parts = list(own_parts(part))
    for each in parts:
        if each.content_type in _DISPOSITION_TYPES:
            return _disposition(each)
    failure = _KO_SUBJECT.search(part.header("subject") or "")
    if failure is not None:
        code = failure.group(1)
        return Report(
            READ,
            original_message_id=_answered(part, parts),
            disposition="processed/error",
            error_code=code,
            reasons=(error_sentence(code),),
        )
    for each in parts:
        misplaced = part.content_type == "multipart/report" and each.content_type == "text/plain"
        if each.content_type in _STATUS_TYPES or misplaced:
            found = _delivery(each, bounces.original_id(parts))
            if found is not None:
                return found
    found = bounces.read(part, parts)
    if found is not None:
        return found
    if replies.is_automatic(part, parts):
        return Report(
            AUTO_REPLY,
            original_message_id=_answered(part, []),
            reasons=("Réponse automatique du correspondant.",),
        )
    return None


def own_parts(root: Part) -> Iterator[Part]:
    """Every part that belongs to the message itself: nested messages are given, not entered."""
    pending, seen = [root], 0
    while pending and seen < root.limits.parts:
        part = pending.pop()
        seen += 1
        yield part
        try:
            if not part.is_message or part is root:
                pending.extend(reversed(part.children))
        except ParseError:
            continue


def _answered(part: Part, parts: list[Part]) -> str | None:
    for name in ("original-message-id", "in-reply-to"):
        found = message_id(part.header_raw(name))
        if found is not None:
            return found
    return bounces.original_id(parts)


def _fields(part: Part) -> Part:
    """The fields of a report, even where the blank line before them is missing."""
    inner = parse(part.content(), part.limits)
    return inner if inner.headers else part


def _disposition(part: Part) -> Report:
    """RFC 8098 section 3, and the MSSanté profile of its error."""
    try:
        fields = _fields(part)
    except ParseError:
        return Report(READ)
    value = (fields.header("disposition") or "").lower()
    kind = "".join(value.partition(";")[2].split()) if ";" in value else "".join(value.split())
    kind = kind.split(":")[0].split(",")[0]
    error = _ERROR_FIELD.search(value) or _ERROR_FIELD.search(f"error: {fields.header('error') or ''}")
    code = error.group(1) if error else None
    address = _typed_address(fields.header("final-recipient") or fields.header("original-recipient"))
    recipients = (RecipientStatus(address, "", "", ""),) if address else ()
    return Report(
        READ,
        recipients=recipients,
        original_message_id=message_id(fields.header_raw("original-message-id")),
        original_envelope_id=fields.header("original-envelope-id"),
        disposition=kind[:60] or None,
        error_code=code,
        reasons=(error_sentence(code),) if code else (_disposition_sentence(kind),),
    )


def _disposition_sentence(kind: str) -> str:
    if kind.startswith("displayed"):
        return "Le message a été affiché chez le destinataire."
    if kind.startswith("deleted"):
        return "Le message a été supprimé sans avoir été lu."
    if kind.startswith(("processed/", "failed", "denied")):
        return "Le système destinataire n'a pas pu traiter le message."
    if kind.startswith(("processed", "dispatched")):
        return "Le message a été traité par le système destinataire."
    return "Accusé de lecture sans état reconnu."


def _delivery(part: Part, original: str | None) -> Report | None:
    """RFC 3464 section 2: one group of fields for the message, then one a recipient."""
    envelope: str | None = None
    recipients: list[RecipientStatus] = []
    for group in status_groups(part):
        envelope = envelope or group.header("original-envelope-id")
        for fields in _by_recipient(group):
            address = _typed_address(fields.get("final-recipient") or fields.get("original-recipient"))
            if address and len(recipients) < _MAX_RECIPIENTS:
                recipients.append(_recipient(address, fields))
    if not recipients:
        return None
    reasons = tuple(dict.fromkeys(reason_of(each) for each in recipients))
    return Report(DELIVERY, tuple(recipients), original, envelope, reasons=reasons)


def status_groups(part: Part) -> Iterator[Part]:
    """The blank-line separated groups of a delivery-status part, each read as a header."""
    try:
        if part.header_raw("final-recipient") or part.header_raw("reporting-mta"):
            yield part  # the blank line before the fields is missing
        rest = part.content()
        if part.content_type.startswith("text/"):
            # A damaged delimiter left the fields inside the text that people read.
            begin = _FIRST_FIELD.search(rest)
            rest = rest[begin.start() :] if begin else b""
        for _ in range(_MAX_RECIPIENTS):
            rest = rest.lstrip(b"\r\n \t")
            group = parse(rest, part.limits)
            if not group.headers:
                return
            yield group
            rest = group.body
    except ParseError:
        return


def _by_recipient(group: Part) -> list[dict[str, str]]:
    """The fields of each recipient: some systems forget the blank line between two."""
    found: list[dict[str, str]] = [{}]
    for header in group.headers:
        name = header.name.lower()
        if name in {"final-recipient", "original-recipient"} and name in found[-1]:
            found.append({})
        found[-1].setdefault(name, decode(header.value))
    return found


def _recipient(address: str, fields: dict[str, str]) -> RecipientStatus:
    diagnostic = fields.get("diagnostic-code", "")
    action = fields.get("action", "").lower().split(" ")[0]
    match = _STATUS.search(fields.get("status", ""))
    status = match.group() if match else ""
    finer = bounces.status_in(diagnostic)
    if not status or (status.endswith(".0.0") and finer[:1] == status[:1]):
        status = finer or status
    if action not in _ACTIONS:
        action = "delayed" if status.startswith("4") else "failed"
    if not status and action == "failed":
        status = bounces.guessed_status(diagnostic)
    return RecipientStatus(address, action, status, diagnostic[:500])


def _typed_address(value: str | None) -> str:
    """The address of ``rfc822; a@b``; anything without an ``@`` is left out."""
    address = (value or "").rpartition(";")[2].strip().strip("<>").strip().lower()
    return address if "@" in address and len(address) <= 500 and " " not in address.strip('"') else ""
