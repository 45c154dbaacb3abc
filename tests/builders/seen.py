"""Values of the journey built by hand: a circuit, documents, a mail, a decision, a directory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from types import MappingProxyType

from gateway.circuits.decision import Decision, DocumentSeen, MailKind, MailSeen, Route
from gateway.circuits.directory import Correspondent, Directory, Establishment
from gateway.circuits.model import (
    Circuit,
    DeadlineRule,
    Letter,
    Mailbox,
    Queue,
    ReminderRule,
    Start,
    Unit,
)
from gateway.circuits.notice import Notice
from parsers.facts import Confidentiality, Fact, Issue, Source

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MAILBOX = "protocole@cnse.example"
HOSPITAL = "admissions@chu.example"
FINESS = "750100042"

COVERAGE = DeadlineRule(
    kind="coverage-end",
    title="Fin de la prise en charge",
    start=Start.PERIOD_END,
    document_kinds=("se352-301", "se352-302-answer"),
    start_fact=None,
    delay=0,
    unit=Unit.DAY,
    calendar="common",
    basis="Circulaire 31/2021, 3",
    status="confirmed",
    effective_from=None,
    effective_to=None,
    stopped_by=("se352-302-request",),
    reminders=tuple(ReminderRule(days, "rappel", "hospital") for days in (30, 15, 7, 3)),
)
ANSWER = replace(
    COVERAGE,
    kind="cnas-answer",
    title="Réponse de la CNAS",
    start=Start.RECEPTION,
    document_kinds=("se352-302-request",),
    delay=15,
    unit=Unit.WORKING_DAY,
    calendar="dz",
    basis="Protocole, article 6",
    status="to be confirmed",
    stopped_by=("se352-302-answer",),
    reminders=(),
)

NOTICE = Notice(
    key="reminder:1:30",
    circuit="essai",
    letter="rappel",
    mailbox=MAILBOX,
    recipient=HOSPITAL,
    deadline="Fin de la prise en charge",
    due=date(2027, 2, 26),
    basis="b",
    status="confirmed",
    days_left=30,
    received_at=AT,
    queue="cpam-131",
    case_id=None,
    case_reference=None,
    form_reference=None,
    caisse=None,
    delivery="a" * 64,
)


def circuit(**changes: object) -> Circuit:
    """A small circuit with the kinds of the first one; ``changes`` replace its fields."""
    made = Circuit(
        name="essai",
        title="Soins programmés",
        source="essai",
        rules_hash="0" * 64,
        reference_prefix="PSR",
        mailboxes=(Mailbox(MAILBOX, "CNSE", "Pôle conventions", "02 97 00 00 00", "cnse-administratif"),),
        queues=(
            Queue("cpam-<caisse>", "CPAM <caisse>", ("cpam:<caisse>",), "administrative"),
            Queue("cnse-administratif", "CNSE", ("cnse-admin",), "administrative"),
            Queue("cnse-medical", "Médical", ("cnse-medical",), "medical"),
            Queue("quarantaine", "Quarantaine", ("supervisor",), "administrative"),
        ),
        kinds=(),
        kind_titles={
            "se352-301": "Attestation de droits aux soins programmés (SE 352-301)",
            "se352-302-request": "Demande de poursuite (SE 352-302)",
            "se352-302-answer": "Réponse à une demande (SE 352-302)",
            "medical-report": "Compte rendu médical",
        },
        templates={},
        routes=(),
        unknown_queue="a-identifier",
        quarantine_queue="quarantaine",
        unknown_senders="accept",
        opens_case=("se352-301",),
        authorises=("se352-301",),
        requests=("se352-302-request",),
        answers=("se352-302-answer",),
        question_kind="question",
        match_threshold=0.9,
        deadlines=(COVERAGE, ANSWER),
        letters={
            "accuse": Letter(
                "accuse",
                "Accusé de réception{% if case_reference %} {{ case_reference }}{% endif %}",
                "Bonjour,\n\nReçu le {{ received_on|date_fr }} par {{ mailbox.service }}"
                " ({{ mailbox.phone }}).\n{% for d in documents %}\n- {{ d.title }}"
                "{% if d.name %} ({{ d.name }}){% endif %}\n{% endfor %}"
                "{% for m in missing %}\n* {{ m }}\n{% endfor %}",
            ),
            "rappel": Letter(
                "rappel",
                "Rappel{% if deadline %} : {{ deadline }}{% endif %}",
                "Échéance{% if due %} le {{ due|date_fr }}{% endif %}.\n",
            ),
        },
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def fact(name: str, value: str, *, source: Source = Source.TEXT, confidence: float = 0.9) -> Fact:
    """A fact whose normalised value is its value."""
    return Fact(name, value, value, "0" * 64, 1, None, source, confidence)


def document(
    position: int,
    kind: str,
    facts: Mapping[str, str] = MappingProxyType({}),
    *,
    confidentiality: Confidentiality = Confidentiality.ADMINISTRATIVE,
    issues: tuple[Issue, ...] = (),
) -> DocumentSeen:
    return DocumentSeen(
        position=position,
        name=f"piece-{position}.pdf",
        media_type="application/pdf",
        sha256=f"{position:064x}",
        kind=kind,
        score=1.0,
        confidentiality=confidentiality,
        facts=tuple(fact(name, value) for name, value in facts.items()),
        issues=issues,
    )


def authorisation(position: int = 0, **changes: str) -> DocumentSeen:
    """A complete 301 of an invented patient; ``changes`` replace facts, an empty one removes it."""
    facts = {
        "reference": "DZ 2026/117",
        "cnas_number": "196112345678",
        "patient_name": "BENALI",
        "patient_first_names": "MOHAMED",
        "patient_birth_date": "1961-03-14",
        "establishment_finess": FINESS,
        "establishment_name": "CHU DE L'EXEMPLE",
        "start_date": "2026-12-01",
        "end_date": "2027-02-26",
        "amount": "12500.00",
        **changes,
    }
    return document(position, "se352-301", {name: value for name, value in facts.items() if value})


def mail(*documents: DocumentSeen, **changes: object) -> MailSeen:
    made = MailSeen(
        sha256="a" * 64,
        kind=MailKind.MAIL,
        mailbox=MAILBOX,
        envelope_from=HOSPITAL,
        sender=HOSPITAL,
        recipients=(MAILBOX,),
        subject="Attestation",
        received_at=AT,
        decryption="absent",
        signature="absent",
        documents=documents,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def decision(seen: MailSeen, *, queue: str = "cpam-131", **changes: object) -> Decision:
    """Everything to one queue, acknowledged by ``accuse``."""
    positions = tuple(d.position for d in seen.documents)
    kind = seen.documents[0].kind if seen.documents else "question"
    made = Decision(
        circuit="essai",
        routes=(Route(queue, positions, kind, (), ("règle d'essai",)),),
        letter="accuse",
        reasons=("règle d'essai",),
        rules_hash="0" * 64,
        caisse="131",
        establishment=FINESS,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def directory() -> Directory:
    """One hospital (``chu.example``), known; every other domain is a stranger."""
    return Directory(
        caisses={},
        establishments={
            FINESS: Establishment(FINESS, "CHU DE L'EXEMPLE", None, "131", domains=("chu.example",))
        },
        correspondents=(Correspondent("@chu.example", "hospital", "CHU", FINESS),),
        communes={},
    )
