"""Letters that a person writes from a model: what may leave, what is kept of what they changed, the outbox.

The words of a person are weighed before they leave: a letter that leaves in clear never names the
beneficiary, whoever wrote it (decision 4), and its subject never does. What the model proposed is kept
beside what left, both sealed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from gateway.circuits.directory import fold
from gateway.circuits.letter_page import page, plain
from gateway.circuits.letters import LetterContext, marked
from gateway.circuits.model import Letter, Mailbox
from gateway.errors import Refused
from gateway.evidence.record import Kind
from gateway.outbound.acknowledge import queue_letter
from gateway.outbound.certificates import Choice
from gateway.outbound.compose import Attached, Draft, message_id_for
from gateway.outbound.seal import Seal
from storage import handwritten
from storage.cases import Case
from storage.db import Session
from storage.deliveries import Delivery
from storage.handwritten import Handwritten
from storage.outbox import OutboxEntry
from storage.secretbox import seal
from storage.vault import Vault

Event = tuple[Kind, str, Mapping[str, Any]]

LONGEST = 20_000
_SUBJECT = 200
_BLANK = re.compile(r"^\[[^\[\]]+\]$", re.MULTILINE)
_REFERENCES = 20


@dataclass(frozen=True, slots=True)
class Words:
    """Subject on one line, and text with the marks of ``letter_page``."""

    subject: str
    text: str

    @property
    def whole(self) -> str:
        return f"{self.subject}\n\n{self.text}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One letter to one recipient as a person means it. ``token`` makes it one: sent twice, it is one."""

    circuit: str
    letter: Letter
    mailbox: Mailbox
    recipient: str
    token: str
    answers: Delivery | None
    """The mail it answers: it keeps its thread."""
    case: Case | None
    attached: tuple[Attached, ...] = ()
    threaded: bool = True
    """False: it goes to somebody else than whoever wrote that mail."""
    medical: bool = False
    """Whoever writes it works on something medical: only the medical pole opens it afterwards."""

    @property
    def message_id(self) -> str:
        return message_id_for(self.letter.name, f"hand:{self.token}", self.recipient, self.mailbox.address)


@dataclass(frozen=True, slots=True)
class Mailroom:
    """What a letter needs to leave."""

    vault: Vault
    choose: Callable[[Session, str, datetime], Choice]
    """The certificate to encrypt a letter to this address for, or why there is none."""
    protect: Seal


def proposed(letter: Letter, context: LetterContext) -> Words:
    """What the model says; its subject never names a person."""
    return Words(*marked(letter, context))


