"""From rows to what ``assess`` needs: the forms, reports and periods of a case, and whether names agree."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime

from gateway.circuits.contested import Contested as Rules
from gateway.circuits.contested import Reason
from gateway.circuits.model import Circuit
from gateway.clock import paris_date
from gateway.contestations.assess import Assessment, CaseFile, Contested, Covered, Seen, assess
from parsers.folding import capitals
from storage import cases, deliveries, documents, outbox
from storage.cases import Case, PeriodStatus
from storage.contestations import Contestation
from storage.db import Session
from storage.documents import Document, FactRow

_BOX4 = "patient_signature"
_WRITTEN = ("document_date", "report_date")


def assessed(session: Session, circuit: Circuit, found: Contestation, case: Case) -> Assessment:
    """The assessment of a contestation that has its case, from what the case holds now."""
    claim = Contested(Reason(found.reason), found.starts, found.ends, found.amount)
    return assess(claim, case_file(session, circuit, case, found))


def case_file(session: Session, circuit: Circuit, case: Case, found: Contestation) -> CaseFile:
    """What ``case`` holds that answers ``found``; erased documents count for nothing."""
    rules = circuit.contestations
    papers = [d for d in cases.documents(session, case.id or 0) if d.trouble is None]
    facts: dict[int, list[FactRow]] = {}
    for fact in documents.facts_of(session, [d.id for d in papers if d.id is not None]):
        facts.setdefault(fact.document_id, []).append(fact)
    acknowledged = outbox.first_sent(session, {d.delivery for d in papers})
    seen = [
        _seen(session, circuit, paper, facts.get(paper.id or 0, []), acknowledged.get(paper.delivery))
        for paper in papers
    ]
    return CaseFile(
        reference=case.reference,
        forms=_once(s for s in seen if s.kind in circuit.authorises),
        reports=_once(s for s in seen if rules is not None and s.kind == rules.reports),
        periods=tuple(_periods(session, circuit, case, papers)),
        identity=tuple(_identity(case, found)),
    )


def _seen(
    session: Session, circuit: Circuit, paper: Document, facts: Iterable[FactRow], sent: datetime | None
) -> Seen:
    said = {fact.name: fact.normalised for fact in facts if fact.normalised}
    mail = deliveries.get(session, paper.delivery)
    written = next((said[name] for name in _WRITTEN if name in said), None)
    return Seen(
        kind=paper.kind or "",
        title=circuit.title_of(paper.kind or ""),
        sha256=paper.sha256,
        received_on=paris_date(mail.received_at) if mail else date.min,
        pages=paper.pages,
        document_date=_day(written),
        box4=said.get(_BOX4),
        acknowledged_on=paris_date(sent) if sent is not None else None,
    )


def _once(found: Iterable[Seen]) -> tuple[Seen, ...]:
    """Several arrivals of one document are one proof: the earliest."""
    kept: dict[str, Seen] = {}
    for one in sorted(found, key=lambda s: s.received_on):
        kept.setdefault(one.sha256, one)
    return tuple(kept.values())


def _periods(
    session: Session, circuit: Circuit, case: Case, papers: Iterable[Document]
) -> Iterable[Covered]:
    known = {paper.id: paper for paper in papers}
    for period in cases.periods(session, case.id or 0):
        paper = known.get(period.document_id)
        if (
            period.status is PeriodStatus.GRANTED
            and paper is not None
            and period.starts is not None
            and period.ends is not None
        ):
            title = circuit.title_of(paper.kind or "")
            yield Covered(title, paper.sha256, period.starts, period.ends, period.amount)


def _identity(case: Case, found: Contestation) -> Iterable[tuple[str, bool | None]]:
    """Names are compared without accents nor case; transliterations are for a person to judge."""
    pairs = (
        ("nom", _plain(found.last_name), _plain(case.patient_name)),
        ("prénoms", _plain(found.first_names), _plain(case.patient_first_names)),
        ("date de naissance", found.birth_date, case.patient_birth_date),
        ("numéro d'immatriculation", _digits(found.cnas_number), _digits(case.cnas_number)),
    )
    for name, theirs, ours in pairs:
        if theirs:
            yield name, (theirs == ours if ours else None)


def _plain(text: str | None) -> str:
    return capitals(text or "")


def _digits(text: str | None) -> str:
    return re.sub(r"\D", "", text or "")


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def rules_of(circuit: Circuit) -> Rules:
    """The circuit's rules of contestations; those who come here have them. Raises ``KeyError``."""
    if circuit.contestations is None:
        raise KeyError(circuit.name)
    return circuit.contestations
