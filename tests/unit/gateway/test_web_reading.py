"""On the item: a conflict is settled by choosing, all is confirmed, a document is rejected and told."""

from __future__ import annotations

import pytest
from httpx import Client, Response

from gateway.evidence.record import Kind
from storage import documents, reviews, sheets
from storage.documents import FactRow
from tests.builders import seed
from tests.worlds import web
from tests.worlds.served import item_of
from tests.worlds.web import World


def _path(world: World, key: str = "form") -> str:
    return f"/elements/{world.office.items[key]}/documents/{world.office.documents[key]}"


def _judge(world: World, client: Client, verb: str, reason: str = "", key: str = "form") -> Response:
    form = {"csrf": web.csrf(client, "/files"), "verbe": verb, "motif": reason}
    return client.post(f"{_path(world, key)}/lecture", data=form)


def _facts(world: World, name: str) -> list[FactRow]:
    with world.house.database.reading() as session:
        found = documents.facts_of(session, [world.office.documents["form"]])
    return [fact for fact in found if fact.name == name]


def _version(world: World) -> str:
    return str(item_of(world, "form").version)


def _choose(world: World, client: Client, name: str, fact: int) -> Response:
    form = {"csrf": web.csrf(client, "/files"), "lecture": str(fact), "version": _version(world)}
    return client.post(f"{_path(world)}/champs/{name}/choisir", data=form)


def _settle(world: World, client: Client) -> None:
    for name in ("patient_name", "start_date"):
        assert _choose(world, client, name, _facts(world, name)[0].id or 0).status_code == 303


def test_sources_side_by_side_and_the_one_chosen_holds(world: World) -> None:
    client = world.signed_in("lille")
    page = client.get(f"/elements/{world.office.items['form']}").text
    assert "2\u00a0désaccords à régler" in page
    chosen = next(f for f in _facts(world, "start_date") if f.source == "ocr")
    assert _choose(world, client, "start_date", chosen.id or 0).status_code == 303
    last = _facts(world, "start_date")[-1]
    assert (last.source, last.person, last.value, last.normalised) == (
        "person",
        "lille",
        chosen.value,
        chosen.normalised,
    )
    assert "1\u00a0désaccord à régler" in client.get(f"/elements/{world.office.items['form']}").text


def test_a_reading_of_another_field_or_document_is_not_chosen(world: World) -> None:
    client = world.signed_in("lille")
    other = _facts(world, "patient_name")[0].id or 0
    assert _choose(world, client, "start_date", other).status_code == 404
    assert _choose(world, client, "start_date", 99_999).status_code == 404
    assert all(f.source != "person" for f in _facts(world, "start_date"))


def test_all_is_confirmed_once_nothing_is_in_conflict_until_a_correction(world: World) -> None:
    client = world.signed_in("lille")
    assert _judge(world, client, "confirmer").status_code == 409
    _settle(world, client)
    assert _judge(world, client, "confirmer").status_code == 303
    page = client.get(f"/elements/{world.office.items['form']}").text
    assert "<strong>Lecture confirmée</strong> par Louise Vandamme" in page
    with world.house.database.reading() as session:
        event = sheets.journal(session, None, 1)[0]
    assert (event.kind, event.fields["action"]) == (Kind.REVIEW, "confirmed")
    form = {"csrf": web.csrf(client, "/files"), "valeur": "Nouveau", "version": _version(world)}
    client.post(f"{_path(world)}/champs/patient_name", data=form)
    assert "Lecture confirmée</strong>" not in client.get(f"/elements/{world.office.items['form']}").text


def test_a_document_is_rejected_with_a_reason_and_the_letter_is_offered(world: World) -> None:
    client = world.signed_in("lille")
    assert _judge(world, client, "rejeter", "  ").status_code == 409
    assert _judge(world, client, "rejeter", "La page est coupée.").status_code == 303
    item, number = world.office.items["form"], world.office.documents["form"]
    page = client.get(f"/elements/{item}").text
    assert "La page est coupée." in page
    letter = f"/elements/{item}/lettre?modele=document-inexploitable&amp;document={number}"
    assert letter in page
    text = client.get(letter.replace("&amp;", "&")).text
    assert "La page est coupée." in text
    assert "Document concerné" in text
    assert "rejeté" in client.get(f"/dossiers/{seed.CASE}").text
    assert _judge(world, client, "retirer").status_code == 303
    assert "La page est coupée." not in client.get(f"/elements/{item}").text


@pytest.mark.parametrize(
    ("login", "key", "status"), [("marseille", "form", 404), ("sylvie", "report", 403)]
)
def test_nobody_judges_what_they_may_not_open(world: World, login: str, key: str, status: int) -> None:
    assert _judge(world, world.signed_in(login), "rejeter", "non", key).status_code == status
    with world.house.database.reading() as session:
        assert reviews.latest(session, list(world.office.documents.values())) == {}


def test_an_unknown_word_changes_nothing(world: World) -> None:
    assert _judge(world, world.signed_in("lille"), "effacer").status_code == 409
