"""What a letter says and to whom, before any byte: a ``Draft``, or the reason for silence. Pure.

A letter leaves in clear (signed at most), so it names documents by their kind only, takes issues and
pictures from administrative documents alone, and never repeats the subject of the mail (decision 4).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.circuits.decision import Decision, DocumentSeen, MailSeen
from gateway.circuits.directory import Directory
from gateway.circuits.letter_page import page, plain
from gateway.circuits.letters import LetterCaisse, LetterContext, LetterDocument, marked
from gateway.circuits.model import Circuit, Letter, Mailbox
from gateway.circuits.notice import Notice, reply_address
from gateway.circuits.periods import value_of
from gateway.clock import paris_date
from gateway.outbound.silence import reason_for_silence
from parsers.facts import Confidentiality, Severity

_QUOTED = re.compile(r" « [^»]*»| \([^()]*\d[^()]*\)")
_MSSANTE = ".mssante.fr"
_REFERENCES_KEPT = 20


@dataclass(frozen=True, slots=True)
class Attached:
    """A file joined to a letter: a PNG unless said otherwise."""

    name: str
    content: bytes
    media_type: str = "image/png"


@dataclass(frozen=True, slots=True)
class Draft:
    """One letter to one recipient, ready to be turned into bytes by ``protect``."""

    circuit: str
    letter: str
    mailbox: Mailbox
    recipient: str
    subject: str
    text: str
    message_id: str
    at: datetime
    delivery: str | None = None
    case_id: int | None = None
    attached: tuple[Attached, ...] = ()
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    answers: bool = True
    """True: an automatic answer (``auto-replied``, null return path). False: a letter of our own."""
    html: str = ""
    """The same words as an accessible page."""
    recipient_name: str = ""
    expects: str | None = None
    within_days: int = 0
    why: tuple[str, ...] = ()
    """French sentences: why it is, or is not, encrypted; which letter it stands for."""
    by_hand: bool = False
    """A person wrote it: no machine's mark (RFC 3834, 5: ``Auto-Submitted`` is for automatic mail)."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form to join; ``filled`` when it says something of a person."""

    file: Attached
    filled: bool


@dataclass(frozen=True, slots=True)
class _Written:
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class NoLetter:
    """Why nothing is written (French)."""

    reason: str


def message_id_for(letter: str, key: str, recipient: str, mailbox: str) -> str:
    """The Message-ID of a letter: the same letter about the same thing to the same person is one.

    ``key`` is the SHA-256 of the mail answered, or the key of a notice.
    """
    parts = ["passerelle-letter-1", letter, key, recipient.casefold(), mailbox.casefold()]
    named = "\0".join(parts)
    return f"<{hashlib.sha256(named.encode()).hexdigest()[:32]}@{mailbox.rpartition('@')[2].lower()}>"


def acknowledgement(
    circuit: Circuit,
    mail: MailSeen,
    decision: Decision,
    case_reference: str | None,
    pictures: Mapping[tuple[int, str], bytes],
    at: datetime,
    directory: Directory,
    *,
    encrypted: bool = False,
    failed: Sequence[str] = (),
    to: str | None = None,
) -> Draft | NoLetter:
    """The letter that acknowledges ``mail``. ``pictures`` are PNG by document position and field.

    ``encrypted``: it may name the person and the files. ``failed``: addresses that gave letters back, and
    that this reader may be told. ``to``: what a person put in the place of the sender's address.
    """
    mailbox = circuit.mailbox(mail.mailbox)
    letter = circuit.letters.get(decision.letter or "")
    recipient = to or reply_address(mail.sender, mail.envelope_from, mail.signature)
    reason = reason_for_silence(circuit, mail, decision, recipient)
    if reason is not None or recipient is None or letter is None or mailbox is None:
        return NoLetter(reason or "aucune lettre n'est prévue par les règles pour ce message")
    used = permitted(circuit, letter, encrypted=encrypted)
    if isinstance(used, NoLetter):
        return used
    attached = _attached(_administrative(mail), pictures)
    context = replace(
        _answer(circuit, mail, mailbox, encrypted=encrypted),
        today=paris_date(at),
        queue_title=_queue_title(circuit, directory, decision),
        sender=recipient,
        case_reference=case_reference,
        pictures=len(attached),
        caisse=_caisse(directory, decision.caisse),
    )
    written = _written(used, context, _another_address(failed))
    return Draft(
        circuit=circuit.name,
        letter=used.name,
        mailbox=mailbox,
        recipient=recipient,
        subject=written.subject,
        text=written.text,
        html=written.html,
        message_id=message_id_for(letter.name, mail.sha256, recipient, mailbox.address),
        at=at,
        delivery=mail.sha256,
        attached=attached if used is letter else (),
        expects=used.expects,
        within_days=used.within_days,
        why=_stands_for(letter, used),
        in_reply_to=mail.message_id,
        references=_thread(mail),
    )


