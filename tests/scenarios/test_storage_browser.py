"""What a browser keeps of our pages: the address of a list, no page; going back asks the server again."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from storage import sessions
from tests.worlds import browser as chrome
from tests.worlds.browser import chromium
from tests.worlds.web import World

__all__ = ["chromium"]
pytestmark = pytest.mark.chromium

QUEUE = "/files/cnse-administratif"
KEPT = "[{...sessionStorage}, localStorage.length]"


def test_a_filtered_list_is_not_kept_and_back_shows_it_from_the_server(
    world: World, chromium: Browser
) -> None:
    context = chromium.new_context(locale="fr-FR", viewport={"width": 1360, "height": 860})
    page = chrome.sign_in(world, context, "agathe").page
    page.goto(world.address + QUEUE)
    with page.expect_response(lambda answer: f"{QUEUE}?" in answer.url):
        page.locator("form.filters select").first.select_option(index=1)
    page.wait_for_url("**?*")
    address = page.url.removeprefix(world.address)
    assert page.evaluate(KEPT) == [{"htmx-current-path-for-history": address}, 0]
    page.evaluate("history.back()")
    expect(page).to_have_url(world.address + QUEUE)
    expect(page.locator("#liste tbody tr")).to_have_count(3)
    with world.house.database.transaction() as session:
        sessions.close_sessions(session, "agathe")
    page.evaluate("history.forward()")
    expect(page.get_by_label("Mot de passe")).to_be_visible()
    assert "HADDAD" not in str(page.evaluate(KEPT))
    context.close()
