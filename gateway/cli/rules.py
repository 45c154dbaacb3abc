"""``passerelle config rules``: every delay of the circuits as a page, from the data and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.circuits.contested import Delay
from gateway.circuits.model import (
    ACKNOWLEDGED,
    DONE,
    EVENT,
    GRANTED,
    LETTER,
    Circuit,
    DeadlineRule,
    ReminderRule,
    Start,
    Unit,
)

HEAD = """# Délais des circuits

Cette page est écrite par `passerelle config rules` à partir des fichiers `circuit.toml` : corrigez les
données, jamais la page. Un délai « à confirmer » est une valeur de configuration : aucun texte lu ne la
donne. Un délai part du lendemain de son point de départ ; les jours ouvrés excluent week-ends et
jours fériés.
"""
_STATUS = {"confirmed": "confirmé", "to be confirmed": "à confirmer"}
_UNITS = {
    Unit.DAY: ("jour", "jours"),
    Unit.WORKING_DAY: ("jour ouvré", "jours ouvrés"),
    Unit.MONTH: ("mois", "mois"),
    Unit.END_OF_MONTH: ("mois, à la fin du mois", "mois, à la fin du mois"),
}
_CALENDARS = {
    "fr": "France, avec les jours fériés du département de l'établissement",
    "dz": "Algérie",
    "common": "jours ouvrés communs à la France et à l'Algérie",
}
_STARTS = {
    Start.RECEPTION: "réception",
    Start.PERIOD_END: "dernier jour de la période accordée",
    Start.DOCUMENT_DATE: "date écrite sur le document",
    Start.GRANT: "réception d'un document qui accorde une période",
    Start.CARE_END: "fin des soins (dernier jour de la période, tant que la sortie n'est pas inscrite)",
    Start.EVENT: "événement inscrit au dossier",
    Start.LETTER_SENT: "départ d'une lettre",
    Start.ITEM_ACTION: "action d'une personne sur le travail",
}
_ROLES = {
    "hospital": "un établissement",
    "cpam": "une caisse",
    "cnas": "la CNAS",
    "cnas-medical": "le service médical de la CNAS",
    "cnse": "le CNSE",
    "ministry": "le ministère",
    "public": "le public",
}
_TO = {"hospital": "l'établissement", "caisse": "la caisse du lieu de soins", "mailbox": "notre boîte"}


def rules_page(circuits: Iterable[Circuit]) -> str:
    """The whole page, in Markdown."""
    lines = [HEAD.rstrip("\n")]
    for circuit in circuits:
        lines += ["", f"## {circuit.title}", "", f"Source : {circuit.source}.", ""]
        lines += ["| Délai | Durée | Calendrier | Statut |", "| --- | --- | --- | --- |"]
        lines += [
            f"| {rule.title} | {_delay(rule)} | {rule.calendar} | {_STATUS[rule.status]} |"
            for rule in circuit.deadlines
        ]
        for rule in circuit.deadlines:
            lines += ["", f"### {rule.title}", ""]
            lines += [f"- {line}" for line in _lines(circuit, rule)]
        if circuit.contestations is not None:
            for title, delay in (
                ("Pièce demandée à l'établissement pour une contestation", circuit.contestations.request),
                ("Prescription de l'indu d'une créance contestée", circuit.contestations.recovery),
            ):
                lines += ["", f"### {title}", ""]
                lines += [f"- {line}" for line in _contested(delay)]
    return "\n".join(lines) + "\n"


def _lines(circuit: Circuit, rule: DeadlineRule) -> Iterator[str]:
    yield f"Nom : `{rule.kind}`."
    yield f"Point de départ : {_start(circuit, rule)}."
    yield f"Durée : {_delay(rule)} ; calendrier : {_CALENDARS.get(rule.calendar, rule.calendar)}."
    yield f"Fondement : {rule.basis}."
    yield f"Statut : {_STATUS[rule.status]}{_effective(rule)}."
    for label, names in (
        ("Prend fin par", rule.stopped_by),
        ("Remplacé par", rule.replaced_by),
        ("Suspendu par", rule.paused_by),
        ("Reprend par", rule.resumed_by),
        ("Repart en entier par", rule.restarted_by),
    ):
        if names:
            yield f"{label} : {' ; '.join(_trigger(circuit, name) for name in names)}."
    if rule.silence is not None:
        yield "Silence : une acceptation tacite est proposée à une personne, avec ses preuves."
    if rule.lapses:
        yield "Passé ce jour, l'échéance s'éteint : personne n'est en retard."
    for reminder in rule.reminders:
        yield f"Rappel {_reminder(reminder)}."
    if rule.escalation is not None:
        asked = rule.escalation
        after = "le lendemain" if asked.days_after <= 1 else f"{asked.days_after} jours après"
        phone = asked.phone.strip() or ("numéro de l'annuaire" if asked.reach else "téléphone à compléter")
        yield f"Relève : {after}, dans la file « {asked.queue} » ; à appeler : {asked.call}, {phone}."


def _contested(delay: Delay) -> Iterator[str]:
    one, many = _UNITS[delay.unit]
    number = f"{delay.delay} {one if delay.delay <= 1 else many}"
    yield f"Durée : {number} ; calendrier : {_CALENDARS.get(delay.calendar, delay.calendar)}."
    yield f"Fondement : {delay.basis}."
    yield f"Statut : {_STATUS[delay.status]}."
    if delay.remind_days_before:
        yield f"Rappels : {', '.join(map(str, delay.remind_days_before))} jours avant."


def _start(circuit: Circuit, rule: DeadlineRule) -> str:
    said = _STARTS[rule.start]
    everything = {kind.name for kind in circuit.kinds}
    if rule.document_kinds and set(rule.document_kinds) == everything:
        said += " de tout document"
    elif rule.document_kinds:
        said += " ; " + ", ".join(f"« {circuit.title_of(kind)} »" for kind in rule.document_kinds)
    if rule.start_fact is not None:
        said += f" (champ `{rule.start_fact}`)"
    if rule.start_event is not None:
        said += f" : {_trigger(circuit, EVENT + rule.start_event)}"
    if rule.start_letters:
        said += " : " + ", ".join(f"`{name}`" for name in rule.start_letters)
    if rule.start_action is not None:
        said += " : " + {"taken": "pris", "done": "terminé"}[rule.start_action]
    if rule.senders:
        said += " ; envoyé par " + " ou ".join(_ROLES[role] for role in rule.senders)
    return said


def _delay(rule: DeadlineRule) -> str:
    if rule.delay == 0 and rule.unit is Unit.DAY:
        return "le jour même"
    one, many = _UNITS[rule.unit]
    return f"{rule.delay} {one if rule.delay <= 1 else many}"


def _effective(rule: DeadlineRule) -> str:
    first = f", à partir du {rule.effective_from:%d/%m/%Y}" if rule.effective_from else ""
    last = f", jusqu'au {rule.effective_to:%d/%m/%Y}" if rule.effective_to else ""
    return first + last


def _trigger(circuit: Circuit, name: str) -> str:
    fixed = {
        ACKNOWLEDGED: "accusé parti",
        DONE: "travail terminé par une personne",
        GRANTED: "prolongation accordée (formulaire, ou acceptation tacite confirmée)",
    }
    if name in fixed:
        return fixed[name]
    if name.startswith(EVENT):
        wanted = name.removeprefix(EVENT)
        title = next((e.title for e in circuit.events if e.name == wanted), wanted)
        return f"événement « {title} » (`{wanted}`)"
    if name.startswith(LETTER):
        return f"lettre `{name.removeprefix(LETTER)}` partie"
    return f"« {circuit.title_of(name)} » au dossier"


def _reminder(one: ReminderRule) -> str:
    days = abs(one.days_before)
    side = "après" if one.days_before < 0 else "avant"
    when = "le jour même" if days == 0 else f"{days} jour{'s' if days > 1 else ''} {side}"
    joined = ", avec la SE 352-302 préremplie" if one.attach is not None else ""
    return f"{when}, à {_TO.get(one.to, one.to)} : lettre `{one.letter}`{joined}"
