"""What the furnished office keeps of its people's work: a tacit acceptance, entries, reports forwarded."""

from __future__ import annotations

from sqlmodel import select

from storage import cases, proposals, registrations
from storage.deadlines import Deadline
from storage.outbox import OutboxEntry
from storage.proposals import Proposal
from storage.registrations import Registration
from tests.builders import rows, seed
from tests.worlds.web import World

NIR = "6 1595 00000001 96"
"""A number of the beneficiary of the case of the seed, its key right."""
MEDICAL_SERVICE = "service.medical@cnas.example"
BUNDLE = {
    "message": "b" * 64,
    "message_id": "<302@ch-dunes.example>",
    "sender": "admissions@ch-dunes.example",
    "recipients": ["cnas_convention.pro19@cnas.dz"],
    "sent_to_institution": ["cnas_convention.pro19@cnas.dz"],
    "sent_at": "2026-11-20T08:00:00+00:00",
    "received_at": "2026-11-20T09:00:00+00:00",
    "starts": "2026-11-26",
    "ends": "2026-12-31",
    "amount": "9800.50",
    "letters": [
        {
            "recipient": "cnas_convention.pro19@cnas.dz",
            "state": "delivered",
            "sent_at": "2026-11-20T10:00:00+00:00",
            "receipts": [{"action": "delivered", "at": "2026-11-20T10:01:00+00:00"}],
        }
    ],
    "computation": ["15 jours ouvrés (Algérie)", "27/11/2026 non compté : vendredi, Algérie"],
    "basis": "Protocole annexe, art. 6",
    "status": "to be confirmed",
}


def propose(world: World, **changes: object) -> Proposal:
    """A tacit acceptance on the case of the seed, decided by nobody yet; ``changes`` of its proof."""
    with world.house.database.transaction() as session:
        waited = session.exec(select(Deadline).where(Deadline.kind == "cnas-answer")).one()
        bundle = {**BUNDLE, "document": world.office.documents["request"], **changes}
        made = proposals.add(
            session,
            Proposal(
                case_id=waited.case_id or 0,
                deadline_id=waited.id or 0,
                kind="tacit-acceptance",
                queue="cnse-administratif",
                due=waited.due,
                computed_at=world.clock.now(),
                bundle=bundle,
            ),
        )
    assert made is not None
    return made


def entries(world: World) -> list[Registration]:
    """What the caisse registered on the case of the seed."""
    with world.house.database.reading() as session:
        case = cases.get(session, seed.CASE)
        return registrations.of_case(session, (case.id or 0) if case else 0)


def forwarded(world: World) -> list[OutboxEntry]:
    """Letters that carry a report to the medical service."""
    with world.house.database.reading() as session:
        return [e for e in rows.letters(session) if e.letter == "transmission-compte-rendu"]
