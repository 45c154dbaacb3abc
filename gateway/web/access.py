"""Who may do what: the matrix as data, denied by default.

A route is open only when ``ROUTES`` names it and one of the person's roles holds its right. On top of
that an item, a case or a document must lie in a queue that one of the roles reads, and a medical
document shows its content to ``cnse-medical`` alone (decision 4), and to the roles a circuit says are like
it. The roles and their rights are in ``rights``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gateway.circuits.directory import Caisse, Directory
from gateway.circuits.model import CAISSE, Circuit
from gateway.circuits.roles import OF_CAISSE
from gateway.web.api.routes import API_ROUTES
from gateway.web.rights import EVERYBODYS, MATRIX, RIGHT_TITLES, ROLE_TITLES, Right, RoleBook, rights_of
from parsers.facts import Confidentiality

__all__ = ["MATRIX", "RIGHT_TITLES", "ROLE_TITLES", "Right", "rights_of"]
"""Names of ``rights`` that every page asks of this module."""

SCOPES: Mapping[str, frozenset[Right]] = {
    "read": frozenset({Right.WORK, Right.EVERY_QUEUE}),
    "content": frozenset({Right.CONTENT, Right.EVIDENCE}),
    "medical": frozenset({Right.MEDICAL_CONTENT}),
    "act": frozenset({Right.ACT, Right.TAKE_OVER}),
    "register": frozenset({Right.REGISTER}),
    "supervise": frozenset({Right.SUPERVISE, Right.LEDGER, Right.LETTERS}),
    "journal": frozenset({Right.JOURNAL}),
    "calendar": frozenset(),
}
"""What an API token may be given: the rights of its person that a scope lets through, never more.

``calendar`` opens nothing but the feed of due dates of one queue. No scope lets ``PEOPLE`` or
``ADMINISTER`` through: accounts and keys are a person's work, with a second factor."""

SCOPE_TITLES: Mapping[str, str] = {
    "read": "Lire files, éléments et dossiers",
    "content": "Ouvrir les documents administratifs",
    "medical": "Ouvrir les documents médicaux",
    "act": "Prendre, corriger, terminer",
    "register": "Immatriculer un bénéficiaire de sa caisse",
    "supervise": "Messages mis de côté, relances",
    "journal": "Lire le journal des preuves",
    "calendar": "Agenda des échéances d’une file",
}

