"""On the item: a person says what a document is. A leak is closed everywhere at once, a dead end opened."""

from __future__ import annotations

import html
from dataclasses import dataclass, replace

import pytest
from httpx import Client, Response

from gateway.evidence.record import Kind
from storage import cases, documents, findable, sheets, tallies
from storage.cases import ItemState, PeriodStatus
from storage.documents import Document
from tests.builders import office as rows
from tests.builders import seed, seed_papers
from tests.builders.office import AT, MEDICAL_BOX, Office
from tests.worlds import web
from tests.worlds.programs import post as call
from tests.worlds.programs import program, tag_of
from tests.worlds.served import item_of
from tests.worlds.web import World

WORD = "zirconium"
"""A word of a document read as administrative, that turns out to be medical."""
LEAK = "courrier du docteur.txt"


def _type(world: World, client: Client, item: str, document: str, kind: str) -> Response:
    found = item_of(world, item)
    form = {"csrf": web.csrf(client, "/compte"), "version": str(found.version), "genre": kind}
    return client.post(f"/elements/{found.id}/documents/{world.office.documents[document]}/type", data=form)


def _sort(world: World, client: Client, item: str, kind: str, follow: str = "oui") -> Response:
    found = item_of(world, item)
    form = {
        "csrf": web.csrf(client, "/compte"),
        "version": str(found.version),
        "genre": kind,
        "suivre": follow,
    }
    return client.post(f"/elements/{found.id}/type", data=form)


def _document(world: World, key: str) -> Document:
    with world.house.database.reading() as session:
        found = documents.get(session, world.office.documents[key])
    assert found is not None
    return found


def _journal(world: World, kind: Kind) -> list[dict[str, object]]:
    with world.house.database.reading() as session:
        return [dict(e.fields) for e in sheets.journal(session, None, 200) if e.kind == kind]


@dataclass
class _Sent:
    """Rows added to the office after it was furnished."""

    world: World

    def mail(self, key: str, queue: str, kind: str, *, medical: bool, copies: int = 1) -> None:
        """A mail with a page, the same twice when asked, a text and a word about them."""
        house = self.world.house
        with house.database.transaction() as session:
            office = replace(self.world.office, session=session, vault=house.vault)
            for number in range(copies):
                name = f"{key}{number or ''}"
                self._one(office, name, queue, kind, medical=medical)
            tallies.recount(session)
            findable.everything(session)

    def _one(self, office: Office, key: str, queue: str, kind: str, *, medical: bool) -> None:
        mail = rows.received(office, key, AT, mailbox=MEDICAL_BOX, subject=f"Sujet de {WORD}")
        text = f"Bonjour, le {WORD} est posé.".encode()
        paper = rows.paper(
            office, mail, key, text, name=LEAK, kind=kind, medical=medical, media_type="text/plain"
        )
        page = seed_papers.two_pages()
        picture = rows.paper(
            office,
            mail,
            f"{key}-page",
            page,
            name="page.pdf",
            kind="invoice",
            medical=medical,
            position=2,
        )
        picture.pages = 2
        note = rows.paper(
            office,
            mail,
            f"{key}-note",
            f"Mot de {key}".encode(),
            name="message.txt",
            kind="cover-note",
            medical=medical,
            media_type="text/plain",
            position=0,
        )
        note.meta = {"role": "body"}
        paper.pages = note.pages = None
        for row in (paper, picture, note):
            office.session.add(row)
        for row in (paper, note):
            findable.keep_text(office.session, row.id or 0, row.confidentiality, text.decode())
        rows.work(office, key, mail, queue, kind=kind, title="Devis", case=None)


@pytest.fixture
def sent(world: World) -> _Sent:
    return _Sent(world)


def _serves(world: World, client: Client, item: str, document: str) -> dict[str, int]:
    """The answer of every address that gives content of a document or of its mail."""
    number, about = world.office.documents[document], f"/elements/{world.office.items[item]}"
    pages = [
        f"/documents/{number}/original",
        f"/documents/{number}/texte",
        f"/documents/{number}/page/1.png",
        f"{about}/documents/{number}/champs/reference",
        f"{about}/message.eml",
    ]
    found = {page.rpartition("/")[2]: client.get(page).status_code for page in pages}
    api = program(world, "agathe")
    found["api original"] = api.get(f"/api/v1/documents/{number}/original").status_code
    found["api message"] = api.get(f"/api/v1/items/{world.office.items[item]}/message").status_code
    return found


