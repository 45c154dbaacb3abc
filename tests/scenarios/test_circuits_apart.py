"""Two circuits in one house: a person of one never sees, finds, counts or takes away what is the other's.

Every way to a thing is tried from the other side: its address, lists, search, exports, API, contestations,
calendars. Supervisors, auditors and administrators are everybody's: they are not walked here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from httpx import Client

from gateway.web.access import ROUTES
from storage.cases import Case, Item
from storage.contestations import Contestation
from storage.documents import Document
from tests.builders import mails_medical
from tests.builders import mails_sejour as mails
from tests.worlds import contest
from tests.worlds.house import Home
from tests.worlds.programs import bearer
from tests.worlds.visiting import come_in, employ
from tests.worlds.web import csrf

FIRST_CIRCUIT = "soins-programmes-algerie"
OURS = {"cnam": ("cnam-sejour",), "cnam.medical": ("cnam-sejour-medical",)}
THEIRS = {"agathe": (), "medard": (), "marseille": ()}
"""People of the seed, of the first circuit."""
MARKS = {
    mails.CIRCUIT: ("SEJ-2026", "sejour-", "Documents de séjour"),
    FIRST_CIRCUIT: ("SPA-2026", "CTN-2026", "cnse-", "cpam-131"),
}
"""Words that tell that something of a circuit is there."""


@dataclass(frozen=True, slots=True)
class Town:
    """The house, open."""

    home: Home
    address: str

    def things(self, circuit: str) -> list[str]:
        """The address of everything of one circuit, on the pages and in the API."""
        items = [i for i in self.home.rows(Item) if i.circuit == circuit]
        mailed = {i.delivery for i in items}
        papers = [d.id for d in self.home.rows(Document) if d.delivery in mailed]
        cases = [c.reference for c in self.home.rows(Case) if c.circuit == circuit]
        claims = [c.reference for c in self.home.rows(Contestation) if c.circuit == circuit]
        assert items, circuit
        assert cases, circuit
        values: list[dict[str, object]] = [{"item_id": i.id} for i in items]
        values += [{"document_id": number, "number": 1} for number in papers]
        values += [{"queue": queue, "kind": "csv"} for queue in {i.queue for i in items}]
        values += [{"circuit": circuit, "queue": queue} for queue in {i.queue for i in items}]
        values += [{"reference": reference} for reference in cases]
        found = [
            template.format_map(one)
            for one in values
            for method, template in ROUTES
            if method == "GET"
            and _parts(template) == set(one)
            and not template.startswith("/contestations/{")
            and not template.startswith("/api/v1/contestations/{")
        ]
        found += [f"{root}/contestations/{claim}" for claim in claims for root in ("", "/api/v1")]
        found += [f"/documents/{number}/original" for number in papers]
        found += [f"/api/v1/documents/{number}/original" for number in papers]
        return sorted(set(found))


def _parts(template: str) -> set[str]:
    return {piece.partition("}")[0] for piece in template.split("{")[1:]}


@pytest.fixture(scope="module")
def town(lasting_home: Home) -> Iterator[Town]:
    """One house for every test here: nothing below changes a piece of work."""
    home = lasting_home
    home.reopen(extra_circuits=(mails.FOLDER,))
    contest.receive_two(home)
    home.carry(mails_medical.report_pdf(home.desk))
    for build in (mails.new_type, mails.private_staff, mails.report):
        home.carry(build(home.desk))
    with contest.opened(home) as address:
        for login, roles in OURS.items():
            employ(home, login, *roles)
        yield Town(home, address)


@contextmanager
def _both(town: Town, login: str) -> Iterator[tuple[Client, Client]]:
    """The same person at the pages, and behind a token of every scope."""
    with (
        Client(base_url=town.address, timeout=60) as page,
        Client(base_url=town.address, timeout=60) as program,
    ):
        yield come_in(page, login), bearer(town.home.house.database, program, login, town.home.clock.now())


LISTS = (
    *("/files", "/appels", "/contestations", "/contestations/export.csv", "/compte"),
    *("/recherche?q=SEJ-2026-00001", "/recherche?q=SPA-2026-00001", "/recherche?q=caisse-594"),
    *("/recherche?q=visa", "/recherche/export.csv?q=caisse-131", "/recherche/export.csv?q=ch-dunes"),
    *("/api/v1/queues", "/api/v1/cases", "/api/v1/contestations", "/api/v1/calls"),
    *("/api/v1/search?q=SEJ-2026-00001", "/api/v1/search?q=SPA-2026-00001", "/api/v1/search?q=caisse"),
)
OF_EACH = [(login, mails.CIRCUIT, FIRST_CIRCUIT) for login in OURS] + [
    (login, FIRST_CIRCUIT, mails.CIRCUIT) for login in THEIRS
]


def test_each_sees_its_own_and_nothing_of_the_other(town: Town) -> None:
    for login, own, other in OF_EACH:
        with _both(town, login) as (page, program):
            for address in town.things(other):
                asked = program if address.startswith("/api/") else page
                assert asked.get(address).status_code in {403, 404}, (login, address)
            for address in LISTS:
                said = (program if address.startswith("/api/") else page).get(address)
                assert said.status_code == 200, (login, address)
                body = said.text.replace(
                    address.partition("?q=")[2] or "\0", ""
                )  # the words typed come back
                for mark in MARKS[other]:
                    assert mark not in body, (login, address, mark)
            opened = [a for a in town.things(own) if _opens(page, program, a)]
            assert opened, login


def _opens(page: Client, program: Client, address: str) -> bool:
    return (program if address.startswith("/api/") else page).get(address).status_code == 200


def test_a_calendar_of_the_other_circuit_is_not_made(town: Town) -> None:
    for login, own, other in OF_EACH:
        with _both(town, login) as (page, _):
            queues = {(i.circuit, i.queue) for i in town.home.rows(Item)}
            for circuit, queue in sorted(queues):
                form = {"csrf": csrf(page, "/compte"), "file": f"{circuit}/{queue}"}
                status = page.post("/compte/agendas", data=form).status_code
                assert status == 409 if circuit == other else status in {200, 409}, (login, circuit, queue)
            assert own != other


def test_nothing_of_the_other_circuit_is_taken_moved_or_written_about(town: Town) -> None:
    for login, _, other in OF_EACH:
        with _both(town, login) as (page, program):
            token = csrf(page, "/compte")
            for item in (i for i in town.home.rows(Item) if i.circuit == other):
                form = {
                    "csrf": token,
                    "version": "1",
                    "genre": "question",
                    "porte": item.queue,
                    "texte": "x",
                }
                for verb in ("actions/prendre", "type", "reorientation", "notes"):
                    answer = page.post(f"/elements/{item.id}/{verb}", data=form)
                    assert answer.status_code in {403, 404}, (login, verb)
                assert program.get(f"/api/v1/items/{item.id}/notes").status_code == 404
    assert {item.version for item in town.home.rows(Item)} == {1}


def test_the_sealed_document_of_one_is_opened_by_its_own_medical_role_alone(town: Town) -> None:
    (item,) = town.home.rows(Item, kind="piece-medicale")
    (sealed,) = [d for d in town.home.rows(Document, delivery=item.delivery) if d.kind == "piece-medicale"]
    statuses = {}
    for login in (*OURS, *THEIRS):
        with _both(town, login) as (page, _):
            statuses[login] = page.get(f"/documents/{sealed.id}/original").status_code
    assert statuses.pop("cnam.medical") == 200
    assert statuses.pop("cnam") == 403
    assert set(statuses.values()) <= {403, 404}
