"""From folders to ``Circuits``, or every fault at once with its file and line (decision 6).

A circuit's folder holds ``circuit.toml``, ``forms/*.toml`` and ``letters/*.txt``; its name is the
circuit's. The directory and the names of calendars are those of the configuration folder.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.circuits import checks, delays
from gateway.circuits.contested import contested
from gateway.circuits.desk import desk_rules, forwarding, letters_named, registration
from gateway.circuits.directory import Directory
from gateway.circuits.folder import kinds_of_templates, letters_of, rules_hash, templates_of
from gateway.circuits.model import (
    CAISSE,
    CaseEvent,
    Circuit,
    DeadlineRule,
    Escalation,
    Letter,
    Mailbox,
    Queue,
    ReminderRule,
    RouteRule,
)
from gateway.circuits.people import Findings, read_directory
from gateway.circuits.roles import Role
from gateway.circuits.schema import CircuitTable, DeadlineTable, RouteTable, Shaped, validate
from gateway.circuits.source import read
from gateway.errors import ConfigError, Fault
from parsers.classify import Cue, KindRule
from parsers.forms.template import Template

CALENDARS = ("fr", "dz", "common")
"""Always there; a file of ``calendars/`` adds its own name."""


@dataclass(frozen=True, slots=True)
class Circuits:
    """Every circuit in force, and the directory they share."""

    by_name: dict[str, Circuit]
    directory: Directory
    warnings: tuple[Fault, ...] = ()
    """What is worth saying and refuses nothing; ``config check`` shows it."""

    def of_mailbox(self, mailbox: str) -> Circuit | None:
        """The circuit that watches ``mailbox``; the loader refuses two."""
        return next((c for c in self.by_name.values() if c.mailbox(mailbox)), None)

    def name_of(self, mailbox: str) -> str | None:
        """The name of the circuit that watches ``mailbox``."""
        circuit = self.of_mailbox(mailbox)
        return circuit.name if circuit else None


def load_circuits(config: Path, folders: Sequence[Path]) -> Circuits:
    """The circuits of ``folders``, with the directory and the calendars of ``config``.

    Raises ``ConfigError`` with every fault of every file; paths in faults start at ``config``.
    """
    findings = Findings()
    directory = read_directory(config / "directory", "directory", findings)
    calendars = {*CALENDARS, *(path.stem for path in (config / "calendars").glob("*.toml"))}
    loaded: dict[str, tuple[Shaped, Circuit]] = {}
    for folder in folders:
        shown = _shown(folder, config)
        shaped = _load_one(folder, shown, calendars, directory.caisses, findings)
        if shaped and shaped[1].name in loaded:
            findings.faults.append(Fault(shown, 0, f"le circuit « {shaped[1].name} » est nommé deux fois"))
        elif shaped:
            loaded[shaped[1].name] = shaped
    _between(list(loaded.values()), findings.faults)
    if findings.faults:
        raise ConfigError(tuple(sorted(set(findings.faults), key=lambda f: (f.file, f.line, f.message))))
    by_name = {name: circuit for name, (_, circuit) in loaded.items()}
    return Circuits(by_name, directory, tuple(findings.warnings))


def _shown(path: Path, config: Path) -> str:
    for base in (config, config.parent):
        if path.resolve().is_relative_to(base.resolve()):
            return path.resolve().relative_to(base.resolve()).as_posix()
    return path.as_posix()


def _load_one(
    folder: Path, shown: str, calendars: set[str], caisses: Collection[str], findings: Findings
) -> tuple[Shaped, Circuit] | None:
    if not folder.is_dir():
        findings.faults.append(Fault(shown, 0, "le dossier du circuit n'existe pas"))
        return None
    letters = letters_of(folder, shown, findings.faults)
    templates = templates_of(folder, shown, findings.faults)
    source = read(folder / "circuit.toml", f"{shown}/circuit.toml", findings.faults)
    shaped = validate(source, findings.faults) if source else None
    if shaped is None:
        return None
    present = [path.stem for path in (folder / "letters").glob("*.txt")]
    known = checks.Known(
        kinds=shaped.written("kinds", "name"),
        queues=shaped.written("queues", "name"),
        caisses=caisses,
        letters=present,
        forms=[path.stem for path in (folder / "forms").glob("*.toml")],
        templates=templates,
        calendars=calendars,
    )
    checks.check(shaped, known, findings.faults)
    delays.check(shaped, known, findings.faults)
    kinds_of_templates(folder, shown, shaped, templates, findings.faults)
    _advise(shaped, shown, present, findings)
    return shaped, _circuit(folder, shaped.table, letters, templates)


def _advise(shaped: Shaped, shown: str, letters: Sequence[str], findings: Findings) -> None:
    table = shaped.table
    used = {r.letter for r in table.routes} | {table.senders.no_key_letter}
    used |= {r.letter for d in table.deadlines for r in d.reminders}
    used |= {other for t in table.letters for other in (t.instead, t.reminded_by)}
    if table.contestations is not None:
        used |= set(table.contestations.letters.model_dump().values())
    used |= {name for _, name in letters_named(table.desk, table.registration, table.forwarding)}
    for name in sorted(set(letters) - used):
        findings.warnings.append(
            Fault(f"{shown}/letters/{name}.txt", 0, "cette lettre n'est jamais envoyée")
        )
    for index, mailbox in enumerate(table.mailboxes):
        if not mailbox.phone.strip():
            shaped.fault(
                findings.warnings,
                ("mailboxes", index, "phone"),
                "le téléphone du service manque : tout accusé de réception le donne (CRPA, R. 112-11-1)",
            )
    delays.advise(shaped, findings.warnings)


def _circuit(
    folder: Path, table: CircuitTable, letters: dict[str, Letter], templates: dict[str, Template]
) -> Circuit:
    return Circuit(
        name=folder.resolve().name,
        title=table.title,
        source=table.source,
        rules_hash=rules_hash(folder),
        reference_prefix=table.cases.reference_prefix,
        mailboxes=tuple(Mailbox(**m.model_dump()) for m in table.mailboxes),
        queues=tuple(Queue(q.name, q.title, tuple(q.roles), q.confidentiality) for q in table.queues),
        kinds=tuple(
            KindRule(
                k.name,
                k.confidentiality,
                tuple(Cue(c.where, phrase, c.weight) for c in k.cues for phrase in c.phrases),
                k.minimum,
                k.template,
            )
            for k in table.kinds
        ),
        kind_titles={k.name: k.title for k in table.kinds},
        templates=templates,
        routes=tuple(_route(rule) for rule in table.routes),
        unknown_queue=table.unknown_queue,
        quarantine_queue=table.quarantine_queue,
        unknown_senders=table.senders.unknown,
        weak_signatures=table.senders.weak_signatures,
        no_key_letter=table.senders.no_key_letter,
        opens_case=tuple(table.cases.opens),
        authorises=tuple(table.cases.authorises),
        requests=tuple(table.cases.requests),
        answers=tuple(table.cases.answers),
        question_kind=table.question_kind,
        match_threshold=table.cases.match_threshold,
        closing_keeps=tuple(table.cases.closing_keeps),
        deadlines=tuple(_deadline(d, [k.name for k in table.kinds]) for d in table.deadlines),
        events=tuple(CaseEvent(e.name, e.title) for e in table.events),
        letters=_letters(table, letters),
        contestations=contested(table.contestations),
        desk=desk_rules(table.desk),
        registration=registration(table.registration),
        forwarding=forwarding(table.forwarding),
        roles=tuple(Role(**role.model_dump()) for role in table.roles),
        sender_roles=tuple(table.senders.roles),
        caisse_writes=table.senders.caisse == "sender",
    )


def _route(rule: RouteTable) -> RouteRule:
    return RouteRule(
        kind=rule.kind,
        queue=rule.queue,
        forward_to=tuple(rule.forward_to),
        letter=rule.letter,
        needs_caisse=CAISSE in rule.queue,
        reason=rule.reason,
        effective_from=rule.effective_from,
        effective_to=rule.effective_to,
        senders=tuple(rule.senders),
        basis=rule.basis,
        status=rule.status,
        since=rule.since,
    )


def _letters(table: CircuitTable, letters: dict[str, Letter]) -> dict[str, Letter]:
    """The models with what the circuit says of each."""
    said = {t.name: t.model_dump(exclude={"name"}) for t in table.letters}
    gaps = [(g.letter, element, g.reason) for g in table.letter_gaps for element in g.elements]
    return {
        name: replace(
            letter,
            **said.get(name, {}),
            without=tuple((element, reason) for of, element, reason in gaps if of == name),
        )
        for name, letter in letters.items()
    }


def _deadline(rule: DeadlineTable, kinds: list[str]) -> DeadlineRule:
    return DeadlineRule(
        kind=rule.kind,
        title=rule.title,
        start=rule.start,
        document_kinds=tuple(kinds if delays.ALL_KINDS in rule.document_kinds else rule.document_kinds),
        start_fact=rule.start_fact,
        delay=rule.delay,
        unit=rule.unit,
        calendar=rule.calendar,
        basis=rule.basis,
        status=rule.status,
        effective_from=rule.effective_from,
        effective_to=rule.effective_to,
        stopped_by=tuple(rule.stopped_by),
        reminders=tuple(ReminderRule(r.days, r.letter, r.to, r.attach) for r in rule.reminders),
        start_event=rule.start_event,
        start_letters=tuple(rule.start_letters),
        start_action=rule.start_action,
        senders=tuple(rule.senders),
        replaced_by=tuple(rule.replaced_by),
        paused_by=tuple(rule.paused_by),
        resumed_by=tuple(rule.resumed_by),
        restarted_by=tuple(rule.restarted_by),
        lapses=rule.lapses,
        silence=rule.silence,
        escalation=Escalation(**rule.escalation.model_dump()) if rule.escalation else None,
    )


def _between(loaded: Sequence[tuple[Shaped, Circuit]], faults: list[Fault]) -> None:
    """Two circuits never watch one mailbox, and never share a role: its people would read both."""
    owners: dict[str, str] = {}
    names: dict[str, str] = {}
    for shaped, circuit in loaded:
        for index, mailbox in enumerate(circuit.mailboxes):
            owner = owners.setdefault(mailbox.address, circuit.name)
            if owner != circuit.name:
                message = f"la boîte « {mailbox.address} » est déjà celle du circuit « {owner} »"
                shaped.fault(faults, ("mailboxes", index, "address"), message)
        for index, role in enumerate(circuit.roles):
            owner = names.setdefault(role.name, circuit.name)
            if owner != circuit.name:
                message = f"le rôle « {role.name} » est déjà celui du circuit « {owner} »"
                shaped.fault(faults, ("roles", index, "name"), message)
