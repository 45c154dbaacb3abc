"""The item, its letters and the registration in a real browser: mouse and keyboard, states and errors."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from storage import cases, sheets
from tests.builders import seed
from tests.builders.office import HOSPITAL
from tests.worlds import browser as chrome
from tests.worlds.browser import Witness, chromium
from tests.worlds.certified import certify
from tests.worlds.web import World

__all__ = ["chromium"]
pytestmark = pytest.mark.chromium

LONG = "BEN ABDERRAHMANE-OULD-MOHAMED-EL-MOKHTAR " * 3


def _opened(world: World, chromium: Browser, login: str, path: str) -> Witness:
    witness = chrome.sign_in(world, chromium.new_context(locale="fr-FR"), login)
    address = path.format(**{key: str(value) for key, value in world.office.items.items()})
    witness.page.goto(world.address + address, wait_until="networkidle")
    return witness


def _fits_and_is_clean(witness: Witness, title: str) -> None:
    """axe in light and dark, everything unfolded; nothing sticks out at 200 % and at 390 pixels."""
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


def _lit(page: Page) -> set[str]:
    return set(
        page.eval_on_selector_all(
            ".lit[data-champ]", "all => all.map(e => `${e.localName}:${e.dataset.champ}`)"
        )
    )


def test_a_field_and_its_place_light_up_together_by_mouse_and_by_keyboard(
    world: World, chromium: Browser
) -> None:
    witness = _opened(world, chromium, "lille", "/elements/{form}")
    page = witness.page
    row = page.locator("table.fields tr[data-champ]").filter(has_text="Institution compétente")
    name = row.get_attribute("data-champ")
    row.hover()
    assert _lit(page) == {f"tr:{name}", f"a:{name}"}
    page.locator("h1").hover()
    assert _lit(page) == set()
    page.locator(f'svg a[data-champ="{name}"] rect').hover(force=True)
    assert _lit(page) == {f"tr:{name}", f"a:{name}"}
    page.locator("h1").hover()

    row.locator("a").focus()
    assert _lit(page) == {f"tr:{name}", f"a:{name}"}
    boxes = page.locator("figure.page svg a[data-champ]")
    assert boxes.count() > 15
    assert page.locator('figure.page svg a[tabindex="0"]').count() == 1, "one stop of the Tab key a page"
    boxes.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    third = boxes.nth(2).get_attribute("data-champ")
    assert page.evaluate("document.activeElement.dataset.champ") == third
    assert _lit(page) == {f"tr:{third}", f"a:{third}"}
    page.keyboard.press("Enter")
    expect(page.locator(f'tr[data-champ="{third}"] td.label a')).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/champs/**")
    assert page.locator("figure.page rect.lit").count() == 1, "the place is shown while one corrects"
    page.get_by_label("Valeur exacte").fill("05/08/2026")
    page.keyboard.press("Enter")
    page.wait_for_url("**/elements/*?fait=corrige*")
    assert page.get_by_role("status").inner_text().startswith("La correction est enregistrée")
    assert (witness.foreign, witness.complaints) == ([], [])


def test_conflicts_are_settled_then_all_is_confirmed_or_rejected(world: World, chromium: Browser) -> None:
    witness = _opened(world, chromium, "lille", "/elements/{form}")
    page = witness.page
    assert page.get_by_role("button", name="Tout est juste").is_disabled()
    choice = page.locator(".conflicts fieldset").filter(has_text="Date de début").locator("button").first
    choice.hover()
    assert choice.get_attribute("data-champ") in {one.split(":")[1] for one in _lit(page)}
    for _ in range(2):
        page.locator(".conflicts fieldset button").first.click()
        page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Tout est juste").click()
    page.wait_for_url("**fait=confirmer*")
    _fits_and_is_clean(witness, "confirmed")
    page.get_by_role("button", name="Revenir sur ce jugement").click()
    page.wait_for_url("**fait=retirer*")
    page.get_by_text("Rejeter ce document").click()
    page.get_by_placeholder("Pourquoi, sans donnée médicale").fill(
        "La page est coupée au milieu du cadre 3."
    )
    page.keyboard.press("Enter")
    page.wait_for_url("**fait=rejeter*")
    _fits_and_is_clean(witness, "rejected")
    page.get_by_role("link", name="Écrire à l’expéditeur").click()
    assert "La page est coupée" in page.get_by_label("Texte").input_value()


def test_a_letter_from_its_model_to_what_is_kept_with_its_errors(world: World, chromium: Browser) -> None:
    witness = _opened(world, chromium, "lille", "/elements/{form}/lettre")
    page = witness.page
    page.get_by_label("Texte").fill("Bonjour,\n\nMadame Haddad attend.\n")
    page.get_by_role("button", name="Voir l’aperçu").click()
    assert "le nom du bénéficiaire" in page.get_by_role("alert").inner_text()
    assert page.get_by_role("button", name="Envoyer").count() == 0
    witness.complaints.clear()  # Chromium says a 422 aloud
    _fits_and_is_clean(witness, "refused")
    page.get_by_role("button", name="Modifier").click()
    assert page.get_by_label("Texte").input_value() == "Bonjour,\n\nMadame Haddad attend.\n"
    page.get_by_label("Texte").fill("Bonjour,\n\nLe dossier attend.\n")
    page.get_by_role("button", name="Voir l’aperçu").click()
    _fits_and_is_clean(witness, "preview")
    page.get_by_role("button", name="Envoyer").click()
    page.wait_for_url("**fait=lettre*")
    page.locator("#lettres a").first.click()
    page.wait_for_url("**/lettres/*")
    assert page.locator("ins").count() > 1
    _fits_and_is_clean(witness, "kept")


def test_the_caisse_registers_by_keyboard_and_answers_encrypted(world: World, chromium: Browser) -> None:
    certify(world.house.database, HOSPITAL, world.clock.now())
    witness = _opened(world, chromium, "lille", f"/dossiers/{seed.CASE}/immatriculation")
    page = witness.page
    page.get_by_label("NIR provisoire").press_sequentially("6113100000001")
    expect(page.locator("#verifications")).to_contain_text("le dossier relève de 595")
    _fits_and_is_clean(witness, "checks")
    page.keyboard.press("Enter")
    assert "écrivez le motif" in page.get_by_role("alert").inner_text()
    witness.complaints.clear()
    _fits_and_is_clean(witness, "refused")
    assert page.get_by_label("NIR provisoire").input_value() == "6113100000001"
    page.get_by_label("NIR provisoire").fill("6 1595 00000001 96")
    page.keyboard.press("Enter")
    page.wait_for_url("**fait=immatricule*")
    page.get_by_role("link", name="Répondre à l’établissement").click()
    assert "6 1595 00000001 96" in page.get_by_label("Texte").input_value()
    assert page.get_by_text("Elle partira chiffrée").is_visible()


def test_long_names_and_a_case_without_anything_hold(world: World, chromium: Browser) -> None:
    with world.house.database.transaction() as session:
        case = cases.get(session, seed.CASE)
        assert case is not None
        case.patient_name, case.establishment_name = LONG[:120], LONG[:120]
        session.add(case)
        item = sheets.item_sheet(session, world.office.items["form"]).item
        item.title = LONG[:110].replace(" ", "_") * 2
        session.add(item)
    for path in (f"/dossiers/{seed.CASE}", "/elements/{form}", "/elements/{form}/lettre"):
        _fits_and_is_clean(_opened(world, chromium, "lille", path), path)
