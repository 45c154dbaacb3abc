"""A caisse registers the beneficiary of a case, and changes the rights when a form says so.

Rights are the dates of a form, never guessed (domain, 10.2). A tacit acceptance moves nothing by itself: it
is offered only when a person confirmed it on its proof, where the circuit lets it, with a written reason.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from gateway.cases.nir import Found, check, read, written
from gateway.circuits.desk import Registration as Rules
from gateway.circuits.model import Circuit
from gateway.errors import Refused
from gateway.evidence.cover import covering
from gateway.evidence.record import Kind
from storage import cases, documents, registrations, reviews
from storage.cases import Case, Period, PeriodOrigin, PeriodStatus
from storage.db import Session
from storage.documents import PERSON, Document
from storage.registrations import Registration
from storage.reviews import Said

Event = tuple[Kind, str, Mapping[str, Any]]

_NAMES = {
    PeriodOrigin.AUTHORISATION: ("start_date", "end_date"),
    PeriodOrigin.EXTENSION: ("granted_start", "granted_end"),
}
"""Fields of a form that write the dates of its period."""
_DATES = frozenset(name for names in _NAMES.values() for name in names)

NO_RULES = (
    "Ce circuit ne dit pas comment une caisse enregistre un bénéficiaire ; rien n’a été changé :"
    " complétez la partie [registration] de son circuit.toml."
)
CHANGED = (
    "Une autre personne vient d’inscrire ce bénéficiaire ; rien n’a été changé : relisez la page avant de"
    " recommencer."
)
NO_FORM = (
    "Les droits se fondent sur un formulaire lisible qui les accorde ; rien n’a été changé. Choisissez une"
    " période de la liste."
)


@dataclass(frozen=True, slots=True)
class Basis:
    """A period that may found rights, and the dates proposed from it."""

    period: Period
    starts: date
    ends: date
    joined: bool
    """The dates go on from the rights already open, without a day between."""
    done: bool
    """Rights were already opened on it."""
    corrected: bool = False
    """A person wrote other dates than those first read on the form: theirs are proposed."""

    @property
    def tacit(self) -> bool:
        return self.period.status is PeriodStatus.TACIT

    @property
    def extends(self) -> bool:
        return self.period.origin is PeriodOrigin.EXTENSION


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person of the caisse typed, and how many entries they had seen."""

    seen: int
    nir: str
    period_id: int
    starts: date
    ends: date
    reason: str = ""


def offered(session: Session, circuit: Circuit, case: Case) -> tuple[Basis, ...]:
    """Periods that may found rights, in the order they came: granted by a form that nobody rejected."""
    rules = circuit.registration
    if rules is None or case.id is None:
        return ()
    rows = cases.periods(session, case.id)
    entries = registrations.of_case(session, case.id)
    kinds = {document.id: document for document in cases.documents(session, case.id)}
    refused = {
        number
        for number, review in reviews.latest(session, [p.document_id for p in rows]).items()
        if review.said is Said.REJECTED
    }
    written = _written_by_people(session, [p.document_id for p in rows])
    standing = set(covering(rows))
    found = []
    for period in rows:
        good = (period.starts, period.ends) in standing and period.document_id not in refused
        if good and _founds(period, kinds.get(period.document_id), circuit, rules):
            found.append(_basis(period, entries, written.get(period.document_id, {})))
    return tuple(found)


