"""The media type of some bytes: what they are first, then what their name and sender claim.

A claim never wins over a signature: a PDF called ``image.jpg`` is a PDF. Types are lower-case
``type/subtype``; a CDA document is ``application/cda+xml`` and an Outlook message
``application/vnd.ms-outlook``.
"""

from __future__ import annotations

import re

CDA = "application/cda+xml"
OUTLOOK = "application/vnd.ms-outlook"
TNEF = "application/ms-tnef"
ZIP = "application/zip"
PKCS7_MIME = "application/pkcs7-mime"
PKCS7_SIGNATURE = "application/pkcs7-signature"
OCTETS = "application/octet-stream"
HEIC = "image/heic"
_HEIF_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2", b"msf1")
)

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"{\\rtf", "application/rtf"),
    (b"\x78\x9f\x3e\x22", TNEF),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-executable"),
    (b"BM", "image/bmp"),
)
_ZIP_FAMILIES: tuple[tuple[bytes, str], ...] = (
    (b"word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/presentation.xml", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    (b"mimetypeapplication/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"),
    (
        b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.spreadsheet",
    ),
)
_EXTENSIONS = {
    "csv": "text/csv", "doc": "application/msword", "eml": "message/rfc822", "heic": HEIC, "heif": HEIC,
    "htm": "text/html", "html": "text/html", "ics": "text/calendar", "md": "text/plain",
    "msg": OUTLOOK, "p7m": PKCS7_MIME, "p7s": PKCS7_SIGNATURE, "ppt": "application/vnd.ms-powerpoint",
    "txt": "text/plain", "vcf": "text/vcard", "xls": "application/vnd.ms-excel", "xml": "application/xml",
}  # fmt: skip
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}\Z")
_HTML = re.compile(
    rb"\s*(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_HEADER = re.compile(rb"(?:From |[!-9;-~]{1,60}:[ \t])")
_MAIL_FIELDS = re.compile(rb"^(?:from|to|subject|date|received|message-id):", re.IGNORECASE | re.MULTILINE)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PDF_WITHIN = 1024


def sniff(content: bytes, name: str = "", declared: str = "") -> str:
    """The media type of ``content``. ``declared`` is the sender's Content-Type, ``name`` a file name."""
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    return (
        _by_signature(content, extension)
        or _by_structure(content, extension, declared)
        or _late_pdf(content)
        or _by_claim(content, extension, declared)
    )


def is_heif(content: bytes) -> bool:
    """Whether it holds pictures coded by HEVC (ISO 23008-12), by its brands; AVIF is not."""
    return content[4:8] == b"ftyp" and content[8:12] in _HEIF_BRANDS and b"avif" not in content[8:40]


def _by_signature(content: bytes, extension: str) -> str | None:
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return next((kind for mark, kind in _ZIP_FAMILIES if mark in content), ZIP)
    if content.startswith(_OLE):
        if "__properties_version1.0".encode("utf-16-le") in content:
            return OUTLOOK
        return _EXTENSIONS.get(extension, "application/x-ole-storage")
    if is_heif(content):
        return HEIC
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"BM") and content[6:10] != b"\x00\x00\x00\x00":
        return None  # text that begins with BM
    return next((kind for mark, kind in _SIGNATURES if content.startswith(mark)), None)


def _by_structure(content: bytes, extension: str, declared: str) -> str | None:
    head = content[:65536].removeprefix(b"\xef\xbb\xbf")
    if head.startswith((b"\xff\xfe<\x00", b"\xfe\xff\x00<")) or head.lstrip().startswith(b"<?xml"):
        plain = head.replace(b"\x00", b"")
        return CDA if b"ClinicalDocument" in plain and b"urn:hl7-org:v3" in plain else _xml(plain)
    if _HTML.match(head):
        return "text/html"
    if head.lstrip().startswith(b"<") and b"<ClinicalDocument" in head:
        return CDA
    is_cms = head[:2] in {b"\x30\x80", b"\x30\x82", b"\x30\x83", b"\x30\x84"}
    if is_cms and b"\x2a\x86\x48\x86\xf7\x0d\x01\x07" in head[:32]:
        return PKCS7_SIGNATURE if extension == "p7s" or declared.endswith("pkcs7-signature") else PKCS7_MIME
    mail = extension == "eml" or declared == "message/rfc822"
    if mail and _HEADER.match(head) and _MAIL_FIELDS.search(head):
        return "message/rfc822"
    return None


def _late_pdf(content: bytes) -> str | None:
    """Readers accept a PDF that begins a little late (ISO 32000-1, annex H, note 13)."""
    return "application/pdf" if content.find(b"%PDF-", 0, _PDF_WITHIN) >= 0 else None


def _xml(head: bytes) -> str:
    return "text/html" if b"<html" in head[:2000].lower() else "application/xml"


def _by_claim(content: bytes, extension: str, declared: str) -> str:
    """No signature: the extension when it names a type without one, then the sender's word."""
    claimed = declared.lower().strip()
    text = _looks_like_text(content)
    named = _EXTENSIONS.get(extension)
    if named is not None and (text or not named.startswith("text/")):
        return named
    if claimed.startswith("text/") and text and _TYPE.match(claimed):
        return claimed
    return "text/plain" if text and content.strip() else OCTETS


def _looks_like_text(content: bytes) -> bool:
    sample = content[:4096]
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    controls = sum(1 for byte in sample if byte < 9 or 13 < byte < 32)
    return controls * 50 <= len(sample)
