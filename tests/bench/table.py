"""What a measurement gives back: tables of figures, and the sentences that explain them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """One table of ``docs/performance.md``. ``rows`` are already written as people read them."""

    title: str
    intro: str
    """What was measured and how, one paragraph."""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    """The target, whether it is reached, what limits it and what would lift it."""

    def markdown(self) -> str:
        lines = [f"## {self.title}", "", self.intro, ""]
        lines.append("| " + " | ".join(self.columns) + " |")
        lines.append("|" + "|".join(["---"] + ["---:"] * (len(self.columns) - 1)) + "|")
        lines += ["| " + " | ".join(row) + " |" for row in self.rows]
        lines += [f"\n{note}" for note in self.notes]
        return "\n".join(lines) + "\n"


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f}"


def ratio(value: float) -> str:
    return f"{value:.2f}"


def mib(size: float) -> str:
    return f"{size / (1 << 20):.0f}"
