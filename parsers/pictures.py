"""A page image, or a piece of it, as a PNG."""

from __future__ import annotations

import io

from PIL import Image

from parsers.facts import Bitmap, Box


def png(bitmap: Bitmap, box: Box | None = None, margin: float = 4.0) -> bytes:
    """A PNG of the bitmap, or of ``box`` (points) with ``margin`` points round it; empty when outside."""
    image = Image.frombytes("L", (bitmap.width, bitmap.height), bitmap.pixels)
    if box is not None:
        scale = bitmap.dpi / 72.0
        left = max(0, int((box.x0 - margin) * scale))
        right = min(bitmap.width, int((box.x1 + margin) * scale) + 1)
        top = max(0, int(bitmap.height - (box.y1 + margin) * scale))
        bottom = min(bitmap.height, int(bitmap.height - (box.y0 - margin) * scale) + 1)
        if right <= left or bottom <= top:
            return b""
        image = image.crop((left, top, right, bottom))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
