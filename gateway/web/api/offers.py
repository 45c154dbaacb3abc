"""What the API answers around the longer verbs: what they are done from, what became of each item."""

from __future__ import annotations

from datetime import date, datetime

from gateway.web.api.models import Said


class Outcome(Said):
    """What became of one item; ``why`` is empty when it is done."""

    item: int
    done: bool
    why: str


class Outcomes(Said):
    """What became of each item; with ``dry_run``, what would."""

    verb: str
    dry_run: bool
    items: list[Outcome]


class ViewSeen(Said):
    """A view; ``filters`` is the query of the address of its page."""

    id: int
    name: str
    filters: str
    shared: bool
    owner: str


class Views(Said):
    views: list[ViewSeen]


class HoldSeen(Said):
    """A hold that a person put on a case."""

    id: int
    case: str
    reason: str
    by: str
    at: datetime


class Holds(Said):
    holds: list[HoldSeen]


class CheckSeen(Said):
    """What one check of a number says; ``holds`` is ``null`` when it cannot be made."""

    name: str
    title: str
    holds: bool | None
    sentence: str
    basis: str
    status: str


class Checks(Said):
    checks: list[CheckSeen]


class BasisSeen(Said):
    """A period that may found rights, with the dates proposed; ``period`` is what ``register`` asks for."""

    period: int
    starts: date
    ends: date
    tacit: bool
    extends: bool
    joined: bool
    done: bool
    corrected: bool


class EntrySeen(Said):
    """An entry of a caisse; the last one holds."""

    number: int
    nir: str
    starts: date
    ends: date
    tacit: bool
    reason: str
    by: str
    at: datetime


class Registrations(Said):
    """What a caisse registers a beneficiary from."""

    case: str
    read_nir: str | None
    proposals: list[BasisSeen]
    entries: list[EntrySeen]
    checks: list[CheckSeen]


class ReportSeen(Said):
    """A medical document that may leave, and when it already did."""

    document: int
    title: str
    left: list[datetime]


class Forwardable(Said):
    """What may leave for the medical service; ``encrypted`` false: nothing would leave."""

    recipient: str
    recipients: list[str]
    encrypted: bool
    reports: list[ReportSeen]


class ProposalSeen(Said):
    """Silence that may be an acceptance; ``decides``: whether this person may decide now."""

    id: int
    state: str
    due: date
    starts: date | None
    ends: date | None
    proved: bool
    decides: bool


class Proposals(Said):
    """``events``: title of each event that this person may record on the case, by name."""

    proposals: list[ProposalSeen]
    events: dict[str, str]


class CallSeen(Said):
    """A call to make about a letter or a mail."""

    id: int
    reason: str
    queue: str
    recipient: str
    phone: str
    detail: str
    case: str | None
    at: datetime


class Calls(Said):
    calls: list[CallSeen]
