from __future__ import annotations

from parsers.archive import Entry, open_zip
from parsers.cda import read_cda
from parsers.errors import ParseError
from parsers.xdm import read_xdm
from tests.builders import cda, xdm
from tests.fuzz.mutate import inputs, mutations

COUNT = inputs(3000)


def test_only_parse_errors_come_out_of_cda() -> None:
    samples = [
        cda.document(pdf=b"%PDF-1.4"),
        cda.document(sections=[("Motif", "Chute"), ("Suites", "Repos")]),
    ]
    read = 0
    for data in mutations(samples, COUNT, seed=6):
        try:
            document = read_cda(data)
        except ParseError:
            continue
        read += 1
        assert all(fact.value for fact in document.facts("0" * 64))
    assert read > COUNT // 20


def test_only_parse_errors_come_out_of_metadata() -> None:
    entries = open_zip(xdm.archive())
    metadata = next(entry for entry in entries if entry.name == "METADATA.XML")
    read = 0
    for data in mutations([metadata.content], COUNT, seed=7):
        files = tuple(Entry(each.path, data) if each is metadata else each for each in entries)
        try:
            read += len(read_xdm(files).documents) >= 0
        except ParseError:
            continue
    assert read > COUNT // 20
