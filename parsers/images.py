"""Scans and photos: TIFF of several pages (G4 included), PNG, JPEG, HEIC, to grey page images."""

from __future__ import annotations

import io
import warnings

import pillow_heif
from PIL import Image, ImageOps, TiffImagePlugin, UnidentifiedImageError

from parsers.errors import Malformed, ParseError, TooLarge
from parsers.facts import Bitmap, Page, Source
from parsers.limits import DEFAULT, Limits

_A4 = (595.28, 841.89)
_FORMATS = ("TIFF", "PNG", "JPEG", "HEIF")
_PAGED = frozenset({"TIFF", "HEIF"})
"""Formats that hold several pictures, each a page."""

# Only the pictures themselves are decoded, by one thread; a telephone's orientation is applied by libheif.
pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)


def pages(content: bytes, limits: Limits = DEFAULT) -> tuple[Page, ...]:
    """One page without words for each image. Raises ``Malformed`` or ``TooLarge``."""
    with _opened(content) as image:
        count = getattr(image, "n_frames", 1) if image.format in _PAGED else 1
        if count > limits.pages:
            raise TooLarge(f"Cette image compte {count} pages, plus que les {limits.pages} acceptées.")
        found = []
        for number in range(1, count + 1):
            _seek(image, number, limits)
            width, height = _points(image)
            found.append(Page(number, width, height, (), Source.TEXT))
        return tuple(found)


def render(content: bytes, number: int, dpi: float, limits: Limits = DEFAULT) -> Bitmap:
    """Page ``number`` (from 1) in grey at ``dpi`` (less when ``limits.pixels`` asks for it).

    Pixels that are not square (a fax has 204 dots across for 98 or 196 down) are made square; the
    orientation a camera wrote down is applied.
    """
    with _opened(content) as image:
        _seek(image, number, limits)
        width, height = _points(image)
        room = limits.pixels / max(width * height, 1.0)
        scale = min(dpi / 72.0, room**0.5)
        upright = ImageOps.exif_transpose(image)
        try:
            grey = _flat(upright)
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            if grey.size != size:
                grey = grey.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
        except (OSError, ValueError, SyntaxError, MemoryError):
            raise Malformed("Cette image est endommagée et ne peut pas être affichée.") from None
        return Bitmap(grey.width, grey.height, scale * 72.0, grey.tobytes())


def _flat(image: Image.Image) -> Image.Image:
    """Grey, transparency laid on white."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        layer = image.convert("RGBA")
        paper = Image.new("RGBA", layer.size, (255, 255, 255, 255))
        paper.alpha_composite(layer)
        return paper.convert("L")
    if image.mode.startswith(("I", "F")):
        return image.convert("F").point(lambda v: v * (1 / 257)).convert("L")
    return image.convert("L")


def _opened(content: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Image.open(io.BytesIO(content), formats=_FORMATS)
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        TypeError,
        Image.DecompressionBombError,
    ):
        raise Malformed("Cette image est endommagée ou d'un format inconnu.") from None


def _seek(image: Image.Image, number: int, limits: Limits) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if number != 1 or image.format in _PAGED:
                image.seek(number - 1)
            _bounded(image, limits)
            image.load()
    except ParseError:
        raise
    except EOFError:
        raise Malformed(f"Cette image n'a pas de page {number}.") from None
    except Exception:  # noqa: BLE001 - decoders raise struct, zlib, index and key errors on damaged files
        raise Malformed("Cette image est endommagée et ne peut pas être lue.") from None


def _bounded(image: Image.Image, limits: Limits) -> None:
    if image.width * image.height > limits.pixels:
        raise TooLarge("Cette image compte plus de points que le plafond accepté.")


def _points(image: Image.Image) -> tuple[float, float]:
    """Size in points, from the resolution when it is written and plausible, else as an A4 sheet."""
    wide, high = image.size
    if image.getexif().get(274, 1) in {5, 6, 7, 8}:
        wide, high = high, wide
    across, down = _resolution(image)
    if across and down:
        size = (wide * 72.0 / across, high * 72.0 / down)
        if min(size) >= 200 and max(size) <= 2000:
            return size
    long, short = max(wide, high), min(wide, high)
    scale = min(_A4[1] / long, _A4[0] / short)
    return (wide * scale, high * scale)


def _resolution(image: Image.Image) -> tuple[float, float]:
    written = image.info.get("dpi")
    if image.format == "TIFF":
        tags = getattr(image, "tag_v2", TiffImagePlugin.ImageFileDirectory_v2())
        unit = {2: 1.0, 3: 2.54}.get(tags.get(296, 2), 0.0)
        written = (float(tags.get(282, 0)) * unit, float(tags.get(283, 0)) * unit)
    if not written:
        return (0.0, 0.0)
    across, down = float(written[0]), float(written[1])
    return (across, down) if 50 <= across <= 2400 and 50 <= down <= 2400 else (0.0, 0.0)
