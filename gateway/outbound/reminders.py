"""A notice of the deadlines becomes a letter in the outbox, its bytes in the vault first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.circuits.directory import Directory
from gateway.circuits.model import Circuit
from gateway.circuits.notice import Notice, Posted
from gateway.evidence.record import Kind
from gateway.outbound.acknowledge import PER_DAY, queue_letter, too_many
from gateway.outbound.badaddress import to_ask
from gateway.outbound.certificates import Choice, Chooser
from gateway.outbound.compose import Attached, Draft, Form, NoLetter, message_id_for, reminder
from gateway.outbound.prefilled import FORM_302, prefilled
from gateway.outbound.seal import Seal
from storage import addresses, cases, outbox
from storage.cases import Case
from storage.db import Session
from storage.vault import Vault

Event = tuple[Kind, str, Mapping[str, Any]]


class ReminderPost:
    """What the sweep calls to write one reminder."""

    def __init__(
        self,
        vault: Vault,
        circuits: Mapping[str, Circuit],
        directory: Directory,
        seal: Seal,
        per_day: int = PER_DAY,
        *,
        choose: Chooser | None = None,
    ) -> None:
        self._vault = vault
        self._circuits = circuits
        self._directory = directory
        self._seal = seal
        self._per_day = per_day
        self._choose = choose

    def __call__(self, session: Session, notice: Notice, at: datetime) -> tuple[Posted, tuple[Event, ...]]:
        """Queue the letter of ``notice``; the line already there when it was queued before."""
        notice = replace(notice, recipient=addresses.target(session, notice.recipient))
        message_id = message_id_for(notice.letter, notice.key, notice.recipient, notice.mailbox)
        there = outbox.by_message_id(session, message_id)
        if there is not None:
            return Posted(entry_id=there.id), ()
        if too_many(session, notice.recipient, at, self._per_day):
            return Posted(), ()
        choice = self._choose(session, notice.recipient, at) if self._choose else Choice(None, ())
        draft = self._draft(session, notice, at, choice)
        if isinstance(draft, NoLetter):
            return Posted(reason=draft.reason), ()
        leaving = self._seal(draft, choice)
        raw_sha256 = self._vault.put(leaving.raw, "letter")
        made = queue_letter(session, draft, raw_sha256, at, leaving.protection)
        if made is None:
            there = outbox.by_message_id(session, message_id)
            return Posted(entry_id=there.id if there else None), ()
        return Posted(entry_id=made[0].id), (made[1],)

    def _draft(self, session: Session, notice: Notice, at: datetime, choice: Choice) -> Draft | NoLetter:
        """The letter, with its form: filled where it may leave so, blank otherwise."""
        circuit = self._circuits[notice.circuit]
        encrypted = choice.certificate is not None
        letter = circuit.letters.get(notice.letter)
        failed = to_ask(session, self._directory, notice.recipient, notice.case_id)
        form = None
        if notice.attach is not None:
            filled = encrypted or (letter is not None and letter.form_in_clear == "filled")
            form = form_of(session, circuit, notice, filled=filled)
        draft = reminder(
            circuit, self._directory, notice, at, encrypted=encrypted, form=form, failed=failed
        )
        if isinstance(draft, NoLetter):
            return draft
        return replace(draft, why=(*choice.reasons, *draft.why))


def form_of(session: Session, circuit: Circuit, notice: Notice, *, filled: bool) -> Form | None:
    """The form of the next request, with what the case already says when ``filled``; ``None`` when the
    circuit has no such form."""
    template = circuit.templates.get(FORM_302)
    if template is None:
        return None
    case = cases.by_id(session, notice.case_id) if notice.case_id is not None else None
    values = values_of(case) if filled and case is not None else {}
    name = f"SE-352-302-{'prerempli' if values else 'vierge'}.pdf"
    return Form(Attached(name, prefilled(template, values), "application/pdf"), bool(values))


def values_of(case: Case) -> dict[str, str]:
    """What a case says of the fields of the form, as printed."""
    born = case.patient_birth_date
    said = {
        "reference": case.form_reference,
        "cnas_number": case.cnas_number,
        "patient_name": case.patient_name,
        "patient_first_names": case.patient_first_names,
        "patient_birth_date": born.strftime("%d/%m/%Y") if born else None,
        "establishment_name": case.establishment_name,
        "establishment_finess": case.establishment_finess,
    }
    return {name: value for name, value in said.items() if value}
