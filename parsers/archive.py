"""ZIP archives, in memory only. Nothing is ever written to disk, no entry name is ever used as a path.

Refused whole (``Hostile``): a path that climbs or is absolute, a link, overlapping entries, an entry
that expands more than ``limits.archive_ratio`` times. An entry that is locked, damaged or packed by an
unknown method carries its own error and leaves the others readable.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass, field

from parsers.errors import Hostile, Malformed, ParseError, PasswordNeeded, TooLarge, Unsupported
from parsers.limits import DEFAULT, Limits
from parsers.words import clean

_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_ENTRY = b"PK\x01\x02"
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2}
# Below this a blank page may compress any number of times: it is no danger.
_RATIO_FLOOR = 8 * 1024 * 1024
_CHUNK = 256 * 1024
_UTF8_FLAG, _LOCKED_FLAG = 0x800, 0x1
_UNICODE_PATH = 0x7075
_NOISE = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,
    OSError,
    struct.error,
    OverflowError,
    KeyError,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an archive. ``path`` uses ``/``; ``content`` is empty when ``error`` says why."""

    path: str
    content: bytes
    error: ParseError | None = None

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(slots=True)
class Budget:
    """What one message may still expand to, nested archives included."""

    entries: int
    size: int
    limits: Limits = field(repr=False)

    @classmethod
    def of(cls, limits: Limits) -> Budget:
        return cls(limits.archive_entries, limits.archive_bytes, limits)

    def take_entry(self) -> None:
        self.entries -= 1
        if self.entries < 0:
            raise TooLarge(f"L'archive contient plus de {self.limits.archive_entries} fichiers.")

    def take(self, size: int) -> None:
        self.size -= size
        if self.size < 0:
            raise Hostile("L'archive se déploie au-delà de la taille permise : elle n'a pas été ouverte.")


def is_zip(data: bytes) -> bool:
    """True when the bytes start as a ZIP archive does."""
    return data.startswith(_SIGNATURES)


def open_zip(data: bytes, limits: Limits = DEFAULT, budget: Budget | None = None) -> tuple[Entry, ...]:
    """Every file of a ZIP archive, in order, folders and system files left out.

    ``budget`` is shared by the archives of one message. Raises ``Malformed`` when there is no readable
    directory, ``TooLarge`` above ``limits.archive_entries``, ``Hostile`` for a bomb or a climbing path.
    """
    allowed = Budget.of(limits) if budget is None else budget
    if data.count(_ENTRY) > limits.archive_entries * 20:
        raise TooLarge(f"L'archive contient plus de {limits.archive_entries} fichiers.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _entries(archive, len(data), allowed)
    except (*_BROKEN, NotImplementedError, RuntimeError) as error:
        raise Malformed("L'archive ZIP est abîmée : son sommaire ne peut pas être lu.") from error


def _entries(archive: zipfile.ZipFile, size: int, budget: Budget) -> tuple[Entry, ...]:
    infos = [info for info in archive.infolist() if not info.filename.endswith(("/", "\\"))]
    if sum(info.compress_size for info in infos) > size:
        raise Hostile("L'archive ZIP contient des fichiers qui se recouvrent : elle n'a pas été ouverte.")
    # Paths first: an archive that tries to climb is not opened at all.
    named = [(info, _safe_path(info)) for info in infos]
    found: list[Entry] = []
    for info, path in named:
        if _NOISE.search(path):
            continue
        budget.take_entry()
        try:
            found.append(Entry(path, _read(archive, info, budget)))
        except (Hostile, TooLarge):
            raise
        except ParseError as error:
            found.append(Entry(path, b"", error))
    return tuple(found)


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> bytes:
    if info.flag_bits & _LOCKED_FLAG:
        raise PasswordNeeded("Un fichier de l'archive est protégé par un mot de passe.")
    if info.compress_type not in _METHODS:
        raise Unsupported("Un fichier de l'archive est compressé par une méthode non prise en charge.")
    if info.file_size > budget.size:
        raise Hostile("L'archive se déploie au-delà de la taille permise : elle n'a pas été ouverte.")
    _check_ratio(info.file_size, info.compress_size, budget.limits)
    chunks: list[bytes] = []
    total = 0
    try:
        with archive.open(info) as stream:
            while chunk := stream.read(_CHUNK):
                total += len(chunk)
                budget.take(len(chunk))
                _check_ratio(total, info.compress_size, budget.limits)
                chunks.append(chunk)
    except (*_BROKEN, NotImplementedError, RuntimeError) as error:
        raise Malformed("Un fichier de l'archive est abîmé.") from error
    return b"".join(chunks)


def _check_ratio(expanded: int, compressed: int, limits: Limits) -> None:
    if expanded > _RATIO_FLOOR and expanded > limits.archive_ratio * max(compressed, 1):
        raise Hostile(
            "L'archive contient un fichier qui se déploie de façon anormale : elle n'a pas été ouverte."
        )


def _safe_path(info: zipfile.ZipInfo) -> str:
    path = clean(_decoded_name(info)).replace("\\", "/")
    steps = path.split("/")
    if path.startswith("/") or ".." in steps or re.match(r"[A-Za-z]:", path):
        raise Hostile("L'archive contient un chemin dangereux : elle n'a pas été ouverte.")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Hostile("L'archive contient un lien : elle n'a pas été ouverte.")
    return "/".join(step for step in steps if step not in {"", "."}) or "sans nom"


def _decoded_name(info: zipfile.ZipInfo) -> str:
    """The entry's name: the Unicode extra field, the UTF-8 flag, UTF-8 unsaid, then the OEM pages."""
    name = info.orig_filename.split("\x00")[0]
    if info.flag_bits & _UTF8_FLAG:
        return name
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:
        return name
    extra = _unicode_path(info.extra, raw)
    if extra is not None:
        return extra
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        # French Windows packs with code page 850: where the two differ, 437 shows box drawings.
        drawn = any("\u2500" <= char <= "\u259f" for char in name)
        return raw.decode("cp850", "replace") if drawn else name


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """Info-ZIP field 0x7075, believed only when its checksum is that of the plain name."""
    position = 0
    while position + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, position)
        data = extra[position + 4 : position + 4 + length]
        position += 4 + length
        if tag == _UNICODE_PATH and len(data) > 5 and data[0] == 1:
            (checksum,) = struct.unpack_from("<L", data, 1)
            if checksum == zlib.crc32(raw):
                return data[5:].decode("utf-8", "replace")
    return None
