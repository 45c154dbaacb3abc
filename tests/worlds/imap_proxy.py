"""Stands between a watcher and an IMAP server, and misbehaves on demand: hangs up, lies on UIDVALIDITY."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from typing import Self

_VALIDITY = re.compile(rb"UIDVALIDITY \d+")


class ImapProxy:
    """``with ImapProxy(server.port) as proxy``: connect to ``proxy.port`` instead."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.validity: int | None = None
        """UIDVALIDITY to announce instead of the server's."""
        self.cut_after: int | None = None
        """Bytes from the server after which every connection is cut; counted down."""
        self.connections = 0

    def drop(self) -> None:
        """Hang up on everyone, now."""
        for pair in self._pairs:
            for side in pair:
                _hang_up(side)
        self._pairs.clear()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            server = socket.create_connection(("127.0.0.1", self._target))
            self._pairs.append((client, server))
            threading.Thread(target=self._pump, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, True), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, from_server: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if from_server:
                    data = self._altered(data)
                sink.sendall(data)
                if self.cut_after == 0:
                    break
        _hang_up(source)
        _hang_up(sink)

    def _altered(self, data: bytes) -> bytes:
        if self.validity is not None:
            data = _VALIDITY.sub(b"UIDVALIDITY %d" % self.validity, data)
        if self.cut_after is not None:
            data = data[: self.cut_after]
            self.cut_after -= len(data)
        return data

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        _hang_up(self._listener)
        self._thread.join()
        self.drop()


def _hang_up(side: socket.socket) -> None:
    with contextlib.suppress(OSError):
        side.shutdown(socket.SHUT_RDWR)
    side.close()
