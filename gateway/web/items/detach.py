"""A wrong case undone: a piece of work leaves it, and may join another at once; its documents follow it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse
from pydantic import TypeAdapter, ValidationError

from gateway.cases import identity, leaving, struck
from gateway.cases.leaving import Leaving
from gateway.cases.moves import changeable
from gateway.circuits.decision import Decision, MailSeen
from gateway.circuits.model import Circuit
from gateway.deadlines import judged
from gateway.deadlines import leaving as delays
from gateway.deadlines.judged import Event, Moment
from gateway.deadlines.schedule import settle_case
from gateway.deadlines.tacit import withdraw
from gateway.errors import Refused
from gateway.triage.seen import mail_seen
from gateway.web.access import Viewer
from gateway.web.house import InHouse, RowId, Seen, WebHouse
from gateway.web.items import choice, corrected
from gateway.web.items.actions import actor, desk_of_item
from storage import cases, documents, sheets
from storage.db import Session
from storage.deliveries import Delivery
from storage.documents import Document

router = APIRouter()

SAME = "C’est déjà son dossier ; rien n’a été changé. Donnez-en un autre."
_DECISION: TypeAdapter[Decision] = TypeAdapter(Decision)


@router.post("/elements/{item_id}/dossier/detacher")
def detach(
    rooms: InHouse,
    seen: Seen,
    item_id: RowId,
    *,
    version: Annotated[int, Form(ge=1)],
    motif: Annotated[str, Form(max_length=300)] = "",
    reference: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Take the item out of its case with a reason; ``reference``: put it in this one at once."""
    wanted = " ".join(reference.split()).upper() or None
    with rooms.database.transaction() as session:
        item, _ = desk_of_item(rooms, seen, session, item_id)
        here = cases.by_id(session, item.case_id) if item.case_id is not None else None
        if here is not None and here.reference == wanted:
            raise Refused(SAME)
        events = take_out(rooms, seen, session, item_id, version, motif)
        if wanted is not None:
            events += choice.put_in(rooms, seen, session, item_id, None, wanted)
        rooms.recorder.add_all(session, events)
    return RedirectResponse(f"/elements/{item_id}?fait={'deplace' if wanted else 'detache'}", 303)


def take_out(
    rooms: WebHouse, seen: Viewer, session: Session, item_id: int, version: int, reason: str
) -> list[Event]:
    """Everything that leaves with the item; what to record last. Raises ``NotFound`` or ``Refused``."""
    item, desk = desk_of_item(rooms, seen, session, item_id)
    circuit = rooms.circuits.by_name.get(item.circuit)
    cases.lock_circuit(session, item.circuit)
    item = changeable(session, item_id, version, actor(seen), desk.roles)
    case = cases.by_id(session, item.case_id) if item.case_id is not None else None
    if case is None or circuit is None:
        raise Refused(leaving.NO_CASE)
    said = " ".join(reason.split())
    if not said:
        raise Refused(leaving.NO_REASON)
    asked = Leaving(item, case, seen.login, said, rooms.clock.now())
    left = leaving.own_documents(session, item)
    events = [leaving.told(session, asked, left), *_leave(rooms, session, circuit, asked, left)]
    mail, decision = _read(session, item.delivery, [row.position for row in left])
    leaving.unlink(session, circuit, asked, mail, decision)
    return events


def _leave(
    rooms: WebHouse, session: Session, circuit: Circuit, asked: Leaving, left: list[Document]
) -> list[Event]:
    """Periods, then documents, then due dates; the case they leave settles without them."""
    now, case = Moment(circuit, rooms.calendars, asked.at), asked.case
    number, sha = case.id or 0, asked.item.delivery
    numbers = [row.id or 0 for row in left]
    filed = corrected.filed(session, circuit, case, *numbers)
    mails, forms = corrected.read(session, filed)
    forms = replace(forms, left=frozenset(numbers))
    events: list[Event] = []
    changed: set[int] = set()
    for one in numbers:
        done = struck.settle(session, circuit, case, forms, one, at=asked.at)
        events += done.events
        changed |= done.documents
        events += judged.follow_silence(session, now, number, one, judged.LEFT)
    cases.unfile(session, numbers, number)
    rest = documents.of_delivery(session, sha)
    whole = not any(cases.case_of_document(session, row.id or 0) == number for row in rest)
    if case.opener == sha and (whole or case.opened_by_position in {row.position for row in left}):
        cases.forget_opener(session, case)
    places = [row.position for row in left]
    events += delays.leave(session, now, number, sha, places, whole=whole)
    for other in sorted({row.delivery for row in filed if row.id in changed - set(numbers)}):
        events += judged.follow_mail(session, now, other, judged.COPY)
        events += corrected.scheduled(rooms, session, circuit, mails[other], number)
    events += identity.without(session, case, numbers, asked.by)
    events += judged.revive(session, now, number)
    events += settle_case(session, circuit, number, now.at, rooms.calendars)
    events += withdraw(session, {circuit.name: circuit}, now.at, number)
    return events


def _read(session: Session, sha: str, positions: list[int]) -> tuple[MailSeen, Decision | None]:
    """The mail as far as these documents say, and what the rules decided of it."""
    papers = sheets.papers_of_delivery(session, sha)
    delivery = session.get_one(Delivery, sha)
    mail = mail_seen(delivery, [(paper.document, paper.facts, paper.issues) for paper in papers])
    own = tuple(one for one in mail.documents if one.position in positions)
    try:
        return replace(mail, documents=own), _DECISION.validate_python(delivery.decision)
    except ValidationError:  # a mail that people filed before any rule decided
        return replace(mail, documents=own), None
