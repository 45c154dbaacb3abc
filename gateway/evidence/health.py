"""What `passerelle doctor` asks of the proofs: ledger, witness, time stamps."""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.errors import PasserelleError
from gateway.evidence.stamping import Authority
from gateway.settings import Settings
from storage import balances, stamps, traffic
from storage.db import Session
from storage.outbox import OutboxState

DEPOSIT = "temoin"
"""The letter that carries a checkpoint to the witness."""
_LATE = timedelta(days=2)
_STOPPED = frozenset({OutboxState.FAILED, OutboxState.GIVEN_UP})


def ledger(session: Session) -> str:
    """That every day adds up. Raises ``PasserelleError``."""
    alarms = balances.alarms(session)
    if alarms:
        raise PasserelleError(
            f"{len(alarms)} jour(s) du registre des boîtes ne tombent pas juste : passerelle ledger."
        )
    return "Tout tombe juste."


def witness(session: Session, settings: Settings, at: datetime) -> str:
    """That the witness gets its checkpoints. Raises ``PasserelleError``."""
    if settings.evidence.witness is None:
        return "Aucun témoin : cette installation est seule à garder ses points de contrôle (« witness »)."
    last = traffic.last_letter(session, DEPOSIT)
    if last is None:
        return "Le premier dépôt partira à la prochaine mise en service."
    if last.state in _STOPPED:
        raise PasserelleError(
            f"Le dépôt du {last.created_at:%d/%m/%Y} n'est pas parti : passerelle outbox show {last.id}."
        )
    if at - last.created_at > _LATE:
        raise PasserelleError(
            f"Le dernier dépôt date du {last.created_at:%d/%m/%Y} : vérifiez que Passerelle tourne."
        )
    if last.state is OutboxState.QUEUED:
        return f"Le dépôt du {last.created_at:%d/%m/%Y} attend de partir."
    return f"Dernier dépôt le {last.created_at:%d/%m/%Y}."


def time_stamps(session: Session, settings: Settings, at: datetime) -> str:
    """That checkpoints get their time stamps. Raises ``PasserelleError``."""
    asked = settings.evidence
    if asked.stamp_url is None and asked.stamp_ca is None:
        return "Aucune autorité d'horodatage : l'heure est celle de cette machine (« stamp_url »)."
    if asked.stamp_url is None or asked.stamp_ca is None:
        raise PasserelleError("« stamp_url » et « stamp_ca » vont ensemble : donnez les deux.")
    Authority.of(settings.path(asked.stamp_ca))
    last = stamps.last_stamped(session)
    if last is None:
        return "Le premier jeton sera demandé à la prochaine mise en service."
    if at - last > _LATE:
        raise PasserelleError(
            f"Le dernier jeton date du {last:%d/%m/%Y} : l'autorité d'horodatage ne répond plus."
        )
    return f"Dernier jeton le {last:%d/%m/%Y}."
