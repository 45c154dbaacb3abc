"""The directory's CSV files, read into a ``Directory`` with every fault at its line.

Lines that start with ``#`` are comments (source, licence, status). A certificate file that is named
and absent is a warning, not a fault: it may be made later than the directory.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.circuits.directory import (
    FINESS,
    Caisse,
    Correspondent,
    Directory,
    Establishment,
    luhn,
)
from gateway.errors import Fault

ADDRESS = re.compile(r"[^@\s<>()\[\],;:\"]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.[A-Za-z]{2,}")
DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.[a-z]{2,}")
DEPARTEMENT = re.compile(r"0[1-9]|1[0-9]|2[1-9AB]|[3-8][0-9]|9[0-5]|97[1-6]")
ROLES = ("hospital", "cpam", "cnas", "cnas-medical", "cnse", "ministry", "refused")

COLUMNS = {
    "caisses": ("code", "label", "departement", "mailbox", "certificate", "pole"),
    "establishments": ("finess", "name", "commune", "caisse", "domains"),
    "communes": ("commune", "name", "caisse", "status"),
    "correspondents": ("address", "role", "name", "finess", "certificates"),
    "phones": ("address", "phone", "source"),
}
_OPTIONAL = frozenset({"phones"})
"""Files a directory may do without."""
_NUMBER = re.compile(r"\+?[0-9](?:[ .-]?[0-9]){3,17}")


T = TypeVar("T")


@dataclass(slots=True)
class Findings:
    """What is wrong, gathered on the way: faults refuse the folder, warnings are only said."""

    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Row:
    file: str
    line: int
    cells: Mapping[str, str]
    findings: Findings

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def get(self, column: str) -> str | None:
        return self.cells[column] or None

    def fault(self, message: str) -> None:
        self.findings.faults.append(Fault(self.file, self.line, message))

    def warn(self, message: str) -> None:
        self.findings.warnings.append(Fault(self.file, self.line, message))


def read_directory(folder: Path, name: str, findings: Findings) -> Directory:
    """The directory of ``folder``, called ``name`` in faults.

    A row at fault stays in it, so that what names it is not blamed too: with any fault, do not use it.
    """
    rows = {stem: list(_rows(folder, name, stem, findings)) for stem in COLUMNS}
    caisses = _unique((_caisse(r), r) for r in rows["caisses"])
    for row in rows["caisses"]:
        if row["pole"] and row["pole"] not in caisses:
            row.fault(f"le pôle « {row['pole']} » n'est pas une caisse de caisses.csv")
    establishments = _unique((_establishment(r, caisses), r) for r in rows["establishments"])
    communes = _unique((_commune(r, caisses), r) for r in rows["communes"])
    unconfirmed = frozenset(r["commune"] for r in rows["communes"] if r["status"] == "to be confirmed")
    correspondents = _unique(
        (_correspondent(r, establishments, folder.parent), r) for r in rows["correspondents"]
    )
    phones = {key: number for key, number in map(_phone, rows["phones"]) if number}
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.csv")):
        digest.update(f"{path.name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return Directory(
        caisses,
        establishments,
        tuple(correspondents.values()),
        communes,
        unconfirmed,
        digest.hexdigest(),
        phones,
    )


def _rows(folder: Path, name: str, stem: str, findings: Findings) -> Iterator[_Row]:
    file = f"{name}/{stem}.csv"
    try:
        text = (folder / f"{stem}.csv").read_text("utf-8-sig")
    except FileNotFoundError:
        if stem not in _OPTIONAL:
            findings.faults.append(Fault(file, 0, "le fichier n'existe pas"))
        return
    except (OSError, UnicodeDecodeError):
        findings.faults.append(Fault(file, 0, "le fichier ne peut pas être lu comme du texte UTF-8"))
        return
    header: list[str] | None = None
    expected = COLUMNS[stem]
    for line, written in enumerate(text.splitlines(), 1):
        if not written.strip() or written.startswith("#"):
            continue
        cells = [cell.strip() for cell in next(csv.reader([written]))]
        if header is None:
            header = cells
            if tuple(header) != expected:
                findings.faults.append(
                    Fault(file, line, f"colonnes attendues, dans cet ordre : {','.join(expected)}")
                )
                return
        elif len(cells) != len(header):
            findings.faults.append(Fault(file, line, f"{len(cells)} colonnes au lieu de {len(header)}"))
        else:
            yield _Row(file, line, dict(zip(header, cells, strict=True)), findings)


def _unique(pairs: Iterator[tuple[tuple[str, T], _Row]]) -> dict[str, T]:
    kept: dict[str, T] = {}
    lines: dict[str, int] = {}
    for (key, value), row in pairs:
        if key in kept:
            row.fault(f"« {key} » est déjà à la ligne {lines[key]}")
        else:
            kept[key], lines[key] = value, row.line
    return kept


def _caisse(row: _Row) -> tuple[str, Caisse]:
    code, departement, mailbox = row["code"], row["departement"], row.get("mailbox")
    if not re.fullmatch(r"[0-9]{3}", code):
        row.fault(f"code de caisse « {code} » : trois chiffres sont attendus")
    if not DEPARTEMENT.fullmatch(departement):
        row.fault(f"département « {departement} » inconnu (exemples : 59, 2A, 974)")
    if mailbox and not ADDRESS.fullmatch(mailbox):
        row.fault(f"la boîte « {mailbox} » n'est pas une adresse de messagerie")
    return code, Caisse(code, row["label"], departement, mailbox, row.get("certificate"), row.get("pole"))


def _establishment(row: _Row, caisses: Mapping[str, Caisse]) -> tuple[str, Establishment]:
    finess, caisse, commune = row["finess"], row.get("caisse"), row.get("commune")
    domains = tuple(row["domains"].casefold().split())
    _check_caisse(row, caisse, caisses)
    _check_commune(row, commune)
    if not FINESS.fullmatch(finess):
        row.fault(f"FINESS « {finess} » : neuf caractères sont attendus (chiffres ; 2A ou 2B en Corse)")
    elif not luhn(finess):
        row.warn(f"FINESS « {finess} » : la clé de contrôle n'est pas vérifiée, relisez le numéro")
    for domain in domains:
        if not DOMAIN.fullmatch(domain):
            row.fault(f"« {domain} » n'est pas un domaine de messagerie")
    return finess, Establishment(finess, row["name"], commune, caisse, domains)


def _commune(row: _Row, caisses: Mapping[str, Caisse]) -> tuple[str, str]:
    _check_commune(row, row["commune"])
    _check_caisse(row, row["caisse"], caisses)
    if row["status"] not in {"confirmed", "to be confirmed"}:
        row.fault(f"statut « {row['status']} » : écrivez confirmed ou to be confirmed")
    return row["commune"], row["caisse"]


def _phone(row: _Row) -> tuple[str, str | None]:
    address, number = row["address"].casefold(), row.get("phone")
    domain = address.startswith("@") and DOMAIN.fullmatch(address[1:])
    if not domain and not ADDRESS.fullmatch(address):
        row.fault(f"« {row['address']} » n'est ni une adresse ni un domaine (@exemple.fr)")
    if number is not None and not _NUMBER.fullmatch(number):
        row.fault(f"« {number} » n'est pas un numéro de téléphone")
    return address, number


def _check_commune(row: _Row, commune: str | None) -> None:
    if commune is not None and not re.fullmatch(r"[0-9][0-9AB][0-9]{3}", commune):
        row.fault(f"commune « {commune} » : le code INSEE de cinq caractères est attendu")


def _check_caisse(row: _Row, caisse: str | None, caisses: Mapping[str, Caisse]) -> None:
    if caisse is not None and caisse not in caisses:
        row.fault(f"la caisse « {caisse} » n'est pas dans caisses.csv")


def _correspondent(
    row: _Row, establishments: Mapping[str, Establishment], config: Path
) -> tuple[str, Correspondent]:
    address, role, finess = row["address"].casefold(), row["role"], row.get("finess")
    domain = address.startswith("@") and DOMAIN.fullmatch(address[1:])
    if not domain and not ADDRESS.fullmatch(address):
        row.fault(f"« {row['address']} » n'est ni une adresse ni un domaine (@exemple.fr)")
    if role not in ROLES:
        row.fault(f"rôle « {role} » inconnu ; les rôles sont : {', '.join(ROLES)}")
    if finess and finess not in establishments:
        row.fault(f"le FINESS « {finess} » n'est pas dans establishments.csv")
    certificates = tuple(
        der for path in row["certificates"].split() for der in _certificates(row, config / path, path)
    )
    return address, Correspondent(address, role, row["name"], finess, certificates)


def _certificates(row: _Row, path: Path, written: str) -> Iterator[bytes]:
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except FileNotFoundError:
        row.warn(f"le certificat « {written} » n'existe pas (encore) : rien ne sera chiffré pour lui")
        return
    except (OSError, ValueError):
        row.fault(f"« {written} » n'est pas un certificat PEM lisible")
        return
    for certificate in found:
        yield certificate.public_bytes(Encoding.DER)
