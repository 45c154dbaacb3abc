"""What each person sees of a document: nothing of a sealed one leaks, not even its name."""

from __future__ import annotations

from gateway.web.access import Viewer
from gateway.web.items import papers
from storage.documents import Document, FactRow
from storage.sheets import Paper
from tests.builders import seed
from tests.builders.office import AT, CIRCUIT
from tests.worlds.web import World

ADMIN = Viewer("a", "A", ("cnse-admin",))


def test_no_word_of_a_medical_document_reaches_anybody_else(world: World) -> None:
    addresses = [f"/elements/{i}" for i in world.office.items.values()]
    addresses += [f"/dossiers/{seed.CASE}", "/files", "/mis-de-cote", "/journal", "/personnes"]
    addresses += [f"/files/{q}" for q in ("cnse-administratif", "cnse-medical", "cpam-595", "quarantaine")]
    pages = 0
    for login in seed.PEOPLE:
        if login == "medard":
            continue
        client = world.signed_in(login)
        for address in addresses:
            text = client.get(address).text
            assert seed.SECRET not in text, (login, address)
            pages += 1
    assert pages == (len(seed.PEOPLE) - 1) * len(addresses)


def test_the_medical_pole_reads_it_and_the_others_read_why_not(world: World) -> None:
    address = f"/elements/{world.office.items['report']}"
    assert seed.SECRET in world.signed_in("medard").get(address).text
    sealed = world.signed_in("sylvie").get(address)
    assert sealed.status_code == 200
    assert papers.SEALED.split(":", maxsplit=1)[0] in sealed.text
    assert "1\u00a0page" in sealed.text


def _paper(*facts: tuple[str, str, str | None, str, float]) -> Paper:
    document = Document(
        id=1,
        delivery="d",
        position=0,
        path="1",
        name="x.pdf",
        media_type="application/pdf",
        sha256="s",
        size=1,
        pages=2,
        first_page=3,
        kind="se352-301",
        confidentiality="administrative",
    )
    rows = [
        FactRow(
            id=n,
            document_id=1,
            name=name,
            value=value,
            normalised=normalised,
            page=3,
            box=[1, 2, 3, 4],
            source=source,
            confidence=confidence,
            at=AT,
        )
        for n, (name, value, normalised, source, confidence) in enumerate(facts)
    ]
    return Paper(document, tuple(rows))


def test_two_sources_that_disagree_are_both_shown_and_marked() -> None:
    circuit = seed.circuits().by_name[CIRCUIT]
    paper = _paper(
        ("patient_name", "HADDAD", "HADDAD", "acroform", 1.0),
        ("patient_name", "Hadad", "HADAD", "ocr", 0.6),
        ("amount", "12 000,00", "12000.00", "text", 1.0),
    )
    fields = papers.show(paper, ADMIN, circuit).fields
    assert [(f.value, f.conflict, f.uncertain) for f in fields] == [
        ("HADDAD", True, False),
        ("Hadad", True, True),
        ("12 000,00", False, False),
    ]
    assert fields[0].label == "Nom du patient"


def test_a_correction_by_a_person_settles_the_conflict() -> None:
    paper = _paper(
        ("patient_name", "HADAD", "HADAD", "ocr", 0.6), ("patient_name", "HADDAD", "HADDAD", "person", 1.0)
    )
    fields = papers.show(paper, ADMIN, None).fields
    assert [f.conflict for f in fields] == [False, False]


def test_the_typed_form_is_shown_when_it_says_more() -> None:
    paper = _paper(
        ("start_date", "O5/10/2026", "2026-10-05", "ocr", 0.6), ("reference", "DZ 1", "DZ 1", "text", 1.0)
    )
    shown = {f.name: f.normalised for f in papers.show(paper, ADMIN, None).fields}
    assert shown == {"start_date": "05/10/2026", "reference": None}


def test_pages_count_in_the_whole_file() -> None:
    shown = papers.show(_paper(("reference", "DZ", None, "text", 1.0)), ADMIN, None)
    assert [(s.number, len(s.marks)) for s in shown.sheets] == [(3, 1), (4, 0)]


def test_an_unknown_class_is_sealed() -> None:
    paper = _paper(("reference", "DZ", None, "text", 1.0))
    paper.document.confidentiality = "autre"
    shown = papers.show(paper, ADMIN, None)
    assert (shown.open, shown.fields, shown.name) == (False, (), papers.UNNAMED)
