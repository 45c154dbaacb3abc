"""Every page that the application has, found by its routes: under axe, narrow, zoomed, at home.

The list is not written by hand: a page that joins the application joins this test, and a page that the
furnished office cannot show must be named here with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from httpx import Client
from playwright.sync_api import Browser

from gateway.web import access
from gateway.web.access import ROUTES
from tests.builders import seed
from tests.worlds import browser as chrome
from tests.worlds.browser import chromium
from tests.worlds.web import World

__all__ = ["chromium"]
pytestmark = pytest.mark.chromium

ZOOMED = chrome.DESK[0] // 2
"""A zoom of 200 % halves the window, in the pixels of the page (RGAA 10.4, WCAG 1.4.4 and 1.4.10)."""
PHONE = 390

MORE: Mapping[str, tuple[str, ...]] = {
    "/elements/{item_id}": ("form", "report", "question"),
    "/elements/{item_id}/lettre": ("form",),
}
"""Pages whose contents differ much: these items too."""
QUERIES = ("/recherche?q=haddad", "/recherche?q=zzzz", "/files/cnse-administratif?tri=echeance")
ELSEWHERE: Mapping[str, str] = {
    "/connexion/code": "asked between a password and its second factor: test_access_browser.py",
    "/connexion/lien/{token}": "a link made by an administrator: test_web_admin_people.py",
    "/connexion/oidc": "leads to the provider of identities: test_access_browser.py",
    "/connexion/oidc/retour": "comes back from the provider of identities: test_access_browser.py",
    "/reprises/{draft_id}": "a text kept when a session ended: test_access_browser.py",
    "/flux": "a stream of events, not a page: test_desk_browser.py",
    "/appels/file/{queue}": "a fragment of the page of a queue: test_web_calls.py",
    "/documents/{document_id}/mise-en-forme": "a sandboxed frame: test_web_richtext.py",
    "/lettres/{circuit}/{name}/page": "a sandboxed frame: test_web_letters.py",
    "/elements/{item_id}/lettres/{letter_id}/page": "a sandboxed frame: test_web_letters.py",
    "/contestations/{reference}": "test_contestation.py makes one, from its list to the answer",
    "/contestations/envois/{sha256}": "test_contestation.py",
}
"""What the office has not, and where it is looked at."""
FILES = (".png", ".svg", ".pdf", ".zip", ".xlsx", ".csv", ".ics", ".eml", ".json", ".{kind}")
"""Files rather than pages."""


def _addresses(world: World) -> dict[str, list[str]]:
    """Paths to visit by template."""
    office = world.office
    values = {
        "queue": "cnse-administratif",
        "item_id": str(office.items["request"]),
        "document_id": str(office.documents["request"]),
        "reference": seed.CASE,
        "number": "1",
        "letter_id": "1",
        "name": "patient_name",
        "login": "agathe",
    }
    found: dict[str, list[str]] = {}
    for method, template in ROUTES:
        if (
            method != "GET"
            or template in ELSEWHERE
            or template.startswith("/api/")
            or template.endswith(FILES)
        ):
            continue
        given = dict(values)
        if "circuits" in template:
            given["name"] = "soins-programmes-algerie"
        if template.startswith("/lettres/"):
            given |= {"circuit": "soins-programmes-algerie", "name": "demande-chiffrement"}
        if template.endswith("/transmission") or "/lettres/{letter_id}" in template:
            given["item_id"] = str(office.items["report"])
        if template.endswith("/texte"):
            given["document_id"] = str(office.documents["question"])
        try:
            paths = [template.format(**given)]
            paths += [template.format(item_id=office.items[key]) for key in MORE.get(template, ())]
        except KeyError:
            paths = [template]
        found[template] = paths
    found["/recherche"] = ["/recherche", *QUERIES]
    return found


def _reader(clients: Mapping[str, Client], template: str, path: str) -> tuple[str | None, str]:
    """Who may read the page and sees it, and of what type it is."""
    kind = ""
    for login, client in clients.items():
        roles = seed.PEOPLE[login][1]
        if not access.route_allows("GET", template, roles):
            continue
        answer = client.get(path)
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if answer.status_code == 200:
            return login, kind
        if answer.status_code == 303:
            return None, "moved"
    return None, kind


def test_every_page_is_clean_in_light_and_dark_narrow_and_zoomed(world: World, chromium: Browser) -> None:
    clients = {login: world.signed_in(login) for login in seed.PEOPLE}
    contexts = {login: chromium.new_context(locale="fr-FR") for login in seed.PEOPLE}
    witnesses = {login: chrome.sign_in(world, context, login) for login, context in contexts.items()}
    unseen: list[str] = []
    faults: dict[str, list[str]] = {}
    seen = 0
    for template, paths in _addresses(world).items():
        for path in paths:
            login, kind = _reader(clients, template, path)
            if kind not in {"text/html", ""} or (login is None and kind == "moved"):
                continue
            if login is None:
                unseen.append(path)
                continue
            seen += 1
            found = _faults(witnesses[login], world.address + path)
            if found:
                faults[f"{login} {path}"] = found
    foreign = [url for witness in witnesses.values() for url in witness.foreign]
    complaints = [text for witness in witnesses.values() for text in witness.complaints]
    for context in contexts.values():
        context.close()
    assert (unseen, foreign, complaints) == ([], [], [])
    assert faults == {}
    assert seen > 30


def _faults(witness: chrome.Witness, address: str) -> list[str]:
    page = witness.page
    page.set_viewport_size({"width": chrome.DESK[0], "height": chrome.DESK[1]})
    page.emulate_media(color_scheme="light")
    page.goto(address, wait_until="load")
    found = [f"light {each}" for each in chrome.violations(page)]
    if page.locator("h1").count() != 1:
        found.append("not one title of first level")
    page.emulate_media(color_scheme="dark")
    found += [f"dark {each}" for each in chrome.violations(page)]
    page.emulate_media(color_scheme="light")
    found += [f"focus not seen {each}" for each in chrome.unseen_focus(page)]
    for width in (ZOOMED, PHONE):
        out = chrome.overflow(page, width)
        if out:
            found.append(f"{out} pixels stick out of {width}")
    page.set_viewport_size({"width": chrome.DESK[0], "height": chrome.DESK[1]})
    found += [f"cut when spaced {each}" for each in chrome.cut_when_spaced(page)]
    return found
