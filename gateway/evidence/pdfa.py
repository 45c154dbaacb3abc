"""A PDF made by reportlab turned into PDF/A-2b (ISO 19005-2, level B): what an archive keeps readable.

Every font is embedded by whoever draws; here the file says what it is (XMP), in which colours (an sRGB
profile that may be copied freely, ``srgb.icc``) and in which language. The same drawing and the same
instant give the same bytes.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, String

SRGB = Path(__file__).with_name("srgb.icc")
PRODUCER = "Passerelle"
_PADDING = " " * 512
_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
    xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
   <pdfaid:part>2</pdfaid:part>
   <pdfaid:conformance>B</pdfaid:conformance>
   <dc:format>application/pdf</dc:format>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
   <dc:language><rdf:Bag><rdf:li>fr-FR</rdf:li></rdf:Bag></dc:language>
   <xmp:CreateDate>{at:%Y-%m-%dT%H:%M:%SZ}</xmp:CreateDate>
   <xmp:ModifyDate>{at:%Y-%m-%dT%H:%M:%SZ}</xmp:ModifyDate>
   <pdf:Producer>{producer}</pdf:Producer>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
{padding}
<?xpacket end="w"?>"""


def as_pdfa(drawn: bytes, title: str, at: datetime) -> bytes:
    """``drawn`` as PDF/A-2b, titled ``title`` and dated ``at``. Its fonts must be embedded already."""
    made, at = io.BytesIO(), at.astimezone(UTC)
    with pikepdf.open(io.BytesIO(drawn)) as document:
        root = document.Root
        metadata = document.make_stream(
            _XMP.format(
                title=escape(title, quote=False), at=at, producer=PRODUCER, padding=_PADDING
            ).encode(),
            {"/Type": Name.Metadata, "/Subtype": Name.XML},
        )
        profile = document.make_stream(SRGB.read_bytes(), {"/N": 3, "/Alternate": Name.DeviceRGB})
        root.Metadata = metadata
        root.OutputIntents = Array(
            [
                Dictionary(
                    Type=Name.OutputIntent,
                    S=Name.GTS_PDFA1,
                    OutputConditionIdentifier=String("sRGB IEC61966-2.1"),
                    Info=String("sRGB IEC61966-2.1"),
                    DestOutputProfile=profile,
                )
            ]
        )
        root.Lang = String("fr-FR")
        root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        for page in document.pages:
            if "/Trans" in page.obj:  # reportlab says "no transition" on each page
                del page.obj["/Trans"]
        stamp = f"D:{at:%Y%m%d%H%M%S}Z"
        document.trailer.Info = document.make_indirect(
            Dictionary(
                Title=String(title),
                CreationDate=String(stamp),
                ModDate=String(stamp),
                Producer=String(PRODUCER),
            )
        )
        document.remove_unreferenced_resources()
        document.save(made, force_version="1.7", deterministic_id=True)
    return made.getvalue()
