"""French typography of whole pages: what changes, and what is data and never does."""

from __future__ import annotations

import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.web.typography import NARROW, PLAIN, typeset
from tests.worlds.web import World

_EXACT = r"<(textarea|pre|code|script|style|option)\b.*?</\1>"
_PARTS = ("<p>", "</p>", "<pre>", "</pre>", " ;", " ", "«", "a'b", "&#39;", ">", "<")


@pytest.mark.parametrize(
    ("html", "printed"),
    [
        ("<p>Rien n'a changé ; relisez</p>", f"<p>Rien n’a changé{NARROW}; relisez</p>"),
        ("<p>Exporter : Excel</p>", f"<p>Exporter{PLAIN}: Excel</p>"),
        ("<p>Sûr ?</p><p>Oui !</p>", f"<p>Sûr{NARROW}?</p><p>Oui{NARROW}!</p>"),
        ("<p>« à domicile »</p>", f"<p>«{PLAIN}à domicile{PLAIN}»</p>"),
        ("<p>l&#39;établissement</p>", "<p>l’établissement</p>"),
        ('<b title="un ; deux">x</b> ; y', f'<b title="un ; deux">x</b>{NARROW}; y'),
    ],
)
def test_running_text_is_set(html: str, printed: str) -> None:
    assert typeset(html) == printed


@pytest.mark.parametrize(
    "html",
    [
        '<input value="Re : l&#39;envoi ?">',
        "<textarea>Madame, n'est-ce pas ?\n« oui »</textarea>",
        "<pre>a : b</pre>",
        "<code>x ; y</code>",
        '<td class="value">D&#39;ALMEIDA : 3</td>',
        '<option value="a">l&#39;un : deux</option>',
        "<p>12:30, 59;60, http://x.example/?a</p>",
    ],
)
def test_data_stays_as_it_is(html: str) -> None:
    assert typeset(html) == html


@given(st.lists(st.sampled_from(_PARTS)))
def test_nothing_but_spaces_and_apostrophes_changes(parts: list[str]) -> None:
    html = "".join(parts)
    assert _plain(typeset(html)) == _plain(html)


def _plain(html: str) -> str:
    return re.sub("&#39;|’", "'", re.sub(f"[{NARROW}{PLAIN}]", " ", html))


@pytest.mark.parametrize("path", ["/files", "/files/cnse-administratif", "/tableau", "/rien-ici"])
def test_pages_as_they_leave(world: World, path: str) -> None:
    cookies = dict(world.signed_in("sylvie").cookies)
    page = httpx.get(world.address + path, cookies=cookies).text
    inner = re.sub(_EXACT, "\n", page, flags=re.DOTALL)
    assert "<h1" in page
    assert re.findall(r".{0,20} [;:!?»].{0,5}|« ", re.sub("<[^>]*>", "\n", inner)) == []
