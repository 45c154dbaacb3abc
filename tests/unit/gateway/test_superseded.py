"""Replaced and withdrawn documents: marked, led to the newer one, never erased, in any order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gateway.cases.superseded import NOTE, apply_successions, notes
from gateway.triage.unpack import document_rows
from gateway.web.access import Viewer
from gateway.web.items import papers
from parsers.unpack import unpack
from storage import cases, documents, sheets, successions
from storage.cases import Case
from storage.db import Database
from storage.deliveries import Delivery
from storage.documents import Document
from storage.successions import Succession
from tests.builders import cda, rows, xdm
from tests.builders.letters import Attached, entity, mail
from tests.builders.rows import AT

DAY = timedelta(days=1)
OLD, NEW = "a" * 64, "b" * 64


def _document(mail_: str, number: int, **meta: str) -> Document:
    return Document(
        delivery=mail_,
        position=number,
        path=f"IHE_XDM.ZIP/DOC{number}.XML/rapport.pdf",
        name="rapport.pdf",
        media_type="application/pdf",
        sha256=f"{mail_[0]}{number}" * 32,
        size=10,
        meta=dict(meta),
    )


class _Desk:
    """One case, and mails that come to it one after the other."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.transaction() as session:
            rows.delivery(session, OLD)
            rows.delivery(session, NEW)
            self.case = cases.open_case(
                session,
                Case(
                    reference="SPA-2026-00001",
                    circuit="essai",
                    opened_at=AT,
                    opened_by_delivery=OLD,
                    opened_by_position=0,
                    sender_domain="chu.example",
                ),
            )

    def come(self, mail_: str, *found: Document, filed: bool = True, at: Any = AT) -> list[Any]:
        with self.database.transaction() as session:
            documents.replace(session, mail_, list(found))
            for row in found if filed else ():
                cases.file_document(session, row.id or 0, self.case.id or 0, at, ())
            delivery = session.get_one(Delivery, mail_)
            return apply_successions(session, delivery, [self.case] if filed else [], at)

    def notes(self) -> dict[str, list[str]]:
        with self.database.reading() as session:
            found = [d for m in (OLD, NEW) for d in documents.of_delivery(session, m)]
            return {
                d.sha256[:2]: [i.message for i in documents.issues_of(session, [d.id or 0])] for d in found
            }

    def links(self) -> list[Succession]:
        with self.database.reading() as session:
            return successions.of_deliveries(session, [OLD, NEW])


@pytest.fixture
def desk(database: Database) -> _Desk:
    return _Desk(database)


CASES: tuple[tuple[dict[str, str], dict[str, str], str, str], ...] = (
    ({"identifiers": "1.2.3 urn:uuid:x"}, {"replaces": "1.2.3"}, "replaced", "uniqueId"),
    ({"identifiers": "1.2.3 urn:uuid:x"}, {"replaces": "9 urn:uuid:x"}, "replaced", "entryId"),
    ({"set_id": "5", "version": "2"}, {"set_id": "5", "version": "10"}, "replaced", "setId"),
    ({"identifiers": "1.2.3"}, {"withdraws": "1.2.3"}, "withdrawn", "entryId"),
    (
        {"identifiers": "1.2.3"},
        {"identifiers": "1.2.3", "xdm_action": "deletion"},
        "withdrawn",
        "uniqueId",
    ),
)


@pytest.mark.parametrize(("older", "newer", "action", "basis"), CASES)
@pytest.mark.parametrize("late", [False, True])
def test_across_the_mails_of_a_case(
    desk: _Desk, older: dict[str, str], newer: dict[str, str], action: str, basis: str, late: bool
) -> None:
    """``late``: the older document arrives after the one that replaces it."""
    arrivals = [(OLD, _document(OLD, 0, **older)), (NEW, _document(NEW, 0, **newer))]
    told = [desk.come(mail_, row) for mail_, row in (reversed(arrivals) if late else arrivals)]
    (link,) = desk.links()
    assert (link.older_delivery, link.newer_delivery) == (OLD, NEW)
    assert (link.action, link.basis) == (action, basis)
    ((kind, subject, fields),) = told[-1]
    assert (kind, subject, fields["action"]) == ("step", f"delivery:{OLD}", action)
    word = "Remplacé" if action == "replaced" else "Retiré"
    (note,) = desk.notes()["a0"]
    assert note.startswith(word)
    assert "23/11/2026" in note
    assert f"pièce n° 1, message {NEW[:12]}" in note
    assert desk.notes()["b0"] == []


