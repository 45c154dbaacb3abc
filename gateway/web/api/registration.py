"""The beneficiary of a case, registered by a program of the caisse: proposals, checks, an entry added."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, Response

from gateway.cases.nir import Found
from gateway.cases.registration import Asked
from gateway.web.api import bodies, models, offers
from gateway.web.api.calls import Called, acted, body_of, changed, tag
from gateway.web.api.cases import Reference
from gateway.web.cases import registration
from gateway.web.house import InHouse, Seen

router = APIRouter(prefix="/api/v1/cases/{reference}/registration", tags=["Immatriculation"])

LETTER = "r"
"""What the ETag of the entries of a case starts with; its version is how many they are."""


@router.get("", summary="Les périodes qui fondent des droits, les entrées faites, le numéro vérifié")
def read(response: Response, rooms: InHouse, seen: Seen, reference: Reference) -> offers.Registrations:
    """What the caisse of the place of care registers from; its ETag is what ``If-Match`` asks for."""
    with rooms.database.reading() as session:
        counter = registration.counter_of(rooms, seen, session, reference)
    response.headers["ETag"] = tag(LETTER, counter.case.id or 0, len(counter.entries))
    known = counter.entries[-1].nir if counter.entries else counter.read_nir
    return offers.Registrations(
        case=counter.case.reference,
        read_nir=counter.read_nir,
        proposals=[
            offers.BasisSeen(
                period=one.period.id or 0,
                starts=one.starts,
                ends=one.ends,
                tacit=one.tacit,
                extends=one.extends,
                joined=one.joined,
                done=one.done,
                corrected=one.corrected,
            )
            for one in counter.bases
        ],
        entries=[
            offers.EntrySeen(
                number=one.number,
                nir=one.nir,
                starts=one.starts,
                ends=one.ends,
                tacit=one.tacit,
                reason=one.reason,
                by=one.by,
                at=one.at,
            )
            for one in counter.entries
        ],
        checks=_checks(registration.checked(counter, known) if known else ()),
    )


@router.post(
    "",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Registered),
    summary="Immatriculer le bénéficiaire, ou mettre ses droits à jour",
)
def register(rooms: InHouse, seen: Seen, call: Called, reference: Reference) -> Response:
    """Add an entry; none is ever rewritten."""

    def act(asked: bodies.Registered) -> tuple[models.Done, str | None]:
        with rooms.database.reading() as session:
            counter = registration.counter_of(rooms, seen, session, reference)
        number, entries = counter.case.id or 0, len(counter.entries)
        if call.version(LETTER, number) != entries:
            raise changed()
        typed = Asked(entries, asked.nir, asked.period, asked.starts, asked.ends, asked.reason)
        registration.enter(rooms, seen, reference, typed)
        done = models.Done(done="register", case=counter.case.reference, version=entries + 1)
        return done, tag(LETTER, number, entries + 1)

    return acted(rooms, seen, call, bodies.Registered, act)


@router.post(
    "/check",
    response_model=offers.Checks,
    openapi_extra=body_of(bodies.ToCheck),
    summary="Vérifier un numéro sans rien inscrire",
)
def check(rooms: InHouse, seen: Seen, call: Called, reference: Reference) -> offers.Checks:
    """What each check says of a number; it changes nothing, so nothing is kept under its key."""
    nir = call.read(bodies.ToCheck).nir
    with rooms.database.reading() as session:
        counter = registration.counter_of(rooms, seen, session, reference)
    return offers.Checks(checks=_checks(registration.checked(counter, nir)))


def _checks(found: Iterable[Found]) -> list[offers.CheckSeen]:
    return [
        offers.CheckSeen(
            name=one.name,
            title=one.title,
            holds=one.holds,
            sentence=one.sentence,
            basis=one.basis,
            status=str(one.status),
        )
        for one in found
    ]