def test_what_a_person_says_is_medical_is_closed_to_everybody_else_at_once(
    world: World, sent: _Sent
) -> None:
    sent.mail("envoi", "cnse-administratif", "quote", medical=False, copies=2)
    agathe = world.signed_in("agathe")
    item = f"/elements/{world.office.items['envoi']}"
    opened = _serves(world, agathe, "envoi", "envoi")
    closed_anyway = {"1.png", "reference"}  # a text has no page; a quote has no such field
    assert {k for k, code in opened.items() if code == 200} == opened.keys() - closed_anyway
    assert LEAK in agathe.get(item).text
    assert item in agathe.get("/recherche", params={"q": WORD}).text
    answer = _type(world, agathe, "envoi", "envoi", "medical-report")
    assert answer.status_code == 303
    page = agathe.get(answer.headers["location"]).text
    assert "Le type du document est changé" in page
    assert LEAK not in page
    assert "Type donné par Agathe Le Goff" in page
    assert "lu comme « Devis », administratif" in page
    assert set(_serves(world, agathe, "envoi", "envoi").values()) == {403, 404}
    twin = f"/documents/{world.office.documents['envoi1']}"
    assert [agathe.get(f"{twin}/{what}").status_code for what in ("original", "texte")] == [403, 403]
    words = f"/documents/{world.office.documents['envoi-note']}/texte"
    assert agathe.get(words).status_code == 403
    for other in ("envoi", "envoi1"):
        about = world.office.items[other]
        assert agathe.get(f"/elements/{about}/message.eml").status_code == 403
        told = agathe.get(f"/elements/{about}").text
        assert LEAK not in told
        assert WORD not in told
        shown = program(world, "agathe").get(f"/api/v1/items/{about}").text
        assert LEAK not in shown
        assert WORD not in shown
    api = program(world, "agathe").get("/api/v1/search", params={"q": WORD}).json()
    assert not any(api.values()), "nothing found, nothing near, nothing more"
    assert item not in agathe.get("/recherche", params={"q": WORD}).text
    assert "Devis" not in agathe.get("/recherche/export.csv", params={"q": WORD}).text
    assert [f["outcome"] for f in _journal(world, Kind.ACCESS)].count("opened") == 0


def test_a_page_said_medical_gives_no_image_any_more(world: World, sent: _Sent) -> None:
    sent.mail("envoi", "cnse-administratif", "quote", medical=False)
    agathe = world.signed_in("agathe")
    image = f"/documents/{world.office.documents['envoi-page']}/page/1.png"
    assert agathe.get(image).status_code == 200
    assert _type(world, agathe, "envoi", "envoi-page", "other").status_code == 303
    assert agathe.get(image).status_code == 403
    mixed = f"/documents/{world.office.documents['quote']}/page/1.png"
    assert agathe.get(mixed).status_code == 403, "the same page of the same bytes, in another mail"


def test_the_item_and_its_document_change_together(world: World) -> None:
    sylvie = world.signed_in("sylvie")
    original = f"/documents/{world.office.documents['request']}/original"
    assert sylvie.get(original).status_code == 200
    assert _sort(world, sylvie, "request", "medical-report").status_code == 303
    item, paper = item_of(world, "request"), _document(world, "request")
    assert (item.kind, item.queue) == ("medical-report", "cnse-medical")
    assert (paper.kind, paper.confidentiality, paper.sorted_by, paper.read_kind) == (
        "medical-report",
        "medical",
        "sylvie",
        "se352-302-request",
    )
    assert sylvie.get(original).status_code == 403
    assert world.signed_in("medard").get(original).status_code == 200
    (event,) = _journal(world, Kind.DOCUMENT_SORTED)
    assert (event["old_kind"], event["kind"], event["by"]) == (
        "se352-302-request",
        "medical-report",
        "sylvie",
    )
    assert "302.pdf" not in repr(event)
    history = html.unescape(sylvie.get(f"/dossiers/{seed.CASE}").text)
    assert "désormais « Rapport ou compte rendu médical » (médical)" in history
    assert "302.pdf" not in history


def test_the_medical_pole_opens_what_was_medical_in_doubt(world: World, sent: _Sent) -> None:
    sent.mail("doute", "a-identifier", "other", medical=True)
    agathe, medard = world.signed_in("agathe"), world.signed_in("medard")
    text = f"/documents/{world.office.documents['doute']}/texte"
    before = item_of(world, "doute")
    refused = _type(world, agathe, "doute", "doute", "quote")
    assert (refused.status_code, agathe.get(text).status_code) == (403, 403)
    assert "rien n’a été changé" in html.unescape(refused.text)
    assert item_of(world, "doute").version == before.version
    page = agathe.get(f"/elements/{before.id}").text
    assert '<option value="quote">' not in page.partition(f'id="type-{world.office.documents["doute"]}"')[2]
    assert _type(world, medard, "doute", "doute", "quote").status_code == 303
    assert agathe.get(text).status_code == 200
    paper = _document(world, "doute")
    assert (paper.kind, paper.confidentiality) == ("quote", "administrative")
    shown = medard.get(f"/elements/{before.id}").text
    assert "lu comme « Document non reconnu », médical (97\u202f%)" in shown


