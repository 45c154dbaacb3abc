"""The parent's side of the limited children: run one job on strangers' bytes, or say why not."""

from __future__ import annotations

import array
import contextlib
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any

from gateway.errors import Unavailable
from gateway.triage import frames
from gateway.triage.jobs import JOBS
from parsers import errors
from parsers.errors import Crashed, ParseError
from parsers.limits import Limits

_GRACE_SECONDS = 10
"""The kernel ends a child at its own limit; past this margin the parent does."""

_ERRORS: dict[str, type[ParseError]] = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, ParseError)
}
_ATTEMPTS = 3
"""A zygote may die twice: with our request in hand, then seen dead; the third is a new one."""


class Sandbox:
    """A zygote process and as many short-lived forks as there are jobs under way. Thread-safe."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._lock = threading.Lock()
        self._zygote: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def run(self, name: str, *arguments: object) -> Any:
        """Do job ``name`` in a fresh child.

        Raises the ``ParseError`` the job raised, ``Crashed`` when the child died, lied or was too slow,
        ``Unavailable`` when no child can be started: that says nothing about the bytes.
        """
        channel, pid = self._new_child()
        with channel:
            return self._ask(channel, pid, name, arguments)

    def run_in_turn(self, name: str, requests: Sequence[tuple[object, ...]]) -> list[Any]:
        """Do job ``name`` for each request in one child; a refusal (``ParseError``) stands in its place.

        An answer leaves the child before the next request comes in, so that what is asked first cannot be
        touched by what is asked later: ask the harmless first. A child that dies is replaced for the rest.
        Raises ``Unavailable`` as ``run`` does.
        """
        answers: list[Any] = []
        while len(answers) < len(requests):
            channel, pid = self._new_child()
            with channel:
                for arguments in requests[len(answers) :]:
                    try:
                        answers.append(self._ask(channel, pid, name, arguments))
                    except ParseError as error:
                        answers.append(error)
                        if isinstance(error, Crashed):
                            break
        return answers

    def _ask(self, channel: socket.socket, pid: int, name: str, arguments: tuple[object, ...]) -> Any:
        request = pickle.dumps((arguments, self.limits), protocol=pickle.HIGHEST_PROTOCOL)
        try:
            frames.send(channel, name.encode(), request)
            text, blobs = frames.receive(channel)
        except (EOFError, OSError) as error:
            _kill(pid)
            raise Crashed(
                "La lecture de la pièce a dépassé les limites de temps, de calcul ou de mémoire ; "
                "elle a été arrêtée."
            ) from error
        if text.startswith(b'{"ok":'):
            return frames.unpack(text[6:-1], blobs, JOBS[name].answer)
        refusal = json.loads(text)
        raise _ERRORS.get(refusal.get("error", ""), Crashed)(str(refusal.get("message", "")))

    def warm(self) -> None:
        """Start the zygote now rather than at the first job."""
        with self._lock:
            self._living_control()

    def close(self) -> None:
        """Stop the zygote; jobs under way end by themselves."""
        with self._lock:
            self._bury()

    def _new_child(self) -> tuple[socket.socket, int]:
        """A channel to a fresh fork and its process id. Raises ``Unavailable`` when none starts."""
        for _attempt in range(_ATTEMPTS):
            ours, theirs = socket.socketpair()
            ours.settimeout(self.limits.wall_seconds + _GRACE_SECONDS)
            with contextlib.suppress(OSError):
                with theirs:
                    self._hand_over(theirs)
                told = ours.recv(8, socket.MSG_WAITALL)
                if len(told) == 8:
                    return ours, int.from_bytes(told, "big")
            ours.close()
        raise Unavailable(
            "Le lecteur isolé ne démarre pas ; le message est gardé et sera repris, "
            "vérifiez l'installation et la mémoire libre."
        )

    def _hand_over(self, channel: socket.socket) -> None:
        """Pass a channel to the zygote. Raises ``OSError`` when it has died: the next call replaces it."""
        passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [channel.fileno()]))]
        with self._lock:
            try:
                self._living_control().sendmsg([b"j"], passed)
            except OSError:
                self._bury()
                raise

    def _living_control(self) -> socket.socket:
        if self._control is not None:
            return self._control
        ours, theirs = socket.socketpair()
        with theirs:
            self._zygote = subprocess.Popen(
                [sys.executable, "-m", "gateway.triage.child", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={"PYTHONPATH": os.pathsep.join(sys.path)},
            )
        self._control = ours
        return ours

    def _bury(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._zygote is not None:
            self._zygote.kill()
            self._zygote.wait()
            self._zygote = None


def _kill(pid: int) -> None:
    if pid > 1:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
