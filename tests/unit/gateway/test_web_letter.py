"""A letter by hand: nothing leaves that was not shown, nobody is named in clear, both texts are kept."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from httpx import Client, Response

from gateway.circuits.load import Circuits
from gateway.evidence.dossier_gather import gather
from gateway.evidence.record import Kind
from storage import cases, handwritten, sheets
from storage.cases import Item, ItemState
from storage.outbox import OutboxEntry
from storage.secretbox import unseal
from tests.builders import rows, seed
from tests.builders.office import HOSPITAL
from tests.worlds import web
from tests.worlds.certified import certify
from tests.worlds.programs import program
from tests.worlds.web import World

_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


def _path(world: World, item: str = "form") -> str:
    return f"/elements/{world.office.items[item]}/lettre"


def _form(page: str) -> dict[str, str]:
    """The fields of the letter's form as the page holds them."""
    body = page[page.rindex('<form method="post" action="/elements/') :]
    fields = {name: unescape(value) for name, value in _HIDDEN.findall(body)}
    typed = re.search(r'name="objet" value="([^"]*)"', body)
    text = re.search(r"<textarea name=\"texte\"[^>]*>\n(.*?)</textarea>", body, re.DOTALL)
    fields |= {"objet": unescape(typed[1])} if typed else {}
    return fields | ({"texte": unescape(text[1])} if text else {})


def _post(client: Client, path: str, fields: dict[str, str], step: str) -> Response:
    return client.post(path, data=fields | {"etape": step})


def _new_letters(world: World) -> list[OutboxEntry]:
    with world.house.database.reading() as session:
        return [entry for entry in rows.letters(session) if entry.letter != "accuse"]


def test_what_is_missing_is_asked_shown_then_sent_as_it_was_shown(world: World) -> None:
    client = world.signed_in("lille")
    path = _path(world)
    fields = _form(client.get(path).text)
    assert "cadre 4" in fields["texte"]
    assert seed.CASE in fields["texte"]
    fields["texte"] += "\nUne ligne à nous.\n"
    preview = _post(client, path, fields, "apercu")
    assert preview.status_code == 200
    assert "Une ligne à nous." in preview.text
    assert "cadre-1.png" in preview.text
    assert _new_letters(world) == []
    sent = _post(client, path, _form(preview.text), "envoyer")
    assert sent.headers["location"].endswith("?fait=lettre#lettres")
    (entry,) = _new_letters(world)
    assert (entry.letter, entry.recipient, entry.protection) == ("demande-complement", HOSPITAL, "clear")
    raw = world.house.vault.get(entry.raw_sha256)
    assert "Une ligne à nous." in rows.readable(raw)
    assert b"Auto-Submitted" not in raw
    assert b"In-Reply-To: <form@chu-lille.example>" in raw
    with world.house.database.reading() as session:
        kept = handwritten.of_letters(session, [entry.id or 0])[entry.id or 0]
        event = sheets.journal(session, None, 1)[0]
    assert (event.kind, event.fields["by"], event.fields["count"]) == (
        Kind.LETTER_QUEUED,
        "lille",
        kept.changed,
    )
    context, ring = f"letter:{entry.message_id}", world.house.vault.ring
    assert "Une ligne à nous." not in unseal(ring, kept.proposed, context)
    assert "Une ligne à nous." in unseal(ring, kept.written, context)


def test_the_same_form_sent_twice_is_one_letter(world: World) -> None:
    client = world.signed_in("lille")
    path = _path(world)
    preview = _post(client, path, _form(client.get(path).text), "apercu")
    fields = _form(preview.text)
    assert [_post(client, path, fields, "envoyer").status_code for _ in range(2)] == [303, 303]
    assert len(_new_letters(world)) == 1


def test_a_text_changed_after_its_preview_is_shown_again(world: World) -> None:
    client = world.signed_in("lille")
    path = _path(world)
    fields = _form(_post(client, path, _form(client.get(path).text), "apercu").text)
    fields["texte"] += "ajout après l’aperçu"
    answer = _post(client, path, fields, "envoyer")
    assert answer.status_code == 409
    assert "a changé depuis l’aperçu" in answer.text
    assert _new_letters(world) == []