def cleaned(subject: str, text: str) -> Words:
    """What was typed: one line of subject, lines that end as ours do. Raises ``Refused`` when empty."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    words = Words(" ".join(subject.split())[:_SUBJECT], "\n".join(lines).strip("\n") + "\n")
    if not words.subject or not words.text.strip():
        raise Refused("L’objet ou le texte est vide ; rien n’est parti. Complétez la lettre.")
    if len(words.text) > LONGEST:
        raise Refused("Le texte est trop long ; rien n’est parti. Raccourcissez-le.")
    return words


def faults_of(
    letter: Letter, words: Words, case: Case | None, numbers: Iterable[str], *, encrypted: bool
) -> tuple[str, ...]:
    """Why these words may not leave so (French); nothing when they may.

    ``numbers``: provisional numbers of the beneficiary.
    """
    faults = []
    if not encrypted and letter.content != "plain":
        faults.append(
            "Cette lettre ne peut pas partir en clair, et aucun certificat valable n’est connu pour ce"
            " destinataire."
        )
    said = named_in(words.subject, case, numbers)
    if said:
        faults.append(f"L’objet écrit {_and(said)} : tout serveur le lit, même chiffrée.")
    said = [] if encrypted else named_in(words.text, case, numbers)
    if said:
        faults.append(f"Cette lettre part en clair et écrit {_and(said)} : citez le dossier à la place.")
    blank = _BLANK.search(words.text)
    if blank:
        faults.append(f"Le texte « {blank[0]} » du modèle est resté : remplacez-le.")
    return tuple(faults)


def named_in(text: str, case: Case | None, numbers: Iterable[str]) -> list[str]:
    """What of the beneficiary ``text`` writes (French); nothing without a case."""
    words, digits = f" {fold(text)} ", re.sub(r"(?<=\d)[\s.\-]+(?=\d)", "", text)
    found = []
    if case is not None:
        name, first = fold(case.patient_name or ""), fold(case.patient_first_names or "")
        if name and f" {name} " in words:
            found.append("le nom du bénéficiaire")
        elif first and len(first) > 3 and f" {first} " in words:
            found.append("le prénom du bénéficiaire")
        born = case.patient_birth_date
        if born and any(born.strftime(shape) in text for shape in ("%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y")):
            found.append("sa date de naissance")
        if case.cnas_number and case.cnas_number in digits:
            found.append("son numéro CNAS")
    if any(number and number in digits for number in numbers):
        found.append("son NIR provisoire")
    return found


def draft_of(sheet: Sheet, words: Words, why: Sequence[str], at: datetime) -> Draft:
    """The letter, ready to be protected."""
    mail = sheet.answers
    thread = mail if sheet.threaded else None
    return Draft(
        circuit=sheet.circuit,
        letter=sheet.letter.name,
        mailbox=sheet.mailbox,
        recipient=sheet.recipient,
        subject=words.subject,
        text=plain(words.text),
        html=page(words.subject, words.text),
        message_id=sheet.message_id,
        at=at,
        delivery=mail.sha256 if mail is not None else None,
        case_id=sheet.case.id if sheet.case is not None else None,
        attached=sheet.attached,
        in_reply_to=thread.message_id if thread is not None else None,
        references=_thread(thread) if thread is not None else (),
        answers=False,
        expects=sheet.letter.expects,
        within_days=sheet.letter.within_days,
        why=tuple(why),
        by_hand=True,
    )


def seen(sheet: Sheet, words: Words, choice: Choice) -> str:
    """What a person saw of a letter, as one hash: what leaves is that, or is shown again."""
    clear = "clear" if choice.certificate is None else "encrypted"
    files = [f"{one.name}:{hashlib.sha256(one.content).hexdigest()}" for one in sheet.attached]
    told = hashlib.sha256()
    for piece in (sheet.message_id, sheet.recipient, words.whole, clear, *files):
        told.update(f"{len(piece)}:{piece}".encode())
    return told.hexdigest()


def post(
    session: Session,
    room: Mailroom,
    sheet: Sheet,
    model: Words,
    words: Words,
    choice: Choice,
    *,
    by: str,
    at: datetime,
) -> tuple[OutboxEntry, Event] | None:
    """Put the letter in the outbox and keep both texts; the entry to record last, ``None`` once sent."""
    draft = draft_of(sheet, words, choice.reasons, at)
    leaving = room.protect(draft, choice)
    made = queue_letter(session, draft, room.vault.put(leaving.raw, "letter"), at, leaving.protection)
    if made is None:
        return None
    entry, (kind, subject, fields) = made
    difference = changed(model, words)
    context = f"letter:{entry.message_id}"
    secret = sheet.medical or sheet.letter.content == "medical"
    handwritten.keep(
        session,
        Handwritten(
            outbox_id=entry.id or 0,
            model=sheet.letter.name,
            proposed=seal(room.vault.ring, model.whole, context),
            written=seal(room.vault.ring, words.whole, context),
            changed=difference,
            by=by[:80],
            at=at,
            confidentiality=handwritten.MEDICAL if secret else handwritten.ADMINISTRATIVE,
        ),
    )
    return entry, (kind, subject, {**fields, "by": by, "count": difference})


def changed(model: Words, words: Words) -> int:
    """Lines a person added, removed or wrote anew."""
    before, after = model.whole.splitlines(), words.whole.splitlines()
    moves = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return sum(max(b - a, d - c) for tag, a, b, c, d in moves if tag != "equal")


def _thread(mail: Delivery) -> tuple[str, ...]:
    earlier = [str(one) for one in (mail.mail or {}).get("references", ())]
    thread = [*earlier, *([mail.message_id] if mail.message_id else [])]
    return tuple(dict.fromkeys(thread))[-_REFERENCES:]


def _and(found: Sequence[str]) -> str:
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} et {found[-1]}"
