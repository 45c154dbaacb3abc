"""``passerelle outbox``: letters that leave, what came back about each, decisions and calls of a person."""

from __future__ import annotations

import argparse
from typing import Any

from gateway import bootstrap
from gateway.cli.output import print_json, print_table
from gateway.clock import PARIS
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from gateway.outbound.handing import call_done
from gateway.outbound.standing import Mark, four
from gateway.settings import Settings
from storage import calls, outbox
from storage.calls import Call
from storage.lettermoves import TABLE, Cause
from storage.outbox import OutboxEntry, OutboxState

_S = OutboxState
RETRIED = TABLE[Cause.RETRIED][0]
"""From these states a person may ask for another attempt."""
ABANDONED = TABLE[Cause.ABANDONED][0]
"""From these states a person may give a letter up."""
PERSON = "ligne de commande"
_WORDS = {
    _S.QUEUED: "à envoyer", _S.SENT: "envoyée", _S.DELIVERED: "remise", _S.DISPLAYED: "ouverte",
    _S.PROCESSED: "traitée", _S.DELAYED: "retardée", _S.FAILED: "refusée", _S.GIVEN_UP: "abandonnée",
}  # fmt: skip
_CODES = ("transport", "delivery", "reading", "answer")
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
    waiting = words.add_parser("calls", help="les appels à passer, le plus ancien d'abord")
    waiting.add_argument("--json", action="store_true")
    waiting.set_defaults(run=_calls)
    called = words.add_parser("called", help="dire qu'un appel est fait")
    called.add_argument("id", type=int, metavar="NUMÉRO")
    called.add_argument("--note", default="", help="ce qui a été dit")
    called.set_defaults(run=_called)


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
        asked = calls.of_letter(session, arguments.id)
    house.close()
    marks = four(entry, receipts)
    if arguments.json:
        standing = {name: mark.code for name, mark in zip(_CODES, marks, strict=True)}
        reports = [r.model_dump(mode="json", exclude={"id", "outbox_id"}) for r in receipts]
        print_json({**_told(entry), **standing, "receipts": reports, "calls": [_asked(c) for c in asked]})
        return 0
    rows = [(mark.name, _marked(mark)) for mark in marks]
    rows += [("Appel", f"{c.recipient}, {c.phone or 'numéro inconnu'} : {_call_state(c)}") for c in asked]
    rows += [(name, _cell(value)) for name, value in _told(entry).items()]
    print_table(f"Lettre {entry.id}", ("", ""), rows)
    return 0


def _marked(mark: Mark) -> str:
    when = f", le {mark.at.astimezone(PARIS):%d/%m/%Y %H:%M}" if mark.at is not None else ""
    until = (
        f" (avant le {mark.expected_by.astimezone(PARIS):%d/%m/%Y %H:%M})"
        if mark.expected_by is not None
        else ""
    )
    return f"{mark.words}{when}{until}"


def _calls(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    with house.database.reading() as session:
        found = calls.waiting(session, _LIMIT)
    house.close()
    if arguments.json:
        print_json([_asked(call) for call in found])
        return 0
    rows = [
        (
            str(c.id),
            c.recipient,
            c.phone or "inconnu",
            c.queue,
            f"{c.at.astimezone(PARIS):%d/%m/%Y}",
            c.detail,
        )
        for c in found
    ]
    print_table("Appels à passer", ("n°", "à", "téléphone", "file", "depuis le", "pourquoi"), rows)
    return 0


def _called(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    with house.database.transaction() as session:
        call = calls.get(session, arguments.id)
        if call is None:
            raise NotFound(f"Aucun appel ne porte le numéro {arguments.id} ; rien n'a changé.")
        events = call_done(session, call, PERSON, house.clock.now(), arguments.note)
        if not events:
            raise Refused(f"L'appel {arguments.id} est déjà {_call_state(call)} ; rien n'a changé.")
        house.recorder.add_all(session, events)
    house.close()
    print(f"Appel {arguments.id} fait ; la lettre n'attend plus de retour.")
    return 0


def _asked(call: Call) -> dict[str, Any]:
    return call.model_dump(mode="json", exclude={"key"})


def _call_state(call: Call) -> str:
    if call.done_at is None:
        return "à passer"
    return f"fait par {call.done_by}" if call.done_by else "retiré, un retour est venu"


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
            person=PERSON,
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
