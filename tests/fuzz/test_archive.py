from __future__ import annotations

from parsers.archive import open_zip
from parsers.errors import ParseError
from parsers.limits import Limits
from parsers.msg import read_msg
from parsers.tnef import read_tnef
from parsers.xdm import is_xdm, read_xdm
from tests.builders import outlook, xdm
from tests.fuzz.mutate import inputs, mutations

COUNT = inputs(1500)
LIMITS = Limits(archive_bytes=4_000_000)


def test_only_parse_errors_come_out_of_archives() -> None:
    nested = xdm.zipped([("a.pdf", b"%PDF" * 300), ("dossier/b.zip", xdm.archive())])
    opened = 0
    for data in mutations([xdm.archive(), nested], COUNT, seed=3):
        try:
            entries = open_zip(data, LIMITS)
            opened += 1
            assert sum(len(entry.content) for entry in entries) <= LIMITS.archive_bytes
            assert not any(".." in entry.path.split("/") for entry in entries)
            if is_xdm(entries):
                read_xdm(entries, LIMITS)
        except ParseError:
            continue
    assert opened > COUNT // 10


def test_only_parse_errors_come_out_of_outlook_formats() -> None:
    inner = outlook.message_tree("b", "c", "b@c.fr", [("x.pdf", b"%PDF")])
    message = outlook.compound(
        outlook.message_tree("s", "corps", "a@b.fr", [("a.pdf", b"%PDF" * 300), ("b", inner)])
    )
    winmail = outlook.tnef("s", "corps", [("a.pdf", b"%PDF" * 50), ("b.txt", b"texte")])
    opened = 0
    for data in mutations([message], COUNT, seed=4):
        try:
            opened += len(read_msg(data, LIMITS).attachments) >= 0
        except ParseError:
            continue
    for data in mutations([winmail], COUNT, seed=5):
        try:
            opened += len(read_tnef(data, LIMITS).attachments) >= 0
        except ParseError:
            continue
    assert opened > COUNT // 4
