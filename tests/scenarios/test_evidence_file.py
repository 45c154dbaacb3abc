"""A real journey, its evidence file by the command line, and two verifications without the gateway."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from gateway import bootstrap
from gateway.cli import main as commands
from gateway.clock import SystemClock
from gateway.evidence.record import Kind
from gateway.evidence.stamping import Authority, Web, stamp
from storage import audit, stamps
from storage.cases import Case
from storage.documents import Document
from tests.builders import mails_forms, mails_medical
from tests.builders.desk import CALANQUES, COLLINE
from tests.builders.recipes import recipe
from tests.worlds.command import settings_of
from tests.worlds.house import Home
from tests.worlds.tsa import TimeStampAuthority


def _run(home: Home, *words: str) -> int:
    return commands.main(["--config", str(settings_of(home)), *words])


def _case_of(home: Home, establishment: str) -> Case:
    return next(case for case in home.rows(Case) if case.establishment_finess == establishment)


def _journey(home: Home) -> None:
    """A form, its second copy, a request and its answer; and a mail that mixes a form and a report."""
    for write in (
        mails_forms.acroform,
        mails_forms.second_copy,
        mails_forms.extension_request,
        mails_forms.extension_answer,
        mails_medical.mixed_pdf,
    ):
        home.carry(write(home.desk))


def test_from_the_mails_to_a_verified_file(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _journey(home)
    case = _case_of(home, CALANQUES[1])
    file = tmp_path / "preuve.zip"
    assert _run(home, "audit", "export", case.reference, str(file)) == 0
    assert f"Dossier de preuve {case.reference} écrit dans {file}" in capsys.readouterr().out
    assert file.stat().st_mode & 0o777 == 0o600

    assert _run(home, "audit", "check", str(file)) == 0
    told = capsys.readouterr().out
    assert "VERDICT : dossier conforme." in told
    assert "messages : 4 fichier(s)" in told
    assert "lettres : 4 fichier(s)" in told
    assert "que 4 décision(s) sur 4 citent un jeu de règles joint" in told

    alone = _alone(file, tmp_path)
    assert (alone.returncode, alone.stdout.decode()) == (0, told)
    by_hand = _by_hand(file, tmp_path / "ouvert")
    assert by_hand.returncode == 0, by_hand.stdout
    assert "CONFORME" in by_hand.stdout

    assert _run(home, "audit", "export", case.reference, str(file)) == 1
    assert "existe déjà" in capsys.readouterr().err
    file.write_bytes(file.read_bytes()[:-1])
    assert _run(home, "audit", "check", str(file)) == 1
    assert _run(home, "audit", "verify") == 0


def _alone(file: Path, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """The verifier of the file itself, by the Python of the machine and nothing in the way."""
    with zipfile.ZipFile(file) as archive:
        archive.extract("verify.py", folder)
    python = shutil.which("python3", path="/usr/bin:/bin:/usr/local/bin")
    assert python is not None
    command = ["/usr/bin/env", "-i", python, "-I", "-S", "verify.py", str(file)]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False)


def _by_hand(
    file: Path, folder: Path, *words: str, script: str = "by-hand.sh"
) -> subprocess.CompletedProcess[str]:
    """A script of ``docs/proof.md``, as it is written there, on the unzipped file."""
    if not folder.exists():
        with zipfile.ZipFile(file) as archive:
            archive.extractall(folder)
    written = folder.parent / script
    written.write_text(recipe(script), "utf-8")
    command = ["bash", str(written), str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_signatures_are_judged_again_on_what_they_were_judged_on(sqlite_home: Home, tmp_path: Path) -> None:
    """Certificates and verdicts are in the file; openssl alone agrees, and refuses with other roots."""
    sqlite_home.carry(mails_forms.acroform(sqlite_home.desk))
    file, folder = tmp_path / "preuve.zip", tmp_path / "ouvert"
    assert _run(sqlite_home, "audit", "export", "1", str(file)) == 0
    again = _by_hand(file, folder, script="signatures.sh")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.startswith("BONNE : messages/")
    (verdict,) = json.loads((folder / "signatures.json").read_text("utf-8"))
    assert verdict["signature"] == "valid"
    assert {piece["role"] for piece in verdict["evidence"]} >= {"signer", "root"}
    assert all((folder / piece["file"]).exists() for piece in verdict["evidence"])
    other = tmp_path / "autre.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=Autre racine"),
            *("-days", "3650", "-keyout", str(tmp_path / "cle.pem"), "-out", str(other)),
        ],
        capture_output=True,
        check=True,
    )
    refused = _by_hand(file, folder, str(other), script="signatures.sh")
    assert refused.stdout.startswith("MAUVAISE : messages/")
    mail = min((folder / "messages").iterdir())
    mail.write_bytes(mail.read_bytes().replace(b"Content-Disposition", b"Content-Dispositiom", 1))
    assert _by_hand(file, folder, script="signatures.sh").stdout.startswith("MAUVAISE : messages/")


def test_a_third_party_dates_the_log_and_openssl_agrees(sqlite_home: Home, tmp_path: Path) -> None:
    """A real token about a later checkpoint is joined: it dates all that came before."""
    house = sqlite_home.house
    sqlite_home.carry(mails_forms.acroform(sqlite_home.desk))
    house.recorder.checkpoint(house.database)
    before = bootstrap.exporter(house).export("1", "essai").written
    sqlite_home.carry(mails_forms.second_copy(sqlite_home.desk))
    house.recorder.checkpoint(house.database)
    with house.database.reading() as session:
        found = stamps.latest_unstamped(session)
    assert found is not None
    size, note = found
    with TimeStampAuthority(tmp_path / "tsa", SystemClock().now()) as tsa:
        row = stamp(size, note, Web(tsa.url, 10), Authority.of(tsa.ca), tsa.url)
    with house.database.transaction() as session:
        stamps.add(session, row)
    made = bootstrap.exporter(house).export("1", "essai")
    assert made.written.events >= before.events
    file, folder = tmp_path / "preuve.zip", tmp_path / "ouvert"
    file.write_bytes(made.content)
    told = _alone(file, tmp_path).stdout.decode()
    assert "VERDICT : dossier conforme." in told
    good = _by_hand(file, folder, str(tsa.ca))
    assert (good.returncode, good.stderr) == (0, ""), good.stdout
    token = folder / f"horodatages/{size:012d}.tsr"
    assert token.exists()
    assert f"{tsa.url}" in (folder / "resume.txt").read_text("utf-8")
    with TimeStampAuthority(tmp_path / "autre", SystemClock().now()) as other:
        refused = _by_hand(file, folder, str(other.ca))
    assert "REFUSÉ : la signature de horodatages/" in refused.stdout


def test_by_hand_alterations_are_refused_too(sqlite_home: Home, tmp_path: Path) -> None:
    sqlite_home.carry(mails_forms.acroform(sqlite_home.desk))
    file = tmp_path / "preuve.zip"
    assert _run(sqlite_home, "audit", "export", "1", str(file)) == 0
    for name, before, after, reason in (
        ("messages", b"Subject:", b"Subjecx:", "messages/"),
        ("signatures", b"0", b"1", "signatures/"),
        ("evenements", b'"fields"', b'"Fields"', "evenements/"),
        ("manifest.json", b"false", b"true", "le manifeste a été modifié"),
        ("manifest.note", b"2026-", b"2025-", "la signature de manifest.note"),
    ):
        folder = tmp_path / f"altéré-{name}"
        assert _by_hand(file, folder).returncode == 0
        path = folder / name
        path = min(path.iterdir()) if path.is_dir() else path
        assert before in path.read_bytes()
        path.write_bytes(path.read_bytes().replace(before, after))
        done = _by_hand(file, folder)
        assert done.returncode == 1
        assert f"REFUSÉ : {reason}" in done.stdout


def test_medical_pages_stay_inside(home: Home, tmp_path: Path) -> None:
    """A PDF that mixes a form and a report is medical as a whole, and so is the mail that carries it."""
    delivery = home.carry(mails_medical.mixed_pdf(home.desk))
    case = _case_of(home, COLLINE[1])
    pdf = next(
        row for row in home.rows(Document, delivery=delivery.sha256) if row.media_type == "application/pdf"
    )
    mixed, raw = home.house.vault.get(pdf.sha256), home.house.vault.get(delivery.sha256)
    plain, whole = tmp_path / "sans.zip", tmp_path / "avec.zip"
    assert _run(home, "audit", "export", case.reference, str(plain)) == 0
    assert _run(home, "audit", "export", case.reference, str(whole), "--medical") == 0
    assert mixed not in plain.read_bytes()
    assert raw not in plain.read_bytes()
    assert _longest_line(raw) not in plain.read_bytes()
    assert mixed in whole.read_bytes()
    assert raw in whole.read_bytes()
    # type, pages and hash stay
    with zipfile.ZipFile(plain) as archive:
        manifest = archive.read("manifest.json").decode()
    assert pdf.sha256 in manifest
    assert "couverte par le secret médical" in manifest
    for file in (plain, whole):
        assert _alone(file, tmp_path).returncode == 0
    with home.house.database.reading() as session:
        said = audit.events(session, {f"delivery:{delivery.sha256}", f"case:{case.reference}"})
    readings = [event.fields or {} for event in said if event.kind == Kind.ACCESS]
    assert readings
    assert {reading["person"] for reading in readings} == {"ligne de commande"}
    assert [event.kind for event in said].count(Kind.EXPORT) == 2


def _longest_line(raw: bytes) -> bytes:
    """A line of the attachment, in base64: shorter than the mail, long enough to be its own."""
    return max(raw.split(b"\n"), key=len).strip()


def test_a_case_that_does_not_exist_is_one_sentence(
    sqlite_home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rien.zip"
    assert _run(sqlite_home, "audit", "export", "SPA-2026-99999", str(file)) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("Aucun dossier ne porte la référence « SPA-2026-99999 »")
    assert said.err.count("\n") == 1
    assert not file.exists()
    assert _run(sqlite_home, "audit", "check", str(file)) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_the_container_is_a_plain_zip(sqlite_home: Home, tmp_path: Path) -> None:
    sqlite_home.carry(mails_forms.acroform(sqlite_home.desk))
    file = tmp_path / "preuve.zip"
    assert _run(sqlite_home, "audit", "export", "1", str(file)) == 0
    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted(archive.namelist())
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
