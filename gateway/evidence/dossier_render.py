"""A summary as a page that needs nothing else (HTML, no script, no address) and as plain text."""

from __future__ import annotations

import re
from html import escape

from gateway.evidence.section import Section, Summary

_CUTS = re.compile(r"[0-9a-f]{16}(?=[0-9a-f]{16})|[@/]")
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:75rem;margin:2rem auto;
padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{border:1px solid #767676;padding:.3rem .5rem;text-align:left;vertical-align:top;
overflow-wrap:break-word}
th{background:#f0f0f0}caption{text-align:left;padding-bottom:.3rem}
@media print{body{margin:0;max-width:none;font-size:10pt}tr{break-inside:avoid}}
"""
_HEAD = (
    '<!doctype html>\n<html lang="fr">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
)


def as_html(summary: Summary) -> bytes:
    """One page, readable by a screen reader and printable; every value is escaped."""
    parts = [
        f"{_HEAD}<title>{escape(summary.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>",
        f"<h1>{escape(summary.title)}</h1>\n<p>{escape(summary.intro)}</p>",
        *(_section(number, section) for number, section in enumerate(summary.sections, 1)),
        "</main>\n</body>\n</html>\n",
    ]
    return "\n".join(parts).encode()


def _section(number: int, section: Section) -> str:
    caption = f"<caption>{escape(section.intro)}</caption>" if section.intro else ""
    head = "".join(f'<th scope="col">{escape(header)}</th>' for header in section.headers)
    rows = "\n".join(_row(row, labels=not section.headers) for row in section.rows)
    return (
        f'<section aria-labelledby="s{number}">\n<h2 id="s{number}">{escape(section.title)}</h2>\n'
        f'<div class="wide" role="region" aria-labelledby="s{number}" tabindex="0">\n<table>{caption}'
        f"{f'<thead><tr>{head}</tr></thead>' if head else ''}\n<tbody>\n{rows}\n</tbody></table></div>\n"
        "</section>"
    )


def _row(row: tuple[str, ...], *, labels: bool) -> str:
    cells = [f"<td>{_breakable(cell)}</td>" for cell in row]
    if labels:
        cells[0] = f'<th scope="row">{escape(row[0])}</th>'
    return f"<tr>{''.join(cells)}</tr>"


def _breakable(cell: str) -> str:
    """A hash or an address may be cut at the end of a line, a word never; what is copied stays whole."""
    return _CUTS.sub(r"\g<0><wbr>", escape(cell))


def as_text(summary: Summary) -> bytes:
    """The same for a reader without a browser: one line a value."""
    lines = [summary.title, "=" * len(summary.title), "", summary.intro]
    for section in summary.sections:
        lines += ["", section.title, "-" * len(section.title)]
        lines += [section.intro] if section.intro else []
        for row in section.rows:
            lines += [""] if section.headers else []
            lines += [_line(section.headers, row)] if section.headers else [f"{row[0]} : {_flat(row[1])}"]
    return ("\n".join(lines) + "\n").encode()


def _line(headers: tuple[str, ...], row: tuple[str, ...]) -> str:
    return "\n".join(f"  {header} : {_flat(cell)}" for header, cell in zip(headers, row, strict=True))


def _flat(cell: str) -> str:
    """A stranger's text kept on its line."""
    return " ".join(cell.split())
