from __future__ import annotations

from parsers.errors import ParseError
from parsers.headers import addresses, date, decode, message_ids
from parsers.mime import parse
from tests.builders import golden
from tests.fuzz.mutate import inputs, mutations

COUNT = inputs(4000)


def test_only_parse_errors_come_out_of_the_splitter() -> None:
    samples = [path.read_bytes() for path in golden.cases()]
    seen = refused = 0
    for data in mutations(samples, COUNT, seed=1):
        seen += 1
        try:
            for part in parse(data).walk():
                assert part.raw == part.source[part.start : part.end]
                assert len(part.text()) >= 0
                assert part.filename is None or "/" not in part.filename
                assert part.preamble is not None
                assert part.epilogue is not None
        except ParseError:
            refused += 1
    assert seen == COUNT
    assert refused < COUNT


def test_header_values_never_fail() -> None:
    samples = [header.value for path in golden.cases() for header in parse(path.read_bytes()).headers]
    for data in mutations(samples, COUNT, seed=2):
        text = decode(data)
        assert "\n" not in text
        text.encode("utf-8")
        assert all("@" in found.address for found in addresses(data))
        found = date(data)
        assert found is None or found.utcoffset() is not None
        assert all(each.startswith("<") for each in message_ids(data))
