"""Secrets and medical words carried through the whole journey, then looked for where they must not be.

Passwords right and wrong, codes and secret of a second factor, recovery codes, one-time link, API token,
session: in no event, no line of a log, no letter, no byte of the database, of its journal, of the vault.
Medical words: in no index, whatever its writing of words.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from httpx import Client
from sqlalchemy import inspect, text

from gateway import log
from gateway.evidence.record import Kind
from storage import sheets
from storage.db import Database
from storage.deliveries import DeliveryState
from tests.builders import seed
from tests.builders.desk import CNSE, MEDICAL
from tests.scenarios.test_secrecy import MARKS, MAY_HOLD, _Everything, _report
from tests.worlds import web
from tests.worlds.house import Home
from tests.worlds.web import World

WRONG = "zyx mot de passe faux"
CHOSEN = "zyx une autre phrase longue"
_TOKEN = 20
_AS_IS = 6
"""Characters: shorter words are found by chance in encrypted bytes."""


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything any logger says, at every level."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Everything())
    loggers = [logging.getLogger(), log.LOGGER, logging.getLogger("gateway")]
    before = [(logger, logger.level, logger.propagate) for logger in loggers]
    loggers[0].addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.propagate = True
    # the client of the test, and the parsers of forms, say what is sent: they are no part of the product
    for stranger in ("httpcore", "httpx", "python_multipart"):
        logging.getLogger(stranger).setLevel(logging.WARNING)
    yield stream
    loggers[0].removeHandler(handler)
    for logger, level, propagate in before:
        logger.setLevel(level)
        logger.propagate = propagate


@pytest.fixture
def world(strict_world: World) -> World:
    """Here supervisors come in by two factors."""
    return strict_world


def _post(client: Client, page: str, path: str = "", **fields: str | list[str]) -> str:
    answer = client.post(path or page, data={"csrf": web.csrf(client, page), **fields})
    assert answer.status_code < 500, answer.text
    return answer.text


def _session(client: Client) -> list[str]:
    """What the cookies of a client open."""
    return [value for value in client.cookies.values() if len(value) > _TOKEN]


def _signed_in_twice(world: World) -> list[str]:
    """Wrong then right passwords, a second factor set up and used; what was secret in it."""
    client = world.visitor()
    for given in (WRONG, seed.PASSWORD):
        _post(client, "/connexion", identifiant="sylvie", mot_de_passe=given)
    page = client.get("/connexion/activation").text
    found = re.search(r'<code class="break">([A-Z2-7 ]+)</code>', page)
    assert found is not None
    secret = found[1].replace(" ", "")
    code = pyotp.TOTP(secret).at(world.clock.now())
    codes = re.findall(r"<code>([A-Z2-7-]{19})</code>", _post(client, "/connexion/activation", code=code))
    assert len(codes) == 10
    other = world.visitor()
    _post(other, "/connexion", identifiant="sylvie", mot_de_passe=seed.PASSWORD)
    _post(other, "/connexion/code", code=codes[0])
    assert other.get("/files").status_code == 200
    return [WRONG, seed.PASSWORD, secret, found[1], *codes, *_session(client), *_session(other)]


def _administered(world: World) -> list[str]:
    """A password changed, an account made with its link, a token; what was secret in it."""
    client = world.signed_in("agathe")
    path = "/compte/mot-de-passe"
    _post(client, "/compte", path, actuel=seed.PASSWORD, nouveau=CHOSEN, encore=CHOSEN)
    adam = world.signed_in("adam")
    made = _post(
        adam,
        "/compte",
        "/personnes",
        identifiant="nadia",
        nom="Nadia Roux",
        courriel="n.roux@cnse.example",
        roles=["cnse-admin"],
    )
    link = re.search(r"/connexion/lien/([^<\"]+)", made)
    told = _post(
        client,
        "/compte",
        "/compte/jetons",
        portees=["read"],
        objet="x",
        jours="30",
        actuel=CHOSEN,
    )
    token = re.search(r"psr_[0-9a-f]{12}_([A-Za-z0-9_-]{43})", told)
    assert link is not None
    assert token is not None
    return [CHOSEN, link[1], token[0], token[1], *_session(client), *_session(adam)]


def test_secrets_given_to_pages_are_nowhere(world: World, written: io.StringIO, tmp_path: Path) -> None:
    secrets = {*_signed_in_twice(world), *_administered(world)}
    doctor = world.signed_in("medard")
    for path in (
        "/files",
        f"/recherche?q={seed.SECRET}",
        f"/documents/{world.office.documents['note']}/texte",
    ):
        assert doctor.get(path).status_code == 200, path
    world.house.recorder.checkpoint(world.house.database)
    with world.house.database.reading() as session:
        events = sheets.journal(session, None, 1000)
    kinds = {event.kind for event in events}
    assert kinds >= {Kind.LOGIN, Kind.PERSON, Kind.TOKEN, Kind.ACCESS}
    said = " ".join(f"{event.subject} {dict(event.fields)}" for event in events)
    logging.getLogger("gateway.web").debug("témoin")  # the pages say nothing when all goes well
    logged = written.getvalue()
    assert "témoin" in logged
    files = {f: f.read_bytes() for f in tmp_path.rglob("*") if f.is_file()}
    assert any(f.name.endswith(".sqlite") for f in files)
    for secret in sorted(secrets):
        assert len(secret) >= _AS_IS
        assert secret not in said
        assert secret not in logged
        assert [f.name for f, raw in files.items() if secret.encode() in raw] == []
    assert seed.SECRET not in said
    assert seed.SECRET not in logged


def _holding(database: Database, word: str) -> set[str]:
    """Tables with this word in any column, however its letters are written."""
    wanted = word.encode().upper()
    found = set()
    with database.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                cells = (bytes(c) if isinstance(c, memoryview | bytes) else str(c).encode() for c in row)
                if any(wanted in cell.upper() for cell in cells):
                    found.add(table)
                    break
    return found


def test_no_index_holds_a_medical_word(sqlite_home: Home) -> None:
    """Words are indexed folded: ``ZYXREPORT`` is the same word."""
    for mailbox in (MEDICAL, CNSE):
        carried = sqlite_home.carry(_report(sqlite_home, f"index-{mailbox[:6]}", mailbox))
        assert carried.state is DeliveryState.SCHEDULED
    for place, word in MARKS.items():
        assert _holding(sqlite_home.house.database, word) <= MAY_HOLD[place], place
