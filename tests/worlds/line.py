"""The line between a browser and a server, which a test cuts, keeps cut, or lets go silent."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self


class Line:
    """``with Line(port) as line``: connect to ``line.address`` instead of the server's port."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._sides: list[socket.socket] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._closed = False
        self._made = self._muted = 0
        self.refused = 0
        """Connections hung up at once since it was cut."""

    def cut(self) -> None:
        """Hang up on everyone, and on whoever comes until ``mend``."""
        self._closed = True
        with self._lock:
            sides, self._sides = self._sides, []
        for side in sides:
            _hang_up(side)

    def mend(self) -> None:
        self._closed = False

    def mute(self) -> None:
        """What is open stays open and nothing passes through it, as when a box in the middle forgot it."""
        self._muted = self._made

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._closed:
                self.refused += 1
                _hang_up(client)
                continue
            server = socket.create_connection(("127.0.0.1", self._target))
            with self._lock:
                self._sides += [client, server]
            self._made += 1
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(*pair, self._made), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if number > self._muted:
                    sink.sendall(data)
        _hang_up(source)
        _hang_up(sink)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        _hang_up(self._listener)
        self._thread.join()
        self.cut()


def _hang_up(side: socket.socket) -> None:
    with contextlib.suppress(OSError):
        side.shutdown(socket.SHUT_RDWR)
    side.close()
