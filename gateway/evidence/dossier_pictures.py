"""Images of the pages of the forms given in an evidence file, for its summary on paper.

Only what the file gives is pictured: a form withheld, or cut from a file that holds medical pages and is
withheld with it, shows no page. The rendering of strangers' bytes is the caller's, in its limited child.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PIL import Image

from gateway.circuits.model import Circuit
from gateway.evidence.dossier_gather import Gathered, documents_of
from gateway.evidence.dossier_words import moment
from parsers.errors import ParseError
from storage.documents import Document

DPI = 110.0
"""Of the images: what a form needs to be read on a screen."""
MOST = 24
"""Pages pictured in one summary; the documents themselves are all in the file."""
_QUALITY = 72

Render = Callable[[bytes, str, int], bytes]
"""``(content, media type, page from 1) -> PNG``; raises ``ParseError``."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One page of a form; ``jpeg`` is ``None`` when it cannot be shown."""

    title: str
    source: str
    jpeg: bytes | None


def pictures(
    found: Gathered, circuit: Circuit | None, read: Callable[[str], bytes], render: Render | None
) -> tuple[Picture, ...]:
    """The first pages of the forms of the case. ``read`` gives the bytes of a SHA-256."""
    if render is None or circuit is None:
        return ()
    wanted = [(form, page) for form in _forms(found, circuit) for page in range(form.pages or 0)]
    received = {mail.sha256: mail.received_at for mail in found.holding.deliveries}
    made = []
    for form, page in wanted[:MOST]:
        made.append(
            Picture(
                f"{circuit.title_of(form.kind or '')}, page {page + 1} sur {form.pages}",
                f"Reçu le {moment(received.get(form.delivery))}. {found.file_of(form.sha256)}",
                _jpeg(form, page, read(found.holding.readable.get(form.sha256, form.sha256)), render),
            )
        )
    return tuple(made)


def _forms(found: Gathered, circuit: Circuit) -> Iterator[Document]:
    """Forms filed in the case whose content is given, one for the same pages of the same bytes."""
    kinds = {*circuit.authorises, *circuit.requests, *circuit.answers}
    seen: set[tuple[str, int]] = set()
    for document in documents_of(found.holding, [mail.sha256 for mail in found.holding.deliveries]):
        place = (document.sha256, document.first_page)
        if document.kind not in kinds or document.id not in found.holding.filed or place in seen:
            continue
        if found.documents[document.sha256] is None:
            seen.add(place)
            yield document


def _jpeg(form: Document, page: int, content: bytes, render: Render) -> bytes | None:
    try:
        png = render(content, form.media_type, form.first_page + page)
    except ParseError:
        return None
    made = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        image.convert("RGB").save(made, "JPEG", quality=_QUALITY)
    return made.getvalue()
