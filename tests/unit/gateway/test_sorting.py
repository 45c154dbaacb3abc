"""What a person may say of a document, what follows it, and what the log and the evidence file say."""

from __future__ import annotations

import io
import zipfile

import pytest

from gateway.cases import sorting
from gateway.circuits.folder import rules_hash
from gateway.circuits.model import Circuit
from gateway.clock import TurnableClock
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind, Recorder
from gateway.evidence.verify import Check
from storage import cases, documents, findable, search
from storage.db import Database, Session
from storage.documents import Document
from storage.erasures import GONE
from storage.items import Item
from storage.keys import KeyRing
from storage.vault import Vault
from tests.builders import proof, rows, seed
from tests.builders.rows import AT

SUBJECTS = {"a": "cardiologie", "b": "pneumothorax", "g": "urgences"}
TEXTS = {"c": "zirconium", "d": "hospitalisation", "e": "bonjour", "f": "cordialement", "h": "tarif"}
"""A word of each subject and of each content, none near another: the search forgives a slip."""
QUEUE = ("soins-programmes-algerie", "cnse-administratif")


@pytest.fixture(scope="module")
def circuit() -> Circuit:
    (found,) = seed.circuits().by_name.values()
    return found


def _mail(session: Session, letter: str, *found: tuple[str, str, str]) -> list[Document]:
    """A mail in a queue, its documents (kind, class, bytes), with words kept of the administrative ones."""
    mail = rows.delivery(session, letter, subject=SUBJECTS[letter])
    made = []
    for position, (kind, confidentiality, content) in enumerate(found):
        role = {"role": "body"} if kind == "cover-note" else {}
        made.append(
            Document(
                delivery=mail.sha256,
                position=position,
                path=str(position),
                name=f"{position}.pdf",
                media_type="application/pdf",
                sha256=content * 64,
                size=1,
                kind=kind,
                confidentiality=confidentiality,
                meta=role,
            )
        )
    session.add_all(made)
    session.flush()
    for row in made:
        findable.keep_text(session, row.id or 0, row.confidentiality, TEXTS[row.sha256[0]])
    circuit, queue = QUEUE
    item = Item(
        delivery=mail.sha256, circuit=circuit, queue=queue, kind="quote", title="Devis", created_at=AT
    )
    cases.add_item(session, item)
    return made


def _paper(kind: str, confidentiality: str = "administrative", position: int = 0) -> Document:
    """A document of no mail."""
    return Document(
        delivery="",
        position=position,
        path="",
        name="",
        media_type="",
        sha256="",
        size=0,
        kind=kind,
        confidentiality=confidentiality,
    )


def _finds(session: Session, word: str) -> bool:
    return bool(search.find(session, search.understand(word), [QUEUE]).items)


def _classes(session: Session, *found: Document) -> list[str]:
    for row in found:
        session.refresh(row)
    return [row.confidentiality for row in found]


def test_the_class_comes_from_the_data_and_an_unknown_kind_is_medical(circuit: Circuit) -> None:
    of = {kind: sorting.class_of(circuit, kind) for kind in ("quote", "medical-report", "other", "x")}
    assert of == {
        "quote": "administrative",
        "medical-report": "medical",
        "other": "medical",
        "x": "medical",
    }
    assert sorting.class_of(circuit, "cover-note") == "administrative"


@pytest.mark.parametrize("kind", ["quote", "inconnu", "cover-note", "", None])
def test_a_type_that_changes_nothing_or_does_not_exist_is_refused(
    circuit: Circuit, kind: str | None
) -> None:
    with pytest.raises(Refused, match="rien n'a été changé"):
        sorting.wanted(circuit, _paper("quote"), kind)


def test_the_same_kind_may_lose_its_doubt(circuit: Circuit) -> None:
    doubtful = _paper("quote", "medical")
    assert sorting.wanted(circuit, doubtful, "quote") == ("quote", "administrative")
    assert sorting.lowers(doubtful, "administrative")
    assert not sorting.lowers(doubtful, "medical")
    note = _paper("cover-note", "medical")
    assert sorting.wanted(circuit, note, "cover-note") == ("cover-note", "administrative")


@pytest.mark.parametrize(
    ("kinds", "lead"),
    [
        (["cover-note", "other", "decoration"], 1),
        (["invoice", "quote", "quote"], 1),
        (["invoice", "other"], None),
        (["cover-note"], None),
    ],
)
def test_the_document_that_leads_is_the_only_one_or_the_first_of_the_old_type(
    kinds: list[str], lead: int | None
) -> None:
    papers = [_paper(kind, position=place) for place, kind in enumerate(kinds)]
    found = sorting.leading(papers, "quote")
    assert (found.position if found else None) == lead


