"""Certificates of a correspondent in an LDAP directory: ``userCertificate;binary`` (RFC 4523, 2.1 and 4.1).

Asked last, after the files of the directory and what a person confirmed, and never believed alone: what it
answers must name the address and have a path to a known authority. A server that does not answer never
stops a letter: it leaves as if there were no directory, the trace says so, and the server is left alone for
``retry_seconds``. Referrals are not followed. What comes back is read in the limited child first.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

from ldap3 import ANONYMOUS, NONE, SIMPLE, SUBTREE, Connection, Server, Tls  # type: ignore[import-untyped]
from ldap3.core.exceptions import LDAPException  # type: ignore[import-untyped]
from ldap3.core.results import (  # type: ignore[import-untyped]
    RESULT_SIZE_LIMIT_EXCEEDED,
    RESULT_SUCCESS,
)
from ldap3.utils.conv import escape_filter_chars  # type: ignore[import-untyped]

from gateway.settings import Ldap
from parsers.addressees import Addressee
from parsers.errors import ParseError

Screen = Callable[[Sequence[bytes]], tuple[Addressee, ...]]

_ATTRIBUTE = "userCertificate"
_ENTRIES = 5
_CERTIFICATES = 10
_REMEMBERED = 1000
_BYTES = 64 * 1024
"""A certificate above this is no person's."""
UNREACHABLE = "L’annuaire LDAP n’a pas répondu : aucun certificat n’a pu y être cherché."


@dataclass(frozen=True, slots=True)
class Found:
    """DER certificates that name the address; ``trouble`` (French) when nobody could be asked."""

    certificates: tuple[bytes, ...] = ()
    trouble: str | None = None


class _Tls(Tls):  # type: ignore[misc]  # ldap3 has no types
    """TLS judged by the standard library (chain, name, 1.2 at least), which closes what it refuses."""

    def __init__(self, ca_file: str | None) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._context = ssl.create_default_context(cafile=ca_file)

    def wrap_socket(self, connection: Any, do_handshake: bool = True) -> None:
        connection.socket = self._context.wrap_socket(
            connection.socket, do_handshake_on_connect=do_handshake, server_hostname=connection.server.host
        )


class LdapDirectory:
    """One directory, asked once an address for ``remember_seconds``. Safe to share between threads."""

    def __init__(self, settings: Ldap, root: Path, screen: Screen) -> None:
        self._settings = settings
        self._root = root
        self._screen = screen
        self._lock = Lock()
        self._known: dict[str, tuple[datetime, Found]] = {}
        self._silent_until: datetime | None = None

    def __call__(self, address: str, at: datetime) -> Found:
        """What the directory says of ``address`` at ``at``; never raises."""
        key = address.lower()
        with self._lock:
            if self._silent_until is not None and at < self._silent_until:
                return Found(trouble=UNREACHABLE)
            kept = self._known.get(key)
            if kept is not None and at < kept[0]:
                return kept[1]
            found = self._asked(key)
            if found.trouble is not None:
                self._silent_until = at + timedelta(seconds=self._settings.retry_seconds)
                return found
            self._silent_until = None
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = (at + timedelta(seconds=self._settings.remember_seconds), found)
            return found

    def _asked(self, address: str) -> Found:
        try:
            ders = self._search(address)
        except (LDAPException, OSError, ssl.SSLError, ValueError):
            return Found(trouble=UNREACHABLE)
        try:
            read = self._screen(ders) if ders else ()
        except ParseError:
            return Found()
        return Found(tuple(one.der for one in read if address in one.emails))

    def _search(self, address: str) -> list[bytes]:
        settings = self._settings
        wanted = settings.filter.replace("{address}", escape_filter_chars(address))
        connection = self._connected()
        try:
            connection.search(
                settings.base,
                wanted,
                SUBTREE,
                attributes=[f"{_ATTRIBUTE};binary"],
                size_limit=_ENTRIES,
                time_limit=settings.timeout_seconds,
            )
            if connection.result["result"] not in {RESULT_SUCCESS, RESULT_SIZE_LIMIT_EXCEEDED}:
                raise LDAPException(str(connection.result["description"]))
            answers = [one for one in connection.response or () if one.get("type") == "searchResEntry"]
        finally:
            connection.unbind()
        return [der for one in answers for der in _values(one["raw_attributes"])][:_CERTIFICATES]

    def _connected(self) -> Connection:
        """Bound, over TLS unless the settings say ``never``. Raises as the library does."""
        settings = self._settings
        tls = None
        if settings.tls != "never":
            ca = settings.ca_file
            tls = _Tls(str(ca if ca.is_absolute() else self._root / ca) if ca else None)
        server = Server(
            settings.host,
            settings.port,
            use_ssl=settings.tls == "ldaps",
            tls=tls,
            get_info=NONE,
            connect_timeout=settings.timeout_seconds,
        )
        secret = None
        if settings.bind_dn is not None and settings.secret_file is not None:
            file = settings.secret_file
            secret = (file if file.is_absolute() else self._root / file).read_text("utf-8").strip()
        connection = Connection(
            server,
            user=settings.bind_dn if secret else None,
            password=secret,
            authentication=SIMPLE if secret else ANONYMOUS,
            auto_referrals=False,
            read_only=True,
            receive_timeout=settings.timeout_seconds,
        )
        try:
            connection.open()
            ready = settings.tls != "starttls" or connection.start_tls()
            ready = ready and connection.bind()
        except BaseException:
            _closed(connection)
            raise
        if not ready:
            _closed(connection)
            raise LDAPException("TLS or bind refused")
        return connection


def _closed(connection: Connection) -> None:
    """The library leaves the socket of a connection that could not be opened."""
    connection.unbind()
    if connection.socket is not None:
        connection.socket.close()


def _values(attributes: dict[str, list[bytes]]) -> list[bytes]:
    """Values of the certificate attribute, whatever its case and options (RFC 4512, 2.5)."""
    return [
        value
        for name, values in attributes.items()
        if name.partition(";")[0].lower() == _ATTRIBUTE.lower()
        for value in values
        if isinstance(value, bytes) and 0 < len(value) <= _BYTES
    ]
