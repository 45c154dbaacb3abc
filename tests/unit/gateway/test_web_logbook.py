"""The log filtered on its page and in its file; an event leads where its reader may go, nowhere else."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest

from gateway.evidence.event_words import NAMES
from gateway.evidence.record import Kind
from gateway.web.supervision.logbook import KINDS, about
from storage.people import Person
from tests.builders import seed
from tests.worlds.web import World


@pytest.fixture
def told(world: World) -> World:
    """Three events of a past day, each about something else."""
    world.clock.set(world.clock.now() - timedelta(days=40))
    form = f"delivery:{world.office.deliveries['form']}"
    with world.house.database.transaction() as session:
        world.house.recorder.add_all(
            session,
            [
                (Kind.CASE_OPENED, f"case:{seed.CASE}", {}),
                (Kind.ITEM_TAKEN, form, {"person": "lille"}),
                (Kind.HOLD, f"case:{seed.CASE}", {"by": "sylvie", "action": "place"}),
            ],
        )
    world.clock.set(world.clock.now() + timedelta(days=40))
    return world


def _events(page: str) -> list[str]:
    """What each line of the page says happened."""
    lines = re.findall(r"<tr><td class=\"number\">.*?</tr>", page, re.DOTALL)
    return [re.findall(r"<td>([^<]+)", line)[0].strip() for line in lines]


PERIOD = "du=2026-10-13&au=2026-10-15"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (PERIOD, ["Dossier gelé", "Pris en charge", "Dossier ouvert"]),
        ("quoi=item-taken&personne=lille", ["Pris en charge"]),
        ("personne=Louise+Vandamme&quoi=item-taken", ["Pris en charge"]),
        ("personne=sylvie&au=2026-10-15", ["Dossier gelé"]),
        (f"sujet={seed.CASE.lower()}&{PERIOD}", ["Dossier gelé", "Pris en charge", "Dossier ouvert"]),
        ("du=2026-10-14&au=2026-10-13", []),
        ("sujet=SPA-2026-99999", []),
        ("personne=nobody", []),
    ],
)
def test_the_page_and_the_file_hold_what_was_asked(told: World, query: str, words: list[str]) -> None:
    audrey = told.signed_in("audrey")
    page = audrey.get(f"/journal?{query}")
    assert page.status_code == 200
    found = _events(page.text)
    assert len(found) == len(words)
    raw = audrey.get(f"/journal/export.csv?{query}").content.decode("utf-8-sig")
    assert [line[2] for line in csv.reader(io.StringIO(raw), delimiter=";")][1:] == found
    assert ("Rien dans le journal ne répond à ces filtres" in page.text) is not bool(words)
    assert ("export.csv?" in page.text) is bool(words)


@pytest.mark.parametrize(
    "query", ["du=hier&au=x&quoi=rien&personne=&sujet=", "du=0001-01-01", "au=9999-12-31", "sujet=%00%0a"]
)
def test_what_an_address_says_wrong_is_no_filter(told: World, query: str) -> None:
    audrey = told.signed_in("audrey")
    assert _events(audrey.get(f"/journal?{query}").text) == _events(audrey.get("/journal").text)


def test_an_item_and_a_hash_name_their_mail(told: World) -> None:
    audrey, office = told.signed_in("audrey"), told.office
    sha = office.deliveries["form"]
    for said in (sha, sha[:12], f"n° {office.items['form']}"):
        page = audrey.get("/journal", params={"sujet": said, "quoi": "item-taken"}).text
        assert _events(page) == ["Pris en charge"], said
        assert sha in page


def test_the_auditor_reads_and_does_not_open(told: World) -> None:
    shown = told.signed_in("audrey").get(f"/journal?{PERIOD}").text
    assert seed.CASE in shown
    assert f'href="/dossiers/{seed.CASE}"' not in shown
    assert 'href="/elements/' not in shown


def test_an_event_leads_to_what_its_reader_may_open(told: World) -> None:
    """Somebody who audits and works for one caisse: the links of that caisse alone."""
    with told.house.database.transaction() as session:
        for login, caisse in (("lille", "595"), ("marseille", "131")):
            person = session.get_one(Person, login)
            person.roles = [f"cpam:{caisse}", "auditor"]
            session.add(person)
    here = told.signed_in("lille").get(f"/journal?{PERIOD}").text
    there = told.signed_in("marseille").get(f"/journal?{PERIOD}").text
    for link in (f'href="/dossiers/{seed.CASE}"', f'href="/elements/{told.office.items["form"]}"'):
        assert link in here
        assert link not in there


def test_every_kind_may_be_asked_for_by_its_french_name() -> None:
    assert set(KINDS) == {str(kind) for kind in Kind} == {str(kind) for kind in NAMES}
    assert len(set(KINDS.values())) == len(KINDS)
    assert about("case:SPA-2026-00001") == ("dossier", "SPA-2026-00001")
    assert about("inconnu:1") == ("", "inconnu:1")
    assert about("") == ("", "effacé")
