"""A table printed on pages, back to rows: words of one line, cut where the gap is wide.

Columns are those of the widest gaps: a word belongs to the cell before it when it stands less than a
letter's height away. Cells are then put under the title whose place they share, so that an empty cell in
the middle of a row does not shift the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from parsers.delimited import TextRow
from parsers.errors import TooLarge
from parsers.facts import Box, Page, Word
from parsers.layout import Line, height, lines, union
from parsers.limits import DEFAULT, Limits
from parsers.words import clean

_GAP = 0.75
"""Of the height of a line: more than the space between two words, less than between two columns."""
_TITLES = 3


def printed_rows(pages: Sequence[Page], limits: Limits = DEFAULT) -> tuple[TextRow, ...]:
    """The printed lines of these pages as rows. Raises ``TooLarge`` above ``limits.table_rows``."""
    found: list[TextRow] = []
    columns: tuple[Box, ...] = ()
    for page in pages:
        for number, line in enumerate(lines(page.words), 1):
            pieces = _pieces(line)
            if len(pieces) >= max(_TITLES, len(columns)):
                columns = tuple(box for _, box in pieces)
            texts = _placed(pieces, columns) if len(pieces) > 1 else [pieces[0][0]]
            cells = tuple(clean(text)[: limits.table_cell_chars] for text in texts)
            found.append(TextRow(f"page {page.number}, ligne {number}", cells[: limits.table_columns]))
            if len(found) > limits.table_rows:
                raise TooLarge(f"Ce tableau a plus de {limits.table_rows} lignes.")
    return tuple(found)


def _pieces(line: Line) -> list[tuple[str, Box]]:
    """Runs of words of one line with their boxes, left to right."""
    runs: list[list[Word]] = [[line.words[0]]]
    for word in line.words[1:]:
        apart = word.box.x0 - runs[-1][-1].box.x1
        if apart > _GAP * height(line.box):
            runs.append([word])
        else:
            runs[-1].append(word)
    return [(" ".join(w.text for w in run), union(w.box for w in run)) for run in runs]


def _placed(pieces: list[tuple[str, Box]], columns: Sequence[Box]) -> list[str]:
    """Each piece under the column it shares the most with, else the nearest; two in one are joined."""
    if len(columns) < _TITLES:
        return [text for text, _ in pieces]
    cells = [""] * len(columns)
    for text, box in pieces:
        place = max(range(len(columns)), key=lambda n: _shared(box, columns[n]))
        cells[place] = f"{cells[place]} {text}".strip()
    return cells


def _shared(one: Box, other: Box) -> float:
    """Shared width when positive, else minus the distance between the two."""
    return min(one.x1, other.x1) - max(one.x0, other.x0)
