"""The words of an evidence file: events as French sentences, states and dates as people write them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime

from gateway.clock import PARIS
from gateway.evidence import contested_words
from gateway.evidence.event_words import COLUMNS, NAMES, PROPOSED, STEPS
from gateway.evidence.record import Kind
from storage.canonical import Value
from storage.cases import Period
from storage.dossier import Sealed

NOTHING = "—"
_CODES = frozenset({"kind", "old_kind", "event"})
"""Fields whose value is a code that the circuit has words for."""

_SENTENCES: Mapping[str, str] = {
    Kind.ARRIVAL: "Message reçu de {envelope_from} sur {mailboxes} (voie {via}, {size} octets)",
    Kind.DUPLICATE: "Même message reçu une nouvelle fois sur {mailboxes}",
    Kind.SET_ASIDE: "Message mis de côté à l'étape « {step} » : {reason}",
    Kind.DECISION: "Orientation décidée vers {queues} ; règles {rules}",
    Kind.CASE_OPENED: "Dossier ouvert par un document « {kind} »",
    Kind.CASE_JOINED: "Document rattaché au dossier : {reasons}",
    Kind.CASE_CORRECTED: "Dossier corrigé selon une personne : {fields}",
    Kind.CASE_LEFT: "Documents détachés du dossier par une personne : {reason}",
    Kind.CASE_CLOSED: "Dossier clos par une personne : {reason}",
    Kind.CASE_REOPENED: "Dossier rouvert : {reason}",
    Kind.PERIOD_ADDED: "Période ajoutée : du {starts} au {ends}, {status}",
    Kind.PERIOD_CORRECTED: "Période mal lue, corrigée par une personne : du {starts} au {ends}",
    Kind.PERIOD_STRUCK: "Période {status} du {starts} au {ends} écartée : {why}",
    Kind.PERIOD_RESTORED: "Période {status} du {starts} au {ends} rétablie : {why}",
    Kind.ITEM_FILED: "Travail mis dans la file {queue}, à transmettre à {forward_to}",
    Kind.ITEM_TAKEN: "Travail pris en charge dans la file {queue}",
    Kind.ITEM_ASSIGNED: "Travail attribué ou rendu dans la file {queue}",
    Kind.ITEM_DONE: "Travail terminé dans la file {queue}",
    Kind.LETTER_QUEUED: "Lettre « {letter} » écrite pour {recipient}",
    Kind.LETTER_SENT: "Lettre « {letter} » remise au serveur de {recipient} : {reply}",
    Kind.LETTER_FAILED: "Lettre « {letter} » refusée ou abandonnée ({state}) : {reply}",
    Kind.RECEIPT: "Retour reçu sur une lettre : {report}, {action}",
    Kind.DEADLINE_SET: "Échéance « {kind} » posée au {due} (statut : {status})",
    Kind.DEADLINE_ENDED: "Échéance « {kind} » du {due} terminée : {reason} {state}",
    Kind.DEADLINE_MOVED: "Échéance « {kind} » recalculée du {old} au {due} ({state}) : {reason}",
    Kind.DEADLINE_ESCALATED: "Échéance « {kind} » du {due} remise à la file {queue} ; {call}",
    Kind.CASE_EVENT: "Événement « {event} » du {on} inscrit",
    Kind.PROPOSAL: "Acceptation tacite de la période du {starts} au {ends} : {action} {reason}",
    Kind.REGISTRATION: "Droits inscrits par la caisse du {starts} au {ends}",
    Kind.REVIEW: "Lecture du document n° {position} : {action}",
    Kind.FORWARDED: (
        "Document médical transmis au service médical de l'institution, empreinte {sha256} ; parti {state},"
        " empreinte {bytes}"
    ),
    Kind.REMINDER: "Rappel de l'échéance « {kind} » du {due}",
    Kind.ACCESS: "Document médical n° {document} : ouverture ({outcome})",
    Kind.DOCUMENT_SORTED: (
        "Type du document n° {position} : {kind} ({confidentiality}), au lieu de {old_kind}"
        " ({old_confidentiality})"
    ),
    Kind.CORRECTION: "Lecture corrigée : champ « {field} » du document n° {document}",
}
PARTS: Mapping[str, str] = {
    "cover-note": "Mot d'accompagnement",
    "decoration": "Mention ou image de pied de message",
}
"""Parts of a mail that are no document of a circuit."""
_STATES: Mapping[str, str] = {
    "open": "en cours",
    "closed": "clos",
    "met": "tenue",
    "missed": "dépassée",
    "cancelled": "sans objet",
    "paused": "suspendue",
    "lapsed": "échue",
    "tacit": "tacite, confirmée",
    "struck": "écartée",
    "rejected": "document rejeté",
    "withdrawn": "retirée",
    "granted": "accordée",
    "requested": "demandée",
    "refused": "refusée",
    "authorisation": "attestation (301)",
    "extension": "prolongation (302)",
    "queued": "à envoyer",
    "sent": "envoyée",
    "delivered": "remise",
    "displayed": "ouverte par le destinataire",
    "processed": "traitée par le destinataire",
    "delayed": "retardée",
    "failed": "refusée",
    "given_up": "abandonnée",
    "error": "en erreur",
    "confirmed": "confirmé",
    "to be confirmed": "à confirmer",
    "administrative": "administratif",
    "medical": "médical",
    "valid": "signature valide",
    "invalid": "signature fausse",
    "untrusted": "signature d'un inconnu",
    "expired": "certificat expiré",
    "revoked": "certificat révoqué",
    "mismatch": "signataire différent de l'expéditeur",
    "weak": "signature trop faible",
    "absent": "non signé",
    "cut": "coupé à ses seules pages",
    "whole": "en entier",
}


def state(value: object) -> str:
    """The French word of a state; a word that is not known is shown as it is."""
    return NOTHING if value in {None, ""} else _STATES.get(str(value), str(value))


def answer(period: Period) -> str:
    """What a form says of its period: ``accordée``, or ``écartée (était accordée)``."""
    said = state(period.given.value)
    return said if period.stands else f"{state(period.status.value)} (était {said})"


def moment(value: datetime | None) -> str:
    """``23/11/2026 10:05:07``, in French time."""
    return NOTHING if value is None else f"{value.astimezone(PARIS):%d/%m/%Y %H:%M:%S}"


def day(value: date | None) -> str:
    return NOTHING if value is None else f"{value:%d/%m/%Y}"


def tell(event: Sealed, names: Mapping[str, str] | None = None, *, silent: bool) -> str:
    """One event in one sentence; one given sealed says so.

    ``names`` gives the French name of a kind of document, of a due date, of an event of a case.
    """
    if silent:
        return "Événement donné scellé : son contenu n'est pas montré"
    fields = event.fields
    if event.kind == Kind.STEP:
        words = STEPS.get(str(fields.get("step")), NAMES[Kind.STEP])
        return f"{words} ({fields['silence']})" if fields.get("silence") else words
    if event.kind == Kind.CONTESTATION:
        return contested_words.contestation(fields)
    if event.kind == Kind.HOLD:
        return contested_words.hold(fields)
    known = {**PARTS, **(names or {})}
    shown: defaultdict[str, str] = defaultdict(str)
    for name, value in fields.items():
        shown[name] = known.get(str(value), _word(value)) if name in _CODES else _word(value)
    if event.kind == Kind.DOCUMENT_SORTED:  # a due date may have the name of a kind
        for name in ("kind", "old_kind"):
            shown[name] = known.get(f"kind:{fields.get(name)}", shown[name])
    if event.kind == Kind.PROPOSAL:
        shown["action"] = PROPOSED.get(str(fields.get("action")), shown["action"])
    return _SENTENCES.get(event.kind, NAMES.get(event.kind, event.kind)).format_map(shown).strip()


def who(event: Sealed, *, silent: bool) -> str:
    """The person of an event, else the machine."""
    fields = {} if silent else event.fields
    return str(fields.get("person") or fields.get("by") or "Passerelle")


def _word(value: Value) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(COLUMNS.get(str(item), str(item)) for item in value) or NOTHING
    if isinstance(value, str):
        try:
            return day(date.fromisoformat(value))
        except ValueError:
            return _STATES.get(value, value)
    return NOTHING if value is None else str(value)
