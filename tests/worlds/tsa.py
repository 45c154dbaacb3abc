"""A time stamping authority on loopback: `openssl ts` behind a small HTTP server, honest or not."""

from __future__ import annotations

import subprocess
import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_PEM = serialization.Encoding.PEM
_CONF = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
certs = {folder}/ca.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class TimeStampAuthority:
    """``with TimeStampAuthority(folder, now) as authority``; ``lifetime``: days around ``now``.

    ``authority.other_request`` is answered instead of what is asked; ``authority.answer`` instead of all.
    """

    def __init__(self, folder: Path, now: datetime, lifetime: tuple[int, int] = (-1, 30)) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.ca = folder / "ca.pem"
        self.other_request: bytes | None = None
        self.answer: tuple[int, bytes] | None = None
        self.asked: list[bytes] = []
        self._make(now, lifetime)
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(_CONF.format(folder=folder))
        self._guard = threading.Lock()
        self.url = ""

    def replied(self, request: bytes) -> tuple[int, bytes]:
        """What this authority answers."""
        self.asked.append(request)
        return self.answer or (200, self.reply(self.other_request or request))

    def reply(self, request: bytes) -> bytes:
        """The answer of ``openssl ts`` to a request."""
        with self._guard:
            (self.folder / "query").write_bytes(request)
            subprocess.run(
                [
                    "openssl",
                    "ts",
                    "-reply",
                    "-config",
                    "tsa.cnf",
                    "-queryfile",
                    "query",
                    "-out",
                    "reply",
                ],
                check=True,
                capture_output=True,
                cwd=self.folder,
            )
            return (self.folder / "reply").read_bytes()

    def _make(self, now: datetime, lifetime: tuple[int, int]) -> None:
        ca_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        day = timedelta(days=1)
        ca_name, name = _named("Racine d'essai"), _named("Horodatage d'essai")
        around = (now - 60 * day, now + 60 * day)
        ca = (
            _certificate(ca_name, ca_name, ca_key, around)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(ca_key, hashes.SHA256())
        )
        period = (now + lifetime[0] * day, now + lifetime[1] * day)
        tsa = (
            _certificate(name, ca_name, key, period)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
            .sign(ca_key, hashes.SHA256())
        )
        self.ca.write_bytes(ca.public_bytes(_PEM))
        (self.folder / "tsa.pem").write_bytes(tsa.public_bytes(_PEM))
        none = serialization.NoEncryption()
        (self.folder / "tsa.key").write_bytes(
            key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, none)
        )

    def __enter__(self) -> Self:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = self.rfile.read(int(self.headers["Content-Length"]))
                status, body = outer.replied(request)
                self.send_response(status)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/tsr"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    name: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, period: tuple[datetime, datetime]
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(period[0])
        .not_valid_after(period[1])
    )
