"""The letters of what is drawn on paper: Bitstream Vera, shipped with reportlab, embedded in each file.

Its licence lets anyone embed it and pass it on. A character it lacks is written ``?``: an evidence file has
the same words in ``resume.txt``.
"""

from __future__ import annotations

import unicodedata

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

PLAIN, BOLD = "Vera", "VeraBd"
_NARROW, _WIDE = "\u202f", "\u00a0"


def ready() -> None:
    """Make both faces known to reportlab; again is harmless."""
    for name in (PLAIN, BOLD):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))


def plain(text: str) -> str:
    """One line in the characters that the letters have: none is drawn as an empty box."""
    known = pdfmetrics.getFont(PLAIN).face.charToGlyph
    folded = unicodedata.normalize("NFC", text)
    flat = "".join(_WIDE if c == _NARROW else " " if c.isspace() and c != _WIDE else c for c in folded)
    return "".join(c if c == _WIDE or (c.isprintable() and ord(c) in known) else "?" for c in flat)
