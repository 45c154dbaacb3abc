"""The jobs a limited child can do: one function of ``parsers`` each, with the type of its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pydantic import TypeAdapter

from parsers import documents, reading
from parsers.addressees import Addressee, Harvested, addressees, harvest
from parsers.claims import ClaimsRead, ClaimWords, read_claims
from parsers.classify import KindRule
from parsers.cut import cut
from parsers.facts import Bitmap, Page
from parsers.forms.template import Template
from parsers.layout import Recognised
from parsers.limits import Limits
from parsers.mend import unlocked
from parsers.pictures import png
from parsers.richtext import sanitised
from parsers.rows import images_in
from parsers.smime.attached import open_attached
from parsers.smime.model import Opened
from parsers.smime.open import open_mail
from parsers.unpack import Found, Unpacked, unpack, unpack_inside


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page without good text, with its image, for the OCR engine."""

    page: Page
    bitmap: Bitmap


@dataclass(frozen=True, slots=True)
class ReadOutcome:
    """Either the readings, or the pages whose words must be recognised first."""

    readings: tuple[reading.Reading, ...]
    wanted: tuple[Wanted, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Everything needed to read one document. ``ocr`` maps a page to what was recognised on it."""

    content: bytes
    media_type: str
    context: reading.Context
    rules: tuple[KindRule, ...]
    templates: dict[str, Template]
    document: str
    today: date
    limits: Limits
    ocr: dict[int, Recognised] | None


def read(request: ReadRequest) -> ReadOutcome:
    """Read one document; asks for OCR of the pages that have no good text, unless already given."""
    context = request.context
    inspected = documents.inspect(request.content, request.media_type, context.name, request.limits)
    bitmaps = {
        number: _render(request, number, reading.resolution(inspected, number))
        for number in reading.needs_bitmap(inspected, request.rules, context)
    }
    if inspected.wanting and request.ocr is None:
        wanting = (page for page in inspected.pages if page.number in inspected.wanting)
        return ReadOutcome((), tuple(Wanted(page, bitmaps[page.number]) for page in wanting))
    readings = reading.interpret(
        inspected,
        request.ocr or {},
        bitmaps,
        request.rules,
        request.templates,
        context,
        request.document,
        request.today,
    )
    return ReadOutcome(_with_issues_of_the_file(readings, inspected))


def _with_issues_of_the_file(
    readings: tuple[reading.Reading, ...], inspected: documents.Inspected
) -> tuple[reading.Reading, ...]:
    """What is said of the file as a whole (active content, damage) goes with each document of it."""
    told = documents.issues(inspected)
    return tuple(replace(each, issues=(*each.issues, *told)) for each in readings) if told else readings


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """Everything needed to read one list of claims. ``ocr``: as of ``ReadRequest``."""

    content: bytes
    media_type: str
    name: str
    context: str
    """Subject and text of the mail."""
    words: ClaimWords
    limits: Limits
    ocr: dict[int, Recognised] | None


@dataclass(frozen=True, slots=True)
class ClaimsOutcome:
    """Either the claims, or the pages whose words must be recognised first."""

    read: ClaimsRead | None
    wanted: tuple[Wanted, ...] = ()


def claims(asked: ClaimsRequest) -> ClaimsOutcome:
    """Read one list; asks for OCR of the pages that are images, unless already given."""
    if asked.ocr is None:
        found = images_in(asked.content, asked.media_type, asked.name, asked.limits)
        if found is not None:
            pages = [page for page in found.pages if page.number in found.wanting]
            return ClaimsOutcome(None, tuple(Wanted(page, _scan(asked, page)) for page in pages))
    return ClaimsOutcome(
        read_claims(
            asked.content, asked.media_type, asked.name, asked.context, asked.words, asked.limits, asked.ocr
        )
    )


def _scan(asked: ClaimsRequest, page: Page) -> Bitmap:
    return documents.render(
        asked.content, asked.media_type, page.number, reading.DPI, asked.limits, asked.name
    )


def _render(request: ReadRequest, page: int, dpi: float) -> Bitmap:
    return documents.render(
        request.content, request.media_type, page, dpi, request.limits, request.context.name
    )


def page(content: bytes, media_type: str, number: int, dpi: float, limits: Limits) -> bytes:
    """One page as a PNG, for a person to look at."""
    return png(documents.render(content, media_type, number, dpi, limits))


def text(content: bytes, media_type: str, name: str, limits: Limits) -> str:
    """The text of a document without pages, for a person to read."""
    return documents.text(content, media_type, name, limits)


def unlock(content: bytes, password: str, limits: Limits) -> bytes:
    """A copy of a locked PDF that opens without its password, for reading only."""
    return unlocked(content, password, limits)


@dataclass(frozen=True, slots=True)
class Job:
    run: Callable[..., Any]
    answer: TypeAdapter[Any]


JOBS: dict[str, Job] = {
    "open": Job(open_mail, TypeAdapter(Opened)),
    "open-attached": Job(open_attached, TypeAdapter(Opened)),
    "unpack": Job(unpack, TypeAdapter(Unpacked)),
    "unpack-inside": Job(unpack_inside, TypeAdapter(tuple[Found, ...])),
    "read": Job(read, TypeAdapter(ReadOutcome)),
    "page": Job(page, TypeAdapter(bytes)),
    "text": Job(text, TypeAdapter(str)),
    "html": Job(sanitised, TypeAdapter(str)),
    "unlock": Job(unlock, TypeAdapter(bytes)),
    "cut": Job(cut, TypeAdapter(bytes)),
    "addressees": Job(addressees, TypeAdapter(tuple[Addressee, ...])),
    "harvest": Job(harvest, TypeAdapter(tuple[Harvested, ...])),
    "claims": Job(claims, TypeAdapter(ClaimsOutcome)),
}
