"""Paper as machines see it: PDF pages as images, turned, skewed, stamped, noisy, faxed. Fixed seed."""

from __future__ import annotations

import io
from typing import Literal

import numpy as np
import pillow_heif
import pypdfium2
from PIL import Image, ImageDraw, ImageFilter

Format = Literal["pdf", "png", "jpeg", "tiff"]


def drawn(pdf: bytes, dpi: float = 200) -> list[Image.Image]:
    """The pages of a PDF as colour images, fields and annotations drawn."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        document.init_forms()
        return [page.render(scale=dpi / 72).to_pil().convert("RGB") for page in document]
    finally:
        document.close()


def scan(
    pdf: bytes,
    dpi: float = 200,
    skew: float = 1.5,
    noise: float = 6.0,
    stamp: bool = False,
    rotate: int = 0,
    g4: bool = False,
    blur: float = 0.4,
    quality: int = 70,
    grey: bool = False,
    fmt: Format = "pdf",
    seed: int = 1,
) -> bytes:
    """A scan of ``pdf``: skewed by ``skew`` degrees, turned by ``rotate`` (0, 90, 180, 270 clockwise).

    ``g4`` gives a bilevel fax; ``stamp`` a round red stamp over the text. The result is a PDF of images
    only, or the first page as PNG or JPEG, or a TIFF of all pages.
    """
    rng = np.random.default_rng(seed)
    pages = []
    for image in drawn(pdf, dpi):
        page = _stamped(image, dpi, rng) if stamp else image
        if skew:
            page = page.rotate(skew, Image.Resampling.BICUBIC, fillcolor=(255, 255, 255))
        if blur:
            page = page.filter(ImageFilter.GaussianBlur(blur))
        if noise:
            values = np.asarray(page, np.float32) + rng.normal(0.0, noise, (page.height, page.width, 1))
            page = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
        if rotate:
            page = page.rotate(-rotate, expand=True)
        if g4:
            page = page.convert("L").point(lambda v: 255 if v > 150 else 0).convert("1")
        elif grey:
            page = page.convert("L")
        pages.append(page)
    return _saved(pages, dpi, fmt, g4, quality)


def photo(pdf: bytes, tilt: float = 0.06, rotate: int = 0, seed: int = 1, wide: int = 2000) -> bytes:
    """A JPEG of the first page lying on a desk: perspective, shadow, a little blur, ``wide`` pixels.

    ``tilt``: how far each corner is moved, at most, as a share of the page.
    """
    rng = np.random.default_rng(seed)
    page = drawn(pdf, 200)[0]
    size = (wide, round(wide * 1.36))
    margin = 0.07 * wide
    corners = [
        (x + rng.uniform(-1, 1) * tilt * wide * 0.5, y + rng.uniform(-1, 1) * tilt * wide * 0.5)
        for x, y in (
            (margin, margin),
            (size[0] - margin, margin),
            (size[0] - margin, size[1] - margin),
            (margin, size[1] - margin),
        )
    ]
    sheet = [(0, 0), (page.width, 0), (page.width, page.height), (0, page.height)]
    rows, values = [], []
    for (x, y), (u, v) in zip(corners, sheet, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    way = tuple(float(c) for c in np.linalg.solve(np.array(rows, float), np.array(values, float)))
    desk = (96, 74, 58)
    laid = page.transform(size, Image.Transform.PERSPECTIVE, way, Image.Resampling.BICUBIC, fillcolor=desk)
    across = np.linspace(0, 1, size[0])[None, :, None]
    down = np.linspace(0, 1, size[1])[:, None, None]
    light = 1.0 - 0.3 * across * (0.5 + 0.5 * down) - 0.12 * (np.abs(across - 0.7) < 0.18)
    pixels = np.asarray(laid, np.float32) * light + rng.normal(0.0, 4.0, (size[1], size[0], 1))
    seen = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.7))
    if rotate:
        seen = seen.rotate(-rotate, expand=True)
    buffer = io.BytesIO()
    seen.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def heic(picture: bytes) -> bytes:
    """A JPEG as a telephone of the other kind would have kept it."""
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.open(io.BytesIO(picture)).convert("RGB")).save(buffer, quality=80)
    return buffer.getvalue()


def _saved(pages: list[Image.Image], dpi: float, fmt: Format, g4: bool, quality: int) -> bytes:
    buffer = io.BytesIO()
    first, rest = pages[0], pages[1:]
    if fmt == "png":
        first.save(buffer, "PNG", dpi=(dpi, dpi), compress_level=1)
    elif fmt == "jpeg":
        first.convert("L" if g4 else first.mode).save(buffer, "JPEG", quality=quality, dpi=(dpi, dpi))
    elif fmt == "tiff":
        first.save(
            buffer, "TIFF", dpi=(dpi, dpi), save_all=True, append_images=rest,
            compression="group4" if g4 else "tiff_deflate",
        )  # fmt: skip
    else:
        options = {} if g4 else {"quality": quality}
        first.save(
            buffer,
            "PDF",
            resolution=dpi,
            save_all=True,
            append_images=rest,
            creationDate=None,
            modDate=None,
            **options,
        )
    return buffer.getvalue()


def _stamped(image: Image.Image, dpi: float, rng: np.random.Generator) -> Image.Image:
    """A translucent red ring with two lines of text, somewhere in the middle third of the page."""
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    radius = 0.45 * dpi
    x = image.width * (0.55 + 0.25 * rng.random())
    y = image.height * (0.3 + 0.3 * rng.random())
    colour = (190, 30, 40, 120)
    for reach in (radius, radius * 0.72):
        draw.ellipse(
            (x - reach, y - reach, x + reach, y + reach), outline=colour, width=max(2, int(dpi / 70))
        )
    draw.text((x - radius * 0.4, y - radius * 0.15), "BUREAU DES ENTREES", fill=colour)
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")
