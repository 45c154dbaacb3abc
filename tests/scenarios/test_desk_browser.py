"""The desk in a real browser: lists that live, rows ticked by keys, bulk acts; without scripts too."""

from __future__ import annotations

import re
from contextlib import ExitStack
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from storage import cases, sessions
from storage.cases import Item
from storage.sessions import WebSession
from tests.worlds import browser as chrome
from tests.worlds.browser import chromium
from tests.worlds.web import World

__all__ = ["chromium"]
pytestmark = pytest.mark.chromium

QUEUE = "cnse-administratif"


def _change(world: World, key: str, **columns: object) -> None:
    """What a colleague does meanwhile, from elsewhere."""
    with world.house.database.transaction() as session:
        item = session.get_one(Item, world.office.items[key])
        assert cases.change_item(session, item.id or 0, item.version, **columns)


def _open(world: World, browser: Browser, login: str, path: str, **options: object) -> Page:
    context = browser.new_context(viewport={"width": 1360, "height": 860}, locale="fr-FR", **options)  # type: ignore[arg-type]
    page = chrome.sign_in(world, context, login).page
    with ExitStack() as asked:
        for address in ("/flux", *(["/appels/"] if path.startswith("/files/") else [])):
            asked.enter_context(page.expect_response(re.compile(address)))
        page.goto(world.address + path)  # what a page asks for as it opens is asked by its person
    return page


def test_a_list_changes_without_reload_and_keeps_what_was_ticked(world: World, chromium: Browser) -> None:
    page = _open(world, chromium, "agathe", f"/files/{QUEUE}")
    rows = page.locator("#liste tbody tr")
    expect(rows).to_have_count(3)
    page.evaluate("window.still = true")
    row = page.locator(f'#liste tr[data-id="{world.office.items["question"]}"]')
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(row.locator("input")).to_be_checked()
    expect(page.locator("#coches")).to_have_text("1 élément coché")
    _change(world, "mixed", queue="cpam-595")
    expect(rows).to_have_count(2)
    expect(page.locator("#compte")).to_contain_text("2\u00a0éléments ouverts")
    expect(row.locator("input")).to_be_checked()
    expect(row).to_have_attribute("aria-selected", "true")
    expect(row.locator(".title-cell a")).to_be_focused()
    assert page.evaluate("window.still") is True
    page.context.close()


def test_counters_of_every_queue_live_and_stop_with_the_session(world: World, chromium: Browser) -> None:
    page = _open(world, chromium, "lille", "/files")
    line = page.locator('#files [data-label="ouverts"]').first
    expect(line).to_have_text("1")
    _change(world, "mixed", queue="cpam-595")
    expect(line).to_have_text("2")
    with world.house.database.transaction() as session:
        sessions.close_sessions(session, "lille")
    _change(world, "mixed", title="Autre titre")
    expect(page.locator("#direct")).to_be_visible()
    expect(page.locator("#direct")).to_contain_text("votre session a pris fin")
    page.context.close()


def test_a_page_left_open_does_not_keep_its_session(world: World, chromium: Browser) -> None:
    page = _open(world, chromium, "agathe", f"/files/{QUEUE}")
    world.clock.turn(timedelta(minutes=20))
    _change(world, "mixed", queue="cpam-595")
    expect(page.locator("#liste tbody tr")).to_have_count(2)
    with world.house.database.reading() as session:
        (opened,) = sessions.live(session, world.clock.now(), login="agathe")
        assert isinstance(opened, WebSession)
        assert world.clock.now() - opened.seen_at >= timedelta(minutes=19)
    page.context.close()


def test_ticked_rows_are_acted_on_after_one_confirmation(world: World, chromium: Browser) -> None:
    page = _open(world, chromium, "agathe", f"/files/{QUEUE}")
    for _ in range(3):
        page.keyboard.press("j")
        page.keyboard.press("x")
    expect(page.locator("#coches")).to_have_text("3 éléments cochés")
    page.get_by_label("Action sur les éléments cochés").select_option("prendre")
    page.get_by_role("button", name="Voir ce qui sera fait").click()
    expect(page.locator("main")).to_contain_text("Ne sera pas fait")
    page.get_by_role("button", name="Confirmer pour 2").click()
    expect(page.locator("main")).to_contain_text("2\u00a0éléments traités")
    assert chrome.violations(page) == []
    page.get_by_role("link", name="Revenir à la file").click()
    page.wait_for_url(f"**/files/{QUEUE}")
    page.context.close()


