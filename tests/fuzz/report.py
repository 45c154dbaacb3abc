"""What the nightly run leaves in ``docs/fuzzing.md``: one line a parser, the last run of each."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from tests.fuzz.targets import BY_NAME

PAGE = Path(__file__).parents[2] / "docs" / "fuzzing.md"
BEGIN, END = "<!-- runs -->", "<!-- end of runs -->"
_HEAD = (
    "| parser | files | day | inputs | read | refused | minutes | slowest input | surprises |",
    "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | --- |",
)


def note(found: dict[str, Any], on: date, page: Path = PAGE) -> None:
    """Replace, in the table of ``page``, the line of one parser."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    table, _, after = rest.partition(END)
    lines = {line.split("|")[1].strip(): line for line in table.splitlines() if line.startswith("| ")}
    lines[found["target"]] = _line(found, on)
    ordered = [lines[name] for name in BY_NAME if name in lines]
    page.write_text("\n".join((before + BEGIN, *_HEAD, *ordered, END + after)), "utf-8")


def _line(found: dict[str, Any], on: date) -> str:
    files = " ".join(f"`{name}`" for name in BY_NAME[found["target"]].files)
    surprises = ", ".join(f"{kind} (`{kept}`)" for kind, kept in found["surprises"].items()) or "none"
    figures = (f"{found['inputs']:,}", f"{found['read']:,}", f"{found['refused']:,}", f"{found['minutes']}")
    slow = f"{found['slowest_ms']:,} ms"
    return (
        f"| {found['target']} | {files} | {on.isoformat()} | {' | '.join(figures)} | {slow} | {surprises} |"
    )
