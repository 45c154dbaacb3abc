"""Lists of claims: every carrier gives the same claims, every row is kept, nothing foreign leaves."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
from PIL import Image

from parsers import documents
from parsers.claims import ROUND_SUM, SCANNED, ClaimWords, read_claims
from parsers.claimvalues import ReasonWords
from parsers.errors import TooLarge, Unsupported
from parsers.layout import Frame, Recognised
from parsers.rows import SCANNED_PAGES, images_in
from tests.builders import claims, scans
from tests.builders.seed import circuits

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LINES: list[claims.Line] = [
    ("F-101", "DZ-2026/17", "BENALI Karima", date(2026, 3, 1), date(2026, 3, 10), 12345.6, "CR manquant"),
    ("F-102", None, "HADDAD Fatima Zohra", date(2026, 4, 2), date(2026, 4, 3), 80.0, "Hors période"),
    (None, None, None, date(2026, 4, 2), None, 7.0, "sans nom"),
    ("Total", None, None, None, None, 12425.6, None),
]


def _words() -> ClaimWords:
    """Those of the shipped circuit."""
    rules = circuits().by_name["soins-programmes-algerie"].contestations
    assert rules is not None
    return rules.words


@pytest.mark.parametrize(
    ("content", "media_type", "name"),
    [
        (claims.workbook(LINES), XLSX, "liste.xlsx"),
        (claims.workbook(LINES), "application/octet-stream", "liste.xlsx"),
        (claims.separated(LINES), "text/csv", "liste.csv"),
        (claims.separated(LINES, ",", "utf-8"), "text/csv", "liste.csv"),
        (claims.separated(LINES, "\t", "utf-8-sig"), "text/plain", "liste.tsv"),
        (claims.separated(LINES, ";", "utf-16"), "text/csv", "liste.csv"),
        (claims.printed(LINES), "application/pdf", "liste.pdf"),
    ],
    ids=["xlsx", "xlsx by name", "semicolons cp1252", "commas utf-8", "tabs with a mark", "utf-16", "pdf"],
)
def test_every_carrier_gives_the_same_claims(content: bytes, media_type: str, name: str) -> None:
    read = read_claims(content, media_type, name, "", _words())
    first, second = read.claims
    assert (first.reference, first.form_reference) == ("F-101", "DZ-2026/17")
    assert (first.last_name, first.first_names) == ("BENALI", "Karima")
    assert (first.starts, first.ends) == (date(2026, 3, 1), date(2026, 3, 10))
    assert (first.amount, first.reason) == ("12345.60", "report-missing")
    assert (second.first_names, second.form_reference, second.reason) == ("Fatima Zohra", None, "dates")
    assert first.doubts == second.doubts == ()
    assert [row.why for row in read.unread] == [
        "ni référence ni bénéficiaire sur cette ligne",
        "ligne de total : ce n'est pas une créance",
    ]
    assert first.place != second.place


def test_labels_of_a_mail_text_one_block_a_claim() -> None:
    text = (
        "Bonjour,\n\nRéférence : F-3\nBénéficiaire : HADDAD Fatima\n"
        "Séjour : du 1er mars 2026 au 3 mars 2026\nMontant : 1 300,50 EUR\n"
        "Motif : absence du formulaire\n\nRéférence : F-4\nMontant : quelques euros\n"
    )
    read = read_claims(text.encode(), "text/plain", "message.txt", "", _words())
    first, second = read.claims
    assert (first.starts, first.ends) == (date(2026, 3, 1), date(2026, 3, 3))
    assert (first.amount, first.reason) == ("1300.50", "form-missing")
    assert (second.reference, second.amount) == ("F-4", None)
    assert "le montant n'est pas un nombre en euros" in second.doubts


def test_a_table_typed_in_a_mail() -> None:
    text = "Madame,\n\n| Référence | Patient | Période | Motif |\n|---|---|---|---|\n"
    text += "| F-9 | AMRANI Sid | 01/02/2026 - 05/02/2026 | identité erronée |\n"
    (only,) = read_claims(text.encode(), "text/plain", "", "", _words()).claims
    assert (only.reference, only.last_name, only.reason) == ("F-9", "AMRANI", "identity")
    assert (only.starts, only.ends) == (date(2026, 2, 1), date(2026, 2, 5))


def test_a_contestation_told_in_sentences_is_one_claim_to_complete() -> None:
    text = "Nous contestons la créance de l'attestation DZ-2026-0012 : formulaire de droit manquant."
    (only,) = read_claims(text.encode(), "text/plain", "", "", _words()).claims
    assert (only.reference, only.reason) == ("DZ-2026-0012", "form-missing")
    assert "contestation écrite en phrases : vérifiez chaque mention sur le message" in only.doubts


def test_the_reason_of_the_mail_serves_lines_without_one() -> None:
    titles = ("Référence", "Bénéficiaire", "Montant")
    content = claims.separated([("F-1", "BENALI Karima", 10.0)], titles=titles)
    (only,) = read_claims(content, "text/csv", "", "Absence de compte rendu", _words()).claims
    assert only.reason == "report-missing"
    assert only.doubts == ("motif lu dans le texte du message, non sur la ligne",)


def test_a_table_without_titles_is_given_back_whole() -> None:
    content = claims.separated([("F-1", "x", 10.0), ("F-2", "y", 11.0)], titles=("a", "b", "c"))
    read = read_claims(content, "text/csv", "", "", _words())
    assert read.claims == ()
    assert [row.cells[0] for row in read.unread] == ["a", "F-1", "F-2"]


def test_two_phrases_of_two_reasons_leave_the_reason_to_a_person() -> None:
    words = ClaimWords(
        {"reference": ("référence",), "amount": ("montant",), "reason": ("motif",)},
        (ReasonWords("one", ("aaa",)), ReasonWords("two", ("bbb",))),
    )
    content = "référence;montant;motif\nF-1;1,00;aaa bbb\n".encode()
    (only,) = read_claims(content, "text/csv", "", "", words).claims
    assert (only.reason, only.doubts) == ("other", ("motif non reconnu",))


@pytest.mark.parametrize(
    ("starts", "ends", "doubt"),
    [
        ("10/03/2026", "01/03/2026", "la fin du séjour précède son début"),
        ("31/02/2026", "01/03/2026", "les dates de séjour ne se lisent pas toutes"),
    ],
)
def test_days_that_cannot_be_are_doubts(starts: str, ends: str, doubt: str) -> None:
    content = claims.separated([("F-1", None, "A B", starts, ends, 1.0, "CR manquant")])
    (only,) = read_claims(content, "text/csv", "", "", _words()).claims
    assert only.doubts == (doubt,)


def _scan() -> tuple[bytes, dict[int, Recognised]]:
    """A list on paper, and what a perfect engine would recognise on it: the words of its text layer."""
    pdf = claims.printed(LINES)
    pages = documents.inspect(pdf, "application/pdf", "liste.pdf").pages
    seen = {page.number: Recognised(page.words, Frame(page.width, page.height)) for page in pages}
    return scans.scan(pdf), seen


def test_a_scanned_list_gives_the_claims_of_its_pages_each_to_be_compared() -> None:
    scanned, seen = _scan()
    asked = images_in(scanned, "application/pdf", "liste.pdf")
    assert asked is not None
    assert asked.wanting == tuple(seen)
    read = read_claims(scanned, "application/pdf", "liste.pdf", "", _words(), ocr=seen)
    plain = read_claims(claims.printed(LINES), "application/pdf", "liste.pdf", "", _words())
    assert [one.reference for one in read.claims] == ["F-101", "F-102"]
    assert [replace(one, doubts=()) for one in read.claims] == [
        replace(one, doubts=()) for one in plain.claims
    ]
    first, second = read.claims
    assert first.doubts[-1] == SCANNED
    assert second.doubts[-2:] == (SCANNED, ROUND_SUM)  # 80,00: perhaps 0,80 or 8000 badly read
    assert len(read.unread) == len(plain.unread)
    assert not any(SCANNED in one.doubts for one in plain.claims)


def test_an_image_nobody_read_is_told_so_and_left_to_a_person() -> None:
    scanned, seen = _scan()
    unread: tuple[dict[int, Recognised] | None, ...] = (None, {})
    for ocr in unread:
        with pytest.raises(Unsupported, match="n'a pas pu être lue"):
            read_claims(scanned, "application/pdf", "liste.pdf", "", _words(), ocr=ocr)
    blank = {number: replace(page, words=()) for number, page in seen.items()}
    with pytest.raises(Unsupported, match="aucun tableau ne se lit"):
        read_claims(scanned, "application/pdf", "liste.pdf", "", _words(), ocr=blank)


def test_only_pages_that_are_images_are_asked_for() -> None:
    assert images_in(claims.printed(LINES), "application/pdf", "liste.pdf") is None
    assert images_in(claims.workbook(LINES), XLSX, "liste.xlsx") is None
    assert images_in(b"a;b", "text/csv", "liste.csv") is None
    picture = images_in(scans.photo(claims.printed(LINES)), "image/jpeg", "liste.jpg")
    assert picture is not None
    assert picture.wanting == (1,)
    many = _pages(SCANNED_PAGES + 1)
    with pytest.raises(TooLarge, match="plus de 20 pages"):
        images_in(many, "application/pdf", "liste.pdf")


def _pages(count: int) -> bytes:
    """A PDF of blank images."""
    page = Image.new("L", (60, 80), 255)
    made = io.BytesIO()
    page.save(made, "PDF", save_all=True, append_images=[page] * (count - 1))
    return made.getvalue()
