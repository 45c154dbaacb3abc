"""What a circuit's folder says, once parsed. Loaded by ``load.py``; frozen for the life of the process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from parsers.classify import KindRule
from parsers.forms.template import Template

if TYPE_CHECKING:  # contested.py is built on the units and statuses below
    from gateway.circuits.contested import Contested
    from gateway.circuits.desk import DeskRules, Forwarding, Registration
    from gateway.circuits.roles import Role

Status = Literal["confirmed", "to be confirmed"]

CAISSE = "<caisse>"
"""In the name, title or roles of a queue: stands for the code of each current caisse."""
CAISSE_LABEL = "<caisse.label>"
CAISSE_MAILBOX = "<caisse.mailbox>"
ACKNOWLEDGED = "@acknowledged"
"""In ``stopped_by``: the acknowledgement was taken by the next mail server."""
OTHER = "other"
"""Kind of a document nothing recognises: every circuit declares it and says where it goes."""
COVER_NOTE = "cover-note"
"""Kind of a mail's own text when documents come with it: shown with them, never routed alone."""
REPORT_TITLES = {
    "delivery-report": "Rapport de remise",
    "read-receipt": "Accusé de lecture",
    "auto-reply": "Réponse automatique",
    "cover-note": "Texte du message",
    "decoration": "Élément du message",
}
"""How what is no document of ours is called, in every circuit: reports, and the parts of a mail itself."""
DONE = "@done"
"""In ``stopped_by``: a person marked the work as done."""
GRANTED = "@granted"
"""A further period was granted, by a form or by a person who confirmed a tacit acceptance."""
EVENT = "@event:"
"""Before the name of an event of the case (``[[events]]``), recorded by a person: ``@event:payment``."""
LETTER = "@letter:"
"""Before the name of a letter that left about the case: ``@letter:demande-pieces``."""
PUBLIC = "public"
"""In ``senders``: somebody the directory does not know as an institution."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A generic mailbox the circuit watches. ``phone`` and ``service`` are named in every letter."""

    address: str
    label: str
    service: str
    phone: str
    home_queue: str
    """Queue a mail belongs to when only its mailbox speaks for it."""
    ask_reading: bool = True
    """Whether our own letters ask for a reading notice (RFC 8098); automatic answers never do."""
    answer_reading: Literal["never", "mssante", "known"] = "never"
    """Whose requests for a notice are answered « processed »: nobody's, those of MSSanté, those of every
    correspondent of the directory."""


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
    effective_from: date | None = None
    effective_to: date | None = None
    """First and last day of reception the rule holds for; ``None``: no limit on that side."""
    senders: tuple[str, ...] = ()
    """Roles of the directory such a document is expected from; empty: anybody. From somebody else, a
    person looks first."""
    basis: str | None = None
    status: Status | None = None
    since: date | None = None
    """The text the rule was read in, how sure it is, and the day of that text."""

    def holds_on(self, day: date) -> bool:
        return in_force(self.effective_from, self.effective_to, day)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, as people read it: the reason, then its source with its day and status."""
        if self.basis is None or self.status is None:
            return (self.reason,)
        day = f" ; depuis le {self.since:%d/%m/%Y}" if self.since else ""
        sure = "confirmé" if self.status == "confirmed" else "à confirmer"
        return (self.reason, f"Source : {self.basis}{day} ; statut : {sure}.")


def in_force(first: date | None, last: date | None, day: date) -> bool:
    """Whether ``day`` lies between two days, both included; ``None`` sets no limit."""
    return (first is None or first <= day) and (last is None or day <= last)


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
    GRANT = "grant"
    """The arrival of a document that authorises or grants a period (a refusal starts nothing)."""
    CARE_END = "care-end"
    """The end of care: the last day of the period, until a person gives the day (``restarted_by``)."""
    EVENT = "event"
    """The day of an event of the case (``start_event``): a payment, a discharge."""
    LETTER_SENT = "letter-sent"
    """The day the next mail server took a letter (``start_letters``)."""
    ITEM_ACTION = "item-action"
    """The day a person did ``start_action`` on the work of such a document."""


BY_PERIOD = (Start.PERIOD_END, Start.CARE_END, Start.GRANT)
"""Starts that stand only once the period of their document is in the case: a further copy starts none."""
START_ACTIONS = {"taken": "item-taken", "done": "item-done"}
"""What ``start_action`` may say, and the kind of the evidence entry that tells it."""


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """Something a person records on a case with its day: it starts, stops or pauses delays."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class ReminderRule:
    """One letter ``days_before`` the due date, after it when negative. ``to`` is ``hospital``, ``caisse``,
    ``mailbox`` or an address."""

    days_before: int
    letter: str
    to: str
    attach: str | None = None
    """What is joined: ``prefilled-302``, the form of the next request with what the case already says."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """Who takes over when a delay stays missed: ``days_after`` the due date, in ``queue``."""

    days_after: int
    queue: str
    call: str
    """Whom to call, in French."""
    phone: str
    """Telephone shown; empty: the one the directory has for ``reach``."""
    reach: str = ""
    """Whom ``call`` is, for the directory: ``hospital``, ``caisse`` or an address."""


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
    """What ends a delay as met: document kinds filed later in the same case, ``GRANTED``, ``EVENT…``,
    ``LETTER…``; also ``ACKNOWLEDGED`` and ``DONE``."""
    reminders: tuple[ReminderRule, ...]
    start_event: str | None = None
    start_letters: tuple[str, ...] = ()
    start_action: str | None = None
    senders: tuple[str, ...] = ()
    """Roles of the directory (or ``PUBLIC``) whose mail starts it; empty: everybody's."""
    replaced_by: tuple[str, ...] = ()
    """What makes it pointless because another due date stands instead."""
    paused_by: tuple[str, ...] = ()
    resumed_by: tuple[str, ...] = ()
    restarted_by: tuple[str, ...] = ()
    """Events from whose day the whole delay runs anew (an interruption)."""
    lapses: bool = False
    """True: nobody is late when the day passes; it is over, that is all."""
    silence: Literal["tacit-acceptance"] | None = None
    """What silence may mean; it is only ever proposed to a person."""
    escalation: Escalation | None = None

    @property
    def triggers(self) -> frozenset[str]:
        """Everything whose coming changes a due date of this rule once it is set."""
        return frozenset(
            (*self.stopped_by, *self.replaced_by, *self.paused_by, *self.resumed_by, *self.restarted_by)
        )


