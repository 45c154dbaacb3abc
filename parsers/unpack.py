"""One message to everything a person would find in it: the facade over MIME, archives, XDM and CDA.

``raw`` gives the header as received; ``entity`` is what remains once the cryptographic layers are off.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from parsers import headers, sniff
from parsers.found import Found
from parsers.inline import pgp
from parsers.limits import DEFAULT, Limits
from parsers.mime import Part, parse
from parsers.opener import Opener
from parsers.piece import context_of, top_context
from parsers.report import Report
from parsers.reports import read_report
from parsers.smime.attached import is_entity

__all__ = ["Found", "Message", "Unpacked", "unpack", "unpack_inside"]

_BULK = {"bulk", "list", "junk"}
_LIST_FIELDS = ("list-id", "list-unsubscribe", "list-post")
_XDM_SUBJECT = re.compile(r"\s*XDM/1\.0/DDM", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{1,40}")


@dataclass(frozen=True, slots=True)
class Message:
    """The mail itself. Addresses are in lower case, identifiers keep their brackets."""

    kind: str
    """``mail``, ``delivery-report``, ``read-receipt`` or ``auto-reply``."""
    message_id: str | None
    sender: str | None
    senders: tuple[str, ...]
    recipients: tuple[str, ...]
    subject: str
    date: datetime | None
    in_reply_to: str | None
    references: tuple[str, ...]
    auto_submitted: bool
    bulk: bool
    return_path: str | None
    """``""`` for the empty path ``<>``, ``None`` when the field is absent or unreadable."""
    disposition_notification_to: str | None
    report: Report | None
    body: str = field(repr=False)
    """Plain text of the mail, HTML stripped; empty when there is none."""
    troubles: tuple[str, ...] = ()
    claims: dict[str, str] = field(default_factory=dict)
    """Other ``X-MSS-*`` fields, lower case, as the sender wrote them: shown to people, never believed."""
    notification_to: tuple[str, ...] = ()
    """Every address of ``Disposition-Notification-To``: RFC 8098, 2.1 answers one alone by itself."""
    notification_demands: bool = False
    """``Disposition-Notification-Options`` demands something (``required``): RFC 8098, 2.2."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    message: Message
    found: tuple[Found, ...]


def unpack(raw: bytes, entity: bytes, limits: Limits = DEFAULT) -> Unpacked:
    """Open everything in a message.

    One bad attachment never hides the others: it becomes a ``Found`` with ``trouble``. Raises
    ``TooLarge`` only when the header of the message itself is above ``limits.header_bytes``.
    """
    root = parse(raw, limits)
    inner = root if entity == raw else parse(entity, limits)
    report = read_report(root)
    if report is None and inner is not root:
        report = read_report(inner)
    opener = Opener(limits, next(iter(_addresses(root, "from")), ""))
    found = tuple(opener.mail(inner, "", top_context(report is not None), outermost=True))
    found = _same_bytes(_hinted(root, found))
    body = opener.body or _outlook_body(found)
    troubles = (*_sender_troubles(root), *_mssante_troubles(root, found, report), *_pgp_troubles(body))
    return Unpacked(_message(root, report, body, troubles), found)


def unpack_inside(
    content: bytes, entity: bytes, path: str, name: str, meta: dict[str, str], limits: Limits = DEFAULT
) -> tuple[Found, ...]:
    """Open what a nested secure mail held. ``content`` is that mail as found, ``entity`` what was inside.

    Raises ``TooLarge`` when its header is above ``limits.header_bytes``.
    """
    raw = parse(content, limits) if is_entity(content) else None
    senders = _addresses(raw, "from") if raw is not None else ()
    opener = Opener(limits, next(iter(senders), ""))
    stem = name[:-4] if name.lower().endswith(".p7m") else name
    if raw is None and not is_entity(entity):
        return tuple(opener.inside(path, stem or "contenu", entity, meta))
    inner = parse(entity, limits)
    return tuple(opener.mail(inner, path, context_of(meta), outermost=False, named=raw))


def _message(root: Part, report: Report | None, body: str, troubles: tuple[str, ...]) -> Message:
    senders = _addresses(root, "from")
    submitted = (root.header("auto-submitted") or "no").split(";")[0].split("(")[0].strip().lower()
    precedence = (root.header("precedence") or "").strip().lower()
    return Message(
        kind=report.kind if report else "mail",
        message_id=headers.message_id(root.header_raw("message-id")),
        sender=senders[0] if senders else None,
        senders=senders,
        recipients=_addresses(root, "to", "cc", "bcc"),
        subject=root.header("subject") or "",
        date=headers.date(root.header_raw("date") or b""),
        in_reply_to=headers.message_id(root.header_raw("in-reply-to")),
        references=headers.message_ids(root.header_raw("references") or b""),
        auto_submitted=submitted != "no" or report is not None or root.content_type == "multipart/report",
        bulk=precedence in _BULK or any(root.header_raw(name) is not None for name in _LIST_FIELDS),
        return_path=_return_path(root),
        disposition_notification_to=headers.first_address(root.raw_all("disposition-notification-to")),
        report=report,
        body=body,
        troubles=troubles,
        claims=_claims(root),
        notification_to=_addresses(root, "disposition-notification-to"),
        notification_demands=any(
            re.search(rb"=\s*required\b", value, re.IGNORECASE)
            for value in root.raw_all("disposition-notification-options")
        ),
    )


