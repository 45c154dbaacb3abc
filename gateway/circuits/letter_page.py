"""One text, two faces: what a model writes as plain text and as an accessible page. Pure.

The text has three marks: ``## title`` alone on its line, ``  - `` before an element of a list, ``  1. ``
before one of a numbered list. Everything else is paragraphs, line by line. The page is whole in itself:
French (``lang``), one ``h1``, headings in order, real lists, dark text on white (contrast above 12:1),
nothing fetched from anywhere, no script, no link.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby

_TITLE = re.compile(r"## +(.+)")
_BULLET = re.compile(r"  - (.+)")
_NUMBERED = re.compile(r"  \d+\. (.+)")
_STYLE = (
    "body{margin:0;background:#fff;color:#1b1f24;font:16px/1.55 Arial,Helvetica,sans-serif}"
    "main{max-width:40em;margin:0 auto;padding:1.5em 1em}"
    "h1{font-size:1.35em;line-height:1.3;color:#12304f}"
    "h2{font-size:1.1em;margin:1.6em 0 .4em;color:#12304f}"
    "p{margin:.8em 0}ul,ol{margin:.4em 0 .8em;padding-left:1.6em}li{margin:.25em 0}"
)


def plain(marked: str) -> str:
    """The text a person reads without any layout: titles underlined, lists as they are."""
    lines: list[str] = []
    for line in marked.split("\n"):
        title = _TITLE.fullmatch(line)
        lines += [title[1], "-" * len(title[1])] if title else [line]
    return "\n".join(lines)


def page(subject: str, marked: str) -> str:
    """The same as a whole HTML document; every word of it is escaped."""
    body = "\n".join(_blocks(marked))
    return (
        '<!DOCTYPE html>\n<html lang="fr">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(subject)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{escape(subject)}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def fragment(marked: str) -> str:
    """The body of the page alone, every word escaped: what a preview shows inside a page of ours."""
    return "\n".join(_blocks(marked))


def _blocks(marked: str) -> Iterator[str]:
    for kind, group in groupby(marked.split("\n"), key=_kind):
        lines = list(group)
        if kind == "title":
            yield from (f"<h2>{_inside(_TITLE, line)}</h2>" for line in lines)
        elif kind == "bullet":
            yield _list("ul", _BULLET, lines)
        elif kind == "number":
            yield _list("ol", _NUMBERED, lines)
        elif kind == "text":
            yield "<p>" + "<br>\n".join(escape(line.strip()) for line in lines) + "</p>"


def _kind(line: str) -> str:
    if not line.strip():
        return "empty"
    kinds = ((_TITLE, "title"), (_BULLET, "bullet"), (_NUMBERED, "number"))
    return next((name for mark, name in kinds if mark.fullmatch(line)), "text")


def _list(tag: str, mark: re.Pattern[str], lines: list[str]) -> str:
    elements = "\n".join(f"<li>{_inside(mark, line)}</li>" for line in lines)
    return f"<{tag}>\n{elements}\n</{tag}>"


def _inside(mark: re.Pattern[str], line: str) -> str:
    found = mark.fullmatch(line)
    return escape(found[1] if found else line)
