"""A whole house on a temporary folder, and the hands that tests put on it: accept, carry, look.

The clock is turned by hand, the samples' keys are made once a session, and every house of a session
shares one warm sandbox: starting a zygote costs more than carrying a mail. Nothing here is faked: the
door, the vault, the database, the limited children and the steps are the real ones.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlmodel import SQLModel, select

from gateway import bootstrap, flow
from gateway.clock import TurnableClock
from gateway.house import House
from gateway.intake.accept import Accepted, Door, Envelope
from gateway.settings import Settings, load
from gateway.triage.sandbox import Sandbox
from parsers.limits import DEFAULT
from storage import deliveries, schema
from storage.db import Database
from storage.deliveries import Delivery, DeliveryState, Via
from tests.builders.desk import CNSE, MEDICAL, Desk, Sample
from tests.builders.keychain import Keychain
from tests.worlds.postgres import PostgresServer

CONFIG = Path(__file__).resolve().parents[2] / "config"
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SENDER = "admissions@ch-dunes.example"
ON_BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]

Row = TypeVar("Row", bound=SQLModel)
_numbers = itertools.count(1)


@dataclass(slots=True)
class Home:
    """One house and its door. ``reopen`` gives the same folder another life, with other settings."""

    house: House
    door: Door
    clock: TurnableClock
    desk: Desk
    sandbox: Sandbox

    @property
    def root(self) -> Path:
        return self.house.settings.root

    def accept(self, raw: bytes, sender: str = SENDER, *mailboxes: str, via: Via = Via.SMTP) -> Accepted:
        """Pass the door, as one SMTP transaction to these mailboxes (CNSE when none is named)."""
        to = mailboxes or (CNSE,)
        return self.door.accept(raw, *(Envelope(via, box, sender, to) for box in to))

    def send(self, sample: Sample) -> Accepted:
        return self.accept(sample.raw, sample.sender, *sample.recipients)

    def run(self, sha256: str) -> DeliveryState:
        return flow.run_to_rest(self.house, sha256)

    def carry(self, sample: Sample) -> Delivery:
        """Accept a sample and carry it as far as it goes."""
        sha256 = self.send(sample).sha256
        self.run(sha256)
        return self.delivery(sha256)

    def carry_raw(self, raw: bytes, sender: str = SENDER, *mailboxes: str) -> Delivery:
        sha256 = self.accept(raw, sender, *mailboxes).sha256
        self.run(sha256)
        return self.delivery(sha256)

    def carry_until(self, sha256: str, state: DeliveryState) -> None:
        """Advance one step at a time, and stop where ``state`` is reached."""
        while flow.advance(self.house, sha256) is not state:
            assert self.delivery(sha256).state not in flow.REST

    def delivery(self, sha256: str) -> Delivery:
        with self.house.database.reading() as session:
            found = deliveries.get(session, sha256)
        assert found is not None
        return found

    def rows(self, model: type[Row], **where: Any) -> list[Row]:
        """Every row of a table whose columns hold these values, in the order of its key."""
        statement = select(model).filter_by(**where)
        with self.house.database.reading() as session:
            return list(session.exec(statement.order_by(*model.__table__.primary_key)))  # type: ignore[attr-defined]

    def close(self) -> None:
        """Everything but the sandbox, which the next house will use."""
        self.house.reader.recognition.close()
        self.house.database.close()

    def reopen(self, **changes: Any) -> None:
        """Close, then build anew on the same folder: what a restart does."""
        self.close()
        settings = self.house.settings.model_copy(update=changes)
        self.house = bootstrap.build(settings, self.clock, self.sandbox)
        self.door = bootstrap.door(self.house)


def settings_for(root: Path, url: str, **changes: Any) -> Settings:
    """The shipped settings on ``root`` and ``url``, without OCR, which one scenario alone pays for."""
    shipped = load(CONFIG / "gateway.toml")
    return shipped.model_copy(
        update={
            "root": root,
            "storage": shipped.storage.model_copy(update={"database": url}),
            "ocr": shipped.ocr.model_copy(update={"engine": "off"}),
            **changes,
        }
    )


def open_home(settings: Settings, desk: Desk, sandbox: Sandbox) -> Home:
    """Build a house whose two mailboxes have the keys of ``desk`` and believe its authority."""
    desk.keys.write_trust(settings.root / "var" / "trust")
    clock = TurnableClock(AT)
    house = bootstrap.build(settings, clock, sandbox)
    for mailbox in (CNSE, MEDICAL):
        if not house.ring.identities(mailbox):
            house.ring.add_identity(mailbox, "demo", desk.keys.of(mailbox).pem)
    return Home(house, bootstrap.door(house), clock, desk, sandbox)


def copied_config(folder: Path) -> Path:
    """The shipped configuration, copied where a test may break it; returns the new ``config``."""
    return Path(shutil.copytree(CONFIG, folder / "config"))


@contextmanager
def migrated_postgres(server: PostgresServer, template: str) -> Iterator[str]:
    """A database of its own, every migration applied."""
    name = f"house_{next(_numbers)}"
    server.create_database(name, template)
    try:
        yield server.url(name)
    finally:
        server.drop_database(name)


# Fixtures: imported by the conftest of each folder of tests that builds houses.


@pytest.fixture(scope="session")
def desk() -> Desk:
    return Desk(Keychain(AT), AT)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    warm = Sandbox(DEFAULT)
    warm.warm()
    yield warm
    warm.close()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database, migrated once."""
    path = tmp_path_factory.mktemp("migrated") / "passerelle.sqlite"
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def migrated_template(postgres_server: PostgresServer) -> str:
    """An empty PostgreSQL database, migrated once."""
    name = f"template_house_{next(_numbers)}"  # one for each conftest that imports this fixture
    postgres_server.create_database(name)
    database = Database(postgres_server.url(name))
    schema.upgrade(database)
    database.close()
    return name


