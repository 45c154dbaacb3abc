"""The pages in a real browser: Chromium, as people use them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.builders import seed
from tests.worlds.browser import chromium, sign_in
from tests.worlds.web import World

__all__ = ["chromium"]
pytestmark = pytest.mark.chromium


def test_a_rectangle_lies_on_the_widget_it_was_read_from(world: World, chromium: Browser) -> None:
    """The first widget of the form is 77 to 121 points from the left, on a page of 595."""
    context = chromium.new_context(viewport={"width": 1360, "height": 860})
    page = sign_in(world, context, "lille").page
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
    page = sign_in(world, context, "agathe").page
    page.get_by_role("link", name="CNSE – service administratif", exact=True).click()
    page.get_by_label("État").select_option("nouveaux")
    page.wait_for_url("**etat=nouveaux**")
    assert page.locator("#liste tbody tr").count() == 2
    page.locator("#liste tbody tr a").last.click()
    page.get_by_role("button", name="Prendre").click()
    page.get_by_role("button", name="Terminer").click()
    page.wait_for_url("**/files/cnse-administratif?etat=nouveaux&fait=terminer")
    assert page.get_by_text("L’élément est terminé.").is_visible()
    page.get_by_role("button", name="Quitter").click()
    page.goto(world.address + "/files")
    assert "/connexion" in page.url
    context.close()


def test_another_caisse_and_a_medical_report_by_their_addresses(world: World, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 1360, "height": 860})
    page = sign_in(world, context, "lille").page
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
    page = sign_in(world, context, "agathe").page
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
    page.wait_for_url("**fait=suivant")
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
