"""A page set as French is printed: spaces that never end a line before a sign, and typographic apostrophes.

Done once on the page as it leaves, so that no template, sentence or label has to think of it. What was read
in a document (``class="value"``), texts kept as they came (``pre``, ``code``), fields and attributes are
left exactly as they are: they are data, some come back in a form. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

NARROW, PLAIN = "\u202f", "\u00a0"
"""No-break spaces: narrow before ``;``, ``!`` and ``?``, plain before ``:`` and inside quotes."""
_LETTER = "[A-Za-zÀ-ÖØ-öø-ÿŒœ]"
_FOUND = re.compile(rf" (?=[;:!?»])|(?<=«) |(?<={_LETTER})(?:'|&#39;)(?={_LETTER})")
_EXACT = re.compile(r"<(textarea|pre|code|script|style|option)\b.*?</\1>", re.DOTALL)
_VALUE = 'class="value"'


def typeset(html: str) -> str:
    """The same page; only spaces and apostrophes of its running text change."""
    pieces: list[str] = []
    last = 0
    for found in _running(html):
        pieces += (html[last : found.start()], _set(found, html))
        last = found.end()
    return "".join((*pieces, html[last:]))


def _running(html: str) -> Iterator[re.Match[str]]:
    """What is found in running text: not in a tag, not in a text kept as it came."""
    exact = [found.span() for found in _EXACT.finditer(html)]
    place = 0
    for found in _FOUND.finditer(html):
        at = found.start()
        while place < len(exact) and exact[place][1] <= at:
            place += 1
        if place < len(exact) and exact[place][0] <= at:
            continue
        end = html.rfind(">", 0, at)
        if html.rfind("<", 0, at) > end or _VALUE in html[html.rfind("<", 0, end) : end]:
            continue
        yield found


def _set(found: re.Match[str], html: str) -> str:
    if found[0] != " ":
        return "’"
    return NARROW if html.startswith((";", "!", "?"), found.end()) else PLAIN
