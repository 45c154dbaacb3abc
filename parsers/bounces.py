"""Delivery failures that follow no standard: qmail, Exim, Exchange, webmails, operators' own texts.

A mail is taken for a bounce when two independent signs agree (who sends, empty return path, subject,
wording). The text before the copy of our message then gives the recipient and the status; when no code
is written the status is guessed, class 5 for a refusal and 4.4.7 for an exhausted delay.
"""

from __future__ import annotations

import re

from parsers.errors import ParseError
from parsers.headers import addresses, message_id
from parsers.mime import Part, parse
from parsers.report import DELIVERY, RecipientStatus, Report, reason_of

_SENDER = re.compile(
    r"mailer.?daemon|post.?ma[si]ter|mail delivery|mail.administrator|no.?reply", re.IGNORECASE
)
_SUBJECT = re.compile(
    r"(undeliver|non.?deliver|mail delivery (failed|failure|system)|delivery (status|failure|report)|"
    r"returned mail|failure notice|mail failure|warning: message .* delayed|message delayed|"
    r"mail system error|delivery has failed|"
    r"échec de (la )?(remise|distribution)|non remis|courrier non distribu|message non distribu|"
    r"non distribuable|notification d.état de remise|retour de courrier|rapport de non.remise)",
    re.IGNORECASE,
)
_WORDS = re.compile(
    r"could not be delivered|not be able to be delivered|was not able to be|unable to deliver|"
    r"wasn.t able to deliver|did not reach the following|delivery to the following|"
    r"no such user|user unknown|unknown user|error delivering|permanent fatal errors|delivery problems|"
    r"has not yet been delivered|attempting to deliver a message|may not exist, or you may not|"
    r"""delivery failed|"notificationtype":"bounce"|could not deliver|failure reasons|"""
    r"n.a pas pu être (remis|distribué|livré)|impossible de remettre|échec de la remise",
    re.IGNORECASE,
)
_COPY = re.compile(
    rb"^[ \t>*-]*(?:(?:this is|below is|below this line is) a copy of|the original message (?!was)|"
    rb"original message(?: follows)?\b|returned message\b|message headers follow|unsent message|"
    rb"included is a copy|--- message d'origine)[^\n]*\n",
    re.IGNORECASE | re.MULTILINE,
)
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
_REPLY = re.compile(r"(?<![\d.\-])([45])\d\d[ -](?=\D)")
_DELAYED = re.compile(r"delay|retard", re.IGNORECASE)
_WAITING = re.compile(
    r"has not yet been|has been delayed|will be retried|warning message only|attempts will continue|"
    r"pas encore été (remis|distribué)|a été retardée?",
    re.IGNORECASE,
)
_EXPIRED = re.compile(
    r"expired|timed? ?out|timeout|too long|retry time|délai (de remise )?(expiré|dépassé)", re.IGNORECASE
)
_AT_LINE_START = re.compile(
    r"^[ \t>*\-]{0,20}(?:rcpt to:|to:|recipient:)?[ \t]{0,4}"
    r"<?([^\s<>:;,\"'()]{1,200}@[^\s<>:;,\"'()]{1,200})",
    re.IGNORECASE | re.MULTILINE,
)
_ANYWHERE = re.compile(r"""[^\s<>:;,"'()\[\]{}]{1,200}@[^\s<>:;,"'()\[\]{}]{1,200}""")
_MAX_TEXT = 100_000
_MAX_RECIPIENTS = 50


def read(root: Part, parts: list[Part]) -> Report | None:
    """The report in a message that looks like a bounce; ``None`` otherwise."""
    said, copy = _texts(parts)
    if not _looks_like(root, said):
        return None
    original = _original(parts, copy)
    failed = _failed_addresses(root, said, original)
    action, status = _verdict(root.header("subject") or "", said)
    recipients = tuple(
        RecipientStatus(address, action, _status_for(address, said, status), "") for address in failed
    )
    identifier = message_id(original.header_raw("message-id")) if original is not None else None
    identifier = identifier or message_id(root.header_raw("in-reply-to"))
    reasons = tuple(dict.fromkeys(reason_of(each) for each in recipients))
    return Report(
        DELIVERY, recipients, identifier, reasons=reasons or ("Avis de non-remise sans destinataire.",)
    )


def original_id(parts: list[Part]) -> str | None:
    """The Message-ID of the copy of our message that a report carries."""
    original = _original(parts, b"")
    return message_id(original.header_raw("message-id")) if original is not None else None


