"""``passerelle doctor``: every service reachable, keys and certificates and their expiry, disk, clock."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from gateway import bootstrap
from gateway.clock import SystemClock
from gateway.errors import ConfigError, PasserelleError
from gateway.evidence import health
from gateway.settings import Settings
from parsers.certificates import certificates_from, describe
from parsers.errors import ParseError
from parsers.limits import MIB
from storage.db import Database, Session
from storage.errors import StorageError
from storage.keys import KeyRing
from storage.schema import is_built
from storage.vault import Vault

_SOON = timedelta(days=30)
_FREE_BYTES = 1024 * MIB
_PEER_SECONDS = 3
_OLDEST_PLAUSIBLE_YEAR = 2026


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing examined. ``detail`` is a French sentence, also when all is well."""

    name: str
    ok: bool
    detail: str


def examine(settings: Settings) -> list[Finding]:
    """Every check, each on its own: one that fails never hides the next."""
    now = SystemClock().now()
    findings = [
        _told("configuration", lambda: _configuration(settings)),
        _told("base de données", lambda: _database(settings)),
        _told("coffre", lambda: _vault(settings)),
        _told("disque", lambda: _disk(settings)),
        _told("horloge", lambda: _clock(now)),
        _told("serveur d'envoi", lambda: _peer(settings.outgoing.host, settings.outgoing.port)),
    ]
    findings += [_told(f"boîte {box.name}", partial(_peer, box.host, box.port)) for box in settings.imap]
    findings += _certificates(settings, now)
    if findings[1].ok:  # otherwise the database has already said why it answers nothing
        findings += _proofs(settings, now)
    return findings


def _proofs(settings: Settings, now: datetime) -> list[Finding]:
    questions: dict[str, Callable[[Session], str]] = {
        "registre": health.ledger,
        "témoin": lambda session: health.witness(session, settings, now),
        "horodatage": lambda session: health.time_stamps(session, settings, now),
    }
    return [_told(name, partial(_asked, settings, asked)) for name, asked in questions.items()]


def _asked(settings: Settings, question: Callable[[Session], str]) -> str:
    """The answer of the database; a new one has nothing to tell."""
    database = Database(settings.database_url)
    try:
        if not is_built(database):
            return "Rien encore."
        with database.reading() as session:
            return question(session)
    finally:
        database.close()


def _told(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, ok=True, detail=check())
    except ConfigError as error:
        return Finding(
            name, ok=False, detail=f"{len(error.faults)} faute(s) : passerelle config check les montre."
        )
    except (PasserelleError, StorageError) as error:
        return Finding(name, ok=False, detail=error.public)
    except OSError as error:
        return Finding(name, ok=False, detail=f"Ne répond pas ({error.strerror or type(error).__name__}).")


def _configuration(settings: Settings) -> str:
    circuits = bootstrap.rules(settings)
    bootstrap.calendars(settings)
    return f"{len(circuits.by_name)} circuit(s), {len(circuits.directory.caisses)} caisses."


def _database(settings: Settings) -> str:
    database = Database(settings.database_url)
    try:
        with database.reading():
            return "Répond."
    finally:
        database.close()


def _vault(settings: Settings) -> str:
    ring = KeyRing(settings.path(settings.storage.keys))
    vault = Vault(settings.path(settings.storage.vault), ring)
    probe = vault.put(b"passerelle doctor", kind="probe")
    vault.get(probe)
    vault.delete(probe)
    return f"Écrit, relu, effacé ; {len(ring.ids())} clé(s) au trousseau."


def _disk(settings: Settings) -> str:
    free = shutil.disk_usage(settings.path(settings.storage.vault)).free
    if free < _FREE_BYTES:
        raise PasserelleError(
            f"Il reste {free // MIB} Mio : libérez de la place avant que le coffre ne refuse."
        )
    return f"{free // MIB} Mio libres."


def _clock(now: datetime) -> str:
    if now.year < _OLDEST_PLAUSIBLE_YEAR:
        raise PasserelleError(f"L'horloge dit {now:%d/%m/%Y} : réglez-la, les délais en dépendent.")
    return f"{now:%d/%m/%Y %H:%M} UTC."


def _peer(host: str, port: int) -> str:
    with socket.create_connection((host, port), timeout=_PEER_SECONDS):
        return f"{host}:{port} répond."


def _certificates(settings: Settings, now: datetime) -> Iterator[Finding]:
    folder = settings.path(settings.storage.keys) / "identities"
    files = sorted(folder.glob("*/*.pem")) if folder.is_dir() else []
    for kind in (settings.trust.anchors, settings.trust.intermediates):
        place = settings.path(kind)
        files += sorted(f for f in place.glob("*") if f.is_file()) if place.is_dir() else []
    for file in files:
        yield _expiry(file, now)


def _expiry(file: Path, now: datetime) -> Finding:
    name = f"certificat {file.parent.name}/{file.name}"
    try:
        ends = min(describe(der).not_after for der in certificates_from(file.read_bytes()))
    except (ParseError, ValueError, OSError):
        return Finding(name, ok=False, detail="Illisible : remplacez ce fichier.")
    if ends < now:
        return Finding(name, ok=file.name.endswith(".retired.pem"), detail=f"Expiré le {ends:%d/%m/%Y}.")
    if ends < now + _SOON:
        return Finding(name, ok=False, detail=f"Expire le {ends:%d/%m/%Y} : renouvelez-le.")
    return Finding(name, ok=True, detail=f"Valable jusqu'au {ends:%d/%m/%Y}.")
