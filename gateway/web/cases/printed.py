"""The beneficiary of a case as the forms print it: a case keeps folded capitals, people read names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.web.said import bare
from parsers.facts import Confidentiality
from storage.cases import Case
from storage.documents import PERSON, FactRow
from storage.sheets import Paper


@dataclass(frozen=True, slots=True)
class Printed:
    """What the page of a case writes; ``form_number`` as it is written on the form."""

    name: str
    first_names: str
    form_number: str | None


def printed(case: Case, papers: Iterable[Paper]) -> Printed:
    """The writings of administrative documents that say the same as the case, else what it keeps."""
    plain = [p for p in papers if p.document.confidentiality == Confidentiality.ADMINISTRATIVE]
    facts = [fact for paper in plain for fact in paper.facts]
    return Printed(
        _written(facts, "patient_name", case.patient_name) or "",
        _written(facts, "patient_first_names", case.patient_first_names) or "",
        _written(facts, "reference", case.form_reference),
    )


def _written(facts: Iterable[FactRow], name: str, kept: str | None) -> str | None:
    """The best writing of ``kept``: a person's, then the surest, then one that is not all capitals."""
    same = [f for f in facts if f.name == name and kept and bare(f.value) == bare(kept)]
    best = max(same, key=lambda f: (f.source == PERSON, f.confidence, not f.value.isupper()), default=None)
    return " ".join(best.value.split()) if best is not None else kept
