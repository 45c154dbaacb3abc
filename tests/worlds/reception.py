"""A door, and a listener in front of it, on loopback: what a sender meets."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from sqlmodel import select

from gateway.clock import Clock, TurnableClock
from gateway.evidence.record import Recorder
from gateway.intake.accept import Door
from gateway.intake.smtp import SmtpListener
from gateway.settings import Smtp
from storage.db import Database
from storage.deliveries import Arrival, Delivery
from storage.vault import Vault
from tests.builders import pki
from tests.builders.pki import PEM

ADMINISTRATIVE = "cnse-admin@caisse.example"
MEDICAL = "cnse-medical@caisse.example"
MAILBOXES = (ADMINISTRATIVE, MEDICAL)
CIRCUIT = "soins-programmes-algerie"
_SECONDS = 20.0


@dataclass
class Reception:
    """The room behind a door, to be asked what it took in."""

    database: Database
    vault: Vault
    recorder: Recorder
    clock: Clock
    max_bytes: int = 2_000_000
    woken: list[str] = field(default_factory=list)

    def door(self) -> Door:
        return Door(
            self.database,
            self.vault,
            self.recorder,
            self.clock,
            lambda mailbox: CIRCUIT if mailbox in MAILBOXES else None,
            self.max_bytes,
            self.woken.append,
        )

    def deliveries(self) -> list[Delivery]:
        with self.database.reading() as session:
            return list(session.exec(select(Delivery)))

    def arrivals(self) -> list[Arrival]:
        with self.database.reading() as session:
            return list(session.exec(select(Arrival)))

    def raws(self) -> list[bytes]:
        return [self.vault.get(delivery.sha256) for delivery in self.deliveries()]

    def events(self, sha256: str) -> list[str]:
        with self.database.reading() as session:
            return [event.kind for event in self.recorder.events(session, [f"delivery:{sha256}"])]

    @contextmanager
    def listening(self, settings: Smtp | None = None, root: Path = Path()) -> Iterator[SmtpListener]:
        listener = SmtpListener(settings or Smtp(port=0), self.door(), MAILBOXES, root)
        listener.start()
        try:
            yield listener
        finally:
            listener.stop(grace_seconds=5)


@pytest.fixture
def reception(database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock) -> Reception:
    """On both databases in turn."""
    return Reception(database, vault, recorder, clock)


@pytest.fixture
def sqlite_reception(
    sqlite_database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock
) -> Reception:
    """On the embedded database alone."""
    return Reception(sqlite_database, vault, recorder, clock)


class RawClient:
    """Speaks bytes, not SMTP: says anything, and reads one whole reply at a time."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_SECONDS)
        self._stream = self._socket.makefile("rb")

    def say(self, data: bytes) -> None:
        self._socket.sendall(data)

    def reply(self) -> str:
        """One reply, its lines joined; empty when the server hung up."""
        lines = []
        while True:
            try:
                line = self._stream.readline().decode()
            except ConnectionResetError:
                line = ""
            lines.append(line.rstrip("\r\n"))
            if line[3:4] != "-":
                return "\n".join(lines)

    def ask(self, command: str) -> str:
        self.say(command.encode() + b"\r\n")
        return self.reply()

    def finish_saying(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def secure(self, context: ssl.SSLContext | None = None) -> None:
        """TLS from here on; any certificate will do without a context."""
        if context is None:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        self._socket = context.wrap_socket(self._socket, server_hostname="passerelle.localhost")
        self._stream = self._socket.makefile("rb")

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def write_tls(folder: Path, at: datetime) -> None:
    """``server.pem`` for ``passerelle.localhost``, ``client.pem`` and ``ca.pem`` (who signed both)."""
    authority = pki.create(at)
    chain = authority.intermediate.certificate.public_bytes(PEM)
    server = authority.issue(
        "passerelle.localhost",
        emails=(),
        usages=(ExtendedKeyUsageOID.SERVER_AUTH,),
        extra=[(x509.SubjectAlternativeName([x509.DNSName("passerelle.localhost")]), False)],
    )
    client = authority.issue("mta.hopital.example", emails=(), usages=(ExtendedKeyUsageOID.CLIENT_AUTH,))
    (folder / "server.pem").write_bytes(server.pem + chain)
    (folder / "client.pem").write_bytes(client.pem + chain)
    (folder / "ca.pem").write_bytes(authority.root.certificate.public_bytes(PEM) + chain)
