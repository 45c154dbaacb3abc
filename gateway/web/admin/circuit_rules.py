"""Everything a circuit says, as sections of rules: nothing of the loaded model is left out. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.circuits.letter_contract import ELEMENTS
from gateway.circuits.model import Circuit, DeadlineRule, Letter, Start
from gateway.web import present
from gateway.web.admin.circuit_people import contested, desk, forwarding, registered
from gateway.web.admin.rulebook import (
    CALENDARS,
    Rule,
    Section,
    Words,
    addressee,
    days,
    lasts,
    listed,
    senders,
    yes,
)
from gateway.web.naming import Naming

_STARTS = {
    Start.RECEPTION: "Part de la réception",
    Start.PERIOD_END: "Part du dernier jour de la période",
    Start.DOCUMENT_DATE: "Part de la date du document, sinon de sa réception",
    Start.GRANT: "Part de la réception de ce qui accorde une période",
    Start.CARE_END: "Part de la fin des soins",
    Start.EVENT: "Part d’un événement inscrit sur le dossier",
    Start.LETTER_SENT: "Part du départ d’une lettre",
    Start.ITEM_ACTION: "Part de ce qu’une personne fait",
}
_ACTIONS = {"taken": "le travail est pris", "done": "le travail est terminé"}
_SILENCES = {"tacit-acceptance": "vaut acceptation tacite, proposée à une personne, jamais décidée seule"}
_STRANGERS = {"quarantine": "en quarantaine", "accept": "acceptés"}
_CONTENTS = {
    "plain": "peut partir en clair",
    "personal": "nomme une personne : chiffrée seulement",
    "medical": "contenu médical : chiffrée seulement",
}
_EXPECTED = {"delivery": "remise", "reading": "lecture", "answer": "réponse"}
_NOTICES = {
    "never": "à personne",
    "mssante": "aux messageries de santé (MSSanté)",
    "known": "aux correspondants de l’annuaire",
}
_FORMS = {"blank": "vierge", "filled": "prérempli"}
_ATTACHED = {"prefilled-302": "avec la 302 préremplie"}
_FILES = {"official": "imprimé officiel", "reconstructed": "modèle reconstitué, à confirmer"}


def sections(circuit: Circuit, naming: Naming) -> tuple[Section, ...]:
    """The whole circuit, in the order people look for it."""
    words = Words(circuit, naming)
    return (
        Section("Où va chaque document, et pourquoi", tuple(_routes(words))),
        Section("Expéditeurs, quarantaine et dossiers", tuple(_arrivals(words))),
        Section("Délais, rappels et remontées", tuple(_delays(words))),
        Section(
            "Événements que l’on inscrit",
            tuple(
                Rule(event.title, ("une personne l’inscrit, avec son jour",)) for event in circuit.events
            ),
        ),
        Section("Lettres que l’on écrit", tuple(desk(words))),
        Section("Immatriculation, vérifications et facturation", tuple(registered(words))),
        Section("Transmission", tuple(forwarding(words))),
        Section("Contestations", tuple(contested(words))),
        Section("Files et rôles qui les lisent", tuple(_queues(words))),
        Section("Boîtes", tuple(_mailboxes(words))),
        Section("Types de documents", tuple(_kinds(words))),
        Section("Formulaires lus", tuple(_forms(circuit))),
        Section("Modèles de lettres", tuple(_letter(words, one) for one in circuit.letters.values())),
    )


def _routes(words: Words) -> Iterator[Rule]:
    for rule in words.circuit.routes:
        says = [f"va à {words.queue(rule.queue)}", f"lettre : {words.letter(rule.letter)}"]
        if rule.forward_to:
            says.append(f"copie à {listed(map(addressee, rule.forward_to))}")
        if rule.needs_caisse:
            says.append("demande de connaître la caisse")
        if rule.senders:
            says.append(f"attendu de : {senders(rule.senders)} ; d’un autre, une personne regarde d’abord")
        yield Rule(
            words.circuit.title_of(rule.kind),
            (*says, rule.reason),
            rule.basis,
            rule.status,
            rule.since,
            rule.effective_from,
            rule.effective_to,
        )


def _arrivals(words: Words) -> Iterator[Rule]:
    circuit = words.circuit
    letter = words.letter(circuit.no_key_letter)
    yield Rule("Ce que rien ne reconnaît", (f"va à {words.queue(circuit.unknown_queue)}",))
    yield Rule("Quarantaine", (words.queue(circuit.quarantine_queue),))
    yield Rule("Expéditeurs inconnus", (_STRANGERS[circuit.unknown_senders],))
    yield Rule("Qui écrit à ce circuit", (senders(circuit.sender_roles),))
    yield Rule("Signatures trop faibles", (_STRANGERS[circuit.weak_signatures],))
    yield Rule("Message qu’aucune clé n’ouvre", (f"lettre à un correspondant connu : {letter}",))
    yield Rule("Texte sans document", (f"traité comme « {circuit.title_of(circuit.question_kind)} »",))
    yield Rule("Références des dossiers", (f"{circuit.reference_prefix}-année-numéro",))
    yield Rule("Ouvrent un dossier", (words.kinds(circuit.opens_case),))
    yield Rule("Accordent une période", (words.kinds(circuit.authorises),))
    yield Rule("Demandent une période", (words.kinds(circuit.requests),))
    yield Rule("Répondent à une demande", (words.kinds(circuit.answers),))
    kept = (words.delay(name) for name in circuit.closing_keeps)
    yield Rule("Délais qui continuent après la clôture d’un dossier", (listed(kept),))
    likeness = f"à partir de {present.percent(circuit.match_threshold)} de ressemblance"
    yield Rule("Rattachement sans question", (f"{likeness} ; au-dessous, une personne choisit",))
    caisse = "celle qui écrit" if circuit.caisse_writes else "celle du lieu de soins"
    yield Rule("Caisse d’un dossier", (caisse,))


def _delays(words: Words) -> Iterator[Rule]:
    for rule in words.circuit.deadlines:
        yield Rule(
            rule.title,
            tuple(_delay(words, rule)),
            rule.basis,
            rule.status,
            None,
            rule.effective_from,
            rule.effective_to,
        )
        for one in rule.reminders:
            when = (
                f"{days(one.days_before)} avant"
                if one.days_before > 0
                else "le jour même"
                if one.days_before == 0
                else f"{days(-one.days_before)} après"
            )
            says = f"{when} : {words.letter(one.letter)} à {addressee(one.to)}"
            joined = (_ATTACHED.get(one.attach, one.attach),) if one.attach else ()
            yield Rule(f"{rule.title} : rappel", (says, *joined))
        if rule.escalation is not None:
            up = rule.escalation
            late = f"dépassée de {days(up.days_after)}" if up.days_after else "dès qu’elle est dépassée"
            phone = up.phone or (f"téléphone de l’annuaire : {addressee(up.reach)}" if up.reach else "")
            says = f"{late}, remise à {words.queue(up.queue)} ; appeler {up.call}"
            yield Rule(f"{rule.title} : remontée", (says, *((phone,) if phone else ())))


def _delay(words: Words, rule: DeadlineRule) -> Iterator[str]:
    circuit = words.circuit
    calendar = CALENDARS.get(rule.calendar, rule.calendar)
    yield f"{lasts(rule.delay, rule.unit, rule.calendar)} ; calendrier : {calendar}"
    start = _STARTS[rule.start]
    if rule.start_fact:
        start += f" ({words.field(rule.start_fact)})"
    if rule.start_event:
        start += (
            f" : {next((e.title for e in circuit.events if e.name == rule.start_event), rule.start_event)}"
        )
    if rule.start_letters:
        start += f" : {listed(map(words.letter, rule.start_letters))}"
    if rule.start_action:
        start += f" : {_ACTIONS[rule.start_action]}"
    yield start
    if rule.document_kinds:
        yield f"pour : {words.kinds(rule.document_kinds)}"
    if rule.senders:
        yield f"si l’expéditeur est : {senders(rule.senders)}"
    for said, names in (
        ("tenue quand", rule.stopped_by),
        ("remplacée quand", rule.replaced_by),
        ("suspendue quand", rule.paused_by),
        ("reprise quand", rule.resumed_by),
        ("recommence quand", rule.restarted_by),
    ):
        if names:
            yield f"{said} : {words.triggers(names)}"
    if rule.lapses:
        yield "s’éteint le jour venu, sans retard pour personne"
    if rule.silence:
        yield f"le silence {_SILENCES.get(rule.silence, rule.silence)}"


def _queues(words: Words) -> Iterator[Rule]:
    for queue in words.circuit.queues:
        readers = listed(map(words.naming.role, queue.roles))
        said = f"{present.state('class', queue.confidentiality)} ; lue par : {readers}"
        yield Rule(words.queue(queue.name), (said,))
    for role in words.circuit.roles:
        kind = present.state("class", role.confidentiality)
        says = f"rôle de ce circuit ({kind}), avec les droits de : {words.naming.role(role.like)}"
        yield Rule(role.title, (says,))


def _mailboxes(words: Words) -> Iterator[Rule]:
    for box in words.circuit.mailboxes:
        notices = f"demande un avis de lecture : {yes(box.ask_reading)}"
        yield Rule(
            box.address,
            (
                f"{box.label} ; {box.service}" + (f", {box.phone}" if box.phone else ", sans téléphone"),
                f"file : {words.queue(box.home_queue)}",
                f"{notices} ; en rend : {_NOTICES[box.answer_reading]}",
            ),
        )


def _kinds(words: Words) -> Iterator[Rule]:
    for kind in words.circuit.kinds:
        cues = present.plural(len(kind.cues), "indice", "indices")
        says = [
            present.state("class", kind.confidentiality),
            f"{cues} ; proposé à partir de {present.number(kind.minimum, 2)}",
        ]
        if kind.template is not None:
            form = words.circuit.templates.get(kind.template)
            says.append(f"formulaire : {form.titles[0] if form else kind.template}")
        yield Rule(words.circuit.title_of(kind.name), tuple(says))


def _forms(circuit: Circuit) -> Iterator[Rule]:
    for form in circuit.templates.values():
        fields = present.plural(len(form.fields), "champ", "champs")
        sure = "confirmed" if form.status == "official" else "to be confirmed"
        says = (f"version {form.version} ; {fields} ; {_FILES[form.status]}",)
        yield Rule(form.titles[0] if form.titles else form.name, says, form.source, sure)


def _letter(words: Words, letter: Letter) -> Rule:
    says = [_CONTENTS[letter.content], f"objet : {letter.subject}"]
    if letter.instead:
        says.append(f"à sa place en clair : {words.letter(letter.instead)}")
    if letter.expects:
        says.append(f"retour attendu : {_EXPECTED[letter.expects]} sous {days(letter.within_days)}")
    if letter.reminded_by:
        says.append(f"relance : {words.letter(letter.reminded_by)}, puis un appel")
    if letter.form_in_clear != "blank":
        says.append(f"formulaire joint en clair : {_FORMS[letter.form_in_clear]}")
    said: dict[str, str] = {str(element): title for element, title in ELEMENTS.items()}
    says += [f"ne dit pas {said[element]} : {reason}" for element, reason in letter.without]
    return Rule(words.naming.letter(letter.name, words.circuit.name), tuple(says))