ROUTES: Mapping[tuple[str, str], Right] = {
    ("GET", "/"): Right.SIGNED_IN,
    ("GET", "/connexion"): Right.PUBLIC,
    ("POST", "/connexion"): Right.PUBLIC,
    ("GET", "/connexion/code"): Right.PUBLIC,
    ("POST", "/connexion/code"): Right.PUBLIC,
    ("GET", "/connexion/activation"): Right.PUBLIC,
    ("POST", "/connexion/activation"): Right.PUBLIC,
    ("GET", "/connexion/activation.svg"): Right.PUBLIC,
    ("GET", "/connexion/lien/{token}"): Right.PUBLIC,
    ("POST", "/connexion/lien/{token}"): Right.PUBLIC,
    ("GET", "/connexion/oidc"): Right.PUBLIC,
    ("GET", "/connexion/oidc/retour"): Right.PUBLIC,
    ("POST", "/deconnexion"): Right.SIGNED_IN,
    ("GET", "/compte"): Right.SIGNED_IN,
    ("POST", "/compte/mot-de-passe"): Right.SIGNED_IN,
    ("POST", "/compte/second-facteur"): Right.SIGNED_IN,
    ("POST", "/compte/sessions/{session_id}/fermer"): Right.SIGNED_IN,
    ("POST", "/compte/avis/vus"): Right.SIGNED_IN,
    ("POST", "/compte/jetons"): Right.SIGNED_IN,
    ("POST", "/compte/jetons/{token_id}/revoquer"): Right.SIGNED_IN,
    ("POST", "/compte/agendas"): Right.WORK,
    ("POST", "/compte/agendas/{token_id}/revoquer"): Right.SIGNED_IN,
    ("GET", "/agenda/{token}.ics"): Right.PUBLIC,
    ("GET", "/reprises/{draft_id}"): Right.SIGNED_IN,
    ("POST", "/reprises/{draft_id}/oublier"): Right.SIGNED_IN,
    ("GET", "/files"): Right.WORK,
    ("GET", "/files/{queue}"): Right.WORK,
    ("POST", "/files/{queue}/lot"): Right.ACT,
    ("POST", "/files/{queue}/vues"): Right.WORK,
    ("POST", "/files/{queue}/vues/{view_id}/retirer"): Right.WORK,
    ("GET", "/flux"): Right.WORK,
    ("GET", "/elements/{item_id}"): Right.WORK,
    ("GET", "/elements/{item_id}/message.eml"): Right.CONTENT,
    ("POST", "/elements/{item_id}/actions/{action}"): Right.ACT,
    ("POST", "/elements/{item_id}/dossier"): Right.ACT,
    ("POST", "/elements/{item_id}/dossier/detacher"): Right.ACT,
    ("POST", "/elements/{item_id}/type"): Right.ACT,
    ("POST", "/elements/{item_id}/reorientation"): Right.ACT,
    ("POST", "/elements/{item_id}/partage"): Right.ACT,
    ("POST", "/elements/{item_id}/reunion"): Right.ACT,
    ("POST", "/elements/{item_id}/defaire/{joining_id}"): Right.ACT,
    ("POST", "/elements/{item_id}/notes"): Right.ACT,
    ("POST", "/elements/{item_id}/notes/vues"): Right.WORK,
    ("GET", "/elements/{item_id}/documents/{document_id}/champs/{name}"): Right.ACT,
    ("POST", "/elements/{item_id}/documents/{document_id}/champs/{name}"): Right.ACT,
    ("POST", "/elements/{item_id}/documents/{document_id}/mot-de-passe"): Right.ACT,
    ("POST", "/elements/{item_id}/documents/{document_id}/champs/{name}/choisir"): Right.ACT,
    ("POST", "/elements/{item_id}/documents/{document_id}/lecture"): Right.ACT,
    ("POST", "/elements/{item_id}/documents/{document_id}/type"): Right.ACT,
    ("GET", "/elements/{item_id}/lettre"): Right.ACT,
    ("POST", "/elements/{item_id}/lettre"): Right.ACT,
    ("GET", "/elements/{item_id}/lettres/{letter_id}"): Right.CONTENT,
    ("GET", "/elements/{item_id}/lettres/{letter_id}/page"): Right.CONTENT,
    ("GET", "/elements/{item_id}/transmission"): Right.MEDICAL_CONTENT,
    ("POST", "/elements/{item_id}/transmission"): Right.MEDICAL_CONTENT,
    ("GET", "/dossiers/{reference}/immatriculation"): Right.REGISTER,
    ("POST", "/dossiers/{reference}/immatriculation"): Right.REGISTER,
    ("POST", "/dossiers/{reference}/immatriculation/verifier"): Right.REGISTER,
    ("GET", "/appels"): Right.WORK,
    ("GET", "/appels/file/{queue}"): Right.WORK,
    ("POST", "/appels/{call_id}/fait"): Right.ACT,
    ("GET", "/recherche"): Right.WORK,
    ("GET", "/recherche/export.{kind}"): Right.WORK,
    ("GET", "/recherche/dossiers.{kind}"): Right.WORK,
    ("GET", "/appels/export.{kind}"): Right.WORK,
    ("GET", "/files/{queue}/export.{kind}"): Right.WORK,
    ("GET", "/files/{queue}/echeances.{kind}"): Right.WORK,
    ("GET", "/contestations/export.{kind}"): Right.WORK,
    ("GET", "/mis-de-cote/export.{kind}"): Right.SUPERVISE,
    ("GET", "/journal/export.{kind}"): Right.JOURNAL,
    ("GET", "/registre/export.{kind}"): Right.LEDGER,
    ("GET", "/dossiers/{reference}"): Right.WORK,
    ("GET", "/dossiers/{reference}/preuve.zip"): Right.EVIDENCE,
    ("POST", "/dossiers/{reference}/propositions/{proposal_id}"): Right.ACT,
    ("POST", "/dossiers/{reference}/cloture"): Right.ACT,
    ("POST", "/dossiers/{reference}/reouverture"): Right.ACT,
    ("POST", "/dossiers/{reference}/evenements"): Right.ACT,
    ("GET", "/documents/{document_id}/page/{number}.png"): Right.CONTENT,
    ("GET", "/documents/{document_id}/texte"): Right.CONTENT,
    ("GET", "/documents/{document_id}/original"): Right.CONTENT,
    ("GET", "/documents/{document_id}/mise-en-forme"): Right.CONTENT,
    ("GET", "/documents/{document_id}/cadres/{issue_id}.png"): Right.CONTENT,
    ("GET", "/contestations"): Right.WORK,
    ("GET", "/contestations/chiffres"): Right.SUPERVISE,
    ("GET", "/contestations/chiffres.{kind}"): Right.SUPERVISE,
    ("GET", "/contestations/commission.pdf"): Right.WORK,
    ("GET", "/contestations/commission.xlsx"): Right.WORK,
    ("GET", "/contestations/envois/{sha256}"): Right.WORK,
    ("GET", "/contestations/{reference}"): Right.WORK,
    ("GET", "/contestations/{reference}/preuve.zip"): Right.CONTENT,
    ("POST", "/contestations/{reference}/actions/{action}"): Right.ACT,
    ("POST", "/contestations/{reference}/dossier"): Right.ACT,
    ("POST", "/contestations/{reference}/argument"): Right.ACT,
    ("POST", "/contestations/{reference}/indu"): Right.ACT,
    ("POST", "/elements/{item_id}/contestations"): Right.ACT,
    ("GET", "/conservation"): Right.SUPERVISE,
    ("GET", "/conservation/{what}.{kind}"): Right.SUPERVISE,
    ("POST", "/conservation/gels/{number}/lever"): Right.SUPERVISE,
    ("POST", "/dossiers/{reference}/gel"): Right.SUPERVISE,
    ("GET", "/tableau"): Right.SUPERVISE,
    ("GET", "/tableau/recus"): Right.SUPERVISE,
    ("GET", "/tableau/recus.{kind}"): Right.SUPERVISE,
    ("GET", "/tableau/elements"): Right.SUPERVISE,
    ("GET", "/tableau/elements.{kind}"): Right.SUPERVISE,
    ("GET", "/tableau/fins"): Right.SUPERVISE,
    ("GET", "/tableau/fins.{kind}"): Right.SUPERVISE,
    ("GET", "/mis-de-cote"): Right.SUPERVISE,
    ("POST", "/mis-de-cote/relancer"): Right.SUPERVISE,
    ("POST", "/mis-de-cote/{sha256}/relancer"): Right.SUPERVISE,
    ("GET", "/registre"): Right.LEDGER,
    ("GET", "/journal"): Right.JOURNAL,
    ("GET", "/personnes"): Right.PEOPLE,
    ("POST", "/personnes"): Right.PEOPLE,
    ("GET", "/personnes/{login}"): Right.PEOPLE,
    ("POST", "/personnes/{login}/{action}"): Right.PEOPLE,
    ("GET", "/administration/droits"): Right.PEOPLE,
    ("GET", "/administration/jetons"): Right.PEOPLE,
    ("POST", "/administration/jetons"): Right.PEOPLE,
    ("POST", "/administration/jetons/{token_id}/revoquer"): Right.PEOPLE,
    ("GET", "/administration/comptes.{kind}"): Right.PEOPLE,
    ("GET", "/administration/jetons.{kind}"): Right.PEOPLE,
    ("GET", "/administration/sessions.{kind}"): Right.PEOPLE,
    ("GET", "/administration/sessions"): Right.PEOPLE,
    ("POST", "/administration/sessions/{session_id}/fermer"): Right.PEOPLE,
    ("GET", "/administration/boites"): Right.ADMINISTER,
    ("GET", "/administration/annuaire"): Right.ADMINISTER,
    ("GET", "/administration/annuaire/{book}.{kind}"): Right.ADMINISTER,
    ("GET", "/administration/certificats.{kind}"): Right.ADMINISTER,
    ("GET", "/administration/circuits/{name}/regles.{kind}"): Right.ADMINISTER,
    ("POST", "/administration/annuaire/adresses"): Right.ADMINISTER,
    ("GET", "/administration/certificats"): Right.ADMINISTER,
    ("POST", "/administration/certificats/{number}/{decision}"): Right.ADMINISTER,
    ("GET", "/lettres"): Right.LETTERS,
    ("GET", "/lettres/{circuit}/{name}"): Right.LETTERS,
    ("GET", "/lettres/{circuit}/{name}/page"): Right.LETTERS,
    ("GET", "/administration/circuits"): Right.ADMINISTER,
    ("GET", "/administration/circuits/{name}"): Right.ADMINISTER,
    ("GET", "/administration/cles"): Right.ADMINISTER,
    ("GET", "/administration/travaux"): Right.ADMINISTER,
} | {address: Right(word) for address, word in API_ROUTES.items()}
"""The right each route asks for; a route that is not here is closed to everyone."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person behind a request."""

    login: str
    name: str
    roles: tuple[str, ...]
    csrf: str = ""
    scopes: frozenset[str] | None = None
    """Scopes of the API token presented; ``None`` for a person in a session of the pages."""
    token: str | None = None
    """The public name of that token."""
    book: RoleBook = field(default=EVERYBODYS, repr=False, compare=False)
    """What each role holds; without the circuits', their roles hold nothing."""

    @property
    def rights(self) -> frozenset[Right]:
        """Rights of the roles; a token narrows them to what its scopes let through."""
        held = rights_of(self.roles, self.book)
        return held if self.scopes is None else held & rights_through(self.scopes)

    def may(self, right: Right) -> bool:
        return right in self.rights


