"""Finding by an index of words on both databases: who misspells finds, who may not read finds nothing."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from sqlmodel import col, select

from storage import cases, erasures, findable, search, tallies
from storage.cases import Case, Item
from storage.db import Database, Session
from storage.deliveries import Delivery, DeliveryState
from storage.documents import Document
from storage.findable import DocumentWords, FoundGram, FoundItem, FoundWord, Where
from storage.likeness import Closeness, likely
from tests.builders import rows

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HERE = [("essai", "cpam-595")]
PEOPLE = (
    ("BENALI", "Mohammed", "Hôpital universitaire du Beffroi"),
    ("HADDAD", "Fatima Zohra", "Centre hospitalier des Dunes"),
    ("MANSOURI", "Abd El Kader", "CHU de la Garonne"),
    ("OUALI", "Youcef", "Hôpital des Calanques"),
)


def _sha(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _mail(session: Session, name: str, subject: str = "Envoi") -> str:
    session.add(
        Delivery(
            sha256=_sha(name),
            size=1,
            state=DeliveryState.SCHEDULED,
            received_at=AT,
            mailbox="m@x.example",
            envelope_from="e@x.example",
            circuit="essai",
            subject=subject,
        )
    )
    session.flush()
    return _sha(name)


def _case(session: Session, number: int, name: str, first: str, hospital: str) -> Case:
    sha = _mail(session, f"case {number}")
    return cases.open_case(
        session,
        Case(
            reference=f"ESS-2026-{number:05d}",
            circuit="essai",
            opened_at=AT,
            opened_by_delivery=sha,
            form_reference=f"DZ2026{number:06d}",
            cnas_number=f"86123456{number:04d}",
            patient_name=name,
            patient_first_names=first,
            establishment_finess="599000015",
            establishment_name=hospital,
            caisse="595",
        ),
    )


def _kept(session: Session) -> set[str]:
    return set(session.exec(select(FoundWord.word)))


def _item(session: Session, name: str, case: Case | None, queue: str = "cpam-595") -> Item:
    sha = case.opened_by_delivery if case else _mail(session, name)
    item, _ = cases.add_item(
        session,
        Item(
            delivery=sha,
            circuit="essai",
            queue=queue,
            case_id=case.id if case else None,
            kind="quote",
            title=name,
            sender="Admissions@Hopital-Dunes.example",
            created_at=AT,
        ),
    )
    return item


@pytest.fixture
def furnished(database: Database) -> Database:
    with database.transaction() as session:
        for number, person in enumerate(PEOPLE, 1):
            _item(session, "Attestation", _case(session, number, *person))
        _item(session, "Devis d’orthopédie", None, "cpam-131")
    return database


def _found(database: Database, words: str, places: list[tuple[str, str]] = HERE) -> list[str]:
    with database.reading() as session:
        return [c.patient_name or "" for c in search.find(session, search.understand(words), places).cases]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Benali", "BENALI"),
        ("ben ali", "BENALI"),
        ("Bénali Mohamed", "BENALI"),
        ("muhammad", "BENALI"),
        ("Mohamed Ben-Ali", "BENALI"),
        ("bneali", "BENALI"),
        ("benalli", "BENALI"),
        ("benal", "BENALI"),
        ("fatma zohra", "HADDAD"),
        ("Hadad", "HADDAD"),
        ("hadadd zohra", "HADDAD"),
        ("mansuori", "MANSOURI"),
        ("abdelkader", "MANSOURI"),
        ("Abd-el-Kader Mansouri", "MANSOURI"),
        ("ouali youssef", "OUALI"),
        ("ESS-2026-00002", "HADDAD"),
        ("ess 2026 00002", "HADDAD"),
        ("00002", "HADDAD"),
        ("DZ-2026-000003", "MANSOURI"),
        ("8612 3456 0004", "OUALI"),
        ("861234560004", "OUALI"),
        ("beffroi", "BENALI"),
        ("hopital beffroi", "BENALI"),
    ],
)
def test_a_case_is_found(furnished: Database, words: str, name: str) -> None:
    assert _found(furnished, words)[:1] == [name]


@pytest.mark.parametrize("words", ["dupont", "benali haddad", "ESS-2026-00009", "x", "", "%", "zzz"])
def test_what_is_not_there_is_not_found(furnished: Database, words: str) -> None:
    assert _found(furnished, words) == []


def test_a_queue_that_is_not_read_is_not_searched(furnished: Database) -> None:
    assert _found(furnished, "benali", [("essai", "cpam-131")]) == []
    assert _found(furnished, "benali", [("autre", "cpam-595")]) == []
    assert _found(furnished, "benali", []) == []
    many = [("essai", f"q{n}") for n in range(40)]
    assert _found(furnished, "benali", many) == []
    assert _found(furnished, "benali", [*many, *HERE]) == ["BENALI"]


def test_finess_finds_every_case_and_a_subject_its_item(furnished: Database) -> None:
    assert len(_found(furnished, "599000015")) == len(PEOPLE)
    with furnished.reading() as session:
        answer = search.find(session, search.understand("ORTHOPEDIE devis"), [("essai", "cpam-131")])
        assert [item.title for item in answer.items] == ["Devis d’orthopédie"]
        assert answer.cases == ()
        by_sender = search.find(session, search.understand("dunes.example"), [("essai", "cpam-131")])
        assert len(by_sender.items) == 1


def test_the_surest_comes_first_and_likeness_is_said(furnished: Database) -> None:
    with furnished.transaction() as session:
        _item(session, "Attestation", _case(session, 9, "BENALLI", "Karim", "CHU"))
    assert _found(furnished, "benali")[:2] == ["BENALI", "BENALLI"]
    with furnished.reading() as session:
        assert search.find(session, search.understand("bnelai"), HERE).by_likeness
        assert not search.find(session, search.understand("benali"), HERE).by_likeness
        sure = likely(session, "BENALI", near=False)
        every = likely(session, "BENALI", near=True).words
        assert sure.words == {n: close for n, close in every.items() if close < Closeness.NEAR}
        assert not sure.cut
        assert likely(session, "BENALI", near=False, most=1).cut


def test_an_item_follows_its_queue_and_its_case(furnished: Database) -> None:
    with furnished.transaction() as session:
        item = session.exec(select(Item).where(Item.title == "Attestation").order_by(col(Item.id))).first()
        assert item is not None
        assert cases.change_item(session, item.id or 0, item.version, queue="cpam-131")
    assert _found(furnished, "benali") == []
    assert _found(furnished, "benali", [("essai", "cpam-131")]) == ["BENALI"]
    with furnished.transaction() as session:
        bare = cases.open_case(
            session,
            Case(
                reference="ESS-2026-00077",
                circuit="essai",
                opened_at=AT,
                opened_by_delivery=_mail(session, "x"),
            ),
        )
        _item(session, "Attestation", bare)
        cases.complete(session, bare.id or 0, {"patient_name": "KHELIFI", "caisse": "595"})
        assert [i.caisse for i in cases.items_of(session, bare.opened_by_delivery)] == ["595"]
    assert _found(furnished, "khelifi") == ["KHELIFI"]


def _paper(session: Session, sha: str, position: int, confidentiality: str) -> int:
    return rows.document(session, sha, position=position, confidentiality=confidentiality).id or 0


def test_no_word_of_a_medical_document_is_kept_anywhere(furnished: Database) -> None:
    with furnished.transaction() as session:
        sha = _mail(session, "mixed", subject="Adénocarcinome du côlon")
        for position, kind in enumerate(("administrative", "medical")):
            number = _paper(session, sha, position, kind)
            findable.keep_text(
                session, number, kind, "Facture télétransmise le lundi" if not position else "tumeur"
            )
        item = Item(delivery=sha, circuit="essai", queue="cpam-595", kind="x", title="Envoi", created_at=AT)
        cases.add_item(session, item)
    with furnished.reading() as session:
        kept = _kept(session)
        texts = " ".join(session.exec(select(DocumentWords.words)))
    assert {"TELETRANSMISE", "FACTURE"} <= kept
    assert not {"TUMEUR", "ADENOCARCINOME", "COLON"} & kept
    assert "TUMEUR" not in texts
    with furnished.reading() as session:
        terms = search.understand("facture")
        assert len(search.find(session, terms, HERE).items) == 1
        assert search.find(session, terms, HERE, text=False).items == ()


def test_a_document_that_turns_out_medical_leaves_no_word(furnished: Database) -> None:
    with furnished.transaction() as session:
        sha = _mail(session, "turned")
        number = _paper(session, sha, 0, "administrative")
        findable.keep_text(session, number, "administrative", "orthoptie")
        cases.add_item(
            session,
            Item(delivery=sha, circuit="essai", queue="cpam-595", kind="x", title="Envoi", created_at=AT),
        )
    with furnished.transaction() as session:
        session.get_one(Document, number).confidentiality = "medical"
        session.flush()
        tallies.hold(session)
        findable.forget_document(session, number)
    with furnished.reading() as session:
        assert "ORTHOPTIE" not in _kept(session)


def _form(session: Session, name: str, text: str, **kept: tuple[str, ...]) -> int:
    """An item whose administrative document says this."""
    sha = _mail(session, name)
    findable.keep_text(session, _paper(session, sha, 0, "administrative"), "administrative", text, **kept)
    item = Item(delivery=sha, circuit="essai", queue="cpam-595", kind="x", title="Envoi", created_at=AT)
    return cases.add_item(session, item)[0].id or 0


def test_a_name_is_not_answered_by_a_word_that_only_sounds_like_it(furnished: Database) -> None:
    """« HAD » is a box of the form, and sounds like Haddad: it answers neither by sound nor by letters."""
    with furnished.transaction() as session:
        _form(session, "had", "HAD hospitalisation à domicile")
        read = _form(session, "read", "Nom HADAD", values=("HADAD",), names=("HADAD",))
        text = _form(session, "text", "entre les deux rives, HIDDOUD")
        _form(session, "name", "Nom HIDDOUD", values=("HIDDOUD",), names=("HIDDOUD",))
    with furnished.reading() as session:
        answer = search.find(session, search.understand("haddad"), HERE)
        by_text = search.find(session, search.understand("had"), HERE)
        titles = {item.title for item in answer.items}
        alike = [number for number, hit in answer.hits.items() if hit.alike]
    assert [case.patient_name for case in answer.cases] == ["HADDAD"]
    assert titles == {"Attestation", "Envoi"}
    assert read in alike
    assert len(alike) == 2
    assert text not in answer.hits
    assert [hit.alike for hit in answer.hits.values()] == [False, True, True]
    assert Where.FIELD | Where.NAME in answer.hits[read].where
    assert not answer.by_likeness
    assert len(by_text.items) == 3


def test_a_word_that_becomes_a_name_is_found_by_its_sound(furnished: Database) -> None:
    with furnished.transaction() as session:
        _form(session, "text", "le docteur Chérif")
    with furnished.reading() as session:
        assert search.find(session, search.understand("Shereefe"), HERE, limit=1).items == ()
    with furnished.transaction() as session:
        _item(session, "Attestation", _case(session, 8, "CHERIF", "Lina", "CHU"))
    with furnished.reading() as session:
        answer = search.find(session, search.understand("Shereefe"), HERE, limit=1)
        assert [case.patient_name for case in answer.cases] == ["CHERIF"]
        assert answer.alike_cases == {case.id for case in answer.cases}


def test_the_print_of_a_form_is_no_word_of_its_copies(furnished: Database) -> None:
    with furnished.transaction() as session:
        form = _form(session, "form", "Domicile : rue Lepic", printed=("DOMICILE",), values=("LEPIC",))
    with furnished.reading() as session:
        assert "DOMICILE" not in _kept(session)
        (item,) = search.find(session, search.understand("lepic"), HERE).items
    assert item.id == form


def test_what_a_page_leaves_out_is_said_and_walked(furnished: Database) -> None:
    terms = search.understand("kaci")
    with furnished.transaction() as session:
        for number in range(20, 29):
            name = "KACI" if number % 3 else f"KACI{chr(65 + number)}"
            _item(session, "Attestation", _case(session, number, name, "Aya", "CHU"))
        _item(session, "Attestation", _case(session, 40, "KASSI", "Aya", "CHU"))
    with furnished.reading() as session:
        part = search.find(session, terms, HERE, limit=4, case_limit=3)
        whole = search.find(session, terms, HERE)
        assert (len(part.items), len(part.cases), part.more, part.more_cases) == (4, 3, True, True)
        assert (len(whole.items), whole.more, whole.more_cases) == (10, False, False)
        walked: list[int] = []
        for alike in (False, True):
            before, first = None, True
            while first or before is not None:
                hits, before = search.further(session, terms, HERE, before, 2, alike=alike)
                walked += [hit.item_id for hit in hits]
                first = False
        assert len(walked) == len(set(walked))
        assert set(walked) == set(whole.hits)
        assert whole.hits[walked[-1]].alike
        assert search.further(session, terms, [("essai", "cpam-131")], None, 9, alike=False) == ([], None)


def test_a_word_too_common_is_refused_whole(furnished: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_WORDS", 3)
    with furnished.reading() as session, pytest.raises(search.TooBroad):
        search.further(session, search.understand("86"), HERE, None, 10, alike=False)


def test_an_erased_person_leaves_no_word_of_theirs(furnished: Database) -> None:
    with furnished.transaction() as session:
        case = cases.get(session, "ESS-2026-00001")
        assert case is not None
        erasures.erase_identity(session, case.id or 0)
    with furnished.reading() as session:
        kept = _kept(session)
        assert not {"BENALI", "MOHAMMED", "861234560001", "DZ2026000001"} & kept
        assert "HADDAD" in kept
        known = set(session.exec(select(FoundWord.id)))
        assert {gram.word_id for gram in session.exec(select(FoundGram))} <= known


def test_written_again_the_index_is_the_same(furnished: Database) -> None:
    def index() -> list[tuple[str, int, int]]:
        with furnished.reading() as session:
            words = {word.id: word.word for word in session.exec(select(FoundWord))}
            return sorted((words[p.word_id], p.item_id, p.place) for p in session.exec(select(FoundItem)))

    before = index()
    with furnished.transaction() as session:
        findable.everything(session)
    assert index() == before
    assert len(before) > 40
