"""Working days of France, of Algeria, and of both: the ``holidays`` package plus our corrections.

``config/calendars/<name>.toml`` holds what the package lacks or has too much of. A day off always says
why; a moving feast whose date is an estimate says so too.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import holidays
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gateway.circuits.directory import FINESS, Directory, departement_of
from gateway.errors import ConfigError, Fault, Refused

COMMON = "common"
"""Name of the calendar of the days worked in every country."""
FRANCE = "fr"

_WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Yearly(_Strict):
    """A day off every year: so many days from Easter Sunday, or a fixed day of the year."""

    name: str
    easter: int | None = None
    month: int | None = Field(default=None, ge=1, le=12)
    day: int | None = Field(default=None, ge=1, le=31)
    places: tuple[str, ...] = ()
    source: str

    @model_validator(mode="after")
    def _one_way(self) -> Yearly:
        fixed = self.month is not None and self.day is not None
        if fixed is (self.easter is not None):
            raise ValueError("écrivez soit « easter », soit « month » et « day »")
        if self.month is not None and self.day is not None:
            date(2024, self.month, self.day)
        return self

    def on(self, year: int) -> date:
        if self.easter is not None:
            return easter_sunday(year) + timedelta(days=self.easter)
        return date(year, self.month or 1, self.day or 1)


class Correction(_Strict):
    """One day added to, or removed from, what the package says."""

    date: date
    name: str = ""
    places: tuple[str, ...] = ()
    source: str


class CountryDays(_Strict):
    """One file of ``config/calendars``."""

    title: str
    country: str = Field(pattern="^[A-Z]{2}$")
    weekend: frozenset[int] = Field(max_length=6)
    every_year: tuple[Yearly, ...] = ()
    added: tuple[Correction, ...] = ()
    removed: tuple[Correction, ...] = ()


@dataclass(frozen=True)
class Calendar:
    """The working days of one country at one place (département), or of the country at large."""

    days: CountryDays
    place: str | None = None
    _years: dict[int, dict[date, str]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def title(self) -> str:
        return self.days.title

    def off(self, day: date) -> str | None:
        """Why ``day`` is not worked (French), or ``None`` when it is."""
        if day.isoweekday() in self.days.weekend:
            return f"{_WEEKDAYS[day.weekday()]}, {self.title}"
        name = self._feasts(day.year).get(day)
        return None if name is None else f"{name}, {self.title}"

    def _feasts(self, year: int) -> dict[date, str]:
        known = self._years.get(year)
        if known is None:
            known = self._years[year] = self._compute(year)
        return known

    def _compute(self, year: int) -> dict[date, str]:
        feasts = dict(holidays.country_holidays(self.days.country, years=year, language="fr").items())
        for yearly in self.days.every_year:
            if self._here(yearly.places):
                feasts[yearly.on(year)] = yearly.name
        for gone in self.days.removed:
            if self._here(gone.places):
                feasts.pop(gone.date, None)
        for more in self.days.added:
            if more.date.year == year and self._here(more.places):
                feasts[more.date] = more.name
        return feasts

    def _here(self, places: tuple[str, ...]) -> bool:
        return not places or self.place in places


@dataclass(frozen=True, slots=True)
class WorkedInAll:
    """A day is worked when every one of ``calendars`` works."""

    calendars: tuple[Calendar, ...]
    title: str

    def off(self, day: date) -> str | None:
        reasons = [reason for calendar in self.calendars if (reason := calendar.off(day))]
        return " ; ".join(reasons) or None


AnyCalendar = Calendar | WorkedInAll


class Calendars:
    """Every calendar of the configuration, by name; each place is built once and kept."""

    def __init__(self, countries: Mapping[str, CountryDays]) -> None:
        self._countries = dict(countries)
        self._made: dict[tuple[str, str | None], Calendar] = {}

    def named(self, name: str, place: str | None = None) -> AnyCalendar:
        """``fr``, ``dz`` or ``common``; ``place`` is a French département (``57``, ``971``) or ``None``.

        Raises ``Refused`` for a name no file of ``config/calendars`` bears.
        """
        if name == COMMON:
            each = tuple(self._country(country, place) for country in sorted(self._countries))
            return WorkedInAll(each, "jours ouvrés communs à " + " et ".join(c.title for c in each))
        if name not in self._countries:
            raise Refused(
                f"Le calendrier « {name} » n'existe pas ; rien n'a été calculé : "
                "ajoutez son fichier dans config/calendars ou corrigez le circuit."
            )
        return self._country(name, place)

    @property
    def names(self) -> tuple[str, ...]:
        """Names a circuit may use."""
        return (*sorted(self._countries), COMMON)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what the calendars are made of: another one, and due dates are computed again."""
        told = [f"holidays {version('holidays')}"]
        told += [f"{name} {days.model_dump_json()}" for name, days in sorted(self._countries.items())]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()

    def _country(self, name: str, place: str | None) -> Calendar:
        here = place if name == FRANCE else None
        made = self._made.get((name, here))
        if made is None:
            made = self._made[name, here] = Calendar(self._countries[name], here)
        return made


def place_of(finess: str | None, caisse: str | None, directory: Directory | None = None) -> str | None:
    """The département of the place of care: the establishment's commune, else its FINESS, else the caisse.

    The directory's commune comes first: a FINESS may be that of a head office elsewhere.
    """
    if finess:
        known = directory.establishments.get(finess) if directory is not None else None
        if known is not None and known.commune:
            return known.commune[:3] if known.commune.startswith("97") else known.commune[:2]
        if FINESS.fullmatch(finess):
            return departement_of(finess)
    return place_of_caisse(caisse)


def place_of_caisse(code: str | None) -> str | None:
    """The département of a caisse's 3-digit code: ``131`` is 13, ``201`` is 2A, ``974`` is 974."""
    if code is None or len(code) != 3:
        return None
    if code.startswith("97"):
        return code
    return {"201": "2A", "202": "2B"}.get(code, code[:2])


def easter_sunday(year: int) -> date:
    """Easter Sunday, Gregorian (Meeus, Jones and Butcher; Astronomical Algorithms, chapter 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    h = (19 * a + b - d - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    el = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * el) // 451
    month, day = divmod(h + el - 7 * m + 114, 31)
    return date(year, month, day + 1)


def load_calendars(folder: Path) -> Calendars:
    """Read ``<folder>/*.toml``. Raises ``ConfigError`` with the faults of every file."""
    countries: dict[str, CountryDays] = {}
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            countries[path.stem] = _read(path)
        except ConfigError as error:
            faults.extend(error.faults)
    if not countries and not faults:
        faults.append(Fault(str(folder), 0, "aucun calendrier : il faut au moins fr.toml"))
    if faults:
        raise ConfigError(tuple(faults))
    return Calendars(countries)


def _read(path: Path) -> CountryDays:
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        days = CountryDays.model_validate(data)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError((Fault(str(path), 0, f"TOML illisible : {error}"),)) from None
    except ValidationError as error:
        raise ConfigError(tuple(_faults(path, error))) from None
    if days.country not in holidays.list_supported_countries():
        raise ConfigError((Fault(str(path), 0, f"pays inconnu de « holidays » : {days.country}"),))
    return days


def _faults(path: Path, error: ValidationError) -> Iterable[Fault]:
    for fault in error.errors():
        yield Fault(str(path), 0, f"{'.'.join(map(str, fault['loc']))} : {fault['msg']}")
