"""Our splitter against what stalwart mail-parser and Apache mime4j see in the same bytes.

Two judges: where they and we differ, the message is listed below with the reason, and must differ:
a difference that disappears, or a new one, fails the test.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any, cast

import pytest
from defusedxml import ElementTree

from parsers.mime import Part, parse

ROOT = Path(os.environ.get("PASSERELLE_CORPUS") or Path(__file__).parents[3] / ".." / "shared" / "corpus")
MIME4J = sorted((ROOT / "mime" / "mime4j").glob("*.msg"))
STALWART = sorted((ROOT / "mime" / "stalwart").glob("*.eml"))

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not ROOT.is_dir(), reason="the shared corpus is not there"),
]

DIFFERENCES = {
    "basic-plain-with-bad-header-separator.msg": "text right after the header: kept; mime4j drops it",
    "malformedHeader-noheader.msg": "no header at all: we keep both lines as the body, mime4j loses them",
    "malformedHeaderStartsBody-noheader.msg": "no header at all: we keep both lines, mime4j loses one",
    "malformedHeaderStartsBody-nocrlfcrlf.msg": "garbage between two fields: skipped; mime4j stops",
    "missing-boundary.msg": "no delimiter line: we keep the text as a body, mime4j as a preamble",
    "missing-inner-boundary.msg": "the same, one level down",
    "missing-inner-start-boundary.msg": "a closing delimiter alone: the same",
    "000.eml": "text that is not base64 declared base64: stalwart gives it back raw, we decode what we can",
    "004.eml": "parts of a digest are message/rfc822 (RFC 2046 5.1.5); stalwart lists text/plain",
    "malformed_000.eml": "delimiters inside headers: we find four empty parts, stalwart none",
    "malformed_001.eml": "inner and outer multiparts crossed: for us the outer delimiter always wins",
    "malformed_003.eml": "the same boundary twice: for us the outer one takes every delimiter",
    "malformed_004.eml": "--ab is no delimiter of boundary a: one leaf for us, guessed parts for stalwart",
    "malformed_005.eml": "boundary a-- closed by --a----: the outer one is closed first",
    "malformed_007.eml": "a delimiter right after a field: we find the inner part, stalwart an empty one",
}

Tree = tuple[object, ...]


def flat(data: bytes | str) -> bytes:
    raw = data.encode("utf-8", "replace") if isinstance(data, str) else data
    return raw.replace(b"\r\n", b"\n").strip()


def our_events(part: Part) -> Tree:
    fields = [f"{h.name}:{h.value.decode('latin-1')}".replace("\r\n", "\n").strip() for h in part.headers]
    if part.children:
        return fields, [our_events(child) for child in part.children]
    return fields, flat(part.body)


def mime4j_events(element: Any) -> Tree:
    fields = [(field.text or "").strip() for field in element.findall("header/field")]
    for child in element:
        if child.tag == "multipart":
            return fields, [mime4j_events(part) for part in child.findall("body-part")]
        if child.tag == "message":
            return fields, [mime4j_events(child)]
        if child.tag == "body":
            return fields, flat(child.text or "")
    return fields, b""


def our_content(part: Part) -> Tree:
    if part.children:
        return part.content_type, [our_content(child) for child in part.children]
    is_text = part.content_type.startswith("text/")
    return part.content_type, flat(part.text() if is_text else part.content())


def stalwart_content(message: dict[str, Any], index: int) -> Tree:
    part = message["parts"][index]
    kind = "text/plain"
    for header in part["headers"]:
        value = header["value"]
        if header["name"] == "content_type" and isinstance(value, dict) and "ContentType" in value:
            found = value["ContentType"]
            kind = f"{found['c_type']}/{found['c_subtype']}".lower()
    ((shape, value),) = part["body"].items()
    if shape == "Multipart":
        return kind, [stalwart_content(message, child) for child in value]
    if shape == "Message":
        return kind, [stalwart_content(value, 0)]
    return kind, flat(value if isinstance(value, str) else bytes(value))


def check(name: str, ours: Tree, theirs: Tree) -> None:
    if name in DIFFERENCES:
        assert ours != theirs, f"{name} agrees now: take it off the list"
    else:
        assert ours == theirs


def test_the_corpus_is_there() -> None:
    assert len(MIME4J) >= 19
    assert len(STALWART) >= 18
    assert set(DIFFERENCES) <= {path.name for path in MIME4J + STALWART}


@pytest.mark.parametrize("path", MIME4J, ids=lambda path: cast("Path", path).name)
def test_mime4j(path: Path) -> None:
    expected = ElementTree.fromstring(path.with_suffix(".xml").read_text("utf-8"))
    check(path.name, our_events(parse(path.read_bytes())), mime4j_events(expected))


@pytest.mark.parametrize("path", STALWART, ids=lambda path: cast("Path", path).name)
def test_stalwart(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text("utf-8"))
    check(path.name, our_content(parse(path.read_bytes())), stalwart_content(expected, 0))


def test_every_byte_of_every_leaf_is_in_the_source() -> None:
    for path in MIME4J + STALWART:
        raw = path.read_bytes()
        for part in parse(raw).walk():
            assert part.raw == part.source[part.start : part.end]
            assert re.sub(rb"\s", b"", part.body) in re.sub(rb"\s", b"", part.source)
