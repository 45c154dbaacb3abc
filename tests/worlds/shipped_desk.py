"""A desk under the rules as they are shipped, in a place of care, with a CNAS and telephone numbers made
up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gateway.circuits.directory import Correspondent
from gateway.circuits.load import load_circuits
from gateway.circuits.model import Circuit
from gateway.clock import TurnableClock
from gateway.evidence.record import Recorder
from storage.db import Database
from storage.vault import Vault
from tests.builders.seen import HOSPITAL, circuit, directory
from tests.worlds.desk_day import DeskDay

CONFIG = Path(__file__).parents[2] / "config"
CNAS = "cellule@cnas.example"
PHONES = {"@cnas.dz": "+213 21 00 00 01", HOSPITAL: "01 99 00 12 34"}
"""Made up: nobody's."""
PARIS = ("751", "750100042")


def shipped_rules() -> Circuit:
    """The rules as they are shipped, with the mailbox and the name of the builders."""
    loaded = load_circuits(CONFIG, [CONFIG / "circuits" / "soins-programmes-algerie"])
    return replace(loaded.by_name["soins-programmes-algerie"], name="essai", mailboxes=circuit().mailboxes)


def open_desk(
    database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock, rules: Circuit
) -> DeskDay:
    made = DeskDay(database, vault, recorder, clock, rules)
    known = directory()
    cnas = Correspondent(CNAS, "cnas", "CNAS", None)
    made.directory = replace(known, correspondents=(*known.correspondents, cnas), phones=PHONES)
    made.place = PARIS
    return made
