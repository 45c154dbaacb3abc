"""The text of an RTF document (Rich Text Format 1.9.1), without pictures, objects, fonts nor macros.

Control words that end a line or a cell are kept, destinations that hold no text are skipped, characters
are decoded by the code page of the file. Bounded in depth and in characters; nothing is executed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from parsers.errors import Malformed, TooLarge
from parsers.limits import DEFAULT, Limits

RTF = "application/rtf"
_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})?[ ]?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)"
)
_SILENT = frozenset(
    b"""fonttbl colortbl stylesheet info pict object objdata themedata colorschememapping datastore
    listtable listoverridetable rsidtbl generator latentstyles filetbl revtbl xmlnstbl fldinst bkmkstart
    bkmkend
    header headerl headerr headerf footer footerl footerr footerf nonshppict blipuid passwordhash""".split()
)
_BREAKS = {
    b"par": "\n",
    b"line": "\n",
    b"row": "\n",
    b"sect": "\n",
    b"page": "\n",
    b"tab": " ",
    b"cell": "  ",
}
_SIGNS = {
    b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”",
    b"bullet": "•", b"emspace": " ", b"enspace": " ",
}  # fmt: skip
_ESCAPES = {b"~": " ", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}", b"\n": "\n", b"\r": "\n"}


@dataclass(slots=True)
class _Group:
    silent: bool
    skip: int
    """Characters that stand for a ``\\u`` in old readers, to be left out (``\\uc``)."""


def rtf_text(content: bytes, limits: Limits = DEFAULT) -> str:
    """The text, a line a paragraph.

    Raises ``Malformed`` when it is no RTF, ``TooLarge`` over ``text_chars`` or nested too deep.
    """
    if not content.lstrip().startswith(b"{\\rtf"):
        raise Malformed("Ce document RTF est endommagé et ne peut pas être lu.")
    return _Reader(limits).read(content)


class _Reader:
    def __init__(self, limits: Limits) -> None:
        self._left = limits.text_chars
        self._depth = limits.depth * 10
        self._found: list[str] = []
        self._groups = [_Group(silent=False, skip=1)]
        self._charset = "cp1252"
        self._pending = 0
        self._starred = False

    def read(self, content: bytes) -> str:
        for token in _TOKEN.finditer(content):
            word, number, code, symbol, brace, text = token.groups()
            if brace:
                self._brace(brace)
            elif word:
                self._word(word.lower(), number)
            elif code:
                self._plain(bytes((int(code, 16),)))
            elif symbol:
                self._symbol(symbol)
            elif text:
                self._plain(text)
            if not self._groups:
                break
        return "".join(self._found)

    def _brace(self, brace: bytes) -> None:
        self._pending = 0
        self._starred = False
        if brace == b"}":
            self._groups.pop()
            return
        if len(self._groups) > self._depth:
            raise TooLarge("Ce document RTF imbrique trop de niveaux.")
        self._groups.append(_Group(self._groups[-1].silent, self._groups[-1].skip))

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self._starred = True
        elif symbol in _ESCAPES:
            self._say(_ESCAPES[symbol])

    def _word(self, word: bytes, number: bytes | None) -> None:
        value = int(number) if number is not None else None
        group = self._groups[-1]
        if self._starred or word in _SILENT:
            group.silent = True
            self._starred = False
        elif word == b"ansicpg" and value is not None:
            self._charset = _charset(value)
        elif word == b"uc" and value is not None:
            group.skip = max(0, min(value, 8))
        elif word == b"u" and value is not None:
            self._say(_letter(value))
            self._pending = group.skip
        elif word == b"bin" and value:
            group.silent = True
        else:
            self._say(_BREAKS.get(word) or _SIGNS.get(word) or "")

    def _plain(self, data: bytes) -> None:
        cut = min(self._pending, len(data))
        self._pending -= cut
        if data[cut:]:
            self._say(data[cut:].decode(self._charset, "replace"))

    def _say(self, text: str) -> None:
        if not text or self._groups[-1].silent:
            return
        self._left -= len(text)
        if self._left < 0:
            raise TooLarge("Ce document contient plus de texte que le plafond accepté.")
        self._found.append(text)


def _charset(page: int) -> str:
    name = {10000: "mac_roman", 65001: "utf-8"}.get(page, f"cp{page}")
    try:
        b"a".decode(name)
    except (LookupError, UnicodeDecodeError):
        return "cp1252"
    return name


def _letter(value: int) -> str:
    code = value % 65536
    return "\ufffd" if 0xD800 <= code < 0xE000 or code < 32 else chr(code)
