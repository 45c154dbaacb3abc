"""Automatic replies: RFC 3834 fields first, then what mailers of hospitals write in the subject.

A subject alone is believed only without attachment: a form sent under a reply to an "Absence du
bureau" must be read. ``Auto-Submitted: auto-generated`` is no reply: business software sends with it.
"""

from __future__ import annotations

import re

from parsers.mime import Part

_SUBJECT = re.compile(
    r"\s*(?:réponse automatique|reponse automatique|absence du bureau|absent du bureau|automatic reply|"
    r"auto(?:matic)?[ -]?(?:reply|response)|autoreply|auto\s*:|out of (?:the )?office|"
    r"(?:message|avis|notification) d.absence|réponse d.absence|je suis (?:actuellement )?absente?|"
    r"vacation reply|automatische antwort|abwesenheit)",
    re.IGNORECASE,
)
_PRECEDENCE = {"auto_reply", "auto-reply"}
_FIELDS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-autoreply-from")


def is_automatic(root: Part, parts: list[Part]) -> bool:
    """True for a reply written by a machine on behalf of an absent person."""
    submitted = (root.header("auto-submitted") or "").split(";")[0].split("(")[0].strip().lower()
    if submitted.startswith("auto-replied") or submitted == "auto-notified":
        return True
    if (root.header("precedence") or "").strip().lower() in _PRECEDENCE:
        return True
    if any(root.header_raw(name) is not None for name in _FIELDS):
        return (root.header("x-autoreply") or "yes").strip().lower() != "no"
    return bool(_SUBJECT.match(root.header("subject") or "")) and not any(_carries(part) for part in parts)


def _carries(part: Part) -> bool:
    if part.is_message or part.disposition == "attachment":
        return True
    return not part.content_type.startswith(("text/", "multipart/", "image/"))
