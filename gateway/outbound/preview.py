"""A letter as it would leave, before it does: filled with a sample that is nobody's, or with a case. Pure.

And a letter as it left, read again from the bytes that were kept: what one sees is what was sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8

from gateway.circuits.directory import Caisse, Directory
from gateway.circuits.letter_contract import FULL
from gateway.circuits.letter_page import page, plain
from gateway.circuits.letters import LetterCaisse, LetterContext, LetterDocument, marked
from gateway.circuits.model import CAISSE_LABEL, Circuit, Letter
from gateway.clock import paris_date
from gateway.errors import NotFound, Refused
from storage.cases import Case
from storage.deadlines import Deadline

_AHEAD = timedelta(days=30)
"""From the day of a sample to its due date."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Both faces of a letter. ``used`` is the letter that would leave: another one, when this one may not
    leave in clear."""

    asked: Letter
    used: Letter
    subject: str
    text: str
    html: str
    encrypted: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """What a kept message says. ``sealed``: nothing of it can be read without the reader's key."""

    text: str = ""
    html: str = ""
    files: tuple[str, ...] = ()
    sealed: bool = False


def preview(
    circuit: Circuit,
    name: str,
    at: datetime,
    *,
    encrypted: bool = False,
    context: LetterContext | None = None,
) -> Preview:
    """``name`` as it would leave ``encrypted`` or in clear, with ``context`` or a sample.

    Raises ``NotFound`` for a letter the circuit does not have, ``Refused`` for one that never leaves so.
    """
    letter = circuit.letters.get(name)
    if letter is None:
        raise NotFound(
            f"Le circuit « {circuit.name} » n’a pas de lettre « {name} » ; rien n’a changé, voyez la liste."
        )
    used: Letter | None = letter
    if not encrypted and letter.content != "plain":
        used = circuit.letters.get(letter.instead or "")
    if used is None:
        raise Refused("Cette lettre ne part jamais en clair et rien ne la remplace ; demandez-la chiffrée.")
    full = context or sample(circuit, at)
    shown = full if encrypted else in_clear(full)
    subject, _ = marked(used, replace(shown, patient=None, original_subject=None))
    _, text = marked(used, shown)
    return Preview(letter, used, subject, plain(text), page(subject, text), encrypted)


def sample(circuit: Circuit, at: datetime) -> LetterContext:
    """A sample that holds everything, from the first mailbox of the circuit; its telephone is made up when
    the circuit has none yet."""
    today = paris_date(at)
    box = circuit.mailboxes[0]
    return replace(
        FULL,
        mailbox=box if box.phone else replace(box, phone=FULL.mailbox.phone),
        circuit_title=circuit.title,
        queue_title=_first_queue(circuit, None),
        received_on=today,
        today=today,
        due=today + _AHEAD,
        days_left=_AHEAD.days,
        documents=tuple(
            LetterDocument(circuit.title_of(kind), f"piece-{n}.pdf", n, circuit.rule_of(kind, today))
            for n, kind in enumerate(list(circuit.kind_titles)[:2], 1)
        ),
    )


def of_case(
    circuit: Circuit,
    directory: Directory,
    case: Case,
    deadlines: Sequence[Deadline],
    name: str,
    at: datetime,
) -> LetterContext:
    """What the case says; the due date is that of the rule that sends this letter, else the next one.
    The beneficiary is named in a letter that leaves encrypted alone."""
    kinds = {rule.kind for rule in circuit.deadlines for r in rule.reminders if r.letter == name}
    due = next((d for d in _sooner(deadlines) if d.kind in kinds), None)
    due = due or next(iter(_sooner(deadlines)), None)
    caisse = directory.caisses.get(case.caisse or "")
    today = paris_date(at)
    return LetterContext(
        mailbox=circuit.mailboxes[0],
        received_on=paris_date(case.opened_at),
        today=today,
        circuit_title=circuit.title,
        queue_title=_first_queue(circuit, caisse),
        case_reference=case.reference,
        form_reference=case.form_reference,
        patient=" ".join(filter(None, (case.patient_name, case.patient_first_names))) or None,
        caisse=LetterCaisse(caisse.label, caisse.mailbox) if caisse else None,
        deadline=due.title if due else None,
        due=due.due if due else None,
        days_left=_days(due.due, today) if due else None,
        basis=due.basis if due else None,
        status=due.status if due else None,
    )


def _first_queue(circuit: Circuit, caisse: Caisse | None) -> str:
    """The title of the first queue, with a caisse where it stands for each of them."""
    label = caisse.label if caisse is not None else "CPAM ou CGSS du lieu de soins"
    return circuit.queues[0].title.replace(CAISSE_LABEL, label)


def in_clear(context: LetterContext) -> LetterContext:
    """What a letter that leaves in clear may say of ``context``: nobody's name, no name of a file."""
    return replace(
        context,
        patient=None,
        original_subject=None,
        documents=tuple(replace(document, name=None) for document in context.documents),
        attached_form="blank" if context.attached_form else None,
    )


def kept(entity: bytes) -> Kept:
    """What a letter of ours says, from its bytes (signed or not): its text, its page, names of files."""
    message = message_from_bytes(entity, _class=EmailMessage, policy=SMTPUTF8)
    if message.get_content_type() == "application/pkcs7-mime":
        return Kept(sealed=True)
    text = html = ""
    files = []
    for part in message.walk():
        if part.is_multipart():
            continue
        name = part.get_filename()
        if name is not None:
            files.append(name)
        elif part.get_content_type() == "text/plain" and not text:
            text = str(part.get_content())
        elif part.get_content_type() == "text/html" and not html:
            html = str(part.get_content())
    return Kept(text.replace("\r\n", "\n"), html, tuple(name for name in files if name != "smime.p7s"))


def _sooner(deadlines: Sequence[Deadline]) -> list[Deadline]:
    return sorted(deadlines, key=lambda each: each.due)


def _days(due: date, today: date) -> int | None:
    left = (due - today).days
    return left if left > 0 else None
