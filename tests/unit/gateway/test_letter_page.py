"""One source, two faces: nothing lost, everything escaped, nothing fetched."""

from __future__ import annotations

import re

from gateway.circuits.letter_page import page, plain

MARKED = "Bonjour,\nligne 2\n\n## À faire\n\n  - un <b>\n  - deux\n\n  1. premier\n  2. second\n"


def test_the_text_keeps_every_line_and_underlines_titles() -> None:
    assert plain(MARKED).startswith("Bonjour,\nligne 2\n\nÀ faire\n-------\n\n  - un <b>\n")


def test_the_page_has_language_headings_and_lists_and_escapes() -> None:
    html = page("Objet & <suite>", MARKED)
    assert '<html lang="fr">' in html
    assert "<h1>Objet &amp; &lt;suite&gt;</h1>" in html
    assert "<p>Bonjour,<br>\nligne 2</p>" in html
    assert "<h2>À faire</h2>" in html
    assert "<ul>\n<li>un &lt;b&gt;</li>\n<li>deux</li>\n</ul>" in html
    assert "<ol>\n<li>premier</li>\n<li>second</li>\n</ol>" in html


def test_the_page_fetches_nothing_and_runs_nothing() -> None:
    html = page("x", "http://ailleurs.example/image.png\n<script>alert(1)</script>")
    assert re.search(r"<(script|img|link|a|iframe)\b|url\(|src=|href=", html) is None
