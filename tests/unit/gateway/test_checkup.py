"""``passerelle doctor``: each check on its own, with a sentence; what expires is said before it does."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.checkup import Finding, examine
from gateway.settings import Settings
from tests.builders import pki
from tests.builders.desk import CNSE
from tests.worlds import disk
from tests.worlds.house import copied_config, settings_for

NOW = datetime.now(UTC)


@pytest.fixture
def peer() -> Iterator[int]:
    """A port that answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def settings(tmp_path: Path, peer: int) -> Settings:
    (tmp_path / "var").mkdir()
    made = settings_for(tmp_path, f"sqlite:///{tmp_path / 'var' / 'passerelle.sqlite'}")
    return made.model_copy(update={"outgoing": made.outgoing.model_copy(update={"port": peer})})


def _found(settings: Settings) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(settings)}


def test_all_is_well_on_a_new_machine(settings: Settings) -> None:
    found = _found(settings)
    assert [name for name, finding in found.items() if not finding.ok] == []
    assert set(found) >= {
        "configuration",
        "base de données",
        "coffre",
        "disque",
        "horloge",
        "serveur d'envoi",
    }
    assert all(finding.detail.endswith(".") for finding in found.values())


def test_one_fault_never_hides_the_next(settings: Settings, tmp_path: Path, peer: int) -> None:
    config = copied_config(tmp_path)
    (config / "circuits" / "soins-programmes-algerie" / "circuit.toml").write_text("titre =", "utf-8")
    broken = settings.model_copy(
        update={
            "config": config,
            "storage": settings.storage.model_copy(update={"database": "sqlite:////nulle/part/x.sqlite"}),
            "outgoing": settings.outgoing.model_copy(update={"port": 1}),
        }
    )
    found = _found(broken)
    assert {name for name, finding in found.items() if not finding.ok} == {
        "configuration",
        "base de données",
        "serveur d'envoi",
    }
    assert "passerelle config check" in found["configuration"].detail
    assert "Ne répond pas" in found["serveur d'envoi"].detail


def test_a_vault_that_cannot_be_written_is_said(settings: Settings, tmp_path: Path) -> None:
    assert _found(settings)["coffre"].ok
    with disk.read_only(tmp_path / "var" / "vault"):
        finding = _found(settings)["coffre"]
    assert (finding.ok, "vérifiez ses droits" in finding.detail) == (False, True)


def test_certificates_are_told_before_and_after_their_end(settings: Settings) -> None:
    authority = pki.create(NOW)
    folder = settings.path(settings.storage.keys) / "identities" / CNSE
    folder.mkdir(parents=True)
    ends = {"loin": 300, "bientot": 12, "passe": -3, "passe.retired": -3}
    for name, days in ends.items():
        issued = authority.issue(
            CNSE, not_before=NOW - timedelta(days=400), not_after=NOW + timedelta(days=days)
        )
        (folder / f"{name}.pem").write_bytes(issued.pem)
    (folder / "abime.pem").write_bytes(b"rien")
    for path in (folder, folder.parent, folder.parent.parent):
        path.chmod(0o700)
    for path in folder.iterdir():
        path.chmod(0o600)
    found = {name.rpartition("/")[2]: f for name, f in _found(settings).items() if name.startswith("cert")}
    assert {name: finding.ok for name, finding in found.items()} == {
        "loin.pem": True,
        "bientot.pem": False,
        "passe.pem": False,
        "passe.retired.pem": True,
        "abime.pem": False,
    }
    assert "renouvelez-le" in found["bientot.pem"].detail
    assert "Expiré le" in found["passe.pem"].detail
    assert "Illisible" in found["abime.pem"].detail
