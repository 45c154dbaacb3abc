"""Outlook .msg files (MS-OXMSG): subject, sender, text, attachments, attached messages."""

from __future__ import annotations

from parsers.charsets import to_text
from parsers.errors import Malformed, TooLarge
from parsers.limits import Limits
from parsers.mime import bare_name
from parsers.ole import Compound
from parsers.outlook import OutlookAttachment, OutlookItem, best_text

_SUBJECT, _BODY, _HTML = 0x0037, 0x1000, 0x1013
_SENDER_SMTP, _SENDER_ADDRESS, _SENDER_NAME = 0x5D01, 0x0C1F, 0x0C1A
_DATA, _SHORT_NAME, _LONG_NAME, _DISPLAY_NAME = 0x3701, 0x3704, 0x3707, 0x3001
_ATTACHMENT = "__attach_version1.0_#"


def read_msg(data: bytes, limits: Limits) -> OutlookItem:
    """The message in a .msg file. Raises ``Malformed``, or ``TooLarge`` above ``limits.depth``."""
    try:
        tree = Compound(data).tree()
    except RecursionError as error:
        raise TooLarge("Le fichier Outlook imbrique trop de niveaux.") from error
    if not any(name.startswith("__properties_version1.0") for name in tree):
        raise Malformed("Ce fichier Outlook n'est pas un message.")
    return _item(tree, limits, 0)


def _item(folder: dict[str, object], limits: Limits, depth: int) -> OutlookItem:
    if depth > limits.depth:
        raise TooLarge(f"Le fichier Outlook imbrique plus de {limits.depth} messages.")
    attachments: list[OutlookAttachment] = []
    for name, each in sorted(folder.items()):
        if name.startswith(_ATTACHMENT) and isinstance(each, dict):
            if len(attachments) >= limits.parts:
                raise TooLarge(f"Le fichier Outlook contient plus de {limits.parts} pièces jointes.")
            attachments.append(_attachment(each, limits, depth))
    sender = next(
        (found for tag in (_SENDER_SMTP, _SENDER_ADDRESS) if "@" in (found := _text(folder, tag))), ""
    )
    return OutlookItem(
        subject=_text(folder, _SUBJECT),
        sender=sender or _text(folder, _SENDER_NAME),
        text=best_text(_text(folder, _BODY), _binary(folder, _HTML)),
        attachments=tuple(attachments),
    )


def _attachment(folder: dict[str, object], limits: Limits, depth: int) -> OutlookAttachment:
    named = next(
        (found for tag in (_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME) if (found := _text(folder, tag))), ""
    )
    embedded = folder.get(f"__substg1.0_{_DATA:04X}000D")
    if isinstance(embedded, dict):
        return OutlookAttachment(
            bare_name(named) or "message joint", b"", _item(embedded, limits, depth + 1)
        )
    return OutlookAttachment(bare_name(named) or "pièce jointe", _binary(folder, _DATA))


def _text(folder: dict[str, object], tag: int) -> str:
    wide = folder.get(f"__substg1.0_{tag:04X}001F")
    if isinstance(wide, bytes):
        return wide.decode("utf-16-le", "replace").rstrip("\x00")
    narrow = folder.get(f"__substg1.0_{tag:04X}001E")
    return to_text(narrow).rstrip("\x00") if isinstance(narrow, bytes) else ""


def _binary(folder: dict[str, object], tag: int) -> bytes:
    found = folder.get(f"__substg1.0_{tag:04X}0102")
    if isinstance(found, bytes):
        return found
    return _text(folder, tag).encode() if tag == _HTML else b""
