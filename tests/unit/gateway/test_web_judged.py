"""What a judgement changes on the pages: the life-line, rights, what lacks, the letter offered."""

from __future__ import annotations

import pytest
from httpx import Client

from gateway.evidence.record import Kind
from storage import cases, items, registrations, sheets
from storage.cases import PeriodStatus
from storage.documents import IssueRow
from storage.registrations import Registration
from tests.builders import seed
from tests.builders.office import AT
from tests.worlds import web
from tests.worlds.served import item_of
from tests.worlds.web import World

LACKS = "Le cadre 4 (déclaration du bénéficiaire) n’est pas signé."
ONE = "Ce qui manque"


def _path(world: World) -> str:
    return f"/elements/{world.office.items['form']}/documents/{world.office.documents['form']}"


def _judge(world: World, client: Client, verb: str) -> None:
    form = {"csrf": web.csrf(client, "/files"), "verbe": verb, "motif": "La page est coupée."}
    assert client.post(f"{_path(world)}/lecture", data=form).status_code == 303


def _write(world: World, client: Client, name: str, value: str) -> None:
    version = str(item_of(world, "form").version)
    form = {"csrf": web.csrf(client, "/files"), "valeur": value, "version": version}
    assert client.post(f"{_path(world)}/champs/{name}", data=form).status_code == 303


def _marked(world: World, client: Client) -> tuple[bool, bool]:
    """Whether the item bears the mark, and the list of what is to complete shows it."""
    number = world.office.items["form"]
    with world.house.database.reading() as session:
        found = items.item(session, number)
    assert found is not None
    listed = f'href="/elements/{number}"' in client.get("/files/cpam-595?complet=non").text
    return found.lacking, listed


def _life(client: Client) -> str:
    return (
        client.get(f"/dossiers/{seed.CASE}")
        .text.partition("Ligne de vie")[2]
        .partition("Documents</h2>")[0]
    )


def test_a_rejected_form_is_struck_on_the_case_and_founds_no_right(world: World) -> None:
    client = world.signed_in("lille")
    asked = f"/dossiers/{seed.CASE}/immatriculation"
    assert 'value="2026-11-20"' in client.get(asked).text
    _judge(world, client, "rejeter")
    page = _life(client)
    assert '<rect class="struck"' in page
    assert '<line class="strike"' in page
    assert "Attestation (301) écartée (était accordée)" in page
    assert "Aucune période accordée n’est connue." in page
    assert 'value="2026-11-20"' not in client.get(asked).text
    assert "Période écartée" in client.get(f"/dossiers/{seed.CASE}").text
    _judge(world, client, "retirer")
    page = _life(client)
    assert "écartée" not in page
    assert "Couvert" in page or "la couverture a pris fin" in page
    assert 'value="2026-11-20"' in client.get(asked).text
    with world.house.database.reading() as session:
        told = [event.kind for event in sheets.journal(session, None, 4)]
    assert told == [Kind.PERIOD_RESTORED, Kind.REVIEW, Kind.PERIOD_STRUCK, Kind.REVIEW]


def test_rights_opened_on_a_form_rejected_since_are_told(world: World) -> None:
    client = world.signed_in("lille")
    with world.house.database.transaction() as session:
        (period, *_) = cases.periods(session, 1)
        assert period.status is PeriodStatus.GRANTED
        assert period.starts is not None
        assert period.ends is not None
        entry = Registration(
            case_id=1, number=1, nir="5700899999999", starts=period.starts, ends=period.ends,
            period_id=period.id, by="lille", at=AT,
        )  # fmt: skip
        assert registrations.add(session, entry)
    words = "se fondent sur une période écartée"
    assert words not in client.get(f"/dossiers/{seed.CASE}").text
    _judge(world, client, "rejeter")
    assert words in client.get(f"/dossiers/{seed.CASE}").text


def test_a_rejected_document_is_to_be_sent_anew_and_its_letter_comes_first(world: World) -> None:
    client = world.signed_in("lille")
    item, number = world.office.items["form"], world.office.documents["form"]
    _judge(world, client, "rejeter")
    assert _marked(world, client) == (True, True)
    page = client.get(f"/elements/{item}").text
    letter = f"/elements/{item}/lettre?modele=document-inexploitable&amp;document={number}"
    assert f'<a class="button main" href="{letter}">Demander un nouveau document</a>' in page
    assert "sans objet, document rejeté" in page
    blank = client.get(f"/elements/{item}/lettre").text
    assert "Merci d&#39;adresser un nouveau document" in blank
    assert "La page est coupée." in blank
    assert f'name="document" value="{number}"' in blank
    missing = client.get(f"/elements/{item}/lettre?modele=demande-complement").text
    assert "cadre 4" not in missing, "nobody completes a box of a form to be sent anew"
    _judge(world, client, "retirer")
    assert "Demander un nouveau document" not in client.get(f"/elements/{item}").text


def test_what_a_person_writes_lacks_no_more_on_the_page_nor_in_the_letter(world: World) -> None:
    client = world.signed_in("lille")
    item = world.office.items["form"]
    _write(world, client, "patient_name", "HADDAD")
    assert _marked(world, client) == (True, True)
    assert "cadre 4" in client.get(f"/elements/{item}/lettre?modele=demande-complement").text
    assert "Demander ce qui manque" in client.get(f"/elements/{item}").text
    _write(world, client, "patient_signature", "présente")
    assert _marked(world, client) == (False, False)
    page = client.get(f"/elements/{item}").text
    assert "Demander ce qui manque" not in page
    assert LACKS in page, "what was read stays"
    assert "réglé depuis" in page
    assert "cadre 4" not in client.get(f"/elements/{item}/lettre?modele=demande-complement").text


def test_a_confirmed_reading_answers_for_a_value_that_looked_wrong(world: World) -> None:
    client = world.signed_in("lille")
    with world.house.database.transaction() as session:
        wrong = IssueRow(
            document_id=world.office.documents["form"],
            code="finess-check",
            field="establishment_finess",
            severity="error",
            message="Le FINESS ne respecte pas sa clé.",
        )
        session.add(wrong)
    for name, value in (
        ("patient_signature", "présente"),
        ("patient_name", "HADDAD"),
        ("start_date", "05/10/2026"),
    ):
        _write(world, client, name, value)
    assert _marked(world, client) == (True, True)
    _judge(world, client, "confirmer")
    assert _marked(world, client) == (False, False)
    _judge(world, client, "retirer")
    assert _marked(world, client) == (True, True)


@pytest.mark.parametrize("written", ["absent", "illegible"])
def test_a_signature_written_as_not_there_still_lacks(world: World, written: str) -> None:
    client = world.signed_in("lille")
    _write(world, client, "patient_signature", written)
    assert _marked(world, client) == (True, True)


def test_nobody_else_s_work_is_refused_because_a_mark_followed(world: World) -> None:
    client = world.signed_in("lille")
    number = world.office.items["form"]
    with world.house.database.reading() as session:
        before = items.item(session, number)
    _judge(world, client, "rejeter")
    with world.house.database.reading() as session:
        after = items.item(session, number)
    assert before is not None
    assert after is not None
    assert (after.version, after.queue, after.state) == (before.version, before.queue, before.state)
