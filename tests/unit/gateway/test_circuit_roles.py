"""Roles that a circuit brings: what they hold, what they never hold, how an administrator gives them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from httpx import Client, Response

from gateway.circuits.roles import BUILT_IN, LIKES, READERS, Role
from gateway.clock import TurnableClock
from gateway.web.access import Viewer, desks, may_open
from gateway.web.doorstep import doorstep
from gateway.web.rights import EVERYBODYS, MATRIX, Right, book_of
from storage import people
from storage.db import Database
from storage.people import Person
from tests.builders import mails_sejour, seed
from tests.worlds import web
from tests.worlds.served import running
from tests.worlds.web import World

OWN, SEALED = "cnam-sejour", "cnam-sejour-medical"
BOTH = mails_sejour.both_circuits()
BOOK = book_of(BOTH.by_name)
ALWAYS = {Right.PUBLIC, Right.SIGNED_IN}


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path, clock: TurnableClock) -> Iterator[World]:
    yield from running(web.build(sqlite_database, tmp_path, clock, BOTH))


def _viewer(*roles: str) -> Viewer:
    return Viewer("x", "X", roles, book=BOOK)


def test_the_names_the_loader_refuses_are_those_of_the_matrix() -> None:
    """The loader lies below the pages: what it knows of roles is kept equal to the matrix here."""
    assert set(BUILT_IN) == set(MATRIX)
    assert {role for role in MATRIX if Right.WORK in MATRIX[role]} == {*READERS, "cpam"}
    beyond = {Right.EVERY_QUEUE, Right.TAKE_OVER, Right.SUPERVISE, Right.JOURNAL, Right.PEOPLE}
    for like, secrecy in LIKES.items():
        assert not MATRIX[like] & (beyond | {Right.ADMINISTER, Right.LEDGER, Right.LETTERS, Right.REGISTER})
        assert (Right.MEDICAL_CONTENT in MATRIX[like]) is (secrecy == "medical")


def test_a_role_of_a_circuit_has_the_rights_of_the_one_it_is_like() -> None:
    assert _viewer(OWN).rights == MATRIX["cnse-admin"] | ALWAYS
    assert _viewer(SEALED).rights == MATRIX["cnse-medical"] | ALWAYS


@pytest.mark.parametrize("role", [OWN, SEALED])
def test_without_its_circuit_in_force_it_holds_nothing(role: str) -> None:
    assert Viewer("x", "X", (role,)).rights == ALWAYS
    only_first = {"soins-programmes-algerie": BOTH.by_name["soins-programmes-algerie"]}
    assert Viewer("x", "X", (role,), book=book_of(only_first)).rights == ALWAYS


@pytest.mark.parametrize("role", ["cnam-sejour:594", "CNAM-SEJOUR", "cnam-sejour ", "cnam"])
def test_a_malformed_one_holds_nothing(role: str) -> None:
    assert _viewer(role).rights == ALWAYS


def test_a_role_that_takes_the_name_of_everybodys_changes_nothing() -> None:
    """The loader refuses it; were it to pass, the matrix wins."""
    false = Role("auditor", "Faux", "cnse-medical", "medical")
    circuit = replace(BOTH.by_name[mails_sejour.CIRCUIT], roles=(false,))
    assert book_of({circuit.name: circuit}).held("auditor") == MATRIX["auditor"]
    assert book_of({}) is EVERYBODYS


def test_each_reads_the_queues_of_its_own_circuit_alone() -> None:
    def read(*roles: str) -> list[str]:
        return [d.name for d in desks(_viewer(*roles), BOTH.by_name, BOTH.directory)]

    assert read(OWN) == [mails_sejour.FIRST, mails_sejour.WAITING, mails_sejour.SORTING]
    assert read(SEALED) == [mails_sejour.SORTING]
    for theirs in ("cnse-admin", "cnse-medical", "cpam:594"):
        assert not [name for name in read(theirs) if name.startswith("sejour")]
    assert set(read(OWN, "cnse-admin")) == {*read(OWN), *read("cnse-admin")}


@pytest.mark.parametrize(
    "roles",
    [(SEALED, "cnse-admin"), ("cnse-medical", OWN), (SEALED, "supervisor"), (SEALED, "cpam:594")],
)
def test_who_works_for_two_circuits_opens_no_medical_content(roles: tuple[str, ...]) -> None:
    """The right of one circuit would open the documents of the other."""
    assert BOOK.spills(roles)
    assert not may_open(_viewer(*roles), "medical")
    assert may_open(_viewer(*roles), "administrative")


@pytest.mark.parametrize("roles", [(OWN, SEALED), (SEALED, "auditor"), ("cnse-medical", "supervisor")])
def test_who_works_for_one_keeps_it(roles: tuple[str, ...]) -> None:
    assert not BOOK.spills(roles)
    assert may_open(_viewer(*roles), "medical")


def _post(client: Client, path: str, **fields: str | list[str]) -> Response:
    return client.post(path, data={"csrf": web.csrf(client, "/compte"), **fields})


def test_an_administrator_gives_it_by_its_title(world: World) -> None:
    client = world.signed_in("adam")
    page = client.get("/personnes").text
    assert f'value="{OWN}"' in page
    assert "Cnam – documents de séjour, contenu médical" in page
    _post(client, "/personnes/agathe/roles", roles=[OWN])
    with world.house.database.reading() as session:
        person = people.get(session, "agathe")
    assert person is not None
    assert person.roles == [OWN]
    agathe = world.signed_in("agathe")
    assert "Cnam – documents de séjour" in agathe.get("/compte").text
    assert agathe.get(f"/files/{mails_sejour.FIRST}").status_code == 200
    assert agathe.get("/files/cnse-administratif").status_code == 404


def test_roles_that_would_spill_are_not_given(world: World) -> None:
    answer = _post(world.signed_in("adam"), "/personnes/medard/roles", roles=["cnse-medical", OWN])
    assert answer.status_code == 409
    assert "ne se cumule pas" in answer.text
    with world.house.database.reading() as session:
        person = people.get(session, "medard")
    assert person is not None
    assert person.roles == ["cnse-medical"]


def test_the_matrix_shows_it_with_its_circuit(world: World) -> None:
    page = world.signed_in("adam").get("/administration/droits").text
    assert "Cnam – documents de séjour" in page
    assert "Documents de séjour – remontées des caisses" in page


def test_the_page_of_the_circuit_shows_roles_sources_and_what_is_not_sure(world: World) -> None:
    client = world.signed_in("adam")
    page = client.get(f"/administration/circuits/{mails_sejour.CIRCUIT}").text
    assert "rôle de ce circuit (administratif), avec les droits de : " in page
    assert "cnse-admin" not in page
    assert "Lettre DSS D18-018498, annexe 1, §2, depuis le 15/01/2019" in page
    assert "4 à confirmer" in client.get("/administration/circuits").text


def test_the_second_factor_follows_the_rights(world: World) -> None:
    """Whoever has the rights of a role that needs one needs one, whatever the name of the role."""
    settings = world.house.settings.model_copy(update={"totp": "required"})
    house = replace(world.house, settings=settings)

    def needed(role: str) -> bool:
        return doorstep.needs_second(house, Person(login="x", name="X", roles=[role]))

    assert "cnse-medical" in settings.totp_roles
    assert (needed(SEALED), needed("cnse-medical"), needed(OWN), needed("autre")) == (
        True,
        True,
        False,
        False,
    )


def test_the_seed_has_no_role_of_a_circuit() -> None:
    """So that the tests above are the ones that speak of them."""
    assert not {OWN, SEALED} & {role for _, roles in seed.PEOPLE.values() for role in roles}
