"""Completeness and consistency of one filled form: what is missing, unreadable or contradictory.

Each issue is one French sentence that says what was seen, by which rule, and what to do (forms.md, last
section). The case is opened all the same: these are for the person who works on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from parsers.facts import Box, Fact, Issue, Severity
from parsers.folding import fold
from parsers.forms.normalise import REPAIRED
from parsers.forms.template import Check, FieldSpec, FieldType, Template

MISSING = "missing"
TO_COMPLETE = frozenset({MISSING, "unreadable", "signature-absent", "signature-illegible"})
"""What the sender is asked to complete, with the picture of the place; a wrong value is never sent back."""

Places = Mapping[str, tuple[int, Box]]
"""Where the label of each field stands, when it was seen: page and box."""


def issues(
    template: Template,
    facts: Sequence[Fact],
    codes: Mapping[str, str],
    places: Places,
    kind: str,
    today: date,
) -> tuple[Issue, ...]:
    """Every issue of a form of document kind ``kind``, in the order of the template's fields.

    ``codes``: for some fields, the rule of their type that does not hold.
    """
    by_name: dict[str, list[Fact]] = {}
    for fact in facts:
        by_name.setdefault(fact.name, []).append(fact)
    found: list[Issue] = []
    for field in template.fields:
        read = by_name.get(field.name, [])
        if not read:
            found += _missing(template, field, by_name, places, kind)
            continue
        found += _typed(field, read, codes)
        found += _signature(template, field, read, kind)
        found += _disagreement(field, read)
    for check in template.checks:
        found += _check(template, check, by_name, today)
    return tuple(found)


def _applies(field: FieldSpec, kind: str) -> bool:
    return field.required != "no" and (not field.kinds or kind in field.kinds)


def _severity(field: FieldSpec) -> Severity:
    return Severity.ERROR if field.required == "error" else Severity.WARNING


def _title(field: FieldSpec) -> str:
    return field.title or f"« {field.labels[0]} »" if field.labels else field.title or field.name


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _box(template: Template, field: FieldSpec) -> str:
    box = template.box(field.box)
    return f" dans {box.title}" if box is not None and box.title else ""


def _missing(
    template: Template, field: FieldSpec, read: Mapping[str, list[Fact]], places: Places, kind: str
) -> Iterator[Issue]:
    if not _applies(field, kind) or (field.unless is not None and read.get(field.unless)):
        return
    page, box = places.get(field.name, (None, None))
    if field.type is FieldType.SIGNATURE:
        yield Issue(
            "unreadable",
            field.name,
            Severity.WARNING,
            f"{_capital(_title(field))} n'a pas pu être jugée{_box(template, field)} : regardez la page.",
            page,
            box,
        )
        return
    yield Issue(
        MISSING,
        field.name,
        _severity(field),
        f"{_capital(_title(field))} n'a pas été trouvé{_agreed(field)}{_box(template, field)} : "
        "la pièce est gardée, complétez ou demandez cette mention à l'expéditeur.",
        page,
        box,
    )


def _agreed(field: FieldSpec) -> str:
    return "e" if field.title.startswith(("la ", "une ")) else ""


def _said(field: FieldSpec, normalised: str) -> str:
    """A normalised value as French writes it."""
    if field.type is FieldType.DATE:
        return "/".join(reversed(normalised.split("-")))
    if field.type is FieldType.MONEY:
        whole, _, cents = normalised.partition(".")
        return f"{int(whole):,}".replace(",", "\u202f") + f",{cents} €"
    return normalised


def _typed(field: FieldSpec, read: Sequence[Fact], codes: Mapping[str, str]) -> Iterator[Issue]:
    fact = read[0]
    name = _capital(_title(field))
    severity = (
        Severity.ERROR if field.required == "error" or field.type is FieldType.FINESS else Severity.WARNING
    )
    code = codes.get(field.name)
    if code == "finess-check":
        yield Issue(
            code, field.name, Severity.ERROR,
            f"{name} « {fact.value} » ne respecte pas la clé de contrôle du FINESS "
            "(neuf caractères, clé de Luhn) : vérifiez-le sur la page.",
            fact.page, fact.box,
        )  # fmt: skip
    elif code == "amount-not-a-number":
        yield Issue(
            code, field.name, severity,
            f"{name} « {fact.value} » n'est pas un nombre en euros : lisez-le sur la page et corrigez-le.",
            fact.page, fact.box,
        )  # fmt: skip
    elif code == "nir-key":
        yield Issue(
            code, field.name, Severity.WARNING,
            f"La clé du numéro « {fact.value} » n'est pas celle qui se calcule sur ses treize chiffres : "
            "vérifiez-le sur la page.",
            fact.page, fact.box,
        )  # fmt: skip
    elif all(f.normalised is None for f in read):
        yield Issue(
            "unreadable", field.name, severity,
            f"{name} « {fact.value} » n'a pas pu être compris{_agreed(field)} comme attendu : "
            "lisez la page et corrigez.",
            fact.page, fact.box,
        )  # fmt: skip
    elif code == REPAIRED and fact.normalised is not None:
        yield Issue(
            code, field.name, Severity.INFO,
            f"{name} a été lu{_agreed(field)} « {fact.value} » et compris{_agreed(field)} "
            f"« {_said(field, fact.normalised)} » : vérifiez sur la page avant de vous y fier.",
            fact.page, fact.box,
        )  # fmt: skip
    seen = [f.normalised for f in read if f.normalised is not None]
    if field.pattern and seen and not any(re.search(field.pattern, one) for one in seen):
        yield Issue(
            f"{field.name.replace('_', '-')}-format", field.name, Severity.WARNING,
            f"{name} « {fact.value} » n'a pas la forme attendue : vérifiez-le sur la page.",
            fact.page, fact.box,
        )  # fmt: skip


def _signature(template: Template, field: FieldSpec, read: Sequence[Fact], kind: str) -> Iterator[Issue]:
    if field.type is not FieldType.SIGNATURE or not _applies(field, kind):
        return
    verdict = read[0].normalised
    if verdict == "absent":
        yield Issue(
            "signature-absent", field.name, _severity(field),
            f"{_capital(_title(field))} manque{_box(template, field)} : la pièce est gardée et le cadre à "
            "compléter est renvoyé en image à l'expéditeur.",
            read[0].page, read[0].box,
        )  # fmt: skip
    elif verdict == "illegible":
        yield Issue(
            "signature-illegible", field.name, Severity.WARNING,
            f"{_capital(_title(field))} n'a pas pu être jugée{_box(template, field)} : regardez la page.",
            read[0].page, read[0].box,
        )  # fmt: skip


def _disagreement(field: FieldSpec, read: Sequence[Fact]) -> Iterator[Issue]:
    values = {f.normalised for f in read if f.normalised is not None}
    if len(values) > 1:
        seen = " et ".join(f"« {f.value} »" for f in read if f.normalised is not None)
        yield Issue(
            "sources-disagree", field.name, Severity.WARNING,
            f"Deux lectures ne concordent pas pour {_title(field)} ({seen}) : "
            "les deux sont gardées, choisissez.",
            read[0].page, read[0].box,
        )  # fmt: skip


def against_envelope(
    template: Template, envelope: Sequence[Fact], read: Sequence[Fact]
) -> tuple[Issue, ...]:
    """Where what came with a form (the header of a CDA, the metadata of an archive) says otherwise.

    Both facts stay: a person chooses. Accents, case and a first name less are no disagreement.
    """
    found: list[Issue] = []
    for field in template.fields:
        told = next((f for f in envelope if f.name == field.name and f.normalised), None)
        seen = _best([f for f in read if f.name == field.name])
        if told is None or seen is None or _same(str(told.normalised), str(seen.normalised)):
            continue
        found.append(
            Issue(
                "sources-disagree", field.name, Severity.WARNING,
                f"Ce qui accompagne la pièce et la pièce elle-même ne concordent pas pour {_title(field)} "
                f"(« {told.value} » et « {seen.value} ») : les deux sont gardés, choisissez.",
                seen.page, seen.box,
            )
        )  # fmt: skip
    return tuple(found)


def _same(one: str, other: str) -> bool:
    words, others = fold(one).split(), fold(other).split()
    return words == others[: len(words)] or others == words[: len(others)]


def _check(
    template: Template, check: Check, read: Mapping[str, list[Fact]], today: date
) -> Iterator[Issue]:
    specs = [template.field(n) for n in check.fields]
    facts = [_best(read.get(n, [])) for n in check.fields]
    if any(f is None or f.normalised is None for f in facts) or any(s is None for s in specs):
        return
    seen = [f for f in facts if f is not None]
    titles = [_title(s) for s in specs if s is not None]
    last = seen[-1]
    if check.rule == "order" and str(seen[0].normalised) > str(seen[1].normalised):
        yield Issue(
            check.code, check.fields[1], Severity.ERROR,
            f"{_capital(titles[1])} ({seen[1].value}) précède {titles[0]} ({seen[0].value}) : "
            "vérifiez les deux dates sur la page.",
            last.page, last.box,
        )  # fmt: skip
    if check.rule == "past" and str(seen[0].normalised) > today.isoformat():
        yield Issue(
            check.code, check.fields[0], Severity.ERROR,
            f"{_capital(titles[0])} ({seen[0].value}) est dans l'avenir : vérifiez-la sur la page.",
            last.page, last.box,
        )  # fmt: skip


def _best(facts: Sequence[Fact]) -> Fact | None:
    return max((f for f in facts if f.normalised is not None), key=lambda f: f.confidence, default=None)
