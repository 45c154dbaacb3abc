"""PDFs with something inside: actions, attachments, a portfolio, damage, a password."""

from __future__ import annotations

import io
import random

import pikepdf
from pikepdf import Array, Dictionary, Name


def _saved(document: pikepdf.Pdf) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer, static_id=True)
    return buffer.getvalue()


def with_action(pdf: bytes, kind: str, **entries: str) -> bytes:
    """``pdf`` whose first page has a link that does ``kind`` (a name without its slash) when clicked."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        action = Dictionary(S=Name("/" + kind))
        for key, value in entries.items():
            action["/" + key] = pikepdf.String(value)
        link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([10, 10, 60, 30]), A=action)
        document.pages[0].Annots = Array([document.make_indirect(link)])
        return _saved(document)


def with_attachment_note(pdf: bytes, name: str, content: bytes) -> bytes:
    """``pdf`` whose first page bears a paper clip (/FileAttachment), outside the name tree."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        stream = document.make_stream(content)
        held = Dictionary(Type=Name.Filespec, F=name, UF=name, EF=Dictionary(F=stream))
        clip = Dictionary(
            Type=Name.Annot,
            Subtype=Name.FileAttachment,
            Rect=Array([10, 10, 30, 30]),
            FS=document.make_indirect(held),
        )
        document.pages[0].Annots = Array([document.make_indirect(clip)])
        return _saved(document)


def portfolio(cover: bytes, files: dict[str, bytes]) -> bytes:
    """A cover page and files in a collection."""
    with pikepdf.open(io.BytesIO(cover)) as document:
        for name, content in files.items():
            document.attachments[name] = content
        document.Root.Collection = Dictionary(Type=Name.Collection, View=Name.T)
        return _saved(document)


def with_xfa_script(pdf: bytes) -> bytes:
    """A form whose XFA template holds a script."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        template = b"<template><event><script>xfa.host.messageBox('x')</script></event></template>"
        packets = Array(["template", document.make_stream(template)])
        document.Root.AcroForm = Dictionary(Fields=Array(), XFA=packets)
        return _saved(document)


def locked(pdf: bytes, password: str) -> bytes:
    """``pdf`` under AES-256 and a password to open it."""
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(buffer, encryption=pikepdf.Encryption(owner=password + "-owner", user=password))
    return buffer.getvalue()


def damaged(pdf: bytes, seed: int) -> bytes:
    """``pdf`` cut at the end, holed, or with a table of objects that lies; the same for one seed."""
    chance = random.Random(f"abime-{seed}")
    data = bytearray(pdf)
    match seed % 4:
        case 0:
            del data[int(len(data) * chance.uniform(0.3, 0.98)) :]
        case 1:
            for _ in range(chance.randint(3, 60)):
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        case 2:
            at = data.rfind(b"startxref")
            data[at:] = b"startxref\n%d\n%%%%EOF" % chance.randrange(10**6)
        case _:
            start = chance.randrange(len(data))
            del data[start : start + chance.randint(10, 400)]
    return bytes(data)
