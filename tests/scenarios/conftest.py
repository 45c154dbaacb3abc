"""Scenarios live in a house: its fixtures are those of ``tests/worlds/house.py``."""

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

__all__ = [
    "desk",
    "home",
    "lasting_home",
    "migrated_file",
    "migrated_template",
    "opener",
    "sandbox",
    "sqlite_home",
]
