"""A configuration file with its lines: where a table, a key or an element of an array is written.

``tomllib`` keeps no positions, and a fault without a line makes people search. A small scanner walks the
text once, after ``tomllib`` accepted it, and remembers the line of each path.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.errors import Fault

Step = str | int
Where = tuple[Step, ...]

_HEADER = re.compile(r"\[(\[?)\s*([^\]]+?)\s*\]")
_KEY = re.compile(
    r'((?:[A-Za-z0-9_-]+|"[^"\n]*"|\'[^\'\n]*\')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"\n]*"))*)\s*='
)
_STRING = re.compile(r'"""(?:\\.|.)*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'', re.DOTALL)
_AT = re.compile(r"\(at line (\d+), column \d+\)")

_SYNTAX = {
    "Unclosed array": "un crochet « [ » n'est pas refermé",
    "Unclosed inline table": "une accolade « { » n'est pas refermée",
    "Expected '=' after a key": "le signe « = » manque après une clé",
    "Expected newline or end of document": "du texte suit la valeur sur la même ligne",
    "Expected ']": "un crochet « ] » manque à la fin du nom de table",
    "Invalid date": "cette date n'existe pas",
    "Invalid value": "valeur illisible (un texte s'écrit entre guillemets)",
    "Invalid statement": "ligne illisible",
    "Illegal character": "caractère interdit (guillemet non refermé ?)",
    "Unterminated string": "un guillemet n'est pas refermé",
    "Unescaped": "barre oblique inverse seule dans un texte",
    "Cannot overwrite": "cette clé est écrite deux fois",
    "Cannot declare": "cette table est écrite deux fois",
    "Duplicate inline table key": "cette clé est écrite deux fois",
}
"""What ``tomllib`` says, by its first words, in French."""


@dataclass(frozen=True, slots=True)
class Source:
    """One TOML file: its data, the name shown to people, and the line of every path."""

    name: str
    data: dict[str, Any]
    lines: dict[Where, int]

    def line(self, where: Where) -> int:
        """Line of the longest known beginning of ``where``; 0 when even that is unknown."""
        for length in range(len(where), 0, -1):
            if where[:length] in self.lines:
                return self.lines[where[:length]]
        return 0

    def fault(self, where: Where, message: str) -> Fault:
        return Fault(self.name, self.line(where), message)


def read(path: Path, name: str, faults: list[Fault]) -> Source | None:
    """The file parsed, or ``None`` with the fault added to ``faults``."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        faults.append(Fault(name, 0, "le fichier n'existe pas"))
        return None
    except (OSError, UnicodeDecodeError):
        faults.append(Fault(name, 0, "le fichier ne peut pas être lu comme du texte UTF-8"))
        return None
    try:
        return Source(name, tomllib.loads(text), scan(text))
    except tomllib.TOMLDecodeError as error:
        found = _AT.search(str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        faults.append(Fault(name, line, f"TOML illisible : {_french(str(error))}"))
        return None


def _french(message: str) -> str:
    return next((french for start, french in _SYNTAX.items() if message.startswith(start)), "syntaxe")


def scan(text: str) -> dict[Where, int]:
    """Line, from 1, of each table, key and array element of a *valid* TOML text."""
    return _Scanner(text).run()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Where, int] = {}
        self.table: Where = ()
        self.counts: dict[Where, int] = {}

    def run(self) -> dict[Where, int]:
        while self._skip_blank():
            header = _HEADER.match(self.text, self.at)
            key = _KEY.match(self.text, self.at)
            if header:
                self._open(header)
            elif key:
                where = (*self.table, *_names(key[1]))
                self._note(where)
                self.at = key.end()
                self._value(where)
            else:
                self.at += 1
        return self.lines

    def _open(self, header: re.Match[str]) -> None:
        where = self._resolved(_names(header[2]))
        if header[1]:
            index = self.counts.get(where, -1) + 1
            self.counts[where] = index
            self._note(where)
            where = (*where, index)
        self.table = where
        self._note(where)
        self.at = header.end() + len(header[1])

    def _resolved(self, names: Where) -> Where:
        """``kinds.cues`` under ``[[kinds]]`` means the last kind's."""
        resolved: Where = ()
        for position, name in enumerate(names):
            resolved = (*resolved, name)
            if position < len(names) - 1 and resolved in self.counts:
                resolved = (*resolved, self.counts[resolved])
        return resolved

    def _note(self, where: Where) -> None:
        self.lines.setdefault(where, self.text.count("\n", 0, self.at) + 1)

    def _skip_blank(self) -> bool:
        while self.at < len(self.text):
            if self.text[self.at] == "#":
                self._skip_comment()
            elif self.text[self.at].isspace():
                self.at += 1
            else:
                return True
        return False

    def _skip_comment(self) -> None:
        end = self.text.find("\n", self.at)
        self.at = len(self.text) if end < 0 else end

    def _value(self, where: Where) -> None:
        self._skip_blank()
        opener = self.text[self.at] if self.at < len(self.text) else ""
        if opener == "[":
            self._elements(where)
        elif opener == "{":
            self._pairs(where)
        else:
            self._scalar()

    def _scalar(self) -> None:
        string = _STRING.match(self.text, self.at)
        if string:
            self.at = string.end()
            return
        while self.at < len(self.text) and self.text[self.at] not in ",]}\n#":
            self.at += 1

    def _elements(self, where: Where) -> None:
        self.at += 1
        index = 0
        while self._skip_blank() and self.text[self.at] != "]":
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self._note((*where, index))
            self._value((*where, index))
            index += 1
        self.at += 1

    def _pairs(self, where: Where) -> None:
        self.at += 1
        while self._skip_blank() and self.text[self.at] != "}":
            key = _KEY.match(self.text, self.at)
            if key is None:
                self.at += 1
                continue
            inner = (*where, *_names(key[1]))
            self._note(inner)
            self.at = key.end()
            self._value(inner)
        self.at += 1


def _names(dotted: str) -> Where:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