def test_raising_closes_every_copy_and_the_words_of_the_mail_and_forgets_them(
    database: Database, circuit: Circuit
) -> None:
    with database.transaction() as session:
        paper, other, note = _mail(
            session,
            "a",
            ("quote", "administrative", "c"),
            ("invoice", "administrative", "d"),
            ("cover-note", "administrative", "e"),
        )
        (copy, words) = _mail(
            session, "b", ("quote", "administrative", "c"), ("cover-note", "administrative", "f")
        )
        (apart, polite) = _mail(
            session, "g", ("invoice", "administrative", "h"), ("cover-note", "administrative", "e")
        )
        closing = ("zirconium", "cordialement", "cardiologie", "pneumothorax")
        assert all(_finds(session, word) for word in (*closing, "bonjour", "hospitalisation"))
        events = sorting.give(session, circuit, paper, "medical-report", "anne", AT)
        assert _classes(session, paper, note, copy, words) == ["medical"] * 4
        assert _classes(session, other, apart, polite) == ["administrative"] * 3
        assert copy.kind == "quote"
        assert [word for word in closing if _finds(session, word)] == []
        assert all(_finds(session, word) for word in ("bonjour", "hospitalisation", "urgences"))
    kind, subject, fields = events[0]
    assert (kind, subject) == (Kind.DOCUMENT_SORTED, f"delivery:{'a' * 64}")
    assert fields == {
        "action": "given",
        "document": "c" * 64,
        "position": 0,
        "old_kind": "quote",
        "kind": "medical-report",
        "old_confidentiality": "administrative",
        "confidentiality": "medical",
        "by": "anne",
    }
    assert sorted((e[1][9], e[2]["position"], e[2]["action"]) for e in events[1:]) == [
        ("a", 2, "followed"),
        ("b", 0, "followed"),
        ("b", 1, "followed"),
    ]


def test_giving_back_what_was_read_opens_what_was_closed_with_it(
    database: Database, circuit: Circuit
) -> None:
    with database.transaction() as session:
        paper, note = _mail(
            session, "a", ("quote", "administrative", "c"), ("cover-note", "administrative", "e")
        )
        copy, read = _mail(
            session, "b", ("invoice", "administrative", "c"), ("medical-report", "medical", "f")
        )
        sorting.give(session, circuit, paper, "medical-report", "anne", AT)
        assert _classes(session, paper, note, copy) == ["medical"] * 3
        events = sorting.give(session, circuit, paper, None, "bob", AT)
        assert _classes(session, paper, note, copy, read) == ["administrative"] * 3 + ["medical"]
        assert (paper.kind, paper.sorted_by) == ("quote", None)
        assert events[0][2]["action"] == "withdrawn"
        assert _finds(session, "cardiologie")
        assert not _finds(session, "zirconium")  # its words come back with a reading


def test_lowering_opens_the_copies_but_not_what_somebody_or_a_machine_said_medical(
    database: Database, circuit: Circuit
) -> None:
    with database.transaction() as session:
        paper, double, note = _mail(
            session,
            "a",
            ("other", "medical", "c"),
            ("decoration", "medical", "c"),
            ("cover-note", "medical", "e"),
        )
        (copy,) = _mail(session, "b", ("other", "medical", "c"))
        sorting.give(session, circuit, paper, "quote", "anne", AT)
        assert _classes(session, paper, copy, double) == ["administrative"] * 3
        assert _classes(session, note) == ["medical"]
        assert copy.kind == "other"
        sorting.give(session, circuit, copy, "medical-report", "bob", AT)
        assert _classes(session, paper, copy, double) == ["medical"] * 3
        sorting.give(session, circuit, paper, "invoice", "anne", AT)
        assert _classes(session, paper, copy, double) == ["administrative", "medical", "medical"]


def test_a_document_erased_or_changed_meanwhile_is_left(
    sqlite_database: Database, circuit: Circuit
) -> None:
    with sqlite_database.transaction() as session:
        (paper,) = _mail(session, "a", ("quote", "administrative", "c"))
    seen = Document.model_validate(paper.model_dump())
    with sqlite_database.transaction() as session:
        found = documents.get(session, paper.id or 0)
        assert found is not None
        sorting.give(session, circuit, found, "invoice", "anne", AT)
        with pytest.raises(Refused, match="relisez"):
            sorting.give(session, circuit, seen, "medical-report", "bob", AT)
        found.trouble = GONE
        with pytest.raises(NotFound):
            sorting.give(session, circuit, found, "quote", "anne", AT)


def test_the_evidence_file_verifies_and_follows_the_new_class(
    database: Database,
    vault: Vault,
    ring: KeyRing,
    recorder: Recorder,
    clock: TurnableClock,
    circuit: Circuit,
) -> None:
    made = proof.world(database, vault, ring, recorder, clock, rules_hash(proof.FOLDER))
    case, paper = _form(made)
    before = made.exporter().export(case, "anne")
    assert f"documents/{paper.sha256}.pdf" in _names(before.content)
    with database.transaction() as session:
        found = documents.get(session, paper.id or 0)
        assert found is not None
        told = sorting.give(session, circuit, found, "medical-report", "anne", clock.now())
        recorder.add_all(session, told)
    after = made.exporter().export(case, "anne")
    assert Check(after.content).faults == []
    assert after.withheld == before.withheld + 2  # the document and its mail
    assert not [name for name in _names(after.content) if paper.sha256 in name]
    with zipfile.ZipFile(io.BytesIO(after.content)) as archive:
        page = archive.read("resume.txt").decode()
    told_there = "Type du document n° 0 : medical-report (médical), au lieu de se352-301 (administratif)"
    assert told_there in " ".join(page.split())


def _form(made: proof.World) -> tuple[str, Document]:
    with made.database.reading() as session:
        case = cases.get(session, proof.OURS)
        assert case is not None
        first = cases.documents(session, case.id or 0)[0]
        assert (first.kind, first.confidentiality) == ("se352-301", "administrative")
        return case.reference, first


def _names(raw: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return archive.namelist()
