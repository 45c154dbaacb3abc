"""Errors as French pages, and the headers of every answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.web.headers import CONTENT_SECURITY_POLICY
from tests.worlds import web
from tests.worlds.web import World


@pytest.mark.parametrize(
    "path", ["/inconnue", "/elements/abc", "/docs", "/openapi.json", "/redoc", "/static/x"]
)
def test_what_does_not_exist_is_said_in_french(world: World, path: str) -> None:
    answer = world.signed_in("agathe").get(path)
    assert answer.status_code == 404
    assert "rien n’a été changé" in answer.text
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "path",
    ["/elements/99999999999999999999999", "/documents/-1/original", "/dossiers/%00", "/files/%2e%2e"],
)
def test_odd_addresses_are_not_errors_of_ours(world: World, path: str) -> None:
    assert world.signed_in("agathe").get(path).status_code == 404


def test_a_method_that_does_not_exist(world: World) -> None:
    answer = world.signed_in("agathe").delete("/files")
    assert answer.status_code == 405


def test_a_lost_blob_is_said_without_its_name(world: World) -> None:
    document = world.office.documents["request"]
    client = world.signed_in("agathe")
    for path in world.house.vault.folder.rglob("*"):
        if path.is_file():
            path.unlink()
    answer = client.get(f"/documents/{document}/original")
    assert answer.status_code == 503
    assert str(world.house.vault.folder) not in answer.text


@pytest.mark.parametrize(
    "path", ["/connexion", "/files", "/inconnue", "/static/app.css", "/static/htmx.min.js"]
)
def test_every_answer_carries_the_strict_headers(world: World, path: str) -> None:
    headers = world.signed_in("agathe").get(path).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert ("no-store" in headers["cache-control"]) == (not path.startswith("/static"))


def test_the_policy_allows_nothing_inline_and_no_other_host() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY
    assert CONTENT_SECURITY_POLICY.startswith("default-src 'none'")


def test_no_page_has_a_script_or_a_style_of_its_own() -> None:
    templates = list((Path(web.__file__).parents[2] / "gateway/web/templates").glob("*.html"))
    assert len(templates) > 8
    for path in templates:
        text = path.read_text("utf-8")
        assert " style=" not in text, path.name
        assert "<style" not in text, path.name
        assert " on" not in {
            part[:3] for part in text.split('"') if part.startswith(" on") and part.endswith("=")
        }
        assert text.count("<script") == text.count("<script src="), path.name
        assert "|safe" not in text.replace(" ", ""), path.name


def test_our_own_files_are_kept_when_their_address_names_their_content(world: World) -> None:
    client = world.visitor()
    page = client.get("/connexion").text
    address = page.split('href="/static/app.css', 1)[1].split('"', 1)[0]
    assert "immutable" in client.get(f"/static/app.css{address}").headers["cache-control"]
    assert client.get("/static/app.css").headers["cache-control"] == "no-cache"


def test_a_field_of_a_form_that_does_not_fit_is_not_a_page_that_is_missing(world: World) -> None:
    client, item = world.signed_in("agathe"), world.office.items["question"]
    queue = f"{world.address}/files/cnse-administratif?tri=ancien"
    form = {"csrf": web.csrf(client, "/files"), "version": "abc"}
    answer = client.post(f"/elements/{item}/actions/prendre", data=form, headers={"referer": queue})
    assert answer.status_code == 422
    assert 'href="/files/cnse-administratif?tri=ancien">Revenir à la file' in answer.text


def test_a_refusal_leads_back_to_the_item(world: World) -> None:
    client, item = world.signed_in("agathe"), world.office.items["question"]
    form = {"csrf": web.csrf(client, "/files"), "version": "99"}
    answer = client.post(f"/elements/{item}/actions/prendre", data=form)
    assert answer.status_code == 409
    assert f'href="/elements/{item}">Revenir à l’élément' in answer.text


def test_what_was_written_in_a_form_that_does_not_fit_is_kept(world: World) -> None:
    client, item = world.signed_in("agathe"), world.office.items["question"]
    page = f"/elements/{item}"
    form = {"csrf": web.csrf(client, "/files"), "version": "abc", "reference": "SPA-2026-00042"}
    answer = client.post(f"{page}/dossier", data=form, headers={"referer": f"{world.address}{page}"})
    assert answer.status_code == 422
    kept = re.search(rf'href="({page}\?reprise=([0-9a-f]{{32}}))"', answer.text)
    assert kept is not None
    assert kept[2] in client.get(kept[1]).text
    assert "SPA-2026-00042" in client.get(f"/reprises/{kept[2]}").text


def test_a_note_that_names_nobody_of_the_queue_comes_back_with_the_names(world: World) -> None:
    client, item = world.signed_in("agathe"), world.office.items["question"]
    form = {"csrf": web.csrf(client, "/files"), "texte": "À voir avec @lile demain."}
    answer = client.post(f"/elements/{item}/notes", data=form)
    assert answer.status_code == 422
    assert "À voir avec @lile demain.</textarea>" in answer.text
    assert "@agathe (Agathe Le Goff)" in answer.text
    long = client.post(f"/elements/{item}/notes", data=form | {"texte": "long " * 2_000})
    assert long.status_code == 422
    assert "long long" in long.text
    corrected = client.post(f"/elements/{item}/notes", data=form | {"texte": "À voir avec @agathe."})
    assert corrected.status_code == 303
