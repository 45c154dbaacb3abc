"""HTML of mails made safe: what may stay, and everything that may not."""

from __future__ import annotations

import pytest

from parsers.errors import TooLarge
from parsers.limits import Limits
from parsers.richtext import ALL_IMAGES, LARGEST_IMAGE, sanitised

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 20


_FORBIDDEN = (
    "script", "onload", "onclick", "onerror", "alert", "href", "http", "javascript", "style", "url(",
    "src=", "<form", "<input", "<iframe", "<svg", "<meta", "<link", "<base",
)  # fmt: skip


def test_words_and_layout_stay() -> None:
    page = sanitised(
        "<p>État <b>général</b></p><table><tr><td colspan='2'>x</td></tr></table>".encode(), {}
    )
    assert "<p>État <b>général</b></p>" in page
    assert '<td colspan="2">x</td>' in page
    assert page.startswith("<!doctype html>")


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<p onclick='alert(1)'>x</p>",
        "<body onload=alert(1)>x",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='https://ailleurs.example/'>x</a>",
        "<img src='https://ailleurs.example/p.gif' srcset='https://ailleurs.example/q.gif'>",
        "<img src='data:image/svg+xml,<svg onload=alert(1)>'>",
        "<img src='cid:inconnue'>",
        "<img src='cid:vecteur'>",
        "<div style='background:url(https://ailleurs.example/)'>x</div>",
        "<style>@import 'https://ailleurs.example/';</style>",
        "<link rel=stylesheet href=https://ailleurs.example/>",
        "<meta http-equiv=refresh content='0;url=https://ailleurs.example/'>",
        "<base href=https://ailleurs.example/>",
        "<form action=https://ailleurs.example/><input name=x><button>x</button></form>",
        "<iframe src=https://ailleurs.example/></iframe>",
        "<object data=x></object><embed src=x>",
        "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<table background='https://ailleurs.example/x.png'><tr><td background=x>x</table>",
        "<video poster=https://ailleurs.example/><source src=x></video>",
        "<!--[if mso]><script>alert(1)</script><![endif]-->",
    ],
)
def test_nothing_active_and_no_address_stays(hostile: str) -> None:
    page = sanitised(hostile.encode(), {"vecteur": b"<svg onload=alert(1)>"})
    body = page.partition("<body>")[2].lower()
    for word in _FORBIDDEN:
        assert word not in body, (hostile, body)


def test_a_picture_of_the_mail_is_written_inside_the_page_by_what_its_bytes_are() -> None:
    page = sanitised(
        b'<img src="CID:Logo@x" alt="Logo"><img src=cid:faux>', {"LOGO@x": PNG, "faux": b"GIF"}
    )
    assert page.count('src="data:image/png;base64,') == 1
    assert 'alt="Logo"' in page
    for raw, kind in (
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"GIF89a..", "gif"),
        (b"RIFF0000WEBPVP8 ", "webp"),
    ):
        assert f"data:image/{kind};" in sanitised(b"<img src=cid:a>", {"a": raw})


def test_pictures_too_heavy_are_left_out() -> None:
    heavy = PNG + b"x" * LARGEST_IMAGE
    assert "data:" not in sanitised(b"<img src=cid:a>", {"a": heavy})
    almost = PNG + b"x" * (LARGEST_IMAGE - len(PNG))
    many = {str(number): almost for number in range(ALL_IMAGES // LARGEST_IMAGE + 2)}
    page = sanitised("".join(f"<img src=cid:{n}>" for n in many).encode(), many)
    assert page.count("data:image/png") == ALL_IMAGES // LARGEST_IMAGE


def test_a_page_beyond_the_ceiling_is_refused() -> None:
    with pytest.raises(TooLarge):
        sanitised(b"x" * 41, {}, Limits(text_chars=10))


def test_old_charsets_are_read() -> None:
    assert "État" in sanitised("<p>État</p>".encode("cp1252"), {})
