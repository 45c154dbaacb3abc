"""The schedule of retention: ``config/retention.toml``, one class of what is kept after the other.

No official number of years was found for these files (domain, 6.2): every class carries its status, shown
wherever its day is. Loading refuses what would erase the identity of a case before its documents.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from gateway.circuits.model import Status
from gateway.circuits.source import Source, read
from gateway.errors import ConfigError, Fault

FILE = "retention.toml"
Text = Annotated[str, StringConstraints(min_length=1)]


class What(StrEnum):
    """What a class is about: the first four are of a case, the last of mails that gave nothing to any."""

    MEDICAL = "medical-documents"
    ADMINISTRATIVE = "administrative-documents"
    LETTERS = "letters"
    IDENTITY = "identity"
    OTHER_MAILS = "other-mails"


class Since(StrEnum):
    LAST_ACTIVITY = "last-activity"
    RECEPTION = "reception"


class _Class(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    name: Annotated[What, Field(strict=False)]
    title: Text
    months: Annotated[int, Field(ge=1, le=1200)]
    since: Annotated[Since, Field(strict=False)]
    basis: Text
    status: Status


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    format: Literal[1]
    classes: list[_Class]


@dataclass(frozen=True, slots=True)
class Class:
    """How long one class is kept: ``months`` after ``since``."""

    what: What
    title: str
    months: int
    since: Since
    basis: str
    status: Status


@dataclass(frozen=True, slots=True)
class Retention:
    """The whole schedule; ``schedule_hash`` is the SHA-256 of its file, quoted by every erasure."""

    classes: tuple[Class, ...]
    schedule_hash: str

    def of(self, what: What) -> Class:
        return next(c for c in self.classes if c.what is what)


def load_retention(config: Path) -> Retention:
    """The schedule of ``config``. Raises ``ConfigError`` with every fault, file and line."""
    faults: list[Fault] = []
    source = read(config / FILE, FILE, faults)
    if source is None:
        raise ConfigError(tuple(faults))
    try:
        table = _File.model_validate(source.data)
    except ValidationError as error:
        raise ConfigError(
            tuple(_fault(source, tuple(e["loc"]), e["type"]) for e in error.errors())
        ) from None
    classes = tuple(Class(c.name, c.title, c.months, c.since, c.basis, c.status) for c in table.classes)
    faults = list(_faults(source, classes))
    if faults:
        raise ConfigError(tuple(faults))
    return Retention(classes, hashlib.sha256((config / FILE).read_bytes()).hexdigest())


def _faults(source: Source, classes: tuple[Class, ...]) -> list[Fault]:
    named = [c.what for c in classes]
    found = [
        source.fault(("classes",), f"la classe « {what} » est attendue une fois")
        for what in What
        if named.count(what) != 1
    ]
    if found:
        return found
    months = {c.what: c.months for c in classes}
    for place, one in enumerate(classes):
        expected = Since.RECEPTION if one.what is What.OTHER_MAILS else Since.LAST_ACTIVITY
        if one.since is not expected:
            found.append(source.fault(("classes", place, "since"), f"seule valeur : {expected}"))
        if one.what is not What.OTHER_MAILS and one.months > months[What.IDENTITY]:
            said = "les pièces d'un dossier ne se gardent pas plus longtemps que ce qui le nomme (identity)"
            found.append(source.fault(("classes", place, "months"), said))
    return found


def _fault(source: Source, where: tuple[str | int, ...], kind: str) -> Fault:
    words = {"extra_forbidden": "clé inconnue", "missing": "clé manquante"}
    path = ".".join(str(step + 1) if isinstance(step, int) else step for step in where)
    return source.fault(where, f"{path} : {words.get(kind, 'valeur refusée')}")