def test_whoever_may_not_open_a_document_does_not_sort_its_item_as_administrative(
    world: World, sent: _Sent
) -> None:
    sent.mail("doute", "a-identifier", "other", medical=True)
    agathe, medard = world.signed_in("agathe"), world.signed_in("medard")
    with world.house.database.transaction() as session:  # one document alone leads its item
        page = session.get_one(Document, world.office.documents["doute-page"])
        page.kind = "decoration"
        session.add(page)
    assert _sort(world, agathe, "doute", "quote").status_code == 403
    assert (item_of(world, "doute").kind, _document(world, "doute").kind) == ("other", "other")
    lot = {
        "csrf": web.csrf(agathe, "/compte"),
        "action": "type",
        "genre": "quote",
        "confirme": "oui",
        "elements": f"{world.office.items['doute']}:1",
    }
    assert "secret médical" in agathe.post("/files/a-identifier/lot", data=lot).text
    assert item_of(world, "doute").version == 1
    assert _sort(world, medard, "doute", "quote").status_code == 303
    assert item_of(world, "doute").queue == "cnse-administratif"
    assert agathe.get(f"/documents/{world.office.documents['doute']}/texte").status_code == 200
    assert _type(world, agathe, "doute", "doute", "other").status_code == 303, "raised again by anybody"
    assert agathe.get(f"/documents/{world.office.documents['doute']}/texte").status_code == 403


def test_several_at_once_close_their_documents_too(world: World) -> None:
    agathe = world.signed_in("agathe")
    lot = {
        "csrf": web.csrf(agathe, "/compte"),
        "action": "type",
        "genre": "medical-report",
        "confirme": "oui",
        "elements": f"{world.office.items['question']}:1",
    }
    assert agathe.post("/files/cnse-administratif/lot", data=lot).status_code == 200
    assert _document(world, "question").confidentiality == "medical"
    assert _journal(world, Kind.DOCUMENT_SORTED)[0]["old_kind"] == "question"


@pytest.mark.parametrize(
    ("login", "item", "document", "status"),
    [
        ("marseille", "form", "form", 404),
        ("lille", "form", "question", 404),
        ("sylvie", "report", "report", 403),
        ("auditor", "form", "form", 403),
    ],
)
def test_who_may_not(world: World, login: str, item: str, document: str, status: int) -> None:
    client = world.signed_in("audrey" if login == "auditor" else login)
    before = _document(world, document).model_dump()
    assert _type(world, client, item, document, "quote").status_code == status
    assert _document(world, document).model_dump() == before
    assert _journal(world, Kind.DOCUMENT_SORTED) == []


def test_a_supervisor_may_close_what_they_could_open_and_not_open_it_again(world: World) -> None:
    sylvie = world.signed_in("sylvie")
    assert _type(world, sylvie, "form", "form", "other").status_code == 303
    assert _type(world, sylvie, "form", "form", "lecture").status_code == 403
    assert _document(world, "form").confidentiality == "medical"
    shown = sylvie.get(f"/elements/{world.office.items['form']}").text
    assert "Revenir à ce que la machine avait lu" not in shown
    assert "Seul qui peut ouvrir ce document" in shown


def test_what_the_machine_read_is_given_back(world: World) -> None:
    medard = world.signed_in("medard")
    assert _type(world, medard, "report", "report", "lecture").status_code == 409
    assert _type(world, medard, "report", "report", "quote").status_code == 303
    assert _type(world, medard, "report", "report", "invoice").status_code == 303
    assert (_document(world, "report").read_kind, _document(world, "report").kind) == (
        "medical-report",
        "invoice",
    )
    assert _type(world, medard, "report", "report", "lecture").status_code == 303
    paper = _document(world, "report")
    assert (paper.kind, paper.confidentiality, paper.sorted_by) == ("medical-report", "medical", None)
    assert "donné par" not in medard.get(f"/elements/{world.office.items['report']}").text
    actions = [event["action"] for event in _journal(world, Kind.DOCUMENT_SORTED)]
    assert actions == ["withdrawn", "given", "given"]


