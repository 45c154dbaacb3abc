"""One small file over HTTP, from an address that a certificate names: bounded, and never inside our walls.

Whoever writes a certificate chooses the address: it may point at a machine of our own network, give
gigabytes, or answer one byte a minute. Hence: ``http`` and ``https`` only, hosts of a list or public
addresses only (checked after the name is resolved, on the address really used), every redirection checked
again, a ceiling on size and one clock over the whole exchange. Proxies of the environment are not used.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

_REDIRECTIONS = 3
_CHUNK = 64 * 1024
_MOVED = frozenset({301, 302, 303, 307, 308})
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NotDownloaded(Exception):
    """Why there is no answer: ``reason`` is the end of a French sentence. Never leaves the room."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Reach:
    """What may be asked, and how much of it."""

    seconds: float
    """For one exchange, redirections included."""
    max_bytes: int
    hosts: frozenset[str] = frozenset()
    """Lower case; empty: any public host."""
    private_addresses: bool = False

    def allows(self, host: str) -> bool:
        """A listed host, or a host under a listed domain."""
        return not self.hosts or any(host == each or host.endswith("." + each) for each in self.hosts)


def download(url: str, reach: Reach, body: bytes = b"", media_type: str = "") -> bytes:
    """The answer to GET, or to POST when there is a ``body``. Raises ``NotDownloaded``."""
    ends = time.monotonic() + reach.seconds
    for _ in range(_REDIRECTIONS + 1):
        parts = _checked(url, reach)
        content, moved = _exchange(parts, reach, ends, body, media_type)
        if not moved:
            return content
        url = urljoin(url, moved)
    raise NotDownloaded("renvoie sans fin vers d’autres adresses")


def _checked(url: str, reach: Reach) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotDownloaded("porte une adresse illisible") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or port == 0:
        raise NotDownloaded("porte une adresse qui n’est pas du web")
    if not url.isascii() or any(ord(char) <= 32 for char in url):
        raise NotDownloaded("porte une adresse illisible")
    if not reach.allows(parts.hostname):
        raise NotDownloaded("n’est pas dans la liste des serveurs autorisés")
    return parts


def _exchange(
    parts: SplitResult, reach: Reach, ends: float, body: bytes, media_type: str
) -> tuple[bytes, str]:
    """The content and "", or nothing and where it has moved."""
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        link = socket.create_connection((_address(host, port, reach), port), _left(ends))
    except OSError:
        raise NotDownloaded("ne répond pas") from None
    over = threading.Event()
    links = [link]
    watch = threading.Timer(_left(ends), _cut, (links, over))
    watch.daemon = True
    watch.start()
    try:
        if parts.scheme == "https":
            secure = ssl.create_default_context().wrap_socket(
                link, server_hostname=host, do_handshake_on_connect=False
            )
            links[0] = link = secure
            secure.do_handshake()
        answer = _ask(link, parts, reach, body, media_type)
    except (OSError, http.client.HTTPException, ValueError):
        raise NotDownloaded("n’a pas répondu à temps ou comme il faut") from None
    finally:
        watch.cancel()
        link.close()
    if over.is_set():  # an answer without a length, cut by us, looks whole
        raise NotDownloaded("n’a pas répondu à temps ou comme il faut")
    return answer


def _ask(
    link: socket.socket, parts: SplitResult, reach: Reach, body: bytes, media_type: str
) -> tuple[bytes, str]:
    connection = http.client.HTTPConnection(parts.netloc)
    connection.sock = link
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Host": parts.netloc, "Connection": "close", "User-Agent": "passerelle"}
    if media_type:
        headers["Content-Type"] = media_type
    connection.request("POST" if body else "GET", target, body or None, headers)
    answer = connection.getresponse()
    if answer.status in _MOVED:
        moved = answer.getheader("Location")
        if moved and not body:
            return b"", moved
    if answer.status != http.client.OK:
        raise NotDownloaded(f"a répondu {answer.status}")
    announced = answer.getheader("Content-Length") or "0"
    if announced.isdecimal() and int(announced) > reach.max_bytes:
        raise NotDownloaded("envoie plus que la taille permise")
    pieces = bytearray()
    while piece := answer.read1(_CHUNK):
        pieces += piece
        if len(pieces) > reach.max_bytes:
            raise NotDownloaded("envoie plus que la taille permise")
    if len(pieces) < (int(announced) if announced.isdecimal() else 0) or not pieces:
        raise NotDownloaded("n’a pas tout envoyé")
    return bytes(pieces), ""


def _address(host: str, port: int, reach: Reach) -> str:
    """The first address of the host that may be asked; the connection is made to it, not to the name."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotDownloaded("est introuvable") from None
    addresses = [str(entry[4][0]) for entry in found]
    allowed = [each for each in addresses if reach.private_addresses or is_public(each)]
    if not allowed:
        raise NotDownloaded("est dans un réseau privé")
    return allowed[0]


def is_public(address: str) -> bool:
    """Whether an address is of the public internet, the IPv4 address hidden in an IPv6 one included."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        hidden = ip.ipv4_mapped or ip.sixtofour
        if hidden is None and ip in _NAT64:
            hidden = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if hidden is not None:
            return hidden.is_global and not hidden.is_multicast
    return ip.is_global and not ip.is_multicast


def _left(ends: float) -> float:
    return max(ends - time.monotonic(), 0.01)


def _cut(links: list[socket.socket], over: threading.Event) -> None:
    """The time is over: whoever waits for this answer is told at once."""
    over.set()
    with contextlib.suppress(OSError):
        links[0].shutdown(socket.SHUT_RDWR)