Opener = Callable[..., Home]


@contextmanager
def _opener(request: pytest.FixtureRequest, kind: str, folder: Path) -> Iterator[Opener]:
    """How a test opens homes on one kind of database; all are closed when it ends."""
    opened: list[Home] = []

    def open_one(url: str, root: Path, **changes: Any) -> Home:
        settings = settings_for(root, url, **changes)
        desk, sandbox = request.getfixturevalue("desk"), request.getfixturevalue("sandbox")
        opened.append(open_home(settings, desk, sandbox))
        return opened[-1]

    def on_sqlite(**changes: Any) -> Home:
        root = folder / f"home-{next(_numbers)}"
        (root / "var").mkdir(parents=True)
        file = Path(shutil.copy(request.getfixturevalue("migrated_file"), root / "var"))
        return open_one(f"sqlite:///{file}", root, **changes)

    try:
        if kind == "sqlite":
            yield on_sqlite
            return
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with migrated_postgres(server, request.getfixturevalue("migrated_template")) as url:
            root = folder / f"home-{next(_numbers)}"
            root.mkdir()
            yield lambda **changes: open_one(url, root, **changes)
            for home in opened:
                home.close()
    finally:
        for home in opened:
            home.close()


@pytest.fixture(params=ON_BOTH)
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Opens a home on each database in turn; keyword arguments change its settings."""
    with _opener(request, request.param, tmp_path) as open_one:
        yield open_one


@pytest.fixture
def home(opener: Opener) -> Home:
    """A home on each database in turn."""
    return opener()


@pytest.fixture
def sqlite_home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    """A home on the embedded default, for what does not depend on the database."""
    with _opener(request, "sqlite", tmp_path) as open_one:
        yield open_one()


@pytest.fixture(scope="module", params=ON_BOTH)
def lasting_home(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Home]:
    """One home for a whole file of tests that only look at it, on each database in turn."""
    with _opener(request, request.param, tmp_path_factory.mktemp("lasting")) as open_one:
        yield open_one()
