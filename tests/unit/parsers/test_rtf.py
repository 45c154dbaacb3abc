"""RTF: text alone comes out, in its code page, inside the limits."""

from __future__ import annotations

import pytest

from parsers import documents
from parsers.errors import Malformed, TooLarge
from parsers.limits import Limits
from parsers.rtf import RTF, rtf_text

HEAD = rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Arial;}}{\colortbl;\red0;}{\*\generator Riched20;}"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (rb"\pard Compte rendu\par Suite\line fin}", "Compte rendu\nSuite\nfin"),
        (rb"n\'e9 \'e0 Alger}", "né à Alger"),
        (rb"\uc1 \u233?t\u233?, 10 \u8364?}", "été, 10 €"),
        (rb"{\uc2\u233 ab}c}", "éc"),
        (rb"a{\pict\pngblip 89504e47}b{\object{\*\objdata 00ff}}c}", "abc"),
        (rb"x\{y\}\\z\~w}", "x{y}\\z w"),
        (rb"A\cell B\cell\row}", "A  B  \n"),
        (rb"{\b gras} et {\i\fs24 penche}\emdash ici}", "gras et penche—ici"),
        (b"une\r\nligne}", "uneligne"),
    ],
)
def test_the_text_and_nothing_else(body: bytes, text: str) -> None:
    assert rtf_text(HEAD + body).strip(" ") == text.strip(" ")


def test_another_code_page_and_an_unknown_one() -> None:
    assert rtf_text(rb"{\rtf1\ansicpg1251 \'cf\'f0}") == "Пр"
    assert rtf_text(rb"{\rtf1\ansicpg99999 \'e9}") == "é"


def test_limits_and_rubbish() -> None:
    with pytest.raises(Malformed):
        rtf_text(b"bonjour")
    with pytest.raises(TooLarge):
        rtf_text(HEAD + b"a" * 100 + b"}", Limits(text_chars=50))
    with pytest.raises(TooLarge):
        rtf_text(b"{\\rtf1" + b"{" * 5000)
    assert rtf_text(b"{\\rtf1 a}}}}b") == "a"


def test_an_rtf_document_is_read_and_shown_as_text() -> None:
    content = HEAD + rb"Compte rendu\par d'hospitalisation}"
    for declared, name in ((RTF, "cr.rtf"), ("application/msword", "cr.doc"), ("text/rtf", "")):
        seen = documents.inspect(content, declared, name)
        assert seen.media_type == RTF
        assert seen.pages[0].text == "Compte rendu\nd'hospitalisation"
    assert documents.text(content, RTF).splitlines() == ["Compte rendu", "d'hospitalisation"]
