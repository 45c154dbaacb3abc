"""Golden pairs of whole messages, each read with LF and with CRLF line ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import pytest

from tests.builders import golden

CASES = golden.cases()


def test_every_family_has_cases_and_reasons() -> None:
    assert {path.parent.name for path in CASES} == set(golden.FAMILIES)
    assert len(CASES) >= 30
    for path in CASES:
        assert path.with_suffix(".json").is_file(), path
        assert len(path.with_suffix(".why").read_text("utf-8").strip()) > 20, path


@pytest.mark.parametrize("ends", ["lf", "crlf"])
@pytest.mark.parametrize(
    "path", CASES, ids=lambda path: f"{cast('Path', path).parent.name}/{cast('Path', path).stem}"
)
def test_golden(path: Path, ends: str) -> None:
    raw = path.read_bytes()
    assert b"\r" not in raw, "golden messages are kept with LF ends"
    expected = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert golden.describe(raw if ends == "lf" else raw.replace(b"\n", b"\r\n")) == expected
