"""Fuzz targets of the mail itself: structure, headers, reports, and everything found inside."""

from __future__ import annotations

import base64

from parsers import headers, markup, sniff
from parsers.limits import Limits
from parsers.mime import parse
from parsers.params import read as parameters
from parsers.reports import read_report
from parsers.richtext import sanitised
from parsers.transfer import decode as transfer_decoded
from parsers.unpack import unpack
from tests.builders import cda, golden, mime, outlook, xdm
from tests.builders.mime import Attachment
from tests.fuzz.target import Target

LIMITS = Limits(archive_bytes=4_000_000)
_HTML = (
    b"<html><body onload='x()'><p style='color:red'>Bonjour <img src='cid:a@b'><script>y()</script></p>"
    b"<a href='javascript:z()'>lien</a><form action='http://h'><iframe src='http://h'></form></html>"
)
_REPORTS = ("report", "receipt", "bounce", "failure", "absence")


def _messages() -> list[bytes]:
    return [path.read_bytes() for path in golden.cases()]


def _reports() -> list[bytes]:
    return [p.read_bytes() for p in golden.cases() if any(word in p.stem for word in _REPORTS)]


def _header_values() -> list[bytes]:
    return [header.value for raw in _messages() for header in parse(raw).headers]


def _parameter_values() -> list[bytes]:
    names = ("content-type", "content-disposition")
    return [value for raw in _messages() for name in names if (value := parse(raw).header_raw(name))]


def _mails() -> list[bytes]:
    return [path.read_bytes() for path in golden.cases() if path.stem != "zip-bomb"]


def _containers() -> list[bytes]:
    return [
        xdm.archive(),
        xdm.zipped([("a/b.zip", xdm.archive()), ("c.pdf", b"%PDF-1.4")]),
        cda.document(pdf=b"%PDF-1.4"),
        outlook.msg("s", "corps", "a@b.fr", [("a.pdf", b"%PDF-1.4"), ("b.zip", xdm.archive())]),
        outlook.tnef("s", "corps", [("a.pdf", b"%PDF-1.4")]),
    ]


def _split(data: bytes) -> None:
    for part in parse(data).walk():
        assert part.raw == part.source[part.start : part.end]
        assert len(part.text()) >= 0
        assert part.filename is None or "/" not in part.filename
        assert part.preamble is not None
        assert part.epilogue is not None


def _header(data: bytes) -> None:
    text = headers.decode(data)
    assert "\n" not in text
    text.encode("utf-8")
    assert all("@" in found.address for found in headers.addresses(data))
    found = headers.date(data)
    assert found is None or found.utcoffset() is not None
    assert all(each.startswith("<") for each in headers.message_ids(data))


def _parameters(data: bytes) -> None:
    found = parameters(data)
    assert found.value == found.value.lower()
    assert set(found.text) == set(found.raw)


def _transfer(data: bytes) -> None:
    """A line of uuencode cut short still announces 45 bytes, which are zeros: nothing grows beyond that."""
    for encoding in ("base64", "quoted-printable", "x-uuencode", "7bit", ""):
        assert len(transfer_decoded(data, encoding)) <= max(len(data) * 23, 64)


def _report(data: bytes) -> None:
    report = read_report(parse(data))
    assert report is None or all("@" in each.address for each in report.recipients)


def _html(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    assert "<script" not in markup.plain(text)
    assert all(each for each in markup.content_ids(text))


def _shown(data: bytes) -> None:
    """Nothing that runs, fetches or is sent is left in the page people see."""
    page = sanitised(data, {"a@b": b"\x89PNG\r\n\x1a\n" + data[:50]}, LIMITS).lower()
    assert not any(
        mark in page for mark in ("<script", "<iframe", "<form", "<object", 'src="http', 'javascript:"')
    )


def _whole(data: bytes) -> None:
    unpacked = unpack(data, data, LIMITS)
    unpacked.message.body.encode("utf-8")
    paths = [each.path for each in unpacked.found]
    assert len(paths) == len(set(paths))
    assert "\x00" not in unpacked.message.body + unpacked.message.subject + "".join(paths)


def _attached(data: bytes) -> None:
    """Whatever is attached, the piece beside it is found whole."""
    raw = mime.message([Attachment("x", data), Attachment("bon.pdf", b"%PDF-1.7")])
    found = unpack(raw, raw, LIMITS).found
    assert found[-1].content == b"%PDF-1.7"
    assert found[-1].trouble is None


def _sniffed(data: bytes) -> None:
    for name, declared in (("", ""), ("a.eml", "message/rfc822"), ("b.pdf", "application/pdf")):
        assert "/" in sniff.sniff(data, name, declared)


TARGETS = (
    Target("mime", ("mime.py", "transfer.py", "charsets.py"), _messages, _split, 4000),
    Target("headers", ("headers.py", "words.py", "charsets.py"), _header_values, _header, 4000, 0.99),
    Target("parameters", ("params.py",), _parameter_values, _parameters, share=0.99),
    Target(
        "transfer",
        ("transfer.py",),
        lambda: [
            base64.encodebytes(b"compte rendu " * 9),
            b"caf=C3=A9 =\r\nfin",
            b"begin 644 a\n#0V%T\n`\nend\n",
        ],
        _transfer,
        share=0.9,
    ),
    Target(
        "reports", ("reports.py", "report.py", "bounces.py", "replies.py"), _reports, _report, 3000, 0.5
    ),
    Target(
        "html",
        ("markup.py",),
        lambda: [b"<html><body><p>Bonjour <img src='cid:a@b'><style>p{}</style><b>x</b></p></html>"],
        _html,
        share=0.9,
    ),
    Target(
        "richtext",
        ("richtext.py",),
        lambda: [_HTML],
        _shown,
        share=0.9,
    ),
    Target(
        "unpack", ("unpack.py", "opener.py", "found.py", "piece.py", "inline.py"), _mails, _whole, 2500, 0.9
    ),
    Target("attached", ("opener.py", "archive.py", "xdm.py"), _containers, _attached, 2500, 0.99),
    Target("sniff", ("sniff.py",), _containers, _sniffed, share=0.99),
)