def _addresses(root: Part, *names: str) -> tuple[str, ...]:
    found = [
        each.address for name in names for value in root.raw_all(name) for each in headers.addresses(value)
    ]
    return tuple(dict.fromkeys(found))


def _return_path(root: Part) -> str | None:
    value = root.header_raw("return-path")
    if value is None:
        return None
    return "" if value.strip() in {b"<>", b""} else headers.first_address((value,))


def _sender_troubles(root: Part) -> tuple[str, ...]:
    senders = _addresses(root, "from")
    if not senders:
        return ("Le message ne porte aucune adresse d'expéditeur lisible.",)
    if len(senders) > 1 or len(root.raw_all("from")) > 1:
        return ("Le message porte plusieurs expéditeurs : aucun n'est sûr.",)
    return ()


def _pgp_troubles(body: str) -> tuple[str, ...]:
    if pgp(body[:200].encode("utf-8", "replace")) == "signed":
        return (
            "Le texte porte une signature PGP, qui n'est pas vérifiée : rien ne prouve son expéditeur.",
        )
    return ()


def _claimed_codes(root: Part) -> tuple[str, ...]:
    """X-MSS-CODECDA: the sender's word on the CDA codes (MSSanté client reference #2)."""
    values = [re.split(r"[;,\s|]+", value) for value in root.header_all("x-mss-codecda")]
    codes = [each.split("^")[0].strip("\"'") for value in values for each in value]
    return tuple(dict.fromkeys(code for code in codes if _CODE.fullmatch(code)))


def _claims(root: Part) -> dict[str, str]:
    """X-MSS-NIL (number of the software), X-MSS-MES, X-MSS-INS: MSSanté client reference #2."""
    found = {name: root.header(name) for name in ("x-mss-nil", "x-mss-mes", "x-mss-ins")}
    return {name: " ".join(value.split())[:100] for name, value in found.items() if value}


def _claims_ins(root: Part) -> bool:
    """X-MSS-INS: ``O`` when the sender says that the patient is named by a qualified identity."""
    return (root.header("x-mss-ins") or "").strip().upper() in {"O", "OUI"}


def _mssante_troubles(root: Part, found: Sequence[Found], report: Report | None) -> tuple[str, ...]:
    if report is not None:
        return ()
    claimed = set(_claimed_codes(root))
    carried = {code for each in found if each.media_type == sniff.CDA for code in each.codes}
    troubles: list[str] = []
    if carried and claimed - carried:
        troubles.append("Le code annoncé par l'en-tête X-MSS-CODECDA n'est pas celui du document CDA.")
    elif claimed and carried - claimed:
        troubles.append("Le message porte un document CDA dont l'en-tête X-MSS-CODECDA ne dit pas le code.")
    if claimed and not carried:
        troubles.append("L'en-tête X-MSS-CODECDA annonce un document CDA que le message ne contient pas.")
    if carried and _claims_ins(root) and not any(each.meta.get("ins") for each in found):
        troubles.append("L'en-tête X-MSS-INS annonce un INS que le document CDA ne porte pas.")
    if _XDM_SUBJECT.match(root.header("subject") or "") and not carried:
        opened = any("unique_id" in each.meta or each.codes for each in found)
        if not opened:
            troubles.append(
                "L'objet annonce une archive XDM que le message ne contient pas ou qui est illisible."
            )
    return tuple(troubles)


def _hinted(root: Part, found: tuple[Found, ...]) -> tuple[Found, ...]:
    """A single claimed code is a hint for PDFs of a mail without CDA."""
    claimed = _claimed_codes(root)
    if len(claimed) != 1 or any(each.media_type == sniff.CDA for each in found):
        return found
    return tuple(
        replace(each, codes=claimed, meta={**each.meta, "code_source": "X-MSS-CODECDA"})
        if each.media_type == "application/pdf" and not each.codes
        else each
        for each in found
    )


def _same_bytes(found: tuple[Found, ...]) -> tuple[Found, ...]:
    """The same bytes twice (often a PDF beside its CDA): the plain copy takes the facts of the other."""
    groups: dict[str, list[int]] = {}
    for position, each in enumerate(found):
        if each.content:
            groups.setdefault(each.sha256, []).append(position)
    result = list(found)
    for positions in groups.values():
        if len(positions) < 2:
            continue
        best = max(positions, key=lambda position: (len(found[position].facts), -position))
        for position in positions:
            each, model = found[position], found[best]
            if position != best:
                result[position] = replace(
                    each,
                    facts=each.facts or model.facts,
                    codes=each.codes or model.codes,
                    meta={**each.meta, "duplicate_of": model.path},
                )
    return tuple(result)


def _outlook_body(found: Sequence[Found]) -> str:
    """The text of a mail whose only text is inside winmail.dat."""
    for each in found:
        if each.meta.get("role") == "message-text" and each.path == "winmail.dat/message.txt":
            return each.content.decode("utf-8", "replace")
    return ""
