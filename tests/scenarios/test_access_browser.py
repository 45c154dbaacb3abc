"""Getting in and staying in, in a real browser: a text kept, single sign-on, two factors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from gateway.clock import SystemClock, TurnableClock
from gateway.settings import Oidc, Settings
from gateway.web.doorstep.oidc import SignOn
from storage import people
from storage.db import Database
from tests.builders import seed
from tests.worlds import web
from tests.worlds.browser import chromium
from tests.worlds.identity import IdentityProvider
from tests.worlds.web import World

__all__ = ["chromium"]
pytestmark = pytest.mark.chromium

TEXT = "HADDAD née BENALI"


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path) -> Iterator[World]:
    built = web.build(sqlite_database, tmp_path, TurnableClock(SystemClock().now()))
    built.start()
    yield built
    built.stop()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(locale="fr-FR", viewport={"width": 1280, "height": 860})
    found = context.new_page()
    complaints: list[str] = []
    found.on(
        "console", lambda said: complaints.append(said.text) if "Security Policy" in said.text else None
    )
    yield found
    context.close()
    assert complaints == []


def _sign_in(page: Page, login: str) -> None:
    page.get_by_label("Identifiant").fill(login)
    page.get_by_label("Mot de passe").fill(seed.PASSWORD)
    page.get_by_role("button", name="Se connecter").click()


def _correction(world: World) -> str:
    document = world.office.documents["request"]
    item = world.office.items["request"]
    return f"{world.address}/elements/{item}/documents/{document}/champs/patient_name"


def test_a_text_survives_the_end_of_its_session_for_the_same_person_only(world: World, page: Page) -> None:
    page.goto(_correction(world))
    _sign_in(page, "agathe")
    field = page.locator("main input[type=text], main textarea, main input:not([type])").first
    field.fill(TEXT)
    world.clock.turn(timedelta(minutes=world.house.settings.idle_minutes))
    page.locator("main form button.main, main form button").first.click()
    expect(page).to_have_url(re.compile("/connexion"))
    _sign_in(page, "agathe")
    expect(page.get_by_text("votre texte est revenu dans le formulaire")).to_be_visible()
    expect(field).to_have_value(TEXT)
    page.locator("main form button.main, main form button").first.click()
    expect(page.get_by_text("La correction est enregistrée")).to_be_visible()


def test_without_scripts_the_text_is_read_on_its_own_page(world: World, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(_correction(world))
    _sign_in(page, "agathe")
    page.locator("main input[type=text], main textarea, main input:not([type])").first.fill(TEXT)
    world.clock.turn(timedelta(minutes=world.house.settings.idle_minutes))
    page.locator("main form button.main, main form button").first.click()
    _sign_in(page, "agathe")
    page.get_by_role("link", name="Voir ce texte").click()
    expect(page.get_by_text(TEXT)).to_be_visible()
    context.close()


def test_single_sign_on_in_and_out(world: World, page: Page, tmp_path: Path) -> None:
    secret = tmp_path / "oidc.secret"
    secret.touch(mode=0o600)
    secret.write_text("un secret long\n")
    with IdentityProvider(secret) as provider:
        oidc = Oidc(enabled=True, issuer=provider.issuer, client_id="passerelle", client_secret_file=secret)
        world.app.state.house = replace(
            world.house, sign_on=SignOn(oidc, tmp_path), installation=Settings(oidc=oidc)
        )
        with world.house.database.transaction() as session:
            people.set_identity(session, "agathe", "Agathe Le Goff", "agathe.legoff@cnse.example")
        page.goto(f"{world.address}/files")
        page.get_by_role("link", name="Se connecter avec ProConnect").click()
        page.locator("input[name=sub]").fill("1")
        page.get_by_role("button", name=re.compile("authorize", re.IGNORECASE)).first.click()
        expect(page).to_have_url(f"{world.address}/files")
        page.get_by_role("button", name="Quitter").click()
        expect(page).to_have_url(re.compile(re.escape(provider.issuer) + "/oauth2/end_session"))
    page.goto(f"{world.address}/files")
    expect(page).to_have_url(re.compile("/connexion"))


def test_the_second_factor_is_set_up_from_its_picture_and_asked(world: World, page: Page) -> None:
    page.goto(f"{world.address}/compte")
    _sign_in(page, "agathe")
    asked = page.locator('form[action="/compte/second-facteur"]')
    asked.get_by_label("Mot de passe actuel").fill(seed.PASSWORD)
    asked.get_by_role("button", name="Activer").click()
    picture = page.locator("img.qr")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 100
    secret = page.locator("code").inner_text().replace(" ", "")
    page.get_by_label("Code affiché par l’application").fill(pyotp.TOTP(secret).at(world.clock.now()))
    page.get_by_role("button", name="Activer").click()
    expect(page.locator("ul.codes li")).to_have_count(10)
    page.get_by_role("button", name="Quitter").click()
    world.clock.turn(timedelta(seconds=60))
    _sign_in(page, "agathe")
    page.get_by_label("Code").fill(pyotp.TOTP(secret).at(world.clock.now()))
    page.get_by_role("button", name="Entrer").click()
    expect(page).to_have_url(re.compile("/files"))


def test_a_password_can_be_looked_at_while_it_is_typed(world: World, page: Page) -> None:
    page.goto(f"{world.address}/connexion")
    field = page.get_by_label("Mot de passe")
    page.get_by_role("button", name="Afficher").click()
    expect(field).to_have_attribute("type", "text")
    _sign_in(page, "agathe")
    expect(page).to_have_url(re.compile("/files"))
