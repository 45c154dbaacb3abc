"""The papers of the small office, each made once a process: they are the same at every run."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image, ImageDraw
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from tests.builders import forms

SECRET = "adénocarcinome"


@cache
def form_unsigned() -> bytes:
    form = forms.sample_301(
        1, patient_name="HADDAD", patient_first_names="Fatima Zohra", amount="48 250,00"
    )
    return forms.build_301(form, named=True, signed=False)


@cache
def form_request() -> bytes:
    return forms.build_302(forms.sample_302(1), named=True)


@cache
def form_other() -> bytes:
    return forms.build_301(forms.sample_301(7), named=True)


@cache
def square() -> bytes:
    """The picture of an empty box, as the reading cuts it out of a page."""
    image = Image.new("L", (420, 120), 255)
    draw = ImageDraw.Draw(image)
    draw.rectangle((4, 4, 415, 115), outline=0)
    draw.text((14, 12), "Signature du beneficiaire", fill=90)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@cache
def two_pages() -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.drawString(72, 740, "Devis 2026-118 : hospitalisation, 12 jours")
    canvas.showPage()
    canvas.drawString(72, 740, f"Compte rendu : {SECRET}")
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()
