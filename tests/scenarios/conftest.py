"""Scenarios live in a house: its fixtures are those of ``tests/worlds/house.py`` and ``served.py``."""

from tests.worlds.house import (
    desk,
    home,
    lasting_home,
    migrated_file,
    migrated_template,
    opener,
    sandbox,
    sqlite_home,
)
from tests.worlds.served import strict_world, world

__all__ = [
    "desk",
    "home",
    "lasting_home",
    "migrated_file",
    "migrated_template",
    "opener",
    "sandbox",
    "sqlite_home",
    "strict_world",
    "world",
]
