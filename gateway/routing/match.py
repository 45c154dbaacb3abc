"""One mail, one circuit, one directory: the Decision, with every reason a person may ask for."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.circuits.decision import Decision, DocumentSeen, MailKind, MailSeen, Route
from gateway.circuits.directory import Directory
from gateway.circuits.model import CAISSE, CAISSE_MAILBOX, OTHER, Circuit, RouteRule
from gateway.clock import paris_date
from gateway.routing.place import Place, places
from gateway.routing.senders import Verdict, judge, only_no_key

_REPORTS = {
    MailKind.DELIVERY_REPORT: "un rapport de remise",
    MailKind.READ_RECEIPT: "un accusé de lecture",
    MailKind.AUTO_REPLY: "une réponse automatique",
}
MAIL = -1
"""Position that stands for the mail as a whole."""


def match(mail: MailSeen, circuit: Circuit, directory: Directory) -> Decision:
    """Where ``mail`` goes, which letter answers it, and why. Pure; never fails on odd mail."""
    verdict = judge(mail, circuit, directory)
    where = places(mail.documents, verdict.correspondent, directory, by_sender=circuit.caisse_writes)
    routes: tuple[Route, ...]
    if verdict.quarantined:
        routes = (_all_to(mail, circuit, circuit.quarantine_queue, verdict.against),)
    elif mail.kind is not MailKind.MAIL:
        reason = f"Le message est {_REPORTS[mail.kind]} : il est rapproché de l'envoi qu'il concerne."
        routes = (_all_to(mail, circuit, _home(mail, circuit), (reason,)),)
    else:
        role = verdict.correspondent.role if verdict.correspondent else None
        routes = _routes(mail, circuit, where, role)
    letter, why = _letter(mail, circuit, verdict, routes[0])
    lead = where[routes[0].documents[0] if routes[0].documents else MAIL]
    return Decision(
        circuit=circuit.name,
        routes=routes,
        letter=letter,
        reasons=tuple(dict.fromkeys((*verdict.against, *verdict.reasons, *mail.troubles, *why))),
        rules_hash=circuit.rules_hash,
        caisse=lead.caisse.code if lead.caisse else None,
        establishment=lead.finess,
        directory_hash=directory.directory_hash,
        quarantined=verdict.quarantined,
    )


@dataclass(slots=True)
class _Sheaf:
    """The documents of one queue, on the way to a ``Route``."""

    rank: int
    kind: str
    caisse: str | None = None
    documents: list[int] = field(default_factory=list)
    forward_to: dict[str, None] = field(default_factory=dict)
    reasons: dict[str, None] = field(default_factory=dict)


def _routes(
    mail: MailSeen, circuit: Circuit, where: dict[int, Place], role: str | None
) -> tuple[Route, ...]:
    """One route a queue; the rule written first in the circuit leads. ``role``: the sender's."""
    sheaves: dict[str, _Sheaf] = {}
    ranked = sorted(mail.documents, key=lambda d: (_rank(circuit, d, mail), d.position))
    for document in ranked:
        rule = _rule(circuit, document.kind, mail)
        queue, reasons = _queue(circuit, document, rule, where[document.position], role)
        rank = _rank(circuit, document, mail)
        caisse = _caisse_of(queue, rule, where[document.position])
        sheaf = sheaves.setdefault(queue, _Sheaf(rank, document.kind, caisse))
        sheaf.documents.append(document.position)
        sheaf.reasons |= dict.fromkeys(reasons)
        if rule is not None:
            addresses, missing = _addresses(rule, where[document.position])
            sheaf.forward_to |= dict.fromkeys(addresses)
            sheaf.reasons |= dict.fromkeys(missing)
    if not sheaves:
        reason = "Le message ne contient ni texte ni document lisible."
        return (Route(circuit.unknown_queue, (), OTHER, (), (reason,)),)
    for queue, sheaf in sheaves.items():
        sheaf.reasons |= dict.fromkeys(_wrong_door(mail, circuit, queue))
    ordered = sorted(sheaves.items(), key=lambda pair: pair[1].rank)
    return tuple(
        Route(queue, tuple(sorted(s.documents)), s.kind, tuple(s.forward_to), tuple(s.reasons), s.caisse)
        for queue, s in ordered
    )


def _rule(circuit: Circuit, kind: str, mail: MailSeen) -> RouteRule | None:
    """The rule in force the day the mail arrived; an undeclared kind is treated as ``other``."""
    day = paris_date(mail.received_at)
    return circuit.route(kind, day) or circuit.route(OTHER, day)


def _rank(circuit: Circuit, document: DocumentSeen, mail: MailSeen) -> int:
    rule = _rule(circuit, document.kind, mail)
    return circuit.routes.index(rule) if rule else len(circuit.routes)


