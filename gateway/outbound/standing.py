"""Four different things known of a letter: its transport, its delivery, its reading, its answer. Pure.

None of them says another: a server that took a letter has not delivered it, a letter delivered was not
read, and one that was read was not answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.outbox import Following, OutboxEntry, OutboxState, Receipt

_DELIVERY = {
    "delivered": ("remise", "done"),
    "relayed": ("relayée vers un système qui ne confirme pas", "active"),
    "expanded": ("relayée vers une liste", "active"),
    "delayed": ("retardée, nouvel essai en cours", "warn"),
    "failed": ("non remise", "bad"),
}
_READING = {
    "displayed": ("ouverte", "done"),
    "processed": ("traitée", "done"),
    "error": ("erreur chez le destinataire", "bad"),
    "deleted": ("supprimée sans être lue", "bad"),
}
_ANSWER = {"answered": ("réponse reçue", "done"), "auto-reply": ("absence signalée", "warn")}
_STATE = {
    OutboxState.QUEUED: ("à envoyer", "quiet"),
    OutboxState.FAILED: ("refusée par le serveur", "bad"),
    OutboxState.GIVEN_UP: ("abandonnée", "bad"),
}
_EXPECTS = {"delivery": "Remise", "reading": "Lecture", "answer": "Réponse"}
_FOLLOWING = {
    Following.WAITING: "attendue",
    Following.REMINDED: "relancée, attendue",
    Following.ESCALATED: "attendue, une personne appelle",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One of the four: ``code`` for programs, ``words`` for people; no code: nothing is known."""

    name: str
    code: str | None
    words: str
    tone: str
    at: datetime | None
    expected_by: datetime | None = None
    """Set on the one that is still waited for."""


def four(entry: OutboxEntry, receipts: Sequence[Receipt]) -> tuple[Mark, Mark, Mark, Mark]:
    """Transport, delivery, reading and answer of a letter, each from what speaks of it alone."""
    wanted = _EXPECTS.get(entry.expects or "")
    waiting = entry.following in _FOLLOWING
    answer = _last("Réponse", _ANSWER, receipts, "answered")
    if answer.code != "answered" and entry.following is Following.ANSWERED and entry.expects == "answer":
        answer = Mark("Réponse", "answered", "réponse notée par une personne", "done", None)
    marks = (
        _transport(entry),
        _last("Remise", _DELIVERY, receipts, "delivered", "failed", "relayed"),
        _last("Lecture", _READING, receipts, "processed", "displayed"),
        answer,
    )
    one, two, three, last = (
        _expected(entry, mark) if waiting and mark.name == wanted else mark for mark in marks
    )
    return one, two, three, last


def _transport(entry: OutboxEntry) -> Mark:
    if entry.sent_at is not None:
        return Mark("Transport", "sent", "prise par le serveur suivant", "done", entry.sent_at)
    words, tone = _STATE.get(entry.state, ("prise par le serveur suivant", "done"))
    return Mark("Transport", str(entry.state), words, tone, entry.attempted_at)


def _last(name: str, words: dict[str, tuple[str, str]], receipts: Sequence[Receipt], *surest: str) -> Mark:
    """The latest report that speaks of it; one of ``surest`` wins over those that settle nothing."""
    told = [r for r in receipts if r.action in words]
    chosen = next((r for r in reversed(told) if r.action in surest), told[-1] if told else None)
    if chosen is None:
        return Mark(name, None, "rien de connu", "quiet", None)
    said, tone = words[chosen.action]
    return Mark(name, chosen.action, said, tone, chosen.at)


def _expected(entry: OutboxEntry, mark: Mark) -> Mark:
    words = mark.words if mark.code else _FOLLOWING[entry.following]
    tone = mark.tone if mark.code else "warn"
    return Mark(mark.name, mark.code, words, tone, mark.at, entry.expected_by)
