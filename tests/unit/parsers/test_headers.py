from __future__ import annotations

from datetime import UTC, datetime

import pytest

from parsers.headers import Address, addresses, date, decode, message_id, message_ids


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"a@b.fr", [("", "a@b.fr")]),
        (b"<>", []),
        (b'<"">', []),
        (b'"" <>', []),
        (b"", []),
        (b"undisclosed-recipients:;", []),
        (b"CH Lens <Service.301@CH-Lens.MSSante.fr>", [("CH Lens", "service.301@ch-lens.mssante.fr")]),
        (b'"Dupont, Anne" <anne@b.fr>, x@y.fr', [("Dupont, Anne", "anne@b.fr"), ("", "x@y.fr")]),
        (
            b"=?utf-8?q?a=2C_b=40c.fr_=3Cevil=40x.fr=3E?= <real@b.fr>",
            [("a, b@c.fr <evil@x.fr>", "real@b.fr")],
        ),
        (b'"evil@x.fr" <real@b.fr>', [("evil@x.fr", "real@b.fr")]),
        (b"Groupe: a@b.fr, c@d.fr;", [("", "a@b.fr"), ("", "c@d.fr")]),
        (b"a@b.fr; c@d.fr", [("", "a@b.fr"), ("", "c@d.fr")]),
        (b"a@b.fr (Anne D.)", [("Anne D.", "a@b.fr")]),
        (b"Anne Dupont anne@b.fr", [("Anne Dupont", "anne@b.fr")]),
        (b"<mailto:a@b.fr>", [("", "a@b.fr")]),
        (b"<@relay.fr:a@b.fr>", [("", "a@b.fr")]),
        (b"Un <a@b.fr> Deux <c@d.fr>", [("Un", "a@b.fr"), ("Deux", "c@d.fr")]),
        (b'"neko....nyaan...."@b.org', [("", '"neko....nyaan...."@b.org')]),
        (b"H\xc3\xb4pital <h@b.fr>", [("Hôpital", "h@b.fr")]),
        (b"H\xf4pital <h@b.fr>", [("Hôpital", "h@b.fr")]),
        (b"MAILER-DAEMON", []),
        (b"a@b.fr\r\n ,\r\n c@d.fr", [("", "a@b.fr"), ("", "c@d.fr")]),
        (b"<a@b.fr", [("", "a@b.fr")]),
    ],
)
def test_addresses(value: bytes, expected: list[tuple[str, str]]) -> None:
    assert addresses(value) == tuple(Address(*each) for each in expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"=?iso-8859-1?Q?Pi=E8ce_jointe?=", "Pièce jointe"),
        (b"=?UTF-8?B?w4l0w6k=?=", "Été"),
        (b"=?UTF-8?B?w4l0w6k?=", "Été"),
        (b"=?utf-8?q?=C3?= =?utf-8?q?=A9t=C3=A9?=", "été"),
        (b"=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab"),
        (b"=?utf-8?q?a b c?=", "a b c"),
        (b"avant=?utf-8?q?=C3=A9?=apr\xc3\xa8s", "avantéaprès"),
        (b"=?us-ascii?Q?caf=E9?=", "café"),
        (b"=?x-inconnu?Q?caf=C3=A9?=", "café"),
        (b"=?utf-8*fr?Q?caf=C3=A9?=", "café"),
        (b"R\xe9ponse", "Réponse"),
        (b"une\r\n suite", "une suite"),
        (b"piege\x00\x1b\rX: y", "piege X: y"),
        (b"=?utf-8?q?deux=0D=0ABcc:_x?=", "deux  Bcc: x"),
        (b"=?utf-8?q?=E2=80=AEfdp?=", "fdp"),
        (b"=?idna?q?abc?= =?zip?q?def?=", "abcdef"),
        (b"=?utf-8?q?casse", "=?utf-8?q?casse"),
        (b"=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
    ],
)
def test_decode(value: bytes, expected: str) -> None:
    assert decode(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Mon, 23 Nov 2026 10:00:00 +0100", datetime(2026, 11, 23, 9, 0, tzinfo=UTC)),
        ("23 Nov 2026 09:00 -0000", datetime(2026, 11, 23, 9, 0, tzinfo=UTC)),
        ("Wed, 20 Feb 2024 00:19:00 (EDT) -0400", datetime(2024, 2, 20, 4, 19, tzinfo=UTC)),
        ("hier", None),
        ("", None),
        ("Mon, 99 Nov 2026 10:00:00 +0100", None),
        ("Sat, 1 Jan 2000 00:00:00 +9999999", None),
    ],
)
def test_date(value: str, expected: datetime | None) -> None:
    assert date(value) == expected
    assert date(value.encode()) == expected


def test_message_ids() -> None:
    assert message_ids(b"<a@b> <c@d>\r\n <a@b> bruit") == ("<a@b>", "<c@d>")
    assert message_id(b" <199509192301.23456 >") == "<199509192301.23456>"
    assert message_id(b"nu@b.fr") == "<nu@b.fr>"
    assert message_id(b"<>") is None
    assert message_id(b"sans rien") is None
    assert message_id(None) is None