def status_in(text: str) -> str:
    """The first status of RFC 3463 written in ``text``, else one from an SMTP reply code, else nothing."""
    found = _ENHANCED.search(text)
    if found:
        return found.group(1)
    reply = _REPLY.search(text)
    return f"{reply.group(1)}.0.0" if reply else ""


def guessed_status(text: str) -> str:
    """The status of a failure that gives no code: an exhausted delay, else a refusal."""
    return "4.4.7" if _EXPIRED.search(text) else "5.0.0"


def _texts(parts: list[Part]) -> tuple[str, bytes]:
    """What the server says, and the copy of our message that follows in the same text."""
    said: list[str] = []
    copy = b""
    for part in parts:
        try:
            if part.content_type not in {"text/plain", "text/html"} or part.filename or part.children:
                continue
            text = part.text()[:_MAX_TEXT].replace("\r\n", "\n")
        except ParseError:
            continue
        data = text.encode("utf-8", "replace")
        cut = _COPY.search(data)
        if cut is not None and not copy:
            copy = data[cut.end() :].lstrip()
            data = data[: cut.start()]
        said.append(data.decode("utf-8", "replace"))
    return "\n".join(said), copy


def _looks_like(root: Part, said: str) -> bool:
    sender = (root.header("from") or "") + " " + (root.header("sender") or "")
    words = _WORDS.search(said)
    signs = [
        bool(_SENDER.search(sender)),
        (root.header_raw("return-path") or b"").strip() == b"<>",
        bool(_SUBJECT.match((root.header("subject") or "").lstrip("* "))),
        bool(words),
        root.header_raw("x-failed-recipients") is not None,
        root.content_type == "multipart/report"
        and root.params.get("report-type", "").lower() != "feedback-report",
    ]
    return sum(signs) >= 2 and any(signs[2:])


def _original(parts: list[Part], copy: bytes) -> Part | None:
    """Our message as the report gives it back: attached, as headers only, or pasted in the text."""
    for part in parts[1:]:
        try:
            if part.is_message and part.children:
                return part.children[0]
            if part.content_type in {"text/rfc822-headers", "message/global-headers"}:
                return parse(part.content(), part.limits)
        except ParseError:
            continue
    try:
        return parse(copy) if copy else None
    except ParseError:
        return None


def _failed_addresses(root: Part, said: str, original: Part | None) -> tuple[str, ...]:
    given = [found.address for value in root.raw_all("x-failed-recipients") for found in addresses(value)]
    if given:
        return tuple(dict.fromkeys(given))[:_MAX_RECIPIENTS]
    ours = {
        found.address
        for name in ("to", "from")
        for value in root.raw_all(name)
        for found in addresses(value)
    }
    sent: list[str] = []
    if original is not None:
        sent = [f.address for name in ("to", "cc") for v in original.raw_all(name) for f in addresses(v)]
        ours |= {f.address for v in original.raw_all("from") for f in addresses(v)}
    named = [_tidy(each) for each in _AT_LINE_START.findall(said)] or []
    named = [each for each in dict.fromkeys(named) if each and each not in ours]
    if named:
        known = [each for each in named if each in sent]
        return tuple(known or named)[:_MAX_RECIPIENTS]
    anywhere = [_tidy(each) for each in _ANYWHERE.findall(said)]
    anywhere = [each for each in dict.fromkeys(anywhere) if each and each not in ours]
    known = [each for each in anywhere if each in sent]
    return tuple(known or anywhere[:1] or [each for each in sent if each not in ours][:_MAX_RECIPIENTS])


def _tidy(address: str) -> str:
    found = addresses(address.strip(".*!?\\"))
    return found[0].address if found and "." in found[0].address.rpartition("@")[2] else ""


def _verdict(subject: str, said: str) -> tuple[str, str]:
    """Action and status for the whole text."""
    status = status_in(said)
    if _DELAYED.search(subject) or _WAITING.search(said):
        return "delayed", status if status.startswith("4") else "4.0.0"
    return "failed", status or guessed_status(said)


def _status_for(address: str, said: str, default: str) -> str:
    """The status written near one recipient, when several are named with different codes."""
    position = said.lower().find(address)
    near = status_in(said[position : position + 400]) if position >= 0 else ""
    return near if near[:1] == default[:1] else default
