"""Lists as files, from their pages: what they hold, who may have them, the event that tells it."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from httpx import Client
from openpyxl import load_workbook

from gateway.evidence.record import Kind
from gateway.web import exports, tabular
from storage import sheets
from storage.cases import Item
from storage.deliveries import Delivery
from storage.tallies import NEVER
from tests.builders import seed
from tests.builders.office import CIRCUIT, Office, received, work
from tests.worlds.web import World

LISTS = (
    ("agathe", "/files/cnse-administratif/export", 4),
    ("agathe", "/files/cnse-administratif/echeances", 4),
    ("sylvie", "/contestations/export", 1),
    ("sylvie", "/mis-de-cote/export", 2),
    ("sylvie", "/registre/export", 1),
    ("audrey", "/journal/export", 7),
)
"""Who, which list, how many lines with the header."""


def _csv(client: Client, path: str) -> list[list[str]]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    text = answer.content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def _xlsx(client: Client, path: str) -> list[tuple[Any, ...]]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    page = load_workbook(io.BytesIO(answer.content)).active
    assert page is not None
    return list(page.iter_rows(values_only=True))


@pytest.mark.parametrize(("login", "path", "lines"), LISTS)
def test_each_list_comes_as_both_files_and_is_told(world: World, login: str, path: str, lines: int) -> None:
    client = world.signed_in(login)
    told = 1 if "journal" in path else 0  # the first export is itself in the log
    assert len(_csv(client, f"{path}.csv")) + told == len(_xlsx(client, f"{path}.xlsx"))
    answer = client.get(f"{path}.csv")
    with world.house.database.reading() as session:
        event = sheets.journal(session, None, 1)[0]
    assert event.kind == Kind.EXPORT
    assert (event.fields["person"], event.fields["kind"]) == (login, "csv")
    rows = len(list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")))
    assert rows == event.fields["count"] + 1  # type: ignore[operator]
    assert event.fields["size"] == len(answer.content)
    assert rows >= lines
    name = answer.headers["content-disposition"]
    assert name.endswith('-2026-11-23.csv"')


def test_a_queue_comes_as_its_page_shows_it(world: World) -> None:
    agathe = world.signed_in("agathe")
    head, *lines = _xlsx(agathe, "/files/cnse-administratif/export.xlsx")
    assert head[:4] == ("N°", "Reçu le", "File", "État")
    assert [line[4] for line in lines] == [
        "Devis",
        "Question sans formulaire",
        "Demande de poursuite ou de modification des soins programmés (SE 352-302)",
    ]
    asked = lines[2]
    assert isinstance(asked[1], datetime)
    assert isinstance(asked[9], datetime)
    assert (asked[7], asked[8]) == (seed.CASE, "HADDAD Fatima Zohra")
    taken = _csv(agathe, "/files/cnse-administratif/export.csv?etat=pris")
    assert [(line[2], line[11], line[12]) for line in taken[1:]] == [
        ("CNSE – service administratif", "Agathe Le Goff", "agathe")
    ]
    assert len(_csv(agathe, "/files/cnse-administratif/export.csv?etat=nouveaux&type=quote")) == 2
    oldest = _csv(agathe, "/files/cnse-administratif/export.csv?tri=ancien")
    assert [line[4] for line in oldest[1:]] == [line[4] for line in reversed(lines)]


@pytest.mark.parametrize("size", [1, 50])
def test_a_queue_sorted_by_due_date_comes_in_that_order(
    world: World, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr("gateway.web.listings.PAGE", size)
    monkeypatch.setattr(exports.paged, "__defaults__", (size,))
    lines = _xlsx(world.signed_in("agathe"), "/files/cnse-administratif/export.xlsx?tri=echeance")[1:]
    dues = [line[9].date() if line[9] else NEVER for line in lines]
    assert dues == sorted(dues)
    assert len({line[0] for line in lines}) == len(lines) == 3


def test_a_search_comes_as_its_page_shows_it(world: World) -> None:
    agathe = world.signed_in("agathe")
    found = _csv(agathe, "/recherche/export.csv?q=haddad")
    assert {line[7] for line in found[1:]} == {seed.CASE}
    assert len(_csv(agathe, "/recherche/export.csv?q=h")) == 1


def test_a_queue_that_is_not_ones_own_gives_no_file(world: World) -> None:
    for path in ("/files/cpam-131/export.csv", "/files/cpam-131/echeances.csv"):
        assert world.signed_in("lille").get(path).status_code == 404
    assert world.signed_in("lille").get("/files/cpam-595/export.pdf").status_code == 404


def test_no_word_of_a_medical_document_is_in_any_file(world: World) -> None:
    for login, path, _ in LISTS:
        assert seed.SECRET not in world.signed_in(login).get(f"{path}.csv").text
    medard = world.signed_in("medard")
    assert len(_csv(medard, "/files/cnse-medical/export.csv")) == 2


def test_long_lists_are_read_page_by_page_whole_and_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.web.listings.PAGE", 3)
    monkeypatch.setattr(exports.paged, "__defaults__", (3,))
    with world.house.database.transaction() as session:
        office = Office(session, world.house.vault)
        for turn in range(10):
            at = world.clock.now() - timedelta(hours=turn % 4)
            mail: Delivery = received(office, f"plus-{turn}", at)
            item: Item = work(
                office, f"plus-{turn}", mail, "cpam-131", kind="quote", title="=1+1", case=None
            )
            assert item.circuit == CIRCUIT
    lines = _csv(world.signed_in("marseille"), "/files/cpam-131/export.csv")
    numbers = [line[0] for line in lines[1:]]
    assert len(numbers) == len(set(numbers)) == 11
    assert lines[1][5] == "'=1+1"


def test_a_list_too_long_for_a_file_is_refused_and_told_to_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tabular, "MOST_ROWS", 1)
    answer = world.signed_in("agathe").get("/files/cnse-administratif/export.csv")
    assert answer.status_code == 409
    with world.house.database.reading() as session:
        assert sheets.journal(session, None, 1)[0].kind != Kind.EXPORT
