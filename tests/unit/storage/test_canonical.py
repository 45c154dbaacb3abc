"""Canonical bytes: one writing for one value, refusal rather than repair."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.canonical import NotCanonical, canonical, read

GIVEN_BYTES: dict[str, tuple[Any, bytes]] = {
    "names in order": ({"b": 1, "a": 2, "a_b": 3}, b'{"a":2,"a_b":3,"b":1}'),
    "no space": ({"a": [1, None, True, False]}, b'{"a":[1,null,true,false]}'),
    "tuple": ({"a": (1, 2)}, b'{"a":[1,2]}'),
    "text as it is": ("échéance « 1 » 漢", '"échéance « 1 » 漢"'.encode()),
    "RFC 8785, 3.2.2.2: short escapes": ('"\\\b\t\n\f\r', b'"\\"\\\\\\b\\t\\n\\f\\r"'),
    "RFC 8785, 3.2.2.2: other control": ("\x00\x1f\x7f", b'"\\u0000\\u001f\x7f"'),
    "largest integer": ([2**53 - 1, -(2**53) + 1], b"[9007199254740991,-9007199254740991]"),
}

REFUSED: dict[str, Any] = {
    "float": 1.0,
    "not a number": float("nan"),
    "too large": 2**53,
    "not NFC": "e\u0301",
    "lone surrogate": "\ud800",
    "name with a capital": {"A": 1},
    "name with an accent": {"é": 1},
    "empty name": {"": 1},
    "name that is not text": {1: 1},
    "bytes": b"abc",
    "set": {1, 2},
    "nested": {"a": [{"b": 0.5}]},
}

OTHER_WRITINGS: dict[str, bytes] = {
    "space": b'{"a": 1}',
    "order": b'{"b":1,"a":1}',
    "twice the same name": b'{"a":1,"a":1}',
    "escape that was not needed": b'"\\u0041"',
    "number with a fraction": b"1.0",
    "exponent": b"1e2",
    "leading zero": b"-0",
    "not a number": b"NaN",
    "line at the end": b"1\n",
    "not UTF-8": b'"\xff"',
    "byte order mark": b"\xef\xbb\xbf1",
    "cut": b'{"a":',
    "empty": b"",
    "very deep": b"[" * 100_000,
}


@pytest.mark.parametrize("case", GIVEN_BYTES)
def test_given_values_have_given_bytes(case: str) -> None:
    value, expected = GIVEN_BYTES[case]
    assert canonical(value) == expected


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_canonical_form_is_refused(case: str) -> None:
    with pytest.raises(NotCanonical):
        canonical(REFUSED[case])


@pytest.mark.parametrize("case", OTHER_WRITINGS)
def test_only_the_canonical_writing_is_read(case: str) -> None:
    with pytest.raises(NotCanonical):
        read(OTHER_WRITINGS[case])


_TEXT = (
    st.text()
    .map(lambda text: text.encode("utf-8", "replace").decode())
    .filter(lambda text: text.isascii() or unicodedata.is_normalized("NFC", text))
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | _TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(st.from_regex(r"\A[a-z0-9_-]+\Z"), inner),
)


@given(_VALUES)
def test_reading_gives_back_the_value(value: Any) -> None:
    assert read(canonical(value)) == value
