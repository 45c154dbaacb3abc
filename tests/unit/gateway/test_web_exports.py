"""Lists as files, from their pages: what they hold, who may have them, the event that tells it."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from httpx import Client
from openpyxl import load_workbook

from gateway.clock import paris_date
from gateway.evidence.record import Kind
from gateway.web.files import exports, rows, tabular
from storage import calls, findable, people, sheets, tallies, tokens
from storage.calls import Call, CallReason
from storage.cases import Item
from storage.contestations import Contestation
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
    ("agathe", "/recherche/export", 1),
    ("agathe", "/recherche/dossiers", 1),
    ("agathe", "/appels/export", 1),
    ("sylvie", "/conservation/gels", 1),
    ("sylvie", "/conservation/retenus", 1),
    ("sylvie", "/conservation/durees", 1),
    ("sylvie", "/conservation/echeances", 1),
    ("sylvie", "/contestations/chiffres", 1),
    ("adam", "/administration/comptes", 9),
    ("adam", "/administration/sessions", 2),
    ("adam", "/administration/jetons", 1),
    ("adam", "/administration/annuaire/caisses", 107),
    ("adam", "/administration/annuaire/etablissements", 2),
    ("adam", "/administration/annuaire/correspondants", 2),
    ("adam", "/administration/annuaire/adresses", 1),
    ("adam", "/administration/certificats", 1),
    ("adam", f"/administration/circuits/{CIRCUIT}/regles", 20),
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
    monkeypatch.setattr("gateway.web.files.listings.PAGE", size)
    monkeypatch.setattr(exports.paged, "__defaults__", (size,))
    lines = _xlsx(world.signed_in("agathe"), "/files/cnse-administratif/export.xlsx?tri=echeance")[1:]
    dues = [line[9].date() if line[9] else NEVER for line in lines]
    assert dues == sorted(dues)
    assert len({line[0] for line in lines}) == len(lines) == 3


def test_a_search_comes_as_its_page_shows_it(world: World) -> None:
    agathe = world.signed_in("agathe")
    found = _csv(agathe, "/recherche/export.csv?q=haddad")
    assert {line[7] for line in found[1:]} == {seed.CASE}
    assert {line[13] for line in found[1:]} == {"exacte"}
    assert all("dossier" in line[14] for line in found[1:])
    assert len(_csv(agathe, "/recherche/export.csv?q=h")) == 1
    near = _csv(agathe, "/recherche/export.csv?q=hadadd")
    assert [line[:13] for line in near] == [line[:13] for line in found]
    assert {line[13] for line in near[1:]} == {"approchante"}
    (case,) = _csv(agathe, "/recherche/dossiers.csv?q=haddad")[1:]
    assert (case[0], case[1], case[-1]) == (seed.CASE, "HADDAD Fatima Zohra", "exacte")


def test_a_search_is_exported_whole_page_after_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """More answers than a page of the screen, read three by three: each once, exact before near."""
    monkeypatch.setattr("gateway.web.files.listings.PAGE", 3)
    with world.house.database.transaction() as session:
        office = Office(session, world.house.vault)
        for turn in range(60):
            mail = received(office, f"lot-{turn}", world.clock.now())
            title = "Relance ortophonie" if turn % 20 == 0 else "Relance orthophonie"
            work(office, f"lot-{turn}", mail, "cpam-131", kind="quote", title=title, case=None)
        tallies.hold(session)
        findable.everything(session)
    marseille = world.signed_in("marseille")
    page = marseille.get("/recherche?q=orthophonie").text
    assert "Seuls les 50 premiers éléments sont montrés" in page
    assert page.count('class="link"') == 50
    lines = _csv(marseille, "/recherche/export.csv?q=orthophonie")[1:]
    assert len({line[0] for line in lines}) == len(lines) == 57
    assert len(_csv(world.signed_in("lille"), "/recherche/export.csv?q=orthophonie")) == 1
    few = _csv(marseille, "/recherche/export.csv?q=ortophonie")[1:]
    assert [line[13] for line in few] == ["exacte"] * 3 + ["approchante"] * 57


def test_a_search_that_stands_for_too_much_is_refused_in_words(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.search.MOST_WORDS", 1)
    answer = world.signed_in("agathe").get("/recherche/export.csv?q=spa")
    assert answer.status_code == 409
    assert "Écrivez un mot plus long" in answer.text


def test_calls_are_exported_whole_by_who_reads_their_queue(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.web.letters.calls.LIMIT", 2)
    monkeypatch.setattr("gateway.web.files.listings_house.PAGE", 2)
    monkeypatch.setattr(exports.paged, "__defaults__", (2,))
    with world.house.database.transaction() as session:
        for turn in range(5):
            at = world.clock.now() + timedelta(minutes=turn // 2)
            call = Call(
                key=f"k{turn}", reason=CallReason.NO_RECEIPT, circuit=CIRCUIT, at=at,
                queue="cpam-131" if turn == 4 else "cnse-administratif", recipient=f"h{turn}@x.example",
            )  # fmt: skip
            assert calls.add(session, call)
    agathe = world.signed_in("agathe")
    assert "Seuls les 2 premiers appels sont montrés" in agathe.get("/appels").text.replace("\u00a0", " ")
    lines = _csv(agathe, "/appels/export.csv")[1:]
    assert [line[1] for line in lines] == [f"h{turn}@x.example" for turn in range(4)]
    assert {(line[3], line[6]) for line in lines} == {("aucun retour", "CNSE – service administratif")}
    assert [line[1] for line in _csv(world.signed_in("marseille"), "/appels/export.csv")[1:]] == [
        "h4@x.example"
    ]


def test_a_contestation_bears_the_day_it_came_without_its_hour(world: World) -> None:
    at = world.clock.now().replace(hour=23, minute=30)
    one = Contestation(
        reference="CTN-2026-00001", circuit=CIRCUIT, list_id=1, delivery="d", place="1", received_at=at,
        changed_at=at, reason="x",
    )  # fmt: skip
    assert rows.contestation(one, None, {})[1] == paris_date(at)


def test_no_secret_is_in_the_files_of_the_administrator(world: World) -> None:
    adam = world.signed_in("adam")
    with world.house.database.transaction() as session:
        at = world.clock.now()
        presented, row = tokens.create(
            session, title="Relevé", scopes=("read",), created_by="adam", at=at,
            expires_at=at + timedelta(days=3), login="agathe",
        )  # fmt: skip
        hashes = [one.password_hash for one in people.everyone(session)]
        secret = row.secret_hash
    (token,) = _csv(adam, "/administration/jetons.csv")[1:]
    assert (token[1], token[2], token[3], token[10]) == ("Relevé", "Agathe Le Goff", "agathe", "valable")
    written = "".join(
        adam.get(f"/administration/{name}.csv").text for name in ("comptes", "sessions", "jetons")
    )
    assert "Agathe Le Goff" in written
    for hidden in (presented, secret, *hashes):
        assert hidden not in written


def test_rules_and_retention_say_their_source_and_how_sure_they_are(world: World) -> None:
    rules = _csv(world.signed_in("adam"), f"/administration/circuits/{CIRCUIT}/regles.csv")[1:]
    assert {"Orientation", "Délai", "Formulaire lu", "Immatriculation"} <= {line[0] for line in rules}
    assert all(line[3] for line in rules)
    said = " ".join(line[2] for line in rules)
    assert "va à CNSE – service administratif" in said
    assert not [code for code in ("cnse-administratif", "<caisse>", "accuse-reception") if code in said]
    assert {"confirmée", "à confirmer", "reconstruit"} <= {line[4] for line in rules}
    assert world.signed_in("adam").get("/administration/circuits/x/regles.csv").status_code == 404
    assert world.signed_in("adam").get("/administration/annuaire/x.csv").status_code == 404
    assert world.signed_in("sylvie").get("/conservation/x.csv").status_code == 404


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
    monkeypatch.setattr("gateway.web.files.listings.PAGE", 3)
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