def _queue(
    circuit: Circuit, document: DocumentSeen, rule: RouteRule | None, place: Place, role: str | None
) -> tuple[str, tuple[str, ...]]:
    if rule is None:
        return circuit.unknown_queue, ("Aucune règle ne couvre ce document à la date de réception.",)
    unread = ("Un document n'a pas pu être lu ; il est gardé tel que reçu.",) if document.trouble else ()
    if rule.senders and role not in rule.senders:
        return circuit.unknown_queue, (
            *unread,
            f"« {circuit.title_of(document.kind)} » n'est pas attendu de cet expéditeur : à vérifier.",
        )
    if not rule.needs_caisse:
        return rule.queue, (*unread, *rule.reasons)
    if place.caisse is None:
        return circuit.unknown_queue, (
            *unread,
            *rule.reasons,
            *place.reasons,
            "La caisse compétente ne peut pas être dite : une personne la choisit.",
        )
    return rule.queue.replace(CAISSE, place.caisse.code), (*unread, *rule.reasons, *place.reasons)


def _caisse_of(queue: str, rule: RouteRule | None, place: Place) -> str | None:
    """The caisse whose queue the rule named; ``None`` for a queue of everybody."""
    if rule is None or place.caisse is None or not rule.needs_caisse:
        return None
    return place.caisse.code if queue == rule.queue.replace(CAISSE, place.caisse.code) else None


def _addresses(rule: RouteRule, place: Place) -> tuple[list[str], list[str]]:
    """The addresses of the rule, and what is said when the directory lacks one."""
    addresses: list[str] = []
    missing: list[str] = []
    for address in rule.forward_to:
        if address != CAISSE_MAILBOX:
            addresses.append(address)
        elif place.caisse is None:
            continue
        elif place.caisse.mailbox:
            addresses.append(place.caisse.mailbox)
        else:
            missing.append(
                f"La boîte générique de {place.caisse.label} n'est pas dans l'annuaire : "
                "complétez caisses.csv ou transmettez par vos moyens habituels."
            )
    return addresses, missing


def _home(mail: MailSeen, circuit: Circuit) -> str:
    mailbox = circuit.mailbox(mail.mailbox)
    return mailbox.home_queue if mailbox else circuit.unknown_queue


def _wrong_door(mail: MailSeen, circuit: Circuit, queue: str) -> tuple[str, ...]:
    mailbox = circuit.mailbox(mail.mailbox)
    if mailbox is None or queue in {mailbox.home_queue, circuit.unknown_queue}:
        return ()
    return (
        f"Arrivé par la mauvaise porte : reçu dans la boîte {mailbox.address}, remis à la file {queue}.",
    )


def _all_to(mail: MailSeen, circuit: Circuit, queue: str, reasons: tuple[str, ...]) -> Route:
    ranked = sorted(mail.documents, key=lambda d: (_rank(circuit, d, mail), d.position))
    kind = ranked[0].kind if ranked else OTHER
    if mail.kind is not MailKind.MAIL:
        kind = str(mail.kind)
    return Route(queue, tuple(d.position for d in mail.documents), kind, (), reasons)


def _letter(
    mail: MailSeen, circuit: Circuit, verdict: Verdict, lead: Route
) -> tuple[str | None, tuple[str, ...]]:
    """The acknowledgement to send, or ``None`` with the reason (RFC 3834; architecture, outbound)."""
    machine = _no_answer_to(mail, circuit)
    if machine:
        return None, (f"Aucun accusé : {machine}.",)
    if verdict.quarantined:
        if only_no_key(verdict) and circuit.no_key_letter:
            return circuit.no_key_letter, ("Le correspondant est connu : il lui est demandé de renvoyer.",)
        return None, ("Aucun accusé : le message est en quarantaine.",)
    rule = _rule(circuit, lead.kind, mail)
    if rule is None or rule.letter is None:
        return None, ("Aucun accusé : la règle de ce document n'en prévoit pas.",)
    return rule.letter, ()


def _no_answer_to(mail: MailSeen, circuit: Circuit) -> str | None:
    if mail.kind is not MailKind.MAIL:
        return f"le message est {_REPORTS[mail.kind]}"
    if mail.bulk:
        return "le message vient d'une liste ou d'un envoi en nombre"
    if mail.envelope_from.strip() in {"", "<>"}:
        return "l'adresse de retour est vide"
    if mail.sender is None:
        return "l'expéditeur ne peut pas être établi"
    if circuit.mailbox(mail.sender) is not None:
        return "l'expéditeur est l'une de nos propres boîtes"
    return None
