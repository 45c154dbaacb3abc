"""French typography and the words people read. Pure: no clock, no database, no HTML.

Spaces follow the Imprimerie nationale: a no-break space before ``:`` and a unit, a narrow one inside
numbers and before ``%``, ``;``, ``!`` and ``?``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from gateway.clock import PARIS
from gateway.contestations.transitions import STATES as CONTESTATION_STATES
from storage.cases import CaseState, ItemState, Period, PeriodOrigin, PeriodStatus
from storage.contestations import Outcome
from storage.deadlines import DeadlineState
from storage.deliveries import DeliveryState, Via
from storage.outbox import OutboxState

NB = "\u00a0"
"""No-break space."""
NNB = "\u202f"
"""Narrow no-break space."""
NOTHING = "—"

STATES: Mapping[str, str] = {
    f"item:{ItemState.NEW}": "nouveau",
    f"item:{ItemState.TAKEN}": "pris",
    f"item:{ItemState.WAITING}": "en attente",
    f"item:{ItemState.DONE}": "terminé",
    f"case:{CaseState.OPEN}": "ouvert",
    f"case:{CaseState.CLOSED}": "clos",
    f"deadline:{DeadlineState.OPEN}": "en cours",
    f"deadline:{DeadlineState.MET}": "tenue",
    f"deadline:{DeadlineState.MISSED}": "dépassée",
    f"deadline:{DeadlineState.PAUSED}": "suspendue",
    f"deadline:{DeadlineState.CANCELLED}": "sans objet",
    f"deadline:{DeadlineState.LAPSED}": "échue",
    f"outbox:{OutboxState.QUEUED}": "à envoyer",
    f"outbox:{OutboxState.SENT}": "envoyée",
    f"outbox:{OutboxState.DELIVERED}": "remise",
    f"outbox:{OutboxState.DISPLAYED}": "ouverte par le destinataire",
    f"outbox:{OutboxState.PROCESSED}": "traitée par le destinataire",
    f"outbox:{OutboxState.DELAYED}": "retardée",
    f"outbox:{OutboxState.FAILED}": "refusée",
    f"outbox:{OutboxState.GIVEN_UP}": "abandonnée",
    **{f"contestation:{value}": words for value, words in CONTESTATION_STATES.items()},
    f"outcome:{Outcome.WON}": "gagnée",
    f"outcome:{Outcome.ACCEPTED}": "acceptée",
    f"outcome:{Outcome.WITHDRAWN}": "retirée",
    f"period:{PeriodStatus.GRANTED}": "accordée",
    f"period:{PeriodStatus.REQUESTED}": "demandée",
    f"period:{PeriodStatus.REFUSED}": "refusée",
    f"period:{PeriodStatus.TACIT}": "tacite, confirmée",
    f"period:{PeriodStatus.STRUCK}": "écartée",
    "status:confirmed": "confirmée",
    "status:to be confirmed": "à confirmer",
    f"origin:{PeriodOrigin.AUTHORISATION}": "Attestation (301)",
    f"origin:{PeriodOrigin.EXTENSION}": "Prolongation (302)",
    f"the-origin:{PeriodOrigin.AUTHORISATION}": "L’attestation (301)",
    f"the-origin:{PeriodOrigin.EXTENSION}": "La prolongation (302)",
    f"via:{Via.SMTP}": "messagerie",
    f"via:{Via.LMTP}": "messagerie",
    f"via:{Via.IMAP}": "relève de la boîte",
    f"via:{Via.FILE}": "fichier",
    f"via:{Via.REBUILD}": "reconstruction depuis le coffre",
    f"delivery:{DeliveryState.RECEIVED}": "reçu",
    f"delivery:{DeliveryState.OPENED}": "ouvert",
    f"delivery:{DeliveryState.UNPACKED}": "déballé",
    f"delivery:{DeliveryState.READ}": "lu",
    f"delivery:{DeliveryState.DECIDED}": "orienté",
    f"delivery:{DeliveryState.FILED}": "classé",
    f"delivery:{DeliveryState.ACKNOWLEDGED}": "accusé",
    f"delivery:{DeliveryState.SCHEDULED}": "terminé",
    f"delivery:{DeliveryState.SET_ASIDE}": "mis de côté",
    "entry:password": "mot de passe",
    "entry:oidc": "fournisseur d’identité",
    "source:acroform": "formulaire",
    "source:xfa": "formulaire XFA",
    "source:text": "texte",
    "source:ocr": "lecture optique",
    "source:cda": "en-tête CDA",
    "source:xdm": "fiche XDM",
    "source:header": "message",
    "source:person": "correction",
    "severity:info": "à savoir",
    "severity:warning": "à vérifier",
    "severity:error": "manquant",
    "class:administrative": "administratif",
    "class:medical": "médical",
    "action:delivered": "remis",
    "action:delayed": "retardé",
    "action:failed": "refusé",
    "action:displayed": "ouvert",
    "action:processed": "traité",
    "action:error": "en erreur",
    "action:relayed": "relayé vers un système qui ne confirme pas",
    "action:expanded": "relayé vers une liste",
    "action:deleted": "supprimé sans être lu",
    "action:answered": "réponse reçue",
    "action:auto-reply": "absence signalée",
    "step:unseal": "ouverture",
    "step:unpack": "déballage",
    "step:read": "lecture",
    "step:match": "orientation",
    "step:file": "classement",
    "step:acknowledge": "accusé de réception",
    "step:compute": "calcul des échéances",
}
"""Words of every state, by family; a word that is not here is shown as it is."""

TONES: Mapping[str, str] = {
    "item:new": "fresh",
    "item:taken": "active",
    "item:waiting": "quiet",
    "item:done": "done",
    "contestation:received": "fresh",
    "contestation:matched": "active",
    "contestation:to-complete": "warn",
    "contestation:waiting": "quiet",
    "contestation:answered": "done",
    "contestation:accepted": "warn",
    "contestation:dispute": "bad",
    "contestation:commission": "bad",
    "contestation:expertise": "bad",
    "contestation:closed": "done",
    "outbox:failed": "bad",
    "outbox:given_up": "bad",
    "outbox:delayed": "warn",
    "outbox:queued": "quiet",
    "outbox:sent": "active",
    "outbox:delivered": "done",
    "outbox:displayed": "done",
    "outbox:processed": "done",
    "deadline:missed": "bad",
    "deadline:met": "done",
    "deadline:cancelled": "quiet",
    "deadline:open": "active",
    "period:granted": "done",
    "period:requested": "warn",
    "period:refused": "bad",
    "severity:error": "bad",
    "severity:warning": "warn",
    "severity:info": "quiet",
    "class:medical": "medical",
    "class:administrative": "quiet",
    "case:open": "active",
    "case:closed": "done",
}


def state(family: str, value: str | None) -> str:
    """The French word of a state (``state("item", "new")``)."""
    return NOTHING if value is None else STATES.get(f"{family}:{value}", str(value))


def answer(period: Period) -> str:
    """What a form says of its period: ``accordée``, or ``écartée (était accordée)``."""
    said = state("period", period.given)
    return said if period.stands else f"{state('period', period.status)} (était {said})"


def tone(family: str, value: str | None) -> str:
    """The class of colour of a state's badge."""
    return TONES.get(f"{family}:{value}", "quiet")


