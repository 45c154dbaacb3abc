"""Mailboxes, keys, jobs, directory and circuits as the administrator sees them: states, never content."""

from __future__ import annotations

from datetime import timedelta

import pytest
from markupsafe import escape

from gateway.clock import TurnableClock
from gateway.web.admin.house import expiry_tone
from tests.builders import seed
from tests.builders.desk import CNSE, Desk
from tests.worlds.web import World

PAGES = (
    "/administration/boites",
    "/administration/annuaire",
    "/administration/circuits",
    "/administration/circuits/soins-programmes-algerie",
    "/administration/cles",
    "/administration/travaux",
)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_of_the_administrator_holds_a_document_or_a_patient(world: World, page: str) -> None:
    answer = world.signed_in("adam").get(page)
    assert answer.status_code == 200
    for word in (seed.SECRET, "HADDAD", "Haddad", "/documents/", "/elements/", "/dossiers/"):
        assert word not in answer.text, (page, word)


def test_a_mailbox_says_what_came_and_which_key_opens(world: World, desk: Desk) -> None:
    ring = world.house.vault.ring
    before = world.signed_in("adam").get("/administration/boites").text
    assert "aucune clé" in before
    for box in world.house.circuits.by_name["soins-programmes-algerie"].mailboxes:
        ring.add_identity(box.address, "cle", desk.keys.of(CNSE).pem)
    shown = world.signed_in("adam").get("/administration/boites").text
    assert "aucune clé" not in shown
    assert "RSA" in shown or "EC" in shown
    keys = world.signed_in("adam").get("/administration/cles").text
    assert ring.active_id in keys
    assert "BEGIN PUBLIC KEY" in keys
    assert "PRIVATE" not in keys


def test_a_key_file_that_does_not_read_is_said_and_hides_no_other(world: World) -> None:
    ring = world.house.vault.ring
    ring.add_identity(
        "ailleurs@x.fr", "cassee", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    )
    shown = world.signed_in("adam").get("/administration/cles").text
    assert "boîte d’aucun circuit" in shown
    assert "illisible" in shown


def test_every_rule_shows_its_source_and_whether_it_is_confirmed(world: World) -> None:
    shown = world.signed_in("adam").get("/administration/circuits/soins-programmes-algerie").text
    circuit = world.house.circuits.by_name["soins-programmes-algerie"]
    assert shown.count("à confirmer") >= sum(rule.status != "confirmed" for rule in circuit.deadlines) > 0
    for rule in circuit.deadlines:
        assert rule.title.replace("'", "’") in shown
    for form in circuit.templates.values():
        assert escape(form.source) in shown
    for kind in circuit.kinds:
        assert escape(circuit.title_of(kind.name).replace("'", "’")) in shown
    for check in circuit.registration.checks if circuit.registration else ():
        assert "Vérification : " + check.title.replace("'", "’") in shown
    assert shown.count("Aucun texte : choix de ce circuit") == shown.count(">sans source</span>") > 20
    assert circuit.contestations is not None
    assert escape(circuit.contestations.request.basis.replace("'", "’")) in shown
    assert escape(circuit.contestations.expertise_basis[0].replace("'", "’")) in shown
    assert world.signed_in("adam").get("/administration/circuits/inconnu").status_code == 404


def test_a_certificate_warns_a_month_ahead(clock: TurnableClock) -> None:
    now = clock.now()
    tones = [expiry_tone(now + timedelta(days=days), now) for days in (-1, 0, 29, 30, 31)]
    assert tones == ["bad", "bad", "warn", "warn", "good"]
    assert expiry_tone(None, now) == "bad"
