"""What a circuit says of contestations: how a list of claims reads, what each reason needs, which delays.

The part ``[contestations]`` of ``circuit.toml``, optional: a circuit without it queues its contestations
like any document. Everything that was not found in a text carries its status.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gateway.circuits.model import Status, Unit
from parsers.claims import FIELDS, ClaimWords
from parsers.claimvalues import ReasonWords

Text = Annotated[str, StringConstraints(min_length=1)]


class Reason(StrEnum):
    """Why the other institution contests a claim (circular 31/2021, section 6)."""

    FORM_MISSING = "form-missing"
    REPORT_MISSING = "report-missing"
    DATES = "dates"
    AMOUNT = "amount"
    IDENTITY = "identity"
    OTHER = "other"


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ReasonTable(_Table):
    name: Annotated[Reason, Field(strict=False)]
    title: Text
    phrases: list[Text] = []


class LettersTable(_Table):
    """Letters by what they do: each is a file of ``letters/``."""

    ask: Text
    remind: Text
    answer: Text
    accept: Text
    recover: Text


class DelayTable(_Table):
    delay: Annotated[int, Field(ge=0)]
    unit: Annotated[Unit, Field(strict=False)]
    calendar: Text
    basis: Text
    status: Status
    remind_days_before: list[Annotated[int, Field(ge=0)]] = []


class ClockTable(_Table):
    years: Annotated[int, Field(ge=1, le=30)]
    basis: Text
    status: Status
    remind_days_before: list[Annotated[int, Field(ge=0)]] = []


class StepTable(_Table):
    basis: Text
    status: Status


class ContestationsTable(_Table):
    """``[contestations]`` of ``circuit.toml``."""

    kind: Text
    reports: Text
    reference_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,8}$")]
    institution: Text
    letters: LettersTable
    columns: dict[Literal[FIELDS], list[Text]]  # type: ignore[valid-type]
    reasons: list[ReasonTable]
    request: DelayTable
    recovery: ClockTable
    commission: StepTable
    expertise: StepTable


@dataclass(frozen=True, slots=True)
class Letters:
    ask: str
    remind: str
    answer: str
    accept: str
    recover: str


@dataclass(frozen=True, slots=True)
class Delay:
    """A delay of ours: ``status`` is shown wherever its date is."""

    delay: int
    unit: Unit
    calendar: str
    basis: str
    status: Status
    remind_days_before: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Contested:
    """What a circuit says of contestations."""

    kind: str
    """Document kind that carries claims."""
    reports: str
    """Document kind of the medical reports: their existence is proved, never their content."""
    reference_prefix: str
    institution: str
    """Who contests, as letters and pages name it."""
    letters: Letters
    words: ClaimWords
    titles: dict[str, str]
    """French title of each reason."""
    request: Delay
    """The hospital's delay to send what is missing."""
    recovery: Delay
    """Art. L. 133-4 CSS: what may be claimed back from a hospital, from the day it was paid."""
    commission_basis: tuple[str, Status]
    expertise_basis: tuple[str, Status]


def contested(table: ContestationsTable | None) -> Contested | None:
    """The frozen value of a checked table."""
    if table is None:
        return None
    asked, clock = table.request, table.recovery
    return Contested(
        kind=table.kind,
        reports=table.reports,
        reference_prefix=table.reference_prefix,
        institution=table.institution,
        letters=Letters(**table.letters.model_dump()),
        words=ClaimWords(
            {str(field): tuple(titles) for field, titles in table.columns.items()},
            tuple(ReasonWords(str(r.name), tuple(r.phrases)) for r in table.reasons),
        ),
        titles={str(r.name): r.title for r in table.reasons},
        request=Delay(
            asked.delay,
            asked.unit,
            asked.calendar,
            asked.basis,
            asked.status,
            tuple(asked.remind_days_before),
        ),
        recovery=Delay(
            12 * clock.years,
            Unit.MONTH,
            "fr",
            clock.basis,
            clock.status,
            tuple(clock.remind_days_before),
        ),
        commission_basis=(table.commission.basis, table.commission.status),
        expertise_basis=(table.expertise.basis, table.expertise.status),
    )


Complain = Callable[[tuple[str | int, ...], str], None]


def check_contested(
    table: ContestationsTable | None,
    kinds: Collection[str],
    letters: Collection[str],
    calendars: Collection[str],
    complain: Complain,
) -> None:
    """Every name of ``[contestations]`` exists, and every reason is there once."""
    if table is None:
        return
    for key in ("kind", "reports"):
        if getattr(table, key) not in kinds:
            complain(("contestations", key), f"le type « {getattr(table, key)} » n'existe pas")
    for use, letter in table.letters.model_dump().items():
        if letter not in letters:
            complain(("contestations", "letters", use), f"la lettre « {letter} » n'existe pas")
    if table.request.calendar not in calendars:
        complain(
            ("contestations", "request", "calendar"),
            f"le calendrier « {table.request.calendar} » n'existe pas",
        )
    named = [one.name for one in table.reasons]
    for reason in Reason:
        if named.count(reason) != 1:
            complain(("contestations", "reasons"), f"le motif « {reason} » est attendu une fois")
