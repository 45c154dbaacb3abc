from __future__ import annotations

import pytest

from parsers.markup import content_ids, plain


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>Bonjour</p><p>Madame&nbsp;&eacute;</p>", "Bonjour\n\nMadame é"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<style>p{color:red}</style>x<script>alert(1)</script>y", "xy"),
        ("<title>t</title><body>x</body>", "x"),
        ("a<!-- caché <p>b</p> -->c", "ac"),
        ("<![if !mso]>a<![endif]>", "a"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1 2"),
        ("prix < 10 & > 5", "prix < 10 & > 5"),
        ("<b>gras", "gras"),
        ("<script>jamais fermé", ""),
        ("", ""),
    ],
)
def test_plain(markup: str, expected: str) -> None:
    assert plain(markup) == expected


@pytest.mark.parametrize("piece", ["<a", "<!--", "<script", "<p ", "&#", "cid:", "<style>", '"cid:'])
def test_repeated_openings_stay_linear(piece: str) -> None:
    assert isinstance(plain(piece * 100_000), str)
    assert isinstance(content_ids(piece * 100_000), frozenset)


def test_content_ids() -> None:
    assert content_ids('<img src="cid:Logo@1"> <div style="x:url(cid:b@2)">') == {"logo@1", "b@2"}
