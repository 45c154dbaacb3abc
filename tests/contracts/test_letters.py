"""Every letter of every circuit says who, what, by when, why, under which reference, whom to ask."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gateway.circuits.letter_contract import FULL, missing, needless, said_by
from gateway.circuits.letter_page import page, plain
from gateway.circuits.letters import SAMPLES, date_fr, marked
from gateway.circuits.load import load_circuits
from gateway.circuits.model import Circuit, Letter
from gateway.outbound.preview import in_clear

CONFIG = Path(__file__).parents[2] / "config"
FOLDERS = sorted(path for path in (CONFIG / "circuits").iterdir() if path.is_dir())
CIRCUITS = list(load_circuits(CONFIG, FOLDERS).by_name.values())
LETTERS = [
    pytest.param(letter, id=f"{circuit.name}/{letter.name}")
    for circuit in CIRCUITS
    for letter in circuit.letters.values()
]


def test_there_are_letters() -> None:
    assert len(LETTERS) >= 20


@pytest.mark.parametrize("letter", LETTERS)
def test_every_element_is_said_or_declared_with_its_reason(letter: Letter) -> None:
    assert missing(letter) == ()
    assert needless(letter) == ()
    assert all(len(reason) > 20 for _, reason in letter.without)


@pytest.mark.parametrize("letter", LETTERS)
def test_both_faces_say_the_same_words(letter: Letter) -> None:
    for context in (*SAMPLES, FULL):
        subject, text = marked(letter, context)
        html, words = page(subject, text), _Words()
        words.feed(html)
        assert "".join(words.told.split()) == "".join((subject + subject + _unmarked(text)).split())
        assert "##" not in plain(text)
    said = said_by(letter)
    assert not said["due"] or escape(date_fr(FULL.due)) in html


@pytest.mark.parametrize("letter", LETTERS)
def test_the_page_is_french_titled_in_order_and_fetches_nothing(letter: Letter) -> None:
    subject, text = marked(letter, FULL)
    seen = _Words()
    seen.feed(page(subject, text))
    assert seen.language == "fr"
    assert seen.tags.count("h1") == 1
    assert seen.tags.index("h1") < seen.tags.index("h2")
    assert not {"script", "img", "link", "iframe", "form", "table", "a"} & {*seen.tags}
    assert seen.tags.count("li") == sum(1 for line in text.splitlines() if _element(line))


@pytest.mark.parametrize("circuit", CIRCUITS, ids=lambda circuit: circuit.name)
def test_what_may_not_leave_in_clear_is_replaced_by_how_to_receive_it(circuit: Circuit) -> None:
    secret = [letter for letter in circuit.letters.values() if letter.content != "plain"]
    assert secret
    for letter in secret:
        other = circuit.letters[letter.instead or ""]
        _, text = marked(other, in_clear(FULL))
        assert other.content == "plain"
        assert "signé avec le certificat" in text, "how to enable encryption"
        assert FULL.mailbox.phone in text, "where to fetch it"
        assert FULL.patient is not None
        assert FULL.patient not in text


def _element(line: str) -> bool:
    return line.startswith("  - ") or (line.startswith("  ") and line.lstrip().partition(".")[0].isdigit())


def _unmarked(text: str) -> str:
    lines = []
    for line in text.splitlines():
        bare = line.removeprefix("## ").removeprefix("  - ")
        lines.append(bare.lstrip().partition(". ")[2] if _element(line) and bare is line else bare)
    return "\n".join(lines)


class _Words(HTMLParser):
    """The words of a page as a reader hears them (title, then body), and its tags in order."""

    def __init__(self) -> None:
        super().__init__()
        self.told, self.language = "", ""
        self.tags: list[str] = []
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._hidden = tag == "style"
        if tag == "html":
            self.language = dict(attrs).get("lang") or ""

    def handle_endtag(self, tag: str) -> None:
        self._hidden = self._hidden and tag != "style"

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.told += data
