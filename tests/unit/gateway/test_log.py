"""The log: JSON lines that name a mail by its digest, say where a surprise was, and never what it read."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from gateway import log

MARKER = "tumeur-secrète"


@pytest.fixture(autouse=True)
def _quiet_again() -> Iterator[None]:
    yield
    for name in ("passerelle", "gateway"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_step_is_one_line_with_its_context(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO")
    log.moved("a" * 64, "unseal", "opened", 0.0123)
    (line,) = _lines(capsys)
    assert line["event"] == "step done"
    assert (line["delivery"], line["step"], line["after"], line["ms"]) == (
        "a" * 12,
        "unseal",
        "opened",
        12.3,
    )


def test_a_surprise_says_where_and_of_which_kind_never_with_which_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.configure("INFO")
    try:
        int(MARKER)
    except ValueError:
        log.surprise("b" * 64, "read")
    text = capsys.readouterr().err
    assert MARKER not in text
    line = json.loads(text)
    assert line["error"] == "ValueError"
    assert "test_log.py:" in line["where"]


def test_what_a_room_logs_has_the_same_shape(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO")
    logging.getLogger("gateway.intake.smtp").warning("too many sessions", extra={"peer": "192.0.2.1"})
    (line,) = _lines(capsys)
    assert (line["event"], line["peer"], line["level"]) == ("too many sessions", "192.0.2.1", "warning")


def test_a_level_that_is_not_asked_for_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("WARNING")
    log.moved("c" * 64, "unseal", "opened", 1.0)
    assert _lines(capsys) == []
