"""The HTML of a mail made safe to look at: its words, its layout, its own pictures; nothing else.

Cleaned by nh3 (an allow-list applied to the tree a browser would build): no script, no style, no form,
no frame, no address that could be followed or fetched. A picture stays only when the mail brought it
(``cid:``, RFC 2392) and its bytes are those of a picture; it is then written inside the page.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping

import nh3

from parsers.errors import TooLarge
from parsers.limits import DEFAULT, MIB, Limits

LARGEST_IMAGE = 2 * MIB
ALL_IMAGES = 8 * MIB

_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "center", "cite", "code", "col", "colgroup", "dd",
    "del", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "li",
    "ol", "p", "pre", "q", "s", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot",
    "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "align", "valign"},
    "th": {"colspan", "rowspan", "align", "valign"},
    "ol": {"start"},
}
_SILENT = {
    "script",
    "style",
    "title",
    "head",
    "noscript",
    "template",
    "iframe",
    "object",
    "svg",
    "math",
    "select",
}
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_PAGE = (
    '<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Message mis en forme</title></head>'
    "<body>{}</body></html>"
)


def sanitised(content: bytes, images: Mapping[str, bytes], limits: Limits = DEFAULT) -> str:
    """A whole page, safe to show in a sandboxed frame. ``images``: bytes by Content-ID, lower case.

    Raises ``TooLarge``.
    """
    if len(content) > limits.text_chars * 4:
        raise TooLarge("Ce message mis en forme dépasse le plafond accepté ; son texte reste lisible.")
    inside = {name: found for name, raw in _affordable(images) if (found := _data(raw)) is not None}

    def keep(_tag: str, attribute: str, value: str) -> str | None:
        if attribute != "src":
            return value
        scheme, _, name = value.strip().partition(":")
        return inside.get(html.unescape(name).lower()) if scheme.lower() == "cid" else None

    clean = nh3.clean(
        _decoded(content),
        tags=_TAGS,
        clean_content_tags=_SILENT,
        attributes=_ATTRIBUTES,
        attribute_filter=keep,
        url_schemes={"cid", "data"},
        strip_comments=True,
        link_rel=None,
    )
    return _PAGE.format(clean)


def _affordable(images: Mapping[str, bytes]) -> list[tuple[str, bytes]]:
    """The pictures that fit, in their order, until the page would be too heavy."""
    kept: list[tuple[str, bytes]] = []
    weight = 0
    for name, raw in images.items():
        if len(raw) <= LARGEST_IMAGE and weight + len(raw) <= ALL_IMAGES:
            kept.append((name.lower(), raw))
            weight += len(raw)
    return kept


def _data(raw: bytes) -> str | None:
    """The picture as a ``data:`` address, by what its bytes say it is; ``None`` when it is no picture."""
    kind = next((kind for magic, kind in _MAGIC if raw.startswith(magic)), None)
    if kind is None and raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        kind = "image/webp"
    return f"data:{kind};base64,{base64.b64encode(raw).decode()}" if kind else None


def _decoded(content: bytes) -> str:
    for charset in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(charset)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")
