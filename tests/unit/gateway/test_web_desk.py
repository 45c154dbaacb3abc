"""The desk over HTTP: filters and views in the address, bulk acts, moves with a letter, notes that call."""

from __future__ import annotations

import re

import pytest
from httpx import Client, Response

from gateway.clock import TurnableClock
from gateway.evidence.record import Kind
from gateway.web.queues import choices
from gateway.web.queues.choices import Choices
from storage import cases, comments, items, joinings, outbox, sheets, views
from storage.cases import ItemState
from storage.views import View
from tests.builders.office import AT
from tests.worlds import web
from tests.worlds.served import item_of
from tests.worlds.web import World

QUEUE = "cnse-administratif"


def _post(client: Client, path: str, **form: object) -> Response:
    return client.post(path, data={"csrf": web.csrf(client, "/compte"), **form})


def _on(world: World, client: Client, key: str, what: str, **form: object) -> Response:
    item = item_of(world, key)
    return _post(client, f"/elements/{item.id}/{what}", version=str(item.version), **form)


def _lot(world: World, client: Client, keys: str, **form: object) -> Response:
    found = [item_of(world, key) for key in keys.split()]
    return _post(client, f"/files/{QUEUE}/lot", elements=[f"{i.id}:{i.version}" for i in found], **form)


def test_a_filter_is_an_address_and_an_unknown_one_is_left_out() -> None:
    given = {
        "etat": "pris",
        "tri": "echeance",
        "age": "plus7",
        "pour": "moi",
        "finess": "2a0000014",
        "x": "y",
    }
    chosen = choices.read(given, {"595"})
    assert chosen == Choices("pris", "", "echeance", "", "2A0000014", "plus7", "moi")
    assert choices.read(dict(re.findall(r"(\w+)=([^&]*)", chosen.query())), ()) == chosen
    odd = {
        "etat": "x",
        "tri": "'",
        "age": "99",
        "caisse": "999",
        "finess": "<b>",
        "complet": "?",
        "echeance": "",
    }
    assert choices.read(odd, {"595"}) == Choices()
    assert Choices().query() == ""


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("echeance=7", "question"),
        ("echeance=retard", "request"),
        ("echeance=sans", "mixed"),
        ("age=1", "question mixed"),
        ("age=plus30", ""),
        ("pour=moi", "request"),
        ("pour=personne", "question mixed"),
        ("pour=agathe&etat=pris", "request"),
        ("pour=sylvie", ""),
        ("complet=oui&type=quote", "mixed"),
        ("caisse=595", "request"),
        ("finess=590796975", "request"),
    ],
)
def test_each_filter_shows_what_it_says(world: World, query: str, keys: str) -> None:
    shown = world.signed_in("agathe").get(f"/files/{QUEUE}?{query}").text
    found = {int(number) for number in re.findall(r'data-id="(\d+)"', shown)}
    assert found == {world.office.items[key] for key in keys.split()}


def test_a_view_is_kept_shared_opened_and_removed(world: World) -> None:
    agathe, sylvie, lille = (world.signed_in(login) for login in ("agathe", "sylvie", "lille"))
    own = _post(
        agathe, f"/files/{QUEUE}/vues", nom="  Mes  retards ", filtres="echeance=retard&tri=echeance&x=1"
    )
    assert own.headers["location"] == f"/files/{QUEUE}?tri=echeance&echeance=retard&fait=vue"
    assert "Mes retards" in agathe.get(own.headers["location"]).text
    assert "Mes retards" in agathe.get("/files").text
    assert "Mes retards" not in sylvie.get(f"/files/{QUEUE}").text
    assert _post(agathe, f"/files/{QUEUE}/vues", nom="À tous", partagee="oui").status_code == 409
    assert _post(agathe, f"/files/{QUEUE}/vues", nom=" ").status_code == 409
    assert _post(lille, f"/files/{QUEUE}/vues", nom="Volée").status_code == 404
    assert _post(sylvie, f"/files/{QUEUE}/vues", nom="Le matin", partagee="oui").status_code == 303
    assert "Le matin" in agathe.get(f"/files/{QUEUE}").text
    with world.house.database.reading() as session:
        (shared,) = [v for v in views.of_queue(session, QUEUE, "agathe") if v.shared]
        (mine,) = views.of_person(session, "agathe")
    assert _post(agathe, f"/files/{QUEUE}/vues/{shared.id}/retirer").status_code == 404
    assert _post(sylvie, f"/files/{QUEUE}/vues/{mine.id}/retirer").status_code == 404
    assert _post(agathe, f"/files/{QUEUE}/vues/{mine.id}/retirer").status_code == 303
    with world.house.database.reading() as session:
        assert views.of_person(session, "agathe") == []


