"""Each role's day, in a real browser on a real house: mails come by the door, people work, letters leave.

Receive, take, correct, confirm, answer, close; two people on one item; what a role may not do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy

import pytest
from playwright.sync_api import Browser, Page, expect

from storage.cases import Case, Item, ItemState
from storage.deliveries import Delivery
from storage.outbox import OutboxEntry
from storage.people import Person
from tests.builders import mails_forms, mails_medical, mails_others, seed
from tests.worlds import contest
from tests.worlds.browser import chromium, enter
from tests.worlds.house import Home

__all__ = ["chromium"]
pytestmark = pytest.mark.chromium


class Day:
    """People at work on one house; each has a window of their own."""

    def __init__(self, home: Home, browser: Browser, address: str) -> None:
        self.home, self.address = home, address
        self._browser = browser
        self.complaints: list[str] = []

    def comes_in(self, login: str) -> Page:
        context = self._browser.new_context(locale="fr-FR", viewport={"width": 1360, "height": 900})
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        enter(page, self.address, login)
        return page

    def item(self, delivery: Delivery, queue: str) -> Item:
        return next(one for one in self.home.rows(Item, delivery=delivery.sha256) if one.queue == queue)

    def letters(self, name: str) -> list[OutboxEntry]:
        return [entry for entry in self.home.rows(OutboxEntry) if entry.letter == name]


@contextmanager
def _day(home: Home, browser: Browser) -> Iterator[Day]:
    with contest.opened(home) as address:
        day = Day(home, browser, address)
        yield day
    assert day.complaints == []


def _opens(page: Page, queue: str) -> None:
    """From the queues to the first item of one of them."""
    page.get_by_role("link", name="Files", exact=True).click()
    page.get_by_role("link", name=queue).first.click()
    page.locator("#liste tbody tr a").first.click()
    expect(page).to_have_url(re.compile("/elements/"))


def _takes(page: Page) -> None:
    page.get_by_role("button", name="Prendre").click()
    expect(page.get_by_role("status").first).to_be_visible()


def _closes(page: Page) -> None:
    page.get_by_role("button", name="Terminer").click()
    expect(page.get_by_role("status").first).to_contain_text("terminé")


def test_a_day_of_the_administrative_service(sqlite_home: Home, chromium: Browser) -> None:
    """A question comes in: taken, answered from the generic mailbox, closed, found again by search."""
    home = sqlite_home
    delivery = home.carry(mails_others.question(home.desk))
    with _day(home, chromium) as day:
        page = day.comes_in("agathe")
        _opens(page, "CNSE – service administratif")
        _takes(page)
        page.get_by_role("link", name="Écrire une lettre").click()
        page.get_by_label("Texte").fill("Bonjour,\n\nVotre demande est en cours d’étude.\n\nCordialement,")
        page.get_by_role("button", name="Voir l’aperçu").click()
        expect(page.get_by_role("heading", name="Aperçu de la lettre")).to_be_visible()
        expect(page.locator(".letter")).to_contain_text("en cours d’étude")
        page.get_by_role("button", name="Envoyer cette lettre").click()
        expect(page.get_by_role("status").first).to_be_visible()
        _closes(page)
    item = day.item(delivery, "cnse-administratif")
    assert item.state is ItemState.DONE
    written = [entry for entry in home.rows(OutboxEntry) if entry.recipient == delivery.sender]
    assert any("en cours d’étude" in _text(home, entry) for entry in written)


def _text(home: Home, entry: OutboxEntry) -> str:
    """What a letter says, whatever its encoding on the wire."""
    message = message_from_bytes(home.house.vault.get(entry.raw_sha256), policy=policy.default)
    body = message.get_body(("plain",))
    return body.get_content() if body is not None else ""


def test_a_day_of_a_caisse(sqlite_home: Home, chromium: Browser) -> None:
    """A form: taken, a value corrected, the reading confirmed, the beneficiary registered, closed."""
    home = sqlite_home
    delivery = home.carry(mails_forms.acroform(home.desk))
    (case,) = home.rows(Case)
    with _day(home, chromium) as day:
        page = day.comes_in("marseille")
        page.locator("main a[href^='/files/cpam-131']").first.click()
        page.locator("#liste tbody tr a").first.click()
        _takes(page)
        page.locator("table.fields a[href$='/champs/patient_name']").first.click()
        field = page.locator("main form input[name=valeur], main form input[type=text]").first
        read = field.input_value()
        field.fill(read + " née BENALI")
        page.locator("main form button.main").first.click()
        expect(page.get_by_role("status").first).to_contain_text("correction")
        expect(page.locator("main")).to_contain_text("née BENALI")
        page.get_by_role("button", name="Tout est juste").first.click()
        expect(page.locator("main")).to_contain_text("Lecture confirmée")
        page.locator(f"main a[href='/dossiers/{case.reference}']").first.click()
        page.get_by_role("link", name="Immatriculer le bénéficiaire").click()
        page.get_by_label("NIR provisoire").fill("6113100000001")
        page.get_by_role("button", name="Inscrire").click()
        expect(page.locator("main")).to_contain_text("6 1131 00000001")
        page.goto(f"{day.address}/elements/{day.item(delivery, 'cpam-131').id}")
        _closes(page)
    assert day.item(delivery, "cpam-131").state is ItemState.DONE


def test_a_day_of_the_medical_pole(sqlite_home: Home, chromium: Browser) -> None:
    """A report comes encrypted: the medical pole alone opens it, and the case says that it was opened."""
    home = sqlite_home
    home.carry(mails_forms.acroform(home.desk))
    (case,) = home.rows(Case)
    delivery = home.carry(mails_medical.report_asked(home.desk, case.reference))
    with _day(home, chromium) as day:
        item = day.item(delivery, "cnse-medical")
        page = day.comes_in("medard")
        _opens(page, "CNSE – pôle médical")
        _takes(page)
        expect(page.locator("figure.page img").first).to_be_visible()
        picture = page.locator("figure.page img").first
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
        page.get_by_role("link", name="Transmettre au service médical de la CNAS").click()
        expect(page.locator("main")).to_contain_text("ne part jamais en clair")
        page.goto(f"{day.address}/elements/{item.id}")
        _closes(page)
        other = day.comes_in("marseille")
        refused = other.goto(f"{day.address}/elements/{item.id}")
        assert refused is not None
        assert refused.status == 404
        other.goto(f"{day.address}/dossiers/{case.reference}")
        expect(other.locator("#ouvertures")).to_contain_text("Médard Kervella")
    assert day.item(delivery, "cnse-medical").state is ItemState.DONE


def test_two_people_on_one_item(sqlite_home: Home, chromium: Browser) -> None:
    """The second is told who holds it, nothing of the first is lost; a supervisor gives it to another."""
    home = sqlite_home
    delivery = home.carry(mails_others.question(home.desk))
    with _day(home, chromium) as day:
        with home.house.database.transaction() as session:
            hashed = seed.quick_passwords().hash(seed.PASSWORD)
            session.add(
                Person(login="bruno", name="Bruno Hamon", password_hash=hashed, roles=["cnse-admin"])
            )
        item = day.item(delivery, "cnse-administratif")
        address = f"{day.address}/elements/{item.id}"
        first, second = day.comes_in("agathe"), day.comes_in("bruno")
        first.goto(address)
        second.goto(address)
        _takes(first)
        second.get_by_role("button", name="Prendre").click()
        expect(second.locator("main")).to_contain_text("rien n’a été changé")
        second.goto(address)
        expect(second.locator("main")).to_contain_text("Agathe Le Goff")
        supervisor = day.comes_in("sylvie")
        supervisor.goto(address)
        supervisor.locator("select[name=personne]").select_option("bruno")
        supervisor.get_by_role("button", name="Confier", exact=True).click()
        expect(supervisor.get_by_role("status").first).to_be_visible()
        first.get_by_role("button", name="Terminer").click()
        expect(first.locator("main")).to_contain_text("rien n’a été changé")
    held = day.item(delivery, "cnse-administratif")
    assert (held.state, held.taken_by) == (ItemState.TAKEN, "bruno")


def test_a_day_of_the_supervisor(sqlite_home: Home, chromium: Browser) -> None:
    """Figures, a mail set aside and sent back to its step, a list taken away as a workbook."""
    home = sqlite_home
    home.carry(mails_others.question(home.desk))
    poison = home.carry(mails_others.poison(home.desk))
    with _day(home, chromium) as day:
        page = day.comes_in("sylvie")
        page.get_by_role("link", name="Tableau", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.get_by_role("link", name="Mis de côté").click()
        expect(page.locator("main")).to_contain_text(poison.sha256[:12])
        page.get_by_role("button", name=f"Relancer le message {poison.sha256[:12]}").click()
        expect(page.get_by_role("status").first).to_be_visible()
    assert home.delivery(poison.sha256).releases == 1


def test_a_day_of_the_auditor_and_of_the_administrator(sqlite_home: Home, chromium: Browser) -> None:
    """The log without the documents; the accounts without either."""
    home = sqlite_home
    delivery = home.carry(mails_others.question(home.desk))
    with _day(home, chromium) as day:
        item = day.item(delivery, "cnse-administratif")
        auditor = day.comes_in("audrey")
        auditor.goto(day.address + "/journal")
        expect(auditor.locator("main")).to_contain_text(delivery.sha256[:12])
        administrator = day.comes_in("adam")
        administrator.goto(day.address + "/personnes")
        expect(administrator.locator("main")).to_contain_text("Agathe Le Goff")
        for page in (auditor, administrator):
            answer = page.goto(f"{day.address}/elements/{item.id}")
            assert answer is not None
            assert answer.status == 403
            assert "devis" not in page.inner_text("main").lower()
