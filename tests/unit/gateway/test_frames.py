"""Frames between the gateway and its children: what goes in comes out, what lies is refused."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from gateway.triage import frames
from parsers.errors import Crashed
from parsers.facts import Source


@dataclass(frozen=True, slots=True)
class _Inner:
    content: bytes
    source: Source


@dataclass(frozen=True, slots=True)
class _Outer:
    name: str
    inner: tuple[_Inner, ...]
    notes: dict[str, str]
    at: datetime | None
    blob: bytes


_ADAPTER: TypeAdapter[_Outer] = TypeAdapter(_Outer)
_TEXT = st.text(st.characters(codec="utf-8"))

_values = st.builds(
    _Outer,
    name=_TEXT,
    inner=st.lists(st.builds(_Inner, content=st.binary(), source=st.sampled_from(Source)), max_size=3).map(
        tuple
    ),
    notes=st.dictionaries(_TEXT, _TEXT, max_size=3),
    at=st.none() | st.datetimes(timezones=st.just(UTC)),
    blob=st.binary(max_size=200),
)


@given(_values)
def test_every_typed_value_comes_back_equal(value: _Outer) -> None:
    text, blobs = frames.pack(value, _ADAPTER)
    assert frames.unpack(text, memoryview(blobs), _ADAPTER) == value


@given(st.binary(max_size=300))
def test_an_answer_that_is_not_of_the_type_is_refused(text: bytes) -> None:
    with pytest.raises(Crashed):
        frames.unpack(text, memoryview(b""), _ADAPTER)


def test_a_frame_crosses_a_socket() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        frames.send(ours, b'{"a":1}', b"\x00\xff")
        text, blobs = frames.receive(theirs)
    assert (text, bytes(blobs)) == (b'{"a":1}', b"\x00\xff")


def test_a_peer_that_closes_is_not_an_empty_answer() -> None:
    ours, theirs = socket.socketpair()
    ours.close()
    with theirs, pytest.raises(EOFError):
        frames.receive(theirs)


def test_an_absurd_length_is_refused_before_any_memory_is_taken() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall((1 << 60).to_bytes(8, "big") * 2)
        with pytest.raises(Crashed):
            frames.receive(theirs)