def test_keys_on_a_row_act_on_it_and_are_still_while_somebody_types(
    world: World, chromium: Browser
) -> None:
    page = _open(world, chromium, "agathe", f"/files/{QUEUE}")
    page.get_by_text("Filtres").click()
    finess = page.get_by_label("Établissement (FINESS)")
    finess.fill("")
    finess.press_sequentially("jkxa")
    expect(page.locator('tr[aria-selected="true"]')).to_have_count(0)
    assert finess.input_value() == "jkxa"
    page.keyboard.press("Escape")
    expect(finess).to_be_hidden()
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.wait_for_url("**fait=prendre")
    assert f"/elements/{world.office.items['mixed']}" in page.url
    page.keyboard.press("n")
    expect(page.get_by_label("Écrire une note")).to_be_focused()
    page.keyboard.type("ae?")
    assert page.get_by_label("Écrire une note").input_value() == "ae?"
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.context.close()


def test_a_view_is_kept_from_the_filters_shown(world: World, chromium: Browser) -> None:
    page = _open(world, chromium, "agathe", f"/files/{QUEUE}")
    page.get_by_label("Ordre").select_option("echeance")
    page.wait_for_url("**tri=echeance**")
    page.get_by_text("Filtres").click()
    page.locator('select[name="echeance"]').select_option("retard")
    page.wait_for_url("**echeance=retard**")
    expect(page.locator("#liste tbody tr")).to_have_count(1)
    page.keyboard.press("Escape")
    page.get_by_text("Enregistrer cette vue").click()
    page.get_by_label("Nom de la vue").fill("Retards")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    page.wait_for_url("**fait=vue")
    page.goto(world.address + "/files")
    page.get_by_role("link", name="Retards").click()
    expect(page.locator("#liste tbody tr")).to_have_count(1)
    page.context.close()


def test_everything_works_without_scripts(world: World, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="fr-FR")
    page = chrome.sign_in(world, context, "agathe").page
    page.goto(f"{world.address}/files/{QUEUE}")
    page.get_by_text("Filtres").click()
    page.locator('select[name="echeance"]').select_option("7")
    page.get_by_role("button", name="Filtrer").click()
    expect(page.locator("#liste tbody tr")).to_have_count(1)
    page.locator('#liste input[name="elements"]').check()
    page.get_by_label("Action sur les éléments cochés").select_option("attendre")
    page.get_by_role("button", name="Voir ce qui sera fait").click()
    page.get_by_role("button", name="Confirmer pour 1").click()
    expect(page.locator("main")).to_contain_text("1\u00a0élément traité")
    page.goto(f"{world.address}/elements/{world.office.items['mixed']}")
    page.get_by_text("Changer le type…").click()
    page.get_by_label("Ce message est en réalité").select_option("question")
    page.get_by_role("button", name="Changer le type").click()
    expect(page.get_by_role("status")).to_have_text(
        "Le type est changé ; ce qui avait été lu reste visible."
    )
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_desk_is_clean_unfolded_and_narrow(world: World, chromium: Browser, scheme: str) -> None:
    page = _open(world, chromium, "sylvie", f"/files/{QUEUE}", color_scheme=scheme)
    found: dict[str, list[str]] = {}
    for path in (
        f"/files/{QUEUE}?echeance=30&tri=echeance",
        f"/elements/{world.office.items['mixed']}",
        f"/elements/{world.office.items['request']}",
    ):
        page.set_viewport_size({"width": 1360, "height": 860})
        page.goto(world.address + path)
        found[path] = chrome.violations(page)
        if chrome.overflow(page, 390):
            found[path].append("too wide on a telephone")
    assert {path: wrong for path, wrong in found.items() if wrong} == {}
    page.context.close()
