"""Outlook's own formats, written just as far as our readers need: .msg (MS-CFB) and winmail.dat (TNEF)."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

Tree = Mapping[str, "bytes | Tree"]
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def msg(subject: str, body: str, sender: str, attachments: Sequence[tuple[str, bytes]]) -> bytes:
    """A .msg file with Unicode properties."""
    return compound(message_tree(subject, body, sender, attachments))


def message_tree(
    subject: str, body: str, sender: str, attachments: Sequence[tuple[str, bytes | Tree]]
) -> dict[str, bytes | Tree]:
    """The storages of one message; an attachment that is itself a tree is an attached message."""
    tree: dict[str, bytes | Tree] = {
        "__properties_version1.0": b"\x00" * 32,
        "__substg1.0_0037001F": subject.encode("utf-16-le"),
        "__substg1.0_1000001F": body.encode("utf-16-le"),
        "__substg1.0_5D01001F": sender.encode("utf-16-le"),
    }
    for number, (name, content) in enumerate(attachments):
        data = "__substg1.0_37010102" if isinstance(content, bytes) else "__substg1.0_3701000D"
        tree[f"__attach_version1.0_#{number:08X}"] = {
            "__substg1.0_3707001F": name.encode("utf-16-le"),
            data: content,
        }
    return tree


def compound(tree: Tree) -> bytes:
    """A compound file of 512-byte sectors without mini stream (its cut-off is 0)."""
    nodes: list[list[object]] = [["Root Entry", 5, _FREE, b""]]
    _add(tree, 0, nodes)
    sectors: list[bytes] = []
    fat: list[int] = []
    starts: list[int] = []
    for node in nodes:
        data = node[3]
        assert isinstance(data, bytes)
        starts.append(_store(data, sectors, fat))
    directory = b"".join(_entry(node, start) for node, start in zip(nodes, starts, strict=True))
    directory += b"\x00" * (-len(directory) % 512)
    first_directory = _store(directory, sectors, fat)
    count = 1
    while count * 128 < len(fat) + count:
        count += 1
    first_fat = len(fat)
    fat += [_FAT] * count
    table = struct.pack(f"<{len(fat)}I", *fat)
    table += b"\xff" * (count * 512 - len(table))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 16
    header += struct.pack("<HHHHH6xII", 0x3E, 3, 0xFFFE, 9, 6, 0, count)
    header += struct.pack("<IIIIIII", first_directory, 0, 0, _END, 0, _END, 0)
    header += struct.pack("<109I", *range(first_fat, first_fat + count), *[_FREE] * (109 - count))
    return header + b"".join(sectors) + table


def _add(tree: Tree, parent: int, nodes: list[list[object]]) -> None:
    """Children as a chain of right siblings: any order is a valid tree for a tolerant reader."""
    previous = -1
    for name, value in tree.items():
        number = len(nodes)
        nodes.append(
            [name, 2 if isinstance(value, bytes) else 1, _FREE, value if isinstance(value, bytes) else b""]
        )
        if previous < 0:
            nodes[parent][2] = number
        else:
            nodes[previous].append(number)
        previous = number
        if not isinstance(value, bytes):
            _add(value, number, nodes)


def _entry(node: list[object], start: int) -> bytes:
    name, kind, child, data = node[0], node[1], node[2], node[3]
    right = node[4] if len(node) > 4 else _FREE
    assert isinstance(name, str)
    assert isinstance(data, bytes)
    coded = name.encode("utf-16-le")
    head = coded.ljust(64, b"\x00") + struct.pack("<HBBIII", len(coded) + 2, kind, 1, _FREE, right, child)
    return head + b"\x00" * 36 + struct.pack("<IQ", start, len(data))


def _store(data: bytes, sectors: list[bytes], fat: list[int]) -> int:
    if not data:
        return _END
    first = len(fat)
    pieces = [data[at : at + 512].ljust(512, b"\x00") for at in range(0, len(data), 512)]
    sectors.extend(pieces)
    fat.extend([*range(first + 1, first + len(pieces)), _END])
    return first


def tnef(subject: str, body: str, attachments: Sequence[tuple[str, bytes]]) -> bytes:
    """A winmail.dat; long names go to MAPI properties, as Outlook does."""
    data = struct.pack("<IH", 0x223E9F78, 1)
    data += _attribute(1, 0x00018004, subject.encode("cp1252") + b"\x00")
    data += _attribute(1, 0x0002800C, body.encode("cp1252") + b"\x00")
    for name, content in attachments:
        data += _attribute(2, 0x00069002, b"\x00" * 14)
        data += _attribute(2, 0x00018010, name.encode("cp1252", "replace")[:8] + b"\x00")
        data += _attribute(2, 0x0006800F, content)
        coded = name.encode("utf-16-le") + b"\x00\x00"
        value = (
            struct.pack("<IHHII", 1, 0x001F, 0x3707, 1, len(coded)) + coded + b"\x00" * (-len(coded) % 4)
        )
        data += _attribute(2, 0x00069005, value)
    return data


def _attribute(level: int, identifier: int, value: bytes) -> bytes:
    return (
        struct.pack("<BII", level, identifier, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)
    )