@dataclass(frozen=True, slots=True)
class Desk:
    """A queue one person may read. ``caisse`` is set for the queue of one caisse."""

    circuit: str
    name: str
    title: str
    confidentiality: str
    roles: tuple[str, ...]
    caisse: str | None = None


def rights_through(scopes: Iterable[str]) -> frozenset[Right]:
    """Rights that any of ``scopes`` lets through; an unknown scope lets none."""
    through: set[Right] = {Right.PUBLIC, Right.SIGNED_IN}
    for scope in scopes:
        through |= SCOPES.get(scope, frozenset())
    return frozenset(through)


def known_role(role: str, directory: Directory, book: RoleBook = EVERYBODYS) -> bool:
    """Whether ``role`` may be given to somebody: one of the book, ``cpam`` with a current caisse."""
    name, mark, code = role.partition(":")
    if name == OF_CAISSE:
        return bool(mark) and code in directory.caisses
    return not mark and name in book.rights


def route_allows(method: str, path: str, roles: Iterable[str] | None, book: RoleBook = EVERYBODYS) -> bool:
    """Whether a route (its template) is open to ``roles``; ``None`` is somebody without a session."""
    right = ROUTES.get(("GET" if method == "HEAD" else method, path))
    if right is None:
        return False
    return right is Right.PUBLIC if roles is None else right in rights_of(roles, book)


