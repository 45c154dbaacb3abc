"""Events of the log as sentences: who, what, when. Only fields known to be safe are shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.evidence import contested_words
from gateway.evidence.event_words import COLUMNS, NAMES, PROPOSED
from gateway.evidence.record import Kind
from gateway.web import present
from storage.audit import Event

_GROUPS: Mapping[str, str] = {
    Kind.SET_ASIDE: "bad",
    Kind.LETTER_FAILED: "bad",
    Kind.REFUSED: "bad",
    Kind.ACCESS: "medical",
    Kind.LOCKED: "bad",
    Kind.CASE_OPENED: "active",
    Kind.REGISTRATION: "active",
    Kind.FORWARDED: "done",
    Kind.CASE_JOINED: "active",
    Kind.CASE_LEFT: "bad",
    Kind.CASE_CLOSED: "done",
    Kind.CASE_REOPENED: "active",
    Kind.CASE_CORRECTED: "active",
    Kind.PERIOD_ADDED: "active",
    Kind.PERIOD_CORRECTED: "active",
    Kind.PERIOD_STRUCK: "bad",
    Kind.PERIOD_RESTORED: "active",
    Kind.LETTER_SENT: "done",
    Kind.RECEIPT: "done",
    Kind.ITEM_DONE: "done",
}

_DELAYS = frozenset({Kind.DEADLINE_SET, Kind.DEADLINE_ENDED, Kind.DEADLINE_MOVED, Kind.DEADLINE_ESCALATED})
_PERIODS = frozenset({Kind.PERIOD_ADDED, Kind.PERIOD_CORRECTED, Kind.PERIOD_STRUCK, Kind.PERIOD_RESTORED})
_TECHNICAL = frozenset({Kind.STEP, Kind.DEADLINE_SET, Kind.DECISION, Kind.LETTER_QUEUED})
"""What the machine did on the way: true, sealed, and rarely what a person looks for."""

_STATES = {
    "opened": "ouvert",
    "refused": "refusé",
    "in": "entrée",
    "out": "sortie",
    "code-refused": "code refusé",
    "unknown": "identité inconnue",
    "revoked": "session fermée",
}
_ACTS: Mapping[str, str] = {
    f"{Kind.LETTER_ESCALATED}:call-asked": "Appel demandé au sujet d’une lettre",
    f"{Kind.LETTER_ESCALATED}:call-done": "Appel fait au sujet d’une lettre",
    f"{Kind.LETTER_ESCALATED}:call-withdrawn": "Appel retiré, un retour est venu",
    f"{Kind.REMINDER}:no-return": "Lettre sans retour relancée",
    f"{Kind.PERSON}:account-created": "Compte créé",
    f"{Kind.PERSON}:account-replaced": "Compte remplacé",
    f"{Kind.PERSON}:roles-changed": "Rôles changés",
    f"{Kind.PERSON}:identity-changed": "Nom ou adresse d’un compte changés",
    f"{Kind.PERSON}:disabled": "Compte désactivé",
    f"{Kind.PERSON}:enabled": "Compte réactivé",
    f"{Kind.PERSON}:link-made": "Lien de mot de passe remis",
    f"{Kind.PERSON}:password-chosen": "Mot de passe choisi",
    f"{Kind.PERSON}:password-changed": "Mot de passe changé",
    f"{Kind.PERSON}:second-factor-set": "Second facteur activé",
    f"{Kind.PERSON}:second-factor-removed": "Second facteur retiré",
    f"{Kind.PERSON}:second-factor-reset": "Second facteur réinitialisé",
    f"{Kind.PERSON}:recovery-code-used": "Code de secours utilisé",
    f"{Kind.PERSON}:unlocked": "Attente d’un compte levée",
    f"{Kind.PERSON}:sessions-ended": "Sessions d’un compte fermées",
    f"{Kind.ITEM_CHANGED}:reclassified": "Type du travail changé par une personne",
    f"{Kind.ITEM_CHANGED}:rerouted": "Réorienté vers une autre file",
    f"{Kind.ITEM_CHANGED}:sent-away": "Réorienté vers un autre service",
    f"{Kind.ITEM_CHANGED}:split": "Travail partagé en deux",
    f"{Kind.ITEM_CHANGED}:split-undone": "Partage défait",
    f"{Kind.ITEM_CHANGED}:merged": "Travail réuni à un autre",
    f"{Kind.ITEM_CHANGED}:merge-undone": "Réunion défaite",
    f"{Kind.DOCUMENT_SORTED}:withdrawn": "Type d’un document rendu à ce que la machine avait lu",
    f"{Kind.DOCUMENT_SORTED}:followed": "Classe d’un document alignée sur celle d’un autre",
    f"{Kind.COMMENT}:written": "Note interne écrite",
    f"{Kind.COMMENT}:answered": "Réponse faite, notée par une personne",
    f"{Kind.ITEM_TAKEN}:take over": "Travail repris à un collègue",
    f"{Kind.ITEM_TAKEN}:wake": "Travail revenu à sa date de réveil",
    f"{Kind.ITEM_ASSIGNED}:wait": "Mis en attente",
    f"{Kind.ITEM_ASSIGNED}:put back": "Rendu à la file",
    f"{Kind.EXPORT}:list": "Liste exportée",
    f"{Kind.LOCKED}:wait-ended": "Fin d’une attente : essais comptés, non jugés",
    f"{Kind.CERTIFICATE}:proposed": "Certificat d’un correspondant proposé",
    f"{Kind.CERTIFICATE}:confirmed": "Certificat d’un correspondant confirmé",
    f"{Kind.CERTIFICATE}:refused": "Certificat d’un correspondant écarté",
    f"{Kind.ADDRESS}:flagged": "Adresse d’un correspondant signalée",
    f"{Kind.ADDRESS}:reached": "Adresse d’un correspondant de nouveau atteinte",
    f"{Kind.ADDRESS}:replaced": "Adresse d’un correspondant remplacée",
    f"{Kind.ADDRESS}:cleared": "Signalement d’une adresse levé",
    f"{Kind.KEY}:rotation": "Clé du coffre renouvelée",
    f"{Kind.KEY}:identity added": "Clé d’une boîte ajoutée",
    f"{Kind.TOKEN}:created": "Jeton d’accès créé",
    f"{Kind.TOKEN}:revoked": "Jeton d’accès révoqué",
    f"{Kind.REGISTRATION}:registered": "Bénéficiaire immatriculé, droits ouverts",
    f"{Kind.REGISTRATION}:updated": "Droits mis à jour",
    f"{Kind.REVIEW}:confirmed": "Lecture confirmée",
    f"{Kind.REVIEW}:rejected": "Document rejeté",
    f"{Kind.REVIEW}:withdrawn": "Jugement sur un document retiré",
}
"""What was done to an account or a token, by its code."""

_HIDDEN: Mapping[str, frozenset[str]] = {
    Kind.LETTER_ESCALATED: frozenset({"action"}),
    Kind.REMINDER: frozenset({"action"}),
    Kind.EXPORT: frozenset({"kind", "action"}),
    Kind.ITEM_FILED: frozenset({"kind"}),
    Kind.CASE_OPENED: frozenset({"kind"}),
    Kind.DEADLINE_SET: frozenset({"kind"}),
    Kind.DEADLINE_ENDED: frozenset({"kind"}),
    Kind.DEADLINE_MOVED: frozenset({"kind"}),
    Kind.DEADLINE_ESCALATED: frozenset({"kind"}),
    Kind.PROPOSAL: frozenset({"kind", "action", "due"}),
    Kind.CONTESTATION: frozenset({"action"}),
    Kind.HOLD: frozenset({"action"}),
    Kind.PERSON: frozenset({"action"}),
    Kind.LOCKED: frozenset({"action"}),
    Kind.TOKEN: frozenset({"action"}),
    Kind.REGISTRATION: frozenset({"action"}),
    Kind.REVIEW: frozenset({"action"}),
    Kind.CERTIFICATE: frozenset({"action"}),
    Kind.ADDRESS: frozenset({"action"}),
    Kind.KEY: frozenset({"action"}),
    Kind.ITEM_CHANGED: frozenset({"action", "kind"}),
    Kind.DOCUMENT_SORTED: frozenset({"action", "kind"}),
    Kind.COMMENT: frozenset({"action"}),
}
"""Fields that would only repeat the sentence or the title above it."""
_SHOWN = (
    "step",
    "queue",
    "mailbox",
    "via",
    "letter",
    "recipient",
    "kind",
    "starts",
    "ends",
    "due",
    "status",
    "action",
    "page",
    "token",
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
    "starts": "du",
    "ends": "au",
    "due": "échéance",
    "status": "état",
    "action": "retour",
    "page": "page",
    "token": "jeton",
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
    technical: bool = False


def tell(event: Event, names: Mapping[str, str] | None = None) -> Told:
    """The event as a sentence; an erased or unknown one says so plainly.

    ``names`` gives the French name of a kind of document, of a due date or of a queue.
    """
    fields = event.fields
    words = NAMES.get(event.kind, event.kind)
    technical = event.kind in _TECHNICAL
    known = names or {}
    tone = _GROUPS.get(event.kind, "quiet")
    if event.kind == Kind.DEADLINE_ENDED and fields.get("state") == "missed":
        words, tone = "Échéance dépassée", "bad"
    words = _of_delays(event.kind, fields, words, known)
    if event.kind == Kind.ACCESS:
        words = _access(fields)
    if event.kind == Kind.CONTESTATION:
        words = contested_words.contestation(fields)
    if event.kind == Kind.HOLD:
        words = contested_words.hold(fields)
    if event.kind == Kind.LOGIN:
        words = f"Connexion : {_STATES.get(str(fields.get('outcome')), 'état inconnu')}"
    words = _ACTS.get(f"{event.kind}:{fields.get('action') or fields.get('verb')}", words)
    if event.kind == Kind.CORRECTION and (field := known.get(f"field:{fields.get('field')}")):
        words = f"{words}{present.NB}: {field}"
    if event.kind == Kind.DOCUMENT_SORTED:
        words = f"{words}{present.NB}: {_type(fields, 'old_', known)}, désormais {_type(fields, '', known)}"
    if event.kind == Kind.CASE_CORRECTED:
        names_ = fields.get("fields")
        changed = [COLUMNS.get(str(n), str(n)) for n in names_] if isinstance(names_, (list, tuple)) else []
        words = f"{words}{present.NB}: {', '.join(changed)}"
    person = fields.get("person") or fields.get("by")
    return Told(
        event.position,
        event.at,
        words,
        tone,
        str(person) if person else None,
        ", ".join(
            [
                *_details(event.kind, fields, known),
                *(["contenu effacé"] if event.erased else []),
            ]
        ),
        event.subject,
        technical,
    )


def _details(kind: str, fields: Mapping[str, object], known: Mapping[str, str]) -> Iterator[str]:
    """What is shown after the sentence, in words; the two days of a period are one."""
    hidden = _HIDDEN.get(kind, frozenset())
    told = {
        name: f"{_NAMES[name]}{present.NB}{word}"
        for name in _SHOWN
        if fields.get(name) and name not in hidden and (word := _word(kind, name, fields[name], known))
    }
    if "starts" in told and "ends" in told:
        told["starts"] = f"{told['starts']} {told.pop('ends')}"
    yield from told.values()


def _of_delays(kind: str, fields: Mapping[str, object], words: str, known: Mapping[str, str]) -> str:
    """Which delay, which event of the case, what became of a tacit acceptance."""
    said = None
    if kind == Kind.PROPOSAL:
        said = PROPOSED.get(str(fields.get("action")))
    elif kind == Kind.CASE_EVENT:
        said = known.get(str(fields.get("event")), str(fields.get("event")))
        day = present.iso_day(str(fields.get("on")))
        said = f"{said}, le {day}" if said and day else said
    elif kind in _DELAYS and fields.get("kind"):
        said = known.get(str(fields["kind"]), str(fields["kind"]))
    return f"{words}{present.NB}: {said}" if said else words


def _type(fields: Mapping[str, object], which: str, known: Mapping[str, str]) -> str:
    """« Devis » (administratif): a type by its title, with its class."""
    kind = str(fields.get(f"{which}kind") or "other")
    of_class = present.state("class", str(fields.get(f"{which}confidentiality")))
    return f"«{present.NB}{known.get(f'kind:{kind}', kind)}{present.NB}» ({of_class})"


_OPENED: Mapping[str, tuple[str, str]] = {
    "message": ("Message médical entier ouvert", "d’un message médical entier"),
    "letter": ("Lettre du pôle médical ouverte", "d’une lettre du pôle médical"),
    "notes": ("Notes du pôle médical lues", "de notes du pôle médical"),
    "subject": ("Objet d’un message médical lu", "d’un message médical"),
    "name": ("Nom d’un document médical lu", "d’un document médical"),
    "reading": ("Lecture d’un document médical montrée", "d’un document médical"),
}
"""Which piece was shown, and the same after « ouverture »."""


def _access(fields: Mapping[str, object]) -> str:
    opened, what = _OPENED.get(
        str(fields.get("piece")), ("Document médical ouvert", "d’un document médical")
    )
    return f"Ouverture {what} refusée" if fields.get("outcome") == "refused" else opened


def _word(kind: str, name: str, value: object, names: Mapping[str, str]) -> str:
    text = str(value)
    if name == "status":
        return present.state("period" if kind in _PERIODS else "status", text)
    if name in {"kind", "queue"}:
        return names.get(text, text)
    if name == "letter":
        return "" if "@" in text else names.get(f"letter:{text}", text)
    if name in {"step", "via", "action"}:
        return present.state("entry" if kind == Kind.LOGIN else name, text)
    return present.iso_day(text) or text
