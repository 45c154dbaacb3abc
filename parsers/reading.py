"""Pages to readings: which documents a file holds, of which kind, and what their forms say.

How the caller uses it, one document at a time:

1. ``documents.inspect`` in the limited child;
2. ``needs_bitmap`` names pages: render them at their ``resolution`` in the same child;
3. those in ``inspected.wanting`` go through ``ocr.Recogniser.read`` (in the OCR process);
4. ``interpret`` in the child again, with what OCR read and the same bitmaps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from parsers import documents
from parsers.classify import OTHER, Classified, Evidence, KindRule, classify
from parsers.documents import Inspected
from parsers.errors import Malformed, ParseError
from parsers.facts import Bitmap, Confidentiality, Fact, Issue, Page, Severity, Source, lines_of
from parsers.forms.extract import Picture, extract
from parsers.forms.template import Template
from parsers.layout import Frame, Recognised, centre

DPI = 200.0
"""Resolution pages are rendered at to be recognised."""
INK_DPI = 150.0
"""Resolution of the image of a page whose words are known: only its ink is judged, its boxes shown."""


@dataclass(frozen=True, slots=True)
class Context:
    """What came with the document: its name, the mail's subject and text, type codes (CDA, XDM)."""

    name: str = ""
    subject: str = ""
    body: str = ""
    codes: tuple[str, ...] = ()
    title: str = ""
    """Title of the CDA entry, when there is one."""


TEXT_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Reading:
    """One document found in a file: ``pages`` pages from ``first_page``. Reasons are French."""

    first_page: int
    pages: int
    kind: str
    score: float
    reasons: tuple[str, ...]
    confidentiality: Confidentiality
    facts: tuple[Fact, ...]
    issues: tuple[Issue, ...]
    pictures: tuple[Picture, ...]
    text: str = ""
    """Words of its pages, ``TEXT_KEPT`` characters at most; the caller keeps none of a medical document."""


def needs_bitmap(inspected: Inspected, rules: Sequence[KindRule], context: Context) -> tuple[int, ...]:
    """Pages to render: those OCR must read, and those of a form, whose ink is judged."""
    if inspected.media_type not in documents.DRAWN:
        return ()
    wanted = set(inspected.wanting)
    forms = [rule for rule in rules if rule.template is not None]
    if forms:
        for page in inspected.pages:
            if page.number in wanted:
                continue
            seen = classify(forms, _evidence((page,), inspected, context))
            if seen.template is not None:
                wanted.add(page.number)
    return tuple(sorted(wanted))


def resolution(inspected: Inspected, page: int) -> float:
    """Dots an inch a page is rendered at."""
    return DPI if page in inspected.wanting else INK_DPI


def interpret(
    inspected: Inspected,
    ocr: Mapping[int, Recognised],
    bitmaps: Mapping[int, Bitmap],
    rules: Sequence[KindRule],
    templates: Mapping[str, Template],
    context: Context,
    document: str,
    today: date,
) -> tuple[Reading, ...]:
    """What a file says. ``ocr`` and ``bitmaps`` go by page number; ``document`` is the file's SHA-256.

    One reading usually; several, in page order, when the file mixes documents (a form and a medical
    report, two forms). Raises ``Malformed`` when nothing can be made of it.
    """
    try:
        return _interpret(inspected, ocr, bitmaps, rules, templates, context, document, today)
    except ParseError:
        raise
    except Exception:  # noqa: BLE001 - the last net: what a stranger wrote must not stop the next message
        raise Malformed("Ce document n'a pas pu être interprété ; il est gardé tel que reçu.") from None


def _interpret(
    inspected: Inspected,
    ocr: Mapping[int, Recognised],
    bitmaps: Mapping[int, Bitmap],
    rules: Sequence[KindRule],
    templates: Mapping[str, Template],
    context: Context,
    document: str,
    today: date,
) -> tuple[Reading, ...]:
    frames = {number: read.frame for number, read in ocr.items() if not read.frame.identity}
    pages = tuple(_page(p, ocr.get(p.number)) for p in inspected.pages)
    upright = {n: frames[n].upright(b) if n in frames else b for n, b in bitmaps.items()}
    readings = [
        _read(run, inspected, upright, frames, rules, templates, context, document, today)
        for run in split(pages, inspected, rules, templates)
    ]
    if len(readings) > 1:
        readings = [_told(r, len(readings)) for r in readings]
    return tuple(readings)


def _page(page: Page, read: Recognised | None) -> Page:
    """The page with the words to rely on: upright and from OCR where OCR was needed."""
    if read is None:
        return page
    width, height = read.frame.size
    return Page(page.number, width, height, read.words, Source.OCR)


