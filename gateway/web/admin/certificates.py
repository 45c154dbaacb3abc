"""Certificates of correspondents: where each comes from, until when, and a person's word on those seen."""

from __future__ import annotations

from enum import StrEnum

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from gateway.circuits.directory import correspondent_of
from gateway.outbound.harvest import decide, out_of_dates
from gateway.web.admin.circuits import certified
from gateway.web.house import InHouse, RowId, Seen, Shown
from storage import certbook
from storage.certbook import CertificateState

router = APIRouter(prefix="/administration")

_SHOWN = 500


class Decision(StrEnum):
    """What a person may make of a certificate, as its address says it."""

    CONFIRM = "confirmer"
    REFUSE = "ecarter"


@router.get("/certificats")
def certificates(request: Request, rooms: InHouse, shown: Shown) -> Response:
    """Those that wait for a person first; then what was decided, and the files of the directory."""
    at = rooms.clock.now()
    directory = rooms.circuits.directory
    with rooms.database.reading() as session:
        seen = certbook.listed(session, list(CertificateState), _SHOWN)
    names = {row.address: correspondent_of(directory, row.address) for row in seen}
    installed = rooms.installation
    return shown.show(
        request,
        "certificats.html",
        waiting=[row for row in seen if row.state is CertificateState.PROPOSED],
        decided=[row for row in seen if row.state is not CertificateState.PROPOSED],
        names=names,
        ends_soon=sum(
            1 for row in seen if row.state is CertificateState.CONFIRMED and (row.not_after - at).days < 30
        ),
        dead={row.id for row in seen if out_of_dates(row, at)},
        filed=[one for one in map(certified, directory.correspondents) if one.ends],
        ldap=installed.ldap if installed is not None and installed.ldap.enabled else None,
        now=at,
    )


@router.post("/certificats/{number}/{decision}")
def decided(rooms: InHouse, seen: Seen, number: RowId, decision: Decision) -> Response:
    """Confirm or refuse; the person is written with the decision. Raises as ``harvest.decide``."""
    after = CertificateState.CONFIRMED if decision is Decision.CONFIRM else CertificateState.REJECTED
    with rooms.database.transaction() as session:
        _, (kind, subject, fields) = decide(session, number, after, seen.login, rooms.clock.now())
        rooms.recorder.add(session, kind, subject, **fields)
    return RedirectResponse(f"/administration/certificats?fait=certificat-{after}", 303)
