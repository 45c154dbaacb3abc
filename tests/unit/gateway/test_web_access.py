"""The matrix of rights, walked: every route against every role, on real pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import APIRouter
from httpx import Client
from starlette.routing import Mount, Route

from gateway.clock import TurnableClock
from gateway.web import access
from gateway.web.access import MATRIX, RIGHT_TITLES, ROLE_TITLES, ROUTES, Right, Viewer
from gateway.web.rights import book_of
from storage import people
from storage.attempts import FORGET
from storage.db import Database
from storage.people import Person
from tests.builders import mails_sejour, seed
from tests.builders.office import CIRCUIT
from tests.worlds import web
from tests.worlds.served import running
from tests.worlds.web import World


@pytest.fixture
def of_two_circuits(sqlite_database: Database, tmp_path: Path, clock: TurnableClock) -> Iterator[World]:
    """The office where a second circuit, with roles of its own, is in force."""
    yield from running(web.build(sqlite_database, tmp_path, clock, mails_sejour.both_circuits()))


def _routes(world: World) -> list[tuple[str, str]]:
    """Every (method, template) the application answers, whatever the router it came from."""
    found: list[tuple[str, str]] = []
    for entry in world.app.routes:
        if isinstance(entry, Mount):
            assert entry.path == "/static"
            continue
        router = getattr(entry, "original_router", None)
        routes = router.routes if isinstance(router, APIRouter) else [entry]
        for route in routes:
            assert isinstance(route, Route), route
            found.extend((m, route.path) for m in sorted((route.methods or set()) - {"HEAD", "OPTIONS"}))
    return found


def test_every_route_has_its_right_and_every_right_its_route(world: World) -> None:
    assert sorted(_routes(world)) == sorted(ROUTES)


def test_every_role_and_right_has_a_title() -> None:
    assert set(ROLE_TITLES) == set(MATRIX)
    assert set(RIGHT_TITLES) == set(Right) - {Right.PUBLIC, Right.SIGNED_IN}


def _visit(client: Client, method: str, path: str, token: str) -> int:
    if method == "POST":
        return client.post(path, data={"csrf": token, "version": "1"}).status_code
    return client.request(method, path).status_code


class _Values(dict[str, str]):
    """Parts of addresses; one that is not known here is the number of no row."""

    def __missing__(self, name: str) -> str:
        return "999999"


def _values(world: World) -> dict[str, str]:
    office = world.office
    return {
        "queue": "cnse-administratif",
        "item_id": str(office.items["question"]),
        "action": "inconnue",
        "reference": seed.CASE,
        "document_id": str(office.documents["request"]),
        "number": "1",
        "name": "inconnu",
        "issue_id": str(office.issues["form"]),
        "sha256": office.deliveries["form"],
        "login": "personne",
        "session_id": "0" * 16,
        "token_id": "0" * 12,
        "draft_id": "0" * 32,
        "token": "inconnu",
        "path": "x",
    }


COMBINED = {
    "deux": ["cnse-admin", "auditor"],
    "tout": ["admin", "supervisor", "cpam:595"],
    "faux": ["root", "cpam", "admin:595"],
    "mixte": ["medical", "auditor"],
    "sejour": ["cnam-sejour"],
    "sejour-medical": ["cnam-sejour-medical"],
    "deux-circuits": ["cnse-medical", "cnam-sejour"],
}
"""People of several roles, of the roles of a circuit, and of roles that nobody knows: they hold what their
known roles hold."""


def test_every_route_for_every_role(of_two_circuits: World) -> None:
    """Each person, each route, each of GET, HEAD and POST: open exactly when the matrix says so."""
    world, book = of_two_circuits, book_of(of_two_circuits.house.circuits.by_name)
    everyone = {login: roles for login, (_, roles) in seed.PEOPLE.items()} | COMBINED
    with world.house.database.transaction() as session:
        for login, roles in COMBINED.items():
            hashed = world.house.passwords.hash(seed.PASSWORD)
            people.add(session, Person(login=login, name=login, password_hash=hashed, roles=roles))
    values = _Values(_values(world))
    walked = 0
    routes = [r for r in _routes(world) if ROUTES[r] is not Right.PUBLIC and r[1] != "/deconnexion"]
    routes += [("HEAD", path) for method, path in routes if method == "GET"]
    for login, roles in everyone.items():
        world.clock.turn(FORGET + timedelta(seconds=1))  # forms sent without a password count as failures
        client = world.signed_in(login)
        token = web.csrf(client, "/compte")
        for method, template in routes:
            path = template.format_map(values)
            status = _visit(client, method, path, token)
            if access.route_allows(method, template, roles, book):
                assert status in {200, 303, 400, 404, 405, 409, 422, 503}, (login, method, path, status)
            else:
                assert status in {403, 405} if method == "HEAD" else status == 403, (login, method, path)
            walked += 1
    assert walked == len(everyone) * len(routes)


def test_nobody_without_a_session_sees_anything(world: World) -> None:
    for method, template in _routes(world):
        if ROUTES[method, template] is Right.PUBLIC:
            continue
        answer = world.visitor().request(method, template.replace("{", "").replace("}", ""))
        if template.startswith("/api/"):
            assert answer.status_code == 401, template
            continue
        assert answer.status_code in {303, 404}, template
        assert answer.headers.get("location", "/connexion").startswith("/connexion")


def test_a_route_that_is_not_in_the_matrix_is_closed() -> None:
    assert not access.route_allows("GET", "/nouvelle-page", ["cnse-admin", "admin", "supervisor"])
    assert not access.route_allows("DELETE", "/files", ["cnse-admin"])
    assert access.route_allows("HEAD", "/files", ["cnse-admin"])


@pytest.mark.parametrize("role", ["root", "cpam", "cpam:", "admin:595", "CNSE-ADMIN", ""])
def test_an_unknown_or_malformed_role_holds_nothing(role: str) -> None:
    assert access.rights_of([role]) == {Right.PUBLIC, Right.SIGNED_IN}


@pytest.mark.parametrize(
    ("scopes", "opened"),
    [
        (["read"], {Right.WORK, Right.EVERY_QUEUE}),
        (["read", "act"], {Right.WORK, Right.EVERY_QUEUE, Right.ACT, Right.TAKE_OVER}),
        (["calendar"], set()),
        (["admin", "people", ""], set()),
    ],
)
def test_a_token_never_opens_more_than_its_scopes_nor_more_than_its_person(
    scopes: list[str], opened: set[Right]
) -> None:
    always = {Right.PUBLIC, Right.SIGNED_IN}
    supervisor = Viewer("x", "X", ("supervisor", "admin"), scopes=frozenset(scopes))
    assert supervisor.rights == always | opened
    auditor = Viewer("x", "X", ("auditor",), scopes=frozenset(scopes))
    assert auditor.rights == always


def test_no_scope_lets_accounts_or_keys_through() -> None:
    through = access.rights_through(access.SCOPES)
    assert not through & {Right.PEOPLE, Right.ADMINISTER}
    assert set(access.SCOPE_TITLES) == set(access.SCOPES)


@pytest.mark.parametrize(
    ("role", "known"),
    [("admin", True), ("cpam:595", True), ("cpam:000", False), ("cpam", False), ("cpam:", False),
     ("admin:595", False), ("Admin", False), ("", False), ("cnse-medical", True)],
)  # fmt: skip
def test_a_role_may_be_given_when_the_matrix_or_the_directory_knows_it(role: str, known: bool) -> None:
    assert access.known_role(role, seed.circuits().directory) is known


def test_queues_follow_the_circuit_and_the_roles() -> None:
    loaded = seed.circuits()

    def names(*roles: str) -> list[str]:
        viewer = Viewer("x", "X", roles)
        return [d.name for d in access.desks(viewer, loaded.by_name, loaded.directory)]

    assert names("cpam:595") == ["cpam-595"]
    assert names("cnse-medical") == ["cnse-medical", "a-identifier"]
    assert names("cnse-admin") == ["cnse-administratif", "a-identifier"]
    assert names("auditor") == names("admin") == names() == []
    assert len(names("supervisor")) == len(loaded.directory.caisses) + 4


def test_a_queue_of_an_unknown_caisse_does_not_exist() -> None:
    loaded = seed.circuits()
    viewer = Viewer("x", "X", ("supervisor", "cpam:000"))
    assert access.desk_of(viewer, loaded.by_name, loaded.directory, CIRCUIT, "cpam-000") is None
    assert access.desk_of(viewer, loaded.by_name, loaded.directory, "autre", "cpam-595") is None


@pytest.mark.parametrize("confidentiality", ["medical", "", "secret"])
def test_only_the_medical_pole_opens_what_is_not_administrative(confidentiality: str) -> None:
    for login, (_, roles) in seed.PEOPLE.items():
        opened = access.may_open(Viewer(login, login, tuple(roles)), confidentiality)
        assert opened == ("cnse-medical" in roles), login
