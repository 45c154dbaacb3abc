"""The end of a message and its dots, however the network cuts the bytes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.intake.dotted import DotDecoder


def stuffed(content: bytes) -> bytes:
    """What a correct client sends for ``content`` (which ends with CRLF, or is empty)."""
    lines = content.split(b"\r\n")
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines) + b".\r\n"


def decoded(wire: bytes, cuts: list[int]) -> tuple[bytes, DotDecoder]:
    decoder = DotDecoder()
    out = b""
    places = sorted({min(cut, len(wire)) for cut in cuts} | {0, len(wire)})
    for start, end in pairwise(places):
        if decoder.finished:
            decoder.rest += wire[start:end]
        else:
            out += decoder.feed(wire[start:end])
    return out, decoder


CASES = {
    "nothing": (b".\r\n", b"", b""),
    "one line": (b"a\r\n.\r\n", b"a\r\n", b""),
    "dots": (b"..\r\n...x\r\n.\r\n", b".\r\n..x\r\n", b""),
    "rest": (b"a\r\n.\r\nQUIT\r\n", b"a\r\n", b"QUIT\r\n"),
    "two ends": (b"a\r\n.\r\n.\r\n", b"a\r\n", b".\r\n"),
    "lf dot lf": (b"a\n.\nb\r\n.\r\n", b"a\n.\nb\r\n", b""),
    "cr dot cr": (b"a\r.\rb\r\n.\r\n", b"a\r.\rb\r\n", b""),
    "lf dot crlf": (b"a\n.\r\nb\r\n.\r\n", b"a\n.\r\nb\r\n", b""),
    "crlf dot lf": (b"a\r\n.\nb\r\n.\r\n", b"a\r\n\nb\r\n", b""),
    "cr cr lf": (b"a\r\r\n.\r\n", b"a\r\r\n", b""),
    "bare cr at the end of a line": (b"a\r\n\r\n.\r\r\n.\r\n", b"a\r\n\r\n\r\r\n", b""),
}


@pytest.mark.parametrize("name", CASES)
def test_cut_anywhere(name: str) -> None:
    wire, content, rest = CASES[name]
    for cut in range(len(wire) + 1):
        out, decoder = decoded(wire, [cut])
        assert (out, decoder.finished, decoder.rest) == (content, True, rest), f"cut at {cut}"
    out, decoder = decoded(wire, list(range(len(wire))))
    assert (out, decoder.finished, decoder.rest) == (content, True, rest), "byte by byte"


@given(
    st.lists(st.sampled_from([b"\r\n", b".", b"\r", b"\n", b"ab", b"\0"]), max_size=40).map(b"".join),
    st.lists(st.integers(0, 120), max_size=12),
)
def test_what_a_client_sends_comes_back(content: bytes, cuts: list[int]) -> None:
    content += b"\r\n"
    out, decoder = decoded(stuffed(content) + b"NOOP\r\n", cuts)
    assert decoder.finished
    assert out == content
    assert decoder.rest == b"NOOP\r\n"


def test_unfinished_holds_back_little() -> None:
    decoder = DotDecoder()
    out = decoder.feed(b"x" * 1000 + b"\r\n.\r")
    assert not decoder.finished
    assert out == b"x" * 1000
