"""The page of a circuit leaves nothing of the loaded model out: whatever changes in it changes the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from enum import Enum
from functools import cache
from typing import Any

import pytest

from gateway.circuits.load import Circuits, load_circuits
from gateway.circuits.model import Circuit
from gateway.web.admin.circuit_rules import sections
from gateway.web.admin.rulebook import Section
from gateway.web.naming import Naming
from gateway.web.rights import book_of
from parsers.classify import Cue
from parsers.forms.template import Template
from tests.builders.shipped import CONFIG

NAMES = ("documents-sejour", "soins-programmes-algerie")
ELSEWHERE = {
    ("Circuit", "name"): "the address of the page",
    ("Circuit", "title"): "the title of the page",
    ("Circuit", "source"): "under the title of the page",
    ("Circuit", "rules_hash"): "under the title of the page",
    ("Letter", "body"): "below the rules, on the same page",
    ("Letter", "name"): "shown by its title",
    ("DeadlineRule", "kind"): "a code, shown by its title",
    ("CaseEvent", "name"): "a code, shown by its title",
    ("KindRule", "name"): "a code, shown by its title",
    ("Role", "name"): "a code, shown by its title",
    ("ReasonWords", "name"): "a code, shown by its title",
    ("ByHand", "letter"): "a code, shown by its title",
    ("Queue", "name"): "a code, shown by its title",
}
LITERALS: dict[str, tuple[str, ...]] = {
    "unknown_senders": ("quarantine", "accept"),
    "weak_signatures": ("quarantine", "accept"),
    "answer_reading": ("never", "mssante", "known"),
    "content": ("plain", "personal", "medical"),
    "expects": ("delivery", "reading", "answer"),
    "form_in_clear": ("blank", "filled"),
    "confidentiality": ("administrative", "medical"),
    "tacit": ("never", "with-reason"),
    "status": ("confirmed", "to be confirmed"),
    "calendar": ("fr", "dz", "common"),
    "start_action": ("taken", "done"),
    "like": ("cnse-admin", "cnse-medical"),
}


@cache
def _loaded() -> Circuits:
    return load_circuits(CONFIG, [CONFIG / "circuits" / name for name in NAMES])


def _shown(circuit: Circuit) -> tuple[Section, ...]:
    circuits = {**_loaded().by_name, circuit.name: circuit}
    return sections(circuit, Naming(dict, circuits, _loaded().directory, book_of(circuits)))


def _other(name: str, value: Any) -> Iterator[Any]:
    """Values near this one that a page must tell apart from it."""
    if name in LITERALS and isinstance(value, str):
        yield from (one for one in LITERALS[name] if one != value)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, Enum):
        yield from (one for one in type(value) if one is not value)
    elif isinstance(value, str):
        yield f"{value} changé"
    elif isinstance(value, int | float):
        yield value + type(value)(0.04 if isinstance(value, float) else 1)
    elif isinstance(value, date):
        yield value + timedelta(days=1)
    elif isinstance(value, re.Pattern):
        yield re.compile(value.pattern + "x?")


def _changed(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """``value`` with one thing changed somewhere in it, with the name of what changed."""
    if is_dataclass(value) and not isinstance(value, type):
        yield from _of_table(value)
    elif name in _PAIRS and value:
        yield from _PAIRS[name](value)
    elif isinstance(value, tuple) and value:
        yield f"{name} shorter", value[1:]
        for place, one in enumerate(value):
            for path, other in _changed(name, one):
                yield path, (*value[:place], other, *value[place + 1 :])
    elif isinstance(value, dict):
        for key, one in value.items():
            for path, other in _changed(name, one):
                yield path, {**value, key: other}
    else:
        for other in _other(name, value):
            yield name, other


def _of_table(value: Any) -> Iterator[tuple[str, Any]]:
    of = type(value).__name__
    for field in fields(value):
        if (of, field.name) in ELSEWHERE or isinstance(value, Template | Cue):
            continue
        for path, other in _changed(field.name, getattr(value, field.name)):
            yield f"{of}.{path}", replace(value, **{field.name: other})


def _sourced(value: tuple[str, str]) -> Iterator[tuple[str, Any]]:
    yield "basis", (f"{value[0]} changé", value[1])
    yield "status", (value[0], next(_other("status", value[1])))


_PAIRS: dict[str, Callable[[Any], Iterator[tuple[str, Any]]]] = {
    "commission_basis": _sourced,
    "expertise_basis": _sourced,
    "digits": lambda value: iter([("digits", (value[0], value[1] + 1))]),
    "without": lambda value: iter([("gap", ((value[0][0], f"{value[0][1]} changé"), *value[1:]))]),
}
"""Tuples whose length says nothing."""


@pytest.mark.parametrize("name", NAMES)
def test_whatever_changes_in_a_circuit_changes_its_page(name: str) -> None:
    circuit = _loaded().by_name[name]
    before = _shown(circuit)
    unseen: set[str] = set()
    seen: set[str] = set()
    for path, changed in _changed("circuit", circuit):
        try:
            differs = _shown(changed) != before
        except KeyError as error:
            raise AssertionError(path) from error
        (seen if differs else unseen).add(path)
    assert unseen - seen == set()
    assert {"Circuit.match_threshold", "Circuit.RouteRule.reason", "Circuit.DeadlineRule.basis"} <= seen