def test_a_certificate_that_came_meanwhile_changes_what_would_leave(world: World) -> None:
    client = world.signed_in("lille")
    path = _path(world)
    fields = _form(_post(client, path, _form(client.get(path).text), "apercu").text)
    certify(world.house.database, HOSPITAL, world.clock.now())
    assert _post(client, path, fields, "envoyer").status_code == 409
    assert _new_letters(world) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Madame Haddad attend.", "le nom du bénéficiaire"),
        ("Née le 09/04/1971.", "sa date de naissance"),
        ("N° 8612 3456 7890.", "son numéro CNAS"),
        ("[Votre réponse]", "est resté"),
    ],
)
def test_nobody_is_named_in_clear(world: World, words: str, said: str) -> None:
    client = world.signed_in("lille")
    path = _path(world)
    fields = _form(client.get(path).text) | {"texte": f"Bonjour,\n\n{words}\n"}
    for step in ("apercu", "envoyer", "octets"):
        answer = _post(client, path, fields, step)
        assert answer.status_code == 422
        assert said in answer.text
    assert _new_letters(world) == []


def test_the_subject_names_nobody_even_encrypted(world: World) -> None:
    certify(world.house.database, HOSPITAL, world.clock.now())
    client = world.signed_in("lille")
    path = _path(world)
    fields = _form(client.get(path).text)
    assert "HADDAD Fatima Zohra" in fields["texte"], "an encrypted letter may name the person"
    answer = _post(client, path, fields | {"objet": "Dossier de Mme HADDAD"}, "apercu")
    assert answer.status_code == 422
    assert "tout serveur le lit" in answer.text


def test_an_empty_letter_comes_back_with_what_was_typed(world: World) -> None:
    client = world.signed_in("lille")
    path = _path(world)
    answer = _post(
        client, path, _form(client.get(path).text) | {"objet": "Un objet", "texte": " "}, "apercu"
    )
    assert answer.status_code == 422
    assert "Un objet" in answer.text


def test_the_bytes_shown_are_those_of_the_letter(world: World) -> None:
    client = world.signed_in("lille")
    path = _path(world)
    fields = _form(_post(client, path, _form(client.get(path).text), "apercu").text)
    raw = _post(client, path, fields, "octets")
    assert raw.headers["content-type"] == "application/octet-stream"
    assert rows.readable(raw.content).startswith(fields["objet"])


def test_without_anything_missing_a_letter_starts_from_the_answer(world: World) -> None:
    page = world.signed_in("agathe").get(_path(world, "question")).text
    assert '<option value="reponse-etablissement" selected>' in page
    assert "Merci de nous adresser" not in page


def test_the_circuit_says_which_letter_is_the_answer(world: World) -> None:
    circuits = world.house.circuits
    (name, circuit), *_ = circuits.by_name.items()
    assert circuit.desk is not None
    other = replace(circuit, desk=replace(circuit.desk, answer="courrier-a-retirer"))
    rooms = replace(world.house, circuits=Circuits({**circuits.by_name, name: other}, circuits.directory))
    world.app.state.house = rooms
    page = world.signed_in("agathe").get(_path(world, "question")).text
    assert '<option value="courrier-a-retirer" selected>' in page


def test_identification_leaves_only_encrypted_and_only_once_registered(world: World) -> None:
    client = world.signed_in("lille")
    path = f"{_path(world)}?modele=identification-provisoire"
    assert client.get(path).status_code == 404
    _register(world, client)
    page = client.get(path).text
    assert "courrier à retirer" in page
    refused = _post(client, _path(world), _form(page), "apercu")
    assert refused.status_code == 422
    assert "ne peut pas partir en clair" in refused.text
    assert "6 1595" not in page, "the number is given to encrypted letters alone"
    certify(world.house.database, HOSPITAL, world.clock.now())
    fields = _form(client.get(path).text)
    assert "6 1595 00000001 96" in fields["texte"]
    assert "Taux de remboursement : 100 %" in fields["texte"]
    assert "(à confirmer)" not in fields["texte"], "a hospital bills on it: our doubts do not leave"
    assert "Formulaire de droit" not in fields["texte"], "nor what nobody confirmed"
    assert "données de facturation ne sont pas confirmées" in client.get(path).text
    fields = _form(_post(client, _path(world), fields, "apercu").text)
    assert _post(client, _path(world), fields, "envoyer").status_code == 303
    (entry,) = _new_letters(world)
    assert entry.protection == "encrypted"
    assert b"6 1595" not in world.house.vault.get(entry.raw_sha256)


