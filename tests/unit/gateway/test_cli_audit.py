"""`passerelle audit verify` and `consistency`, `passerelle ledger`: on a log, on what its witness kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import delete, select, update

from gateway import bootstrap
from gateway.cli import upkeep, verification
from gateway.clock import SystemClock, TurnableClock, paris_date
from gateway.evidence.record import Kind
from gateway.evidence.stamper import Stamper
from gateway.evidence.stamping import Authority, Web
from gateway.evidence.witness import kept
from gateway.house import House
from gateway.intake.tally import Tally
from gateway.outbound.deposits import Deposits
from gateway.settings import load
from storage import audit, merkle
from storage.audit import CheckpointRow, ClearRow, EventRow, HeadRow
from storage.ledger import Fate, Sighting
from storage.outbox import OutboxEntry
from tests.worlds.command import CommandLine
from tests.worlds.house import AT, Home
from tests.worlds.tsa import TimeStampAuthority

WITNESS = "temoin@ailleurs.example"


@pytest.fixture
def line(tmp_path: Path) -> CommandLine:
    return CommandLine.on(tmp_path / "gateway")


@contextmanager
def inside(line: CommandLine, clock: TurnableClock | None = None) -> Iterator[House]:
    house = bootstrap.build(load(line.folder / "config" / "gateway.toml"), clock or TurnableClock(AT))
    try:
        yield house
    finally:
        house.close()


def grow(house: House, *names: str) -> str:
    """One event each, then a checkpoint."""
    for name in names:
        with house.database.transaction() as session:
            house.recorder.add(session, Kind.LOGIN, f"person:{name}", state="in")
    return house.recorder.checkpoint(house.database)


def deposited(house: House, folder: Path) -> Path:
    """The mail of the day to the witness, as the witness keeps it."""
    deposits = Deposits(
        house.database,
        house.recorder,
        house.clock,
        upkeep.house_post(house),
        WITNESS,
        house.ring.public_pem.decode(),
    )
    assert deposits.once()
    assert not deposits.once()
    with house.database.reading() as session:
        (letter,) = session.exec(select(OutboxEntry).where(OutboxEntry.recipient == WITNESS))
    folder.mkdir(exist_ok=True)
    file = folder / "2026-11-23.eml"
    file.write_bytes(house.vault.get(letter.raw_sha256))
    return file


def cut(house: House, size: int) -> None:
    """What an operator who holds the key could do: cut the log, and every trace of its end in the house."""
    with house.database.transaction() as session:
        leaves = session.exec(select(EventRow.leaf).where(EventRow.position < size)).all()
        tree = merkle.Frontier()
        for leaf in leaves:
            tree.push(leaf)
        for model in (EventRow, ClearRow):
            session.execute(delete(model).where(model.position >= size))  # type: ignore[arg-type]
        session.execute(delete(CheckpointRow).where(CheckpointRow.size > size))  # type: ignore[arg-type]
        session.execute(update(HeadRow).values(size=size, frontier=tree.packed()))
    shutil.rmtree(house.settings.path(house.settings.storage.checkpoints))


def test_a_log_cut_then_grown_again_is_caught_by_its_witness(line: CommandLine, tmp_path: Path) -> None:
    with inside(line) as house:
        grow(house, "a", "b", "c")
        file = deposited(house, tmp_path / "kept")
    said = line.call("audit", "verify", "--witness", file)
    assert (said.status, said.err) == (0, "")
    assert "1 point(s) de contrôle gardés par le témoin sont ceux de ce journal" in said.out
    with inside(line) as house:
        cut(house, 1)
        grow(house, "d")
    assert line.call("audit", "verify").status == 0  # without a witness, nobody can tell
    shorter = line.call("audit", "verify", "--witness", tmp_path / "kept")
    assert shorter.status == 1
    assert "que garde le témoin" in shorter.err
    with inside(line) as house:
        grow(house, "e", "f", "g")
    longer = line.call("audit", "verify", "--witness", tmp_path / "kept", "--json")
    assert longer.status == 1
    assert "contredit son témoin" in longer.json["reason"]
    assert longer.json["first_bad"] == 2


def test_notes_alone_serve_as_well_as_mails(line: CommandLine, tmp_path: Path) -> None:
    with inside(line) as house:
        first, second = grow(house, "a"), grow(house, "b")
    place = tmp_path / "kept"
    place.mkdir()
    (place / "1.note").write_text(first, "utf-8")
    (place / "all.txt").write_text(f"{second}\n{first}\n", "utf-8")
    said = line.call("audit", "verify", "--witness", place, "--json")
    assert (said.status, said.json["witnessed"]) == (0, 2)
    forged = first.replace("\n1\n", "\n2\n")
    (place / "forged.note").write_text(forged, "utf-8")
    refused = line.call("audit", "verify", "--witness", place)
    assert refused.status == 1
    assert "Un point de contrôle du témoin est illisible" in refused.err


@pytest.mark.parametrize("content", [b"", b"Subject: rien\r\n\r\nrien\r\n"])
def test_files_without_a_checkpoint_prove_nothing(
    line: CommandLine, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "rien.eml"
    file.write_bytes(content)
    said = line.call("audit", "verify", "--witness", file)
    assert said.status == 1
    assert "rien n'a été vérifié" in said.sentence
    assert line.call("audit", "verify", "--witness", tmp_path / "absent.eml").status == 1


def test_a_signed_deposit_is_read_too(sqlite_home: Home, tmp_path: Path) -> None:
    house = sqlite_home.house
    note = grow(house, "a")
    file = deposited(house, tmp_path)
    assert b"multipart/signed" in file.read_bytes()
    assert kept(verification._contents(house, file), "passerelle") == [note]
    sqlite_home.clock.turn(timedelta(days=1))
    another = Deposits(
        house.database, house.recorder, house.clock, upkeep.house_post(house), WITNESS, "clé"
    )
    assert another.once()  # a day, a deposit


def test_between_two_checkpoints_and_their_consistency(line: CommandLine) -> None:
    with inside(line) as house:
        for number in range(3):
            grow(house, *(f"{number}-{i}" for i in range(3)))
    said = line.call("audit", "verify", "--from", 3, "--to", 6)
    assert (said.status, said.err) == (0, "")
    assert "de l'entrée 3 à l'entrée 5" in said.out
    assert line.call("audit", "verify", "--from", 4, "--to", 6).status == 1
    proof = line.call("audit", "consistency", 3, 9, "--json").json
    assert proof["holds"]
    path = [bytes.fromhex(step) for step in proof["proof"]]
    with inside(line) as house, house.database.reading() as session:
        roots = {row.size: row.root for row in session.exec(select(CheckpointRow))}
    assert merkle.check_consistency(3, 9, path, roots[3], roots[9])
    told = line.call("audit", "consistency", 3, 9)
    assert "La preuve tient." in told.err
    assert proof["old"] in told.out
    missing = line.call("audit", "consistency", 4, 9)
    assert missing.status == 1
    assert "Il n'y a pas de points de contrôle" in missing.sentence
    with inside(line) as house, house.database.transaction() as session:
        row = session.get(EventRow, 1)
        assert row is not None
        row.leaf = bytes(32)
    broken = line.call("audit", "consistency", 3, 9)
    assert broken.status == 1
    assert "La preuve ne tient pas" in broken.err


def test_time_stamps_are_asked_once_a_day_and_verified(line: CommandLine, tmp_path: Path) -> None:
    clock = TurnableClock(AT)
    with TimeStampAuthority(tmp_path / "tsa", SystemClock().now()) as tsa, inside(line, clock) as house:
        grow(house, "a")
        stamper = Stamper(house.database, house.recorder, clock, Web(tsa.url, 10), tsa.url, tsa.ca)
        assert stamper.once()
        assert not stamper.once()
        clock.turn(timedelta(days=1))
        assert stamper.once()
        clock.turn(timedelta(days=1))
        tsa.answer = (500, b"")
        assert not stamper.once()  # away: asked again ten minutes later
        asked = len(tsa.asked)
        assert not stamper.once()
        assert len(tsa.asked) == asked
        clock.turn(timedelta(minutes=11))
        tsa.answer = (200, b"no token")
        assert not stamper.once()
        with house.database.reading() as session:
            told = [
                event.fields["outcome"]
                for event in audit.events(session, [f"checkpoint:{n}" for n in range(12)])
                if event.kind == Kind.STAMP
            ]
        assert told == ["kept", "kept", "refused"]
    unjudged = line.call("audit", "verify")
    assert unjudged.status == 0
    assert "2 jeton(s) d'horodatage non vérifiés" in unjudged.out
    settings = line.folder / "config" / "gateway.toml"
    text = settings.read_text("utf-8")
    settings.write_text(
        text.replace('#stamp_ca = "var/trust/stamps.pem"', f'stamp_ca = "{tsa.ca}"'), "utf-8"
    )
    held = line.call("audit", "verify", "--json")
    assert (held.status, held.json["stamps"]) == (0, {"checked": 2, "refused": {}})
    other = TimeStampAuthority(tmp_path / "other", SystemClock().now())
    shutil.copy(other.ca, tsa.ca)
    refused = line.call("audit", "verify")
    assert refused.status == 1
    assert "signataire inconnu" in refused.err
    assert Authority.of(tsa.ca).roots


def test_the_ledger_and_its_alarm(line: CommandLine) -> None:
    assert "Le registre est vide" in line.call("ledger").err
    clock = TurnableClock(SystemClock().now())
    today = paris_date(clock.now())
    with inside(line, clock) as house:
        box = next(iter(house.circuits.by_name.values())).mailboxes[0].address
        tally = Tally()
        tally.refused([box], clock.now(), "552 5.3.4 trop")
        settings = house.settings.evidence.model_copy(update={"alerts": "exploitation@caisse.example"})
        watched = bootstrap.build(
            house.settings.model_copy(update={"evidence": settings}), clock, house.reader.sandbox
        )
        upkeep.daybook(watched, tally).once()
        good = line.call("ledger", "--day", today, "--mailbox", box, "--json")
        assert (good.status, good.json[0]["on_server"], good.json[0]["difference"]) == (0, 1, 0)
        with house.database.transaction() as session:
            session.add(
                Sighting(
                    mailbox=box,
                    folder="INBOX",
                    uidvalidity=7,
                    uid=1,
                    day=today,
                    seen_at=clock.now(),
                    fate=Fate.GONE,
                )
            )
        upkeep.daybook(watched, tally).once()
        upkeep.daybook(watched, tally).once()
        with house.database.reading() as session:
            (mail,) = session.exec(select(OutboxEntry))
        raw = house.vault.get(mail.raw_sha256)
        watched.database.close()
    assert mail.recipient == "exploitation@caisse.example"
    assert b"Auto-Submitted: auto-generated" in raw
    told = line.call("ledger")
    assert told.status == 1
    assert "1 jour(s) ne tombent pas juste" in told.err
    assert "552 5.3.4 (1)" in told.out
    assert line.call("ledger", "--day", "demain").status == 2
