"""Pages on paper: what is pressed is left out, what is read stays, nothing is cut at the side of an A4."""

from __future__ import annotations

import io

import pytest
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

from tests.builders import seed
from tests.worlds import browser as chrome
from tests.worlds.browser import chromium
from tests.worlds.web import World

__all__ = ["chromium"]
pytestmark = pytest.mark.chromium

A4 = (794, 1123)
"""Pixels of the sheet at 96 dots an inch."""
PRESSED = "main button, main a.button, .bar, .files, .choices, .pager, main select"
SHEETS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("/tableau", ("Tableau de bord", "Messages reçus", "Âge médian par file")),
    ("/elements/{form}", ("Attestation de droits", "DZ-2026-204520")),
    (f"/dossiers/{seed.CASE}", (seed.CASE, "Ligne de vie", "Bénéficiaire")),
    ("/files/cnse-administratif", ("CNSE", "BENALI Karim", "Reçu le")),
    ("/tableau/elements", ("Éléments ouverts", "HADDAD")),
    ("/mis-de-cote", ("Messages mis de côté", "se déplie")),
)


def _seen(page: Page, selector: str) -> list[str]:
    script = """s => [...document.querySelectorAll(s)]
        .filter(e => e.getClientRects().length > 0).map(e => e.outerHTML.slice(0, 80))"""
    found: list[str] = page.evaluate(script, selector)
    return found


@pytest.mark.parametrize(("path", "words"), SHEETS)
def test_a_page_on_paper(world: World, chromium: Browser, path: str, words: tuple[str, ...]) -> None:
    context = chromium.new_context(viewport={"width": A4[0], "height": A4[1]}, color_scheme="dark")
    page = chrome.sign_in(world, context, "sylvie").page
    page.goto(world.address + path.format(form=world.office.items["form"]))
    assert _seen(page, ".bar") != []
    page.emulate_media(media="print")
    assert _seen(page, PRESSED) == []
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    printed = PdfReader(io.BytesIO(page.pdf(format="A4", prefer_css_page_size=True)))
    assert [round(float(side)) for side in printed.pages[0].mediabox[2:]] == [595, 842]
    text = " ".join(" ".join(sheet.extract_text().split()) for sheet in printed.pages)
    for word in words:
        assert word in text, (path, word)
    context.close()
