from __future__ import annotations

from parsers.errors import ParseError
from parsers.limits import Limits
from parsers.unpack import unpack
from tests.builders import cda, golden, mime, outlook, xdm
from tests.builders.mime import Attachment
from tests.fuzz.mutate import inputs, mutations

COUNT = inputs(2500)
LIMITS = Limits(archive_bytes=4_000_000)


def test_only_parse_errors_come_out_of_a_whole_mail() -> None:
    samples = [path.read_bytes() for path in golden.cases() if path.stem != "zip-bomb"]
    opened = 0
    for data in mutations(samples, COUNT, seed=9):
        try:
            unpacked = unpack(data, data, LIMITS)
        except ParseError:
            continue
        opened += 1
        unpacked.message.body.encode("utf-8")
        paths = [each.path for each in unpacked.found]
        assert len(paths) == len(set(paths))
        assert "\x00" not in unpacked.message.body + unpacked.message.subject + "".join(paths)
    assert opened > COUNT * 9 // 10


def test_spoilt_attachments_never_stop_the_mail() -> None:
    samples = [
        xdm.archive(),
        xdm.zipped([("a/b.zip", xdm.archive()), ("c.pdf", b"%PDF-1.4")]),
        cda.document(pdf=b"%PDF-1.4"),
        outlook.msg("s", "corps", "a@b.fr", [("a.pdf", b"%PDF-1.4"), ("b.zip", xdm.archive())]),
        outlook.tnef("s", "corps", [("a.pdf", b"%PDF-1.4")]),
    ]
    for data in mutations(samples, COUNT, seed=10):
        raw = mime.message([Attachment("x", data), Attachment("bon.pdf", b"%PDF-1.7")])
        found = unpack(raw, raw, LIMITS).found
        assert found[-1].content == b"%PDF-1.7"
        assert found[-1].trouble is None