def register(
    session: Session,
    circuit: Circuit,
    case: Case,
    asked: Asked,
    *,
    caisses: Collection[str],
    sex: str | None,
    by: str,
    at: datetime,
) -> list[Event]:
    """Add an entry; the events to record last. ``caisses``: codes the number may bear.

    Raises ``Refused`` when the number fails a confirmed check, the dates are no form's, a doubt has no
    written reason, or somebody else wrote meanwhile.
    """
    rules = circuit.registration
    if rules is None or case.id is None:
        raise Refused(NO_RULES)
    cases.lock_circuit(session, circuit.name)
    basis = next((b for b in offered(session, circuit, case) if b.period.id == asked.period_id), None)
    if basis is None:
        raise Refused(NO_FORM)
    number = read(asked.nir)
    found = check(number, rules.checks, caisses, sex)
    wrong = [one.sentence for one in found if one.refuses]
    if wrong:
        raise Refused(f"Ce numéro ne peut pas être inscrit : {' '.join(wrong)} Rien n’a été changé.")
    reason = " ".join(asked.reason.split())[:300]
    doubts = doubts_of(session, case, asked, basis, found)
    if doubts and not reason:
        raise Refused(f"{' '.join(doubts)} Rien n’a été changé : écrivez le motif, ou corrigez.")
    entries = registrations.of_case(session, case.id)
    entry = Registration(
        case_id=case.id,
        number=asked.seen + 1,
        nir=number.digits,
        starts=asked.starts,
        ends=asked.ends,
        period_id=basis.period.id,
        tacit=basis.tacit,
        checks=[{"name": f.name, "holds": f.holds, "status": f.status} for f in found],
        reason=reason,
        by=by,
        at=at,
    )
    if len(entries) != asked.seen or not registrations.add(session, entry):
        raise Refused(CHANGED)
    return [_event(case, entry, doubted=bool(doubts))]


def doubts_of(
    session: Session, case: Case, asked: Asked, basis: Basis, found: Sequence[Found]
) -> list[str]:
    """What a person must answer for in writing (French). Raises ``Refused`` for dates that cannot be."""
    if asked.ends < asked.starts:
        raise Refused("La fin des droits précède leur début ; rien n’a été changé. Corrigez les dates.")
    doubts = [one.sentence for one in found if one.doubts]
    if (asked.starts, asked.ends) != (basis.starts, basis.ends):
        doubts.append("Les dates ne sont pas celles que propose le formulaire.")
    if basis.tacit:
        doubts.append("La période est tacite : aucun formulaire validé par la CNAS ne l’accorde.")
    if registrations.cases_with(session, read(asked.nir).digits, case.id or 0):
        doubts.append("Ce numéro est déjà celui d’un autre dossier.")
    return doubts


def _founds(period: Period, document: Document | None, circuit: Circuit, rules: Rules) -> bool:
    if period.status is PeriodStatus.TACIT:
        return rules.tacit == "with-reason"
    if period.status is not PeriodStatus.GRANTED or document is None:
        return False
    kinds = circuit.answers if period.origin is PeriodOrigin.EXTENSION else circuit.authorises
    return document.kind in kinds


def _written_by_people(session: Session, numbers: Collection[int]) -> dict[int, dict[str, date]]:
    """The last day a person wrote for each date of these documents."""
    found: dict[int, dict[str, date]] = {}
    for fact in documents.facts_of(session, numbers):
        day = _day(fact.normalised) if fact.source == PERSON and fact.name in _DATES else None
        if day is not None:
            found.setdefault(fact.document_id, {})[fact.name] = day
    return found


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _basis(period: Period, entries: Sequence[Registration], typed: Mapping[str, date]) -> Basis:
    read = (period.starts or date.min, period.ends or date.max)
    first, last_name = _NAMES[period.origin]
    starts, ends = typed.get(first, read[0]), typed.get(last_name, read[1])
    done = any(entry.period_id == period.id for entry in entries)
    last = entries[-1] if entries else None
    joined = (
        last is not None
        and not done
        and last.starts <= starts <= last.ends + timedelta(days=1)
        and ends >= last.ends
    )
    begins = last.starts if joined and last is not None else starts
    return Basis(period, begins, ends, joined, done, corrected=first in typed or last_name in typed)


def _event(case: Case, entry: Registration, *, doubted: bool) -> Event:
    fields = {
        "action": "registered" if entry.number == 1 else "updated",
        "number": entry.number,
        "starts": entry.starts.isoformat(),
        "ends": entry.ends.isoformat(),
        "tacit": entry.tacit,
        "doubted": doubted,
        "reason": entry.reason,
        "by": entry.by,
    }
    return Kind.REGISTRATION, f"case:{case.reference}", fields


def shown(entry: Registration) -> str:
    """The number with its key, in groups."""
    return written(entry.nir)
