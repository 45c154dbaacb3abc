"""What travels between the gateway and its limited children: one frame a message, bytes kept as bytes.

A frame is two lengths (8 bytes each, big endian), a JSON text, then blobs end to end. Frozen results of
``parsers`` become JSON through pydantic, which also checks every type again on the way back: a child
that was taken over by hostile bytes can lie about a document, it cannot make the gateway run code.
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

from pydantic import TypeAdapter, ValidationError

from parsers.errors import Crashed

_HEAD = struct.Struct(">QQ")
_BLOB = "$blob"
FRAME_CEILING = 1 << 30
"""A child that announces more than 1 GiB is lying."""


def send(channel: socket.socket, text: bytes, blobs: bytes) -> None:
    """Write one frame."""
    channel.sendall(_HEAD.pack(len(text), len(blobs)))
    channel.sendall(text)
    channel.sendall(blobs)


def receive(channel: socket.socket) -> tuple[bytes, memoryview]:
    """Read one frame. Raises ``EOFError`` when the peer closed, ``Crashed`` on an absurd length."""
    text_size, blob_size = _HEAD.unpack(_exactly(channel, _HEAD.size))
    if text_size + blob_size > FRAME_CEILING:
        raise Crashed("Le lecteur isolé a rendu une réponse démesurée.")
    text = bytes(_exactly(channel, text_size))
    return text, _exactly(channel, blob_size)


def pack(value: Any, adapter: TypeAdapter[Any]) -> tuple[bytes, bytes]:
    """Turn a typed value into the JSON text and the blobs of a frame."""
    blobs: list[bytes] = []
    offset = 0

    def lower(node: Any) -> Any:
        nonlocal offset
        if isinstance(node, bytes):
            blobs.append(node)
            offset += len(node)
            return {_BLOB: [offset - len(node), len(node)]}
        if isinstance(node, dict):
            return {_key(key): lower(item) for key, item in node.items()}
        if isinstance(node, list | tuple):
            return [lower(item) for item in node]
        return node.isoformat() if hasattr(node, "isoformat") else node

    text = json.dumps(lower(adapter.dump_python(value, mode="python")), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass"), b"".join(blobs)


def unpack(text: bytes, blobs: memoryview, adapter: TypeAdapter[Any]) -> Any:
    """The reverse of ``pack``, every type checked. Raises ``Crashed`` for an answer not of the type."""

    def raise_(node: dict[str, Any]) -> Any:
        if _BLOB in node and len(node) == 1:
            start, size = node[_BLOB]
            return bytes(blobs[start : start + size])
        return node

    try:
        return adapter.validate_python(
            json.loads(text.decode("utf-8", "surrogatepass"), object_hook=raise_)
        )
    except (ValidationError, ValueError, TypeError) as error:
        raise Crashed("Le lecteur isolé a rendu une réponse incompréhensible.") from error


def _key(key: Any) -> Any:
    return int(key) if isinstance(key, bool) else key


def _exactly(channel: socket.socket, size: int) -> memoryview:
    buffer = bytearray(size)
    view = memoryview(buffer)
    done = 0
    while done < size:
        count = channel.recv_into(view[done:], min(size - done, 1 << 20))
        if not count:
            raise EOFError
        done += count
    return view
