"""The other files of a circuit's folder: letters, form templates, and the hash that names them all."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from gateway.circuits.letters import faults_of, split
from gateway.circuits.model import Letter
from gateway.circuits.schema import Shaped
from gateway.circuits.source import Source, read
from gateway.errors import Fault
from parsers.errors import Malformed
from parsers.forms.load import load_template
from parsers.forms.template import Template


def letters_of(folder: Path, shown: str, faults: list[Fault]) -> dict[str, Letter]:
    """The letters that can be used, by file name; the faults of the others."""
    letters: dict[str, Letter] = {}
    for path in sorted((folder / "letters").glob("*.txt")):
        name = f"{shown}/letters/{path.name}"
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            faults.append(Fault(name, 0, "le fichier ne peut pas être lu comme du texte UTF-8"))
            continue
        found = faults_of(text)
        faults += [Fault(name, line, message) for line, message in found]
        if not found:
            letters[path.stem] = split(path.stem, text)
    return letters


def templates_of(folder: Path, shown: str, faults: list[Fault]) -> dict[str, Template]:
    """The form templates that can be used, by file name; the faults of the others."""
    templates: dict[str, Template] = {}
    for path in sorted((folder / "forms").glob("*.toml")):
        source = read(path, f"{shown}/forms/{path.name}", faults)
        if source is None:
            continue
        try:
            template = load_template(source.data)
        except Malformed as error:
            faults.append(Fault(source.name, _line_of(source, error.message), error.message.rstrip(".")))
            continue
        if template.name != path.stem:
            faults.append(
                source.fault(("name",), f"le modèle doit s'appeler « {path.stem} », comme son fichier")
            )
        templates[path.stem] = template
    return templates


def _line_of(source: Source, message: str) -> int:
    """Line of the first word of ``message`` that the file writes as a key or as a ``name``."""
    for word in re.findall(r"« (.+?) »|(?:champ|modèle) ([\w-]+)", message):
        wanted = "".join(word)
        for where, line in source.lines.items():
            value: object = source.data
            for step in where:
                value = value[step] if isinstance(value, (dict, list)) else None  # type: ignore[index]
            if value == wanted or where[-1] == wanted:
                return line
    return 0


def kinds_of_templates(
    folder: Path, shown: str, shaped: Shaped, templates: dict[str, Template], faults: list[Fault]
) -> None:
    """A form that tells two kinds apart must name kinds of this circuit."""
    kinds = shaped.written("kinds", "name")
    for stem, template in templates.items():
        source = read(folder / "forms" / f"{stem}.toml", f"{shown}/forms/{stem}.toml", faults)
        for index, variant in enumerate(template.variants):
            if source and variant.kind not in kinds:
                where = ("variant", index, "kind")
                faults.append(source.fault(where, f"le type de document « {variant.kind} » n'existe pas"))


def rules_hash(folder: Path) -> str:
    """SHA-256 of the files of a circuit, name by name: the same rules always give the same hash."""
    digest = hashlib.sha256()
    files = [
        folder / "circuit.toml",
        *(folder / "forms").glob("*.toml"),
        *(folder / "letters").glob("*.txt"),
    ]
    for path in sorted(files):
        name = path.relative_to(folder).as_posix()
        digest.update(f"{name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
