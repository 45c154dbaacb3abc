"""The composition root: settings in, a ``House`` out. Nothing else builds rooms from settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from gateway.circuits.load import Circuits, load_circuits
from gateway.clock import Clock, SystemClock
from gateway.deadlines.calendar import Calendars, load_calendars
from gateway.evidence import rulesets
from gateway.evidence.dossier import Exporter
from gateway.evidence.dossier_pictures import DPI
from gateway.evidence.record import Recorder
from gateway.house import House
from gateway.intake.accept import Door
from gateway.outbound.ldap import LdapDirectory
from gateway.settings import Settings
from gateway.triage.read import Reader
from gateway.triage.recognition import Memory, Recognition
from gateway.triage.remembered import Remembered, version_of
from gateway.triage.revocation import Proofs
from gateway.triage.sandbox import Sandbox
from parsers.certificates import certificates_from
from parsers.errors import ParseError
from parsers.limits import Limits
from parsers.smime.model import Trust
from storage.db import Database
from storage.keys import KeyRing
from storage.schema import upgrade
from storage.vault import Vault


def build(settings: Settings, clock: Clock | None = None, sandbox: Sandbox | None = None) -> House:
    """Open (creating at first use) the database, the vault and the keys, and load the rules.

    ``sandbox``: one already warm, instead of a new one.

    Raises ``ConfigError`` with every fault of the configuration, ``StorageError`` when the database,
    the vault or the keys cannot be opened.
    """
    clock = clock or SystemClock()
    circuits = rules(settings)
    database = Database(settings.database_url)
    upgrade(database)
    ring = KeyRing(settings.path(settings.storage.keys))
    vault = Vault(settings.path(settings.storage.vault), ring)
    rulesets.keep(database, vault, circuit_folders(settings), clock.now())
    limited = reader(settings, sandbox, ocr_memory(settings, database, vault, clock))
    return House(
        settings=settings,
        clock=clock,
        database=database,
        vault=vault,
        ring=ring,
        recorder=Recorder(clock, ring, settings.path(settings.storage.checkpoints)),
        circuits=circuits,
        calendars=calendars(settings),
        trust=trust(settings, circuits),
        proofs=proofs(settings, clock),
        reader=limited,
        ldap=ldap(settings, limited.sandbox),
    )


def door(house: House, notify: Callable[[str], None] | None = None) -> Door:
    """The only door of ``house``; ``notify`` hears of each delivery once it is durable."""
    return Door(
        house.database,
        house.vault,
        house.recorder,
        house.clock,
        house.circuits.name_of,
        house.settings.smtp.max_bytes,
        notify,
    )


def rules(settings: Settings) -> Circuits:
    """The circuits and the directory. Raises ``ConfigError``."""
    return load_circuits(settings.config, list(circuit_folders(settings).values()))


def circuit_folders(settings: Settings) -> dict[str, Path]:
    """The folder of each circuit in force, by its name."""
    folders = [settings.config / "circuits" / name for name in settings.circuits]
    folders += [settings.path(folder) for folder in settings.extra_circuits]
    return {folder.resolve().name: folder for folder in folders}


def exporter(house: House) -> Exporter:
    """What makes evidence files; pages of forms are pictured in limited children."""
    return Exporter(
        house.database,
        house.vault,
        house.ring,
        house.recorder,
        house.clock,
        house.circuits,
        circuit_folders(house.settings),
        lambda content, kind, page: house.reader.page_image(content, kind, page, DPI),
    )


def calendars(settings: Settings) -> Calendars:
    """Working days of both countries. Raises ``ConfigError``."""
    return load_calendars(settings.config / "calendars")


def limits(settings: Settings) -> Limits:
    """The ceilings of the parsers: those of the settings, the others by default."""
    asked = settings.limits
    return Limits(
        message_bytes=asked.message_bytes,
        pages=asked.pages,
        cpu_seconds=asked.cpu_seconds,
        wall_seconds=asked.wall_seconds,
        memory_bytes=asked.memory_bytes,
    )


def reader(settings: Settings, sandbox: Sandbox | None = None, memory: Memory | None = None) -> Reader:
    """The limited children that read strangers' bytes; they start at the first job.

    ``memory``: where pages recognised once are found again; without one they are forgotten at the end.
    """
    return Reader(
        sandbox=sandbox or Sandbox(limits(settings)),
        recognition=Recognition(settings.ocr.engine, settings.ocr.workers, memory=memory),
    )


def ldap(settings: Settings, sandbox: Sandbox) -> LdapDirectory | None:
    """The directory of certificates, when the settings name one; what it answers is read in ``sandbox``."""
    if not settings.ldap.enabled:
        return None
    return LdapDirectory(settings.ldap, settings.root, partial(sandbox.run, "addressees"))


def ocr_memory(settings: Settings, database: Database, vault: Vault, clock: Clock) -> Remembered:
    """The pages recognised before, whatever process did it."""
    return Remembered(database, vault, clock, version_of(settings.ocr.engine))


def trust(settings: Settings, circuits: Circuits) -> Trust:
    """Anchors and intermediates of the folders; certificates known to the directory. Lists: ``proofs``."""
    known = [
        certificate
        for correspondent in circuits.directory.correspondents
        for certificate in correspondent.certificates
    ]
    return Trust(
        roots=tuple(_certificates(settings.path(settings.trust.anchors))),
        intermediates=tuple(_certificates(settings.path(settings.trust.intermediates))),
        known=tuple(known),
    )


def proofs(settings: Settings, clock: Clock) -> Proofs:
    """The proofs of revocation: of the folders, and of the network when the settings say so."""
    return Proofs(
        settings.revocation,
        clock,
        settings.path(settings.trust.crls),
        settings.path(settings.trust.ocsp),
    )


def _certificates(folder: Path) -> Iterable[bytes]:
    for file in _files(folder):
        try:
            yield from certificates_from(file.read_bytes())
        except ParseError:
            continue  # `passerelle doctor` names the unreadable file; the others still serve


def _files(folder: Path) -> list[Path]:
    return sorted(f for f in folder.glob("*") if f.is_file()) if folder.is_dir() else []