def test_a_version_is_acted_on_once_and_a_finished_item_not_at_all(world: World) -> None:
    lille = world.signed_in("lille")
    path = f"/elements/{world.office.items['form']}/documents/{world.office.documents['form']}/type"
    form = {"csrf": web.csrf(lille, "/compte"), "version": "1", "genre": "other"}
    assert lille.post(path, data=form).status_code == 303
    assert lille.post(path, data={**form, "genre": "medical-report"}).status_code == 409
    assert _document(world, "form").kind == "other"
    with world.house.database.transaction() as session:
        cases.change_item(session, world.office.items["form"], 2, state=ItemState.DONE)
    assert lille.post(path, data={**form, "version": "3", "genre": "medical-report"}).status_code == 409
    unknown = {**form, "version": "3", "genre": "inconnu"}
    assert lille.post(path, data=unknown).status_code == 409


def test_a_form_that_was_not_read_says_which_fields_a_person_may_type(world: World) -> None:
    agathe = world.signed_in("agathe")
    item, number = world.office.items["question"], world.office.documents["question"]
    assert _type(world, agathe, "question", "question", "se352-301").status_code == 303
    page = html.unescape(agathe.get(f"/elements/{item}").text)
    assert "champs de ce formulaire n’ont pas été lus" in page
    assert "Le document n’est pas relu" in page
    field = f"/elements/{item}/documents/{number}/champs/start_date"
    assert f'href="{field}"' in page
    assert agathe.get(field).status_code == 200
    form = {"csrf": web.csrf(agathe, "/compte"), "valeur": "05/10/2026"}
    form["version"] = str(item_of(world, "question").version)
    assert agathe.post(field, data=form).status_code == 303
    assert f'<li><a href="{field}"' not in agathe.get(f"/elements/{item}").text


def test_what_another_form_lacked_is_no_longer_asked_for(world: World) -> None:
    lille = world.signed_in("lille")
    page = f"/elements/{world.office.items['form']}"
    letter = f"{page}/lettre?modele=demande-complement"
    assert "n’est pas signé" in lille.get(page).text
    assert _type(world, lille, "form", "form", "identity-document").status_code == 303
    assert "n’est pas signé" not in lille.get(page).text
    assert "pas signé" not in lille.get(letter).text
    assert _type(world, lille, "form", "form", "lecture").status_code == 303
    assert "n’est pas signé" in lille.get(page).text


def test_a_document_that_becomes_a_form_gives_its_period_in_the_same_commit(world: World) -> None:
    medard, number = world.signed_in("medard"), world.office.documents["report"]
    with world.house.database.transaction() as session:
        for name, day in (("requested_start", "2027-02-01"), ("requested_end", "2027-03-31")):
            documents.correct(session, number, name, day, day, "medard", world.clock.now())
    assert _type(world, medard, "report", "report", "se352-302-request").status_code == 303
    with world.house.database.reading() as session:
        (period,) = (p for p in cases.periods(session, 1) if p.document_id == number)
        kinds = [event.kind for event in sheets.journal(session, None, 50)]
    assert (period.status, str(period.starts)) == (PeriodStatus.REQUESTED, "2027-02-01")
    assert kinds.index(Kind.PERIOD_ADDED) < kinds.index(Kind.DOCUMENT_SORTED)


def test_a_document_that_is_no_form_any_more_covers_nothing_until_it_is_one_again(world: World) -> None:
    lille, number = world.signed_in("lille"), world.office.documents["form"]

    def standing() -> list[bool]:
        with world.house.database.reading() as session:
            return [p.stands for p in cases.periods(session, 1) if p.document_id == number]

    assert standing() == [True]
    assert _type(world, lille, "form", "form", "identity-document").status_code == 303
    assert standing() == [False]
    assert _type(world, lille, "form", "form", "lecture").status_code == 303
    assert standing() == [True]


def test_a_program_says_it_too_under_the_version_it_read(world: World) -> None:
    lille, path = program(world, "lille"), f"/items/{world.office.items['form']}"
    where = f"{path}/documents/{world.office.documents['form']}/type"
    tag = tag_of(lille, path)
    done = call(lille, where, "k1", tag, kind="medical-report")
    assert (done.status_code, done.json()["done"]) == (200, "type"), done.text
    assert call(lille, where, "k2", tag, kind="quote").status_code == 412
    refused = call(lille, where, "k3", tag_of(lille, path), kind="quote")
    assert refused.status_code == 403
    shown = lille.get(f"/api/v1{path}").json()["documents"][0]
    assert (shown["open"], shown["kind"], shown["fields"]) == (False, "medical-report", [])
    assert (shown["given"]["by"], shown["given"]["read_kind"]) == ("lille", "se352-301")
    nothing = call(lille, where, "k4", tag_of(lille, path))
    assert nothing.status_code == 422
    back = call(lille, where, "k5", tag_of(lille, path), kind=None)
    assert back.status_code == 403
