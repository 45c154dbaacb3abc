"""A form carried the whole way is found by what was written in it, and by no word that its blank prints."""

from __future__ import annotations

from sqlmodel import select

from storage import search
from storage.cases import Case, Item
from storage.findable import FoundWord, Where
from tests.builders import mails_forms
from tests.worlds.house import Home


def test_a_form_is_found_by_its_values_and_not_by_its_print(sqlite_home: Home) -> None:
    home = sqlite_home
    form = home.carry(mails_forms.acroform(home.desk))
    places = [(item.circuit, item.queue) for item in home.rows(Item)]
    (case,) = home.rows(Case)
    with home.house.database.reading() as session:

        def found(word: str) -> search.Answer:
            return search.find(session, search.understand(word), places)

        words = set(session.exec(select(FoundWord.word)))
        named = found(case.patient_name or "")
        assert {item.delivery for item in named.items} == {form.sha256}
        assert all(hit.where & Where.FIELD for hit in named.hits.values())
        for printed in ("hospitalisation", "domicile", "immatriculation", "volet", "franco", "HAD"):
            assert printed.upper() not in words, printed
            assert not [hit for hit in found(printed).hits.values() if not hit.alike], printed
