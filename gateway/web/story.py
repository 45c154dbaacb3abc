"""Events of the log as sentences: who, what, when. Only fields known to be safe are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.evidence.record import Kind
from gateway.web import present
from storage.audit import Event

_WORDS: Mapping[str, str] = {
    Kind.ARRIVAL: "Message reçu",
    Kind.DUPLICATE: "Même message reçu une nouvelle fois",
    Kind.REFUSED: "Message refusé à l’entrée",
    Kind.STEP: "Étape franchie",
    Kind.SET_ASIDE: "Message mis de côté",
    Kind.RELEASED: "Message relancé",
    Kind.DECISION: "Orientation décidée",
    Kind.CASE_OPENED: "Dossier ouvert",
    Kind.CASE_JOINED: "Document rattaché au dossier",
    Kind.CASE_CLOSED: "Dossier clos",
    Kind.CANDIDATE_CHOSEN: "Dossier choisi par une personne",
    Kind.PERIOD_ADDED: "Période ajoutée",
    Kind.ITEM_FILED: "Classé dans une file",
    Kind.ITEM_TAKEN: "Pris en charge",
    Kind.ITEM_ASSIGNED: "Attribué",
    Kind.ITEM_DONE: "Terminé",
    Kind.LETTER_QUEUED: "Lettre préparée",
    Kind.LETTER_SENT: "Lettre envoyée",
    Kind.LETTER_FAILED: "Envoi d’une lettre refusé",
    Kind.RECEIPT: "Retour reçu sur une lettre",
    Kind.DEADLINE_SET: "Échéance posée",
    Kind.DEADLINE_ENDED: "Échéance levée",
    Kind.REMINDER: "Rappel",
    Kind.ACCESS: "Document médical ouvert",
    Kind.CORRECTION: "Lecture corrigée",
    Kind.EXPORT: "Dossier de preuve exporté",
    Kind.ERASURE: "Données effacées en fin de conservation",
    Kind.LOGIN: "Connexion",
    Kind.KEY: "Clés",
    Kind.CONFIG: "Configuration",
    Kind.REBUILD: "Reconstruction depuis le coffre",
}

_GROUPS: Mapping[str, str] = {
    Kind.SET_ASIDE: "bad",
    Kind.LETTER_FAILED: "bad",
    Kind.REFUSED: "bad",
    Kind.ACCESS: "medical",
    Kind.CASE_OPENED: "active",
    Kind.CASE_JOINED: "active",
    Kind.PERIOD_ADDED: "active",
    Kind.LETTER_SENT: "done",
    Kind.RECEIPT: "done",
    Kind.ITEM_DONE: "done",
}

_STATES = {"opened": "ouvert", "refused": "refusé", "in": "entrée", "out": "sortie"}
_SHOWN = (
    "step",
    "queue",
    "mailbox",
    "via",
    "letter",
    "recipient",
    "kind",
    "due",
    "status",
    "action",
    "page",
)
"""Fields shown after the sentence, in this order; any other stays in the log."""
_NAMES: Mapping[str, str] = {
    "step": "étape",
    "queue": "file",
    "mailbox": "boîte",
    "via": "par",
    "letter": "lettre",
    "recipient": "à",
    "kind": "type",
    "due": "échéance",
    "status": "état",
    "action": "retour",
    "page": "page",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One event for people; ``detail`` holds identifiers and states only."""

    position: int
    at: datetime
    words: str
    tone: str
    person: str | None
    detail: str
    subject: str


def tell(event: Event) -> Told:
    """The event as a sentence; an erased or unknown one says so plainly."""
    fields = event.fields
    words = _WORDS.get(event.kind, event.kind)
    if fields is None:
        return Told(event.position, event.at, words, "quiet", None, "contenu effacé", event.subject)
    if event.kind == Kind.ACCESS and fields.get("outcome") == "refused":
        words = "Ouverture d’un document médical refusée"
    if event.kind == Kind.LOGIN:
        words = f"Connexion : {_STATES.get(str(fields.get('outcome')), 'état inconnu')}"
    person = fields.get("person") or fields.get("by")
    return Told(
        event.position,
        event.at,
        words,
        _GROUPS.get(event.kind, "quiet"),
        str(person) if person else None,
        ", ".join(
            f"{_NAMES[name]}{present.NB}{_word(name, fields[name])}" for name in _SHOWN if fields.get(name)
        ),
        event.subject,
    )


def _word(name: str, value: object) -> str:
    text = str(value)
    if name in {"step", "via", "action"}:
        return present.state(name, text)
    return present.iso_day(text) or text
