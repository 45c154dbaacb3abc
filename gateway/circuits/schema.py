"""The shape of ``circuit.toml``: every key that may be written, and French words for what may not.

The file is validated whole by pydantic (unknown keys refused, no silent conversion), then each fault is
put back on its line. ``checks`` looks afterwards at what the parts say of one another.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from gateway.circuits.contested import ContestationsTable
from gateway.circuits.desk import DeskTable, ForwardingTable, RegistrationTable
from gateway.circuits.model import Content, Element, Expected, Start, Status, Unit
from gateway.circuits.people import ADDRESS
from gateway.circuits.roles import RoleTable
from gateway.circuits.source import Source, Where
from gateway.errors import Fault
from parsers.classify import Where as CueWhere

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=40)]
QueueName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-(?:[a-z0-9]+|<caisse>))*$")]
Text = Annotated[str, StringConstraints(min_length=1)]
Address = Annotated[str, StringConstraints(pattern="^" + ADDRESS.pattern + "$", to_lower=True)]
Weight = Annotated[float, Field(gt=0, le=1)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class MailboxTable(_Table):
    address: Address
    label: Text
    service: Text
    phone: str
    home_queue: Text
    ask_reading: bool = True
    answer_reading: Literal["never", "mssante", "known"] = "never"


class QueueTable(_Table):
    name: QueueName
    title: Text
    roles: list[Text]
    confidentiality: Literal["administrative", "medical"]


class CueTable(_Table):
    where: Annotated[CueWhere, Field(strict=False)]
    phrases: Annotated[list[Text], Field(min_length=1)]
    weight: Weight


class KindTable(_Table):
    name: Name
    title: Text
    confidentiality: Literal["administrative", "medical"]
    minimum: Annotated[float, Field(ge=0, le=1)]
    template: str | None = None
    cues: list[CueTable] = []


class RouteTable(_Table):
    kind: Text
    queue: Text
    forward_to: list[Text] = []
    letter: str | None = None
    reason: Text
    effective_from: date | None = None
    effective_to: date | None = None
    senders: list[Text] = []
    basis: Text | None = None
    status: Status | None = None
    since: date | None = None


class ReminderTable(_Table):
    days_before: Annotated[int, Field(ge=0)] | None = None
    days_after: Annotated[int, Field(ge=1)] | None = None
    letter: Text
    to: Text
    attach: Literal["prefilled-302"] | None = None

    @property
    def days(self) -> int:
        """Days before the due date, negative after it."""
        return -self.days_after if self.days_after is not None else self.days_before or 0


class EventTable(_Table):
    name: Name
    title: Text


class EscalationTable(_Table):
    days_after: Annotated[int, Field(ge=0)]
    queue: Text
    call: Text
    phone: str
    reach: Annotated[str, Field(pattern=r"^(|hospital|caisse|[^@\s]+@[^@\s]+)$")] = ""


class DeadlineTable(_Table):
    kind: Name
    title: Text
    start: Annotated[Start, Field(strict=False)]
    document_kinds: list[Text] = []
    start_fact: str | None = None
    start_event: str | None = None
    start_letters: list[Text] = []
    start_action: Literal["taken", "done"] | None = None
    senders: list[Text] = []
    delay: Annotated[int, Field(ge=0)]
    unit: Annotated[Unit, Field(strict=False)]
    calendar: Text
    basis: Text
    status: Status
    effective_from: date | None = None
    effective_to: date | None = None
    stopped_by: list[Text] = []
    replaced_by: list[Text] = []
    paused_by: list[Text] = []
    resumed_by: list[Text] = []
    restarted_by: list[Text] = []
    lapses: bool = False
    silence: Literal["tacit-acceptance"] | None = None
    reminders: list[ReminderTable] = []
    escalation: EscalationTable | None = None


class LetterTable(_Table):
    """What is said of one file of ``letters/``; a letter without a table is plain and expects nothing."""

    name: Text
    content: Content = "plain"
    instead: str | None = None
    expects: Expected | None = None
    within_days: Annotated[int, Field(ge=0, le=366)] = 0
    form_in_clear: Literal["blank", "filled"] = "blank"
    reminded_by: str | None = None


class GapTable(_Table):
    """What a letter does not say of what every letter says, and why."""

    letter: Text
    elements: Annotated[list[Element], Field(min_length=1)]
    reason: Text


class SendersTable(_Table):
    unknown: Literal["quarantine", "accept"] = "quarantine"
    weak_signatures: Literal["quarantine", "accept"] = "quarantine"
    no_key_letter: str | None = None
    roles: list[Text] = []
    caisse: Literal["place-of-care", "sender"] = "place-of-care"


class CasesTable(_Table):
    reference_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,8}$")]
    opens: list[Text] = []
    authorises: list[Text] = []
    requests: list[Text] = []
    answers: list[Text] = []
    match_threshold: Annotated[float, Field(gt=0, le=1)] = 0.9
    closing_keeps: list[Text] = []


class CircuitTable(_Table):
    """The whole file."""

    title: Text
    source: Text
    unknown_queue: Text
    quarantine_queue: Text
    question_kind: Text
    senders: SendersTable = SendersTable()
    cases: CasesTable
    mailboxes: Annotated[list[MailboxTable], Field(min_length=1)]
    roles: list[RoleTable] = []
    queues: Annotated[list[QueueTable], Field(min_length=1)]
    kinds: Annotated[list[KindTable], Field(min_length=1)]
    routes: Annotated[list[RouteTable], Field(min_length=1)]
    events: list[EventTable] = []
    deadlines: list[DeadlineTable] = []
    letters: list[LetterTable] = []
    letter_gaps: list[GapTable] = []
    contestations: ContestationsTable | None = None
    desk: DeskTable | None = None
    registration: RegistrationTable | None = None
    forwarding: ForwardingTable | None = None


@dataclass(frozen=True, slots=True)
class Shaped:
    """The tables whose shape is good, with the place each had in the file."""

    source: Source
    table: CircuitTable
    kept: dict[str, list[int]]
    """For each array of tables, the index in the file of each element of ``table``."""

    def fault(self, faults: list[Fault], where: Where, message: str) -> None:
        """Add a fault; ``where`` counts elements as ``table`` does."""
        name = str(where[0])
        if len(where) > 1 and isinstance(where[1], int) and name in self.kept:
            where = (name, self.kept[name][where[1]], *where[2:])
        faults.append(self.source.fault(where, message))

    def written(self, array: str, key: str) -> list[str]:
        """Every text written under ``key`` in ``array``, badly shaped elements included: one fault must
        not make others appear."""
        elements = self.source.data.get(array, [])
        return [e[key] for e in elements if isinstance(e, dict) and isinstance(e.get(key), str)]


def validate(source: Source, faults: list[Fault]) -> Shaped | None:
    """The file as typed tables, every fault of shape added to ``faults``; ``None`` when what is left
    of it says too little to go on."""
    data = copy.deepcopy(source.data)
    kept = {name: list(range(len(value))) for name, value in data.items() if isinstance(value, list)}
    try:
        return Shaped(source, CircuitTable.model_validate(data), kept)
    except ValidationError as error:
        errors = error.errors()
    dropped: set[tuple[str, int]] = set()
    for one in errors:
        where: Where = tuple(one["loc"])
        faults.append(source.fault(where, f"{_path(where)} : {_sentence(one['type'], one)}"))
        if one["type"] == "extra_forbidden":
            _remove(data, where)
        elif len(where) > 1 and isinstance(where[1], int):
            dropped.add((str(where[0]), where[1]))
    kept = {name: [i for i in all_of if (name, i) not in dropped] for name, all_of in kept.items()}
    data |= {name: [data[name][i] for i in good] for name, good in kept.items() if name in data}
    try:
        return Shaped(source, CircuitTable.model_validate(data), kept)
    except ValidationError:
        return None


def _remove(data: Any, where: Where) -> None:
    for step in where[:-1]:
        data = data[step]
    del data[where[-1]]


def _path(where: Where) -> str:
    """``kinds.3.cues`` as ``kinds[4].cues``: people count from one."""
    text = ""
    for step in where:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
    return text.lstrip(".")


_PATTERNS = {
    "^[A-Z]{2,8}$": "deux à huit capitales sont attendues",
    "^" + ADDRESS.pattern + "$": "ce n'est pas une adresse de messagerie",
}

_SENTENCES = {
    "extra_forbidden": "clé inconnue ; vérifiez son orthographe ou retirez-la",
    "missing": "clé manquante",
    "string_type": "un texte entre guillemets est attendu",
    "int_type": "un nombre entier est attendu",
    "float_type": "un nombre est attendu",
    "bool_type": "true ou false est attendu",
    "list_type": "une liste entre crochets est attendue",
    "model_type": "une table est attendue",
    "date_type": "une date sans guillemets est attendue (exemple : 2026-01-31)",
    "date_from_datetime_inexact": "une date sans heure est attendue (exemple : 2026-01-31)",
    "string_too_short": "le texte est vide",
    "too_short": "au moins un élément est attendu",
}


def _sentence(kind: str, error: Any) -> str:
    context = error.get("ctx", {})
    if kind in _SENTENCES:
        return _SENTENCES[kind]
    if kind in {"literal_error", "enum"}:
        allowed = str(context["expected"]).replace("'", "").replace(" or ", ", ")
        return f"valeur inconnue « {error['input']} » ; les valeurs sont : {allowed}"
    if kind == "string_pattern_mismatch":
        rule = _PATTERNS.get(context["pattern"], "minuscules, chiffres et tirets seulement")
        return f"« {error['input']} » : {rule}"
    limits = {"greater_than_equal": "ge", "greater_than": "gt", "less_than_equal": "le"}
    words = {"ge": "au moins", "gt": "plus de", "le": "au plus"}
    if kind in limits:
        limit = limits[kind]
        return f"{error['input']} : il faut {words[limit]} {context[limit]:g}"
    return f"valeur refusée ({error['msg']})"
