"""What was read beside what was written, as tables: for ``bench_reading``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from parsers.forms.template import FieldType
from tests.bench.reading_run import WATCHED, Outcome, Seen
from tests.bench.reading_set import DIGITAL, LAYOUTS, TARGETS
from tests.bench.table import Table


def share(right: int, count: int) -> str:
    return f"{100 * right / count:.2f} % of {count}" if count else "none"


def _met(reached: bool) -> str:
    return "Reached." if reached else "Missed."


def _of(fields: Iterable[Seen]) -> str:
    seen = list(fields)
    return share(sum(s.right for s in seen), len(seen))


def fields_table(outcomes: Sequence[Outcome]) -> Table:
    """Field accuracy per source and layout."""
    rows = []
    for source, target in TARGETS.items():
        mine = [o for o in outcomes if o.case.source == source]
        seen = [s for o in mine for s in o.fields]
        if not seen:
            continue
        per_layout = [
            _of(s for o in mine if o.case.layout == layout for s in o.fields) for layout in LAYOUTS
        ]
        per_layout = per_layout if source not in DIGITAL[:3] else ["", "", ""]
        right = sum(s.right for s in seen) / len(seen)
        rows.append(
            (
                source,
                str(len(mine)),
                _of(seen),
                share(sum(s.close for s in seen), len(seen)),
                *per_layout,
                f"{100 * target:.1f} %",
                "reached" if right >= target else "**missed**",
            )
        )
    return Table(
        "Fields",
        "A field is right when its normalised value is the one written, exactly (names compare in capitals "
        "without accents because that is their normalised form; running text keeps its accents). A value "
        "read where nothing is written counts as wrong. « Accents aside »: the same after folding case, "
        "accents and punctuation of running text too.",
        ("source", "papers", "fields right", "accents aside", *LAYOUTS, "target", ""),
        tuple(rows),
    )


def types_table(outcomes: Sequence[Outcome]) -> Table:
    """Where the misses are, on scans."""
    seen = [s for o in outcomes if o.case.source not in DIGITAL for s in o.fields]
    rows = []
    for kind in FieldType:
        mine = [s for s in seen if s.type is kind]
        if mine:
            wrong = [s for s in mine if not s.right]
            rows.append(
                (
                    str(kind),
                    _of(mine),
                    str(sum(s.got is None for s in wrong)),
                    str(sum(s.got is not None and s.close for s in wrong)),
                    str(sum(s.got is not None and not s.close and not s.invented for s in wrong)),
                    str(sum(s.invented for s in wrong)),
                )
            )
    return Table(
        "Misses on scans, by type",
        "All scan qualities together.",
        ("type", "right", "not read", "accent or case", "another value", "read where nothing is"),
        tuple(rows),
    )


def signatures_table(outcomes: Sequence[Outcome]) -> Table:
    rows = []
    for source in TARGETS:
        seen = [s for o in outcomes if o.case.source == source for s in o.signatures]
        unsure = sum(s.got in {None, "illegible"} for s in seen)
        wrong = [s for s in seen if not s.right and s.got not in {None, "illegible"}]
        if seen:
            rows.append((source, _of(seen), str(unsure), str(len(wrong))))
    every = [s for o in outcomes for s in o.signatures]
    right = sum(s.right for s in every) / max(len(every), 1)
    return Table(
        "Signatures",
        "Signed and unsigned boxes, stamped or not; « unsure »: illegible or no verdict, a person looks.",
        ("source", "verdicts right", "unsure", "wrong"),
        (*rows, ("all", _of(every), "", "")),
        (f"Target: 99 %. {_met(right >= 0.99)}",),
    )


def silently_wrong(outcomes: Sequence[Outcome]) -> list[tuple[Outcome, Seen]]:
    """Wrong dates, amounts and birth dates that nobody is told of: there must be none."""
    return [
        (o, s)
        for o in outcomes
        for s in o.fields
        if s.name in WATCHED and s.confidence >= 0.9 and s.got is not None and not s.right and not s.noted
    ]


def dumped(outcomes: Sequence[Outcome]) -> str:
    """Every miss as a line of JSON, to look for causes: what was written, what was read, how surely."""
    lines: list[dict[str, object]] = []
    for outcome in outcomes:
        case = outcome.case
        if outcome.kind != case.which:
            lines.append({"paper": case.number, "source": case.source, "kind": outcome.kind})
        lines += [
            {
                "paper": case.number,
                "source": case.source,
                "layout": case.layout,
                "font": case.font,
                "form": case.which,
                "field": seen.name,
                "written": seen.wanted,
                "read": seen.got,
                "confidence": seen.confidence,
                "noted": seen.noted,
            }
            for seen in (*outcome.fields, *outcome.signatures)
            if not seen.right
        ]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def calibration_table(outcomes: Sequence[Outcome]) -> Table:
    """Of what is said with confidence, how much is right."""
    rows = []
    for low, high in ((0.9, 1.01), (0.8, 0.9), (0.5, 0.8), (0.0, 0.5)):
        row = [f"{low:.1f} to {min(high, 1.0):.1f}"]
        for optical in (False, True):
            seen = [
                s
                for o in outcomes
                if (o.case.source not in DIGITAL) == optical
                for s in (*o.fields, *o.signatures)
                if s.got is not None and low <= s.confidence < high
            ]
            row.append(_of(seen))
        rows.append(tuple(row))
    every = [s for o in outcomes for s in (*o.fields, *o.signatures)]
    sure = [s for s in every if s.got is not None and s.confidence >= 0.9]
    silent = silently_wrong(outcomes)
    right = sum(s.right for s in sure) / max(len(sure), 1)
    told = "".join(f"; {s.name} in paper {o.case.number} ({o.case.source})" for o, s in silent)
    return Table(
        "Calibration",
        "How often a value is right, by the confidence it was given.",
        ("confidence", "without OCR", "scans"),
        tuple(rows),
        (
            f"Target: 99.5 % right at 0.9 or more. Measured: {_of(sure)}. {_met(right >= 0.995)}",
            (
                "Target: no wrong start, end, amount or birth date at 0.9 or more without a note. "
                f"Measured: {len(silent)}{told}. {'**Broken: ' if silent else ''}"
                f"{'such a value goes on unseen.**' if silent else 'Reached.'}"
            ),
        ),
    )
