"""An SMTP server that answers what it is told to: takes, refuses, delays, hangs up.

```
with SmtpPeer(answers={"RCPT": "550 5.1.1 no such user"}) as peer: ... peer.port, peer.messages
```
Keys of ``answers``: the verb, ``CONNECT`` for the greeting, ``END`` for the end of the content. A verb
in ``hang_up`` is answered by a closed connection, one in ``mute`` by nothing, one in ``endless`` by a reply
of many lines that never ends.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from io import BufferedReader
from typing import Self

_USUAL = {
    "CONNECT": "220 peer.example ESMTP",
    "HELO": "250 peer.example",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "DATA": "354 go on",
    "END": "250 2.0.0 queued as 42",
    "RSET": "250 ok",
    "NOOP": "250 ok",
    "AUTH": "235 2.7.0 welcome",
    "QUIT": "221 bye",
    "STARTTLS": "220 go",
}


@dataclass(slots=True)
class Message:
    """One message taken, with the commands that brought it."""

    commands: list[str] = field(default_factory=list)
    content: bytes = b""
    tls: bool = False


class SmtpPeer:
    def __init__(
        self,
        answers: Mapping[str, str] | None = None,
        features: Sequence[str] = ("PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "SIZE 50000000"),
        hang_up: Collection[str] = (),
        mute: Collection[str] = (),
        endless: Collection[str] = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._answers = _USUAL | dict(answers or {})
        self._features = [*features, *(["STARTTLS"] if tls else [])]
        self._hang_up = frozenset(hang_up)
        self._mute = frozenset(mute)
        self._endless = frozenset(endless)
        self._over = threading.Event()
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.messages: list[Message] = []
        """Messages answered 2xx at their end."""
        self.commands: list[str] = []
        """Every command of every connection."""

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with contextlib.ExitStack() as stack, contextlib.suppress(OSError, ssl.SSLError):
                self._talk(stack.enter_context(client), stack)

    def _talk(self, client: socket.socket, stack: contextlib.ExitStack) -> None:
        stream = stack.enter_context(client.makefile("rb"))
        protected = False
        message = Message()
        if not self._answer(client, "CONNECT"):
            return
        while line := stream.readline():
            command = line.decode().strip()
            verb = command.split(" ")[0].upper()
            self.commands.append(command)
            message.commands.append(command)
            if verb == "EHLO" and verb not in {*self._answers, *self._hang_up, *self._mute, *self._endless}:
                offered = [f for f in self._features if not (protected and f == "STARTTLS")]
                client.sendall("".join(f"250-{f}\r\n" for f in ["peer.example", *offered]).encode())
                client.sendall(b"250 HELP\r\n")
                continue
            if not self._answer(client, verb) or verb == "QUIT":
                return
            if verb == "STARTTLS" and self._tls is not None and self._answers[verb].startswith("220"):
                client = stack.enter_context(self._tls.wrap_socket(client, server_side=True))
                stream = stack.enter_context(client.makefile("rb"))
                protected = True
            if verb == "DATA" and self._answers[verb].startswith("354"):
                message.content = self._content(stream)
                message.tls = protected
                if not self._answer(client, "END"):
                    return
                if self._answers["END"].startswith("2"):
                    self.messages.append(message)
                message = Message()

    def _answer(self, client: socket.socket, verb: str) -> bool:
        if verb in self._hang_up:
            return False
        if verb in self._mute:
            return bool(client.recv(1))  # until the other side is tired of waiting
        while verb in self._endless and not self._over.is_set():
            client.sendall(b"250-one more line\r\n")
            self._over.wait(0.02)
        client.sendall(self._answers.get(verb, "502 5.5.1 unknown").encode() + b"\r\n")
        return True

    @staticmethod
    def _content(stream: BufferedReader) -> bytes:
        lines = []
        while (line := stream.readline()) not in {b".\r\n", b""}:
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