def reminder(
    circuit: Circuit,
    directory: Directory,
    notice: Notice,
    at: datetime,
    *,
    encrypted: bool = False,
    form: Form | None = None,
    failed: Sequence[str] = (),
) -> Draft | NoLetter:
    """The letter that tells ``notice``; what an outage held back is added after the model's text.

    ``form`` is joined to it; a filled one only by whoever saw that the letter may carry it.
    """
    mailbox = circuit.mailbox(notice.mailbox)
    letter = circuit.letters.get(notice.letter)
    if mailbox is None or letter is None:
        return NoLetter("la boîte ou la lettre de ce rappel n'est plus dans la configuration du circuit")
    used = permitted(circuit, letter, encrypted=encrypted)
    if isinstance(used, NoLetter):
        return used
    caisse = directory.caisses.get(notice.caisse or "")
    queue = circuit.queue(notice.queue, caisse.label if caisse else None)
    context = LetterContext(
        mailbox=mailbox,
        received_on=paris_date(notice.received_at),
        today=paris_date(at),
        circuit_title=circuit.title,
        queue_title=queue.title if queue else notice.queue,
        sender=notice.recipient,
        case_reference=notice.case_reference,
        form_reference=notice.form_reference,
        caisse=_caisse(directory, notice.caisse),
        deadline=notice.deadline,
        due=notice.due,
        days_left=notice.days_left if notice.days_left > 0 else None,
        basis=notice.basis,
        status=notice.status,
        attached_form=("filled" if form.filled else "blank") if form else None,
    )
    also = ("", "À noter :", *(f"  - {line}" for line in notice.also)) if notice.also else ()
    written = _written(used, context, (*also, *_another_address(failed)))
    return Draft(
        circuit=circuit.name,
        letter=used.name,
        mailbox=mailbox,
        recipient=notice.recipient,
        subject=written.subject,
        text=written.text,
        html=written.html,
        attached=(form.file,) if form and used is letter else (),
        expects=used.expects,
        within_days=used.within_days,
        why=_stands_for(letter, used),
        message_id=message_id_for(letter.name, notice.key, notice.recipient, mailbox.address),
        at=at,
        delivery=notice.delivery,
        case_id=notice.case_id,
        answers=False,
    )


def _answer(circuit: Circuit, mail: MailSeen, mailbox: Mailbox, *, encrypted: bool) -> LetterContext:
    """What a letter may say of the mail it answers; the person and the files when it leaves encrypted."""
    administrative = _administrative(mail)
    day = paris_date(mail.received_at)
    return LetterContext(
        mailbox=mailbox,
        received_on=day,
        today=day,
        circuit_title=circuit.title,
        queue_title="",
        original_subject=(mail.subject or None) if encrypted else None,
        form_reference=next(filter(None, (value_of(d, "reference") for d in administrative)), None),
        patient=_patient(administrative) if encrypted else None,
        documents=_documents(circuit, mail, named=encrypted),
        missing=_missing(mail.documents),
        medical_in_clear=_medical_in_clear(circuit, mail),
    )


def _administrative(mail: MailSeen) -> list[DocumentSeen]:
    return [d for d in mail.documents if d.confidentiality is Confidentiality.ADMINISTRATIVE]


def _documents(circuit: Circuit, mail: MailSeen, *, named: bool) -> tuple[LetterDocument, ...]:
    """What came, by kind; ``named`` adds the names of the files."""
    return tuple(
        LetterDocument(circuit.title_of(d.kind), d.name if named and d.name else None)
        for d in mail.documents
    )


