"""The content of a DATA command, decoded in large pieces (RFC 5321 4.1.1.4 and 4.5.2).

Only ``<CR><LF>.<CR><LF>`` ends a message. A lone CR or LF is content like any other byte, kept as it
came (hash and signature stay true), and never a line break: ``\\n.\\n``, ``\\r.\\r``, ``\\n.\\r\\n`` and
``\\r\\n.\\n`` end nothing, so that nobody can smuggle a second message inside the first.
"""

from __future__ import annotations

_LINE = b"\r\n"
_DOT = b"\r\n."


class DotDecoder:
    """Feed it what the network gives, of any size; it gives the message back without dot-stuffing.

    ``finished`` becomes true once the end has been seen; ``rest`` then holds the bytes that follow it
    (the next commands of a pipelining client).
    """

    __slots__ = ("_held", "_virtual", "finished", "rest")

    def __init__(self) -> None:
        # The message starts at the beginning of a line: a virtual line break, removed again below.
        self._held = _LINE
        self._virtual = len(_LINE)
        self.finished = False
        self.rest = b""

    def feed(self, chunk: bytes) -> bytes:
        """The decoded bytes ``chunk`` completes; at most four bytes are held back for the next call."""
        data = self._held + chunk
        keep, stuffed = self._look(data)
        out = data[:keep]
        if stuffed:
            out = out.replace(_DOT, _LINE)
        if self._virtual and out:
            out = out[self._virtual :]
            self._virtual = 0
        return out

    def _look(self, data: bytes) -> tuple[int, bool]:
        """How many bytes are settled, and whether a dot-stuffed line is among them."""
        stuffed = False
        at = data.find(_DOT)
        while at >= 0:
            tail = data[at + 3 : at + 5]
            if tail == _LINE:
                self.finished = True
                self.rest = data[at + 5 :]
                self._held = b""
                return at + 2, stuffed
            if len(tail) < 2 and _LINE.startswith(tail):
                self._held = data[at:]
                return at, stuffed
            stuffed = True
            at = data.find(_DOT, at + 3)
        keep = len(data)
        if data.endswith(_LINE):
            keep -= 2
        elif data.endswith(b"\r"):
            keep -= 1
        self._held = data[keep:]
        return keep, stuffed
