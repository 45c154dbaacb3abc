"""What commands print: one JSON document, or a table for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text


def print_json(value: Any) -> None:
    """One JSON document on standard output, and nothing else."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write("\n")


def print_table(title: str, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table on standard output; as wide as its content when the output is not a terminal."""
    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
    table = Table(title=title, title_justify="left", header_style="bold", expand=False)
    for header in headers:
        table.add_column(header, overflow="fold")
    for row in rows:
        table.add_row(*(_text(cell) for cell in row))
    console.print(table)


def _text(cell: str) -> Text:
    """A stranger's words as they are: no colour markup, no control code that would drive the terminal."""
    return Text("".join(c if c.isprintable() or c == "\n" else "�" for c in str(cell)))


def say(sentence: str) -> None:
    """A sentence for the person at the keyboard, on standard error."""
    print(sentence, file=sys.stderr, flush=True)
