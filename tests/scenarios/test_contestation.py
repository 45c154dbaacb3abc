"""From the first mail to a won contestation, in the web; its evidence file verified on a bare machine."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from gateway.circuits.contested import Reason
from storage.cases import Case
from storage.contestations import Contestation, ContestationState, Outcome, UnreadLine
from storage.deadlines import Deadline, DeadlineState
from storage.outbox import OutboxEntry
from tests.builders import claims, mails_forms, mails_medical
from tests.builders.desk import CALANQUES
from tests.builders.letters import Attached
from tests.worlds import contest
from tests.worlds.browser import chromium, enter, overflow, violations
from tests.worlds.house import Home

__all__ = ["chromium"]
pytestmark = pytest.mark.chromium
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _contested(home: Home, case: Case) -> None:
    """A workbook of the CNAS: one claim of the case without report, one of nobody we know, a total."""
    name = f"{case.patient_name} {(case.patient_first_names or '').title()}"
    first = home.clock.now().date() - timedelta(days=11)
    last = first + timedelta(days=7)
    content = claims.workbook(
        [
            (
                "F-2026-118",
                case.form_reference,
                name,
                first,
                last,
                8120.5,
                "Absence de compte rendu médical",
            ),
            ("F-2026-119", None, "INCONNU Personne", first, last, 640.0, "Formulaire de droit manquant"),
            ("Total", None, None, None, None, 8760.5, None),
        ]
    )
    sample = home.desk.sample(
        "liste",
        "liste de créances contestées",
        claims.CNAS,
        "Contestation de créances – 1er semestre",
        "Nous contestons les créances de la liste jointe.",
        (Attached("contestation-s1.xlsx", XLSX, content),),
        expect="cnse-administratif",
    )
    home.carry(sample)


def _state(home: Home, number: int = 0) -> Contestation:
    return home.rows(Contestation)[number]


def test_from_the_first_mail_to_a_won_contestation(
    sqlite_home: Home, chromium: Browser, tmp_path: Path
) -> None:
    home = sqlite_home
    home.carry(mails_forms.acroform(home.desk))
    case = home.rows(Case)[0]
    _contested(home, case)
    first, second = home.rows(Contestation)
    assert (first.case_id, first.state) == (case.id, ContestationState.TO_COMPLETE)
    assert (second.case_id, second.state) == (None, ContestationState.RECEIVED)
    assert first.reason == Reason.REPORT_MISSING
    assert [line.why for line in home.rows(UnreadLine)] == ["ligne de total : ce n'est pas une créance"]

    with contest.opened(home) as address:
        page = chromium.new_page(viewport={"width": 1360, "height": 900}, locale="fr-FR")
        enter(page, address, "agathe")
        page.get_by_role("link", name="Contestations").click()
        page.get_by_role("link", name=first.reference).click()
        assert "Le compte rendu médical des soins, pour le pôle médical." in page.inner_text("main")
        page.get_by_role("button", name="Demander à l’hôpital ce qui manque").click()
        assert "la contestation est à jour" in page.get_by_role("status").inner_text()
        assert _state(home).state is ContestationState.WAITING
        asked = next(entry for entry in home.rows(OutboxEntry) if entry.letter == "contestation-demande")
        assert asked.recipient == CALANQUES[2]
        due = next(d for d in home.rows(Deadline) if d.kind == "contestation-request")
        assert due.state is DeadlineState.OPEN

        home.carry(mails_medical.report_asked(home.desk, case.reference))
        assert _state(home).state is ContestationState.MATCHED
        met = next(d for d in home.rows(Deadline) if d.kind == "contestation-request")
        assert met.state is DeadlineState.MET

        page.reload()
        assert "Un compte rendu médical existe" in page.inner_text("main")
        page.get_by_role("button", name="Répondre avec le dossier de preuve").click()
        answered = next(e for e in home.rows(OutboxEntry) if e.letter == "contestation-reponse")
        assert answered.recipient == claims.CNAS
        with page.expect_download() as download:
            page.get_by_role("link", name="Télécharger le dossier de preuve").click()
        file = tmp_path / "preuve.zip"
        download.value.save_as(file)
        page.get_by_role("button", name="L’institution renonce : clore").click()
        won = _state(home)
        assert (won.state, won.outcome) == (ContestationState.CLOSED, Outcome.WON)
        assert "gagnée" in page.inner_text("main")
        page.close()

    letter = home.house.vault.get(answered.raw_sha256)
    assert won.evidence_sha256 is not None
    assert won.evidence_sha256.encode() in letter.replace(b"=\r\n", b"")
    _verified_bare(file, tmp_path)


def _verified_bare(file: Path, folder: Path) -> None:
    """``verify.py`` out of the file, by the system's Python, with nothing in the environment."""
    with zipfile.ZipFile(file) as archive:
        archive.extract("verify.py", folder)
        told = b"".join(archive.read(name) for name in archive.namelist() if name.startswith("evenements/"))
    assert b'"complete"' in told  # the life of the contestation is in the file of the case
    python = shutil.which("python3", path="/usr/bin:/bin:/usr/local/bin")
    assert python is not None
    command = ["env", "-i", python, "-I", "-S", "verify.py", str(file)]
    checked = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "VERDICT : dossier conforme." in checked.stdout
    file.write_bytes(file.read_bytes().replace(b"Content-Type", b"Content-Typo", 1))
    refused = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert refused.returncode == 1


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1360)])
def test_the_pages_fit_and_axe_finds_nothing(
    sqlite_home: Home, chromium: Browser, scheme: str, width: int
) -> None:
    home = sqlite_home
    home.carry(mails_forms.acroform(home.desk))
    case = home.rows(Case)[0]
    _contested(home, case)
    first, second = home.rows(Contestation)
    paths = (
        "/contestations",
        f"/contestations/{first.reference}",
        f"/contestations/{second.reference}",
        f"/contestations/envois/{first.delivery}",
        "/contestations/chiffres",
        "/conservation",
        *([f"/dossiers/{case.reference}"] if width > 1000 else []),
    )
    found: dict[str, list[str]] = {}
    with contest.opened(home) as address:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
        )
        page = context.new_page()
        enter(page, address, "sylvie")
        for path in paths:
            page.goto(address + path, wait_until="networkidle")
            wide = ["too wide"] if overflow(page, width) else []
            found[path] = [*violations(page), *wide]
        context.close()
    assert found == {path: [] for path in paths}