def test_a_person_keeps_so_many_views_and_no_more(world: World) -> None:
    with world.house.database.transaction() as session:
        for n in range(views.MOST):
            assert views.keep(
                session, View(owner="agathe", queue=QUEUE, name=str(n), query="", created_at=AT)
            )
    client = world.signed_in("agathe")
    assert _post(client, f"/files/{QUEUE}/vues", nom="de trop").status_code == 409
    assert _post(client, f"/files/{QUEUE}/vues", nom="3", filtres="etat=pris").status_code == 303


def test_a_bulk_act_says_first_what_it_will_do_and_changes_nothing(world: World) -> None:
    client = world.signed_in("sylvie")
    before = {key: item_of(world, key).version for key in ("question", "mixed", "request")}
    shown = _lot(world, client, "question mixed request", action="prendre").text
    assert "Confirmer pour 2\u00a0éléments" in shown
    assert "Ne sera pas fait" in shown
    assert {key: item_of(world, key).version for key in before} == before
    done = _lot(world, client, "question mixed request", action="prendre", confirme="oui").text
    assert "2\u00a0éléments traités, 1\u00a0laissé tel quel" in done
    assert {item_of(world, key).taken_by for key in ("question", "mixed")} == {"sylvie"}
    assert item_of(world, "request").taken_by == "agathe"
    with world.house.database.reading() as session:
        kinds = [event.kind for event in sheets.journal(session, None, 2)]
    assert kinds == [Kind.ITEM_TAKEN, Kind.ITEM_TAKEN]


def test_every_bulk_act(world: World) -> None:
    client = world.signed_in("sylvie")
    for form, state, holder, queue in (
        ({"action": "confier", "personne": "agathe"}, ItemState.TAKEN, "agathe", QUEUE),
        ({"action": "rendre"}, ItemState.NEW, None, QUEUE),
        ({"action": "attendre", "reveil": "2026-11-30"}, ItemState.WAITING, "sylvie", QUEUE),
        ({"action": "terminer"}, ItemState.DONE, "sylvie", QUEUE),
    ):
        _lot(world, client, "question mixed", confirme="oui", **form)
        for key in ("question", "mixed"):
            item = item_of(world, key)
            assert (item.state, item.taken_by, item.queue) == (state, holder, queue), form
    assert "Choisir une personne" in _lot(world, client, "request", action="confier").text
    moved = _lot(world, client, "request", action="reorientation", porte="cpam-595", confirme="oui")
    assert "1\u00a0élément traité" in moved.text
    assert item_of(world, "request").queue == "cpam-595"


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"action": "inconnue", "elements": "1:1"}, 404),
        ({"action": "prendre"}, 409),
        ({"action": "prendre", "elements": ["x", "1", "1:", "-1:1", "1:1:1"]}, 409),
        ({"action": "prendre", "elements": "999999:1"}, 200),
        ({"action": "reorientation", "elements": "1:1", "porte": "@ri@cnas.example"}, 200),
    ],
)
def test_an_odd_bulk_act_changes_nothing(world: World, form: dict[str, object], status: int) -> None:
    client = world.signed_in("sylvie")
    answer = _post(client, f"/files/{QUEUE}/lot", confirme="oui", **form)
    assert answer.status_code == status
    assert "Laissé tel quel" in answer.text or status != 200


