"""Bytes to text when the declared charset may be missing, unknown or wrong.

Never fails: a declared charset is believed only if it can decode the bytes; then UTF-8, then
Windows-1252 (what French mailers send when they say nothing or say ``us-ascii``).
"""

from __future__ import annotations

import codecs

# Not text charsets, or quadratic on long input: a mail that names them is guessed instead.
_REFUSED = frozenset(
    {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "mbcs", "oem"}
)
# Western labels under which Windows-1252 is sent in practice (WHATWG Encoding, section 4.2).
_WESTERN = frozenset({"iso8859-1", "ascii", "latin-1", "latin_1"})
_ALIASES = {
    "x-sjis": "cp932",
    "ks_c_5601-1987": "cp949",
    "x-mac-roman": "mac-roman",
    "x-gbk": "gbk",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
}
_UNDEFINED_1252 = {code: chr(code) for code in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}


def codec_name(charset: str | None) -> str | None:
    """The name Python gives to ``charset``, or ``None`` when it is absent, unknown or not text."""
    label = (charset or "").strip().strip("\"'").lower()
    if not label or len(label) > 60 or not label.isascii():
        return None
    try:
        found = codecs.lookup(_ALIASES.get(label, label))
        "a".encode(found.name)  # refuses what is not a text encoding (zlib, base64…)
    except (LookupError, ValueError):
        return None
    return None if found.name.replace("_", "-") in _REFUSED else found.name


def to_text(data: bytes, charset: str | None = None) -> str:
    """Decode ``data`` with ``charset`` when it fits, else guess. Always returns something."""
    name = codec_name(charset)
    if name is not None and name not in _WESTERN:
        try:
            return data.decode(name).removeprefix("\ufeff")
        except (UnicodeError, ValueError):
            if name not in {"utf-8", "cp1252"}:
                return data.decode(name, "replace")
    if name in _WESTERN and name != "ascii":
        return _cp1252(data)
    return _guess(data)


def _guess(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _cp1252(data)


def _cp1252(data: bytes) -> str:
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        # Five bytes are undefined in Windows-1252: they keep their Latin-1 place.
        return "".join(_UNDEFINED_1252.get(b) or bytes((b,)).decode("cp1252") for b in data)
