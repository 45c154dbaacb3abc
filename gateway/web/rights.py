"""What each role may do: rights, the matrix of the roles of everybody, the roles that circuits bring.

A role of a circuit has one of the sets of rights of this matrix (``[[roles]]`` of its ``circuit.toml``);
which queues it reads is said by the queues of that circuit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from gateway.circuits.model import Circuit
from gateway.circuits.roles import OF_CAISSE, Role


class Right(StrEnum):
    """What a role may do. ``SIGNED_IN`` is held by whoever has a session, ``PUBLIC`` by everyone."""

    PUBLIC = "public"
    SIGNED_IN = "signed-in"
    WORK = "work"
    """Read queues, items and cases."""
    EVERY_QUEUE = "every-queue"
    CONTENT = "content"
    """Open administrative documents."""
    MEDICAL_CONTENT = "medical-content"
    EVIDENCE = "evidence"
    """Take away the evidence file of a case they read."""
    ACT = "act"
    """Take, give back, finish an item; correct a reading."""
    REGISTER = "register"
    """Register a beneficiary and change rights, for the caisse of the role."""
    TAKE_OVER = "take-over"
    """Take or free an item somebody else holds; give it to somebody."""
    SUPERVISE = "supervise"
    """See what is set aside and release it."""
    LEDGER = "ledger"
    """See what each mailbox received, and that nothing is missing; never a message."""
    LETTERS = "letters"
    """See the models of letters, filled with samples."""
    JOURNAL = "journal"
    PEOPLE = "people"
    """Make accounts, give and take roles, tokens and sessions; never a document."""
    ADMINISTER = "administer"
    """See mailboxes, directory, circuits, keys and jobs; never a document."""


RIGHT_TITLES: Mapping[Right, str] = {
    Right.WORK: "Lire ses files, éléments et dossiers",
    Right.EVERY_QUEUE: "Lire toutes les files",
    Right.CONTENT: "Ouvrir les documents administratifs",
    Right.MEDICAL_CONTENT: "Ouvrir les documents médicaux",
    Right.EVIDENCE: "Emporter le dossier de preuve d'un dossier",
    Right.ACT: "Prendre, rendre, terminer, corriger",
    Right.REGISTER: "Immatriculer un bénéficiaire, mettre ses droits à jour",
    Right.TAKE_OVER: "Reprendre ou attribuer le travail d'autrui",
    Right.SUPERVISE: "Tableau de bord ; voir et relancer les messages mis de côté",
    Right.LEDGER: "Voir le registre des boîtes",
    Right.LETTERS: "Voir les modèles de lettres",
    Right.JOURNAL: "Lire le journal des preuves",
    Right.PEOPLE: "Gérer les comptes, les rôles, les sessions et les jetons",
    Right.ADMINISTER: "Voir boîtes, annuaire, circuits, clés et travaux",
}

_STAFF = frozenset({Right.WORK, Right.CONTENT, Right.ACT})

MATRIX: Mapping[str, frozenset[Right]] = {
    "cnse-admin": _STAFF | {Right.EVIDENCE},
    "cnse-medical": _STAFF | {Right.EVIDENCE, Right.MEDICAL_CONTENT},
    "cpam": _STAFF | {Right.REGISTER},
    "supervisor": _STAFF
    | {Right.EVIDENCE, Right.EVERY_QUEUE, Right.TAKE_OVER, Right.SUPERVISE, Right.LEDGER, Right.LETTERS},
    "auditor": frozenset({Right.JOURNAL}),
    "admin": frozenset({Right.PEOPLE, Right.ADMINISTER, Right.LEDGER, Right.LETTERS}),
}
"""Rights of each role; ``cpam:594`` has those of ``cpam``, for the queues that name it."""

ROLE_TITLES: Mapping[str, str] = {
    "cnse-admin": "CNSE administratif",
    "cnse-medical": "CNSE pôle médical",
    "cpam": "CPAM / CGSS (une caisse)",
    "supervisor": "Superviseur",
    "auditor": "Auditeur",
    "admin": "Administrateur",
}


SPILLS = "Un rôle qui ouvre le médical d’un circuit ne se cumule pas avec un rôle d’un autre circuit"
"""Why some roles are not given to one person (French, to be continued)."""


@dataclass(frozen=True, slots=True)
class RoleBook:
    """Every role there is: those of everybody, and those the circuits in force bring."""

    rights: Mapping[str, frozenset[Right]]
    titles: Mapping[str, str]
    like: Mapping[str, str] = field(default_factory=dict)
    """Of each role of a circuit, the role whose rights it has."""
    homes: Mapping[str, str] = field(default_factory=dict)
    """Of each role of a circuit, that circuit; the others are at home everywhere."""

    def held(self, role: str) -> frozenset[Right]:
        """Rights of one role as it is written; an unknown or malformed one holds none."""
        name, mark, code = role.partition(":")
        if bool(mark) is not (name == OF_CAISSE) or (mark and not code):
            return frozenset()
        return self.rights.get(name, frozenset())

    def mixed(self, roles: Iterable[str]) -> bool:
        """Whether these roles read queues of one circuit by a role of its own, and queues by another
        circuit's, or by everybody's: what opens medical content here must not open it there."""
        reading = [role for role in roles if Right.WORK in self.held(role)]
        homes = {self.homes.get(role, "") for role in reading}
        return len(homes) > 1

    def spills(self, roles: Iterable[str]) -> bool:
        """Whether ``roles`` would open the medical content of one circuit to the work of another."""
        roles = tuple(roles)
        return self.mixed(roles) and any(Right.MEDICAL_CONTENT in self.held(role) for role in roles)

    def title(self, role: str) -> str:
        """The role in words; one nobody knows stays as it is written."""
        name, _, code = role.partition(":")
        return f"CPAM {code}" if code and name == OF_CAISSE else self.titles.get(role, role)


EVERYBODYS = RoleBook(MATRIX, ROLE_TITLES)


def book_of(circuits: Mapping[str, Circuit]) -> RoleBook:
    """The roles of everybody and those of these circuits."""
    return _book(tuple((name, circuit.roles) for name, circuit in circuits.items() if circuit.roles))


@lru_cache(maxsize=32)
def _book(brought: tuple[tuple[str, tuple[Role, ...]], ...]) -> RoleBook:
    if not brought:
        return EVERYBODYS
    own = {role.name: (role, circuit) for circuit, roles in brought for role in roles}
    own = {name: found for name, found in own.items() if name not in MATRIX}
    return RoleBook(
        {name: MATRIX.get(role.like, frozenset()) for name, (role, _) in own.items()} | dict(MATRIX),
        dict(ROLE_TITLES) | {name: role.title for name, (role, _) in own.items()},
        {name: role.like for name, (role, _) in own.items()},
        {name: circuit for name, (_, circuit) in own.items()},
    )


def rights_of(roles: Iterable[str], book: RoleBook = EVERYBODYS) -> frozenset[Right]:
    """Rights held by any of ``roles``; an unknown role holds none. Any session is SIGNED_IN.

    Whoever works for two circuits opens no medical content: the right of one would open the other's.
    """
    roles = tuple(roles)
    held: set[Right] = {Right.PUBLIC, Right.SIGNED_IN}
    for role in roles:
        held |= book.held(role)
    if book.mixed(roles):
        held.discard(Right.MEDICAL_CONTENT)
    return frozenset(held)
