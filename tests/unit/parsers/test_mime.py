from __future__ import annotations

import base64

import pytest

from parsers.errors import Hostile, TooLarge
from parsers.limits import DEFAULT, Limits
from parsers.mime import Part, bare_name, parse

SIMPLE = (
    b"From: a@b.fr\nSubject: Essai\nContent-Type: multipart/mixed; boundary=cut\n\nbefore\n"
    b"--cut\nContent-Type: text/plain; charset=utf-8\n\nun\n\n--cut\n\ndeux\n--cut--\nafter\n"
)


def crlf(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def with_header(line: bytes, body: bytes = b"") -> Part:
    return parse(line + b"\r\n\r\n" + body)


@pytest.mark.parametrize("message", [SIMPLE, crlf(SIMPLE)], ids=["lf", "crlf"])
def test_split_keeps_the_exact_bytes(message: bytes) -> None:
    root = parse(message)
    first, second = root.children
    end = b"\r\n" if b"\r\n" in message else b"\n"
    assert first.raw == b"Content-Type: text/plain; charset=utf-8" + end * 2 + b"un" + end
    assert first.body == b"un" + end
    assert second.raw == end + b"deux"
    assert message[first.start : first.end] == first.raw
    assert root.preamble == b"before" + end
    assert root.epilogue == b"after" + end
    assert root.raw == message


def test_mixed_line_ends() -> None:
    message = SIMPLE.replace(b"\n--cut\n\ndeux", b"\r\n--cut\r\n\ndeux\r\n")
    assert [part.text() for part in parse(message).children] == ["un\n", "deux\r\n"]


def test_missing_closing_delimiter_keeps_everything() -> None:
    message = SIMPLE[: SIMPLE.index(b"--cut--")]
    assert [part.text() for part in parse(message).children] == ["un\n", "deux\n"]


def test_a_boundary_that_begins_like_another() -> None:
    message = (
        b'Content-Type: multipart/mixed; boundary="a"\n\n--a\n'
        b'Content-Type: multipart/mixed; boundary="a-b"\n\n--a-b\n\nin\n--a-b--\n--a\n\nout\n--a--\n'
    )
    inner, outer = parse(message).children
    assert [part.text() for part in inner.children] == ["in"]
    assert outer.text() == "out"


def test_unclosed_inner_multipart_stops_at_the_outer_delimiter() -> None:
    message = (
        b'Content-Type: multipart/mixed; boundary="x"\n\n--x\n'
        b'Content-Type: multipart/mixed; boundary="y"\n\n--y\n\nin\n--x\n\nout\n--x--\n'
    )
    inner, outer = parse(message).children
    assert [part.text() for part in inner.children] == ["in"]
    assert outer.text() == "out"


def test_headers_are_kept_in_order_with_their_folds() -> None:
    root = parse(b"Received: un\n  suite\nX: 1\nreceived: deux\n\n")
    assert [(h.name, h.value) for h in root.headers] == [
        ("Received", b" un\n  suite"),
        ("X", b" 1"),
        ("received", b" deux"),
    ]
    assert root.header_all("RECEIVED") == ("un  suite", "deux")
    assert root.header("absent") is None


@pytest.mark.parametrize(
    ("message", "names", "body"),
    [
        (b"", [], b""),
        (b"\r\nbody", [], b"body"),
        (b"just text: no header\nmore", [], b"just text: no header\nmore"),
        (b"A: 1\nthis is noise\nB: 2\n\nbody", ["A", "B"], b"body"),
        (b"A: 1\nnoise one\nnoise two\n\nbody", ["A"], b"noise one\nnoise two\n\nbody"),
        (b"A: 1\n--cut\n\nbody", ["A"], b"--cut\n\nbody"),
        (b"From a@b.fr Mon Nov 23\nA: 1\n\nbody", ["A"], b"body"),
        (b"A: 1\n \n\nbody", ["A"], b"body"),
        (b"A : 1\n\nbody", ["A"], b"body"),
        (b"A: 1", ["A"], b""),
        (b"\x00\x00\x00", [], b"\x00\x00\x00"),
        (b"A: \x00\xff\n\n\x00", ["A"], b"\x00"),
    ],
)
def test_odd_headers(message: bytes, names: list[str], body: bytes) -> None:
    root = parse(message)
    assert [header.name for header in root.headers] == names
    assert root.body == body


def test_header_above_the_ceiling() -> None:
    with pytest.raises(TooLarge):
        parse(b"Subject: " + b"x" * (1024 * 1024) + b"\n\nbody")
    with pytest.raises(TooLarge):
        parse(b"A: b\n" * 100_000)
    small = parse(b"A: b\n\n" + b"x: y\n" * 100_000)
    assert len(small.body) == 500_000


def test_a_huge_header_of_one_part_does_not_hide_the_others() -> None:
    message = SIMPLE.replace(b"\n\ndeux", b"\nX: " + b"x" * 300_000 + b"\n\ndeux")
    first, second = parse(message).children
    assert first.text() == "un\n"
    with pytest.raises(TooLarge):
        _ = second.headers


def nested(levels: int) -> bytes:
    body = b"Content-Type: text/plain\n\nau fond\n"
    for level in range(levels):
        boundary = f"cut{level:03d}".encode()
        body = (
            b"Content-Type: multipart/mixed; boundary=" + boundary + b"\n\n--" + boundary + b"\n" + body
            + b"\n--" + boundary + b"--\n"
        )  # fmt: skip
    return b"Subject: poupees\n" + body


def test_depth_ceiling_comes_out_of_walk_only() -> None:
    root = parse(nested(100))
    assert root.header("subject") == "poupees"
    with pytest.raises(TooLarge):
        list(root.walk())
    deepest = list(parse(nested(DEFAULT.depth)).walk())[-1]
    assert deepest.text() == "au fond\n"


def test_number_of_parts() -> None:
    def message(count: int) -> bytes:
        return b"Content-Type: multipart/mixed; boundary=cut\n\n" + b"--cut\n\nx\n" * count + b"--cut--\n"

    assert len(parse(message(200)).children) == 200
    with pytest.raises(TooLarge):
        _ = parse(message(501)).children
    with pytest.raises(TooLarge):
        list(parse(message(30), Limits(parts=20)).walk())


def test_false_delimiters_without_end_are_hostile() -> None:
    message = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--bx\n" * 150_000
    with pytest.raises(Hostile):
        _ = parse(message).children


def test_nested_message_even_when_it_is_encoded() -> None:
    inner = b"Subject: dedans\n\ntexte\n"
    plain = with_header(b"Content-Type: message/rfc822", inner)
    coded = with_header(
        b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64", base64.encodebytes(inner)
    )
    for part in (plain, coded):
        (message,) = part.children
        assert message.header("subject") == "dedans"
        assert message.depth == 1


def test_parts_of_a_digest_are_messages() -> None:
    root = parse(b"Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: un\n\ntexte\n--d--\n")
    assert root.children[0].content_type == "message/rfc822"
    assert root.children[0].children[0].header("subject") == "un"


@pytest.mark.parametrize(
    ("encoding", "body", "expected"),
    [
        (b"base64", b"w6l0w6k=", "été".encode()),
        (b"BASE64 ", b" w6l0\r\n w6k", "été".encode()),
        (b"base64", b"w6l0!?w6k=", "été".encode()),
        (b"base64", b"YQ==\r\nYg==\r\n", b"ab"),
        (b"base64", b"YWJjZ", b"abc"),
        (b"base64", b"", b""),
        (b"base64", b"YQ==" + b"=" * 20_000, b"a"),
        (b"quoted-printable", b"=C3=A9t=C3=A9=\r\n!=ZZ", "été!=ZZ".encode()),
        (b"x-uuencode", b"begin 644 a.txt\r\n#8V%T\r\n`\r\nend\r\n", b"cat"),
        (b"x-uuencode", b"pas du uu", b"pas du uu"),
        (b"8bit", b"\xe9\x00", b"\xe9\x00"),
        (b"x-inconnu", b"=E9", b"=E9"),
    ],
)
def test_transfer_encodings(encoding: bytes, body: bytes, expected: bytes) -> None:
    assert with_header(b"Content-Transfer-Encoding: " + encoding, body).content() == expected


@pytest.mark.parametrize(
    ("header", "body", "expected"),
    [
        (b"text/plain; charset=iso-8859-1", b"\xe9\x80", "é€"),
        (b"text/plain; charset=utf-8", "é".encode(), "é"),
        (b"text/plain; charset=utf-8", b"\xe9", "é"),
        (b"text/plain", b"\xe9", "é"),
        (b"text/plain; charset=us-ascii", "é".encode(), "é"),
        (b"text/plain; charset=nulle-part", "é".encode(), "é"),
        (b"text/plain; charset=utf-16", "é".encode("utf-16"), "é"),
        (b"text/plain; charset=zip", b"abc", "abc"),
        (b"text/html", b'<meta charset="utf-8">\xc3\xa9', '<meta charset="utf-8">é'),
    ],
)
def test_text_never_fails(header: bytes, body: bytes, expected: str) -> None:
    assert with_header(b"Content-Type: " + header, body).text() == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b'attachment; filename="rapport.pdf"', "rapport.pdf"),
        (b"attachment; filename=rapport final.pdf", "rapport final.pdf"),
        (b"attachment; filename*=UTF-8''r%C3%A9sum%C3%A9.pdf", "résumé.pdf"),
        (b"attachment; filename*=us-ascii''r%E9sum%E9.pdf", "résumé.pdf"),
        (b"attachment; filename*=''r%C3%A9sum%C3%A9.pdf", "résumé.pdf"),
        (
            b"attachment; filename*0*=UTF-8''r%C3;\r\n filename*1*=%A9sum; filename*2=\"e.pdf\"",
            "résume.pdf",
        ),
        (b'attachment; filename*1="b.pdf"; filename*0="a"', "ab.pdf"),
        (b"attachment; filename=\"plat.pdf\"; filename*=UTF-8''%C3%A9.pdf", "é.pdf"),
        (b'attachment; filename="=?utf-8?Q?r=C3=A9sum=C3=A9.pdf?="', "résumé.pdf"),
        (b'attachment; filename*0="=?utf-8?Q?r=C3=A9"; filename*1="sum=C3=A9.pdf?="', "résumé.pdf"),
        (b'attachment; filename="r\xe9sum\xe9.pdf"', "résumé.pdf"),
        (b'attachment; filename="r\xc3\xa9sum\xc3\xa9.pdf"', "résumé.pdf"),
        (b'attachment; filename="C:\\Users\\anne\\scan.pdf"', "scan.pdf"),
        (b'attachment; filename="../../etc/passwd"', "passwd"),
        (b'attachment; filename=".."', None),
        (b'attachment; filename="a\r\n b.pdf"', "a b.pdf"),
        (b'attachment; filename="un \\"deux\\".pdf"', 'un "deux".pdf'),
        (b'attachment; filename="ouvert', "ouvert"),
        (b'attachment; filename="a;b.pdf"', "a;b.pdf"),
        (b"attachment; filename=", None),
        (b"attachment", None),
        (b"attachment; ; =; filename=a.pdf; filename=b.pdf", "a.pdf"),
    ],
)
def test_file_names(header: bytes, expected: str | None) -> None:
    assert with_header(b"Content-Disposition: " + header).filename == expected


