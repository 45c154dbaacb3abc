"""The only MIME parser (RFC 5322, 2045, 2046): a splitter over the raw bytes, which stay untouched.

A ``Part`` is a window (two offsets) on the bytes as received, so that a signature is checked on exactly
what was sent. Everything is read on demand: a mail of 40 MB costs its headers until somebody asks more.

Decisions where mailers and standards disagree:

* the first line is no header field: the entity has no header, all of it is body;
* a lone line of garbage inside a header is skipped; two in a row, or one starting with ``--``, end it;
* a line with ``=`` after a value that ends with ``;`` is a parameter whose fold lost its blank;
* ``--abc`` never matches ``--abcd``; what follows a blank on a delimiter line is ignored; ``--abc--``
  closes for good; a lone CR is no line end;
* the outermost multipart is split first, so an unclosed inner one stops at the outer delimiter;
* the first of two equal fields or parameters wins.

Odd input never fails. ``TooLarge`` comes out of ``parse`` for a header above ``limits.header_bytes``,
and of ``children`` or ``walk`` (when asked, not before) above ``limits.depth`` or ``limits.parts``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from parsers import params, transfer
from parsers.charsets import to_text
from parsers.errors import Hostile, TooLarge
from parsers.limits import DEFAULT, Limits
from parsers.words import clean, decode

_FIELD = re.compile(rb"([^\s:\x00-\x20]{1,998})[ \t]*:")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+*%'`{|}~-]{1,127}/[a-z0-9!#$&^_.+*%'`{|}~-]{1,127}")
# Transport padding, then anything after a blank: "an exact match of the entire line is not required".
_CLOSE = re.compile(rb"(--)?(?:[ \t][^\n]*|\r*)(?:\n|\Z)")
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset=["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
# Lines that start like a delimiter and are none: more than this is built to slow us down.
_NEAR_DELIMITERS = 100_000


@dataclass(frozen=True, slots=True)
class Header:
    """One field: ``name`` as written, ``value`` the raw bytes after the colon, folds included."""

    name: str
    value: bytes


@dataclass(frozen=True, eq=False)
class Part:
    """One MIME entity: the bytes ``source[start:end]``, read on demand. ``depth`` 0 is the message."""

    source: bytes = field(repr=False)
    start: int
    end: int
    limits: Limits = field(default=DEFAULT, repr=False)
    depth: int = 0
    default_type: str = "text/plain"

    @property
    def raw(self) -> bytes:
        """The entity as received, without the line break that belongs to the delimiter (RFC 2046 5.1.1)."""
        return self.source[self.start : self.end]

    @property
    def body(self) -> bytes:
        """What follows the header, still transfer-encoded."""
        return self.source[self._header_end[1] : self.end]

    @cached_property
    def _header_end(self) -> tuple[tuple[Header, ...], int]:
        return _read_header(self.source, self.start, self.end, self.limits)

    @property
    def headers(self) -> tuple[Header, ...]:
        """Every field in order. Raises ``TooLarge`` above ``limits.header_bytes``."""
        return self._header_end[0]

    def header(self, name: str) -> str | None:
        """The first field of that name, decoded and unfolded."""
        value = self.header_raw(name)
        return None if value is None else decode(value)

    def header_all(self, name: str) -> tuple[str, ...]:
        """Every field of that name, decoded and unfolded."""
        return tuple(decode(value) for value in self.raw_all(name))

    def header_raw(self, name: str) -> bytes | None:
        """The raw value of the first field of that name."""
        return next(iter(self.raw_all(name)), None)

    def raw_all(self, name: str) -> tuple[bytes, ...]:
        """The raw values of every field of that name."""
        wanted = name.lower()
        return tuple(h.value for h in self.headers if h.name.lower() == wanted)

    @cached_property
    def _type(self) -> params.Parameters:
        return params.read(self.header_raw("content-type") or b"")

    @cached_property
    def _disposition(self) -> params.Parameters:
        return params.read(self.header_raw("content-disposition") or b"")

    @property
    def content_type(self) -> str:
        """Lower-case ``type/subtype``; the default of the context when absent or not of that shape."""
        match = _TYPE.match(self._type.value)
        return match.group() if match else self.default_type

    @property
    def params(self) -> dict[str, str]:
        """Parameters of Content-Type, names in lower case, values decoded (RFC 2231)."""
        return self._type.text

    @property
    def disposition(self) -> str | None:
        """``attachment``, ``inline``… in lower case, or ``None``."""
        return self._disposition.value.split(" ")[0] or None

    @property
    def filename(self) -> str | None:
        """A bare file name, never a path: of Content-Disposition, else the ``name`` of Content-Type."""
        given = self._disposition.text.get("filename") or self._type.text.get("name")
        return bare_name(given) if given else None

    def content(self) -> bytes:
        """The body with its transfer encoding undone, best effort; an unknown one is left as is."""
        encoding = self.header_raw("content-transfer-encoding") or b""
        return transfer.decode(self.body, encoding.decode("latin-1"))

    def text(self) -> str:
        """The content as text, by its charset, or by the ``<meta>`` of an HTML part, or guessed."""
        data = self.content()
        charset = self.params.get("charset")
        if charset is None and self.content_type == "text/html":
            meta = _META_CHARSET.search(data[:4096])
            charset = meta.group(1).decode("ascii") if meta else None
        return to_text(data, charset)

    @property
    def is_multipart(self) -> bool:
        return self.content_type.startswith("multipart/")

    @property
    def is_message(self) -> bool:
        return self.content_type in {"message/rfc822", "message/global", "message/news"}

    @cached_property
    def _split(self) -> tuple[tuple[int, int], ...]:
        boundary = self._type.raw.get("boundary", b"").rstrip(b" \t")
        if not self.is_multipart or not boundary:
            return ()
        return _windows(self.source, self._header_end[1], self.end, boundary, self.limits)

    @cached_property
    def children(self) -> tuple[Part, ...]:
        """The parts of a multipart, or the one message inside a ``message/rfc822``; else nothing.

        Raises ``TooLarge`` when there would be children below ``limits.depth`` or more than
        ``limits.parts`` of them.
        """
        if not (self.is_message or self._split):
            return ()
        if self.depth >= self.limits.depth:
            raise TooLarge(f"Le message imbrique plus de {self.limits.depth} niveaux de parties.")
        if self.is_message:
            # A transfer encoding is forbidden here (RFC 2046 5.2.1) and met all the same.
            body = self.content()
            if body == self.body:
                return (Part(self.source, self._header_end[1], self.end, self.limits, self.depth + 1),)
            return (Part(body, 0, len(body), self.limits, self.depth + 1),)
        default = "message/rfc822" if self.content_type == "multipart/digest" else "text/plain"
        return tuple(
            Part(self.source, start, end, self.limits, self.depth + 1, default)
            for start, end in self._split
        )

    @property
    def preamble(self) -> bytes:
        """What precedes the first delimiter of a multipart: no part, and not shown by mailers."""
        if not self._split:
            return b""
        start = self._header_end[1]
        line = self.source.rfind(b"\n", start, self._split[0][0] - 1) + 1
        return self.source[start : max(start, line)]

    @property
    def epilogue(self) -> bytes:
        """What follows the closing delimiter of a multipart."""
        if not self._split:
            return b""
        tail = self.source[self._split[-1][1] : self.end].lstrip(b"\r\n")
        return tail.partition(b"\n")[2]

    def walk(self) -> Iterator[Part]:
        """This part and all below, in order of appearance. Raises ``TooLarge`` as ``children`` does."""
        pending = [self]
        seen = 0
        while pending:
            part = pending.pop()
            seen += 1
            if seen > self.limits.parts:
                raise TooLarge(f"Le message contient plus de {self.limits.parts} parties.")
            yield part
            pending.extend(reversed(part.children))


def parse(raw: bytes, limits: Limits = DEFAULT) -> Part:
    """Open a message or a MIME entity. Only the header is read now, the rest on demand.

    Raises ``TooLarge`` when the header is above ``limits.header_bytes``.
    """
    raw = line_ends(raw)
    part = Part(raw, 0, len(raw), limits)
    _ = part.headers
    return part


def line_ends(raw: bytes) -> bytes:
    """A message whose lines all end by a lone CR, as old systems write, with CRLF; any other as it is.

    With a single LF anywhere, a lone CR is content: two readers could otherwise see two messages.
    """
    if b"\r" not in raw[:4096] or b"\n" in raw:
        return raw
    return raw.replace(b"\r", b"\r\n")


def bare_name(name: str) -> str | None:
    """The last component of a name, without controls, 200 characters at most; ``None`` if none is left."""
    last = clean(name).replace("\\", "/").rstrip("/ ").rpartition("/")[2].strip()
    if len(last) > 200:
        stem, dot, extension = last.rpartition(".")
        last = stem[: 199 - len(extension)] + dot + extension if dot and len(extension) < 20 else last[:200]
    return None if last in {"", ".", ".."} else last


def _read_header(source: bytes, start: int, end: int, limits: Limits) -> tuple[tuple[Header, ...], int]:
    """Fields from ``start``, and where the body begins."""
    found: list[tuple[str, int, int]] = []  # name, start and end of the value
    position = start
    garbage = -1
    while position < end:
        if position - start > limits.header_bytes:
            raise TooLarge("L'en-tête du message ou d'une de ses parties dépasse la taille permise.")
        newline = source.find(b"\n", position, end)
        stop, following = (end, end) if newline < 0 else (newline, newline + 1)
        line_end = stop - 1 if stop > position and source[stop - 1] == 0x0D else stop
        if line_end == position:
            position = following
            break
        unfinished = found and garbage < 0 and source.endswith(b";", found[-1][1], found[-1][2])
        if found and garbage < 0 and source[position] in b" \t":
            found[-1] = (found[-1][0], found[-1][1], line_end)
        elif match := _FIELD.match(source, position, line_end):
            garbage = -1
            found.append((match.group(1).decode("latin-1"), match.end(), line_end))
        elif unfinished and source.find(b"=", position, line_end) > 0:
            found[-1] = (found[-1][0], found[-1][1], line_end)  # a parameter whose fold lost its blank
        elif position == start and source.startswith((b"From ", b">From "), position):
            pass  # the separator line of an mbox file
        elif not found or garbage >= 0 or source.startswith(b"--", position):
            position = garbage if garbage >= 0 else position
            break
        else:
            garbage = position
        position = following
    if position - start > limits.header_bytes:
        raise TooLarge("L'en-tête du message ou d'une de ses parties dépasse la taille permise.")
    return tuple(Header(name, source[first:last]) for name, first, last in found), position


def _windows(
    source: bytes, start: int, end: int, boundary: bytes, limits: Limits
) -> tuple[tuple[int, int], ...]:
    """Offsets of the parts between the delimiter lines of ``boundary`` (RFC 2046 5.1.1)."""
    delimiter = b"--" + boundary
    windows: list[tuple[int, int]] = []
    opened = -1
    position, near = start, 0
    while True:
        position = _line_starting(source, delimiter, position, end)
        close = None if position < 0 else _CLOSE.match(source, position + len(delimiter), end)
        if position >= 0 and close is None:
            near += 1
            if near > _NEAR_DELIMITERS:
                raise Hostile("Le message contient un très grand nombre de faux séparateurs de parties.")
            position += len(delimiter)
            continue
        if opened >= 0:
            windows.append((opened, end if position < 0 else _before_break(source, opened, position)))
            if len(windows) > limits.parts:
                raise TooLarge(f"Le message contient plus de {limits.parts} parties.")
        if close is None or close.group(1):
            return tuple(windows)
        opened = position = close.end()


def _line_starting(source: bytes, prefix: bytes, start: int, end: int) -> int:
    """Offset of the first line from ``start`` (itself the start of a line) that begins so, or -1."""
    if source.startswith(prefix, start, end):
        return start
    found = source.find(b"\n" + prefix, start, end)
    return -1 if found < 0 else found + 1


def _before_break(source: bytes, start: int, delimiter: int) -> int:
    """The end of a part: the line break before the delimiter line is not part of it."""
    end = delimiter
    if end > start and source[end - 1] == 0x0A:
        end -= 1
        if end > start and source[end - 1] == 0x0D:
            end -= 1
    return end