def test_nobody_acts_in_bulk_beyond_their_queues(world: World) -> None:
    client = world.signed_in("marseille")
    assert _lot(world, client, "question", action="prendre", confirme="oui").status_code == 404
    item = item_of(world, "form")
    answer = _post(client, "/files/cpam-131/lot", action="prendre", elements=f"{item.id}:1", confirme="oui")
    assert item.title not in answer.text
    assert item_of(world, "form").state is ItemState.NEW


def test_a_new_type_moves_the_work_and_says_so(world: World) -> None:
    client = world.signed_in("agathe")
    answer = _on(world, client, "mixed", "type", genre="medical-report", suivre="oui")
    assert answer.headers["location"] == "/files?fait=type"
    assert "Le type est changé" in client.get(answer.headers["location"]).text
    item = item_of(world, "mixed")
    assert (item.kind, item.queue) == ("medical-report", "cnse-medical")
    assert client.get(f"/elements/{item.id}").status_code == 404
    stays = _on(world, client, "question", "type", genre="quote")
    assert stays.headers["location"].endswith("fait=type")
    assert item_of(world, "question").queue == QUEUE


def test_the_sender_is_told_the_right_address(world: World) -> None:
    client = world.signed_in("agathe")
    answer = _on(world, client, "question", "reorientation", porte="cpam-595", prevenir="oui")
    assert answer.headers["location"] == "/files?fait=reoriente-ecrit"
    with world.house.database.reading() as session:
        (letter,) = outbox.of_delivery(session, item_of(world, "question").delivery)
    assert letter.letter == "reorientation"
    assert letter.recipient == item_of(world, "question").sender
    raw = world.house.vault.get(letter.raw_sha256).decode("latin-1")
    assert "HADDAD" not in raw
    assert item_of(world, "question").queue == "cpam-595"


def test_a_move_without_a_letter_and_one_to_a_service_outside(world: World) -> None:
    client = world.signed_in("agathe")
    quiet = _on(world, client, "mixed", "reorientation", porte="a-identifier")
    assert quiet.headers["location"].endswith("fait=reoriente")
    with world.house.database.reading() as session:
        assert outbox.of_delivery(session, item_of(world, "mixed").delivery) == []
    page = client.get(f"/elements/{item_of(world, 'question').id}").text
    outside = re.findall(r'<option value="(@[^"]+)"', page)
    assert outside
    gone = _on(world, client, "question", "reorientation", porte=outside[0])
    assert gone.headers["location"].endswith("fait=reoriente-ecrit")
    assert item_of(world, "question").state is ItemState.DONE
    assert _on(world, client, "request", "reorientation", porte="@x@y.example").status_code == 409


def test_a_mail_is_cut_and_put_together_from_its_page(world: World) -> None:
    client = world.signed_in("agathe")
    item = item_of(world, "mixed")
    page = client.get(f"/elements/{item.id}").text
    assert "Partager en deux" in page
    answer = _on(world, client, "mixed", "partage", pieces=["2"])
    other = int(re.findall(r"/elements/(\d+)\?fait=partage", answer.headers["location"])[0])
    assert "Cette partie a été séparée de" in client.get(f"/elements/{other}").text
    assert "devis.pdf" not in client.get(f"/elements/{other}").text
    with world.house.database.reading() as session:
        (joined,) = joinings.of_item(session, other)
    assert _on(world, client, "mixed", f"defaire/{joined.id}").headers["location"].endswith("fait=defait")
    assert item_of(world, "mixed").positions is None
    assert _on(world, client, "mixed", f"defaire/{joined.id}").status_code == 409


