"""``passerelle outbox``: letters that leave, what came back about each, two decisions of a person."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from gateway import bootstrap
from gateway.cli.output import print_json, print_table
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from gateway.settings import Settings
from storage import outbox
from storage.outbox import OutboxEntry, OutboxState, Receipt

_S = OutboxState
RETRIED = frozenset({_S.FAILED, _S.GIVEN_UP})
"""From these states a person may ask for another attempt."""
ABANDONED = frozenset({_S.QUEUED, _S.DELAYED})
"""From these states a person may give a letter up."""
_WORDS = {
    _S.QUEUED: "à envoyer", _S.SENT: "envoyée", _S.DELIVERED: "remise", _S.DISPLAYED: "ouverte",
    _S.PROCESSED: "traitée", _S.DELAYED: "retardée", _S.FAILED: "refusée", _S.GIVEN_UP: "abandonnée",
}  # fmt: skip
_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "delivery": ("failed", "delayed", "delivered"),
    "reading": ("error", "displayed", "processed"),
    "answer": ("answered",),
}
_LIMIT = 200


def add_to(verbs: Any) -> None:
    """Declare ``outbox list``, ``show``, ``retry`` and ``give-up``."""
    box = verbs.add_parser("outbox", help="les lettres : envoi, remise, lecture, réponse")
    words = box.add_subparsers(dest="word", required=True)
    listing = words.add_parser("list", help="les lettres, les dernières d'abord")
    listing.add_argument("--state", choices=[str(s) for s in OutboxState], action="append")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(run=_list)
    for name, words_of, run in (
        ("show", "une lettre : envoi, remise, lecture, réponse", _show),
        ("retry", "présenter à nouveau une lettre refusée ou abandonnée", _retry),
        ("give-up", "abandonner une lettre qui n'est pas partie", _give_up),
    ):
        one = words.add_parser(name, help=words_of)
        one.add_argument("id", type=int, metavar="NUMÉRO")
        one.add_argument("--json", action="store_true")
        one.set_defaults(run=run)


def _list(arguments: argparse.Namespace, settings: Settings) -> int:
    states = [OutboxState(s) for s in arguments.state or list(OutboxState)]
    house = bootstrap.build(settings)
    with house.database.reading() as session:
        found = outbox.listed(session, states, _LIMIT)
    house.close()
    if arguments.json:
        print_json([_told(entry) for entry in found])
        return 0
    rows = [
        (
            str(e.id),
            e.letter,
            e.recipient,
            _WORDS[e.state],
            e.protection,
            str(e.attempts),
            e.last_reply or "",
        )
        for e in found
    ]
    heads = ("n°", "lettre", "à", "état", "protection", "essais", "dernière réponse")
    print_table("Lettres", heads, rows)
    return 0


def _show(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    with house.database.reading() as session:
        entry = _found(outbox.get(session, arguments.id), arguments.id)
        receipts = outbox.receipts(session, arguments.id)
    house.close()
    told = {**_told(entry), **standing(entry, receipts)}
    if arguments.json:
        print_json(told)
        return 0
    print_table(f"Lettre {entry.id}", ("", ""), [(name, _cell(value)) for name, value in told.items()])
    return 0


def standing(entry: OutboxEntry, receipts: list[Receipt]) -> dict[str, str | None]:
    """Four different things: taken by the next server, delivered, read, answered (domain, 5.4)."""
    transport = str(entry.state) if entry.sent_at is None else "sent"
    last = {
        name: next((r.action for r in reversed(receipts) if r.action in actions), None)
        for name, actions in _ACTIONS.items()
    }
    return {"transport": transport, **last}


def _retry(arguments: argparse.Namespace, settings: Settings) -> int:
    return _decide(arguments, settings, RETRIED, OutboxState.QUEUED)


def _give_up(arguments: argparse.Namespace, settings: Settings) -> int:
    return _decide(arguments, settings, ABANDONED, OutboxState.GIVEN_UP)


def _decide(
    arguments: argparse.Namespace, settings: Settings, allowed: frozenset[OutboxState], after: OutboxState
) -> int:
    house = bootstrap.build(settings)
    at = house.clock.now()
    with house.database.transaction() as session:
        entry = _found(outbox.get(session, arguments.id), arguments.id)
        before = entry.state
        if before not in allowed or (entry.lease_until is not None and entry.lease_until > at):
            raise Refused(
                f"La lettre {arguments.id} est {_WORDS[before]} ; rien n'a changé : "
                "attendez la fin de l'essai en cours ou choisissez une autre action."
            )
        if after is OutboxState.QUEUED:
            moved = outbox.requeue(session, arguments.id, before, at)
        else:
            moved = outbox.move(session, arguments.id, before, after)
        if not moved:
            raise Refused(
                f"La lettre {arguments.id} vient de changer d'état ; rien n'a changé, relisez-la."
            )
        kind = Kind.LETTER_RETRIED if after is OutboxState.QUEUED else Kind.LETTER_FAILED
        house.recorder.add(
            session,
            kind,
            f"outbox:{entry.message_id}",
            before=str(before),
            state=str(after),
            person="ligne de commande",
        )
    house.close()
    if arguments.json:
        print_json({"id": arguments.id, "before": str(before), "state": str(after)})
    else:
        print(f"Lettre {arguments.id} : {_WORDS[before]}, maintenant {_WORDS[after]}.")
    return 0


def _found(entry: OutboxEntry | None, number: int) -> OutboxEntry:
    if entry is None:
        raise NotFound(f"Aucune lettre ne porte le numéro {number} ; rien n'a changé.")
    return entry


def _told(entry: OutboxEntry) -> dict[str, Any]:
    shown = {
        "id", "letter", "recipient", "mailbox", "subject", "state", "protection", "why", "created_at",
        "sent_at", "attempts", "next_attempt_at", "last_reply", "expects", "expected_by", "message_id",
    }  # fmt: skip
    return entry.model_dump(mode="json", include=shown)


def _cell(value: Any) -> str:
    return "\n".join(value) if isinstance(value, list) else str(value if value is not None else "—")
