"""The ledger on its page: figures, reasons, what was signed, and an alarm that nobody can miss."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.clock import TurnableClock, paris_date
from gateway.intake.daybook import Daybook
from gateway.intake.tally import Tally
from gateway.settings import Imap, Settings
from storage import balances
from storage.ledger import Fate, Sighting
from tests.worlds.web import World

BOX = "cnse-admin@caisse.example"


def sighting(uid: int, fate: Fate, clock: TurnableClock, reason: str = "") -> Sighting:
    return Sighting(
        mailbox=BOX,
        folder="INBOX",
        uidvalidity=7,
        uid=uid,
        day=paris_date(clock.now()),
        seen_at=clock.now(),
        fate=fate,
        reason=reason,
    )


def kept(world: World, *rows: Sighting) -> Daybook:
    """A ledger with these messages, and the book that closes it."""
    tally = Tally()
    tally.refused([], world.clock.now(), "550 5.1.1 inconnu")
    with world.house.database.transaction() as session:
        session.add_all(rows)
    return Daybook(world.house.database, world.house.recorder, world.clock, [BOX], tally)


def test_a_day_that_adds_up(world: World) -> None:
    clock = world.clock
    book = kept(
        world,
        sighting(1, Fate.ACCEPTED, clock),
        sighting(2, Fate.DUPLICATE, clock),
        sighting(3, Fate.REFUSED, clock, "ValueError"),
        sighting(4, Fate.WAITING, clock),
    )
    book.once()
    client = world.signed_in("sylvie")
    page = client.get("/registre").text
    assert "Tout tombe juste" in page
    assert "pas encore lisible, réessayé (ValueError)" in page
    assert "destinataire inconnu (550 5.1.1)" in page
    assert "Aucune boîte nommée" in page
    assert "signé demain" in page
    clock.turn(timedelta(days=1))
    book.once()
    client = world.signed_in("sylvie")
    assert "n° " in client.get("/registre").text
    assert 'role="alert"' not in client.get("/files").text


def test_a_day_that_does_not_add_up_is_told_everywhere(world: World) -> None:
    book = kept(world, sighting(1, Fate.ACCEPTED, world.clock), sighting(2, Fate.GONE, world.clock))
    book.once()
    client = world.signed_in("sylvie")
    page = client.get("/registre").text
    assert "jour ne tombe pas juste" in page
    assert "message sans suite" in page
    assert "jour du registre des boîtes ne tombe pas juste" in client.get("/files").text
    world.clock.turn(timedelta(days=1))
    book.once()
    with world.house.database.transaction() as session:
        lost = session.get(Sighting, (BOX, "INBOX", 7, 2))
        assert lost is not None
        lost.fate = Fate.ACCEPTED
    book.once()
    page = world.signed_in("sylvie").get("/registre").text
    assert "Tout tombe juste" in page
    assert "signé avec une différence de 1" in page


def test_clerks_neither_see_it_nor_hear_of_it(world: World) -> None:
    kept(world, sighting(1, Fate.GONE, world.clock)).once()
    client = world.signed_in("agathe")
    assert client.get("/registre").status_code == 403
    assert "registre des boîtes" not in client.get("/files").text


def test_a_folder_that_nobody_read_is_told(world: World) -> None:
    kept(world).once()
    assert "jamais relevée" not in world.signed_in("sylvie").get("/registre").text
    read_by_imap = Imap(name="a", host="imap.example", username="a", secret_file=Path("s"), mailbox=BOX)
    settings = Settings(imap=(read_by_imap,))
    world.app.state.house = replace(world.house, installation=settings)
    assert "jamais relevée" in world.signed_in("sylvie").get("/registre").text
    with world.house.database.transaction() as session:
        balances.heard(session, BOX, paris_date(world.clock.now()), scans=1)
    assert "jamais relevée" not in world.signed_in("sylvie").get("/registre").text


@pytest.mark.parametrize("day", ["0001-01-01", "2026-11-01", "9999-12-31"])
def test_any_day_can_be_asked(world: World, day: str) -> None:
    assert world.signed_in("sylvie").get("/registre", params={"jusque": day}).status_code == 200
