"""What the witness of the log gets each day, and what is read of what it kept.

A witness is a mailbox elsewhere: once a checkpoint lies there, even the holder of the signing key cannot
cut the log and grow it again unseen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from storage import notes


@dataclass(frozen=True, slots=True)
class Deposit:
    """The mail of one day."""

    subject: str
    text: str
    name: str
    """Name of the file joined, and its content: the note, byte for byte."""
    note: bytes


def deposit(note: str, on: date, public_pem: str) -> Deposit:
    """What is mailed on a day: the last signed checkpoint, what it is, and how it will serve."""
    origin, size, root = note.split("\n", 3)[:3]
    text = (
        f"Point de contrôle du journal « {origin} » au {on:%d/%m/%Y} : {size} entrées scellées,\n"
        f"racine {root}\n\n"
        "Gardez ce message avec sa pièce jointe, sans rien y changer. Il ne contient aucune donnée\n"
        "de santé ni aucun nom : le nombre d’entrées du journal, l’empreinte de son contenu, la date\n"
        "et une signature.\n\n"
        "Il sert à montrer, plus tard, que rien de ce qui était au journal ce jour-là n’en a été\n"
        "retiré ni changé : passerelle audit verify --witness FICHIER.eml, ou le dossier de tous\n"
        "ces messages.\n\n"
        "Clé publique de ce journal (Ed25519) :\n\n"
        f"{public_pem.strip()}\n"
    )
    return Deposit(
        f"Point de contrôle du journal, {on:%d/%m/%Y}, {size} entrées",
        text,
        f"point-{size}.note",
        note.encode(),
    )


def kept(contents: Iterable[bytes], origin: str) -> list[str]:
    """The notes among the files that a witness kept, each once, in the order found."""
    found: dict[str, None] = {}
    for content in contents:
        lines = content.decode("utf-8", "replace").replace("\r\n", "\n").splitlines(keepends=True)
        # a note alone ends with its signature; in a file of several, an empty line follows each
        found |= dict.fromkeys(notes.cut([*lines, "\n"], origin))
    return list(found)
