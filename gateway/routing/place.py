"""The place of care, hence the competent caisse: by FINESS, else by name, else by who wrote.

A mail may carry the forms of several hospitals: each document has its own place; one that names none
takes the place of the others when they agree, else the sender's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.circuits.decision import DocumentSeen
from gateway.circuits.directory import (
    Caisse,
    Correspondent,
    Directory,
    caisse_for,
    departement_of,
    establishment_named,
    luhn,
)
from gateway.circuits.periods import best_fact, value_of


@dataclass(frozen=True, slots=True)
class Place:
    """Where care is given: FINESS of the establishment, competent caisse, and how they were found."""

    finess: str | None
    caisse: Caisse | None
    reasons: tuple[str, ...]


def places(
    documents: Sequence[DocumentSeen],
    correspondent: Correspondent | None,
    directory: Directory,
    *,
    by_sender: bool = False,
) -> dict[int, Place]:
    """The place of each document, by position; ``-1`` holds the place of the mail as a whole.

    ``by_sender``: the competent caisse is the one that writes, whatever the place of care.
    """
    home = _of_caisse(correspondent, directory) if by_sender else _of_sender(correspondent, directory)
    own = {d.position: _of_document(d, home, directory) for d in documents}
    found = [place for place in own.values() if place.caisse is not None]
    caisses = {place.caisse.code for place in found if place.caisse is not None}
    if len(caisses) == 1:
        shared = found[0]
    elif caisses:
        shared = Place(None, None, ("Les documents du message relèvent de caisses différentes.",))
    else:
        shared = home
    return {
        -1: shared,
        **{
            d.position: own[d.position] if _names_a_place(d) else _borrowed(own[d.position], shared)
            for d in documents
        },
    }


def _names_a_place(document: DocumentSeen) -> bool:
    return any(f.name in {"establishment_finess", "establishment_name"} for f in document.facts)


def _borrowed(own: Place, shared: Place) -> Place:
    return Place(shared.finess, shared.caisse, (*own.reasons, *shared.reasons))


def _of_document(document: DocumentSeen, home: Place, directory: Directory) -> Place:
    reasons: list[str] = []
    written = value_of(document, "establishment_finess")
    finess = written if written in directory.establishments or luhn(written or "") else None
    if finess:
        answer = caisse_for(directory, finess)
        reasons.append(answer.reason)
        if answer.caisse is not None:
            return Place(finess, answer.caisse, (*reasons, *_disagreement(finess, home, directory)))
    elif written:
        reasons.append(f"Le FINESS {written} n'est pas dans l'annuaire et sa clé de contrôle est fausse.")
    name = best_fact(document.facts, "establishment_name")
    named = establishment_named(directory, name.value) if name else None
    if named is not None:
        answer = caisse_for(directory, named.finess)
        reasons += [f"L'établissement est reconnu à son nom : {named.name}.", answer.reason]
        if answer.caisse is not None:
            return Place(named.finess, answer.caisse, tuple(reasons))
    if _names_a_place(document) and home.finess and home.caisse and _near(finess, home.finess):
        return Place(finess or home.finess, home.caisse, (*reasons, *home.reasons))
    return Place(finess, None, tuple(reasons))


def _near(finess: str | None, other: str) -> bool:
    """Nothing readable on the form, or the same département: the sender's establishment may speak."""
    return finess is None or departement_of(finess) == departement_of(other)


def _disagreement(finess: str, home: Place, directory: Directory) -> tuple[str, ...]:
    if home.finess is None or home.finess == finess:
        return ()
    sender = directory.establishments.get(home.finess)
    named = f"{sender.name} ({home.finess})" if sender else home.finess
    return (f"À vérifier : le document nomme {finess}, mais l'adresse d'envoi est celle de {named}.",)


def _of_caisse(correspondent: Correspondent | None, directory: Directory) -> Place:
    """The caisse whose mailbox wrote; its domain is enough when no other caisse shares it."""
    if correspondent is None or correspondent.role != "cpam":
        return Place(None, None, ())
    written = correspondent.address.casefold()
    boxes = [(c, c.mailbox.casefold()) for c in directory.caisses.values() if c.mailbox]
    found = [c for c, box in boxes if written in {box, "@" + box.rpartition("@")[2]}]
    if len(found) != 1:
        return Place(None, None, (f"L'annuaire ne dit pas quelle caisse est {correspondent.address}.",))
    return Place(None, found[0], (f"La caisse est celle qui écrit : {found[0].label} ({found[0].code}).",))


def _of_sender(correspondent: Correspondent | None, directory: Directory) -> Place:
    if correspondent is None or correspondent.finess is None:
        return Place(None, None, ("Aucun document ne nomme un établissement connu.",))
    answer = caisse_for(directory, correspondent.finess)
    return Place(
        correspondent.finess,
        answer.caisse,
        (f"L'établissement est déduit de l'expéditeur : {correspondent.name}.", answer.reason),
    )
