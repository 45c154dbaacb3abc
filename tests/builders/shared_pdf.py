"""PDFs whose pages share what they should not: pictures, fields, links, private data of programs."""

from __future__ import annotations

import io

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

FORM = "IMMATRICULATION"
"""A word that only the first page says, in every place where it can be said."""
REPORT = "COMPTE-RENDU"
"""A word that the other pages say."""


def _drawn(document: pikepdf.Pdf, text: str, *more: str) -> Stream:
    marks = "\n".join(("BT /F1 14 Tf 60 700 Td", f"({text}) Tj ET", *more))
    return document.make_stream(marks.encode())


def _picture(document: pikepdf.Pdf, word: str) -> Stream:
    """A picture whose bytes say ``word`` again and again."""
    pixels = (word.encode() * 200)[: 32 * 32]
    return document.make_stream(
        pixels,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=32,
        Height=32,
        BitsPerComponent=8,
        ColorSpace=Name.DeviceGray,
        Metadata=document.make_stream(FORM.encode(), Type=Name.Metadata, Subtype=Name.XML),
    )


def _sketch(document: pikepdf.Pdf, word: str, shelves: Dictionary | None) -> Stream:
    """A form drawn inside a page; its shelves may be those of everybody."""
    made = document.make_stream(
        f"BT /F1 9 Tf 60 600 Td ({word}) Tj ET".encode(),
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([0, 0, 595, 842]),
        PieceInfo=Dictionary(Program=Dictionary(Private=pikepdf.String(FORM))),
    )
    if shelves is not None:
        made["/Resources"] = shelves
    return made


def shared() -> bytes:
    """Three pages, a form then a report of two, tied together by everything a PDF can share.

    One shelf of pictures for the file, a form whose shelf is that same one, pages that inherit their size,
    fields whose siblings hold values, links, a tree of structure, private data, an outline.
    """
    document = pikepdf.new()
    font = document.make_indirect(
        Dictionary(
            Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding
        )
    )
    shelves = document.make_indirect(Dictionary(Font=Dictionary(F1=font)))
    shelves["/XObject"] = Dictionary(
        Im1=_picture(document, FORM),
        Im2=_picture(document, REPORT),
        Fm1=_sketch(document, FORM, shelves),
        Fm2=_sketch(document, REPORT, shelves),
        Fm3=_sketch(document, REPORT, None),
    )
    draws = (
        _drawn(document, FORM, "q 40 0 0 40 60 500 cm /Im1 Do Q", "/Fm1 Do"),
        _drawn(document, f"{REPORT} 1", "q 40 0 0 40 60 500 cm /Im2 Do Q", "/Fm2 Do"),
        _drawn(document, f"{REPORT} 2", "/Fm3 Do"),
    )
    for content in draws:
        document.add_blank_page(page_size=(595, 842))
        page = document.pages[-1].obj
        page["/Contents"] = content
        page["/PieceInfo"] = Dictionary(Program=Dictionary(Private=pikepdf.String(FORM)))
        page["/StructParents"] = 0
        del page["/MediaBox"]
        if "/Resources" in page:
            del page["/Resources"]
    tree = document.Root.Pages
    tree["/MediaBox"], tree["/Resources"] = Array([0, 0, 595, 842]), shelves
    _tied(document, font)
    return _saved(document)


def _tied(document: pikepdf.Pdf, font: pikepdf.Object) -> None:
    """Fields of one family on every page, links from page to page, an outline, a title."""
    family = document.make_indirect(Dictionary(T="dossier", FT=Name.Tx, DA="/F1 9 Tf 0 g", Kids=Array()))
    for number, page in enumerate(document.pages):
        word = FORM if number == 0 else REPORT
        shown = _sketch(document, word, Dictionary(Font=Dictionary(F1=font)))
        shown["/BBox"] = Array([0, 0, 200, 20])
        field = document.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                Rect=Array([60, 300, 260, 320]),
                F=4,
                T=f"c{number}",
                V=word,
                Parent=family,
                P=page.obj,
                AP=Dictionary(N=shown),
            )
        )
        family.Kids.append(field)
        link = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Link,
            Rect=Array([10, 10, 60, 30]),
            Border=Array([0, 0, 0]),
            Dest=Array([document.pages[0].obj, Name.Fit]),
        )
        page.obj["/Annots"] = Array([field, document.make_indirect(link)])
    document.Root.AcroForm = Dictionary(Fields=Array([family]), DR=Dictionary(Font=Dictionary(F1=font)))
    with document.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem(FORM, 0))
    document.docinfo["/Title"] = FORM
    document.attachments["formulaire.txt"] = FORM.encode()


def _saved(document: pikepdf.Pdf) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer, static_id=True, compress_streams=False)
    return buffer.getvalue()


def everything_said(pdf: bytes) -> bytes:
    """Every byte of a file once nothing in it is compressed: what a curious reader can find."""
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(
            buffer,
            compress_streams=False,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            stream_decode_level=pikepdf.StreamDecodeLevel.all,
        )
    return buffer.getvalue()
