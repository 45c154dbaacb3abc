"""An SMTP server that is as bad as one may be, and keeps an exact account of what it took.

Each connection draws from a shuffled deck how it will behave: take, put off (4xx) at a verb, hang up at a
verb, in the middle of the content, after the final dot with or without having kept the letter, say nothing
until the other side is tired of waiting. A recipient whose name begins with ``refuse`` is refused for good
(at ``RCPT``, or after the content for ``refuse-late``), with ``never`` put off for ever.
"""

from __future__ import annotations

import contextlib
import random
import socket
import socketserver
import threading
from collections import Counter
from dataclasses import dataclass
from io import BufferedReader
from typing import Self

VERBS = ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "END")
_USUAL = {
    "CONNECT": "220 puits.example ESMTP",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "DATA": "354 go on",
    "END": "250 2.0.0 taken",
    "RSET": "250 2.0.0 ok",
    "QUIT": "221 2.0.0 bye",
}
_HANG, _DEFER, _MUTE, _LOST, _HALF, _TAKE = "hang", "defer", "mute", "lost", "half", "take"
_BAD = (_HANG, _DEFER, _MUTE, _LOST, _HALF)


@dataclass(slots=True)
class Taken:
    """One letter kept. ``sure``: the other side heard our answer, since it went on."""

    recipient: str
    content: bytes
    sure: bool = False


@dataclass(frozen=True, slots=True)
class _Plan:
    how: str
    verb: str


class HostileSink:
    """``with HostileSink(7) as sink: sink.port, sink.taken``."""

    def __init__(self, seed: int, kind: int = 20, silence: float = 1.5) -> None:
        """``kind``: connections that behave, for the thirty that do not. ``silence``: seconds without a
        word."""
        self._random = random.Random(seed)
        self._deck = [_Plan(how, verb) for how in _BAD for verb in VERBS] + [_Plan(_TAKE, "")] * kind
        self._drawn: list[_Plan] = []
        self._silence = silence
        self._lock = threading.Lock()
        self._over = threading.Event()
        self.taken: list[Taken] = []
        self.behaved: Counter[str] = Counter()
        """How often each behaviour was reached: the test looks at all of them."""
        sink = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    sink._talk(self.request)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def _plan(self) -> _Plan:
        with self._lock:
            if not self._drawn:
                self._drawn = self._random.sample(self._deck, len(self._deck))
            return self._drawn.pop()

    def _reached(self, how: str, verb: str) -> None:
        with self._lock:
            self.behaved[f"{how} {verb}"] += 1

    def _talk(self, client: socket.socket) -> None:
        plan, recipient, kept = self._plan(), "", None
        with client.makefile("rb") as stream:
            if not self._say(client, plan, "CONNECT"):
                return
            while line := stream.readline():
                verb = line[:4].decode("ascii", "replace").upper()
                if kept is not None:
                    kept.sure = True  # whoever goes on has heard the answer
                if verb == "RCPT":
                    recipient = line.decode().partition("<")[2].partition(">")[0]
                if not self._say(client, plan, verb, recipient) or verb == "QUIT":
                    return
                if verb == "DATA":
                    content = self._content(stream, plan)
                    if content is None or self._drops(plan):
                        return
                    if not self._keeps(plan, recipient):
                        client.sendall(
                            b"554 5.6.0 not this\r\n" if plan.how == _TAKE else b"451 4.3.0 later\r\n"
                        )
                        continue
                    kept = self._keep(recipient, content)
                    if not self._end(client, plan):
                        return

    def _say(self, client: socket.socket, plan: _Plan, verb: str, recipient: str = "") -> bool:
        """Answer a verb; ``False`` when the conversation is over."""
        if verb == "RCPT" and recipient.startswith("refuse@"):
            client.sendall(b"550 5.1.1 no such mailbox\r\n")
            return True
        if verb == "RCPT" and recipient.startswith("never"):
            client.sendall(b"450 4.2.0 always later\r\n")
            return True
        if plan.verb == verb and plan.how in {_HANG, _DEFER, _MUTE}:
            self._reached(plan.how, verb)
            if plan.how == _MUTE:
                self._over.wait(self._silence)
            if plan.how != _DEFER:
                return False
            client.sendall(b"421 4.3.2 later\r\n")
            return verb not in {"CONNECT", "EHLO"}
        if verb == "EHLO":
            client.sendall(
                b"250-puits.example\r\n250-8BITMIME\r\n250-SIZE 50000000\r\n250 ENHANCEDSTATUSCODES\r\n"
            )
            return True
        client.sendall(_USUAL.get(verb, "502 5.5.1 unknown").encode() + b"\r\n")
        return True

    def _content(self, stream: BufferedReader, plan: _Plan) -> bytes | None:
        """The content up to its dot; ``None`` when the connection was cut before."""
        lines: list[bytes] = []
        while (line := stream.readline()) != b".\r\n":
            if not line or (plan.how == _HALF and len(lines) >= 3):
                self._reached(_HALF, "content")
                return None
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def _keeps(self, plan: _Plan, recipient: str) -> bool:
        if recipient.startswith("refuse-late"):
            return False
        if plan.verb == "END" and plan.how == _DEFER:
            self._reached(_DEFER, "END")
            return False
        return True

    def _drops(self, plan: _Plan) -> bool:
        """The whole letter came, nothing is kept, nobody says so."""
        dropped = plan == _Plan(_HANG, "END")
        if dropped:
            self._reached(_HANG, "END")
        return dropped

    def _keep(self, recipient: str, content: bytes) -> Taken:
        taken = Taken(recipient, content)
        with self._lock:
            self.taken.append(taken)
        return taken

    def _end(self, client: socket.socket, plan: _Plan) -> bool:
        """The answer to the final dot of a letter that is kept: given, lost, or given too late."""
        if plan == _Plan(_MUTE, "END") or plan.how == _LOST:
            self._reached("mute" if plan.how == _MUTE else "lost", "END")
            if plan.how == _MUTE:
                self._over.wait(self._silence)
                client.sendall(b"250 2.0.0 taken long ago\r\n")
            return False
        client.sendall(_USUAL["END"].encode() + b"\r\n")
        return True

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
