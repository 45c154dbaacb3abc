"""The pages in a real browser: Chromium, as people use them, and nothing fetched from another host."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from gateway.clock import TurnableClock
from storage.db import Database
from tests.builders import seed
from tests.worlds import web
from tests.worlds.web import World

pytestmark = pytest.mark.chromium

AXE = (Path(__file__).parents[1] / "vendor" / "axe.min.js").read_text("utf-8")
"""axe-core 4.14.1 (MPL-2.0), used by this test alone."""
_ASK_AXE = """async () => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  const found = await axe.run(document, {resultTypes: ["violations"]});
  return found.violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html).join(" | ")}`);
}"""

PAGES = {
    "agathe": ("/files", "/files/cnse-administratif", "/elements/{request}", "/elements/{question}"),
    "lille": ("/elements/{form}", f"/dossiers/{seed.CASE}"),
    "medard": ("/elements/{report}",),
    "sylvie": ("/files", "/mis-de-cote", "/elements/{report}", "/recherche?q=haddad"),
    "audrey": ("/journal",),
    "adam": (
        "/personnes",
        "/personnes/agathe",
        "/administration/droits",
        "/administration/sessions",
        "/administration/jetons",
        "/administration/boites",
        "/administration/annuaire",
        "/administration/circuits",
        "/administration/circuits/soins-programmes-algerie",
        "/administration/cles",
        "/administration/travaux",
        "/compte",
        "/connexion/activation",
    ),
}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    found = shutil.which("chromium")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is not installed")
        pytest.skip("Chromium is not installed: its tests are skipped")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path, clock: TurnableClock) -> Iterator[World]:
    built = web.build(sqlite_database, tmp_path, clock)
    built.start()
    yield built
    built.stop()


class Witness:
    """What a page asked for and complained of."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.foreign: list[str] = []
        self.complaints: list[str] = []
        self._address = address
        page.on("request", self._asked)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(self._address + "/"):
            self.foreign.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)


def _sign_in(world: World, context: BrowserContext, login: str) -> Witness:
    page = context.new_page()
    witness = Witness(page, world.address)
    page.goto(world.address + "/connexion")
    page.get_by_label("Identifiant").fill(login)
    page.get_by_label("Mot de passe").fill(seed.PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url("**/*")
    return witness


@pytest.mark.parametrize(("scheme", "width"), [("light", 1360), ("dark", 1360), ("light", 390)])
def test_every_page_fits_is_clean_and_stays_at_home(
    world: World, chromium: Browser, scheme: str, width: int
) -> None:
    looked_at = 0
    for login, paths in PAGES.items():
        context = chromium.new_context(
            viewport={"width": width, "height": 860},
            color_scheme="dark" if scheme == "dark" else "light",
            locale="fr-FR",
        )
        witness = _sign_in(world, context, login)
        for path in paths:
            address = world.address + path.format(**{k: str(v) for k, v in world.office.items.items()})
            answer = witness.page.goto(address, wait_until="networkidle")
            assert answer is not None
            assert answer.status == 200, address
            wide = witness.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert wide <= 0, (address, width, wide)
            assert witness.page.locator("h1").count() == 1
            looked_at += 1
        assert witness.foreign == []
        assert witness.complaints == []
        context.close()
    assert looked_at == sum(len(paths) for paths in PAGES.values())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page_everything_unfolded(
    world: World, chromium: Browser, scheme: str
) -> None:
    found: dict[str, list[str]] = {}
    for login, paths in PAGES.items():
        context = chromium.new_context(
            viewport={"width": 1360, "height": 860}, color_scheme="dark" if scheme == "dark" else "light"
        )
        page = _sign_in(world, context, login).page
        form = f"/elements/{{form}}/documents/{world.office.documents['form']}/champs/amount"
        for path in (*paths, *((form,) if login == "lille" else ()), "/deconnexion"):
            address = world.address + path.format(**{k: str(v) for k, v in world.office.items.items()})
            page.goto(address, wait_until="networkidle")
            page.evaluate(AXE)
            found[f"{login} {path}"] = page.evaluate(_ASK_AXE)
        context.close()
    page = chromium.new_page(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(world.address + "/connexion")
    page.evaluate(AXE)
    found["/connexion"] = page.evaluate(_ASK_AXE)
    page.close()
    assert len(found) > len(PAGES)
    assert {path: violations for path, violations in found.items() if violations} == {}


def test_a_field_and_its_rectangle_light_up_together(world: World, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 1360, "height": 860})
    page = _sign_in(world, context, "lille").page
    page.goto(f"{world.address}/elements/{world.office.items['form']}", wait_until="networkidle")
    row = page.locator("tr[data-champ]").filter(has_text="Montant").first
    name = row.get_attribute("data-champ")
    rectangle = page.locator(f"rect[data-champ={name}]")
    row.hover()
    assert "lit" in (rectangle.get_attribute("class") or "")
    page.mouse.move(5, 5)
    assert "lit" not in (rectangle.get_attribute("class") or "")
    rectangle.scroll_into_view_if_needed()
    rectangle.hover()
    assert "lit" in (row.get_attribute("class") or "")
    context.close()


def test_a_rectangle_lies_on_the_widget_it_was_read_from(world: World, chromium: Browser) -> None:
    """The first widget of the form is 77 to 121 points from the left, on a page of 595."""
    context = chromium.new_context(viewport={"width": 1360, "height": 860})
    page = _sign_in(world, context, "lille").page
    page.goto(f"{world.address}/elements/{world.office.items['form']}", wait_until="networkidle")
    image = page.locator("figure.page img").bounding_box()
    drawn = page.locator("figure.page rect").first.bounding_box()
    assert image is not None
    assert drawn is not None
    scale = image["width"] / 595.28
    assert drawn["x"] - image["x"] == pytest.approx(76.86 * scale, abs=2)
    assert drawn["y"] - image["y"] == pytest.approx((841.89 - 774.39) * scale, abs=2)
    assert drawn["height"] == pytest.approx(14 * scale, abs=2)
    context.close()


def test_a_day_of_the_administrative_service(world: World, chromium: Browser) -> None:
    """Filter the queue without reloading, open the oldest, take it, finish it, leave."""
    context = chromium.new_context(viewport={"width": 1360, "height": 860})
    page = _sign_in(world, context, "agathe").page
    page.get_by_role("link", name="CNSE – service administratif").click()
    page.get_by_label("État").select_option("nouveaux")
    page.wait_for_url("**etat=nouveaux**")
    assert page.locator("#liste tbody tr").count() == 2
    page.locator("#liste tbody tr a").last.click()
    page.get_by_role("button", name="Prendre").click()
    page.get_by_role("button", name="Terminer").click()
    assert page.get_by_role("status").inner_text() == "L’élément est terminé."
    page.get_by_role("button", name="Quitter").click()
    page.goto(world.address + "/files")
    assert "/connexion" in page.url
    context.close()


def test_another_caisse_and_a_medical_report_by_their_addresses(world: World, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 1360, "height": 860})
    page = _sign_in(world, context, "lille").page
    for key, status in (("marseille", 404), ("report", 404), ("form", 200)):
        answer = page.goto(f"{world.address}/elements/{world.office.items[key]}")
        assert answer is not None
        assert answer.status == status
    answer = page.goto(f"{world.address}/documents/{world.office.documents['report']}/page/1.png")
    assert answer is not None
    assert answer.status == 403
    assert "secret médical" in page.inner_text("main")
    context.close()


def test_everything_by_the_keyboard(world: World, chromium: Browser) -> None:
    """Down the list, open, take, finish, back to the queue, help, search."""
    context = chromium.new_context(viewport={"width": 1360, "height": 860})
    page = _sign_in(world, context, "agathe").page
    page.goto(f"{world.address}/files/cnse-administratif")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    assert page.locator('tr[aria-selected="true"]').count() == 1
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/elements/{world.office.items['question']}")
    page.keyboard.press("a")
    page.wait_for_url("**fait=prendre")
    page.keyboard.press("e")
    page.wait_for_url("**fait=terminer")
    page.keyboard.press("u")
    page.wait_for_url("**/files/cnse-administratif")
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog").is_visible()
    page.keyboard.press("/")
    page.keyboard.type("hadad jj")
    assert page.locator("#recherche").input_value() == "hadad jj"
    page.locator("#recherche").fill("hadad")
    page.keyboard.press("Enter")
    page.wait_for_url("**/recherche?q=hadad")
    assert seed.CASE in page.inner_text("main")
    context.close()
