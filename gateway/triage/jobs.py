"""The jobs a limited child can do: one function of ``parsers`` each, with the type of its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import TypeAdapter

from parsers import documents, reading
from parsers.classify import KindRule
from parsers.facts import Bitmap, Word
from parsers.forms.template import Template
from parsers.limits import Limits
from parsers.smime.model import Opened
from parsers.smime.open import open_mail
from parsers.unpack import Unpacked, unpack


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page without good text: its bitmap, for the OCR engine."""

    page: int
    height: float
    bitmap: Bitmap


@dataclass(frozen=True, slots=True)
class ReadOutcome:
    """Either the readings, or the pages whose words must be recognised first."""

    readings: tuple[reading.Reading, ...]
    wanted: tuple[Wanted, ...]
    pages: int


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Everything needed to read one document. ``ocr`` maps a page to its recognised words."""

    content: bytes
    media_type: str
    context: reading.Context
    rules: tuple[KindRule, ...]
    templates: dict[str, Template]
    document: str
    today: date
    limits: Limits
    dpi: float
    ocr: dict[int, tuple[Word, ...]] | None


@dataclass(frozen=True, slots=True)
class RenderRequest:
    content: bytes
    media_type: str
    page: int
    dpi: float
    limits: Limits


def read(request: ReadRequest) -> ReadOutcome:
    """Read one document; asks for OCR of the pages that have no good text, unless already given."""
    inspected = documents.inspect(
        request.content, request.media_type, request.context.name, request.limits
    )
    if inspected.wanting and request.ocr is None:
        wanted = tuple(
            Wanted(
                page=number,
                height=inspected.pages[number - 1].height,
                bitmap=documents.render(
                    request.content, request.media_type, number, request.dpi, request.limits
                ),
            )
            for number in inspected.wanting
        )
        return ReadOutcome(readings=(), wanted=wanted, pages=len(inspected.pages))
    readings = reading.interpret(
        inspected,
        request.ocr or {},
        lambda number: documents.render(
            request.content, request.media_type, number, request.dpi, request.limits
        ),
        request.rules,
        request.templates,
        request.context,
        request.document,
        request.today,
    )
    return ReadOutcome(readings=readings, wanted=(), pages=len(inspected.pages))


def render(request: RenderRequest) -> Bitmap:
    """One page as a grey bitmap."""
    return documents.render(
        request.content, request.media_type, request.page, request.dpi, request.limits
    )


@dataclass(frozen=True, slots=True)
class Job:
    run: Callable[..., Any]
    answer: TypeAdapter[Any]


JOBS: dict[str, Job] = {
    "open": Job(open_mail, TypeAdapter(Opened)),
    "unpack": Job(unpack, TypeAdapter(Unpacked)),
    "read": Job(read, TypeAdapter(ReadOutcome)),
    "render": Job(render, TypeAdapter(Bitmap)),
}
