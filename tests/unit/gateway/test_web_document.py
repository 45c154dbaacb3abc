"""Documents out of the vault: who opens them, what is written down, how they are served."""

from __future__ import annotations

import pytest

from gateway.evidence.record import Kind
from gateway.web.items.document import NO_DOCUMENT
from storage import sheets
from storage.documents import Document
from tests.builders import seed
from tests.worlds.web import World

PNG = b"\x89PNG\r\n\x1a\n"


def _accesses(world: World) -> list[tuple[str, str]]:
    with world.house.database.reading() as session:
        events = [e for e in sheets.journal(session, None, 100) if e.kind == Kind.ACCESS]
    return [(str((e.fields or {})["person"]), str((e.fields or {})["outcome"])) for e in events]


def _page(world: World, key: str, number: int = 1) -> str:
    return f"/documents/{world.office.documents[key]}/page/{number}.png"


def _original(world: World, key: str) -> str:
    return f"/documents/{world.office.documents[key]}/original"


def test_the_pages_of_a_form_are_images_and_not_logged(world: World) -> None:
    answer = world.signed_in("agathe").get(_page(world, "request"))
    assert answer.status_code == 200
    assert answer.content.startswith(PNG)
    assert answer.headers["content-type"] == "image/png"
    assert _accesses(world) == []


def test_the_original_is_saved_never_run(world: World) -> None:
    answer = world.signed_in("agathe").get(_original(world, "request"))
    assert answer.content.startswith(b"%PDF")
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", ['a"b.pdf', "a\r\nX: y.pdf", "../../etc/passwd", "é.pdf", "", "a" * 400])
def test_a_strange_name_stays_in_its_header(world: World, name: str) -> None:
    with world.house.database.transaction() as session:
        row = session.get_one(Document, world.office.documents["request"])
        row.name = name
        session.add(row)
    answer = world.signed_in("agathe").get(_original(world, "request"))
    assert answer.status_code == 200
    assert "x" not in answer.headers
    disposition = answer.headers["content-disposition"]
    assert disposition.count('"') == 2
    assert ".." not in disposition


@pytest.mark.parametrize("login", ["agathe", "lille", "sylvie"])
def test_a_medical_document_is_closed_to_the_others_and_the_attempt_is_kept(
    world: World, login: str
) -> None:
    client = world.signed_in(login)
    for address in (_page(world, "report"), _original(world, "report")):
        answer = client.get(address)
        assert answer.status_code == 403
        assert "secret médical" in answer.text
        assert seed.SECRET not in answer.text
    assert _accesses(world) == [(login, "refused")] * 2


def test_every_opening_by_the_medical_pole_is_kept_and_shown_on_the_case(world: World) -> None:
    client = world.signed_in("medard")
    assert client.get(_page(world, "report")).content.startswith(PNG)
    assert client.get(_original(world, "report")).status_code == 200
    assert _accesses(world) == [("medard", "opened")] * 2
    shown = world.signed_in("agathe").get(f"/dossiers/{seed.CASE}").text
    assert shown.count("Document médical ouvert") == 2
    assert "par Médard Kervella" in shown


def test_a_mixed_file_is_closed_as_a_whole_and_opened_page_by_page(world: World) -> None:
    client = world.signed_in("agathe")
    assert client.get(_page(world, "quote", 1)).status_code == 200
    assert client.get(_page(world, "quote", 2)).status_code == 404
    assert client.get(_page(world, "page2", 2)).status_code == 403
    answer = client.get(_original(world, "quote"))
    assert answer.status_code == 403
    assert "secret médical" in answer.text


def test_a_page_claimed_by_a_medical_document_too_is_medical(world: World) -> None:
    with world.house.database.transaction() as session:
        row = session.get_one(Document, world.office.documents["quote"])
        row.pages = 2
        session.add(row)
    client = world.signed_in("agathe")
    assert client.get(_page(world, "quote", 1)).status_code == 200
    assert client.get(_page(world, "quote", 2)).status_code == 403


