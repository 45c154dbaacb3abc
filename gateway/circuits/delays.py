"""What the delays of a circuit say: what starts, stops, pauses and reminds must exist and make sense."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.circuits.checks import Complain, Known, known_kind, known_letter, span
from gateway.circuits.model import ACKNOWLEDGED, DONE, EVENT, GRANTED, LETTER, PUBLIC, Start
from gateway.circuits.people import ADDRESS, ROLES
from gateway.circuits.schema import CircuitTable, DeadlineTable, RouteTable, Shaped
from gateway.circuits.source import Where
from gateway.errors import Fault

REMINDED = ("hospital", "caisse", "mailbox")
ALL_KINDS = "*"
SENDERS = (*(role for role in ROLES if role != "refused"), PUBLIC)

_WITHOUT_DOCUMENT = {
    Start.EVENT: "start_event",
    Start.LETTER_SENT: "start_letters",
}
_NEEDS = {
    Start.DOCUMENT_DATE: "start_fact",
    Start.EVENT: "start_event",
    Start.LETTER_SENT: "start_letters",
    Start.ITEM_ACTION: "start_action",
}
"""What each start must be told, beside the kinds of documents."""
_AT_ONCE = (ACKNOWLEDGED, DONE)
"""Only ``stopped_by`` may say these: the sweep looks for them on its own."""


def check(shaped: Shaped, known: Known, faults: list[Fault]) -> None:
    """Add to ``faults`` all that does not hold together in the delays of one circuit."""

    def complain(where: Where, message: str) -> None:
        shaped.fault(faults, where, message)

    _dates(shaped.table, complain)
    _events(shaped.table, complain)
    for index, rule in enumerate(shaped.table.deadlines):
        where: Where = ("deadlines", index)
        _kinds(where, rule, known, complain)
        _triggers(where, rule, shaped, known, complain)
        _start(shaped, where, rule, known, complain)
        _reminders(where, rule, known, complain)
        _afterwards(shaped, where, rule, known, complain)
        if rule.calendar not in known.calendars:
            names = ", ".join(sorted(known.calendars))
            complain(
                (*where, "calendar"),
                f"le calendrier « {rule.calendar} » n'existe pas ; les calendriers sont : {names}",
            )
        for other in shaped.table.deadlines[:index]:
            if _clash(rule, other):
                complain(where, f"deux délais « {rule.kind} » pour un même document à une même date")


def advise(shaped: Shaped, warnings: list[Fault]) -> None:
    """Telephones of escalations that are still to be filled in."""
    for index, rule in enumerate(shaped.table.deadlines):
        asked = rule.escalation
        if asked is not None and not (asked.phone.strip() or asked.reach):
            shaped.fault(
                warnings,
                ("deadlines", index, "escalation", "phone"),
                f"le téléphone de « {asked.call} » manque : écrivez `phone`, ou `reach` et phones.csv",
            )


def _dates(table: CircuitTable, complain: Complain) -> None:
    dated: Iterable[tuple[str, int, RouteTable | DeadlineTable]] = [
        *(("routes", i, r) for i, r in enumerate(table.routes)),
        *(("deadlines", i, d) for i, d in enumerate(table.deadlines)),
    ]
    for array, index, one in dated:
        first, last = span(one)
        if last < first:
            complain((array, index, "effective_to"), "la date de fin précède la date de début")


def _events(table: CircuitTable, complain: Complain) -> None:
    names = [event.name for event in table.events]
    for index, name in enumerate(names):
        if name in names[:index]:
            complain(("events", index, "name"), f"« {name} » est écrit deux fois")


def _kinds(where: Where, rule: DeadlineTable, known: Known, complain: Complain) -> None:
    for position, name in enumerate(rule.document_kinds):
        if name != ALL_KINDS:
            known_kind((*where, "document_kinds", position), name, known, complain)
    if rule.start in _WITHOUT_DOCUMENT and rule.document_kinds:
        complain(
            (*where, "document_kinds"),
            f"start = « {rule.start} » ne part d'aucun document : retirez document_kinds",
        )
    if rule.start not in _WITHOUT_DOCUMENT and not rule.document_kinds:
        complain(where, "document_kinds manque : de quels documents ce délai part-il ?")
    for position, role in enumerate(rule.senders):
        if role not in SENDERS:
            complain(
                (*where, "senders", position),
                f"expéditeur « {role} » inconnu ; les valeurs sont : {', '.join(SENDERS)}",
            )


def _triggers(where: Where, rule: DeadlineTable, shaped: Shaped, known: Known, complain: Complain) -> None:
    events = shaped.written("events", "name")
    for key in ("stopped_by", "replaced_by", "paused_by", "resumed_by", "restarted_by"):
        for position, name in enumerate(getattr(rule, key)):
            here: Where = (*where, key, position)
            if name in _AT_ONCE or name == GRANTED:
                if key != "stopped_by" and not (name == GRANTED and key == "replaced_by"):
                    complain(here, f"« {name} » ne peut pas servir ici")
            elif name.startswith(EVENT):
                if name.removeprefix(EVENT) not in events:
                    complain(here, f"l'événement « {name.removeprefix(EVENT)} » n'est pas dans [[events]]")
            elif key == "restarted_by":
                complain(here, "seul un événement daté par une personne (@event:…) fait repartir un délai")
            elif name.startswith(LETTER):
                known_letter(here, name.removeprefix(LETTER), known, complain)
            else:
                known_kind(here, name, known, complain)
    if bool(rule.paused_by) != bool(rule.resumed_by):
        complain(where, "paused_by et resumed_by vont ensemble")


def _start(shaped: Shaped, where: Where, rule: DeadlineTable, known: Known, complain: Complain) -> None:
    for start, key in _NEEDS.items():
        given = getattr(rule, key)
        if rule.start is start and not given:
            complain((*where, "start"), f"start = « {start} » demande {key}")
        if rule.start is not start and given:
            complain((*where, key), f"{key} ne sert qu'avec start = « {start} »")
    if rule.start_event and rule.start_event not in shaped.written("events", "name"):
        complain((*where, "start_event"), f"l'événement « {rule.start_event} » n'est pas dans [[events]]")
    for position, name in enumerate(rule.start_letters):
        known_letter((*where, "start_letters", position), name, known, complain)
    if rule.start is not Start.DOCUMENT_DATE or rule.start_fact is None:
        return
    used = [k.template for k in shaped.table.kinds if k.name in rule.document_kinds and k.template]
    fields = {f.name for name in used if name in known.templates for f in known.templates[name].fields}
    if all(name in known.templates for name in used) and rule.start_fact not in fields:
        complain(
            (*where, "start_fact"),
            f"« {rule.start_fact} » n'est un champ d'aucun formulaire de ces types de document",
        )


def _reminders(where: Where, rule: DeadlineTable, known: Known, complain: Complain) -> None:
    days = [r.days for r in rule.reminders]
    for index, reminder in enumerate(rule.reminders):
        here: Where = (*where, "reminders", index)
        known_letter((*here, "letter"), reminder.letter, known, complain)
        if reminder.to not in REMINDED and not ADDRESS.fullmatch(reminder.to):
            complain((*here, "to"), f"« {reminder.to} » : écrivez hospital, caisse, mailbox ou une adresse")
        if (reminder.days_before is None) is (reminder.days_after is None):
            complain(here, "écrivez soit days_before, soit days_after")
        elif reminder.days in days[:index]:
            side = "après" if reminder.days < 0 else "avant"
            key = "days_after" if reminder.days < 0 else "days_before"
            complain((*here, key), f"deux rappels {abs(reminder.days)} jours {side} l'échéance")


def _afterwards(
    shaped: Shaped, where: Where, rule: DeadlineTable, known: Known, complain: Complain
) -> None:
    """What happens once the day is past: it lapses, or it is missed and somebody takes over."""
    late = [r for r in rule.reminders if r.days < 0]
    if rule.lapses and (late or rule.escalation is not None or rule.silence is not None):
        complain(
            (*where, "lapses"),
            "une échéance qui s'éteint n'a ni rappel après elle, ni relève, ni sens donné au silence",
        )
    if rule.escalation is not None and not known.queue(rule.escalation.queue):
        queue = rule.escalation.queue
        complain((*where, "escalation", "queue"), f"la file « {queue} » n'existe pas")
    if rule.silence is None:
        return
    if not set(rule.document_kinds) <= set(shaped.table.cases.requests):
        complain((*where, "silence"), "le silence n'a de sens que pour une demande (cases.requests)")
    if rule.escalation is None:
        complain((*where, "silence"), "un silence se propose à une personne : nommez sa file (escalation)")


def _clash(one: DeadlineTable, other: DeadlineTable) -> bool:
    if one.kind != other.kind:
        return False
    all_of_them = ALL_KINDS in {*one.document_kinds, *other.document_kinds}
    (first, last), (start, end) = span(one), span(other)
    shared = all_of_them or not set(one.document_kinds).isdisjoint(other.document_kinds)
    shared = shared or one.start in _WITHOUT_DOCUMENT
    return shared and first <= end and start <= last
