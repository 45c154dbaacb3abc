"""Kinds of documents that are no form, and forms as mails carry them: for ``bench_reading``."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from parsers import documents
from parsers.errors import ParseError
from parsers.facts import Bitmap, Page
from parsers.folding import fold
from parsers.layout import Recognised
from parsers.limits import DEFAULT
from parsers.unpack import unpack
from tests.bench.reading_run import Outcome, circuit_rules, engine, interpreted
from tests.bench.reading_set import SEED
from tests.bench.table import Table
from tests.builders import forms, mime, outlook, reports, scans, word
from tests.builders.mime import Attachment
from tests.builders.truth import truth

Say = Callable[[str], None]
_FORMS = {"se352-301", "se352-302-request", "se352-302-answer"}


def kinds(outcomes: Sequence[Outcome], each: int, say: Say) -> Table:
    """The kind of every paper of the set, and of reports, quotes and questions, printed or scanned."""
    say("reading: kinds")
    seen: Counter[tuple[str, bool]] = Counter((o.case.which, o.kind == o.case.which) for o in outcomes)
    for number in range(3 * each):
        report = reports.medical_report(seed=SEED + number, pages=1)
        quote = reports.quote(seed=SEED + number)
        others = [
            ("medical report", report, documents.PDF, "medical"),
            ("quote", quote, documents.PDF, "administrative"),
        ]
        if number < each:
            others += [
                ("medical report, scanned", scans.scan(report, 150, 1.5, 8.0), documents.PDF, "medical"),
                ("quote, scanned", scans.scan(quote, 150, 1.5, 8.0), documents.PDF, "administrative"),
            ]
        for name, content, media, secrecy in others:
            read = interpreted(content, media, engine().read)[0]
            titled = read.kind == "quote" if name.startswith("quote") else read.kind not in _FORMS
            seen[name, str(read.confidentiality) == secrecy and titled] += 1
    rows = []
    for name in dict.fromkeys(key[0] for key in seen):
        right, wrong = seen[name, True], seen[name, False]
        rows.append((name, f"{100 * right / (right + wrong):.2f} % of {right + wrong}"))
    right = sum(count for (_, good), count in seen.items() if good)
    count = sum(seen.values())
    verdict = "Reached." if right >= 0.99 * count else "Missed."
    return Table(
        "Kinds",
        "A form is right when its kind is; a report or a quote when it is not taken for a form, keeps its "
        "confidentiality and, for a quote, its kind.",
        ("document", "right"),
        (*rows, ("all", f"{100 * right / count:.2f} % of {count}")),
        (f"Target: 99 %. {verdict}",),
    )


def _arrivals(seed: int) -> Iterator[tuple[str, bytes]]:
    """Mails, each with the same form of paper in another wrapping."""
    data = forms.sample_301(seed)
    pdf = forms.build_301(data, "flat")
    other = forms.build_301(data, "flat", copy=2)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("dossier/301.pdf", pdf)
    inner = mime.message([Attachment("301.pdf", pdf)], subject="Transmis")
    report = reports.medical_report(seed, 2)
    yield "PDF", mime.message([Attachment("301.pdf", pdf)])
    yield "in a ZIP", mime.message([Attachment("d.zip", packed.getvalue())])
    yield "in a forwarded message", mime.message([Attachment("tr.eml", inner)])
    yield (
        "in an Outlook .msg",
        mime.message([Attachment("m.msg", outlook.msg("S", "T", "a@b.fr", [("301.pdf", pdf)]))]),
    )
    yield (
        "in winmail.dat",
        mime.message([Attachment("winmail.dat", outlook.tnef("S", "T", [("301.pdf", pdf)]))]),
    )
    yield "last page of a longer PDF", mime.message([Attachment("x.pdf", reports.joined(report, pdf))])
    yield "form then report in one PDF", mime.message([Attachment("x.pdf", reports.joined(pdf, report))])
    yield "two copies in one PDF", mime.message([Attachment("x.pdf", reports.joined(pdf, other))])
    extension = forms.build_302(forms.sample_302(seed), "flat")
    yield "two forms in one PDF", mime.message([Attachment("x.pdf", reports.joined(pdf, extension))])
    for name, content, kind in (
        ("PDF scanned at 150 dpi, grey", scans.scan(pdf, 150, 1.0, 5.0, grey=True, seed=seed), "pdf"),
        ("PDF of a G4 fax", scans.scan(pdf, 200, 0.8, 10.0, g4=True, seed=seed), "pdf"),
        (
            "scan of form then report in one PDF",
            scans.scan(reports.joined(pdf, report), 200, seed=seed),
            "pdf",
        ),
        (
            "two copies in one TIFF",
            scans.scan(reports.joined(pdf, other), 200, fmt="tiff", seed=seed),
            "tiff",
        ),
        ("photo on its side", scans.photo(pdf, rotate=90, seed=seed), "jpeg"),
    ):
        yield name, mime.message([Attachment(f"301.{kind}", content)])
    for fmt in ("tiff", "png", "jpeg"):
        image = scans.scan(pdf, 200, 1.0, 5.0, fmt=fmt, seed=seed)
        yield f"{fmt.upper()} of 200 dpi", mime.message([Attachment(f"301.{fmt}", image)])
    yield "HEIC photo", mime.message([Attachment("301.heic", scans.heic(scans.photo(pdf, seed=seed)))])
    yield "lines of a .docx", mime.message([Attachment("301.docx", word.form_301(data, ruled=False))])
    yield "table of a .docx", mime.message([Attachment("301.docx", word.form_301(data, ruled=True))])


def arrivals(say: Say, seed: int = SEED) -> Table:
    """Each way a form arrives: the readings found, and the fields of the form among them."""
    say("reading: arrivals")
    _, templates = circuit_rules()
    wanted = truth(forms.sample_301(seed), templates["se352-301"])
    rows = []
    for name, raw in _arrivals(seed):
        told, best = [], 0
        for found in unpack(raw, raw, DEFAULT).found:
            if found.body or found.meta.get("role") == "message-text":
                continue
            try:
                readings = interpreted(found.content, found.media_type, _read, found.name)
            except ParseError as error:
                told.append(error.message)
                continue
            for read in readings:
                told.append(read.kind)
                got = {f.name: f.normalised for f in read.facts}
                best = max(best, sum(fold(got.get(k) or "") == fold(v) for k, v in wanted.items()))
        rows.append((name, "; ".join(told), f"{best} of {len(wanted)}"))
    return Table(
        "Arrivals",
        "One form in each wrapping and format of `forms.md`, those of the tables above apart; fields right "
        "on the best reading (accents aside).",
        ("arrival", "read as", "fields"),
        tuple(rows),
    )


def _read(bitmap: Bitmap, page: Page) -> Recognised:
    return engine().read(bitmap, page)
