from __future__ import annotations

import os
from pathlib import Path

import pytest

from parsers.cda import capital, finess_of, iso_date, read_cda, several_patients
from parsers.errors import Hostile, Malformed, TooLarge
from parsers.facts import Source
from parsers.limits import Limits
from tests.builders import cda

ROOT = Path(os.environ.get("PASSERELLE_CORPUS") or Path(__file__).parents[3] / ".." / "shared" / "corpus")

# The header of each document of the corpus: level, code, title, FINESS, size of the PDF inside (0: none).
CORPUS = {
    "BIO-CR-BIO_2024.01_TSH_1.xml": (
        3,
        "11502-2",
        "Compte rendu d'examens biologiques",
        "120459876",
        78777,
    ),
    "DOC_NON_STRUCTURE_CDA-R2-N1.xml": (
        1,
        "11502-2",
        "Compte rendu d'examens biologiques",
        "120459876",
        326650,
    ),
    "IMG_CR_IMG_2024.01_CDA-R2-Niveau-1.xml": (
        1,
        "18748-4",
        "CR d’imagerie médicale - Scanner Tête + Cou + Thorax avec injection",
        "750803447",
        61736,
    ),
    "LDL-SES_2022.01.xml": (
        3,
        "11490-0",
        "Lettre de liaison à la sortie de l'établissement de santé",
        "750803447",
        0,
    ),
    "TLM-CR_2022.01.xml": (1, "85208-7", "Compte-rendu de téléconsultation", "750803447", 257508),
    "VSM_1.4_2022.01.xml": (3, "SYNTH", "Synthèse Médicale", "120456789", 0),
}


def test_level_one_gives_the_pdf_and_the_facts() -> None:
    read = read_cda(cda.document(pdf=b"%PDF-1.4 contenu"))
    assert read.level == 1
    assert [(each.media_type, each.content) for each in read.embedded] == [
        ("application/pdf", b"%PDF-1.4 contenu")
    ]
    facts = {fact.name: (fact.value, fact.normalised) for fact in read.facts("f" * 64)}
    assert facts == {
        "patient_name": ("MARTINEAU", "MARTINEAU"),
        "patient_used_name": ("DURAND", "DURAND"),
        "patient_first_names": ("ANNE MARIE", "ANNE MARIE"),
        "patient_birth_date": ("19540312", "1954-03-12"),
        "patient_ins": ("254039912345678", "254039912345678"),
        "establishment_name": ("Centre hospitalier des Dunes", "CENTRE HOSPITALIER DES DUNES"),
        "establishment_finess": ("1590780193", "590780193"),
        "document_date": ("20261120093000+0100", "2026-11-20"),
        "document_title": ("Compte rendu d'hospitalisation", None),
        "document_code": ("34112-3", "34112-3"),
    }
    assert {(fact.source, fact.document, fact.page) for fact in read.facts("f" * 64)} == {
        (Source.CDA, "f" * 64, None)
    }


def test_level_three_gives_text() -> None:
    read = read_cda(cda.document(sections=[("Motif", "Chute à domicile"), ("Suites", "Rééducation")]))
    assert read.level == 3
    assert read.narrative == "Motif\nChute à domicile\n\nSuites\nRééducation"
    assert read.embedded == ()


def test_replacement_is_noted() -> None:
    assert read_cda(cda.document(pdf=b"%PDF", replaces="1.2.3")).replaces == ("1.2.3",)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"<a/>", Malformed),
        (b"", Malformed),
        (b"<ClinicalDocument>", Malformed),
        (b"\xff\xfe\x00", Malformed),
        (b'<?xml version="1.0" encoding="inconnu"?><ClinicalDocument/>', Malformed),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><ClinicalDocument>&x;</ClinicalDocument>', Hostile),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><ClinicalDocument/>', Hostile),
    ],
)
def test_refusals(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_cda(data)


def test_size_ceiling() -> None:
    with pytest.raises(TooLarge):
        read_cda(cda.document(pdf=b"x" * 5000), Limits(xml_bytes=1000))


def test_an_empty_document_gives_no_fact() -> None:
    read = read_cda(b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>')
    assert read.facts("0" * 64) == ()
    assert read.level == 1


def test_deep_markup_does_not_overflow() -> None:
    deep = b"<text>" + b"<paragraph>" * 20_000 + b"x" + b"</paragraph>" * 20_000 + b"</text>"
    data = (
        b'<ClinicalDocument xmlns="urn:hl7-org:v3"><component><structuredBody><component><section>'
        + deep
        + b"</section></component></structuredBody></component></ClinicalDocument>"
    )
    assert read_cda(data).narrative == "x"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("20240115093000+0100", "2024-01-15"),
        ("19540312", "1954-03-12"),
        ("19540231", None),
        ("1954", None),
        ("", None),
    ],
)
def test_dates(value: str, expected: str | None) -> None:
    assert iso_date(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1590780193", "590780193"),
        ("590780193", "590780193"),
        ("12A0000014", "2A0000014"),
        ("3590780193", None),
        ("15907801", None),
        ("", None),
    ],
)
def test_finess(value: str, expected: str | None) -> None:
    assert finess_of(value) == expected


def test_capital_folds_accents() -> None:
    assert capital("  Bœuf   Éloïse ") == "BOEUF ELOISE"
    assert capital("") is None


def test_several_patients() -> None:
    one = read_cda(cda.document(pdf=b"%PDF"))
    same = read_cda(cda.document(sections=[("a", "b")]))
    other = read_cda(cda.document(pdf=b"%PDF", patient=cda.Patient(birth_date="19600101")))
    assert not several_patients((one, same))
    assert several_patients((one, other))


@pytest.mark.corpus
@pytest.mark.skipif(not ROOT.is_dir(), reason="the shared corpus is not there")
@pytest.mark.parametrize("name", sorted(CORPUS))
def test_documents_of_the_agency(name: str) -> None:
    level, code, title, finess, size = CORPUS[name]
    read = read_cda((ROOT / "cda" / name).read_bytes())
    facts = {fact.name: fact.normalised for fact in read.facts("0" * 64)}
    assert (read.level, read.code, read.title, facts["establishment_finess"]) == (
        level,
        code,
        title,
        finess,
    )
    assert facts["patient_name"] == "PAT-TROIS"
    assert facts["patient_first_names"] == "DOMINIQUE MARIE-LOUISE"
    assert facts["patient_birth_date"] == "1979-03-28"
    assert [len(each.content) for each in read.embedded] == ([size] if size else [])
    assert all(each.content.startswith(b"%PDF-") for each in read.embedded)
    assert bool(read.narrative) == (level == 3)


@pytest.mark.corpus
@pytest.mark.skipif(not ROOT.is_dir(), reason="the shared corpus is not there")
def test_no_document_of_the_corpus_is_forgotten() -> None:
    assert {path.name for path in (ROOT / "cda").iterdir()} == set(CORPUS)
