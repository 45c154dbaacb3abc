"""Attempts made side by side, on both databases; and what a stranger can write into the sealed log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Lock, Thread

import pyotp
import pytest
from argon2 import PasswordHasher
from httpx import Client

from gateway.clock import TurnableClock
from gateway.evidence.record import Kind
from gateway.web.doorstep.passwords import FREE_ATTEMPTS, FREE_ATTEMPTS_OF_AN_ADDRESS, Passwords
from storage import factors, people, sheets
from storage.audit import Event
from storage.db import Database
from storage.secretbox import seal
from tests.worlds import web
from tests.worlds.web import World

AT_ONCE = 12


class _Counting(Passwords):
    """Real hashing, quick; counts what is judged, and against whose hash."""

    def __init__(self) -> None:
        super().__init__(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.real, self.all, self._one = 0, 0, Lock()

    def check(self, stored: str | None, password: str) -> bool:
        with self._one:
            self.all += 1
            self.real += bool(stored)
        return super().check(stored, password)


@pytest.fixture
def judged() -> _Counting:
    return _Counting()


@pytest.fixture
def world(database: Database, tmp_path: Path, clock: TurnableClock, judged: _Counting) -> Iterator[World]:
    built = web.build(database, tmp_path, clock)
    built.app.state.house = replace(built.house, passwords=judged)
    built.start()
    yield built
    built.stop()


def _together(world: World, path: str, prepared: list[tuple[Client, dict[str, str]]]) -> list[int]:
    barrier, found, one = Barrier(len(prepared)), list[int](), Lock()

    def go(client: Client, form: dict[str, str]) -> None:
        barrier.wait()
        status = client.post(path, data=form).status_code
        with one:
            found.append(status)

    threads = [Thread(target=go, args=pair) for pair in prepared]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found)


def _guesses(world: World, login: str = "agathe") -> list[tuple[Client, dict[str, str]]]:
    clients = [world.visitor() for _ in range(AT_ONCE)]
    return [
        (c, {"csrf": web.csrf(c, "/connexion"), "identifiant": login, "mot_de_passe": "faux"})
        for c in clients
    ]


def test_passwords_guessed_side_by_side_are_judged_as_one_after_the_other(
    world: World, judged: _Counting
) -> None:
    guesses = _guesses(world)
    assert _together(world, "/connexion", guesses) == [401] * AT_ONCE
    assert judged.real == FREE_ATTEMPTS
    world.clock.turn(timedelta(minutes=16))
    _together(world, "/connexion", guesses)
    assert judged.real == FREE_ATTEMPTS + 1


def test_codes_guessed_side_by_side_are_judged_as_one_after_the_other(world: World) -> None:
    at, secret = world.clock.now(), pyotp.random_base32()
    with world.house.database.transaction() as session:
        factors.begin(session, "agathe", seal(world.house.vault.ring, secret, "totp:agathe"), at)
        factors.confirm(session, "agathe", at, [])
    halfway = world.signed_in("agathe")
    form = {"csrf": web.csrf(halfway, "/connexion/code")}
    with world.house.database.transaction() as session:
        people.forgive(session, "agathe")
    clients = [world.visitor() for _ in range(AT_ONCE)]
    for client in clients:
        client.cookies.update(halfway.cookies)
    wrong = [(client, form | {"code": "000000"}) for client in clients]
    assert _together(world, "/connexion/code", wrong) == [401] * AT_ONCE
    told = [(e.fields or {}).get("outcome") for e in _log(world)]
    assert told.count("code-refused") == FREE_ATTEMPTS
    world.clock.turn(timedelta(minutes=1))
    right = [(client, form | {"code": pyotp.TOTP(secret).at(world.clock.now())}) for client in clients]
    assert _together(world, "/connexion/code", right).count(303) == 1


def _log(world: World) -> list[Event]:
    with world.house.database.reading() as session:
        kinds = {Kind.LOGIN, Kind.LOCKED}
        return [e for e in reversed(sheets.journal(session, None, 500)) if e.kind in kinds]


def test_what_comes_during_a_wait_is_a_number_in_the_log(world: World, judged: _Counting) -> None:
    client = world.visitor()
    form = {"csrf": web.csrf(client, "/connexion"), "identifiant": "agathe", "mot_de_passe": "faux"}
    for _ in range(40):
        assert client.post("/connexion", data=form).status_code == 401
    told = [(e.kind, (e.fields or {}).get("outcome")) for e in _log(world)]
    assert told == [(Kind.LOGIN, "refused")] * FREE_ATTEMPTS + [(Kind.LOCKED, None)]
    assert judged.all == FREE_ATTEMPTS  # nothing is computed while it waits
    world.clock.turn(timedelta(minutes=1))
    client.post("/connexion", data=form)
    ended = next(e for e in _log(world) if (e.fields or {}).get("action") == "wait-ended")
    assert (ended.fields or {})["count"] == 40 - FREE_ATTEMPTS


def test_an_address_that_waits_writes_nothing_and_computes_nothing(world: World, judged: _Counting) -> None:
    client = world.visitor()
    form = {"csrf": web.csrf(client, "/connexion"), "mot_de_passe": "faux"}
    for number in range(FREE_ATTEMPTS_OF_AN_ADDRESS):
        client.post("/connexion", data=form | {"identifiant": f"inconnue-{number}"})
    before = len(_log(world))
    for login in ("agathe", "lille", "medard"):
        assert client.post("/connexion", data=form | {"identifiant": login}).status_code == 401
    assert len(_log(world)) == before
    assert (judged.all, judged.real) == (FREE_ATTEMPTS_OF_AN_ADDRESS, 0)


def test_a_login_nobody_has_waits_as_an_account_does(world: World, judged: _Counting) -> None:
    client = world.visitor()
    form = {"csrf": web.csrf(client, "/connexion"), "mot_de_passe": "faux"}
    computed = {}
    for login in ("agathe", "inconnue"):
        for _ in range(FREE_ATTEMPTS + 3):
            client.post("/connexion", data=form | {"identifiant": login})
        world.clock.turn(timedelta(minutes=31))
        client.post("/connexion", data=form | {"identifiant": login})
        client.post("/connexion", data=form | {"identifiant": login})
        computed[login], judged.all = judged.all, 0
    assert computed == {"agathe": FREE_ATTEMPTS + 1, "inconnue": FREE_ATTEMPTS + 1}
