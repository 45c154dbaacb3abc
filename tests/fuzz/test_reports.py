from __future__ import annotations

from parsers.errors import ParseError
from parsers.mime import parse
from parsers.reports import read_report
from tests.builders import golden
from tests.fuzz.mutate import inputs, mutations

COUNT = inputs(3000)


def test_only_parse_errors_come_out_of_reports() -> None:
    words = ("report", "receipt", "bounce", "failure", "absence")
    samples = [path.read_bytes() for path in golden.cases() if any(word in path.stem for word in words)]
    assert len(samples) >= 5
    reports = 0
    for data in mutations(samples, COUNT, seed=8):
        try:
            report = read_report(parse(data))
        except ParseError:
            continue
        if report is not None:
            reports += 1
            assert all("@" in each.address for each in report.recipients)
    assert reports > COUNT // 2