def _register(world: World, client: Client) -> None:
    form = {
        "csrf": web.csrf(client, "/files"), "vus": "0", "nir": "6159500000001", "periode": "1",
        "debut": "2026-10-05", "fin": "2026-11-20",
    }  # fmt: skip
    assert client.post(f"/dossiers/{seed.CASE}/immatriculation", data=form).status_code == 303


def test_the_letter_and_what_was_changed_are_read_afterwards(world: World) -> None:
    client = world.signed_in("lille")
    path = _path(world)
    fields = _form(client.get(path).text)
    fields["texte"] = fields["texte"].replace("Madame, Monsieur,", "Bonjour,")
    fields = _form(_post(client, path, fields, "apercu").text)
    _post(client, path, fields, "envoyer")
    (entry,) = _new_letters(world)
    where = f"/elements/{world.office.items['form']}/lettres/{entry.id}"
    page = client.get(where).text
    assert "<ins>Bonjour,</ins>" in page
    assert "<del>Madame, Monsieur,</del>" in page
    raw = client.get(f"{where}?octets=oui")
    assert raw.content == world.house.vault.get(entry.raw_sha256)
    assert client.get(f"/elements/{world.office.items['form']}/lettres/999").status_code == 404


def test_nobody_writes_about_what_they_do_not_read_or_somebody_else_holds(world: World) -> None:
    assert world.signed_in("marseille").get(_path(world)).status_code == 404
    assert world.signed_in("audrey").get(_path(world)).status_code == 403
    with world.house.database.transaction() as session:
        item = session.get_one(Item, world.office.items["form"])
        item.taken_by, item.state = "collegue", ItemState.TAKEN
        item.lease_until = world.clock.now() + timedelta(minutes=30)
        session.add(item)
    client = world.signed_in("lille")
    assert client.get(_path(world)).status_code == 409
    page = client.get(f"/elements/{world.office.items['form']}").text
    assert "Écrire une lettre" not in page
    assert "Rejeter ce document" not in page
    assert world.signed_in("sylvie").get(_path(world)).status_code == 200
    world.clock.set(world.clock.now() + timedelta(minutes=31))
    assert world.signed_in("lille").get(_path(world)).status_code == 200, "the lock is over"


def _given(world: World, key: str, login: str) -> None:
    """Somebody takes the item meanwhile."""
    client, item = world.signed_in(login), world.office.items[key]
    with world.house.database.reading() as session:
        version = session.get_one(Item, item).version
    form = {"csrf": web.csrf(client, "/files"), "version": str(version)}
    assert client.post(f"/elements/{item}/actions/prendre", data=form).status_code == 303


@pytest.mark.parametrize("step", ["apercu", "modifier", "envoyer", "octets"])
def test_a_letter_is_not_lost_when_somebody_else_takes_the_item(world: World, step: str) -> None:
    client, path = world.signed_in("lille"), _path(world)
    fields = _form(client.get(path).text) | {"texte": "Une ligne à nous.\n"}
    vu = _form(_post(client, path, fields, "apercu").text)["vu"]
    _given(world, "form", "sylvie")
    answer = _post(client, path, fields | {"vu": vu}, step)
    assert answer.status_code == 409
    assert "Sylvie Nédélec tient cet élément" in answer.text
    assert "Ouvrez l’élément dans un autre onglet" in answer.text
    assert _form(answer.text)["texte"] == "Une ligne à nous.\n"
    assert _new_letters(world) == []


