"""``config/gateway.toml`` says every setting of ``gateway/settings.py``, its default and its meaning."""

from __future__ import annotations

import re
import tomllib
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gateway.settings import Settings, load

FILE = Path(__file__).parents[2] / "config" / "gateway.toml"
SET_BY_LOAD = {"root", "config"}


def model_of(field: FieldInfo) -> type[BaseModel] | None:
    """The section behind a field, ``tuple[Imap, ...]`` included."""
    candidates = [field.annotation, *typing.get_args(field.annotation)]
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)


def settings_of(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every leaf setting as ``section.key``."""
    for name, field in model.model_fields.items():
        inner = model_of(field)
        if inner is not None:
            yield from settings_of(inner, f"{before}{name}.")
        elif before or name not in SET_BY_LOAD:
            yield f"{before}{name}", field


def written(text: str) -> dict[str, tuple[bool, int]]:
    """For each key of the file: whether it is active, and its line from 0."""
    found: dict[str, tuple[bool, int]] = {}
    section = ""
    for line, content in enumerate(text.splitlines()):
        header = re.fullmatch(r"#?\[{1,2}(\w+)\]{1,2}", content)
        key = re.match(r"(#?)(\w+) = ", content)
        if header:
            section = header[1] + "."
        elif key:
            found[section + key[2]] = (not key[1], line)
    return found


def plain(value: Any) -> Any:
    """A default as TOML would give it back."""
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Path) else value


def test_every_setting_is_in_the_file_and_no_other() -> None:
    assert set(written(FILE.read_text("utf-8"))) == {name for name, _ in settings_of(Settings)}


def test_an_active_line_holds_the_default_and_a_setting_without_default_is_commented_out() -> None:
    text = FILE.read_text("utf-8")
    data = tomllib.loads(text)
    lines = written(text)
    for name, field in settings_of(Settings):
        active, _ = lines[name]
        value = data
        for step in name.split("."):
            value = value.get(step, {})
        if name.startswith(("imap.", "destinations.")) or field.default is None:
            assert not active, name
        else:
            assert active, name
            assert value == plain(field.default), name


def test_every_setting_has_an_english_comment_above_it_or_above_its_group() -> None:
    lines = FILE.read_text("utf-8").splitlines()
    for name, (_, line) in written("\n".join(lines)).items():
        above = line - 1
        while re.match(r"#?\w+ = ", lines[above]):
            above -= 1
        assert lines[above].startswith("# "), f"{name}: no comment above line {line + 1}"


def test_the_file_is_accepted_as_it_is_and_with_every_line_uncommented() -> None:
    assert load(FILE).model_dump(exclude=SET_BY_LOAD) == Settings().model_dump(exclude=SET_BY_LOAD)
    whole = tomllib.loads(re.sub(r"(?m)^#(?=\S)", "", FILE.read_text("utf-8")))
    assert Settings.model_validate(whole).imap[0].name == "cnse"
