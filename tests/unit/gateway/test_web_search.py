"""The search box: what people quote is found, what they may not see is not, and no document is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.clock import TurnableClock
from storage import findable, tallies
from storage.db import Database
from storage.documents import Document
from tests.builders import seed
from tests.worlds import web
from tests.worlds.served import running
from tests.worlds.web import World


@pytest.fixture
def world(database: Database, tmp_path: Path, clock: TurnableClock) -> Iterator[World]:
    yield from running(web.build(database, tmp_path, clock))


QUOTED = [
    "SPA-2026-00042",
    "spa-2026-00042",
    "00042",
    "dz-2026-204520",
    "861234567890",
    "8612",
    "590796975",
    "haddad",
    "Hàddad",
    "hadad",
    "HADAD Fatima",
    "zohra haddad",
    "universitaire de lille",
]


def test_a_case_is_found_by_what_people_quote(world: World) -> None:
    client = world.signed_in("lille")
    for words in QUOTED:
        shown = client.get("/recherche", params={"q": words})
        assert shown.status_code == 200
        assert f"/dossiers/{seed.CASE}" in shown.text, words


def test_the_same_words_find_nothing_elsewhere(world: World) -> None:
    client = world.signed_in("marseille")
    for words in QUOTED:
        shown = client.get("/recherche", params={"q": words}).text
        assert seed.CASE not in shown.replace(words, "").replace(words.upper(), ""), words


def test_items_by_subject_and_sender(world: World) -> None:
    client = world.signed_in("agathe")
    item = f"/elements/{world.office.items['question']}"
    for words in ("DEUX établissements", "intercommunal.example"):
        assert item in client.get("/recherche", params={"q": words}).text
    assert item not in world.signed_in("lille").get("/recherche", params={"q": "établissements"}).text


def test_no_word_of_a_document_is_found_even_by_the_medical_pole(world: World) -> None:
    shown = world.signed_in("medard").get("/recherche", params={"q": seed.SECRET}).text
    assert "Rien trouvé" in shown


@pytest.mark.parametrize(
    "words", ["", "x", "%", "__", "'; DROP TABLE items; --", "a" * 5000, "\x00\x00\x00", "💶€"]
)
def test_odd_questions_find_nothing_and_break_nothing(world: World, words: str) -> None:
    shown = world.signed_in("agathe").get("/recherche", params={"q": words})
    assert shown.status_code == 200
    assert "/elements/" not in shown.text


def test_a_name_misspelt_is_found_and_said_to_be_near(world: World) -> None:
    client = world.signed_in("lille")
    for words in ("Hadadd", "hdadad", "Haddat", "Fatma Zohra"):
        shown = client.get("/recherche", params={"q": words}).text
        assert seed.CASE in shown, words
        assert "Rien ne correspond exactement" in shown, words
    assert "Rien ne correspond exactement" not in client.get("/recherche?q=haddad").text


def test_the_text_of_administrative_documents_alone_is_found(world: World) -> None:
    """The same word in a medical document, in its mail's subject and in an administrative one."""
    office = world.office
    with world.house.database.transaction() as session:
        tallies.hold(session)
        for key, document in office.documents.items():
            confidentiality = session.get_one(Document, document).confidentiality
            words = (
                f"{seed.SECRET} cadeau" if key in {"report", "note", "page2"} else "cadeau télétransmission"
            )
            findable.keep_text(session, document, confidentiality, words)
        findable.everything(session)
    for login in ("agathe", "medard", "sylvie", "lille"):
        shown = world.signed_in(login).get("/recherche", params={"q": seed.SECRET}).text
        assert "Rien trouvé" in shown, login
    shown = world.signed_in("agathe").get("/recherche", params={"q": "teletransmission"}).text
    assert f"/elements/{office.items['question']}" in shown
    assert f"/elements/{office.items['report']}" not in shown
    assert "Rien trouvé" in world.signed_in("marseille").get("/recherche?q=teletransmission").text
    assert (
        f"/elements/{office.items['report']}"
        not in world.signed_in("medard").get("/recherche?q=cadeau").text
    )
