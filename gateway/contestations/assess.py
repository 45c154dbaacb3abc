"""What the file already proves against a contestation, and what is missing: at once, and pure.

A proof names a document by its kind, its day of arrival and its SHA-256, never by its content: the
existence of a medical report is proved to everyone, what it says to nobody here (decision 4). Sentences are
French and go on pages and into the commission pack; each ``letter`` goes into letters, which leave in
clear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from gateway.circuits.contested import Reason
from gateway.circuits.letters import date_fr


class Suggestion(StrEnum):
    """What the gateway proposes; a person decides."""

    ANSWER = "answer"
    ASK = "ask"
    ACCEPT = "accept"
    LOOK = "look"


SUGGESTIONS = {
    Suggestion.ANSWER: "Réintroduire la créance avec le dossier de preuve.",
    Suggestion.ASK: "Demander à l'hôpital ce qui manque.",
    Suggestion.ACCEPT: "Accepter la contestation : les pièces donnent raison à l'institution qui conteste.",
    Suggestion.LOOK: "Regarder les pièces : rien ne permet de conclure sans une personne.",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """One document of the case that counts as proof. ``box4``: ``present``, ``absent``, ``illegible``."""

    kind: str
    title: str
    sha256: str
    received_on: date
    pages: int | None = None
    document_date: date | None = None
    box4: str | None = None
    acknowledged_on: date | None = None
    """Day the acknowledgement of its mail was taken by the next mail server."""


@dataclass(frozen=True, slots=True)
class Covered:
    """A period that a form grants, both days included; amounts are euros with a point."""

    title: str
    sha256: str
    starts: date
    ends: date
    amount: str | None


@dataclass(frozen=True, slots=True)
class CaseFile:
    """What a case holds, as a contestation needs it."""

    reference: str
    forms: tuple[Seen, ...] = ()
    reports: tuple[Seen, ...] = ()
    periods: tuple[Covered, ...] = ()
    identity: tuple[tuple[str, bool | None], ...] = ()
    """Each identity the claim gives (French), and whether the form agrees; ``None``: the form lacks it."""


@dataclass(frozen=True, slots=True)
class Contested:
    """What a claim says that the file can answer."""

    reason: Reason
    starts: date | None = None
    ends: date | None = None
    amount: str | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing the file proves. ``letter``: the same without anything that names a person."""

    code: str
    sentence: str
    letter: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing missing, and who can give it: ``hospital``, ``institution`` or nobody (a person looks)."""

    code: str
    sentence: str
    asked_of: str | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    proved: tuple[Proof, ...]
    missing: tuple[Lack, ...]
    suggestion: Suggestion

    @property
    def to_ask(self) -> tuple[Lack, ...]:
        """What the hospital can give."""
        return tuple(lack for lack in self.missing if lack.asked_of == "hospital")


def assess(claim: Contested, file: CaseFile) -> Assessment:
    """Proofs and lacks for the reason of ``claim``, those of the other reasons after them."""
    forms = _forms(file, needed=claim.reason is not Reason.REPORT_MISSING)
    reports = _reports(file, needed=claim.reason is Reason.REPORT_MISSING)
    dates = _dates(claim, file)
    amount = _amount(claim, file)
    identity = _identity(file)
    order = {
        Reason.FORM_MISSING: (forms, dates, reports),
        Reason.REPORT_MISSING: (reports, forms),
        Reason.DATES: (dates, forms),
        Reason.AMOUNT: (amount, dates, forms),
        Reason.IDENTITY: (identity, forms),
        Reason.OTHER: (forms, dates, amount, identity, reports),
    }[claim.reason]
    proved = tuple(proof for proofs, _ in order for proof in proofs)
    missing = tuple(lack for _, lacks in order for lack in lacks)
    return Assessment(proved, missing, _suggest(claim.reason, order[0][0], order[0][1], missing))


_Found = tuple[list[Proof], list[Lack]]


def _suggest(
    reason: Reason, proved: Sequence[Proof], lacking: Sequence[Lack], missing: Sequence[Lack]
) -> Suggestion:
    """From the answer to the contested reason itself."""
    if reason is Reason.OTHER:
        return Suggestion.LOOK
    if any(lack.asked_of == "hospital" for lack in lacking):
        return Suggestion.ASK
    if any(lack.code.startswith("against-") for lack in missing):
        return Suggestion.ACCEPT
    return Suggestion.ANSWER if proved and not lacking else Suggestion.LOOK


def _forms(file: CaseFile, *, needed: bool) -> _Found:
    proofs: list[Proof] = []
    for form in file.forms:
        said = f"{form.title} : réception le {date_fr(form.received_on)}"
        said += f" ({form.pages} page{'s' if form.pages > 1 else ''})" if form.pages else ""
        proofs.append(Proof("form", f"{said}.", f"{said} (SHA-256 {form.sha256}).", form.sha256))
        if form.acknowledged_on is not None:
            sent = f"Accusé de réception de cet envoi parti le {date_fr(form.acknowledged_on)}."
            proofs.append(Proof("acknowledged", sent, sent, form.sha256))
        if form.box4 == "present":
            proofs.append(
                Proof("box4", "Le cadre 4 est signé.", "Le cadre 4 du formulaire est signé.", form.sha256)
            )
    if not proofs and needed:
        return [], [
            Lack("form", "Le formulaire de droit (attestation SE 352-301) ou sa copie.", "hospital")
        ]
    unsigned = [form for form in file.forms if form.box4 in {"absent", "illegible"}]
    if unsigned and not any(form.box4 == "present" for form in file.forms):
        word = "n'est pas signé" if unsigned[0].box4 == "absent" else "porte une signature illisible"
        said = (
            f"Le cadre 4 {word} ; l'exemplaire 2 engage pourtant l'institution qui l'a délivré "
            "(circulaire 31/2021, §2)."
        )
        return proofs, [Lack("box4", said)]
    return proofs, []


def _reports(file: CaseFile, *, needed: bool) -> _Found:
    proofs = []
    for report in file.reports:
        written = f", daté du {date_fr(report.document_date)}" if report.document_date else ""
        pages = f" ({report.pages} page{'s' if report.pages > 1 else ''})" if report.pages else ""
        said = f"Un compte rendu médical existe{written}, reçu le {date_fr(report.received_on)}{pages}"
        proofs.append(Proof("report", f"{said}.", f"{said} (SHA-256 {report.sha256}).", report.sha256))
    if proofs or not needed:
        return proofs, []
    return [], [Lack("report", "Le compte rendu médical des soins, pour le pôle médical.", "hospital")]


def _dates(claim: Contested, file: CaseFile) -> _Found:
    if claim.starts is None or claim.ends is None:
        return [], [Lack("stay", "Les dates du séjour contesté ne sont pas connues : complétez-les.")]
    stay = f"du {date_fr(claim.starts)} au {date_fr(claim.ends)}"
    if not file.periods:
        return [], [Lack("periods", "Le formulaire qui accorde la période des soins.", "hospital")]
    proofs = [
        Proof("period", said, f"{said[:-1]} (SHA-256 {period.sha256}).", period.sha256)
        for period in file.periods
        if period.ends >= claim.starts and period.starts <= claim.ends
        for said in (
            f"{period.title} : soins accordés du {date_fr(period.starts)} au {date_fr(period.ends)}.",
        )
    ]
    first = _uncovered(claim.starts, claim.ends, file.periods)
    if first is None:
        proofs.append(
            Proof("covered", f"Le séjour {stay} est tout entier couvert.", f"Séjour {stay} : couvert.")
        )
        return proofs, []
    against = f"Le séjour {stay} n'est pas couvert à partir du {date_fr(first)}."
    return proofs, [Lack("against-dates", against)]


def _uncovered(starts: date, ends: date, periods: Sequence[Covered]) -> date | None:
    """The first day of a stay that no period grants."""
    day = starts
    for period in sorted(periods, key=lambda p: p.starts):
        if period.starts > day:
            break
        if period.ends >= day:
            if period.ends >= ends:
                return None
            day = date.fromordinal(period.ends.toordinal() + 1)
    return day


def _amount(claim: Contested, file: CaseFile) -> _Found:
    contested = euros(claim.amount)
    granted = [(period, value) for period in file.periods if (value := euros(period.amount)) is not None]
    if contested is None:
        return [], [Lack("amount", "Le montant contesté n'est pas connu : complétez-le.")]
    if not granted:
        return [], [
            Lack("granted", "Le formulaire ou le devis accepté qui porte le montant accordé.", "hospital")
        ]
    total = sum((value for _, value in granted), Decimal())
    proofs = [
        Proof("amount", said, f"{said[:-1]} (SHA-256 {period.sha256}).", period.sha256)
        for period, value in granted
        for said in (f"{period.title} : {euros_fr(value)} accordés.",)
    ]
    if contested <= total:
        said = f"Les {euros_fr(contested)} contestés tiennent dans les {euros_fr(total)} accordés."
        return [*proofs, Proof("within", said, said)], []
    over = f"Le montant contesté dépasse de {euros_fr(contested - total)} ce qui est accordé."
    return proofs, [Lack("against-amount", over)]


def _identity(file: CaseFile) -> _Found:
    proofs, lacks = [], []
    for name, agrees in file.identity:
        if agrees:
            said = f"Concordance du formulaire et de la contestation : {name}."
            proofs.append(Proof("identity", said, said))
        elif agrees is None:
            lacks.append(Lack("unknown-identity", f"Le dossier ne dit pas : {name}."))
        else:
            said = f"Discordance entre le formulaire et la contestation : {name}."
            lacks.append(Lack("against-identity", said))
    if not file.identity:
        lacks.append(Lack("unknown-identity", "La contestation ne donne aucune identité à comparer."))
    return proofs, lacks


def euros(text: str | None) -> Decimal | None:
    """A stored amount; ``None`` for what is none."""
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None


def euros_fr(value: Decimal) -> str:
    """``12 345,60 €`` with no-break spaces."""
    return f"{value:,.2f}".replace(",", "\u202f").replace(".", ",") + "\u00a0€"