Content = Literal["plain", "personal", "medical"]
"""What a letter says of a person: only a ``plain`` one may leave in clear."""
Expected = Literal["delivery", "reading", "answer"]
Element = Literal["who", "what", "due", "basis", "reference", "contact"]
"""What every letter says (``letter_contract``)."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter model: first line ``Objet : …``, then the text. Variables are Jinja's, checked at load."""

    name: str
    subject: str
    body: str
    content: Content = "plain"
    instead: str | None = None
    """The letter that leaves in its place when this one may not leave in clear and cannot be encrypted."""
    expects: Expected | None = None
    """What must come back about it, within ``within_days`` calendar days of its leaving."""
    within_days: int = 0
    form_in_clear: Literal["blank", "filled"] = "blank"
    """What is joined of a pre-filled form when the letter leaves without encryption."""
    reminded_by: str | None = None
    """The letter that reminds when nothing came; then a person is asked to telephone."""
    without: tuple[tuple[str, str], ...] = ()
    """What it does not say of ``letter_contract.ELEMENTS``, each with the reason in French."""


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
    weak_signatures: Literal["quarantine", "accept"] = "quarantine"
    """What is done with a signature whose algorithm is too weak to prove anything."""
    no_key_letter: str | None = None
    """Letter to a *known* correspondent whose mail no key of ours opens: how to encrypt for us."""
    events: tuple[CaseEvent, ...] = ()
    """What a person may record on a case, for the delays that need it."""
    contestations: Contested | None = None
    """How lists of contested claims read; ``None``: they are queued and nothing more."""
    closing_keeps: tuple[str, ...] = ()
    """Delays that go on when a case is closed: recovery, contestations; the others end with it."""
    desk: DeskRules | None = None
    """Letters people write; ``None``: none."""
    registration: Registration | None = None
    forwarding: Forwarding | None = None
    roles: tuple[Role, ...] = ()
    """Roles of people that this circuit brings; the others are everybody's."""
    sender_roles: tuple[str, ...] = ()
    """Roles of the directory that write to this circuit; empty: all of them. Another one is a stranger."""
    caisse_writes: bool = False
    """The caisse of a case is the one that writes, not that of a place of care."""

    def expects(self, role: str) -> bool:
        """Whether a correspondent of this role writes to the circuit."""
        return not self.sender_roles or role in self.sender_roles

    @property
    def institutions(self) -> tuple[str, ...]:
        """Roles of the directory that its letters and its work may be sent to."""
        return self.desk.institutions if self.desk is not None else ()

    def deadline(self, kind: str) -> DeadlineRule | None:
        """The last written rule of this name (several may follow each other in time)."""
        return next((r for r in reversed(self.deadlines) if r.kind == kind), None)

    def route(self, kind: str, day: date) -> RouteRule | None:
        """The one rule for ``kind`` among those that hold on ``day`` (the loader refuses gaps)."""
        return next((r for r in self.routes if r.kind == kind and r.holds_on(day)), None)

    def rule_of(self, kind: str, day: date) -> str | None:
        """What the rules say of ``kind``, where they name their source: words for a letter."""
        rule = self.route(kind, day)
        return " ".join(rule.reasons) if rule is not None and rule.basis is not None else None

    def queue(self, name: str, label: str | None = None) -> Queue | None:
        """The queue called ``name``; ``cpam-594`` answers to ``cpam-<caisse>``, with 594 put in its
        title and roles, and ``label`` (else the code) for ``<caisse.label>``."""
        for queue in self.queues:
            before, mark, after = queue.name.partition(CAISSE)
            if not mark and queue.name == name:
                return queue
            code = name.removeprefix(before).removesuffix(after)
            if mark and before + code + after == name and len(code) == 3 and code.isdigit():
                title = queue.title.replace(CAISSE_LABEL, label or f"caisse {code}")
                roles = tuple(role.replace(CAISSE, code) for role in queue.roles)
                return replace(queue, name=name, title=title.replace(CAISSE, code), roles=roles)
        return None

    def mailbox(self, address: str) -> Mailbox | None:
        folded = address.casefold()
        return next((m for m in self.mailboxes if m.address.casefold() == folded), None)

    def title_of(self, kind: str) -> str:
        return self.kind_titles.get(kind) or REPORT_TITLES.get(kind, kind)
