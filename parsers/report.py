"""What a delivery report, a read receipt or an automatic reply says: frozen values, French reasons.

Sources: RFC 3464 (delivery), RFC 8098 (disposition), RFC 3463 (status codes), RFC 3834 (automatic
replies), and the MSSanté guide of the ANS for the codes of failed integrations.
"""

from __future__ import annotations

from dataclasses import dataclass

DELIVERY = "delivery-report"
READ = "read-receipt"
AUTO_REPLY = "auto-reply"

MSSANTE_ERRORS = {
    "0": "intégration réussie",
    "900": "version du document non prise en charge",
    "901": "auteur du document non autorisé",
    "902": "identifiant de patient inconnu",
    "903": "identité nationale de santé absente du document",
    "904": "identité nationale de santé différente de celle du patient",
    "905": "traits d'identité incomplets",
    "906": "autre erreur d'intégration",
}

_DETAILS = {
    "1.1": "l'adresse du destinataire est inconnue",
    "1.2": "le domaine du destinataire est inconnu",
    "1.6": "le destinataire a changé d'adresse",
    "1.8": "l'adresse de l'expéditeur est refusée",
    "2.1": "la boîte du destinataire est désactivée",
    "2.2": "la boîte du destinataire est pleine",
    "3.4": "le message est trop volumineux",
    "4.7": "le délai de remise est dépassé",
}
_SUBJECTS = {
    "1": "l'adresse est refusée",
    "2": "la boîte du destinataire ne peut pas recevoir",
    "3": "le serveur du destinataire est en défaut",
    "4": "le serveur du destinataire n'a pas pu être joint",
    "5": "les serveurs ne se sont pas compris",
    "6": "le contenu du message est refusé",
    "7": "une règle de sécurité du destinataire refuse le message",
}


@dataclass(frozen=True, slots=True)
class RecipientStatus:
    """One recipient of our message. ``status`` is ``class.subject.detail`` (RFC 3463), maybe empty."""

    address: str
    action: str
    """``failed``, ``delayed``, ``delivered``, ``relayed``, ``expanded`` (RFC 3464 2.3.3)."""
    status: str
    diagnostic: str

    @property
    def permanent(self) -> bool:
        """The same message will not get through: status of class 5."""
        return self.status.startswith("5")

    @property
    def failed(self) -> bool:
        return self.action == "failed"


@dataclass(frozen=True, slots=True)
class Report:
    """A message about a message of ours. Identifiers keep their brackets."""

    kind: str
    """``delivery-report``, ``read-receipt`` or ``auto-reply``."""
    recipients: tuple[RecipientStatus, ...] = ()
    original_message_id: str | None = None
    original_envelope_id: str | None = None
    disposition: str | None = None
    """Of a read receipt: ``displayed``, ``processed``, ``processed/error``, ``deleted``…"""
    error_code: str | None = None
    """MSSanté code: 900 to 906, or a technical code."""
    reasons: tuple[str, ...] = ()


def reason_of(recipient: RecipientStatus) -> str:
    """One French sentence on why, from the status alone: no foreign text, no content."""
    code = recipient.status.split(".", 1)
    detail = code[1] if len(code) == 2 else ""
    why = _DETAILS.get(detail) or _SUBJECTS.get(detail[:1]) or "sans raison précise"
    match recipient.action:
        case "failed":
            return f"Message non remis : {why}."
        case "delayed":
            return f"Remise retardée, nouvel essai en cours : {why}."
        case "delivered":
            return "Message remis au destinataire."
        case "relayed" | "expanded":
            return "Message transmis à un serveur qui ne rendra pas d'autre compte."
        case _:
            return "Compte rendu de remise sans action reconnue."


def error_sentence(code: str) -> str:
    """The French sentence for an MSSanté error code."""
    label = MSSANTE_ERRORS.get(code, "erreur technique du système destinataire")
    return f"Le système destinataire signale l'erreur {code} : {label}."
