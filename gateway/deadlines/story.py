"""Everything that came to a case, as facts that delays may wait for."""

from __future__ import annotations

from collections.abc import Collection

from gateway.circuits.model import EVENT, GRANTED, LETTER, Circuit
from gateway.clock import paris_date
from gateway.deadlines.progress import Fact
from storage import cases, deadlines, happenings, reviews, turn
from storage.cases import PeriodOrigin, PeriodStatus
from storage.db import Session

TACIT = "prolongation tenue pour tacitement accordée, confirmée par une personne"
EXTENDED = "une prolongation est accordée"


def filed_title(circuit: Circuit, kind: str) -> str:
    """How people call the arrival of a document of this type."""
    return f"« {circuit.title_of(kind)} » est au dossier"


def told_by_documents(circuit: Circuit, names: Collection[str]) -> frozenset[str]:
    """How people call those of ``names`` that documents tell: types, and a further period granted."""
    kinds = {filed_title(circuit, name) for name in names if not name.startswith("@")}
    return frozenset(kinds | ({TACIT, EXTENDED} if GRANTED in names else set()))


def story(session: Session, circuit: Circuit, case_id: int) -> tuple[Fact, ...]:
    """Documents filed that nobody rejected, periods granted, events, letters sent; the earliest first."""
    filed = cases.documents(session, case_id)
    mails = {document.id: document.delivery for document in filed}
    without = reviews.rejected(session, [document.id or 0 for document in filed])
    arrivals = deadlines.arrivals_in_case(session, case_id, without)
    facts = [Fact(kind, paris_date(at), at, filed_title(circuit, kind), sha) for kind, sha, at in arrivals]
    received = {sha: at for _, sha, at in arrivals}
    for period in cases.periods(session, case_id):
        mail = mails.get(period.document_id)
        if period.status is PeriodStatus.TACIT:
            facts.append(Fact(GRANTED, paris_date(period.at), period.at, TACIT))
        elif period.status is PeriodStatus.GRANTED and period.origin is PeriodOrigin.EXTENSION:
            at = received.get(mail or "", period.at)
            facts.append(Fact(GRANTED, paris_date(at), at, EXTENDED, mail))
    titles = {event.name: event.title for event in circuit.events}
    for one in happenings.of_case(session, case_id):
        title = f"{titles.get(one.name, one.name)} le {one.on:%d/%m/%Y}"
        facts.append(Fact(f"{EVENT}{one.name}", one.on, one.at, title, number=one.id or 0))
    forwards = circuit.forwarding.letter if circuit.forwarding is not None else None
    for letter, sent_at, mail in turn.letters_about(session, case_id):
        day = paris_date(sent_at)
        title = f"lettre « {letter} » partie le {day:%d/%m/%Y}"
        about = mail if letter == forwards else None
        facts.append(Fact(f"{LETTER}{letter}", day, sent_at, title, about=about))
    return tuple(sorted(facts, key=lambda fact: fact.at))
