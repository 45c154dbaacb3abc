"""A mail about two people: whoever works one meets nothing of the other, by no address."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from httpx import Client

from storage import findable
from storage.cases import Case, CaseDocument, Item
from storage.deliveries import Delivery
from storage.documents import Document, facts_of
from storage.outbox import OutboxEntry, OutboxState
from tests.builders import seed, seed_papers
from tests.builders.office import (
    ADMINISTRATIVE_BOX,
    AT,
    CIRCUIT,
    HOSPITAL,
    Office,
    filed,
    paper,
    reading,
    received,
    work,
)
from tests.worlds import web
from tests.worlds.web import World

HERS, HIS = "LECLERQZ", "BETAPATIENTZ"
"""The person of Lille's form, and the person of Marseille's."""
HIS_CASE = "SPA-2026-00077"
SUBJECT = f"Deux attestations, {HERS} et {HIS}"
NIR = "1 56 12 13 1 123456"


@dataclass(frozen=True)
class Shared:
    """The ids of what the mail brought."""

    hers: int
    his: int
    item: int
    other: int
    letter: int


@pytest.fixture
def shared(world: World) -> Shared:
    """Two forms, two caisses, two items that hold one each; a letter about the second person."""
    office = world.office
    with world.house.database.transaction() as session:
        there = Office(session, office.vault)
        mail = received(there, "shared", AT, subject=SUBJECT)
        hers = _form(there, mail, "hers", HERS, 1)
        his = _form(there, mail, "his", HIS, 2)
        case = Case(
            reference=HIS_CASE,
            circuit=CIRCUIT,
            opened_at=AT,
            opened_by_delivery=mail.sha256,
            patient_name=HIS,
            caisse="131",
        )
        session.add(case)
        session.flush()
        filed(session, case, his)
        item = work(there, "hers", mail, "cpam-595", kind="se352-301", title="Attestation", case=None)
        other = work(there, "his", mail, "cpam-131", kind="se352-301", title="Attestation", case=case)
        item.positions, other.positions = [1], [2]
        session.add_all([item, other])
        letter = OutboxEntry(
            message_id="<lettre-partagee@passerelle.example>",
            circuit=CIRCUIT,
            letter="identification-provisoire",
            mailbox=ADMINISTRATIVE_BOX,
            recipient=HOSPITAL,
            subject=f"Identification de {HIS}",
            raw_sha256=office.vault.put(f"Subject: x\r\n\r\n{HIS} {NIR}\r\n".encode()),
            state=OutboxState.SENT,
            created_at=AT,
            next_attempt_at=AT,
            delivery=mail.sha256,
            case_id=case.id,
            protection="encrypted",
        )
        session.add(letter)
        session.flush()
        for document, name in ((hers, HERS), (his, HIS)):
            findable.keep_text(session, document.id or 0, document.confidentiality, name)
        findable.everything(session)
        return Shared(hers.id or 0, his.id or 0, item.id or 0, other.id or 0, letter.id or 0)


def _form(office: Office, mail: Delivery, key: str, name: str, position: int) -> Document:
    content = seed_papers.form_request() + f"\n% {name}".encode()
    document = paper(office, mail, key, content, name=f"{name}.pdf", kind="se352-301", position=position)
    office.session.add(reading(document, "patient_name", name, name, 0.9))
    office.session.flush()
    return document


def _refused(client: Client, address: str, absent: str) -> None:
    answer = client.get(address)
    assert answer.status_code in {403, 404}, (address, answer.status_code)
    assert absent not in answer.text


def test_her_page_tells_nothing_of_him(world: World, shared: Shared) -> None:
    lille = world.signed_in("lille")
    page = lille.get(f"/elements/{shared.item}")
    assert page.status_code == 200
    assert HERS in page.text
    assert HIS not in page.text
    assert "parle aussi d’une autre personne" in page.text
    assert lille.get(f"/documents/{shared.hers}/original").status_code == 200
    link = f"/elements/{shared.item}"
    assert link in lille.get("/recherche", params={"q": HERS}).text
    assert link not in lille.get("/recherche", params={"q": HIS}).text


def test_no_address_of_his_opens_for_her(world: World, shared: Shared) -> None:
    lille = world.signed_in("lille")
    for address in (
        f"/documents/{shared.his}/original",
        f"/documents/{shared.his}/page/1.png",
        f"/elements/{shared.item}/message.eml",
        f"/elements/{shared.item}/documents/{shared.his}/champs/patient_name",
        f"/elements/{shared.item}/lettres/{shared.letter}",
        f"/elements/{shared.item}/lettres/{shared.letter}/page",
        f"/elements/{shared.item}/lettres/{shared.letter}?octets=oui",
        f"/elements/{shared.other}",
        f"/dossiers/{HIS_CASE}",
        f"/api/v1/items/{shared.other}",
    ):
        _refused(lille, address, HIS)


def test_she_changes_nothing_of_his(world: World, shared: Shared) -> None:
    lille = world.signed_in("lille")
    token = web.csrf(lille, f"/elements/{shared.item}")
    there = f"/elements/{shared.item}/documents/{shared.his}"
    for address, form in (
        (f"{there}/champs/patient_name", {"valeur": "PIRATE", "version": "1"}),
        (f"{there}/lecture", {"verbe": "rejeter", "motif": "non"}),
        (f"{there}/mot-de-passe", {"passe": "x", "version": "1"}),
    ):
        answer = lille.post(address, data={"csrf": token, **form})
        assert answer.status_code == 404, address
    with world.house.database.reading() as session:
        assert {fact.value for fact in facts_of(session, [shared.his])} == {HIS}


def test_her_choice_of_a_case_leaves_his_item_alone(world: World, shared: Shared) -> None:
    lille, marseille = world.signed_in("lille"), world.signed_in("marseille")
    with world.house.database.transaction() as session:
        other = session.get_one(Item, shared.other)
        other.case_id = None
        session.add(other)
        row = session.get_one(CaseDocument, shared.his)
        session.delete(row)
    page = lille.get(f"/elements/{shared.item}").text
    form = {"csrf": web.csrf(lille, f"/elements/{shared.item}"), "version": "1", "reference": seed.CASE}
    assert "patient" in page
    assert lille.post(f"/elements/{shared.item}/dossier", data=form).status_code == 303
    assert HERS in lille.get(f"/dossiers/{seed.CASE}").text
    assert marseille.get(f"/dossiers/{seed.CASE}").status_code == 404
    with world.house.database.reading() as session:
        assert session.get_one(Item, shared.item).case_id == 1
        assert session.get_one(Item, shared.other).case_id is None


def test_those_who_read_both_have_the_whole_mail(world: World, shared: Shared) -> None:
    sylvie = world.signed_in("sylvie")
    assert sylvie.get(f"/documents/{shared.his}/original").status_code == 200
    assert sylvie.get(f"/elements/{shared.item}/message.eml").status_code == 200
    assert SUBJECT in sylvie.get(f"/elements/{shared.item}").text
    assert HIS in sylvie.get(f"/dossiers/{HIS_CASE}").text


def test_a_case_opens_its_own_document_not_its_mail(world: World, shared: Shared) -> None:
    """The CNSE filed both; whoever reads one of the two cases meets one of the two forms."""
    with world.house.database.transaction() as session:
        for item in (session.get_one(Item, shared.item), session.get_one(Item, shared.other)):
            item.queue = "cnse-administratif"
            item.part = item.id or 0
            session.add(item)
        session.add(CaseDocument(document_id=shared.hers, case_id=1, filed_at=AT))
    lille = world.signed_in("lille")
    assert lille.get(f"/documents/{shared.hers}/original").status_code == 200
    _refused(lille, f"/documents/{shared.his}/original", HIS)
    assert HIS not in lille.get(f"/dossiers/{seed.CASE}").text


def test_a_subject_stays_hidden_from_the_part_without_the_medical_page(world: World) -> None:
    """A mail cut in two keeps one subject: it may name what the other part holds."""
    with world.house.database.transaction() as session:
        mail = session.get_one(Delivery, world.office.deliveries["mixed"])
        mail.subject = f"Compte rendu {seed.SECRET}"
        session.add(mail)
        item = session.get_one(Item, world.office.items["mixed"])
        item.positions = [1]
        session.add(item)
    page = world.signed_in("agathe").get(f"/elements/{world.office.items['mixed']}")
    assert page.status_code == 200
    assert seed.SECRET not in page.text
