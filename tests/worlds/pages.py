"""The pages of a house on one port, stopped and started as often as a test wants."""

from __future__ import annotations

import socket
from threading import Thread

from uvicorn import Config, Server

from gateway.web.app import WebHouse, create_app
from gateway.web.queues.live import Live


class Pages:
    """``start`` is another life of the server: the database and the port alone stay the same."""

    def __init__(self, house: WebHouse) -> None:
        self._house = house
        self.port = 0
        self._server: Server | None = None
        self._thread: Thread | None = None
        self.live: Live

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        app = create_app(self._house)
        self.live = app.state.live
        self._server = Server(
            Config(app, log_level="error", lifespan="off", ws="none", timeout_graceful_shutdown=2)
        )
        self._thread = Thread(target=self._serve, args=(self._server, listener))
        self._thread.start()

    def stop(self) -> None:
        """Streams end, connections too; the port refuses until the next start. Twice is once."""
        if self._server is None or self._thread is None:
            return
        self.live.close()
        self._server.should_exit = True
        self._thread.join(timeout=30)
        self._server = None

    @staticmethod
    def _serve(server: Server, listener: socket.socket) -> None:
        with listener:
            server.run([listener])
