from __future__ import annotations

import io
import stat
import struct
import zipfile

import pytest

from parsers.archive import Budget, is_zip, open_zip
from parsers.errors import Hostile, Malformed, PasswordNeeded, TooLarge, Unsupported
from parsers.limits import Limits
from tests.builders.xdm import zipped


def test_entries_in_order_without_folders_and_system_files() -> None:
    data = zipped([("a/", b""), ("a/b.pdf", b"un"), ("__MACOSX/._b", b"x"), ("c.txt", b"deux")])
    assert is_zip(data)
    assert [(entry.path, entry.name, entry.content) for entry in open_zip(data)] == [
        ("a/b.pdf", "b.pdf", b"un"),
        ("c.txt", "c.txt", b"deux"),
    ]


@pytest.mark.parametrize(
    "path",
    ["../../etc/passwd", "..\\..\\windows\\x", "/etc/passwd", "C:\\x.pdf", "a/../../b", "\\\\serveur\\x"],
)
def test_climbing_paths_are_hostile_and_named_safely(path: str) -> None:
    data = zipped([("bon.pdf", b"x"), (path, b"x")])
    with pytest.raises(Hostile) as caught:
        open_zip(data)
    assert "\n" not in caught.value.message
    assert "chemin dangereux" in caught.value.message


def test_a_link_is_hostile() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        info = zipfile.ZipInfo("lien")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(Hostile):
        open_zip(target.getvalue())


def test_bomb_by_ratio() -> None:
    with pytest.raises(Hostile, match="anormale"):
        open_zip(zipped([("bombe", b"\x00" * (20 * 1024 * 1024))]))


def test_bomb_by_total() -> None:
    data = zipped([(f"{n}", bytes(range(256)) * 100) for n in range(20)])
    with pytest.raises(Hostile, match="taille permise"):
        open_zip(data, Limits(archive_bytes=100_000))


def test_a_budget_is_shared_by_the_archives_of_one_message() -> None:
    data = zipped([("a", b"x" * 60_000)])
    budget = Budget.of(Limits(archive_bytes=100_000))
    open_zip(data, budget=budget)
    with pytest.raises(Hostile):
        open_zip(data, budget=budget)


def test_a_lying_size_does_not_help() -> None:
    content = b"\x00" * (20 * 1024 * 1024)
    data = bytearray(zipped([("bombe", content)]))
    small = struct.pack("<L", 1000)
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.rfind(mark) + offset
        data[at : at + 4] = small
    (entry,) = open_zip(bytes(data))
    assert isinstance(entry.error, Malformed)
    assert entry.content == b""


def test_overlapping_entries_are_hostile() -> None:
    data = zipped([("a", bytes(range(256)) * 40)])
    start = data.find(b"PK\x01\x02")
    end = data.find(b"PK\x05\x06")
    record = data[start:end]
    tail = bytearray(data[end:])
    tail[8:12] = struct.pack("<HH", 50, 50)
    tail[12:16] = struct.pack("<L", len(record) * 50)
    with pytest.raises(Hostile, match="recouvrent"):
        open_zip(data[:start] + record * 50 + bytes(tail))


def test_number_of_entries() -> None:
    data = zipped([(f"{number}.txt", b"x") for number in range(30)])
    assert len(open_zip(data)) == 30
    with pytest.raises(TooLarge):
        open_zip(data, Limits(archive_entries=20))
    with pytest.raises(TooLarge):
        open_zip(data, Limits(archive_entries=1))


def test_a_locked_entry_leaves_the_others() -> None:
    data = bytearray(zipped([("secret.pdf", b"un"), ("clair.pdf", b"deux")]))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark) + offset
        data[at] |= 1
    locked, clear = open_zip(bytes(data))
    assert isinstance(locked.error, PasswordNeeded)
    assert "secret.pdf" not in locked.error.message  # a name may be medical, and letters repeat sentences
    assert clear.content == b"deux"


def test_damaged_and_unknown_entries_leave_the_others() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("abime.txt", b"0123456789")
        archive.writestr("lzma.txt", b"0123456789", zipfile.ZIP_LZMA)
        archive.writestr("bon.txt", b"abcdefghij")
    data = target.getvalue().replace(b"0123456789", b"0123456780", 1)
    damaged, packed, good = open_zip(data)
    assert isinstance(damaged.error, Malformed)
    assert isinstance(packed.error, Unsupported)
    assert good.content == b"abcdefghij"


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"PK\x05\x06" + b"\x00" * 10, b"pas un zip"])
def test_not_an_archive(data: bytes) -> None:
    with pytest.raises(Malformed):
        open_zip(data)


def named(raw: bytes) -> str:
    data = zipped([("N" * len(raw), b"x")]).replace(b"N" * len(raw), raw)
    (entry,) = open_zip(data)
    return entry.path


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("été.pdf".encode("cp437"), "été.pdf"),
        ("été.pdf".encode(), "été.pdf"),
        ("À Évreux.pdf".encode("cp850"), "À Évreux.pdf"),
        (b"a\\b.pdf", "a/b.pdf"),
        (b"./a.pdf", "a.pdf"),
    ],
)
def test_names_of_french_archives(raw: bytes, expected: str) -> None:
    assert named(raw) == expected


def test_utf8_flag() -> None:
    (entry,) = open_zip(zipped([("réponse 日.pdf", b"x")]))
    assert entry.path == "réponse 日.pdf"
