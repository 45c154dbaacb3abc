"""When nothing automatic is ever answered (RFC 3834, 2 and 3; domain, 10.7). Pure."""

from __future__ import annotations

import re

from gateway.circuits.decision import Decision, MailKind, MailSeen
from gateway.circuits.model import Circuit

_KINDS = {
    MailKind.DELIVERY_REPORT: "un avis de remise ne reçoit jamais d'accusé",
    MailKind.READ_RECEIPT: "un avis de lecture ne reçoit jamais d'accusé",
    MailKind.AUTO_REPLY: "une réponse automatique ne reçoit jamais d'accusé",
}
_ADDRESS = re.compile(r"[^\s<>\"(),:;\\\[\]@\x00-\x1f\x7f]{1,64}@[^\s<>\"(),:;\\\[\]@\x00-\x1f\x7f]{1,253}")
_MACHINES = re.compile(
    r"mailer-daemon|postmaster|(no|ne-pas|donot|do-not)[._-]?(reply|repondre)|noreply|owner-.+|.+-(request|owner|bounces?)",
    re.IGNORECASE,
)


def reason_for_silence(
    circuit: Circuit, mail: MailSeen, decision: Decision, recipient: str | None
) -> str | None:
    """Why ``mail`` gets no acknowledgement (French), or ``None`` when it may get one."""
    if mail.kind in _KINDS:
        return _KINDS[mail.kind]
    if mail.bulk:
        return "un message de liste ou d'envoi en nombre ne reçoit jamais d'accusé"
    if not mail.envelope_from.strip("<> "):
        return "l'adresse de retour est vide : aucun accusé, pour éviter une boucle"
    held = decision.quarantined or decision.queue == circuit.quarantine_queue
    # Routing gives this letter to known correspondents only: it tells them how to encrypt for us.
    if held and (decision.letter is None or decision.letter != circuit.no_key_letter):
        return "message en quarantaine : aucun accusé avant la décision d'une personne"
    if recipient is None or not _ADDRESS.fullmatch(recipient):
        return "l'adresse de l'expéditeur n'est pas utilisable"
    if circuit.mailbox(recipient) is not None:
        return "l'expéditeur est l'une de nos boîtes : aucun accusé, pour éviter une boucle"
    if _MACHINES.fullmatch(recipient.rpartition("@")[0]):
        return "l'expéditeur est un automate : aucun accusé, pour éviter une boucle"
    return None
