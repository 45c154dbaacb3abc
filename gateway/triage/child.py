"""The child that reads strangers' bytes: ``python -m gateway.triage.child FD``.

It loads the parsers and warms them once, then forks for every job: the fork takes its limits from the
kernel (CPU, memory, wall clock, no file, no new privilege), does its job, answers and ends. A bomb kills
its own fork and nothing else. The parent's requests are trusted (pickle); answers never are (``frames``).
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import json
import os
import pickle
import resource
import signal
import socket
import sys

from gateway.triage import frames
from gateway.triage.jobs import JOBS
from gateway.triage.warm import warm
from parsers.errors import ParseError, TooLarge
from parsers.limits import Limits

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


def serve(control: socket.socket) -> None:
    """Give each channel the parent passes to a fork; end when the parent does (its socket closes).

    The fork of the next job is made while this one works: nobody waits for a fork, none does two jobs.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps: no zombie, no handler
    warm()
    spare = _Spare(control)
    while True:
        channel = passed_channel(control)
        if channel is None:
            return
        with channel:
            while not spare.take(channel):
                spare = _Spare(control)  # it was killed while it waited
        spare = _Spare(control)


class _Spare:
    """A fork that waits for its one channel."""

    def __init__(self, control: socket.socket) -> None:
        self._errand, theirs = socket.socketpair()
        with theirs:
            if os.fork() == 0:
                control.close()
                self._errand.close()
                _one_job(theirs)

    def take(self, channel: socket.socket) -> bool:
        """Hand the channel over; ``False`` when the fork is dead."""
        with self._errand:
            try:
                pass_channel(self._errand, channel)
            except (BrokenPipeError, ConnectionResetError):
                return False
        return True


def pass_channel(through: socket.socket, channel: socket.socket) -> None:
    """Give a channel to the process at the other end of a socket. Raises ``OSError`` when it is gone."""
    handle = array.array("i", [channel.fileno()])
    through.sendmsg([b"j"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handle)])


def passed_channel(through: socket.socket) -> socket.socket | None:
    """The channel that was given, ``None`` when the other end is gone."""
    handles = array.array("i")
    message, ancillary, _flags, _address = through.recvmsg(1, socket.CMSG_SPACE(handles.itemsize))
    if not message:
        return None
    for _level, _kind, data in ancillary:
        handles.frombytes(data[: handles.itemsize])
    return socket.socket(fileno=handles[0])


def _one_job(errand: socket.socket) -> None:
    """Wait for a channel, read the request, work under limits, answer, end without any clean-up.

    Nothing of it reaches our output or our log: what a library says of a document may quote it.
    """
    status = 1
    with contextlib.suppress(BaseException):
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        channel = passed_channel(errand)
        errand.close()
        if channel is None:
            os._exit(0)
        channel.sendall(os.getpid().to_bytes(8, "big"))
        while True:  # one job, or the few the parent asks in turn; its closing the channel ends it
            text, blob = frames.receive(channel)
            name = text.decode()
            arguments, limits = pickle.loads(blob)  # noqa: S301 - our own parent wrote it
            del blob
            _confine(limits)
            frames.send(channel, *_answer(name, arguments))
            del arguments
            status = 0
    os._exit(status)


def _answer(name: str, arguments: tuple[object, ...]) -> tuple[bytes, bytes]:
    job = JOBS[name]
    try:
        text, blobs = frames.pack(job.run(*arguments), job.answer)
    except ParseError as error:
        return _refusal(error), b""
    except MemoryError:
        return _refusal(TooLarge("La pièce demande plus de mémoire que la limite permise.")), b""
    except RecursionError:
        return _refusal(TooLarge("La pièce est imbriquée au-delà de la limite permise.")), b""
    return b'{"ok":' + text + b"}", blobs


def _refusal(error: ParseError) -> bytes:
    return json.dumps({"error": type(error).__name__, "message": error.message}).encode()


def _confine(limits: Limits) -> None:
    """Kernel limits: nothing here can be lifted again by the code that follows."""
    _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, limits.wall_seconds)
    for kind, value in (
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        resource.setrlimit(kind, (value, value))


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