def test_a_letter_to_nobody_is_kept_as_a_text(world: World) -> None:
    client, path = world.signed_in("lille"), _path(world)
    fields = _form(client.get(path).text) | {"texte": "Une ligne à nous.\n"}
    with world.house.database.transaction() as session:
        item = session.get_one(Item, world.office.items["form"])
        item.queue = "cpam-131"
        session.add(item)
    headers = {"referer": f"{world.address}{path}"}
    answer = client.post(path, data=fields | {"etape": "apercu"}, headers=headers)
    assert answer.status_code == 404
    kept = re.search(r'href="([^"]*reprise=[0-9a-f]{32})"', answer.text)
    assert kept is not None
    name = kept[1].rpartition("=")[2]
    assert "Une ligne à nous." in client.get(f"/reprises/{name}").text
    assert world.signed_in("sylvie").get(f"/reprises/{name}").status_code == 404


def _handwritten(world: World, login: str, key: str) -> tuple[int, Response]:
    """A letter about an item, sent; its number and the page of its writing."""
    client, path = world.signed_in(login), _path(world, key)
    page = client.get(path)
    fields = _form(page.text) | {"objet": "Suivi d’oncologie", "texte": "Bonjour,\n\nLe suivi continue.\n"}
    sent = _post(client, path, _form(_post(client, path, fields, "apercu").text), "envoyer")
    assert sent.status_code == 303, sent.text
    (entry,) = _new_letters(world)
    return entry.id or 0, page


def _accesses(world: World) -> list[tuple[object, object]]:
    with world.house.database.reading() as session:
        found = [e for e in sheets.journal(session, None, 50) if e.fields.get("piece") == "letter"]
    return [(e.fields["person"], e.fields["outcome"]) for e in reversed(found)]


def test_what_the_medical_pole_writes_is_read_by_it_alone_and_in_the_log(world: World) -> None:
    letter, page = _handwritten(world, "medard", "report")
    assert "Lettre du pôle médical" in page.text
    assert "n’y écrivez rien de médical" in page.text
    for login, key in (("lille", "form"), ("sylvie", "form"), ("agathe", "request")):
        client, item = world.signed_in(login), world.office.items[key]
        for more in ("", "/page", "?octets=oui"):
            assert client.get(f"/elements/{item}/lettres/{letter}{more}").status_code == 403, (login, more)
        for shown in (f"/elements/{item}", f"/dossiers/{seed.CASE}"):
            assert "oncologie" not in client.get(shown).text
        assert "Lettre couverte par le secret médical" in client.get(f"/dossiers/{seed.CASE}").text
        api = program(world, login)
        for shown in (f"/items/{item}", f"/items/{item}/letters", f"/cases/{seed.CASE}"):
            assert "oncologie" not in api.get(f"/api/v1{shown}").text
    assert {outcome for _, outcome in _accesses(world)} == {"refused"}
    refused = len(_accesses(world))
    assert refused == 9
    medard, own = world.signed_in("medard"), f"/elements/{world.office.items['report']}/lettres/{letter}"
    assert "Le suivi continue." in medard.get(own).text
    assert "Le suivi continue." in medard.get(f"{own}/page").text
    assert _accesses(world)[refused:] == [("medard", "opened")]
    assert medard.get(f"{own}?octets=oui").status_code == 200
    assert _accesses(world)[refused:] == [("medard", "opened")] * 2
    assert "oncologie" in medard.get(f"/dossiers/{seed.CASE}").text


def test_a_letter_about_a_form_is_read_by_whoever_reads_the_case(world: World) -> None:
    letter, page = _handwritten(world, "lille", "form")
    assert "Lettre du pôle médical" not in page.text
    path = f"/elements/{world.office.items['request']}/lettres/{letter}"
    assert world.signed_in("agathe").get(path).status_code == 200
    assert _accesses(world) == []


def test_an_evidence_file_without_the_medical_withholds_what_its_pole_wrote(world: World) -> None:
    letter, _ = _handwritten(world, "medard", "report")
    world.house.recorder.checkpoint(world.house.database)
    with world.house.database.reading() as session:
        case = cases.get(session, seed.CASE)
        assert case is not None
        sha256 = session.get_one(OutboxEntry, letter).raw_sha256
        found = {medical: gather(session, case, medical=medical) for medical in (False, True)}
    for medical, given in found.items():
        assert given is not None
        withheld = {sha for sha, why in given.letters.items() if why is not None}
        assert withheld == (set() if medical else {sha256})
        assert len(given.letters) > 1
