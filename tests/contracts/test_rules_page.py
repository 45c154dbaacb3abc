"""``docs/rules.md`` is what the data says, nothing else."""

from __future__ import annotations

from pathlib import Path

from gateway import bootstrap
from gateway.cli.rules import rules_page
from gateway.settings import load

ROOT = Path(__file__).resolve().parents[2]
HINT = "the delays changed: run passerelle config rules > docs/rules.md"


def test_the_page_of_rules_is_written_from_the_data() -> None:
    circuits = bootstrap.rules(load(ROOT / "config" / "gateway.toml")).by_name
    page = rules_page(circuits.values())
    assert page == (ROOT / "docs" / "rules.md").read_text("utf-8"), HINT
    for circuit in circuits.values():
        for rule in circuit.deadlines:
            assert rule.title in page
            assert rule.basis in page
