"""A queue left open all day, in a real browser: the line is cut, the server restarts, the session ends.

The page comes back by itself and shows what came meanwhile; nothing typed is lost; no server is hammered.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, expect

from storage import sessions
from tests.builders import mails_others
from tests.worlds.browser import chromium, enter, violations
from tests.worlds.contest import people, web_house
from tests.worlds.house import Home
from tests.worlds.line import Line
from tests.worlds.pages import Pages

__all__ = ["chromium"]
pytestmark = pytest.mark.chromium

QUEUE = "cnse-administratif"
HOUR, LONGEST = 3_600_000, 60_000
PATIENCE = 30_000
"""Milliseconds to wait for what must come: pauses between two streams are of some seconds."""


@dataclass
class Desk:
    """The queue of the administrative service, open in a browser, with a text being typed."""

    page: Page
    asked: list[str] = field(default_factory=list)
    """Addresses the page asked for since it was open."""

    def typed(self) -> str:
        return self.page.get_by_label("Nom de la vue").input_value()

    def stayed(self) -> bool:
        """It is the very page that was open: never loaded again, what was typed and ticked is there."""
        same = self.page.evaluate("window.still === true")
        return bool(same) and self.typed() == "Retards de novembre"

    def streams(self) -> int:
        return sum("/flux" in address for address in self.asked)


@contextmanager
def _opened(browser: Browser, address: str) -> Iterator[Desk]:
    context = browser.new_context(locale="fr-FR", viewport={"width": 1360, "height": 900})
    page = context.new_page()
    enter(page, address, "agathe")
    page.clock.install()
    with page.expect_response(lambda answer: "/flux" in answer.url):
        page.goto(f"{address}/files/{QUEUE}")
    page.evaluate("window.still = true")
    page.get_by_text("Enregistrer cette vue").click()
    page.get_by_label("Nom de la vue").fill("Retards de novembre")
    desk = Desk(page)
    page.on("request", lambda request: desk.asked.append(request.url))
    yield desk
    context.close()


@pytest.fixture
def pages(sqlite_home: Home) -> Iterator[Pages]:
    """A house with one question in the queue, and its pages on a port that stays the same."""
    sqlite_home.carry(mails_others.question(sqlite_home.desk))
    people(sqlite_home)
    served = Pages(web_house(sqlite_home))
    served.start()
    yield served
    served.stop()


def _arrives(home: Home) -> None:
    """A mail comes by the door and reaches the queue."""
    home.carry(mails_others.quote(home.desk))


def test_a_server_that_starts_again_is_found_and_what_came_meanwhile_is_shown(
    sqlite_home: Home, pages: Pages, chromium: Browser
) -> None:
    with _opened(chromium, pages.address) as desk:
        rows, said = desk.page.locator("#liste tbody tr"), desk.page.locator("#direct")
        expect(rows).to_have_count(1)
        expect(said).to_be_empty()
        pages.stop()
        expect(said).to_contain_text("Connexion perdue, reprise…", timeout=PATIENCE)
        assert violations(desk.page) == []
        _arrives(sqlite_home)
        pages.start()
        expect(rows).to_have_count(2, timeout=PATIENCE)
        expect(said).to_be_empty()
        assert desk.stayed()


def test_a_line_that_is_cut_is_joined_again_and_what_came_meanwhile_is_shown(
    sqlite_home: Home, pages: Pages, chromium: Browser
) -> None:
    with Line(pages.port) as line, _opened(chromium, line.address) as desk:
        line.cut()
        expect(desk.page.locator("#direct")).to_contain_text("Connexion perdue", timeout=PATIENCE)
        _arrives(sqlite_home)
        line.mend()
        expect(desk.page.locator("#liste tbody tr")).to_have_count(2, timeout=PATIENCE)
        expect(desk.page.locator("#direct")).to_be_empty()
        assert desk.stayed()


def test_a_line_that_goes_silent_is_left_for_another(
    sqlite_home: Home, pages: Pages, chromium: Browser
) -> None:
    """Nobody hangs up, nothing comes: the page misses three beats and opens another stream."""
    pages.live.beat = 0.5
    with Line(pages.port) as line, _opened(chromium, line.address) as desk:
        line.mute()
        _arrives(sqlite_home)
        expect(desk.page.locator("#liste tbody tr")).to_have_count(2, timeout=PATIENCE)
        assert desk.stayed()


def test_a_server_that_stays_away_is_asked_less_and_less(pages: Pages, chromium: Browser) -> None:
    with _opened(chromium, pages.address) as desk:
        pages.stop()
        pauses = [_pause(desk) for _ in range(9)]
        assert pauses[0] < 3_000, "the first is soon"
        assert min(pauses[-2:]) > 25_000, "the last are not"
        assert max(pauses) < 65_000, "nobody waits for more than a minute"
        expect(desk.page.locator("#direct")).to_contain_text("Connexion perdue")
        assert desk.stayed()


def test_a_session_closed_elsewhere_ends_the_stream_and_the_page_says_what_to_do(
    sqlite_home: Home, pages: Pages, chromium: Browser
) -> None:
    with _opened(chromium, pages.address) as desk:
        with sqlite_home.house.database.transaction() as session:
            sessions.close_sessions(session, "agathe")
        _arrives(sqlite_home)
        said = desk.page.locator("#direct")
        expect(said).to_contain_text("votre session a pris fin", timeout=PATIENCE)
        expect(said.get_by_role("link")).to_have_attribute("target", "_blank")
        assert violations(desk.page) == []
        _nobody_asks(desk)
        assert desk.stayed()


def test_a_session_closed_while_the_server_was_away_ends_it_too(
    sqlite_home: Home, pages: Pages, chromium: Browser
) -> None:
    with _opened(chromium, pages.address) as desk:
        pages.stop()
        with sqlite_home.house.database.transaction() as session:
            sessions.close_sessions(session, "agathe")
        pages.start()
        expect(desk.page.locator("#direct")).to_contain_text("votre session a pris fin", timeout=PATIENCE)
        _nobody_asks(desk)
        assert desk.stayed()


def test_what_was_typed_is_sent_once_signed_in_again_elsewhere(
    sqlite_home: Home, pages: Pages, chromium: Browser
) -> None:
    """The session is ended by somebody; the link opens another tab; the text is sent where it was typed."""
    with _opened(chromium, pages.address) as desk:
        at = sqlite_home.house.clock.now()
        with sqlite_home.house.database.transaction() as session:
            (opened,) = sessions.live(session, at, login="agathe")
            assert sessions.end_session(session, opened.token_hash, at)
        _arrives(sqlite_home)
        with desk.page.expect_popup() as other:
            desk.page.locator("#direct").get_by_role("link").click(timeout=PATIENCE)
        other.value.close()
        another = desk.page.context.new_page()
        enter(another, pages.address, "agathe")
        another.close()
        assert desk.stayed()
        desk.page.get_by_text("Enregistrer cette vue").click()  # folded by the click on the link
        desk.page.get_by_role("button", name="Enregistrer", exact=True).click()
        expect(desk.page.get_by_label("Nom de la vue")).to_have_value("Retards de novembre")
        desk.page.get_by_role("button", name="Enregistrer", exact=True).click()
        desk.page.wait_for_url("**fait=vue")


def _pause(desk: Desk) -> int:
    """Milliseconds of the page's own clock until it asks for its stream again, and is refused."""
    asked, waited = desk.streams(), 0
    with desk.page.expect_event("requestfailed", lambda request: "/flux" in request.url):
        while desk.streams() == asked and waited < 2 * LONGEST:
            desk.page.clock.run_for(500)
            waited += 500
    return waited


def _nobody_asks(desk: Desk) -> None:
    """An hour later, the page has asked for nothing more."""
    before = list(desk.asked)
    for _ in range(12):
        desk.page.clock.run_for(HOUR // 12)
    assert desk.asked == before
    assert desk.streams() < 8
