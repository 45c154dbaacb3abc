"""The API against its own description: every operation, thousands of odd calls, nothing outside its schema.

In process, with fixed seeds: the same calls at every run. Half of the addresses name rows that exist, and
half of the conditions the version they are at, so that calls go past the first refusal.
"""

from __future__ import annotations

import json
from datetime import timedelta, timezone
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import checks
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks as conformance

from gateway.web.access import ROUTES
from gateway.web.api.schema import operations
from storage import cases, people, tokens
from storage.people import Person
from tests.builders import seed as office
from tests.builders.office import CIRCUIT
from tests.worlds.web import World

CHECKS: Any = (
    checks.not_a_server_error,
    conformance.status_code_conformance,
    conformance.content_type_conformance,
    conformance.response_headers_conformance,
    conformance.response_schema_conformance,
)
EXAMPLES = 40
_EDGES = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-23T09:00", "2026-11-23", "7")
_ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
CURSORS = st.builds(
    lambda first, second: f"{first}~{second}",
    st.sampled_from(_EDGES) | st.datetimes(timezones=_ZONES).map(lambda at: at.isoformat()),
    st.integers(0, 10**11).map(str) | st.text("0123456789abcdef", min_size=1, max_size=64),
)
"""Cursors that have the shape of ours, and name no row."""
EVERYTHING = ["supervisor", "cnse-medical", "cnse-admin", "auditor", "cpam:595"]
"""Roles of the caller: what is not open to them is walked by the matrix."""


def _bearer(world: World) -> str:
    """A token that opens as much as a token may."""
    at = world.clock.now()
    with world.house.database.transaction() as session:
        people.add(session, Person(login="tout", name="Tout", roles=EVERYTHING))
        presented, _ = tokens.create(
            session,
            title="Essais",
            scopes=("read", "content", "medical", "act", "register", "supervise", "journal"),
            created_by="adam",
            at=at,
            expires_at=at.replace(year=at.year + 1),
            login="tout",
        )
    return presented


class _Aim:
    """Turns half of the calls to what exists."""

    def __init__(self, world: World) -> None:
        self._world, self._turn = world, 0

    def at(self, case: Any) -> None:
        self._turn += 1
        known: dict[str, list[Any]] = {
            "item_id": list(self._world.office.items.values()),
            "document_id": list(self._world.office.documents.values()),
            "reference": [office.CASE],
            "sha256": [self._world.office.deliveries["poison"]],
            "circuit": [CIRCUIT],
            "queue": ["cnse-administratif", "cpam-595", "a-identifier"],
            "name": ["patient_name", "start_date"],
            "view_id": [1],
            "hold_id": [1],
            "proposal_id": [1],
            "call_id": [1],
        }
        if self._turn % 2:
            for name in case.path_parameters or {}:
                case.path_parameters[name] = known[name][self._turn // 2 % len(known[name])]
        if self._turn % 4 == 1 and case.method == "POST" and "item_id" in case.path_parameters:
            number = case.path_parameters["item_id"]
            with self._world.house.database.reading() as session:
                item = cases.item(session, number)
            case.headers["If-Match"] = f'"i{number}-v{item.version if item else 1}"'
        if case.method == "POST":
            case.headers["Idempotency-Key"] = f"essai-{self._turn}"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_no_answer_is_outside_its_schema(world: World) -> None:
    api = schemathesis.openapi.from_dict(world.app.state.described)
    api.app = world.app
    headers = {"Authorization": f"Bearer {_bearer(world)}"}
    aim, answered, asked = _Aim(world), dict[str, set[int]](), list[Any]()

    @seed(2026)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def calls(data: st.DataObject) -> None:
        case = data.draw(asked[0].as_strategy())
        aim.at(case)
        if "after" in (case.query or {}):
            case.query["after"] = data.draw(st.just(case.query["after"]) | CURSORS)
        world.clock.turn(timedelta(seconds=1))  # the rate is another test's subject
        answer = case.call(headers=headers)
        answered.setdefault(case.operation.label, set()).add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    for found in api.get_all_operations():
        assert isinstance(found, Ok)
        asked[:] = [found.ok()]
        calls()
    assert len(answered) == sum(1 for _ in operations(world.app.state.described))
    unseen = {label for label, seen in answered.items() if 200 not in seen and label.startswith("GET")}
    assert unseen <= {"GET /api/v1/contestations/{reference}"}  # the office has none
    assert 200 in answered["POST /api/v1/items/{item_id}/take"]
    assert all(
        answered[label] >= {404, 412} for label in answered if label.startswith("POST /api/v1/items")
    )


def test_every_address_of_the_api_is_described(world: World) -> None:
    described = {(method, path) for path, method, _ in operations(world.app.state.described)}
    addresses = {(method, path) for method, path in ROUTES if path.startswith("/api/")}
    assert described == addresses - {("GET", "/api/v1/openapi.json")}


def test_the_description_is_whole(world: World) -> None:
    document = world.app.state.described
    assert document["openapi"] == "3.1.0"
    assert "HTTPValidationError" not in json.dumps(document)
    for path, method, operation in operations(document):
        assert operation["summary"], path
        assert "404" in operation["responses"], path
        asked = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "header"}
        assert ("Idempotency-Key" in asked) == (method == "POST"), path
        conditional = "item_id" in path or "/contestations/" in path or path.endswith("/registration")
        assert ("If-Match" in asked) == (method == "POST" and conditional), path
