"""The ledger of a folder of a real Dovecot: difference 0 whatever people and servers do, or it is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.clock import TurnableClock, paris_date
from gateway.evidence.record import Kind, Recorder
from gateway.intake.folderbook import FolderBook
from gateway.intake.imap import ImapWatcher
from gateway.intake.imap_box import FolderSeen, ImapBox
from gateway.settings import Imap
from storage.balances import Balance, balances
from storage.db import Database
from tests.worlds import dovecot
from tests.worlds.dovecot import PASSWORD, USER, Dovecot
from tests.worlds.imap_proxy import ImapProxy
from tests.worlds.needed import needed
from tests.worlds.reception import ADMINISTRATIVE, Reception
from tests.worlds.watched import reception

__all__ = ["reception"]
on_dovecot = pytest.mark.dovecot


@pytest.fixture
def server() -> Iterator[Dovecot]:
    needed(dovecot.missing())
    with Dovecot() as server:
        server.messages()  # a first visit gives the folder its UIDVALIDITY
        yield server


def mail(name: str) -> bytes:
    return b"Message-ID: <%s@x.example>\r\nSubject: %s\r\n\r\nx\r\n" % (name.encode(), name.encode())


class Clerk:
    """A watcher at work, and the ledger it keeps."""

    def __init__(self, reception: Reception, port: int, root: Path) -> None:
        (root / "secret").write_text(PASSWORD + "\n")
        self.settings = Imap(
            name="cnse",
            host="127.0.0.1",
            port=port,
            tls=False,
            username=USER,
            secret_file=Path("secret"),
            mailbox=ADMINISTRATIVE,
        )
        self.watcher = ImapWatcher(self.settings, reception.door(), root)
        self.root, self.reception = root, reception

    def scan(self) -> int:
        with ImapBox(self.settings, self.root) as box:
            return self.watcher.scan(box)

    def balances(self) -> list[Balance]:
        today = paris_date(self.reception.clock.now())
        with self.reception.database.reading() as session:
            return balances(session, today - timedelta(days=9), today, paris_date)

    def figures(self) -> tuple[int, ...]:
        """On server, accepted, duplicates, refused, still there, difference; of the only day."""
        (one,) = self.balances()
        return (
            one.on_server,
            one.accepted,
            one.duplicates,
            one.refused,
            one.still_there,
            one.difference,
        )


@pytest.fixture
def clerk(server: Dovecot, reception: Reception, tmp_path: Path) -> Clerk:
    return Clerk(reception, server.port, tmp_path)


@on_dovecot
def test_every_message_seen_has_an_end(server: Dovecot, clerk: Clerk) -> None:
    for name in ("one", "two", "one"):
        server.append(mail(name))
    assert clerk.scan() == 3
    assert clerk.figures() == (3, 2, 1, 0, 0, 0)
    (day,) = clerk.balances()
    assert (day.scans, day.unseen) == (1, 0)


@on_dovecot
def test_refused_with_its_reason_then_accepted(
    server: Dovecot, clerk: Clerk, clock: TurnableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.append(mail("one"))

    def unreadable(_box: ImapBox, _uid: int) -> Iterator[bytes]:
        raise ValueError("unreadable")

    with monkeypatch.context() as broken:
        broken.setattr(ImapBox, "pieces", unreadable)
        assert clerk.scan() == 0
    assert clerk.figures() == (1, 0, 0, 1, 0, 0)
    assert clerk.balances()[0].reasons == (("ValueError", 1),)
    with clerk.reception.database.reading() as session:
        (told,) = clerk.reception.recorder.events(session, [f"mailbox:{ADMINISTRATIVE}"])
    assert (told.kind, told.fields["code"], told.fields["uid"]) == (Kind.REFUSED, "ValueError", 1)
    clock.turn(timedelta(minutes=2))
    assert clerk.scan() == 1
    assert clerk.figures() == (1, 1, 0, 0, 0, 0)


@on_dovecot
def test_an_accepted_message_moved_or_deleted_by_a_person_changes_nothing(
    server: Dovecot, clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.append(mail("one"))
    server.append(mail("two"))
    with monkeypatch.context() as kept:
        kept.setattr(ImapBox, "move", lambda _box, _uid: False)
        assert clerk.scan() == 2
    person = server.client()
    person.select_folder("INBOX")
    person.delete_messages([1])
    person.expunge()
    person.create_folder("Perso")
    person.move([2], "Perso")
    person.logout()
    assert clerk.scan() == 0
    assert clerk.figures() == (2, 2, 0, 0, 0, 0)


def seen_but_not_taken(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    """One scan that sees the folder and is cut before it takes anything."""
    with monkeypatch.context() as cut:
        cut.setattr(ImapWatcher, "_taken", lambda *_words: False)
        assert clerk.scan() == 0


@on_dovecot
def test_a_message_deleted_before_it_was_taken_is_the_difference(
    server: Dovecot, clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.append(mail("one"))
    server.append(mail("two"))
    seen_but_not_taken(clerk, monkeypatch)
    assert clerk.figures() == (2, 0, 0, 0, 2, 0)
    person = server.client()
    person.select_folder("INBOX")
    person.delete_messages([1])
    person.expunge()
    person.logout()
    assert clerk.scan() == 1
    assert clerk.figures() == (2, 1, 0, 0, 0, 1)


@on_dovecot
def test_a_message_taken_away_and_put_back_counts_once(
    server: Dovecot, clerk: Clerk, clock: TurnableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.append(mail("one"))
    seen_but_not_taken(clerk, monkeypatch)
    person = server.client()
    person.create_folder("Perso")
    person.select_folder("INBOX")
    person.move([1], "Perso")
    clerk.scan()
    assert clerk.figures() == (1, 0, 0, 0, 0, 1)
    clock.turn(timedelta(days=1))
    person.select_folder("Perso")
    person.move(person.search("ALL"), "INBOX")
    person.logout()
    assert clerk.scan() == 1
    yesterday, today = clerk.balances()
    assert (yesterday.on_server, yesterday.accepted, yesterday.difference) == (1, 1, 0)
    assert (today.on_server, today.scans) == (0, 1)


@on_dovecot
def test_a_message_that_no_scan_saw_is_a_number_never_shown(server: Dovecot, clerk: Clerk) -> None:
    clerk.scan()
    server.append(mail("one"))
    person = server.client()
    person.select_folder("INBOX")
    person.delete_messages([1])
    person.expunge()
    person.logout()
    server.append(mail("two"))
    assert clerk.scan() == 1
    assert clerk.figures() == (1, 1, 0, 0, 0, 0)
    assert clerk.balances()[0].unseen == 1


@on_dovecot
def test_a_new_uidvalidity_counts_nothing_twice(
    server: Dovecot, reception: Reception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.append(mail("one"))
    server.append(mail("two"))
    with ImapProxy(server.port) as proxy:
        clerk = Clerk(reception, proxy.port, tmp_path)
        seen_but_not_taken(clerk, monkeypatch)
        proxy.validity = 4_000_000_000
        assert clerk.scan() == 2
    assert clerk.figures() == (2, 2, 0, 0, 0, 0)


@on_dovecot
def test_a_restored_server_leaves_no_difference(server: Dovecot, clerk: Clerk) -> None:
    server.append(mail("one"))
    copy = server.copied()
    server.append(mail("two"))
    assert clerk.scan() == 2
    server.restore(copy)
    server.append(mail("three"))
    assert clerk.scan() == 1
    assert clerk.figures() == (3, 3, 0, 0, 0, 0)
    assert clerk.scan() == 0
    assert clerk.figures() == (3, 3, 0, 0, 0, 0)


@on_dovecot
def test_a_server_restored_before_anything_was_taken(
    server: Dovecot, clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.append(mail("one"))
    copy = server.copied()
    server.append(mail("two"))
    seen_but_not_taken(clerk, monkeypatch)
    server.restore(copy)
    assert clerk.scan() == 1
    assert clerk.figures() == (2, 1, 0, 0, 0, 1)  # "two" was on the server, and was lost with it


def test_numbers_never_shown(sqlite_database: Database, recorder: Recorder, clock: TurnableClock) -> None:
    book = FolderBook(sqlite_database, recorder, "a@b.example", "INBOX")
    assert book.open(FolderSeen(7, 10, [9]), clock.now()).unknown == [9]
    assert book.open(FolderSeen(7, 13, [9, 11]), clock.now()).unknown == [9, 11]
    assert book.open(FolderSeen(8, 5, []), clock.now()).generation == 8
    assert book.open(FolderSeen(8, 0, []), clock.now()).generation == 8
    assert book.open(FolderSeen(8, 4, []), clock.now()).generation == 8 + (1 << 32)
    assert book.open(FolderSeen(7, 40, []), clock.now()).generation == 7 + (2 << 32)
    with sqlite_database.reading() as session:
        (day,) = balances(session, paris_date(clock.now()), paris_date(clock.now()), paris_date)
    assert (day.unseen, day.scans) == (2, 6)
