"""Pages of letters, certificates, failed addresses: who sees them, what a person decides, what is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.clock import TurnableClock
from gateway.evidence.record import Kind
from gateway.outbound.compose import Draft
from gateway.outbound.protect import protect
from storage import addresses, certbook, outbox
from storage.cases import Item
from storage.certbook import CertificateState, KnownCertificate
from storage.outbox import OutboxEntry
from tests.builders import pki, seed
from tests.builders.seen import AT, circuit
from tests.worlds import web
from tests.worlds.web import World

CIRCUIT = "soins-programmes-algerie"
WHO = "ri@chu.example"


def _seen(world: World, days: int = 20) -> int:
    one = pki.create(AT).issue(WHO, kind="rsa")
    with world.house.database.transaction() as session:
        certbook.propose(
            session,
            KnownCertificate(
                address=WHO, fingerprint="a" * 64, der=one.der, subject="CHU <script>", issuer="AC",
                not_before=AT, not_after=AT + timedelta(days=days), verdict="signer", seen_at=AT,
            ),
        )  # fmt: skip
        (row,) = certbook.listed(session, [CertificateState.PROPOSED], 5)
    return row.id or 0


@pytest.mark.parametrize("login", ["adam", "sylvie"])
def test_every_model_is_listed_and_seen_both_ways(world: World, login: str) -> None:
    client = world.signed_in(login)
    listed = client.get("/lettres").text
    letters = world.house.circuits.by_name[CIRCUIT].letters
    for name, letter in letters.items():
        assert f"/lettres/{CIRCUIT}/{name}" in listed
        for way in ("", "?chiffree=oui"):
            shown = client.get(f"/lettres/{CIRCUIT}/{name}{way}")
            assert shown.status_code == 200
            assert f'src="/lettres/{CIRCUIT}/{name}/page{way}"' in shown.text
            assert "<iframe sandbox" in shown.text
            framed = client.get(f"/lettres/{CIRCUIT}/{name}/page{way}")
            assert framed.text.startswith("<!DOCTYPE html>")
            assert framed.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
            assert framed.headers["x-frame-options"] == "SAMEORIGIN"
        if letter.content != "plain":
            assert "part à sa place" in client.get(f"/lettres/{CIRCUIT}/{name}").text
    assert client.get(f"/lettres/{CIRCUIT}/absente").status_code == 404
    assert client.get("/lettres/absent/rappel-echeance/page").status_code == 404


def test_a_certificate_is_decided_once_by_name(world: World) -> None:
    number, client = _seen(world), world.signed_in("adam")
    shown = client.get("/administration/certificats").text
    assert "CHU &lt;script&gt;" in shown
    assert "inconnu de l’annuaire" in shown
    assert "expire dans 20\u00a0jours" in shown
    assert "attend" in client.get("/administration/annuaire").text
    form = {"csrf": web.csrf(client, "/administration/certificats")}
    done = client.post(f"/administration/certificats/{number}/confirmer", data=form)
    assert (done.status_code, "certificat-confirmed" in done.headers["location"]) == (303, True)
    assert client.post(f"/administration/certificats/{number}/confirmer", data=form).status_code == 409
    assert client.post(f"/administration/certificats/{number}/autre", data=form).status_code in {404, 422}
    after = client.get("/administration/certificats").text
    assert "par Adam Rio le" in after
    assert "avant un mois" in after
    with world.house.database.reading() as session:
        (event,) = world.house.recorder.events(session, [f"certificate:{number}"])
        row = certbook.get(session, number)
    assert event.kind == Kind.CERTIFICATE
    assert row is not None
    assert (row.state, row.decided_by) == (CertificateState.CONFIRMED, "adam")


def test_an_expired_certificate_cannot_be_confirmed(world: World, clock: TurnableClock) -> None:
    number, client = _seen(world), world.signed_in("adam")
    clock.set(AT + timedelta(days=21))
    client = world.signed_in("adam")
    shown = client.get("/administration/certificats").text
    assert f"/administration/certificats/{number}/confirmer" not in shown
    form = {"csrf": web.csrf(client, "/administration/certificats")}
    assert client.post(f"/administration/certificats/{number}/confirmer", data=form).status_code == 409


def test_a_failed_address_is_replaced_then_cleared(world: World) -> None:
    with world.house.database.transaction() as session:
        addresses.flag(session, WHO, AT, "5.1.1 user unknown <b>", "<1@x>")
    client = world.signed_in("adam")
    shown = client.get("/administration/annuaire").text
    assert "Adresses à corriger" in shown
    assert "5.1.1 user unknown &lt;b&gt;" in shown
    page = "/administration/annuaire/adresses"
    form = {"csrf": web.csrf(client, "/administration/annuaire"), "adresse": WHO, "suite": "remplacer"}
    ours = world.house.circuits.by_name[CIRCUIT].mailboxes[0].address
    for wrong in ("", "rien", ours):
        assert client.post(page, data={**form, "remplacement": wrong}).status_code == 409, wrong
    assert client.post(page, data={**form, "remplacement": "neuf@chu.example"}).status_code == 303
    assert "neuf@chu.example" in client.get("/administration/annuaire").text
    assert client.post(page, data={**form, "suite": "lever"}).status_code == 303
    assert "Adresses à corriger" not in client.get("/administration/annuaire").text
    assert client.post(page, data={**form, "adresse": "x@y.example", "suite": "lever"}).status_code == 404
    with world.house.database.reading() as session:
        events = world.house.recorder.events(session, ["outbox:<1@x>"])
    assert [event.kind for event in events] == [Kind.ADDRESS, Kind.ADDRESS]


def _letter(world: World, certificate: bytes | None = None) -> str:
    item_id = world.office.items["question"]
    draft = Draft(
        circuit=CIRCUIT, letter="question-recue", mailbox=circuit().mailboxes[0], recipient=WHO,
        subject="Votre question", text="Bonjour,\n", html="<!DOCTYPE html><h1>Bonjour</h1>",
        message_id=f"<{bool(certificate)}@x>", at=AT,
    )  # fmt: skip
    raw = protect(draft, None, certificate=certificate).raw
    with world.house.database.transaction() as session:
        item = session.get(Item, item_id)
        assert item is not None
        made = outbox.queue(
            session,
            OutboxEntry(
                message_id=draft.message_id, circuit=CIRCUIT, letter=draft.letter, mailbox="b@x.example",
                recipient=WHO, subject="S", raw_sha256=world.house.vault.put(raw, "letter"),
                delivery=item.delivery, created_at=AT, next_attempt_at=AT,
            ),
        )  # fmt: skip
    assert made is not None
    return f"/elements/{item_id}/lettres/{made.id}"


def test_a_kept_letter_is_shown_as_it_left(world: World) -> None:
    client = world.signed_in("sylvie")
    place = _letter(world)
    assert f'<iframe sandbox src="{place}/page"' in client.get(place).text
    framed = client.get(f"{place}/page")
    assert framed.text.strip() == "<!DOCTYPE html><h1>Bonjour</h1>"
    assert "sandbox" in framed.headers["content-security-policy"]
    sealed = _letter(world, pki.create(AT).issue(WHO, kind="rsa").der)
    assert "partie chiffrée" in client.get(f"{sealed}/page").text
    assert client.get("/elements/1/lettres/999/page").status_code == 404
    with world.house.database.transaction() as session:
        gone = outbox.get(session, int(place.rpartition("/")[2]))
        assert gone is not None
        gone.raw_sha256 = "0" * 64
        session.add(gone)
    assert "conservation est passée" in client.get(f"{place}/page").text


def test_roles(world: World) -> None:
    refused = {"/lettres": ["agathe"], "/administration/certificats": ["agathe", "sylvie"]}
    for page, logins in refused.items():
        for login in logins:
            assert world.signed_in(login).get(page).status_code == 403, (page, login)
    assert seed.PEOPLE
