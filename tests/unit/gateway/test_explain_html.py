"""The page of ``mail explain --html``: self-contained, boxes drawn, medical content only when asked for."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gateway import explain
from gateway.cli import explain_html
from gateway.cli.main import main
from gateway.explain import Explained
from tests.bench.estate import settings_in
from tests.builders import claims, forms, reports
from tests.builders.desk import DUNES, PDF, Desk
from tests.builders.keychain import Keychain
from tests.builders.letters import Attached

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def raw() -> bytes:
    """An unsigned form and a medical report in one mail."""
    desk = Desk(Keychain(AT), AT)
    form = desk.form_301(3, DUNES)
    return desk.sample(
        "explained",
        "",
        DUNES[2],
        'Formulaire <b>"patient"</b>',
        "Ci-joint l'attestation et le compte rendu.",
        (
            Attached("301.pdf", PDF, forms.build_301(form, "flat", signed=False)),
            Attached("CRH.pdf", PDF, reports.medical_report(seed=1, pages=1)),
        ),
        expect="",
    ).raw


def _examined(raw: bytes, folder: Path, medical: bool) -> Explained:
    return explain.examine(raw, settings_in(folder), None, lambda row: explain_html.shown(row, medical))


class _Links(HTMLParser):
    """Everything a browser would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sources += [value or "" for name, value in attrs if name in {"src", "href", "data", "action"}]
        self.scripts += tag == "script" or any(name.startswith("on") for name, _ in attrs)


def test_the_page_needs_nothing_else_and_shows_each_box_named(raw: bytes, tmp_path: Path) -> None:
    page = explain_html.page(_examined(raw, tmp_path, medical=False), medical=False)
    links = _Links()
    links.feed(page)
    assert links.sources
    assert all(source.startswith("data:image/png;base64,") for source in links.sources)
    assert links.scripts == 0
    assert re.search(r'<text class="sure"[^>]*>Numéro de l&#39;attestation</text>', page)
    assert re.search(r'<rect class="doubt"[^>]*><title>Signature du patient : absente</title>', page)
    assert "Le message n’est pas signé" in page
    assert "Accusé de réception" in page
    assert "&lt;b&gt;" in page
    assert "<b>" not in page


def test_medical_content_comes_in_only_when_asked_for(raw: bytes, tmp_path: Path) -> None:
    sealed = _examined(raw, tmp_path, medical=False)
    page = explain_html.page(sealed, medical=False)
    positions = [one.row.position for one in sealed.read if one.row.name == "CRH.pdf"]
    assert positions
    assert not sealed.sheets.get(positions[0])
    assert "CRH.pdf" in page
    assert "secret médical" in page
    asked = _examined(raw, tmp_path, medical=True)
    whole = explain_html.page(asked, medical=True)
    assert len(asked.sheets[positions[0]]) == 1
    assert whole.count("<figure>") == page.count("<figure>") + 1


def test_the_command_writes_a_file_for_its_owner_only(raw: bytes, tmp_path: Path) -> None:
    mail, out = tmp_path / "m.eml", tmp_path / "out.html"
    mail.write_bytes(raw)
    out.write_text("avant")
    assert main(["mail", "explain", str(mail), "--html", str(out)]) == 0
    assert out.read_text("utf-8").startswith("<!doctype html>")
    assert out.stat().st_mode & 0o777 == 0o600


def test_the_claims_of_a_list_are_in_the_page_escaped(tmp_path: Path) -> None:
    desk = Desk(Keychain(AT), AT)
    line: claims.Line = ("F-<b>7", None, "BENALI Karima", "01/03/2026", "10/03/2026", 45.5, "CR manquant")
    listed = Attached("contestation.csv", "text/csv", claims.separated([line]))
    raw = desk.sample(
        "liste", "", claims.CNAS, "Contestation de créances", "Nous contestons la liste jointe.", (listed,),
        expect="",
    ).raw  # fmt: skip
    page = explain_html.page(_examined(raw, tmp_path, medical=False), medical=False)
    assert "Créances contestées : contestation.csv" in page
    assert "F-&lt;b&gt;7" in page
    assert "45.50" in page
    assert "Lignes qui ne sont pas des créances : 0." in page
