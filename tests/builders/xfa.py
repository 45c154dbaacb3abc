"""A form whose values are only in its XFA data (XFA 3.3, part 2), as some editors save them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from xml.sax.saxutils import escape

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, StreamObject, TextStringObject

_DATA = "http://www.xfa.org/schema/xfa-data/1.0/"


def with_data(pdf: bytes, values: Mapping[str, str], whole: bool = False) -> bytes:
    """``pdf`` with ``values`` by field name as XFA; ``whole``: one XDP stream instead of packets."""
    leaves = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())
    data = f'<xfa:datasets xmlns:xfa="{_DATA}"><xfa:data><form1>{leaves}</form1></xfa:data></xfa:datasets>'
    if whole:
        data = f'<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><template/>{data}</xdp:xdp>'
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf)))
    stream = StreamObject()
    stream.set_data(data.encode("utf-8"))
    packets = writer._add_object(stream)
    held = packets if whole else ArrayObject([TextStringObject("datasets"), packets])
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject(
        {NameObject("/Fields"): ArrayObject(), NameObject("/XFA"): held}
    )
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()
