"""``passerelle audit verify``: the log, what its witness kept, the time stamps about it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from gateway import bootstrap
from gateway.cli.output import print_json
from gateway.errors import NotFound, Refused
from gateway.evidence.stamping import Authority, check_all
from gateway.evidence.witness import kept
from gateway.house import House
from gateway.settings import Settings
from gateway.triage.unpack import unpack
from parsers.errors import ParseError
from storage import stamps
from storage.verification import Verdict

_MOST_BYTES = 10 * 1024 * 1024
"""A deposit is a few kilobytes."""


def verify(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run the verb; exit status 1 when anything does not hold."""
    house = bootstrap.build(settings)
    shown = None if arguments.json or not sys.stderr.isatty() else _progress
    try:
        witness = _notes(house, arguments.witness) if arguments.witness is not None else []
        verdict = house.recorder.verify(
            house.database, shown, start=arguments.start, end=arguments.end, witness=witness
        )
        told = _stamps(house, arguments.end) if verdict.ok else None
    finally:
        house.close()
    if shown is not None:
        sys.stderr.write("\n")
    good = verdict.ok and (told is None or not told.refused)
    if arguments.json:
        stamped = {"checked": told.checked, "refused": dict(told.refused)} if told else None
        print_json({**asdict(verdict), "stamps": stamped})
    else:
        _say(verdict, told, good=good)
    return 0 if good else 1


class _Stamps:
    """The time stamps: how many were judged, and why each refused one is."""

    def __init__(self, checked: int, refused: list[tuple[int, str]], unjudged: int) -> None:
        self.checked = checked
        self.refused = refused
        self.unjudged = unjudged


def _stamps(house: House, end: int | None) -> _Stamps:
    with house.database.reading() as session:
        found = stamps.listed(session, last=end)
    pairs = [(one.stamp, one.note) for one in found if one.stamp is not None]
    ca = house.settings.evidence.stamp_ca
    if not pairs or ca is None:
        return _Stamps(0, [], len(pairs))
    judged = check_all(pairs, Authority.of(house.settings.path(ca)))
    return _Stamps(len(judged), [(size, why) for size, why in judged if why is not None], 0)


def _say(verdict: Verdict, told: _Stamps | None, *, good: bool) -> None:
    lines = [verdict.reason, *verdict.remarks]
    if told is not None:
        held = told.checked - len(told.refused)
        if held:
            lines.append(f"{held} jeton(s) d'horodatage vérifiés : ils datent ces points de contrôle.")
        if told.unjudged:
            lines.append(
                f"{told.unjudged} jeton(s) d'horodatage non vérifiés : donnez « stamp_ca » aux réglages."
            )
        lines += [f"Point de contrôle de {size} entrées : {why}" for size, why in told.refused]
    print(*lines, sep="\n", file=sys.stdout if good else sys.stderr)


def _progress(size: int) -> None:
    sys.stderr.write(f"\r{size} entrées vérifiées")
    sys.stderr.flush()


def _notes(house: House, place: Path) -> list[str]:
    """The checkpoints that a witness kept, in a file or in a folder of files."""
    found = kept(_contents(house, place), house.recorder.origin)
    if not found:
        raise NotFound(
            f"Aucun point de contrôle de ce journal dans « {place} » ; rien n'a été vérifié, donnez les "
            "messages que le témoin a gardés."
        )
    return found


def _contents(house: House, place: Path) -> Iterator[bytes]:
    files = sorted(f for f in place.rglob("*") if f.is_file()) if place.is_dir() else [place]
    for file in files:
        try:
            if file.stat().st_size > _MOST_BYTES:
                raise Refused(f"« {file} » est trop gros pour un dépôt du témoin ; retirez-le.")
            raw = file.read_bytes()
        except OSError:
            raise NotFound(f"« {file} » ne se lit pas ; rien n'a été vérifié.") from None
        yield raw
        if file.suffix.lower() == ".eml":
            yield from _joined(house, file, raw)


def _joined(house: House, file: Path, raw: bytes) -> Iterator[bytes]:
    """What a mail carries, found in the sandbox as for any mail."""
    try:
        found = unpack(raw, raw, house.reader.sandbox).found
    except ParseError:
        raise Refused(f"« {file} » n'est pas un message lisible ; rien n'a été vérifié.") from None
    for document in found:
        yield document.content