def day(value: date | datetime | None) -> str:
    """``23/11/2026``; an instant is shown in French time."""
    if value is None:
        return NOTHING
    if isinstance(value, datetime):
        value = value.astimezone(PARIS).date()
    return value.strftime("%d/%m/%Y")


def instant(value: datetime | None) -> str:
    """``23/11/2026 à 10 h 05``, in French time."""
    if value is None:
        return NOTHING
    return f"{value.astimezone(PARIS):%d/%m/%Y} à{NB}{hour(value)}"


def hour(value: datetime) -> str:
    """``10 h 05``, in French time."""
    local = value.astimezone(PARIS)
    return f"{local.hour}{NB}h{NB}{local:%M}"


def moment(value: datetime | None) -> str:
    """``23/11/2026 10 h 05`` for the column of a table, in French time."""
    return NOTHING if value is None else f"{value.astimezone(PARIS):%d/%m/%Y}{NB}{hour(value)}"


def countdown(due: date, today: date) -> str:
    """``dans 12 jours``, ``aujourd'hui``, ``dépassée de 3 jours``."""
    days = (due - today).days
    if days == 0:
        return "aujourd’hui"
    if days == 1:
        return "demain"
    if days > 1:
        return f"dans {number(days)}{NB}jours"
    return f"dépassée de {number(-days)}{NB}jour{'s' if days < -1 else ''}"


def urgency(due: date, today: date) -> str:
    """Class of colour of a due date: past, within 7 days, later."""
    days = (due - today).days
    return "bad" if days < 0 else "warn" if days <= 7 else "quiet"


def number(value: float | Decimal, decimals: int = 0) -> str:
    """``12 345,60``: decimal comma, narrow no-break spaces between thousands."""
    return f"{value:,.{decimals}f}".replace(",", NNB).replace(".", ",").replace("-", "\u2212")


def amount(value: str | Decimal | None) -> str:
    """``12 345,60 €`` from a decimal with a point; anything else is shown as it was read."""
    if value is None or value == "":
        return NOTHING
    try:
        return f"{number(Decimal(value), 2)}{NB}€"
    except InvalidOperation:
        return str(value)


def percent(value: float | None) -> str:
    """``93 %`` from 0.93; never rounded up to certainty."""
    if value is None:
        return NOTHING
    return f"{min(round(value * 100), 99) if value < 1 else 100}{NNB}%"


def size(octets: int) -> str:
    """``1,2 Mo``: thousands of octets, as people's file managers count."""
    for unit, power in (("Go", 9), ("Mo", 6), ("ko", 3)):
        if octets >= 10**power:
            return f"{number(octets / 10**power, 1)}{NB}{unit}"
    return f"{octets}{NB}octet{'s' if octets > 1 else ''}"


def plural(count: int, one: str, many: str) -> str:
    """``1 élément``, ``12 éléments``; zero takes the singular in French."""
    return f"{number(count)}{NB}{one if abs(count) < 2 else many}"


def sentence(text: str) -> str:
    """A reason as a sentence: a capital first, a full stop last."""
    words = text.strip()
    return f"{words[:1].upper()}{words[1:]}{'' if not words or words[-1] in '.!?…' else '.'}"


def short_hash(sha256: str) -> str:
    """The first 12 characters, enough to compare by eye."""
    return sha256[:12]


def iso_day(value: str | None) -> str | None:
    """``23/11/2026`` when the text is an ISO date, else ``None``."""
    try:
        return day(date.fromisoformat(value or ""))
    except ValueError:
        return None
