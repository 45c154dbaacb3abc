"""Each folder of ``tests/bad_config`` is refused with exactly the faults of its ``expected.txt``."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import settings
from gateway.circuits.load import load_circuits
from gateway.errors import ConfigError

FOLDER = Path(__file__).parents[2] / "bad_config"
CASES = sorted(path for path in FOLDER.iterdir() if path.is_dir())


def faults(folder: Path) -> list[str]:
    read = settings.load(folder / "gateway.toml")
    with pytest.raises(ConfigError) as refused:
        load_circuits(read.config, [read.config / "circuits" / name for name in read.circuits])
    return [str(fault) for fault in refused.value.faults]


def test_there_are_at_least_twenty_broken_folders() -> None:
    assert len(CASES) >= 20


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_the_folder_is_refused_with_every_fault_at_its_line(folder: Path) -> None:
    assert faults(folder) == (folder / "expected.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_each_line_named_holds_what_the_fault_speaks_of(folder: Path) -> None:
    """A number that points nowhere is worse than none."""
    for expected in (folder / "expected.txt").read_text("utf-8").splitlines():
        file, _, rest = expected.partition(":")
        line = rest.split(":")[0].strip()
        if line.isdigit():
            assert len((folder / file).read_text("utf-8").splitlines()) >= int(line), expected


def test_several_faults_of_several_files_are_told_at_once() -> None:
    told = faults(FOLDER / "33-many-faults-at-once")
    assert {one.split(":")[0] for one in told} == {
        "circuits/petit/circuit.toml",
        "circuits/petit/letters/accuse.txt",
        "directory/caisses.csv",
        "directory/communes.csv",
    }
    assert len(told) == 12
