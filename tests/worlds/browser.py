"""Chromium as people use it: fixtures, signing in, axe-core, what a page asks for and complains of."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from tests.builders import seed
from tests.worlds.needed import needed
from tests.worlds.web import World

AXE = (Path(__file__).parents[1] / "vendor" / "axe.min.js").read_text("utf-8")
"""axe-core 4.14.1 (MPL-2.0), used by tests alone."""
_ASK_AXE = """async () => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  const found = await axe.run(document, {resultTypes: ["violations"]});
  return found.violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html).join(" | ")}`);
}"""
DESK = (1360, 860)
"""Pixels of an ordinary screen."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the tests of a file; required in CI."""
    found = shutil.which("chromium")
    needed(None if found is not None else "Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


class Witness:
    """What a page asked of other hosts and complained of."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.foreign: list[str] = []
        self.complaints: list[str] = []
        self._address = address
        page.on("request", self._asked)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self._address + "/", "data:", "blob:")):
            self.foreign.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{self.page.url}: {message.text}")


def sign_in(world: World, context: BrowserContext, login: str) -> Witness:
    """A page of somebody who has just come in."""
    page = context.new_page()
    witness = Witness(page, world.address)
    enter(page, world.address, login)
    return witness


def enter(page: Page, address: str, login: str) -> None:
    """Come in by the sign-in page, and wait to be elsewhere."""
    page.goto(address + "/connexion")
    page.get_by_label("Identifiant").fill(login)
    page.get_by_label("Mot de passe").fill(seed.PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url(re.compile(re.escape(address) + "/(?!connexion)"))


def violations(page: Page) -> list[str]:
    """What axe-core holds against the page as it stands, everything unfolded."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE)
    found: list[str] = page.evaluate(_ASK_AXE)
    return found


def overflow(page: Page, width: int) -> int:
    """Pixels that stick out on the right of a window ``width`` wide."""
    page.set_viewport_size({"width": width, "height": DESK[1]})
    wide: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return max(wide, 0)


_SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important;"
    + " word-spacing: .16em !important; } p { margin-bottom: 2em !important; }");
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  const cut = [...document.querySelectorAll("main *, header *")].filter(node => {
    const style = getComputedStyle(node);
    return !node.closest(".unseen") && node.children.length === 0 && node.textContent.trim()
      && style.overflowX === "hidden" && style.textOverflow !== "ellipsis"
      && node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 2;
  });
  return cut.map(node => node.outerHTML.slice(0, 120));
}"""
_FOCUSED = """() => {
  const node = document.activeElement;
  if (!node || node === document.body || node === document.documentElement) return null;
  const style = getComputedStyle(node);
  const shown = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0)
    || style.boxShadow !== "none";
  return [shown, node.outerHTML.slice(0, 120)];
}"""


def cut_when_spaced(page: Page) -> list[str]:
    """Texts cut by the spacing a reader may choose (RGAA 10.12, WCAG 1.4.12); the page keeps it."""
    found: list[str] = page.evaluate(_SPACED)
    return found


def unseen_focus(page: Page, most: int = 400) -> list[str]:
    """What Tab reaches and nothing shows (RGAA 10.7); one entry more when Tab never comes to an end."""
    page.evaluate("() => { document.activeElement?.blur(); window.getSelection()?.removeAllRanges(); }")
    hidden: list[str] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.evaluate(_FOCUSED)
        if focused is None:
            return hidden
        if not focused[0]:
            hidden.append(focused[1])
    return [*hidden, "the Tab key never comes to the end of the page"]
