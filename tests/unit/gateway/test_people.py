"""The CSV files of the directory: certificates, warnings, hash. Faults are in ``tests/bad_config``."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from gateway.circuits.directory import Directory
from gateway.circuits.people import Findings, read_directory

SHIPPED = Path(__file__).parents[3] / "config" / "directory"
AT = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "directory"))


def certificate() -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "essai")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, AT, AT + timedelta(days=1))
    return builder.sign(key, hashes.SHA256())


def add(folder: Path, file: str, row: str) -> None:
    with (folder / file).open("a", encoding="utf-8") as opened:
        opened.write(row + "\n")


def read(folder: Path) -> tuple[Directory, Findings]:
    findings = Findings()
    return read_directory(folder, "directory", findings), findings


def test_certificates_of_a_correspondent_are_read_from_pem_files(folder: Path, tmp_path: Path) -> None:
    one, two = certificate(), certificate()
    (tmp_path / "one.pem").write_bytes(one.public_bytes(Encoding.PEM) + two.public_bytes(Encoding.PEM))
    add(folder, "correspondents.csv", "a@b.example,hospital,Essai,,one.pem")
    directory, findings = read(folder)
    assert findings.faults == []
    assert directory.correspondents[-1].certificates == (
        one.public_bytes(Encoding.DER),
        two.public_bytes(Encoding.DER),
    )


def test_an_absent_certificate_is_a_warning_and_a_broken_one_a_fault(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\n", "utf-8")
    add(folder, "correspondents.csv", "a@b.example,hospital,Essai,,absent.pem broken.pem")
    _, findings = read(folder)
    assert ["absent.pem" in str(w) for w in findings.warnings] == [True]
    assert ["« broken.pem » n'est pas un certificat PEM lisible" in str(f) for f in findings.faults] == [
        True
    ]


def test_a_wrong_check_digit_is_a_warning_never_a_refusal(folder: Path) -> None:
    add(folder, "establishments.csv", "750712185,Hôpital mal recopié,,,")
    directory, findings = read(folder)
    assert findings.faults == []
    assert "750712185" in str(findings.warnings[0])
    assert "750712185" in directory.establishments


def test_the_hash_follows_the_files(folder: Path) -> None:
    before = read(folder)[0].directory_hash
    assert read(folder)[0].directory_hash == before
    add(folder, "communes.csv", "59009,Villeneuve-d'Ascq,595,to be confirmed")
    assert read(folder)[0].directory_hash != before


@pytest.mark.parametrize(
    "file", ["caisses.csv", "establishments.csv", "communes.csv", "correspondents.csv"]
)
def test_each_file_must_be_there_with_its_columns(folder: Path, file: str) -> None:
    (folder / file).write_text("# comment\nname,code\n", "utf-8")
    assert any("colonnes attendues" in str(f) and f.line == 2 for f in read(folder)[1].faults)
    (folder / file).write_bytes(b"\xff")
    assert any("UTF-8" in str(f) for f in read(folder)[1].faults)
    (folder / file).unlink()
    assert any(str(f) == f"directory/{file}: le fichier n'existe pas" for f in read(folder)[1].faults)


def test_the_caisse_of_the_pole_must_exist(folder: Path) -> None:
    text = (folder / "caisses.csv").read_text("utf-8")
    line = next(n for n, written in enumerate(text.splitlines(), 1) if written.startswith("594,"))
    (folder / "caisses.csv").write_text(
        text.replace("@caisse-594.example,,", "@caisse-594.example,,999"), "utf-8"
    )
    assert [(f.line, "« 999 »" in f.message) for f in read(folder)[1].faults] == [(line, True)]


def test_a_number_is_that_of_the_address_else_of_its_domain_else_unknown(folder: Path) -> None:
    add(folder, "phones.csv", "Admissions@ch-dunes.example,01 99 00 56 78,essai")
    directory, findings = read(folder)
    assert findings.faults == []
    assert directory.phone_of("admissions@CH-DUNES.example") == "01 99 00 56 78"
    assert directory.phone_of("bloc@ch-dunes.example") == "01 99 00 12 34"
    assert directory.phone_of("a@ailleurs.example") == ""


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ("pas une adresse,01 99 00 56 78,essai", "n'est ni une adresse ni un domaine"),
        ("a@b.example,demander à l'accueil,essai", "n'est pas un numéro"),
        ("a@b.example,01 99 00 56 78", "2 colonnes au lieu de 3"),
    ],
)
def test_a_number_at_fault_is_told_at_its_line(folder: Path, row: str, word: str) -> None:
    add(folder, "phones.csv", row)
    _, findings = read(folder)
    (fault,) = findings.faults
    assert word in str(fault)


def test_a_directory_may_have_no_numbers(folder: Path) -> None:
    (folder / "phones.csv").unlink()
    directory, findings = read(folder)
    assert (findings.faults, directory.phone_of("bloc@ch-dunes.example")) == ([], "")
