"""A form rejected and taken back in a real browser: the item, its case, both schemes, wide and narrow."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.builders import seed
from tests.worlds import browser as chrome
from tests.worlds.browser import Witness, chromium
from tests.worlds.web import World

__all__ = ["chromium"]
pytestmark = pytest.mark.chromium


def _clean(witness: Witness, title: str) -> None:
    """axe finds nothing, everything unfolded; nothing sticks out at 200 % and at 390 pixels."""
    page = witness.page
    assert (witness.foreign, witness.complaints) == ([], []), title
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert chrome.violations(page) == [], (title, scheme)
    page.emulate_media(color_scheme="light")
    for width in (chrome.DESK[0] // 2, 390):
        assert not chrome.overflow(page, width), (title, width)
    page.set_viewport_size({"width": chrome.DESK[0], "height": chrome.DESK[1]})
    witness.complaints.clear()  # axe speaks to sandboxed frames, which do not answer


def test_rejecting_a_form_strikes_its_period_and_offers_the_letter(world: World, chromium: Browser) -> None:
    witness = chrome.sign_in(world, chromium.new_context(locale="fr-FR"), "lille")
    page = witness.page
    item = f"{world.address}/elements/{world.office.items['form']}"
    page.goto(item, wait_until="networkidle")
    page.get_by_text("Rejeter ce document").click()
    expect(page.get_by_text("elle ne couvre plus et ses échéances sont levées")).to_be_visible()
    page.get_by_label("Pourquoi ce document est rejeté").fill("La page est coupée.")
    page.get_by_role("button", name="Rejeter", exact=True).click()
    expect(page.get_by_text("Document rejeté", exact=True)).to_be_visible()
    expect(page.locator(".head .badge.warn", has_text="à compléter")).to_be_visible()
    anew = page.get_by_role("link", name="Demander un nouveau document")
    expect(anew).to_be_visible()
    _clean(witness, "item")

    page.goto(f"{world.address}/dossiers/{seed.CASE}", wait_until="networkidle")
    assert page.locator(".life rect.struck:visible").count() == 2, "the bar and the legend"
    expect(page.locator("tr.struck .badge")).to_have_text("écartée")
    expect(page.get_by_text("Aucune période accordée n’est connue.")).to_be_visible()
    _clean(witness, "case")

    page.goto(item, wait_until="networkidle")
    page.get_by_role("button", name="Revenir sur ce jugement").click()
    expect(anew).to_have_count(0)
    page.goto(f"{world.address}/dossiers/{seed.CASE}", wait_until="networkidle")
    assert page.locator(".life rect.struck").count() == 0
