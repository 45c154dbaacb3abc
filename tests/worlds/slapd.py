"""A real OpenLDAP on loopback, its configuration and data in a temporary folder; any user may start it."""

from __future__ import annotations

import base64
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.builders import pki
from tests.worlds.daemon import Daemon
from tests.worlds.needed import needed
from tests.worlds.ports import free_port, listens

BASE = "dc=sante,dc=example"
READER = f"cn=lecteur,{BASE}"
PASSWORD = "mot-de-passe-de-test"
HOST = "127.0.0.1"
"""What the server's certificate names."""

_CONF = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/pid
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.pem
{anonymous}
database mdb
suffix "{base}"
rootdn "{reader}"
rootpw {password}
directory {folder}/data
"""


def require() -> None:
    """Skip where OpenLDAP is not installed; in CI, where it must be, fail."""
    needed(None if shutil.which("slapd") is not None else "slapd is not installed")


class Slapd(Daemon):
    """``with Slapd(at, {address: (certificate, …)}) as server``; ``anonymous=False`` wants a password."""

    def __init__(
        self, at: datetime, people: Mapping[str, tuple[bytes, ...]], *, anonymous: bool = True
    ) -> None:
        self.port, self.tls_port = free_port(), free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="passerelle-slapd-"))
        (self.folder / "data").mkdir()
        _write_tls(self.folder, at)
        conf = _CONF.format(
            folder=self.folder,
            base=BASE,
            reader=READER,
            password=PASSWORD,
            anonymous="" if anonymous else "disallow bind_anon\nrequire authc",
        )
        (self.folder / "slapd.conf").write_text(conf)
        self._fill(people)

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def start(self) -> None:
        urls = f"ldap://127.0.0.1:{self.port} ldaps://127.0.0.1:{self.tls_port}"
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                ["slapd", "-h", urls, "-f", str(self.folder / "slapd.conf"), "-d", "0"],
                stdout=log,
                stderr=log,
            )
        self._await(lambda: all(listens(port) for port in (self.port, self.tls_port)))

    def _fill(self, people: Mapping[str, tuple[bytes, ...]]) -> None:
        entries = [f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: Essai\ndc: sante\n"]
        for number, (address, certificates) in enumerate(people.items()):
            lines = [f"dn: cn=boite{number},{BASE}", "objectClass: inetOrgPerson", f"cn: boite{number}"]
            lines += ["sn: Boite", f"mail: {address}"]
            lines += ["userCertificate;binary:: " + base64.b64encode(der).decode() for der in certificates]
            entries.append("\n".join(lines) + "\n")
        ldif = self.folder / "people.ldif"
        ldif.write_text("\n".join(entries))
        subprocess.run(
            ["slapadd", "-f", str(self.folder / "slapd.conf"), "-l", str(ldif)],
            check=True,
            capture_output=True,
        )


def _write_tls(folder: Path, at: datetime) -> None:
    authority = pki.create(at)
    chain = authority.intermediate.certificate.public_bytes(Encoding.PEM)
    server = authority.issue(
        "annuaire.example",
        emails=(),
        usages=(ExtendedKeyUsageOID.SERVER_AUTH,),
        extra=[(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), False)],
    )
    (folder / "server.pem").write_bytes(server.pem + chain)
    (folder / "ca.pem").write_bytes(authority.root.certificate.public_bytes(Encoding.PEM) + chain)
