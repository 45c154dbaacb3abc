"""A mail about two people cut in two, two pieces of work joined in one, and both undone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.cases.moves import CHANGED, Event, changeable
from gateway.cases.transitions import Actor, may_change
from gateway.circuits.model import Circuit
from gateway.errors import Refused
from gateway.evidence.record import Kind
from storage import cases, items, joinings
from storage.cases import Item, ItemState
from storage.db import Session
from storage.documents import Document
from storage.joinings import Joining, JoiningKind

NOT_HALF = "Choisissez au moins une pièce, et laissez-en au moins une ; rien n'a été changé."


def split(
    session: Session,
    circuit: Circuit,
    item_id: int,
    version: int,
    positions: Collection[int],
    documents: Sequence[Document],
    actor: Actor,
    *,
    queue_roles: Collection[str],
    at: datetime,
) -> tuple[Item, Item, Event]:
    """Cut some documents of a mail out of a piece of work into one of their own, without a case yet.

    ``documents``: those of the mail. They leave the case of the first, unless one wrote a period there.
    Raises ``Refused``.
    """
    item = changeable(session, item_id, version, actor, queue_roles)
    shown = [d for d in documents if item.positions is None or d.position in item.positions]
    cut = [d for d in shown if d.position in positions]
    if not cut or len(cut) == len(shown):
        raise Refused(NOT_HALF)
    numbers = [d.id or 0 for d in cut]
    if item.case_id is not None and any(cases.periods_of_document(session, n) for n in numbers):
        raise Refused(
            "Une de ces pièces a déjà donné une période au dossier ; rien n'a été changé : laissez-la avec"
            " lui."
        )
    unfiled = cases.unfile(session, numbers, item.case_id) if item.case_id is not None else []
    lead = next((d.kind for d in cut if d.kind in circuit.kind_titles), None) or circuit.question_kind
    other, _ = cases.add_item(
        session,
        Item(
            delivery=item.delivery,
            circuit=item.circuit,
            queue=item.queue,
            part=items.last_part(session, item.delivery, item.queue) + 1,
            positions=sorted(d.position for d in cut),
            state=item.state,
            taken_by=item.taken_by,
            lease_until=item.lease_until,
            wake_on=item.wake_on,
            kind=lead,
            title=f"{circuit.title_of(lead)} (partie de « {item.title} »)"[:300],
            sender=item.sender,
            reasons=[f"séparé par {actor.login} : le message concerne plusieurs personnes"],
            caisse=item.caisse,
            finess=item.finess,
            created_at=item.created_at,
        ),
    )
    kept = sorted(d.position for d in shown if d not in cut)
    before = {"positions": item.positions, "unfiled": unfiled, "case": item.case_id}
    _write(session, item, version, positions=kept)
    _keep(session, JoiningKind.SPLIT, item, other, actor, at, before)
    return item, other, _told(item, other, "split", actor)


def merge(
    session: Session,
    kept_id: int,
    version: int,
    other_id: int,
    actor: Actor,
    *,
    queue_roles: Collection[str],
    other_roles: Collection[str],
    at: datetime,
) -> tuple[Item, Item, tuple[Event, ...]]:
    """Put the work of one item into another, which carries both from then on. Raises ``Refused``."""
    item = changeable(session, kept_id, version, actor, queue_roles)
    other = cases.item(session, other_id)
    if other is None or other.id == item.id or other.circuit != item.circuit:
        raise Refused("Ce travail ne peut pas être réuni à celui-ci ; rien n'a été changé.")
    if not may_change(other, actor, other_roles):
        raise Refused("L'autre travail est terminé, ou une autre personne le tient ; rien n'a été changé.")
    if item.case_id is not None and other.case_id is not None and item.case_id != other.case_id:
        raise Refused("Ces deux travaux sont de deux dossiers différents ; rien n'a été changé.")
    before = {
        "state": str(other.state),
        "taken_by": other.taken_by,
        "wake_on": other.wake_on.isoformat() if other.wake_on else None,
        "case": item.case_id,
    }
    case_id = item.case_id if item.case_id is not None else other.case_id
    _write(session, item, version, case_id=case_id)
    _end(session, other, item.id or 0)
    _keep(session, JoiningKind.MERGE, item, other, actor, at, before)
    told = [_told(item, other, "merged", actor)]
    if other.delivery != item.delivery:
        told.append(_told(other, item, "merged", actor))
    return item, other, tuple(told)


def undo(
    session: Session,
    joining_id: int,
    item_id: int,
    version: int,
    actor: Actor,
    *,
    queue_roles: Collection[str],
    at: datetime,
) -> tuple[Item, tuple[Event, ...]]:
    """Put back what a split or a merge changed, from the page of the item that was kept.

    Raises ``Refused`` when the cut part has a case of its own by now, or one of the two went on.
    """
    item = changeable(session, item_id, version, actor, queue_roles)
    found = joinings.get(session, joining_id)
    other = cases.item(session, found.other) if found is not None else None
    if found is None or other is None or found.kept != item_id or found.undone_at is not None:
        raise Refused("Il n'y a rien à défaire ici ; rien n'a été changé : relisez la page.")
    if found.kind is JoiningKind.SPLIT:
        _join_again(session, item, version, other, found.before, at)
        action = "split-undone"
    else:
        _part_again(session, item, version, other, found.before)
        action = "merge-undone"
    joinings.undo(session, joining_id, actor.login, at)
    told = [_told(item, other, action, actor)]
    if other.delivery != item.delivery:
        told.append(_told(other, item, action, actor))
    return item, tuple(told)


def _join_again(
    session: Session, item: Item, version: int, other: Item, before: Mapping[str, Any], at: datetime
) -> None:
    if other.case_id is not None or other.state is ItemState.DONE:
        raise Refused(
            "L'autre partie a déjà un dossier, ou elle est terminée ; rien n'a été changé : réunissez les"
            " deux travaux si c'est le même."
        )
    if item.case_id == before["case"] and item.case_id is not None:
        for document_id in before["unfiled"]:
            cases.file_document(session, document_id, item.case_id, at, ["partage défait"])
    union = sorted({*(item.positions or ()), *(other.positions or ())})
    _write(session, item, version, positions=before["positions"] and union)
    _end(session, other, item.id or 0)


def _part_again(session: Session, item: Item, version: int, other: Item, before: Mapping[str, Any]) -> None:
    if other.merged_into != item.id:
        raise Refused(CHANGED)
    _write(session, item, version, case_id=before["case"])
    state = ItemState(before["state"])
    wake = datetime.fromisoformat(before["wake_on"]).date() if before["wake_on"] else None
    _write(
        session,
        other,
        other.version,
        state=state,
        taken_by=before["taken_by"],
        wake_on=wake,
        merged_into=None,
    )


def _end(session: Session, other: Item, kept: int) -> None:
    _write(
        session,
        other,
        other.version,
        state=ItemState.DONE,
        merged_into=kept,
        taken_by=None,
        lease_until=None,
        wake_on=None,
    )


def _write(session: Session, item: Item, version: int, **columns: Any) -> None:
    if not cases.change_item(session, item.id or 0, version, **columns):
        raise Refused(CHANGED)
    session.refresh(item)


def _keep(
    session: Session,
    kind: JoiningKind,
    item: Item,
    other: Item,
    actor: Actor,
    at: datetime,
    before: dict[str, Any],
) -> None:
    joining = Joining(
        kind=kind, kept=item.id or 0, other=other.id or 0, at=at, by=actor.login, before=before
    )
    joinings.add(session, joining)


def _told(item: Item, other: Item, action: str, actor: Actor) -> Event:
    fields = {
        "item": item.id,
        "other": other.id,
        "queue": item.queue,
        "action": action,
        "by": actor.login,
    }
    return Kind.ITEM_CHANGED, f"delivery:{item.delivery}", fields
