"""The page of standards names files that exist, and every parser is on its map."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "standards.md"
MAP = ROOT / "parsers" / "README.md"
COLUMNS = 5


def _named(page: Path) -> set[str]:
    """Python files written between backticks."""
    return set(re.findall(r"`([a-z_0-9/]+\.py)`", page.read_text("utf-8")))


def test_every_file_the_page_names_exists() -> None:
    named = _named(PAGE)
    assert len(named) > 50
    assert {name for name in named if not (ROOT / name).is_file()} == set()


def test_every_line_of_the_page_has_a_verdict_and_a_part_its_gap() -> None:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]
    told = [row for row in rows if row[0] not in {"standard", "---"}]
    assert len(told) > 60
    assert [row[0] for row in told if len(row) != COLUMNS] == []
    assert [row[0] for row in told if row[2] not in {"yes", "part", "no"}] == []
    assert [row[0] for row in told if row[2] == "part" and not row[3]] == []
    assert [row[0] for row in told if row[2] != "no" and not row[4]] == []


def test_every_parser_is_on_the_map() -> None:
    files = {path.relative_to(ROOT / "parsers").as_posix() for path in (ROOT / "parsers").rglob("*.py")}
    files = {name for name in files if not name.endswith("__init__.py")}
    named = _named(MAP)
    assert files - named == set()
    assert {n for n in named if n not in files and not (ROOT / n).is_file()} == set()
