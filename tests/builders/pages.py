"""Files written in a page of ``docs``: a test that follows the page uses exactly what it shows."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"

_BLOCK = re.compile(r"`(?P<file>[^`\n]+)`:\n\n```\w+\n(?P<text>.*?)```", re.DOTALL)


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def files(name: str) -> dict[str, str]:
    """The blocks of the page, each by the file name written above it."""
    return {found["file"]: found["text"] for found in _BLOCK.finditer(page(name))}


def steps(name: str) -> list[str]:
    """The lines of the numbered list, continuation lines included."""
    return [line for line in page(name).splitlines() if re.match(r"\d+\. |   \S", line)]
