"""What configuration is in force, told to the log each time it is another one than at the last opening."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from gateway.evidence.record import Kind, Recorder
from gateway.evidence.rulesets import digest, read_folder
from gateway.settings import Settings
from storage.db import Database

_PASSWORD = re.compile(r"(?<=://)([^:/@]*):.*@")


def parts(settings: Settings, circuits: Mapping[str, Path]) -> dict[str, str]:
    """SHA-256 of the settings, of each circuit, of the directory and of the calendars, by name.

    The settings name files of secrets and hold none, but for the password of a database address, left out.
    Raises ``OSError``.
    """
    found = {"reglages": hashlib.sha256(_settings(settings).encode()).hexdigest()}
    found |= {f"circuit:{name}": digest(read_folder(folder)) for name, folder in circuits.items()}
    for name, folder in (("annuaire", "directory"), ("calendriers", "calendars")):
        files = sorted(path for path in (settings.config / folder).rglob("*") if path.is_file())
        found[name] = digest(
            {path.relative_to(settings.config).as_posix(): path.read_bytes() for path in files}
        )
    return found


def tell(database: Database, recorder: Recorder, now: Mapping[str, str]) -> list[str]:
    """Record what is not as the log last said; returns its names. Raises ``StorageError``."""
    subjects = {f"config:{name}": name for name in now}
    with database.transaction() as session:
        last = {event.subject: event.fields.get("sha256") for event in recorder.events(session, subjects)}
        changed = [subject for subject, name in subjects.items() if last.get(subject) != now[name]]
        if changed:
            recorder.add_all(
                session,
                [(Kind.CONFIG, subject, {"sha256": now[subjects[subject]]}) for subject in sorted(changed)],
            )
    return sorted(subjects[subject] for subject in changed)


def _settings(settings: Settings) -> str:
    def shown(url: str) -> str:
        return _PASSWORD.sub(r"\1@", url)

    storage = settings.storage.model_copy(update={"database": shown(settings.storage.database)})
    engine = settings.engine
    if engine.database is not None:
        engine = engine.model_copy(update={"database": shown(engine.database)})
    plain = settings.model_copy(update={"storage": storage, "engine": engine})
    # where the installation lies is no setting
    return plain.model_dump_json(exclude={"root", "config"})
