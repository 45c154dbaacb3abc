"""What the parts of a circuit say of one another: unknown names, gaps, overlaps. Every fault, no stop."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from gateway.circuits.contested import check_contested
from gateway.circuits.desk import check_desk
from gateway.circuits.model import CAISSE, CAISSE_MAILBOX, OTHER
from gateway.circuits.people import ADDRESS, ROLES
from gateway.circuits.roles import check_roles
from gateway.circuits.schema import DeadlineTable, RouteTable, Shaped
from gateway.circuits.source import Where
from gateway.errors import Fault
from parsers.forms.template import Template

Complain = Callable[[Where, str], None]
Span = tuple[date, date]
WRITERS = tuple(role for role in ROLES if role != "refused")


@dataclass(frozen=True, slots=True)
class Known:
    """The names a circuit may use, as they are written: a fault elsewhere hides none of them."""

    kinds: Collection[str]
    queues: Collection[str]
    caisses: Collection[str]
    letters: Collection[str]
    forms: Collection[str]
    templates: Mapping[str, Template]
    """Those of ``forms`` that could be read."""
    calendars: Collection[str]

    def queue(self, name: str) -> bool:
        """Whether ``name`` is a queue, ``cpam-594`` for ``cpam-<caisse>`` included."""
        return name in self.queues or any(
            CAISSE in queue and name == queue.replace(CAISSE, code)
            for queue in self.queues
            for code in self.caisses
        )


def check(shaped: Shaped, known: Known, faults: list[Fault]) -> None:
    """Add to ``faults`` all that does not hold together in one circuit."""

    def complain(where: Where, message: str) -> None:
        shaped.fault(faults, where, message)

    _unique(shaped, complain)
    _queues(shaped, known, complain)
    table = shaped.table
    check_roles(table.roles, shaped.written("roles", "name"), [q.roles for q in table.queues], complain)
    _directory_roles(shaped, complain)
    _kinds(shaped, known, complain)
    _routes(shaped, known, complain)
    _coverage(shaped, complain)
    _letters(shaped, known, complain)
    contested = shaped.table.contestations
    check_contested(contested, known.kinds, known.letters, known.calendars, complain)
    check_desk(
        shaped.table.desk,
        shaped.table.registration,
        shaped.table.forwarding,
        kinds=known.kinds,
        queues=known.queues,
        letters=known.letters,
        roles=ROLES,
        complain=complain,
    )
    letter = shaped.table.senders.no_key_letter
    if letter is not None:
        known_letter(("senders", "no_key_letter"), letter, known, complain)


def _unique(shaped: Shaped, complain: Complain) -> None:
    table = shaped.table
    named: tuple[tuple[str, str, list[str]], ...] = (
        ("mailboxes", "address", [m.address for m in table.mailboxes]),
        ("queues", "name", [q.name for q in table.queues]),
        ("kinds", "name", [k.name for k in table.kinds]),
    )
    for array, key, names in named:
        for index, name in enumerate(names):
            if name in names[:index]:
                complain((array, index, key), f"« {name} » est écrit deux fois")


def _queues(shaped: Shaped, known: Known, complain: Complain) -> None:
    table = shaped.table
    for index, queue in enumerate(table.queues):
        if not queue.roles:
            complain(
                ("queues", index, "roles"),
                f"la file « {queue.name} » n'a aucun rôle : personne ne la verrait",
            )
    asked: list[tuple[Where, str]] = [
        (("unknown_queue",), table.unknown_queue),
        (("quarantine_queue",), table.quarantine_queue),
        *((("mailboxes", i, "home_queue"), m.home_queue) for i, m in enumerate(table.mailboxes)),
    ]
    for where, name in asked:
        if CAISSE in name or not known.queue(name):
            complain(where, f"la file « {name} » n'existe pas")


def _directory_roles(shaped: Shaped, complain: Complain) -> None:
    """Whoever is said to write, or to be written to, is somebody the directory may hold."""
    table = shaped.table
    named: list[tuple[Where, str]] = []
    named += [(("senders", "roles", i), role) for i, role in enumerate(table.senders.roles)]
    for index, route in enumerate(table.routes):
        named += [(("routes", index, "senders", i), role) for i, role in enumerate(route.senders)]
        if (route.basis is None) is not (route.status is None):
            complain(("routes", index), "basis et status vont ensemble : la source et sa sûreté")
    if table.desk is not None:
        named += [(("desk", "institutions", i), r) for i, r in enumerate(table.desk.institutions)]
    for where, role in named:
        if role not in WRITERS:
            complain(where, f"rôle « {role} » inconnu ; les rôles de l'annuaire : {', '.join(WRITERS)}")


def _kinds(shaped: Shaped, known: Known, complain: Complain) -> None:
    table = shaped.table
    for index, kind in enumerate(table.kinds):
        if kind.template is not None and kind.template not in known.forms:
            complain(
                ("kinds", index, "template"), f"le modèle de formulaire « {kind.template} » n'existe pas"
            )
        if not kind.cues and kind.name not in {OTHER, table.question_kind}:
            complain(
                ("kinds", index),
                f"le type « {kind.name} » n'a aucun indice : il ne serait jamais reconnu",
            )
    if OTHER not in known.kinds:
        complain(("kinds",), f"le type « {OTHER} » manque : c'est celui des documents non reconnus")
    asked: list[tuple[Where, str]] = [(("question_kind",), table.question_kind)]
    for key in ("opens", "authorises", "requests", "answers"):
        asked += [(("cases", key, i), name) for i, name in enumerate(getattr(table.cases, key))]
    for where, name in asked:
        known_kind(where, name, known, complain)
    delays = {rule.kind for rule in table.deadlines}
    for index, name in enumerate(table.cases.closing_keeps):
        if name not in delays:
            complain(("cases", "closing_keeps", index), f"l'échéance « {name} » n'existe pas")


def known_kind(where: Where, name: str, known: Known, complain: Complain) -> None:
    if name not in known.kinds:
        complain(where, f"le type de document « {name} » n'existe pas")


def known_letter(where: Where, name: str, known: Known, complain: Complain) -> None:
    if name not in known.letters:
        complain(where, f"la lettre « {name} » manque : letters/{name}.txt n'existe pas")


def _routes(shaped: Shaped, known: Known, complain: Complain) -> None:
    for index, route in enumerate(shaped.table.routes):
        where: Where = ("routes", index)
        known_kind((*where, "kind"), route.kind, known, complain)
        if not known.queue(route.queue):
            complain((*where, "queue"), f"la file « {route.queue} » n'existe pas")
        for position, address in enumerate(route.forward_to):
            if address != CAISSE_MAILBOX and not ADDRESS.fullmatch(address):
                complain(
                    (*where, "forward_to", position), f"« {address} » n'est pas une adresse de messagerie"
                )
        if route.letter is not None:
            known_letter((*where, "letter"), route.letter, known, complain)


def _letters(shaped: Shaped, known: Known, complain: Complain) -> None:
    """What is said of letters: each once, of letters that exist, and nothing that cannot be kept."""
    said = [table.name for table in shaped.table.letters]
    plain = {t.name for t in shaped.table.letters if t.content == "plain"}
    for index, table in enumerate(shaped.table.letters):
        where: Where = ("letters", index)
        if table.name in said[:index]:
            complain((*where, "name"), f"« {table.name} » est écrit deux fois")
        known_letter((*where, "name"), table.name, known, complain)
        for key in ("instead", "reminded_by"):
            other = getattr(table, key)
            if other is None:
                continue
            known_letter((*where, key), other, known, complain)
            if other in said and other not in plain:
                complain((*where, key), f"la lettre « {other} » doit être de contenu plain")
        if table.content != "plain" and table.instead is None:
            complain(
                (*where, "content"),
                "une lettre qui ne part pas en clair nomme celle qui part à sa place (clé instead)",
            )
        if (table.expects is None) != (table.within_days == 0):
            complain((*where, "expects"), "expects et within_days vont ensemble")
    for index, gap in enumerate(shaped.table.letter_gaps):
        known_letter(("letter_gaps", index, "letter"), gap.letter, known, complain)


def _coverage(shaped: Shaped, complain: Complain) -> None:
    """Exactly one route per kind and per day, from the first day to the last."""
    routes = list(enumerate(shaped.table.routes))
    for index, kind in enumerate(shaped.table.kinds):
        mine = [(i, r) for i, r in routes if r.kind == kind.name]
        if not mine:
            if kind.name not in shaped.written("routes", "kind"):
                complain(("kinds", index), f"le type « {kind.name} » n'a pas de route")
            continue
        badly_shaped = shaped.written("routes", "kind").count(kind.name) > len(mine)
        spans = sorted((span(route), i) for i, route in mine)
        for (before, _), ((first, _), i) in pairwise(spans):
            if first <= before[1]:
                since = "" if first == date.min else f" à partir du {first:%d/%m/%Y}"
                complain(("routes", i), f"deux routes pour « {kind.name} »{since}")
        if not badly_shaped:
            _gaps(kind.name, spans, complain)


def _gaps(kind: str, spans: list[tuple[Span, int]], complain: Complain) -> None:
    reached = date.min
    for (first, last), index in spans:
        if first > reached:
            since = "" if reached == date.min else f"du {reached:%d/%m/%Y} "
            until = first - timedelta(days=1)
            complain(("routes", index), f"aucune route pour « {kind} » {since}jusqu'au {until:%d/%m/%Y}")
        reached = max(reached, last if last == date.max else last + timedelta(days=1))
    if reached != date.max:
        complain(("routes", spans[-1][1]), f"aucune route pour « {kind} » à partir du {reached:%d/%m/%Y}")


def span(dated: RouteTable | DeadlineTable) -> Span:
    return (dated.effective_from or date.min, dated.effective_to or date.max)
