"""Ports of loopback: one nobody listens on, for a server that a test starts; whether one is listened on."""

from __future__ import annotations

import socket


def free_port() -> int:
    """Free a moment ago; whoever starts on it soon will have it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
