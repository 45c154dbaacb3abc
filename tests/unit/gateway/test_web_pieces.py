"""A file that mixes a form and a report: the report's pages leave alone, or nothing leaves."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

from httpx import Client, Response

from gateway.evidence.record import Kind
from parsers.documents import PDF, inspect
from parsers.smime.model import Trust
from parsers.smime.open import open_mail
from storage import cases, sheets
from storage.audit import Event
from storage.cases import Item
from storage.documents import Document
from tests.builders import seed
from tests.builders.pki import Issued
from tests.builders.shared_pdf import everything_said
from tests.worlds import web
from tests.worlds.certified import certify
from tests.worlds.kept import MEDICAL_SERVICE, forwarded
from tests.worlds.web import World

QUOTE = "Devis 2026-118"


def _medical(world: World) -> str:
    """The mixed mail, handed to the medical pole; the address of its forwarding."""
    with world.house.database.transaction() as session:
        item = session.get_one(Item, world.office.items["mixed"])
        assert cases.change_item(session, item.id or 0, item.version, queue="cnse-medical")
    return f"/elements/{world.office.items['mixed']}/transmission"


def _change(world: World, key: str, **columns: object) -> None:
    with world.house.database.transaction() as session:
        document = session.get_one(Document, world.office.documents[key])
        for name, value in columns.items():
            setattr(document, name, value)
        session.add(document)


def _send(world: World, client: Client, path: str, *keys: str) -> Response:
    numbers = [str(world.office.documents[key]) for key in keys]
    form = {"csrf": web.csrf(client, "/files"), "a": MEDICAL_SERVICE, "pieces": numbers}
    return client.post(path, data=form)


def _opened(world: World, issued: Issued) -> EmailMessage:
    """The one letter that left, as the service opens it with its key."""
    (entry,) = forwarded(world)
    assert entry.protection == "encrypted"
    raw = world.house.vault.get(entry.raw_sha256)
    entity = open_mail(raw, [issued.identity], Trust(), world.clock.now()).entity
    message = message_from_bytes(entity, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _events(world: World) -> list[Event]:
    with world.house.database.reading() as session:
        return [e for e in sheets.journal(session, None, 20) if e.kind == Kind.FORWARDED]


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _blob(world: World, key: str) -> bytes:
    with world.house.database.reading() as session:
        return world.house.vault.get(session.get_one(Document, world.office.documents[key]).sha256)


def test_the_pages_of_the_report_leave_and_no_word_of_the_form(world: World) -> None:
    issued = certify(world.house.database, MEDICAL_SERVICE, world.clock.now())
    client, path = world.signed_in("medard"), _medical(world)
    page = client.get(path).text
    assert f"page 2 de {seed.REPORT_NAME}" in page
    assert QUOTE not in page
    assert _send(world, client, path, "page2").status_code == 303
    message = _opened(world, issued)
    (part,) = message.iter_attachments()
    content = part.get_content()
    assert part.get_filename() == seed.REPORT_NAME.replace(".pdf", " (page 2).pdf")
    assert part.get_content_type() == PDF
    (only,) = inspect(content, PDF).pages
    assert [word.text for word in only.words][:3] == ["Compte", "rendu", ":"]
    assert QUOTE.encode() in everything_said(_blob(world, "page2"))
    assert QUOTE.encode() not in everything_said(content)
    body = message.get_body(("plain",))
    assert body is not None
    assert f"page 2 de {seed.REPORT_NAME}" in " ".join(body.get_content().split())


def test_the_event_says_what_left_and_that_it_was_cut(world: World) -> None:
    issued = certify(world.house.database, MEDICAL_SERVICE, world.clock.now())
    client, path = world.signed_in("medard"), _medical(world)
    _send(world, client, path, "page2")
    (part,) = _opened(world, issued).iter_attachments()
    (event,) = _events(world)
    fields = event.fields
    assert fields["bytes"] == _hash(part.get_content())
    assert fields["sha256"] == _hash(_blob(world, "page2"))
    assert (fields["state"], fields["page"], fields["pages"]) == ("cut", 2, 1)
    assert seed.SECRET not in str(fields)


def test_a_file_whose_every_document_is_chosen_leaves_as_it_came(world: World) -> None:
    """Byte for byte: what is signed inside stays signed."""
    issued = certify(world.house.database, MEDICAL_SERVICE, world.clock.now())
    client, path = world.signed_in("medard"), _medical(world)
    _change(world, "quote", kind="medical-report", confidentiality="medical")
    assert _send(world, client, path, "page2", "quote").status_code == 303
    (part,) = _opened(world, issued).iter_attachments()
    assert part.get_content() == _blob(world, "page2")
    told = {(e.fields["state"], e.fields["bytes"]) for e in _events(world)}
    assert told == {("whole", _hash(_blob(world, "page2")))}
    assert len(_events(world)) == 2


def test_a_copy_of_the_same_file_in_the_mail_cuts_nothing(world: World) -> None:
    """The same bytes joined twice: the second is kept without pages of its own, and is nobody's secret."""
    issued = certify(world.house.database, MEDICAL_SERVICE, world.clock.now())
    client, path = world.signed_in("medard"), _medical(world)
    _change(world, "quote", kind="decoration", pages=None)
    assert _send(world, client, path, "page2").status_code == 303
    (part,) = _opened(world, issued).iter_attachments()
    assert part.get_content() == _blob(world, "page2")


def test_a_file_that_cannot_be_cut_does_not_leave(world: World) -> None:
    certify(world.house.database, MEDICAL_SERVICE, world.clock.now())
    client, path = world.signed_in("medard"), _medical(world)
    _change(world, "page2", first_page=7)
    answer = _send(world, client, path, "page2")
    assert answer.status_code == 409
    assert "n’a pas pu être coupé par pages" in answer.text
    assert "Rien n’est parti, tout est gardé" in answer.text
    assert (forwarded(world), _events(world)) == ([], [])
    _change(world, "page2", first_page=2)
    assert _send(world, client, path, "page2").status_code == 303, "nothing was spent by the refusal"


def test_without_a_cutter_a_mixed_file_does_not_leave(world: World) -> None:
    certify(world.house.database, MEDICAL_SERVICE, world.clock.now())
    world.app.state.house = replace(world.house, cut_pages=None)
    client, path = world.signed_in("medard"), _medical(world)
    assert _send(world, client, path, "page2").status_code == 409
    assert forwarded(world) == []


def test_what_changes_while_pages_are_cut_does_not_leave(world: World) -> None:
    """The mail is read anew meanwhile: what was cut is not what is there any more."""
    certify(world.house.database, MEDICAL_SERVICE, world.clock.now())

    def slow(content: bytes, first: int, count: int) -> bytes:
        made = web.cut_pages(content, first, count)
        _change(world, "page2", first_page=1)
        return made

    world.app.state.house = replace(world.house, cut_pages=slow)
    client, path = world.signed_in("medard"), _medical(world)
    answer = _send(world, client, path, "page2")
    assert answer.status_code == 409
    assert "viennent de changer" in answer.text
    assert forwarded(world) == []
