"""The pages say what exists: every word of the command line, every file, every lesson and its test."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.cli.main import parser

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *(ROOT / "docs").rglob("*.md")])
WORDS_ARE_TOLD_IN = (ROOT / "docs" / "operations.md", ROOT / "README.md", ROOT / "docs" / "proof.md")
TOP = ("gateway", "parsers", "storage", "tests", "config", "docs", "requirements", ".ci")
LESSONS = 16


def _words(root: argparse.ArgumentParser, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every complete sequence of words of the command line."""
    deeper = [a for a in root._actions if isinstance(a, argparse._SubParsersAction)]
    if not deeper:
        yield before
    for action in deeper:
        for name, child in action.choices.items():
            yield from _words(child, (*before, name))


def _named(page: Path) -> set[str]:
    """Paths of our tree that a page writes between backticks, in links or in the words of a shell."""
    text = page.read_text("utf-8")
    quoted = re.findall(r"`([\w./-]+/[\w./-]*)`", text)
    linked = [str((page.parent / target).resolve().relative_to(ROOT)) for target in _links(text)]
    return {name for name in [*quoted, *linked] if name.split("/")[0] in TOP}


def _links(text: str) -> list[str]:
    found = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    return [target for target in found if "://" not in target]


def test_every_word_of_the_command_line_is_told() -> None:
    told = " ".join(page.read_text("utf-8") for page in WORDS_ARE_TOLD_IN)
    words = [" ".join(one) for one in _words(parser())]
    assert len(words) > 15
    untold = [one for one in words if f"passerelle {one}" not in told and f"make {one}" not in told]
    assert untold == []


def test_no_page_tells_a_word_that_does_not_exist() -> None:
    known = {one[: len(one)] for one in _words(parser())}
    firsts = {one[0] for one in known}
    for page in PAGES:
        for line in re.findall(
            r"`passerelle ([a-z -]+)|bin/passerelle ([a-z -]+)", page.read_text("utf-8")
        ):
            said = tuple(w for w in " ".join(line).split() if not w.startswith("-"))
            assert said, page
            assert said[0] in firsts, (page.name, said)
            longest = [one for one in known if one == said[: len(one)]]
            assert longest, (page.name, said)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_file_a_page_names_exists(page: Path) -> None:
    """What is made at run time (``var``) or by a command is not of the tree."""
    made = {"docs/performance.md"}
    missing = [
        name
        for name in sorted(_named(page) - made)
        if not (ROOT / name).exists() and not list(ROOT.glob(name.rstrip("/") + ".*"))
    ]
    assert missing == []


def test_every_lesson_is_held_by_tests_that_exist() -> None:
    text = (ROOT / "docs" / "lessons.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \|", text, re.MULTILINE)
    assert rows == [str(number) for number in range(1, LESSONS + 1)]
    held = re.findall(r"`([\w/]+\.py)` `(test_\w+)`", text)
    assert len(held) > LESSONS
    gone = [
        f"{file}::{test}"
        for file, test in held
        if not (ROOT / "tests" / file).is_file()
        or f"def {test}(" not in (ROOT / "tests" / file).read_text("utf-8")
    ]
    assert gone == []
    for line in text.splitlines():
        if line.startswith("| ") and not line.startswith(("| # ", "| --- ", "| asked ")):
            assert "`test_" in line, line
