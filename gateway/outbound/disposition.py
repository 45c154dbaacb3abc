"""The notice « processed » of a mail whose sender asked for one (RFC 8098), and every reason for silence.

What may be sent is the policy of the mailbox (``answer_reading`` in the circuit). The rest is law: never
without ``Disposition-Notification-To``, never by itself when it differs from the return path (RFC 8098,
2.1; MSSanté, client reference #2), never for a list, a mail in number, a report, an automatic mail, an
empty return path, a quarantined mail; once a message; a null return path and ``Auto-Submitted`` on ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from gateway.circuits.decision import Decision, MailSeen
from gateway.circuits.directory import Directory, correspondent_of
from gateway.circuits.model import Circuit, Mailbox
from gateway.clock import paris_date
from gateway.evidence.record import Kind
from gateway.outbound.acknowledge import queue_letter, too_many
from gateway.outbound.compose import Draft, message_id_for
from gateway.outbound.heads import heads
from gateway.outbound.silence import reason_for_silence
from parsers.unpack import Message
from storage.db import Session
from storage.vault import Vault

Event = tuple[Kind, str, Mapping[str, Any]]

NAME = "avis-de-traitement"
_AGENT = "passerelle; Passerelle"
_MSSANTE = ".mssante.fr"
_LONGEST_ID = 250


def refusal(
    circuit: Circuit, directory: Directory, mail: MailSeen, decision: Decision, message: Message
) -> str | None:
    """Why no notice is sent (French); empty when nobody asked or the mailbox sends none; ``None``: send."""
    if not message.notification_to:
        return ""
    mailbox = circuit.mailbox(mail.mailbox)
    asker = next(iter(message.notification_to), None)
    silence = reason_for_silence(circuit, mail, decision, asker)
    if mailbox is None or mailbox.answer_reading == "never":
        return ""
    if silence is not None:
        return silence
    return (
        _differs(message, mail, asker)
        or _unknown(mailbox, directory, asker or "")
        or (
            "le message est automatique : aucun avis, pour éviter une boucle"
            if message.auto_submitted
            else None
        )
        or ("la demande d'avis pose une condition inconnue" if message.notification_demands else None)
        or (
            "message en quarantaine : aucun avis avant la décision d'une personne"
            if decision.quarantined
            else None
        )
    )


def answered(
    circuit: Circuit, directory: Directory, mail: MailSeen, decision: Decision, message: Message
) -> Sequence[Event] | None:
    """The events of a silence, ``None`` when the notice is to be queued."""
    reason = refusal(circuit, directory, mail, decision, message)
    if reason is None:
        return None
    told = {"step": "notice", "silence": reason}
    return ((Kind.STEP, f"delivery:{mail.sha256}", told),) if reason else ()


def queue_notice(
    session: Session,
    vault: Vault,
    circuit: Circuit,
    mail: MailSeen,
    message: Message,
    at: datetime,
    per_day: int,
) -> Sequence[Event]:
    """Queue the notice of ``mail``; nothing when it was queued before or the day is full."""
    mailbox = circuit.mailbox(mail.mailbox)
    asker = next(iter(message.notification_to), None)
    if mailbox is None or asker is None:
        return ()
    if too_many(session, asker, at, per_day):
        fields = {"step": "notice", "silence": f"plus de {per_day} lettres automatiques aujourd'hui"}
        return ((Kind.STEP, f"delivery:{mail.sha256}", fields),)
    draft = _draft(circuit, mailbox, mail, asker, at)
    made = queue_letter(session, draft, vault.put(notice(draft, mail), "letter"), at, "clear")
    return () if made is None else (made[1],)


def notice(draft: Draft, mail: MailSeen) -> bytes:
    """The report byte for byte: a sentence for people, the fields of RFC 8098, 3.2 for machines."""
    report = EmailMessage(policy=SMTP)
    report["Content-Type"] = "multipart/report; report-type=disposition-notification"
    words = EmailMessage(policy=SMTP)
    words.set_content(draft.text, charset="utf-8", cte="quoted-printable")
    fields = EmailMessage(policy=SMTP)
    fields["Content-Type"] = "message/disposition-notification"
    lines = [f"Reporting-UA: {_AGENT}", f"Final-Recipient: rfc822;{draft.mailbox.address}"]
    if mail.message_id and mail.message_id.isascii() and len(mail.message_id) <= _LONGEST_ID:
        lines.append(f"Original-Message-ID: {mail.message_id}")
    lines.append("Disposition: automatic-action/MDN-sent-automatically; processed")
    fields.set_payload("\r\n".join(lines) + "\r\n")
    for part in (words, fields):
        del part["MIME-Version"]
        report.attach(part)
    report.set_boundary(f"=_{draft.message_id.strip('<>').partition('@')[0]}")
    return heads(draft, receipt=False) + report.as_bytes()


def _draft(circuit: Circuit, mailbox: Mailbox, mail: MailSeen, asker: str, at: datetime) -> Draft:
    day = paris_date(mail.received_at)
    return Draft(
        circuit=circuit.name,
        letter=NAME,
        mailbox=mailbox,
        recipient=asker,
        subject="Avis de traitement de votre message",
        text=(
            f"Votre message du {day:%d/%m/%Y} à {mailbox.address} est reçu et confié à un service.\n"
            "Cet avis automatique ne vaut ni lecture par une personne, ni accord.\n"
        ),
        message_id=message_id_for(NAME, mail.message_id or mail.sha256, asker, mailbox.address),
        at=at,
        delivery=mail.sha256,
        in_reply_to=mail.message_id,
    )


def _differs(message: Message, mail: MailSeen, asker: str | None) -> str | None:
    """RFC 8098, 2.1: one address, that of the return path, or a person decides."""
    back = mail.envelope_from.strip("<> ").casefold()
    if len(message.notification_to) != 1:
        return "l'avis est demandé à plusieurs adresses : une personne en décide"
    if asker is None or asker.casefold() != back or message.return_path not in {None, back}:
        return "l'avis est demandé à une autre adresse que celle du retour : une personne en décide"
    return None


def _unknown(mailbox: Mailbox, directory: Directory, asker: str) -> str | None:
    if mailbox.answer_reading == "mssante" and not asker.casefold().endswith(_MSSANTE):
        return "la boîte n'envoie d'avis de traitement qu'à la messagerie sécurisée de santé"
    if mailbox.answer_reading == "known" and correspondent_of(directory, asker) is None:
        return "l'expéditeur n'est pas dans l'annuaire"
    return None