def split(
    pages: Sequence[Page],
    inspected: Inspected,
    rules: Sequence[KindRule],
    templates: Mapping[str, Template],
) -> tuple[tuple[Page, ...], ...]:
    """Runs of pages that are one document each.

    A page starts a new document when it bears a title of a kind, or when it follows a form and shows
    neither a label of that form nor emptiness: what is behind a form may be medical.
    """
    if len(pages) < 2:
        return (tuple(pages),) if pages else ()
    seen = [classify(rules, _evidence((p,), inspected, Context())) for p in pages]
    runs: list[list[Page]] = [[pages[0]]]
    current = seen[0]
    for page, kind in zip(pages[1:], seen[1:], strict=True):
        if _starts(page, kind, current, templates):
            runs.append([page])
            current = kind
        else:
            runs[-1].append(page)
    return tuple(tuple(r) for r in runs)


def _starts(page: Page, kind: Classified, current: Classified, templates: Mapping[str, Template]) -> bool:
    if sum(len(w.text) for w in page.words) < 20:
        return False
    if kind.kind != OTHER and kind.titled:
        # A report repeats its title on each page; a form with its title again is another copy.
        return kind.kind != current.kind or kind.template is not None
    medical = kind.kind != OTHER and kind.confidentiality is Confidentiality.MEDICAL
    if medical and current.confidentiality is not Confidentiality.MEDICAL:
        return True
    if current.template is not None and current.template in templates and kind.template != current.template:
        return not _continues(page, templates[current.template])
    return False


def _continues(page: Page, template: Template) -> bool:
    """Whether a page without title carries labels of the form before it."""
    bones = {label.casefold() for f in template.fields for label in f.labels if len(label) >= 7}
    text = page.text.casefold()
    return sum(label in text for label in bones) >= 3


def _evidence(pages: Sequence[Page], inspected: Inspected, context: Context) -> Evidence:
    first = pages[0]
    numbers = {p.number for p in pages}
    above = [w for w in first.words if centre(w.box) >= first.height * 2 / 3]
    top = tuple(lines_of(tuple(above)).split("\n"))
    return Evidence(
        text="\n".join(p.text for p in pages),
        titles=(*((context.title,) if context.title else ()), *top),
        name=context.name,
        subject=context.subject,
        body=context.body,
        codes=context.codes,
        fields=tuple(f.name for f in inspected.fields if f.page is None or f.page in numbers),
        optical=any(p.source is Source.OCR for p in pages),
    )


def _read(
    run: Sequence[Page],
    inspected: Inspected,
    bitmaps: Mapping[int, Bitmap],
    frames: Mapping[int, Frame],
    rules: Sequence[KindRule],
    templates: Mapping[str, Template],
    context: Context,
    document: str,
    today: date,
) -> Reading:
    kind = classify(rules, _evidence(run, inspected, context))
    reading = Reading(
        run[0].number,
        len(run),
        kind.kind,
        kind.score,
        kind.reasons,
        kind.confidentiality,
        (),
        (),
        (),
        _text(run),
    )
    template = templates.get(kind.template or "")
    if template is None:
        return reading
    numbers = {p.number for p in run}
    fields = [f for f in inspected.fields if f.page is None or f.page in numbers]
    found = extract(template, run, fields, bitmaps, document, today, frames, kind.kind)
    reading = replace(reading, facts=found.facts, issues=found.issues, pictures=found.pictures)
    if found.kind is None or found.kind == kind.kind:
        return reading
    rule = next((r for r in rules if r.name == found.kind), None)
    if rule is None:
        return reading
    secrecy = kind.confidentiality
    if rule.confidentiality == "medical":
        secrecy = Confidentiality.MEDICAL
    reasons = (*kind.reasons, "Les champs remplis du formulaire précisent son type.")
    return replace(reading, kind=rule.name, confidentiality=secrecy, reasons=reasons)


def _text(run: Sequence[Page]) -> str:
    return "\n".join(page.text for page in run)[:TEXT_KEPT]


def _told(reading: Reading, count: int) -> Reading:
    """A split is shown: the reading says which pages of the file it took."""
    last = reading.first_page + reading.pages - 1
    where = f"page {last}" if reading.pages == 1 else f"pages {reading.first_page} à {last}"
    note = Issue(
        "split",
        None,
        Severity.INFO,
        f"Ce fichier contient {count} documents : celui-ci est lu {where}.",
        reading.first_page,
    )
    return replace(reading, issues=(*reading.issues, note), reasons=(*reading.reasons, note.message))
