"""HTML of mails to plain text, in one pass over its tags; nothing is executed, fetched or kept.

Linear on any input: an unclosed tag, comment or script never makes the reading start again.
"""

from __future__ import annotations

import html
import re

_TAG = re.compile(
    r"<!--|-->|<(/?)([a-zA-Z][a-zA-Z0-9:]{0,30})(?:[^<>]{0,20000})>|<![a-zA-Z\[][^<>]{0,2000}>"
)
_SILENT = {"script", "style", "title"}
_BREAKS = {
    "br", "p", "div", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote",
    "hr", "pre", "section", "article", "header", "footer",
}  # fmt: skip
_CELLS = {"td", "th"}
_BLANKS = re.compile(r"[^\S\n]+")
_CID = re.compile(r"""["'(]\s*cid:([^"')\s>]{1,300})""", re.IGNORECASE)


def plain(markup: str) -> str:
    """The text a person would read: one line a block, blanks collapsed, entities decoded."""
    pieces: list[str] = []
    position, silent = 0, ""
    for match in _TAG.finditer(markup):
        between = markup[position : match.start()]
        position = match.end()
        if not silent:
            pieces.append(between.replace("\n", " ").replace("\r", " "))
        tag, name = match.group(), (match.group(2) or "").lower()
        if silent:
            if (silent == "--" and tag == "-->") or (silent == name and match.group(1)):
                silent = ""
        elif tag == "<!--":
            silent = "--"
        elif name in _SILENT and not match.group(1) and not tag.endswith("/>"):
            silent = name
        elif name in _BREAKS:
            pieces.append("\n")
        elif name in _CELLS:
            pieces.append(" ")
    if not silent:
        pieces.append(markup[position:])
    text = html.unescape("".join(pieces)).replace("\xa0", " ")
    lines = [_BLANKS.sub(" ", line).strip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def content_ids(markup: str) -> frozenset[str]:
    """Content-IDs of the images the page shows (RFC 2392), without brackets, lower case."""
    return frozenset(html.unescape(found).lower() for found in _CID.findall(markup))