def _thread(mail: MailSeen) -> tuple[str, ...]:
    """Identifiers of the thread an answer to ``mail`` belongs to, oldest first."""
    thread = (*mail.references, *([mail.message_id] if mail.message_id else []))
    return tuple(dict.fromkeys(thread))[-_REFERENCES_KEPT:]


def permitted(circuit: Circuit, letter: Letter, *, encrypted: bool) -> Letter | NoLetter:
    """``letter`` when it may leave so, else the one that says where to fetch it."""
    if encrypted or letter.content == "plain":
        return letter
    other = circuit.letters.get(letter.instead or "")
    return other or NoLetter("la lettre ne peut pas partir en clair et rien ne la remplace dans le circuit")


def _stands_for(letter: Letter, used: Letter) -> tuple[str, ...]:
    if used is letter:
        return ()
    return (f"La lettre « {letter.name} » ne part pas en clair : « {used.name} » part à sa place.",)


def _written(letter: Letter, context: LetterContext, more: Sequence[str]) -> _Written:
    """Both faces of a letter; its subject never names a person, since it is read by every server."""
    subject, _ = marked(letter, replace(context, patient=None, original_subject=None))
    _, text = marked(letter, context)
    if more:
        text = "\n".join((text.rstrip("\n"), *more, ""))
    return _Written(subject, plain(text), page(subject, text))


def _another_address(failed: Sequence[str]) -> tuple[str, ...]:
    """What asks for another address."""
    if not failed:
        return ()
    told = (f"  - {address}" for address in failed)
    ask = "Merci de nous indiquer une autre adresse, en réponse à ce message ou par téléphone."
    return ("", "## Adresse à corriger", "", "Un courrier n'a pas pu être remis à :", *told, "", ask)


def _patient(documents: Iterable[DocumentSeen]) -> str | None:
    """Names of the beneficiary as the first administrative form states them."""
    for document in documents:
        names = [value_of(document, name) for name in ("patient_name", "patient_first_names")]
        if names[0]:
            return " ".join(filter(None, names))
    return None


def _attached(
    documents: Iterable[DocumentSeen], pictures: Mapping[tuple[int, str], bytes]
) -> tuple[Attached, ...]:
    wanted = {d.position for d in documents}
    chosen = sorted((place, png) for place, png in pictures.items() if place[0] in wanted)
    return tuple(Attached(f"cadre-{n}.png", png) for n, (_, png) in enumerate(chosen, 1))


def _missing(documents: Iterable[DocumentSeen]) -> tuple[str, ...]:
    """What the sender should complete: issues of administrative documents, and parts not opened."""
    sentences: list[str] = []
    for document in documents:
        if document.trouble:
            sentences.append(f"Pièce {document.position + 1} : {document.trouble}")
        if document.confidentiality is Confidentiality.ADMINISTRATIVE:
            wrong = (i.message for i in document.issues if i.severity is not Severity.INFO)
            sentences.extend(without_values(message) for message in wrong)
    return tuple(dict.fromkeys(sentences))


def without_values(message: str) -> str:
    """The sentence without what it quotes: a letter in clear never repeats a birth date or a number.

    The case worker reads the value beside the field; the sender has the form.
    """
    return _QUOTED.sub("", message)


def _queue_title(circuit: Circuit, directory: Directory, decision: Decision) -> str:
    caisse = directory.caisses.get(decision.caisse or "")
    queue = circuit.queue(decision.queue, caisse.label if caisse else None)
    return queue.title if queue else decision.queue


def _caisse(directory: Directory, code: str | None) -> LetterCaisse | None:
    caisse = directory.caisses.get(code or "")
    return LetterCaisse(caisse.label, caisse.mailbox) if caisse else None


def _medical_in_clear(circuit: Circuit, mail: MailSeen) -> bool:
    """A document recognised as medical that came neither encrypted nor by the closed space of MSSanté."""
    if mail.decryption != "absent" or mail.envelope_from.casefold().endswith(_MSSANTE):
        return False
    medical = {rule.name for rule in circuit.kinds if rule.confidentiality == "medical"}
    return any(d.kind in medical for d in mail.documents)
