"""What people do to a contestation from its page: the verbs of its table under French addresses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from gateway.contestations.transitions import Verb, follow
from gateway.contesting import acts, intake
from gateway.contesting.acts import Acting, Event, Evidence
from gateway.contesting.intake import Content
from gateway.errors import NotFound, Refused
from gateway.triage.read import DECORATION
from gateway.web.contestations.contestation import ADDRESSES
from gateway.web.contestations.contested import contesting, opened
from gateway.web.house import InHouse, RowId, Seen, WebHouse
from gateway.web.items.actions import NO_ITEM, desk_of_item
from storage import cases, contestations, deliveries, documents
from storage.contestations import Cause

router = APIRouter()

Version = Annotated[int, Form(ge=1)]
_NO_DAY = "Cette date n’existe pas ; rien n’a été changé. Écrivez-la sous la forme 31/12/2026."


@router.post("/contestations/{reference}/actions/{action}")
def do(
    rooms: InHouse,
    seen: Seen,
    reference: str,
    action: str,
    *,
    version: Version,
    cause: Annotated[str, Form(max_length=12)] = "",
) -> Response:
    """Follow one arrow on the version the person saw, with the letters and due dates that follow."""
    verb = ADDRESSES.get(action)
    if verb is None:
        raise NotFound("Cette action n’existe pas ; rien n’a été changé. Revenez à la contestation.")
    with rooms.database.reading() as session:
        found, _case, _circuit, sight = opened(rooms, seen, session, reference, works=True)
        follow(found.state, verb, sight.actor)  # refused before anything is exported
    if verb is Verb.ANSWER:
        evidence = _evidence(rooms, seen.login, reference)
        return _done(rooms, seen, reference, version, lambda acting: acts.answer(acting, evidence))
    if verb is Verb.ACCEPT:
        if cause not in {str(c) for c in Cause}:
            raise Refused("Dites d’abord à quoi tient cette acceptation ; rien n’a été changé.")
        return _done(rooms, seen, reference, version, lambda acting: acts.accept(acting, Cause(cause)))
    if verb is Verb.ASK:
        return _done(rooms, seen, reference, version, acts.ask)
    if verb is Verb.UNMATCH:
        return _done(rooms, seen, reference, version, acts.unmatch)
    return _done(rooms, seen, reference, version, lambda acting: acts.plain(acting, verb))


@router.post("/contestations/{reference}/dossier")
def choose(
    rooms: InHouse,
    seen: Seen,
    reference: str,
    *,
    version: Version,
    dossier: Annotated[str, Form(max_length=32)] = "",
) -> Response:
    """Give the contestation the case a person chose among the candidates, or wrote."""

    def given(acting: Acting) -> list[Event]:
        case = cases.get(acting.session, dossier)
        if case is None:
            raise Refused("Ce dossier n’existe pas ; rien n’a été changé. Vérifiez sa référence.")
        return acts.choose(acting, case)

    return _done(rooms, seen, reference, version, given)


@router.post("/contestations/{reference}/argument")
def argue(
    rooms: InHouse,
    seen: Seen,
    reference: str,
    *,
    version: Version,
    argument: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Keep the argument written for the commission."""
    return _done(rooms, seen, reference, version, lambda acting: acts.argue(acting, argument.strip()))


@router.post("/contestations/{reference}/indu")
def pay(
    rooms: InHouse,
    seen: Seen,
    reference: str,
    *,
    version: Version,
    paiement: Annotated[str, Form(max_length=10)] = "",
    notification: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Write the day of the payment and of the notification: the caisse or the CNSE does."""
    paid, notified = _day(paiement), _day(notification)
    return _done(
        rooms, seen, reference, version, lambda acting: acts.pay(acting, paid, notified), any_=True
    )


@router.post("/elements/{item_id}/contestations")
def read(rooms: InHouse, seen: Seen, item_id: RowId) -> Response:
    """Read the documents of a mail as lists of claims, when a person says that they are."""
    room = contesting(rooms)
    with rooms.database.reading() as session:
        item, _desk = desk_of_item(rooms, seen, session, item_id)
        rows = documents.of_delivery(session, item.delivery)
        delivery = deliveries.get(session, item.delivery)
    if delivery is None:
        raise NotFound(NO_ITEM)
    wanted = [row for row in rows if row.kind != DECORATION and row.confidentiality == "administrative"]
    found = [Content(row, rooms.vault.get(row.sha256)) for row in wanted]
    readings = intake.read_lists(room, delivery, found)
    with rooms.database.transaction() as session:
        events = intake.register_lists(session, room, delivery, readings, rooms.clock.now())
        rooms.recorder.add_all(session, events)
    return RedirectResponse(f"/contestations/envois/{delivery.sha256}?fait=liste", 303)


def _done(
    rooms: WebHouse,
    seen: Seen,
    reference: str,
    version: int,
    verb: Callable[[Acting], list[Event]],
    *,
    any_: bool = False,
) -> Response:
    """Run one verb in one transaction, record it, come back to the contestation."""
    room = contesting(rooms)
    with rooms.database.transaction() as session:
        _found, _case, _circuit, sight = opened(rooms, seen, session, reference, works=not any_)
        acting = Acting(session, room, reference, version, sight.actor, rooms.clock.now())
        rooms.recorder.add_all(session, verb(acting))
    return RedirectResponse(f"/contestations/{reference.upper()}?fait=contestation", 303)


def _evidence(rooms: WebHouse, login: str, reference: str) -> Evidence:
    """The evidence file of the case as it stands, kept in the vault so that it can be given again."""
    if rooms.exporter is None:
        raise Refused(
            "Le dossier de preuve ne peut pas être fait ici ; rien n’a été changé. Prévenez l’exploitation."
        )
    with rooms.database.reading() as session:
        found = contestations.get(session, reference)
        case = cases.by_id(session, found.case_id) if found and found.case_id is not None else None
    if case is None:
        raise Refused(
            "Cette contestation n’a pas de dossier ; rien n’a été changé. Choisissez-en un d’abord."
        )
    made = rooms.exporter.export(case.reference, login).content
    sha256 = rooms.vault.put(made, "evidence")
    if sha256 != hashlib.sha256(made).hexdigest():
        raise Refused("Le dossier de preuve n’a pas été gardé ; rien n’a été changé. Recommencez.")
    return Evidence(sha256, len(made))


def _day(text: str) -> date | None:
    """A day as a form gives it (``2026-12-31`` or ``31/12/2026``). Raises ``Refused``."""
    plain = text.strip()
    if not plain:
        return None
    if "/" in plain:
        plain = "-".join(reversed(plain.split("/")))
    try:
        return date.fromisoformat(plain)
    except ValueError:
        raise Refused(_NO_DAY) from None
