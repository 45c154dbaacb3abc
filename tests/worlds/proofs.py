"""Servers of proofs of revocation: ``openssl ocsp`` itself, and a web server that serves or misbehaves."""

from __future__ import annotations

import contextlib
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from tests.builders import pki

Extensions = tuple[tuple[x509.ExtensionType, bool], ...]


class Web:
    """``pages`` are what it answers by path; ``asked`` the paths it was asked, in order."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes | Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[str] = []
        self.port = 0
        self.scheme = "http"
        self.released = threading.Event()
        """A dripping page was left by its reader."""

    def url(self, path: str) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    def drip(self, handler: BaseHTTPRequestHandler) -> None:
        """A byte now and then, until the reader leaves."""
        handler.send_response(200)
        handler.end_headers()
        pause = threading.Event()
        with contextlib.suppress(OSError):
            while not pause.wait(0.05):
                handler.wfile.write(b"0")
        self.released.set()


def _handler(web: Web) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.asked.append(self.path)
            page = web.pages.get(self.path)
            if callable(page):
                page(self)
                return
            self.send_response(200 if page is not None else 404)
            self.send_header("Content-Length", str(len(page or b"")))
            self.end_headers()
            self.wfile.write(page or b"")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Silent."""

    return Handler


@contextmanager
def web_server(secure: ssl.SSLContext | None = None) -> Iterator[Web]:
    """A web server on a port of its own; over TLS when ``secure`` is given."""
    web = Web()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(web)) as server:
        web.port = server.server_address[1]
        if secure is not None:
            web.scheme = "https"
            server.socket = secure.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield web
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def openssl_responder(folder: Path, ca: pki.Authority, port: int, known: dict[int, str]) -> Iterator[None]:
    """``openssl ocsp`` answering for ``ca`` on ``port``. ``known``: serial to ``V`` or ``R``; it knows no
    other."""
    responder = ca.issue("", emails=(), usages=(ExtendedKeyUsageOID.OCSP_SIGNING,), name="OCSP")
    (folder / "responder.pem").write_bytes(responder.pem)
    (folder / "ca.pem").write_bytes(ca.intermediate.certificate.public_bytes(pki.PEM))
    (folder / "index.txt").write_text("".join(_line(serial, state) for serial, state in known.items()))
    command = ["openssl", "ocsp", "-index", "index.txt", "-port", str(port), "-ndays", "1"]
    command += ["-rsigner", "responder.pem", "-CA", "ca.pem", "-ignore_err"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith(b"ACCEPT")
            yield
        finally:
            process.kill()


def _line(serial: int, state: str) -> str:
    text = f"{serial:X}"
    text = text if len(text) % 2 == 0 else f"0{text}"
    revoked = "200101000000Z" if state == "R" else ""
    return f"{state}\t491231235959Z\t{revoked}\t{text}\tunknown\t/CN=x\n"


def announcing(*, ocsp: str = "", crl: str = "", issuer: str = "") -> Extensions:
    """What a certificate says of where its proofs are."""
    places = [
        (AuthorityInformationAccessOID.OCSP, ocsp),
        (AuthorityInformationAccessOID.CA_ISSUERS, issuer),
    ]
    described = [
        x509.AccessDescription(kind, x509.UniformResourceIdentifier(url)) for kind, url in places if url
    ]
    found: list[tuple[x509.ExtensionType, bool]] = []
    if described:
        found.append((x509.AuthorityInformationAccess(described), False))
    if crl:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(crl)], None, None, None)
        found.append((x509.CRLDistributionPoints([point]), False))
    return tuple(found)


def endless(handler: BaseHTTPRequestHandler) -> None:
    """A page that never ends; the reader hangs up."""
    handler.send_response(200)
    handler.end_headers()
    with contextlib.suppress(OSError):
        while True:
            handler.wfile.write(b"0" * 65536)


def cut(handler: BaseHTTPRequestHandler) -> None:
    """Half of what was announced."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"0" * 500)


def redirect(path: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """A page that has moved."""

    def page(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", path)
        handler.end_headers()

    return page