def test_applied_twice_changes_nothing(desk: _Desk) -> None:
    desk.come(OLD, _document(OLD, 0, identifiers="1"))
    assert len(desk.come(NEW, _document(NEW, 0, replaces="1"))) == 1
    assert desk.come(NEW, _document(NEW, 0, replaces="1"), at=AT + DAY) == []
    assert (len(desk.links()), len(desk.notes()["a0"])) == (1, 1)


def test_read_again_the_note_comes_back(desk: _Desk) -> None:
    desk.come(OLD, _document(OLD, 0, identifiers="1"))
    desk.come(NEW, _document(NEW, 0, replaces="1"))
    desk.come(OLD, _document(OLD, 0, identifiers="1"))
    assert len(desk.notes()["a0"]) == 1


UNLINKED: tuple[tuple[dict[str, str], dict[str, str]], ...] = (
    ({"identifiers": "1"}, {"identifiers": "1"}),
    ({"identifiers": "1"}, {"replaces": "2"}),
    ({"set_id": "5", "version": "2"}, {"set_id": "5", "version": "2"}),
    ({"set_id": "5", "version": "x"}, {"set_id": "5", "version": "²"}),
    ({"set_id": "", "version": "1"}, {"set_id": "", "version": "2"}),
)


@pytest.mark.parametrize(("older", "newer"), UNLINKED)
def test_what_is_no_replacement(desk: _Desk, older: dict[str, str], newer: dict[str, str]) -> None:
    desk.come(OLD, _document(OLD, 0, **older))
    assert desk.come(NEW, _document(NEW, 0, **newer)) == []
    assert desk.links() == []


def test_a_mail_outside_the_case_replaces_nothing_in_it(desk: _Desk) -> None:
    desk.come(OLD, _document(OLD, 0, identifiers="1"))
    assert desk.come(NEW, _document(NEW, 0, replaces="1"), filed=False) == []
    assert desk.notes()["a0"] == []


def test_in_one_archive(desk: _Desk) -> None:
    old = cda.document(pdf=b"%PDF-1.4\nold\n%%EOF\n", unique_id="1.2.1")
    new = cda.document(pdf=b"%PDF-1.4\nnew\n%%EOF\n", unique_id="1.2.2", replaces="1.2.1")
    archive = xdm.archive(documents=[old, new])
    raw = mail(
        "a@chu.example",
        ("b@cnse.example",),
        "XDM/1.0/DDM",
        AT,
        entity("x", (Attached("IHE_XDM.ZIP", "application/zip", archive),)),
    )
    found = [row for row, _ in document_rows(OLD, unpack(raw, raw))]
    told = notes(found, AT)
    (place,) = told
    assert found[place].name == "Compte rendu d'hospitalisation.pdf"
    assert (told[place].code, told[place].severity) == (NOTE, "info")
    desk.come(OLD, *found, filed=False)
    assert len(desk.links()) == 1


def test_people_are_led_to_the_newer_one(desk: _Desk) -> None:
    desk.come(OLD, _document(OLD, 0, identifiers="1"))
    desk.come(NEW, _document(NEW, 0, identifiers="2", replaces="1"))
    with desk.database.reading() as session:
        (old,), (new,) = (sheets.papers_of_delivery(session, each) for each in (OLD, NEW))
    assert (old.newer, new.newer) == (new.document.id, None)
    shown = papers.show(old, Viewer("m", "M", ("cnse-medical",)), None)
    assert shown.newer == new.document.id
