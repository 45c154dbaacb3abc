"""A real Dovecot restored from a copy: the numbers it gives again never hide a mail."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.clock import TurnableClock
from gateway.intake.imap_box import ImapBox
from tests.worlds.dovecot import Dovecot
from tests.worlds.reception import Reception
from tests.worlds.watched import PROCESSED, mail, reception, scanned, server, watcher

pytestmark = pytest.mark.dovecot

_SECONDS = 30
__all__ = ["reception", "server"]


def test_a_server_restored_from_a_copy_loses_nothing(
    server: Dovecot, reception: Reception, tmp_path: Path
) -> None:
    server.append(mail("one"))
    copy = server.copied()
    server.append(mail("two"))
    one = watcher(reception, server.port, tmp_path)
    assert scanned(one, tmp_path) == 2
    server.restore(copy)
    server.append(mail("three"))  # takes the UID of "two", which UIDNEXT does not tell
    assert scanned(one, tmp_path) == 1
    assert sorted(reception.raws()) == sorted([mail("one"), mail("two"), mail("three")])
    assert server.messages() == []
    assert sorted(server.messages(PROCESSED)) == sorted([mail("one"), mail("three")])


def test_uidnext_going_back_begins_a_new_count(
    server: Dovecot, reception: Reception, tmp_path: Path
) -> None:
    server.messages()  # a first visit gives the folder its UIDVALIDITY
    empty = server.copied()
    server.append(mail("one"))
    server.append(mail("two"))
    one = watcher(reception, server.port, tmp_path)
    assert scanned(one, tmp_path) == 2
    server.restore(empty)
    validity = reception.arrivals()[0].uidvalidity
    server.append(mail("three"))
    with ImapBox(one.settings, tmp_path) as box:
        assert box.refresh().uidnext == 2
        assert one.scan(box) == 1
    assert mail("three") in reception.raws()
    assert server.messages(PROCESSED) == [mail("three")]
    last = reception.arrivals()[-1]
    assert (last.uid, validity is not None and last.uidvalidity != validity) == (1, True)


def test_a_number_used_again_is_found_on_a_server_that_cannot_move(
    server: Dovecot, reception: Reception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.messages()
    copy = server.copied()
    server.append(mail("one"))
    one = watcher(reception, server.port, tmp_path)
    asked: list[int] = []
    digest = ImapBox.digest

    def counted(box: ImapBox, uid: int) -> str:
        asked.append(uid)
        return digest(box, uid)

    monkeypatch.setattr(ImapBox, "can_move", False)
    monkeypatch.setattr(ImapBox, "move", lambda _box, _uid: False)
    monkeypatch.setattr(ImapBox, "digest", counted)
    assert [scanned(one, tmp_path) for _ in range(4)] == [1, 0, 0, 0]
    assert asked == [1]
    server.restore(copy)
    server.append(mail("another one"))
    assert scanned(one, tmp_path) == 1
    assert sorted(reception.raws()) == sorted([mail("one"), mail("another one")])


def test_an_accepted_message_that_cannot_be_compared_stays(
    server: Dovecot,
    reception: Reception,
    tmp_path: Path,
    clock: TurnableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server.append(mail("one"))
    one = watcher(reception, server.port, tmp_path)
    with monkeypatch.context() as kept:
        kept.setattr(ImapBox, "move", lambda _box, _uid: False)
        assert scanned(one, tmp_path) == 1

    def unreadable(_box: ImapBox, _uid: int) -> str:
        raise ValueError("unreadable")

    with monkeypatch.context() as broken:
        broken.setattr(ImapBox, "digest", unreadable)
        assert scanned(one, tmp_path) == 0
    assert server.messages() == [mail("one")]
    clock.turn(timedelta(minutes=2))
    assert scanned(one, tmp_path) == 0
    assert server.messages(PROCESSED) == [mail("one")]
