"""What a circuit's folder says, once parsed. Loaded by ``load.py``; frozen for the life of the process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

from parsers.classify import KindRule
from parsers.forms.template import Template

Status = Literal["confirmed", "to be confirmed"]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A generic mailbox the circuit watches. ``phone`` and ``service`` are named in every letter."""

    address: str
    label: str
    service: str
    phone: str
    home_queue: str
    """Queue a mail belongs to when only its mailbox speaks for it."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue and the roles that may read it. ``<caisse>`` in a name stands for each current caisse."""

    name: str
    title: str
    roles: tuple[str, ...]
    confidentiality: str


@dataclass(frozen=True, slots=True)
class RouteRule:
    """Documents of ``kind`` go to ``queue``; placeholders ``<caisse>`` and ``<caisse.mailbox>``."""

    kind: str
    queue: str
    forward_to: tuple[str, ...]
    letter: str | None
    needs_caisse: bool
    reason: str
    """French, with the paragraph of the source."""


class Unit(StrEnum):
    DAY = "day"
    WORKING_DAY = "working-day"
    MONTH = "month"
    END_OF_MONTH = "end-of-month"


class Start(StrEnum):
    """What starts a delay."""

    RECEPTION = "reception"
    """The arrival of a delivery of the given document kinds."""
    PERIOD_END = "period-end"
    """The last day of a granted period (the due date is that day plus the delay)."""
    DOCUMENT_DATE = "document-date"
    """A date fact of the document (``start_fact``), else its reception."""


@dataclass(frozen=True, slots=True)
class ReminderRule:
    """One letter ``days_before`` the due date. ``to`` is ``hospital``, ``mailbox`` or an address."""

    days_before: int
    letter: str
    to: str


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """One delay. ``status`` is shown wherever the due date is (domain: never harden a doubt)."""

    kind: str
    title: str
    start: Start
    document_kinds: tuple[str, ...]
    start_fact: str | None
    delay: int
    unit: Unit
    calendar: str
    """``fr``, ``dz`` or ``common`` (days worked in both)."""
    basis: str
    status: Status
    effective_from: date | None
    effective_to: date | None
    stopped_by: tuple[str, ...]
    """Document kinds whose filing in the same case ends the delay."""
    reminders: tuple[ReminderRule, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter model: first line ``Objet : …``, then the text. Variables are Jinja's, checked at load."""

    name: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Circuit:
    """One folder of ``config/circuits``. ``rules_hash`` is the SHA-256 of its files, name by name."""

    name: str
    title: str
    source: str
    rules_hash: str
    reference_prefix: str
    """Case references read ``<prefix>-<year>-<number>``."""
    mailboxes: tuple[Mailbox, ...]
    queues: tuple[Queue, ...]
    kinds: tuple[KindRule, ...]
    kind_titles: dict[str, str]
    templates: dict[str, Template]
    routes: tuple[RouteRule, ...]
    unknown_queue: str
    quarantine_queue: str
    unknown_senders: Literal["quarantine", "accept"]
    opens_case: tuple[str, ...]
    """Document kinds that may open a case; the others only join one."""
    authorises: tuple[str, ...]
    """Document kinds that grant a period (``start_date``…``end_date``)."""
    requests: tuple[str, ...]
    """Document kinds that ask for a further period (``requested_start``…)."""
    answers: tuple[str, ...]
    """Document kinds that answer such a request (``answer``, ``granted_start``…)."""
    question_kind: str
    """Kind given to a mail body that carries no document."""
    match_threshold: float
    """Score from 0 to 1 at which a case is joined without asking a person."""
    deadlines: tuple[DeadlineRule, ...]
    letters: dict[str, Letter]

    def mailbox(self, address: str) -> Mailbox | None:
        folded = address.casefold()
        return next((m for m in self.mailboxes if m.address.casefold() == folded), None)

    def title_of(self, kind: str) -> str:
        return self.kind_titles.get(kind, kind)
