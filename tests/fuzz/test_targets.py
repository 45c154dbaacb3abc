"""Every parser at its usual number of spoilt inputs: only ``ParseError`` comes out, inside the limits."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import parsers
from parsers.errors import Malformed
from tests.fuzz import report
from tests.fuzz.mutate import inputs
from tests.fuzz.target import Target, attempts
from tests.fuzz.targets import TARGETS

REACHED_ELSEWHERE = frozenset(
    {
        # values and helpers of our own, no stranger's byte
        *("__init__.py", "errors.py", "facts.py", "limits.py", "folding.py", "pictures.py"),
        # pixels: noise, blank and torn bitmaps in the tests of each
        *("ocr.py", "layout.py", "preparation.py", "paper.py", "combs.py", "grids.py", "hairlines.py"),
    }
)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_only_parse_errors_come_out(target: Target) -> None:
    count = inputs(target.usual)
    read = 0
    for attempt in attempts(target, count):
        if attempt.surprise is not None:
            raise AssertionError(f"input {attempt.number} of {target.name}") from attempt.surprise
        read += attempt.read
    assert read >= target.share * count


def test_every_parser_is_reached() -> None:
    folder = Path(parsers.__file__).parent
    named = {name for target in TARGETS for name in target.files}
    missing = [
        path.name
        for path in sorted(folder.glob("*.py"))
        if path.name not in named | REACHED_ELSEWHERE and not path.name.startswith("_")
    ]
    assert missing == []
    assert all((folder / name).exists() for name in named)


def _refuses(data: bytes) -> None:
    if data.startswith(b"a"):
        raise KeyError(data)
    raise Malformed("Illisible.")


def test_a_surprise_is_told_apart_from_a_refusal() -> None:
    target = Target("x", (), lambda: [b"a", b"bcdef"], _refuses)
    seen = list(attempts(target, 200))
    assert not any(attempt.read for attempt in seen)
    assert {type(attempt.surprise) for attempt in seen} == {KeyError, type(None)}
    assert [a.data for a in seen] == [a.data for a in attempts(target, 200)]


def test_the_report_keeps_one_line_a_parser(tmp_path: Path) -> None:
    page = tmp_path / "fuzzing.md"
    page.write_text(f"# T\n\n{report.BEGIN}\n{report.END}\nend\n", "utf-8")
    found = {"target": "mime", "inputs": 2000, "read": 1, "refused": 1999, "minutes": 0.1, "slowest_ms": 3}
    for name, surprises in (("mime", {"KeyError": "mime-00"}), ("headers", {}), ("mime", {})):
        report.note({**found, "target": name, "surprises": surprises}, date(2026, 11, 23), page)
    text = page.read_text("utf-8")
    assert text.count("| mime |") == 1
    assert "KeyError" not in text
    assert text.index("| mime |") < text.index("| headers |")
    assert "| 2,000 | 1 | 1,999 |" in text
    assert text.endswith("end\n")
