"""What a circuit says of the work of people, as rules: letters by hand, registration, forwarding."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.web.admin.rulebook import Rule, Words, days, lasts, senders

_TACIT = {
    "never": "n’ouvre aucun droit d’elle-même",
    "with-reason": "ouvre des droits avec la raison écrite d’une personne",
}
_NUMBERS = {
    "shape": "forme du numéro",
    "caisse": "code de la caisse dans le numéro",
    "sex": "sexe dans le numéro",
    "key": "clé du numéro",
}
_USES = (
    ("answer", "Lettre proposée d’abord"),
    ("missing", "Pour demander ce qui manque"),
    ("rejected", "Pour un document inexploitable"),
    ("rerouted", "Pour donner l’adresse d’un autre service"),
)
_CLAIM_LETTERS = (
    ("ask", "Pièce demandée"),
    ("remind", "Rappel de la pièce"),
    ("answer", "Réponse"),
    ("accept", "Acceptation"),
    ("recover", "Indu signalé à la caisse"),
)


def desk(words: Words) -> Iterator[Rule]:
    """``[desk]``."""
    rules = words.circuit.desk
    if rules is None:
        return
    for one in rules.letters:
        yield Rule(one.title, ("une personne peut l’écrire",))
    for key, title in _USES:
        yield Rule(title, (words.letter(getattr(rules, key)),))
    yield Rule("Institutions à qui l’on peut écrire", (senders(rules.institutions, "aucune"),))


def registered(words: Words) -> Iterator[Rule]:
    """``[registration]``: the letters, what a tacit acceptance may do, the checks, the billing lines."""
    rules = words.circuit.registration
    if rules is None:
        return
    first = f"première réponse : {words.letter(rules.letter)}"
    later = f"mise à jour : {words.letter(rules.update_letter)}"
    yield Rule("Immatriculation du bénéficiaire", (first, later), rules.basis, rules.status)
    yield Rule("Acceptation tacite", (_TACIT[rules.tacit],), rules.tacit_basis, rules.tacit_status)
    for check in rules.checks:
        when_false = "refuse" if check.status == "confirmed" else "demande un motif écrit"
        says = [_NUMBERS.get(check.name, check.name), when_false]
        if check.digits is not None:
            says.append(f"chiffres {check.digits[0]} à {check.digits[1]}")
        if check.pattern is not None:
            says.append(f"écriture attendue : {check.pattern.pattern}")
        yield Rule(f"Vérification : {check.title}", tuple(says), check.basis, check.status)
    for line in rules.billing:
        yield Rule(f"Facturation : {line.label}", (line.value,), line.basis, line.status)


def forwarding(words: Words) -> Iterator[Rule]:
    """``[forwarding]``."""
    rules = words.circuit.forwarding
    if rules is None:
        return
    says = (
        f"documents : {words.kinds(rules.kinds)}",
        f"depuis la file : {words.queue(rules.queue)}",
        f"lettre : {words.letter(rules.letter)}, chiffrée",
    )
    yield Rule(f"Transmission : {senders((rules.role,))}", says, rules.basis, rules.status)


def contested(words: Words) -> Iterator[Rule]:
    """``[contestations]``."""
    rules = words.circuit.contestations
    if rules is None:
        return
    title_of = words.circuit.title_of
    yield Rule("Qui conteste", (rules.institution, f"références {rules.reference_prefix}-année-numéro"))
    read = f"listes lues dans : {title_of(rules.kind)} ; preuve : {title_of(rules.reports)}"
    yield Rule("Listes de créances", (read, f"colonnes reconnues : {_columns(words)}"))
    phrases = {one.name: ", ".join(one.phrases) for one in rules.words.reasons}
    for name, title in rules.titles.items():
        yield Rule(f"Motif : {title}", (f"reconnu à : {phrases.get(name) or 'aucun mot, par défaut'}",))
    for title, delay in (
        ("Pièces demandées à l’établissement", rules.request),
        ("Indu réclamé à un établissement", rules.recovery),
    ):
        says = [lasts(delay.delay, delay.unit, delay.calendar)]
        says += [f"rappel {days(one)} avant" for one in delay.remind_days_before]
        yield Rule(title, tuple(says), delay.basis, delay.status)
    for title, (basis, status) in (
        ("Commission mixte", rules.commission_basis),
        ("Expertise", rules.expertise_basis),
    ):
        yield Rule(title, (), basis, status)
    for key, title in _CLAIM_LETTERS:
        yield Rule(f"{title} : lettre", (words.letter(getattr(rules.letters, key)),))


def _columns(words: Words) -> str:
    rules = words.circuit.contestations
    columns = rules.words.columns if rules is not None else {}
    return " ; ".join(", ".join(titles) for titles in columns.values())
