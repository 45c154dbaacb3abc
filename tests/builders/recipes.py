"""The scripts of ``docs/proof.md``, as they are written there: tests run what readers copy."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "proof.md"
_BLOCK = re.compile(r"```bash\n# (\S+).*?\n(.*?)```", re.DOTALL)


def recipes() -> dict[str, str]:
    """Every script of the page, by the name on its first line."""
    return {found[1]: found[2] for found in _BLOCK.finditer(PAGE.read_text("utf-8"))}


def recipe(name: str) -> str:
    """One script. Raises ``KeyError`` when the page no longer has it."""
    return recipes()[name]
