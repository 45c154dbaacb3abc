"""Addresses that gave letters back: a person says that one is good after all, or names another."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from gateway.errors import Refused
from gateway.outbound.badaddress import settle
from gateway.web.house import InHouse, Seen

router = APIRouter(prefix="/administration")


@router.post("/annuaire/adresses")
def settled(
    rooms: InHouse,
    seen: Seen,
    *,
    adresse: Annotated[str, Form(max_length=320)],
    suite: Annotated[str, Form(max_length=10)] = "",
    remplacement: Annotated[str, Form(max_length=254)] = "",
) -> Response:
    """``suite`` is ``remplacer`` (by ``remplacement``) or ``lever``; the person is written with it.

    Raises ``Refused`` for an address of our own mailboxes, and as ``badaddress.settle``.
    """
    other = remplacement if suite == "remplacer" else None
    if other is not None and any(c.mailbox(other.strip()) for c in rooms.circuits.by_name.values()):
        raise Refused("C’est l’une de nos boîtes ; rien n’a été changé, donnez l’adresse du correspondant.")
    with rooms.database.transaction() as session:
        kind, subject, fields = settle(session, adresse, seen.login, rooms.clock.now(), other)
        rooms.recorder.add(session, kind, subject, **fields)
    return RedirectResponse(
        f"/administration/annuaire?fait=adresse-{'remplacee' if other is not None else 'levee'}", 303
    )
