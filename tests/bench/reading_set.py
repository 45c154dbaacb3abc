"""The held-out forms of ``bench_reading``: by a seed no template and no test uses, each with its truth.

A case is a few words; ``build`` makes its bytes in the process that reads them.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any, Literal

from parsers.forms.template import Template
from tests.builders import forms, people, scans, xfa
from tests.builders.forms import Form301, Form302
from tests.builders.sheet import Style
from tests.builders.truth import truth

SEED = 424_200
FONTS = ("Helvetica", "Times-Roman", "Courier")
LAYOUTS: tuple[Style, ...] = ("table", "flat", "comb")
DIGITAL = ("AcroForm, fields named", "AcroForm, fields numbered", "XFA", "text layer")
SCANNED = ("300 dpi, clean", "200 dpi, skewed, stamped, noisy", "200 dpi, turned", "fax G4", "photo")
TARGETS = {
    **dict.fromkeys(DIGITAL, 0.999),
    "300 dpi, clean": 0.995,
    "200 dpi, skewed, stamped, noisy": 0.99,
    "200 dpi, turned": 0.98,
    "fax G4": 0.98,
    "photo": 0.98,
}
PDF = "application/pdf"

Which = Literal["se352-301", "se352-302-request", "se352-302-answer"]


@dataclass(frozen=True, slots=True)
class Case:
    """One form to read. ``source`` is a key of ``TARGETS``."""

    number: int
    source: str
    layout: Style
    font: str
    which: Which
    signed: bool
    seed: int = SEED


@dataclass(frozen=True, slots=True)
class Paper:
    """Its bytes and the truth: normalised values by field, and the verdict on each signature."""

    content: bytes
    media_type: str
    values: dict[str, str]
    signatures: dict[str, str]


def cases(each: int, digital: int, seed: int = SEED, only: Collection[str] = ()) -> Iterator[Case]:
    """``each`` papers a font, layout and scan quality; ``digital`` a font and layout without OCR.

    ``only``: these sources and no others (each keeps the numbers of its papers).
    """
    number = 0
    for source in (*DIGITAL, *SCANNED):
        layouts = LAYOUTS if source == "text layer" or source in SCANNED else ("acroform",)
        for layout in layouts:
            for font in FONTS:
                for _ in range(digital if source in DIGITAL else each):
                    number += 1
                    chance = random.Random(seed + number)
                    which: Which = chance.choice(
                        ("se352-301", "se352-301", "se352-302-request", "se352-302-answer")
                    )
                    signed = chance.random() < 0.7
                    if not only or source in only:
                        yield Case(number, source, layout, font, which, signed, seed)


def form_of(case: Case) -> Form301 | Form302:
    """The values of a case; boxes 5 and 6 are filled on half of the attestations."""
    seed = case.seed + case.number
    if case.which != "se352-301":
        return forms.sample_302(seed, answered=case.which == "se352-302-answer")
    form = forms.sample_301(seed)
    chance = random.Random(f"held-out-{seed}")
    if not case.signed:
        form = replace(form, declaration_place=None, declaration_date=None)
    assert form.start_date is not None
    if chance.random() < 0.5:
        form = replace(
            form,
            admission_date=form.start_date + timedelta(days=1),
            stay_number=people.digits(chance, 8),
            provisional_nir=people.nir(chance),
            rights_start=form.start_date,
            rights_end=form.end_date,
        )
    return form


def build(case: Case, template: Template) -> Paper:
    """The paper of a case, as it arrives."""
    form = form_of(case)
    named = case.source == "AcroForm, fields named"
    if isinstance(form, Form301):
        pdf = forms.build_301(form, case.layout, case.signed, font=case.font, seed=case.number, named=named)
        signatures = {"issuer_signature": True, "patient_signature": case.signed}
    else:
        pdf = forms.build_302(form, case.layout, case.signed, case.font, case.number, named)
        signatures = {"request_signature": case.signed}
        if form.answer is not None:
            signatures["answer_signature"] = case.signed
    values = truth(form, template)
    if case.source == "XFA":
        pdf = xfa.with_data(_unfilled(form, case), values | _copy(form))
    verdicts = {name: "present" if signed else "absent" for name, signed in signatures.items()}
    if case.source == "XFA" and isinstance(form, Form302) and form.answer is None:
        verdicts.pop("answer_signature", None)
    return Paper(*_arrived(pdf, case), values | _copy(form), verdicts)


def _copy(form: Form301 | Form302) -> dict[str, str]:
    return {"copy": "1"} if isinstance(form, Form301) else {}


def _unfilled(form: Form301 | Form302, case: Case) -> bytes:
    """The same form with nothing written in it: its values are in the XFA data only."""
    empty: dict[str, Any] = {f.name: None for f in fields(form)}
    if isinstance(form, Form301):
        return forms.build_301(Form301(**empty), "flat", case.signed, font=case.font, seed=case.number)
    empty |= {"request_type": (), "answer": form.answer}
    return forms.build_302(Form302(**empty), "flat", case.signed, case.font, case.number)


def _arrived(pdf: bytes, case: Case) -> tuple[bytes, str]:
    chance = random.Random(f"paper-{case.seed + case.number}")
    side = chance.choice((-1, 1))
    seed = case.number
    if case.source == "300 dpi, clean":
        return scans.scan(pdf, 300, side * 0.3, 2.0, blur=0.3, quality=85, seed=seed), PDF
    if case.source == "200 dpi, skewed, stamped, noisy":
        skew = side * chance.uniform(1.0, 5.0)
        grey = chance.random() < 0.5
        return scans.scan(pdf, 200, skew, 9.0, stamp=True, quality=60, grey=grey, seed=seed), PDF
    if case.source == "200 dpi, turned":
        turn = chance.choice((90, 180, 270))
        fmt: scans.Format = chance.choice(("pdf", "tiff", "png", "jpeg"))
        media = PDF if fmt == "pdf" else f"image/{fmt}"
        return scans.scan(pdf, 200, side * 1.0, 6.0, rotate=turn, fmt=fmt, seed=seed), media
    if case.source == "fax G4":
        return scans.scan(pdf, 200, side * 0.8, 14.0, g4=True, fmt="tiff", seed=seed), "image/tiff"
    if case.source == "photo":
        return scans.photo(pdf, seed=seed), "image/jpeg"
    return pdf, PDF
