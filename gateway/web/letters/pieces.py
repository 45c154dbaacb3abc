"""What leaves of the documents a person chose: whole files, or their pages cut out of a file with others.

A file leaves byte for byte as it came when every document it holds was chosen: what is signed inside stays
signed. Else only the pages chosen leave, cut in the sandbox; what cannot be cut does not leave at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from gateway.errors import Refused
from gateway.outbound.compose import Attached
from gateway.web.house import WebHouse
from parsers.errors import ParseError
from storage.documents import Document

PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of the letter, and the documents it carries."""

    file: Attached
    documents: tuple[int, ...]
    cut: bool

    @property
    def sha256(self) -> str:
        """Of the bytes that leave."""
        return hashlib.sha256(self.file.content).hexdigest()


def mixed(chosen: Collection[Document], every: Iterable[Document]) -> frozenset[str]:
    """Blobs of the chosen documents that also hold one that is not; ``every``: documents of the mail.

    The same bytes joined twice to one mail are one document: its copy, without pages, counts for nothing.
    """
    ids, blobs = {d.id for d in chosen}, {d.sha256: d.pages for d in chosen}
    return frozenset(
        d.sha256
        for d in every
        if d.id not in ids and d.sha256 in blobs and (d.pages is not None or blobs[d.sha256] is None)
    )


def pieces(
    rooms: WebHouse, chosen: Sequence[Document], apart: Collection[str], readable: dict[str, str]
) -> tuple[Piece, ...]:
    """The files that leave. ``apart``: blobs to cut; ``readable``: their copy without password.

    Raises ``Refused`` when one cannot be cut.
    """
    made = []
    for number, document in enumerate(chosen, 1):
        if document.sha256 in apart:
            made.append(_cut(rooms, document, readable.get(document.sha256, document.sha256), number))
        elif document.sha256 not in {d.sha256 for d in chosen[: number - 1]}:
            made.append(_whole(rooms, document, chosen, number))
    return tuple(made)


def told(document: Document) -> str:
    """``pages 2 à 3 de dossier.pdf``."""
    return (
        f"{pages_of(document)} de {document.name}" if document.name else f"{pages_of(document)} du fichier"
    )


def _whole(rooms: WebHouse, document: Document, chosen: Sequence[Document], number: int) -> Piece:
    content = rooms.vault.get(document.sha256)
    file = Attached(document.name or f"document-{number}", content, _media_type(document))
    return Piece(file, tuple(d.id or 0 for d in chosen if d.sha256 == document.sha256), cut=False)


def _cut(rooms: WebHouse, document: Document, readable: str, number: int) -> Piece:
    if rooms.cut_pages is None or document.pages is None:
        raise Refused(_uncut(document, "Ce fichier ne peut pas être coupé ici."))
    try:
        content = rooms.cut_pages(rooms.vault.get(readable), document.first_page, document.pages)
    except ParseError as error:
        raise Refused(_uncut(document, error.message)) from None
    stem = document.name.rpartition(".")[0] or document.name or f"document-{number}"
    file = Attached(f"{stem} ({pages_of(document)}).pdf", content, PDF)
    return Piece(file, (document.id or 0,), cut=True)


def _uncut(document: Document, why: str) -> str:
    return (
        f"« {document.name or 'Ce fichier'} » mêle le document choisi à d’autres et n’a pas pu être coupé"
        f" par pages. {why} Rien n’est parti, tout est gardé : demandez à l’expéditeur le document seul."
    )


def pages_of(document: Document) -> str:
    """``page 1``, ``pages 2 à 3``: where it is in its file."""
    first, count = document.first_page, document.pages or 1
    return f"page {first}" if count == 1 else f"pages {first} à {first + count - 1}"


def _media_type(document: Document) -> str:
    """What the letter calls the file: one word, a slash, one word, and never a message."""
    main, slash, sub = document.media_type.partition("/")
    plain_words = all(
        part.replace("-", "").replace(".", "").replace("+", "").isalnum() for part in (main, sub)
    )
    good = slash and plain_words and main in {"application", "image"}
    return document.media_type if good else "application/octet-stream"
