"""What actions of the API are asked with: their bodies."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from gateway.web.api.models import Number, Said


class Nothing(Said):
    """An action that needs no word more: ``{}``, or no body at all."""


class Assigned(Said):
    person: Annotated[str, Field(min_length=1, max_length=80)]


class Linked(Said):
    """The case by its reference, or ``null`` to open a new one."""

    case: Annotated[str, Field(min_length=1, max_length=40)] | None


class Unlinked(Said):
    """Why the case is not the right one; ``case``: the one to put the item in at once."""

    reason: Annotated[str, Field(min_length=1, max_length=300)]
    case: Annotated[str, Field(min_length=1, max_length=40)] | None = None


class Closed(Said):
    """Why a case is closed or reopened, at the version it was read."""

    reason: Annotated[str, Field(min_length=1, max_length=300)]
    version: Number


class Corrected(Said):
    value: Annotated[str, Field(min_length=1, max_length=500)]


class Chosen(Said):
    """The reading to keep among those of a field, by its ``id``."""

    reading: Number


class ToCheck(Said):
    """A number to check; it is kept nowhere."""

    nir: Annotated[str, Field(min_length=1, max_length=40)]


class Registered(Said):
    """Number and rights of a beneficiary, from a proposed period; a doubt asks for a ``reason``."""

    nir: Annotated[str, Field(min_length=1, max_length=40)]
    period: Number
    starts: date
    ends: date
    reason: Annotated[str, Field(max_length=300)] = ""


class Forwarded(Said):
    """Medical documents of the item that leave, encrypted; an empty ``to``: the first of the directory."""

    documents: Annotated[list[Number], Field(min_length=1, max_length=200)]
    to: Annotated[str, Field(max_length=320)] = ""


class Waiting(Said):
    """``wake_on``: the day the item comes back by itself; ``null``, never."""

    wake_on: date | None = None


class Reclassified(Said):
    """The real type of the item; ``follow``: go to the queue that the rule of this type names."""

    kind: Annotated[str, Field(min_length=1, max_length=40)]
    follow: bool = False


class Typed(Said):
    """The real type of the document; ``null``: what the machine had read."""

    kind: Annotated[str, Field(min_length=1, max_length=40)] | None


class Rerouted(Said):
    """The right door; ``tell``: write to the sender which address to use."""

    door: Annotated[str, Field(min_length=1, max_length=330)]
    tell: bool = False


class Split(Said):
    """Numbers of the documents that become an item of their own."""

    documents: Annotated[list[Number], Field(min_length=1, max_length=200)]


class Merged(Said):
    """The item whose work comes into this one."""

    item: Number


class Undone(Said):
    """The split or the merge to undo."""

    joining: Number


class Noted(Said):
    """An internal note; ``@login`` names a colleague."""

    text: Annotated[str, Field(min_length=1, max_length=4000)]


class Judged(Said):
    """``confirm``: a person vouches for the whole reading; ``reject``, with a reason; ``withdraw``."""

    verb: Literal["confirm", "reject", "withdraw"]
    reason: Annotated[str, Field(max_length=300)] = ""


class Answered(Said):
    """A letter from a model; without ``subject`` and ``text``, the model as it is filled."""

    letter: Annotated[str, Field(min_length=1, max_length=60)]
    to: Annotated[str, Field(max_length=320)] = ""
    subject: Annotated[str, Field(max_length=1000)] | None = None
    text: Annotated[str, Field(max_length=40_000)] | None = None


class Acted(Said):
    """An arrow of a contestation; ``cause`` says what an acceptance is due to."""

    verb: Literal[
        "ask",
        "answer",
        "accept",
        "win",
        "dispute",
        "refer",
        "examine",
        "report",
        "close",
        "withdraw",
        "unmatch",
        "reopen",
    ]
    cause: Literal["hospital", "other"] | None = None


class Matched(Said):
    """The case of a contestation, by its reference."""

    case: Annotated[str, Field(min_length=1, max_length=32)]


class Argued(Said):
    text: Annotated[str, Field(max_length=4000)]


class Paid(Said):
    """Days of the payment and of the notification; ``null`` takes the day away."""

    paid: date | None
    notified: date | None = None


class Held(Said):
    reason: Annotated[str, Field(min_length=1, max_length=300)]


class Ticked(Said):
    """An item as it was read."""

    item: Number
    version: Number


class Several(Said):
    """One action on several items; ``dry_run``: say what would be done, and do nothing."""

    verb: Literal["take", "assign", "wait", "reclassify", "reroute", "put-back", "close"]
    items: Annotated[list[Ticked], Field(min_length=1, max_length=200)]
    person: Annotated[str, Field(max_length=80)] = ""
    kind: Annotated[str, Field(max_length=40)] = ""
    door: Annotated[str, Field(max_length=330)] = ""
    wake_on: date | None = None
    tell: bool = False
    dry_run: bool = False


class ViewKept(Said):
    """A view: ``filters`` is the query of the address of the queue's page; the same name replaces."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    filters: Annotated[str, Field(max_length=500)] = ""
    shared: bool = False


class Decided(Said):
    """A tacit acceptance confirmed or rejected, and why."""

    accept: bool
    reason: Annotated[str, Field(max_length=500)] = ""


class Happened(Said):
    """An event of a case, by its name, with its day."""

    event: Annotated[str, Field(min_length=1, max_length=40)]
    on: date
    note: Annotated[str, Field(max_length=300)] = ""


class Telephoned(Said):
    note: Annotated[str, Field(max_length=300)] = ""
