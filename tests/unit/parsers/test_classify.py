"""Kinds by cues and weights: titles, places, OCR slips, doubt is medical, reasons without medical words."""

from __future__ import annotations

from parsers.classify import OTHER, Cue, Evidence, KindRule, Where, classify
from parsers.facts import Confidentiality

FORM = KindRule(
    "form",
    "administrative",
    (Cue(Where.TITLE, "Attestation de droits", 0.6), Cue(Where.TEXT, "SE 352-301", 0.4)),
    0.5,
    "se352-301",
)
REPORT = KindRule(
    "report",
    "medical",
    (Cue(Where.TEXT, "chimiothérapie", 0.5), Cue(Where.CODE, "34112-3", 1.0), Cue(Where.NAME, "crh", 0.45)),
    0.4,
)
RULES = (FORM, REPORT)


def test_a_title_is_a_line_of_its_own_not_a_mention() -> None:
    titled = classify(RULES, Evidence(titles=("ATTESTATION  DE DROITS",)))
    assert (titled.kind, titled.score, titled.template, titled.titled) == ("form", 0.6, "se352-301", True)
    sentence = "Veuillez trouver ci-joint le document nommé attestation de droits de ce patient"
    assert classify(RULES, Evidence(titles=(sentence,))).kind == OTHER


def test_a_title_may_run_over_two_lines() -> None:
    assert classify(RULES, Evidence(titles=("Attestation", "de droits"))).kind == "form"


def test_words_are_whole_and_folded() -> None:
    assert classify(RULES, Evidence(text="Traitement par CHIMIOTHERAPIE.")).kind == "report"
    assert classify(RULES, Evidence(text="polychimiothérapies")).kind == OTHER


def test_slips_are_forgiven_on_an_image_only() -> None:
    read = Evidence(titles=("Attestatlon de dro1ts",), text="SE 352-3O1", optical=True)
    assert classify(RULES, read).score == 1.0
    assert classify(RULES, Evidence(text="ch1miotherapie")).kind == OTHER


def test_a_code_must_be_exact_and_decides() -> None:
    assert classify(RULES, Evidence(codes=("34112-3",))).kind == "report"
    assert classify(RULES, Evidence(codes=("34112-33",))).kind == OTHER


def test_unknown_is_other_and_medical() -> None:
    seen = classify(RULES, Evidence(text="rien de connu"))
    assert (seen.kind, seen.confidentiality) == (OTHER, Confidentiality.MEDICAL)
    assert seen.reasons


def test_a_medical_kind_close_behind_makes_the_document_medical() -> None:
    seen = classify(RULES, Evidence(titles=("Attestation de droits",), text="chimiothérapie"))
    assert seen.kind == "form"
    assert seen.confidentiality is Confidentiality.MEDICAL


def test_an_administrative_kind_alone_stays_administrative() -> None:
    seen = classify(RULES, Evidence(titles=("Attestation de droits",), text="SE 352-301"))
    assert seen.confidentiality is Confidentiality.ADMINISTRATIVE


def test_reasons_never_name_the_words_of_a_medical_text() -> None:
    seen = classify(RULES, Evidence(text="chimiothérapie", name="crh.pdf"))
    assert seen.kind == "report"
    assert "chimio" not in " ".join(seen.reasons)
    assert any("crh" in reason for reason in seen.reasons)