def test_two_mails_are_joined_from_the_page(world: World) -> None:
    client = world.signed_in("agathe")
    other = item_of(world, "request")
    page = client.get(f"/elements/{item_of(world, 'mixed').id}").text
    assert f'<option value="{other.id}">' in page  # of the same sender
    answer = _on(world, client, "mixed", "reunion", autre=str(item_of(world, "question").id))
    assert answer.headers["location"].endswith("fait=reunion")
    assert item_of(world, "question").merged_into == item_of(world, "mixed").id
    shown = client.get(f"/elements/{item_of(world, 'question').id}").text
    assert "Traité désormais avec" in shown
    assert 'data-action="rouvrir"' not in shown
    marseille = item_of(world, "marseille")
    assert _on(world, client, "mixed", "reunion", autre=str(marseille.id)).status_code == 404


def test_a_note_calls_a_colleague_on_their_first_page(world: World) -> None:
    sylvie, agathe = world.signed_in("sylvie"), world.signed_in("agathe")
    item = item_of(world, "question")
    answer = _post(sylvie, f"/elements/{item.id}/notes", texte="@agathe peux-tu rappeler le service ?")
    assert answer.headers["location"] == f"/elements/{item.id}?fait=note#notes"
    assert "On vous nomme" in agathe.get("/files").text
    assert "peux-tu rappeler" not in agathe.get("/files").text
    assert "On vous nomme" not in sylvie.get("/files").text
    page = agathe.get(f"/elements/{item.id}").text
    assert "peux-tu rappeler le service" in page
    assert "Une note vous nomme" in page
    assert _post(agathe, f"/elements/{item.id}/notes/vues").status_code == 303
    assert "On vous nomme" not in agathe.get("/files").text
    assert _post(agathe, f"/elements/{item.id}/notes", texte="@marseille ?").status_code == 422


def test_a_note_of_the_medical_pole_is_for_it_alone(world: World) -> None:
    medard, sylvie = world.signed_in("medard"), world.signed_in("sylvie")
    item = item_of(world, "report")
    assert _post(medard, f"/elements/{item.id}/notes", texte="Suivi oncologique").status_code == 303
    assert "Suivi oncologique" in medard.get(f"/elements/{item.id}").text
    shown = sylvie.get(f"/elements/{item.id}").text
    assert "Suivi oncologique" not in shown
    assert "Cette note est du pôle médical" in shown
    assert _post(medard, f"/elements/{item.id}/notes", texte="@sylvie voir").status_code == 422
    with world.house.database.reading() as session:
        assert "oncologique" not in comments.of_items(session, [item.id or 0])[0].text


def test_a_lock_is_seen_and_taken_over_with_a_trace(world: World, clock: TurnableClock) -> None:
    medard = world.signed_in("medard")
    with world.house.database.transaction() as session:
        item = items.item(session, world.office.items["stranger"])
        assert item is not None
        assert cases.change_item(session, item.id or 0, item.version, queue="a-identifier")
    agathe = world.signed_in("agathe")
    assert _on(world, agathe, "stranger", "actions/prendre").status_code == 303
    page = medard.get(f"/elements/{item.id}").text
    assert "tient cet élément, réservé jusqu’au 23/11/2026 à\u00a014\u00a0h\u00a000" in page
    assert 'data-action="relever"' not in page
    assert _on(world, medard, "stranger", "actions/relever").status_code == 409
    clock.set(AT.replace(hour=14))
    medard = world.signed_in("medard")
    assert 'data-action="relever"' in medard.get(f"/elements/{item.id}").text
    assert _on(world, medard, "stranger", "actions/relever").status_code == 303
    assert item_of(world, "stranger").taken_by == "medard"
    with world.house.database.reading() as session:
        told = sheets.journal(session, None, 1)[0]
    assert (told.fields["verb"], told.fields["from"]) == ("take over", "agathe")