def test_another_caisse_and_a_number_at_random_look_the_same(world: World) -> None:
    client = world.signed_in("marseille")
    known = client.get(_page(world, "form"))
    unknown = client.get("/documents/999999/page/1.png")
    assert known.status_code == unknown.status_code == 404
    assert NO_DOCUMENT.split(";", maxsplit=1)[0] in known.text
    assert known.text == unknown.text
    assert client.get(_original(world, "form")).status_code == 404


def test_the_picture_of_an_incomplete_box(world: World) -> None:
    address = f"/documents/{world.office.documents['form']}/cadres/{world.office.issues['form']}.png"
    assert world.signed_in("lille").get(address).content.startswith(PNG)
    assert world.signed_in("marseille").get(address).status_code == 404
    elsewhere = address.replace(
        f"/{world.office.documents['form']}/", f"/{world.office.documents['request']}/", 1
    )
    assert world.signed_in("lille").get(elsewhere).status_code == 404


def test_a_page_that_cannot_be_drawn_says_so(world: World) -> None:
    with world.house.database.transaction() as session:
        row = session.get_one(Document, world.office.documents["request"])
        row.media_type, row.sha256 = "application/pdf", world.house.vault.put(b"not a document")
        session.add(row)
    answer = world.signed_in("agathe").get(_page(world, "request"))
    assert answer.status_code == 503
    assert "téléchargez l’original" in answer.text


def _text(world: World, key: str) -> str:
    return f"/documents/{world.office.documents[key]}/texte"


def test_the_text_of_a_mail_is_shown_never_obeyed(world: World) -> None:
    client = world.signed_in("agathe")
    whole = client.get(_text(world, "question"))
    assert whole.status_code == 200
    assert "<!doctype html>" in whole.text
    piece = client.get(_text(world, "question"), headers={"HX-Request": "true"}).text
    assert "<!doctype" not in piece
    for text in (whole.text, piece):
        assert "&lt;b&gt;à domicile&lt;/b&gt;" in text
        assert "<b>" not in text
    page = client.get(f"/elements/{world.office.items['question']}").text
    assert f'hx-get="{_text(world, "question")}"' in page
    assert "figure" not in page
    assert _accesses(world) == []


def test_the_text_of_a_medical_mail_is_closed_opened_and_kept_like_its_pages(world: World) -> None:
    refused = world.signed_in("sylvie").get(_text(world, "note"))
    assert refused.status_code == 403
    assert seed.SECRET not in refused.text
    assert seed.SECRET in world.signed_in("medard").get(_text(world, "note")).text
    assert world.signed_in("marseille").get(_text(world, "note")).status_code == 404
    assert _accesses(world) == [("medard", "opened"), ("sylvie", "refused")]


def test_html_is_read_as_text_and_a_page_has_no_text(world: World) -> None:
    html = (
        b"<html><body><script>alert(1)</script><p>Madame,</p><p>Bonjour<br>\xc3\xa0 vous</p></body></html>"
    )
    with world.house.database.transaction() as session:
        row = session.get_one(Document, world.office.documents["question"])
        row.media_type, row.sha256 = "text/html", world.house.vault.put(html)
        session.add(row)
    client = world.signed_in("agathe")
    text = client.get(_text(world, "question"), headers={"HX-Request": "true"}).text
    assert "Madame" in text
    assert "à vous" in text
    assert "alert" not in text
    assert "<p>Madame" not in text
    assert client.get(_text(world, "request")).status_code == 404


def test_a_text_that_cannot_be_read_says_so(world: World) -> None:
    with world.house.database.transaction() as session:
        row = session.get_one(Document, world.office.documents["question"])
        row.media_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        row.sha256 = world.house.vault.put(b"PK not a document")
        session.add(row)
    answer = world.signed_in("agathe").get(_text(world, "question"))
    assert answer.status_code == 503
    assert "téléchargez l’original" in answer.text
