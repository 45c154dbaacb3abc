"""Acts of people that no other test looks for in the log: each leaves its event."""

from __future__ import annotations

import argparse

from gateway.cli import outbox as words
from gateway.evidence.record import Kind
from storage import outbox, sheets
from storage.audit import Event
from storage.cases import Item
from storage.db import Database
from storage.outbox import OutboxEntry, OutboxState
from tests.builders import seed
from tests.builders.seen import AT, HOSPITAL, MAILBOX
from tests.worlds import web
from tests.worlds.house import Home
from tests.worlds.web import World


def last(database: Database, kind: Kind) -> Event:
    """The last event of this kind."""
    with database.reading() as session:
        return next(event for event in sheets.journal(session, None, 50) if event.kind == kind)


def test_an_item_given_back_is_told_with_who_gave_it(world: World) -> None:
    client = world.signed_in("agathe")
    number = world.office.items["question"]
    for action in ("prendre", "rendre"):
        with world.house.database.reading() as session:
            version = session.get_one(Item, number).version
        form = {"csrf": web.csrf(client, "/files"), "version": str(version)}
        assert client.post(f"/elements/{number}/actions/{action}", data=form).status_code == 303
    assert last(world.house.database, Kind.ITEM_TAKEN).fields["by"] == "agathe"
    assert last(world.house.database, Kind.ITEM_ASSIGNED).fields["by"] == "agathe"


def test_an_event_of_a_case_is_told(world: World) -> None:
    client = world.signed_in("agathe")
    path = f"/dossiers/{seed.CASE}"
    today = world.clock.now().date().isoformat()
    form = {"csrf": web.csrf(client, path), "evenement": "payment", "jour": today, "note": ""}
    assert client.post(f"{path}/evenements", data=form).status_code == 303
    told = last(world.house.database, Kind.CASE_EVENT)
    assert told.subject == f"case:{seed.CASE}"


def test_a_letter_presented_again_is_told(sqlite_home: Home) -> None:
    entry = OutboxEntry(
        message_id="<essai@cnse.example>",
        circuit="essai",
        letter="accuse",
        mailbox=MAILBOX,
        recipient=HOSPITAL,
        subject="Accusé",
        raw_sha256="f" * 64,
        state=OutboxState.FAILED,
        created_at=AT,
        next_attempt_at=AT,
    )
    with sqlite_home.house.database.transaction() as session:
        queued = outbox.queue(session, entry)
    assert queued is not None
    root = argparse.ArgumentParser()
    words.add_to(root.add_subparsers())
    arguments = root.parse_args(["outbox", "retry", str(queued.id)])
    assert arguments.run(arguments, sqlite_home.house.settings) == 0
    told = last(sqlite_home.house.database, Kind.LETTER_RETRIED)
    assert (told.subject, told.fields["before"]) == ("outbox:<essai@cnse.example>", "failed")
