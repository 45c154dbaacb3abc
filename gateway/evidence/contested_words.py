"""Entries of the log about contestations and holds, as sentences. Pure."""

from __future__ import annotations

from collections.abc import Mapping

NB = "\u00a0"

_ACTIONS: Mapping[str, str] = {
    "list": "liste de créances lue",
    "received": "reçue",
    "match": "rattachée au dossier",
    "lack": "une preuve manque",
    "complete": "ce qui manquait est au dossier",
    "ask": "pièce demandée à l’hôpital",
    "answer": "créance réintroduite avec le dossier de preuve",
    "accept": "acceptée",
    "win": "close, l’institution renonce",
    "dispute": "un litige subsiste",
    "refer": "portée en commission mixte",
    "examine": "expertise demandée (article 10)",
    "report": "l’expert a répondu",
    "close": "close",
    "withdraw": "retirée par l’institution",
    "unmatch": "détachée du dossier",
    "reopen": "rouverte",
    "argument": "argument écrit pour la commission",
    "caisse": "indu signalé à la caisse",
    "recovery": "indu : dates de paiement et de notification inscrites",
    "evidence": "dossier de preuve remis",
}
_HOLDS = {"place": "Effacement gelé", "lift": "Gel de l’effacement levé"}


def contestation(fields: Mapping[str, object]) -> str:
    """``Contestation CTN-2026-00012 : rattachée au dossier``."""
    action = str(fields.get("action", ""))
    reference = f" {fields['contestation']}" if fields.get("contestation") else ""
    return f"Contestation{reference}{NB}: {_ACTIONS.get(action, action)}"


def hold(fields: Mapping[str, object]) -> str:
    """A legal hold put or lifted."""
    return _HOLDS.get(str(fields.get("action", "")), "Gel de l’effacement")
