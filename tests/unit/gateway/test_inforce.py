"""A configuration that changed is told once, with its hash; what did not change is not."""

from __future__ import annotations

from pathlib import Path

from gateway.evidence import inforce
from gateway.evidence.record import Kind, Recorder
from gateway.settings import Engine, Settings, Storage, load
from storage.db import Database
from tests.worlds.house import copied_config


def told(database: Database, recorder: Recorder, name: str) -> list[object]:
    with database.reading() as session:
        return [
            event.fields["sha256"]
            for event in recorder.events(session, [f"config:{name}"])
            if event.kind == Kind.CONFIG
        ]


def test_each_change_is_told_once(sqlite_database: Database, recorder: Recorder, tmp_path: Path) -> None:
    config = copied_config(tmp_path)
    settings = load(config / "gateway.toml")
    circuits = {"soins-programmes-algerie": config / "circuits" / "soins-programmes-algerie"}
    first = inforce.parts(settings, circuits)
    assert sorted(first) == ["annuaire", "calendriers", "circuit:soins-programmes-algerie", "reglages"]
    assert inforce.tell(sqlite_database, recorder, first) == sorted(first)
    assert inforce.tell(sqlite_database, recorder, first) == []
    file = circuits["soins-programmes-algerie"] / "circuit.toml"
    file.write_text(file.read_text("utf-8") + "# revu\n", "utf-8")
    second = inforce.parts(settings, circuits)
    assert inforce.tell(sqlite_database, recorder, second) == ["circuit:soins-programmes-algerie"]
    calendar = next(path for path in (config / "calendars").iterdir() if path.is_file())
    calendar.write_text(calendar.read_text("utf-8") + "# revu\n", "utf-8")
    third = inforce.parts(settings, circuits)
    assert inforce.tell(sqlite_database, recorder, third) == ["calendriers"]
    hashes = told(sqlite_database, recorder, "circuit:soins-programmes-algerie")
    assert hashes == [first["circuit:soins-programmes-algerie"], second["circuit:soins-programmes-algerie"]]
    assert inforce.tell(sqlite_database, recorder, first) == [
        "calendriers",
        "circuit:soins-programmes-algerie",
    ]


def test_passwords_of_databases_weigh_nothing(tmp_path: Path) -> None:
    def hashed(password: str, circuits: tuple[str, ...] = ("a",)) -> str:
        url = f"postgresql+psycopg://passerelle:{password}@host/name"
        settings = Settings(
            config=tmp_path, circuits=circuits, storage=Storage(database=url), engine=Engine(database=url)
        )
        return inforce.parts(settings, {})["reglages"]

    assert hashed("un") == hashed("deux")
    assert hashed("un") != hashed("un", ("b",))
