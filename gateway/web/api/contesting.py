"""What a program does to a contestation: the arrows of its page, its case, its argument, its payment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, TypeVar

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel

from gateway.web.access import Viewer
from gateway.web.api import bodies, models
from gateway.web.api.calls import Call, Called, body_of, changed, once, tag
from gateway.web.api.contested import LETTER
from gateway.web.api.verbs import acted_on
from gateway.web.contestations import acts
from gateway.web.contestations.contestation import ADDRESSES
from gateway.web.contestations.contested import opened
from gateway.web.house import InHouse, RowId, Seen, WebHouse

router = APIRouter(prefix="/api/v1", tags=["Contestations"])

Reference = Annotated[str, Path(max_length=32, description="Référence (CTN-2026-00042).")]
_BY_VERB: Mapping[str, str] = {str(verb): address for address, verb in ADDRESSES.items()}
_ONE = "/contestations/{reference}"
_Body = TypeVar("_Body", bound=BaseModel)


@router.post(
    f"{_ONE}/act",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Acted),
    summary="Faire avancer une contestation",
)
def act(rooms: InHouse, seen: Seen, call: Called, reference: Reference) -> Response:
    """Follow one arrow, with the letters and due dates that follow."""

    def do(asked: bodies.Acted, version: int) -> str:
        address = _BY_VERB[asked.verb]
        acts.do(rooms, seen, reference, address, version=version, cause=asked.cause or "")
        return asked.verb

    return _done(rooms, seen, call, reference, bodies.Acted, do)


@router.post(
    f"{_ONE}/case",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Matched),
    summary="Donner son dossier à une contestation",
)
def match(rooms: InHouse, seen: Seen, call: Called, reference: Reference) -> Response:
    """Give the contestation the case it is about."""

    def do(asked: bodies.Matched, version: int) -> str:
        acts.choose(rooms, seen, reference, version=version, dossier=asked.case)
        return "match"

    return _done(rooms, seen, call, reference, bodies.Matched, do)


@router.post(
    f"{_ONE}/argument",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Argued),
    summary="Écrire l’argument présenté à la commission",
)
def argue(rooms: InHouse, seen: Seen, call: Called, reference: Reference) -> Response:
    """Keep the argument written for the commission."""

    def do(asked: bodies.Argued, version: int) -> str:
        acts.argue(rooms, seen, reference, version=version, argument=asked.text)
        return "argue"

    return _done(rooms, seen, call, reference, bodies.Argued, do)


@router.post(
    f"{_ONE}/recovery",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Paid),
    summary="Inscrire les jours du paiement et de la notification d’un indu",
)
def pay(rooms: InHouse, seen: Seen, call: Called, reference: Reference) -> Response:
    """Write both days: the caisse or the CNSE does."""

    def do(asked: bodies.Paid, version: int) -> str:
        acts.pay(
            rooms,
            seen,
            reference,
            version=version,
            paiement=asked.paid.isoformat() if asked.paid else "",
            notification=asked.notified.isoformat() if asked.notified else "",
        )
        return "recovery"

    return _done(rooms, seen, call, reference, bodies.Paid, do)


@router.post(
    "/items/{item_id}/contestations",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Nothing),
    summary="Lire les documents d’un élément comme des listes de créances contestées",
)
def read(rooms: InHouse, seen: Seen, call: Called, item_id: RowId) -> Response:
    """A person says that the mail carries lists; reading it twice adds nothing."""

    def do(_asked: bodies.Nothing, _version: int) -> None:
        acts.read(rooms, seen, item_id)

    return acted_on(rooms, seen, call, item_id, bodies.Nothing, do, "contestations")


def _done(
    rooms: WebHouse,
    seen: Viewer,
    call: Call,
    reference: str,
    body: type[_Body],
    do: Callable[[_Body, int], str],
) -> Response:
    """Here the version is checked before the body is read: both wrong are told 412 or 428, not 422."""

    def work() -> tuple[models.Done, str | None]:
        with rooms.database.reading() as session:
            found, *_ = opened(rooms, seen, session, reference)
            number, now = found.id or 0, found.version
        if call.version(LETTER, number) != now:
            raise changed()
        verb = do(call.read(body), now)
        with rooms.database.reading() as session:
            found, case, *_ = opened(rooms, seen, session, reference)
            done = models.Done(
                done=verb,
                contestation=found.reference,
                state=str(found.state),
                version=found.version,
                case=case.reference if case else None,
            )
        return done, tag(LETTER, number, done.version or 0)

    return once(rooms, seen, call, work)