def test_name_of_the_content_type_is_the_second_choice() -> None:
    part = with_header(b'Content-Type: Application/PDF; name="a.pdf"\r\nContent-ID: <b@c>')
    assert part.filename == "a.pdf"
    assert part.content_type == "application/pdf"
    assert part.disposition is None
    assert with_header(b"Content-ID: <image001.png@01>").filename is None


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"text", "text/plain"),
        (b"", "text/plain"),
        (b"text/html (page); charset=x", "text/html"),
        (b"TEXT/HTML;;", "text/html"),
        (b"application/pdf name=x", "application/pdf"),
        (b"\xff/\xff", "text/plain"),
    ],
)
def test_content_type(header: bytes, expected: str) -> None:
    assert with_header(b"Content-Type: " + header).content_type == expected


def test_bare_name_is_short_and_keeps_its_extension() -> None:
    name = bare_name("x" * 500 + ".pdf")
    assert name is not None
    assert len(name) == 200
    assert name.endswith("x.pdf")


def test_a_large_mail_is_sliced_not_copied() -> None:
    body = base64.encodebytes(bytes(range(256)) * 40_000)
    root = parse(
        b"Content-Type: multipart/mixed; boundary=cut\n\n--cut\nContent-Transfer-Encoding: base64\n\n"
        + body
        + b"--cut--\n"
    )
    (part,) = root.children
    assert part.source is root.source
    assert part.content() == bytes(range(256)) * 40_000
