"""Files about contestations: the evidence given with an answer, and what goes before the commission."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.clock import paris_date
from gateway.contestations import pack
from gateway.contestations.act import NO_CONTESTATION, event_of
from gateway.contestations.casefile import assessed
from gateway.contestations.pack import Brought
from gateway.errors import NotFound
from gateway.web.access import Right
from gateway.web.contestations.contested import opened, sight_of
from gateway.web.guard import ForbiddenError
from gateway.web.house import InHouse, Seen, WebHouse
from storage import cases, contestations, doctypes
from storage.contestations import ContestationState

router = APIRouter()

_MANY = 2_000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SEALED = (
    "Une pièce de ce dossier est dite médicale depuis : ce fichier, fait avant, la contient peut-être et ne"
    " s’ouvre plus à votre rôle. Faites-en un nouveau depuis la page du dossier."
)
_NOTHING = (
    "Aucun litige n’est porté en commission mixte ; aucun fichier n’a été fait. Portez-y d’abord un litige."
)


@router.get("/contestations/{reference}/preuve.zip")
def evidence(rooms: InHouse, seen: Seen, reference: str) -> Response:
    """The very bytes named by the answer; each giving is in the log."""
    with rooms.database.transaction() as session:
        found, case, _circuit, sight = opened(rooms, seen, session, reference, works=True)
        if found.evidence_sha256 is None or case is None:
            raise NotFound(
                "Aucun dossier de preuve n’a encore été remis pour cette contestation ; rien n’a été fait."
            )
        if not seen.may(Right.MEDICAL_CONTENT) and doctypes.closed_since_read(session, case):
            raise ForbiddenError(SEALED)
        told = {"sha256": found.evidence_sha256, "size": found.evidence_size or 0}
        event = event_of(session, found, "evidence", str(found.state), sight.actor.login, told)
        rooms.recorder.add_all(session, [event])
    content = rooms.vault.get(found.evidence_sha256)
    return _file(content, "application/zip", f"preuve-{found.reference}.zip")


@router.get("/contestations/commission.pdf")
def commission_pdf(rooms: InHouse, seen: Seen) -> Response:
    """The pack to read."""
    brought, title, basis = _brought(rooms, seen)
    content = pack.pdf(brought, title, basis, paris_date(rooms.clock.now()))
    return _file(content, "application/pdf", "commission-mixte.pdf")


@router.get("/contestations/commission.xlsx")
def commission_workbook(rooms: InHouse, seen: Seen) -> Response:
    """The same list to sort."""
    brought, _title, _basis = _brought(rooms, seen)
    return _file(pack.workbook(brought, paris_date(rooms.clock.now())), _XLSX, "commission-mixte.xlsx")


def _brought(rooms: WebHouse, seen: Seen) -> tuple[list[Brought], str, str]:
    sight = sight_of(rooms, seen)
    if not sight.works:
        raise NotFound(NO_CONTESTATION)
    states = (ContestationState.COMMISSION, ContestationState.EXPERTISE)
    found: list[Brought] = []
    title = basis = ""
    with rooms.database.reading() as session:
        for one, _ in contestations.page(session, sight.works, states, size=_MANY):
            circuit = rooms.circuits.by_name[one.circuit]
            case = cases.by_id(session, one.case_id) if one.case_id is not None else None
            if case is None or circuit.contestations is None:
                continue
            title, basis = circuit.title, circuit.contestations.commission_basis[0]
            found.append(
                Brought(
                    reference=one.reference,
                    claim_reference=one.claim_reference,
                    case_reference=case.reference,
                    beneficiary=f"{one.last_name or case.patient_name or ''} "
                    f"{one.first_names or case.patient_first_names or ''}".strip(),
                    establishment=case.establishment_name or one.establishment or "",
                    starts=one.starts,
                    ends=one.ends,
                    reason=circuit.contestations.titles.get(one.reason, one.reason),
                    amount=one.amount,
                    received_on=paris_date(one.received_at),
                    argument=one.argument,
                    assessment=assessed(session, circuit, one, case),
                    evidence_sha256=one.evidence_sha256,
                )
            )
    if not found:
        raise NotFound(_NOTHING)
    return found, title, basis


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)
