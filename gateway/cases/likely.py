"""Cases that may be the one a document speaks of, the likeliest first."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.cases.grouping import identity_of_case
from gateway.cases.matching import CANDIDATE_FLOOR, Identity, Match, compare, name_key
from gateway.circuits.model import Circuit
from storage import cases
from storage.cases import Case
from storage.db import Session

_MAX_CANDIDATES = 10


@dataclass(frozen=True, slots=True)
class Likely:
    case: Case
    match: Match


def likely(session: Session, circuit: Circuit, seen: Identity) -> tuple[Likely, ...]:
    """At most ten cases of the circuit that share something with what was read."""
    found = cases.possible(
        session,
        circuit.name,
        references=seen.quoted,
        form_reference=seen.form_reference,
        cnas_number=seen.cnas_number,
        birth_date=seen.birth_date,
        name_key=name_key(seen.name, seen.first_names),
    )
    scored = (Likely(case, compare(seen, identity_of_case(case))) for case in found)
    kept = sorted((s for s in scored if s.match.score >= CANDIDATE_FLOOR), key=lambda s: -s.match.score)
    return tuple(kept[:_MAX_CANDIDATES])