def desks(viewer: Viewer, circuits: Mapping[str, Circuit], directory: Directory) -> tuple[Desk, ...]:
    """Every queue the person may read, circuit by circuit, in the order of the configuration."""
    if not viewer.may(Right.WORK):
        return ()
    found: list[Desk] = []
    for circuit in circuits.values():
        for queue in circuit.queues:
            found.extend(_desks_of(viewer, circuit, queue.name, directory))
    return tuple(found)


def desk_of(
    viewer: Viewer, circuits: Mapping[str, Circuit], directory: Directory, circuit: str, queue: str
) -> Desk | None:
    """One queue of one circuit, or ``None`` when this person does not read it (or it does not exist)."""
    if circuit not in circuits or not viewer.may(Right.WORK):
        return None
    return _desk(viewer, circuits[circuit], queue, directory)


def reads_any(
    viewer: Viewer,
    circuits: Mapping[str, Circuit],
    directory: Directory,
    places: Iterable[tuple[str, str]],
) -> bool:
    """Whether the person reads at least one of these (circuit, queue) places."""
    return any(desk_of(viewer, circuits, directory, circuit, queue) for circuit, queue in places)


def may_open(viewer: Viewer, confidentiality: str) -> bool:
    """Whether the content of a document of this class may be shown; unknown classes are medical."""
    if confidentiality == Confidentiality.ADMINISTRATIVE:
        return viewer.may(Right.CONTENT)
    return viewer.may(Right.MEDICAL_CONTENT)


def _desks_of(viewer: Viewer, circuit: Circuit, name: str, directory: Directory) -> list[Desk]:
    names = [name.replace(CAISSE, code) for code in directory.caisses] if CAISSE in name else [name]
    return [desk for n in names if (desk := _desk(viewer, circuit, n, directory)) is not None]


def _desk(viewer: Viewer, circuit: Circuit, name: str, directory: Directory) -> Desk | None:
    plain = any(queue.name == name for queue in circuit.queues)
    caisse = None if plain else _caisse_of(circuit, name, directory)
    if not plain and caisse is None:
        return None
    queue = circuit.queue(name, caisse.label if caisse else None)
    if queue is None:
        return None
    if not viewer.may(Right.EVERY_QUEUE) and not set(queue.roles) & set(viewer.roles):
        return None
    code = caisse.code if caisse else None
    return Desk(circuit.name, name, queue.title, queue.confidentiality, queue.roles, code)


def _caisse_of(circuit: Circuit, name: str, directory: Directory) -> Caisse | None:
    """The caisse whose queue is called ``name``; only current caisses of the directory have one."""
    for queue in circuit.queues:
        before, mark, after = queue.name.partition(CAISSE)
        code = name.removeprefix(before).removesuffix(after)
        if mark and before + code + after == name and code in directory.caisses:
            return directory.caisses[code]
    return None
