"""Who may import whom, and the guards import-linter cannot give."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("gateway", "parsers", "storage")

MAY_RUN_PROGRAMS = ("parsers/ocr.py", "gateway/triage/", "gateway/cli/demo.py")
MAY_ASK_THE_TIME = ("gateway/clock.py",)
MAY_READ_THE_ENVIRONMENT = (
    "gateway/settings.py",
    "parsers/ocr.py",  # hands its whole environment on to Tesseract, and reads none of it
)

_TIME = {"now", "utcnow", "today"}
_CLOCKS = {"time", "time_ns", "gmtime", "localtime"}


def _sources() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith("storage/migrations/versions/"):
                yield name, ast.parse(path.read_text("utf-8"), filename=name)


def _imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def _contracts() -> list[dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    found: list[dict[str, Any]] = settings["tool"]["importlinter"]["contracts"]
    return found


def _exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def test_the_import_contracts_are_kept() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(program), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_named_by_a_contract_exists() -> None:
    """A misspelt forbidden module is silently kept by import-linter."""
    named: list[str] = []
    for contract in _contracts():
        named += contract.get("source_modules", []) + contract.get("forbidden_modules", [])
        containers = contract.get("containers", [""])
        for layer in contract.get("layers", []):
            for module in layer.replace("(", "").replace(")", "").split("|"):
                named += [f"{container}.{module.strip()}".lstrip(".") for container in containers]
    assert len(named) > 20
    assert [name for name in named if not _exists(name)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_our_short_package_names_are_ours(package: str) -> None:
    """``storage`` and ``parsers`` are generic names: another distribution must not shadow them."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).resolve().parent == ROOT / package


def test_programs_are_run_from_few_places() -> None:
    guilty = [
        f"{name}:{line}"
        for name, tree in _sources()
        for module, line in _imports(tree)
        if module.split(".")[0] in {"subprocess", "pty"} and not name.startswith(MAY_RUN_PROGRAMS)
    ]
    assert guilty == []


def test_only_the_clock_asks_the_time() -> None:
    guilty = []
    for name, tree in _sources():
        if name in MAY_ASK_THE_TIME:
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name | ast.Attribute):
                continue
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            calendar = owner in {"datetime", "date"} and node.attr in _TIME
            if calendar or (owner == "time" and node.attr in _CLOCKS):
                guilty.append(f"{name}:{node.lineno}")
    assert guilty == []


def test_only_the_settings_read_the_environment() -> None:
    guilty = [
        f"{name}:{node.lineno}"
        for name, tree in _sources()
        if name not in MAY_READ_THE_ENVIRONMENT
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
        and node.attr in {"environ", "getenv", "environb"}
    ]
    assert guilty == []


def test_imports_stand_at_the_top() -> None:
    """An import inside a function hides a cycle."""
    guilty = [
        f"{name}:{inner.lineno}"
        for name, tree in _sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert guilty == []
