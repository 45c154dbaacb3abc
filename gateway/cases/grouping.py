"""Whom do the documents of one mail speak of? One group a person and authorisation; pure.

Several copies (volets) of one form fall in one group; the forms of two patients in one mail do not. A
document that names nobody follows the others when they all speak of one case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from gateway.cases.matching import Identity, compare, fold_number, fold_reference, name_key
from gateway.circuits.decision import DocumentSeen, MailSeen
from gateway.circuits.model import Circuit
from gateway.circuits.periods import date_of, value_of
from storage.cases import Case


@dataclass(frozen=True, slots=True)
class Group:
    """Documents of one case, in the order of the mail, and what they say together."""

    documents: tuple[DocumentSeen, ...]
    identity: Identity


def group_documents(circuit: Circuit, mail: MailSeen, establishment: str | None) -> tuple[Group, ...]:
    """Group the documents of ``mail``; ``establishment`` is the FINESS routing recognised."""
    quoted = quoted_references(circuit, mail.subject)
    groups: list[Group] = []
    nameless: list[DocumentSeen] = []
    for document in mail.documents:
        identity = identity_of(document, establishment)
        if not identity.says_something:
            nameless.append(document)
            continue
        place = next((n for n, g in enumerate(groups) if _same(circuit, identity, g.identity)), None)
        if place is None:
            groups.append(Group((document,), identity))
        else:
            held = groups[place]
            groups[place] = Group((*held.documents, document), _together(held.identity, identity))
    if not groups and (quoted or nameless):
        groups.append(Group(tuple(nameless), Identity(finess=establishment)))
    elif len(groups) == 1:
        together = sorted((*groups[0].documents, *nameless), key=lambda d: d.position)
        groups[0] = replace(groups[0], documents=tuple(together))
    if len(groups) == 1:
        groups[0] = replace(groups[0], identity=replace(groups[0].identity, quoted=quoted))
    return tuple(g for g in groups if g.documents)


def identity_of(document: DocumentSeen, establishment: str | None) -> Identity:
    """What one document says of its case."""
    return Identity(
        form_reference=fold_reference(value_of(document, "reference")),
        cnas_number=fold_number(value_of(document, "cnas_number")),
        name=value_of(document, "patient_name"),
        first_names=value_of(document, "patient_first_names"),
        birth_date=date_of(document, "patient_birth_date"),
        finess=value_of(document, "establishment_finess") or establishment,
    )


def identity_of_case(case: Case) -> Identity:
    """What a case knows of itself."""
    return Identity(
        form_reference=case.form_reference,
        cnas_number=case.cnas_number,
        name=case.patient_name,
        first_names=case.patient_first_names,
        birth_date=case.patient_birth_date,
        finess=case.establishment_finess,
        quoted=(case.reference,),
    )


def case_columns(group: Group, caisse: str | None) -> dict[str, Any]:
    """What a group says, as columns of a case, cut to their width."""
    seen = group.identity
    names = (value_of(d, "establishment_name") for d in group.documents)
    return {
        "form_reference": _cut(seen.form_reference, 80),
        "cnas_number": _cut(seen.cnas_number, 20),
        "patient_name": _cut(seen.name, 120),
        "patient_first_names": _cut(seen.first_names, 120),
        "patient_birth_date": seen.birth_date,
        "name_key": name_key(seen.name, seen.first_names),
        "establishment_finess": _cut(seen.finess, 9),
        "establishment_name": _cut(next(filter(None, names), None), 200),
        "caisse": caisse,
    }


def quoted_references(circuit: Circuit, subject: str) -> tuple[str, ...]:
    """Our case references quoted in a subject."""
    pattern = rf"\b{re.escape(circuit.reference_prefix)}-\d{{4}}-\d{{5,}}\b"
    found: Iterable[str] = re.findall(pattern, subject, re.IGNORECASE)
    return tuple(dict.fromkeys(reference.upper() for reference in found))


def _same(circuit: Circuit, one: Identity, other: Identity) -> bool:
    if one.form_reference and other.form_reference and one.form_reference != other.form_reference:
        return False
    match = compare(one, other)
    # In one mail a shared reference or number needs no more, unless something contradicts it.
    shares = any(
        mine and mine == theirs
        for mine, theirs in (
            (one.form_reference, other.form_reference),
            (one.cnas_number, other.cnas_number),
        )
    )
    return match.score >= (0.65 if shares else circuit.match_threshold)


def _together(one: Identity, other: Identity) -> Identity:
    return Identity(
        form_reference=one.form_reference or other.form_reference,
        cnas_number=one.cnas_number or other.cnas_number,
        name=one.name or other.name,
        first_names=one.first_names or other.first_names,
        birth_date=one.birth_date or other.birth_date,
        finess=one.finess or other.finess,
    )


def _cut(text: str | None, length: int) -> str | None:
    return text[:length] if text else None
