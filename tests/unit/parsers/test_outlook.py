"""The two Outlook formats: .msg (parsers/ole.py, parsers/msg.py) and winmail.dat (parsers/tnef.py)."""

from __future__ import annotations

import struct

import pytest

from parsers.errors import Malformed, ParseError, TooLarge
from parsers.limits import DEFAULT, Limits
from parsers.msg import read_msg
from parsers.tnef import read_tnef
from tests.builders import outlook


def test_message_file() -> None:
    data = outlook.msg(
        "Sujet é", "Corps\r\nsuite", "Anne@hopital.fr", [("résumé.pdf", b"%PDF" * 500), ("b.txt", b"x")]
    )
    item = read_msg(data, DEFAULT)
    assert (item.subject, item.text, item.sender) == ("Sujet é", "Corps\nsuite", "Anne@hopital.fr")
    assert [(each.name, each.content) for each in item.attachments] == [
        ("résumé.pdf", b"%PDF" * 500),
        ("b.txt", b"x"),
    ]


def test_message_in_a_message() -> None:
    inner = outlook.message_tree("Dedans", "Texte", "b@c.fr", [("a.pdf", b"%PDF")])
    data = outlook.compound(outlook.message_tree("Dehors", "", "a@b.fr", [("joint", inner)]))
    (attached,) = read_msg(data, DEFAULT).attachments
    assert attached.item is not None
    assert attached.item.subject == "Dedans"
    assert attached.item.attachments[0].content == b"%PDF"


def test_message_file_ceilings() -> None:
    tree = outlook.message_tree("x", "y", "a@b.fr", [])
    for _ in range(30):
        tree = outlook.message_tree("x", "y", "a@b.fr", [("joint", tree)])
    with pytest.raises(TooLarge):
        read_msg(outlook.compound(tree), DEFAULT)
    many = outlook.msg("x", "y", "a@b.fr", [("a", b"1")] * 10)
    with pytest.raises(TooLarge):
        read_msg(many, Limits(parts=5))


@pytest.mark.parametrize("cut", [0, 8, 511, 512, 700, 1500])
def test_cut_message_file(cut: int) -> None:
    with pytest.raises(Malformed):
        read_msg(outlook.msg("s", "b", "a@b.fr", [("a", b"1" * 900)])[:cut], DEFAULT)


def test_a_loop_in_the_sectors_ends() -> None:
    data = bytearray(outlook.msg("s", "b" * 2000, "a@b.fr", ()))
    data[-512:] = struct.pack("<128I", *([0] * 128))
    with pytest.raises(ParseError):
        read_msg(bytes(data), DEFAULT)


def test_another_compound_file_is_no_message() -> None:
    with pytest.raises(Malformed):
        read_msg(outlook.compound({"WordDocument": b"x"}), DEFAULT)


def test_winmail() -> None:
    item = read_tnef(
        outlook.tnef("Sujet é", "Corps é", [("résumé très long.pdf", b"%PDF"), ("b", b"x")]), DEFAULT
    )
    assert (item.subject, item.text) == ("Sujet é", "Corps é")
    assert [(each.name, each.content) for each in item.attachments] == [
        ("résumé très long.pdf", b"%PDF"),
        ("b", b"x"),
    ]


def test_winmail_names_are_no_paths() -> None:
    item = read_tnef(outlook.tnef("s", "b", [("..\\..\\x.pdf", b"1")]), DEFAULT)
    assert item.attachments[0].name == "x.pdf"


def test_cut_winmail_gives_what_is_whole() -> None:
    data = outlook.tnef("s", "b", [("a.pdf", b"%PDF"), ("c.pdf", b"x" * 1000)])
    assert [each.name for each in read_tnef(data[:-900], DEFAULT).attachments][:1] == ["a.pdf"]
    with pytest.raises(Malformed):
        read_tnef(b"\x00" * 20, DEFAULT)
    with pytest.raises(TooLarge):
        read_tnef(outlook.tnef("s", "b", [("a", b"")] * 10), Limits(parts=5))
