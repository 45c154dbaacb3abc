"""How the pages stand on a screen, on a telephone and on paper: what is measured rather than looked at."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.builders import seed
from tests.worlds import browser as chrome
from tests.worlds.browser import chromium
from tests.worlds.web import World

__all__ = ["chromium"]
pytestmark = pytest.mark.chromium

NARROW = (chrome.DESK[0] // 2, 390)
READABLE = 11
"""Pixels of the smallest letter of a drawing."""

_LETTERS = """() => [...document.querySelectorAll(".life > svg")].filter(s => s.checkVisibility()).flatMap(
  s => [...s.querySelectorAll("text")].map(
    t => parseFloat(getComputedStyle(t).fontSize)
      * s.getBoundingClientRect().width / s.viewBox.baseVal.width))"""
_PLACE = """menu => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
  const box = menu.querySelector(":scope > :not(summary)").getBoundingClientRect();
  done([Math.min(0, Math.round(box.left)), Math.max(0, Math.round(box.right - innerWidth)),
        Math.max(0, document.documentElement.scrollWidth - innerWidth)]);
})))"""
_EMPTY = """() => [...document.querySelectorAll("main :is(section, details, div, p, li)")].filter(
  e => e.checkVisibility() && e.getBoundingClientRect().height > 3 && !e.innerText.trim()
    && !e.querySelector("img, svg, iframe") && parseFloat(getComputedStyle(e).borderBottomWidth) > 0
).map(e => e.outerHTML.slice(0, 120))"""


def _page(world: World, chromium: Browser, login: str, path: str) -> Page:
    page = chrome.sign_in(world, chromium.new_context(locale="fr-FR"), login).page
    page.set_viewport_size({"width": chrome.DESK[0], "height": chrome.DESK[1]})
    items = {key: str(value) for key, value in world.office.items.items()}
    page.goto(world.address + path.format(**items), wait_until="load")
    return page


def test_the_form_and_its_page_are_seen_without_scrolling(world: World, chromium: Browser) -> None:
    page = _page(world, chromium, "lille", "/elements/{form}")
    shown = page.locator(".reader").first.bounding_box()
    image = page.locator("figure.page").first.bounding_box()
    assert shown is not None
    assert image is not None
    assert max(shown["y"], image["y"]) < chrome.DESK[1] * 0.7, "what is read, beside the page it is read on"
    page = _page(world, chromium, "agathe", "/elements/{request}")
    field = page.locator("table.fields tbody tr").first.bounding_box()
    assert field is not None
    assert field["y"] + field["height"] < chrome.DESK[1]


def test_a_menu_never_leaves_the_screen(world: World, chromium: Browser) -> None:
    page = _page(world, chromium, "agathe", "/elements/{mixed}")
    menus = page.locator("details.menu")
    assert menus.count() > 3
    for path in ("/elements/{mixed}", "/files/cnse-administratif"):
        for width in (chrome.DESK[0], 1030, *NARROW):
            page.set_viewport_size({"width": width, "height": chrome.DESK[1]})
            page.goto(world.address + path.format(mixed=world.office.items["mixed"]))
            for place in range(menus.count()):
                menu = menus.nth(place)
                menu.locator("> summary").click()
                assert menu.evaluate(_PLACE) == [0, 0, 0], (path, width, menu.inner_text())
                menu.locator("> summary").click()


def test_a_piece_to_cut_out_is_named_by_its_file(world: World, chromium: Browser) -> None:
    page = _page(world, chromium, "agathe", "/elements/{mixed}")
    page.get_by_text("Partager en deux…").click()
    assert "devis.pdf" in page.get_by_role("group", name="Pièces à traiter à part").inner_text()


def test_a_line_of_a_queue_says_the_person_first(world: World, chromium: Browser) -> None:
    page = _page(world, chromium, "lille", "/files/cpam-595")
    line = page.locator("#liste tr", has=page.locator(f'a[href="/dossiers/{seed.CASE}"]')).first
    assert line.locator(".title-cell > a").inner_text().startswith("HADDAD")
    page.set_viewport_size({"width": 390, "height": chrome.DESK[1]})
    expect(line.locator(".title-cell > a .person")).to_be_visible()


def test_the_drawing_of_a_case_is_read_on_every_screen(world: World, chromium: Browser) -> None:
    page = _page(world, chromium, "lille", f"/dossiers/{seed.CASE}")
    for width in (chrome.DESK[0], 1030, 1000, *NARROW):
        assert not chrome.overflow(page, width), width
        letters = page.evaluate(_LETTERS)
        assert letters, width
        assert min(letters) >= READABLE, (width, min(letters))


def test_what_is_printed_is_whole_and_says_when(world: World, chromium: Browser) -> None:
    page = _page(world, chromium, "lille", "/elements/{form}")
    page.locator("#notes > summary").click()
    page.get_by_label("Écrire une note").fill("Rappeler l’hôpital lundi.")
    page.get_by_role("button", name="Enregistrer la note").click()
    page.wait_for_url("**fait=note*")
    for path in ("/elements/{form}", f"/dossiers/{seed.CASE}"):
        page.goto(world.address + path.format(form=world.office.items["form"]))
        page.emulate_media(media="print")
        text = page.locator("body").inner_text()
        assert "Passerelle · " in text, "title and date"
        assert "imprimée par" in text
        assert page.locator("main button:visible, main input:visible, details.menu:visible").count() == 0
        folded = page.locator("main details:not([open]):visible > :not(summary, form):visible")
        assert folded.count() > 0, "what was folded is on the paper"
        assert page.evaluate(_EMPTY) == []
        if path.startswith("/elements"):
            assert "Rappeler l’hôpital lundi." in text
            assert "Signature" in text or "signé" in text
        page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("main details:not([open], .menu)").count() == 0, "also where CSS cannot unfold"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("main details:not([open], .menu)").count() > 0
