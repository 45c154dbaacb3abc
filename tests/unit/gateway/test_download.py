"""One file over HTTP: what is never asked, whatever a certificate says."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from gateway.triage.download import NotDownloaded, Reach, download, is_public
from tests.builders import pki
from tests.worlds.proofs import Web, redirect, web_server

REACH = Reach(5, 1000, private_addresses=True)


@pytest.fixture
def web() -> Iterator[Web]:
    with web_server() as server:
        yield server


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    "url",
    [
        "ldap://crl.example/cn=ca",
        "file:///etc/passwd",
        "ftp://crl.example/ca.crl",
        "http://",
        "http://user@crl.example/",
        "http://crl.example:0/",
        "http://crl.example:port/",
        "http://crl.example/a b",
        "http://crl.example/é",
        "http://crl.example/\r\nX: y",
    ],
)
def test_addresses_that_are_not_asked(url: str) -> None:
    with pytest.raises(NotDownloaded, match="adresse"):
        download(url, REACH)


def test_get_post_and_redirection(web: Web) -> None:
    web.pages |= {"/a": b"content", "/b": redirect("/a"), "/empty": b""}
    assert download(web.url("/a"), REACH) == b"content"
    assert download(web.url("/a"), REACH, b"asked", "application/ocsp-request") == b"content"
    assert download(web.url("/b"), REACH) == b"content"
    with pytest.raises(NotDownloaded, match="302"):
        download(web.url("/b"), REACH, b"asked", "application/ocsp-request")
    with pytest.raises(NotDownloaded, match="pas tout envoyé"):
        download(web.url("/empty"), REACH)


def test_a_redirection_is_checked_as_the_first_address(web: Web) -> None:
    web.pages["/a"] = redirect("http://metadata.internal.example/")
    listed = Reach(5, 1000, frozenset({"127.0.0.1"}), private_addresses=True)
    with pytest.raises(NotDownloaded, match="liste des serveurs"):
        download(web.url("/a"), listed)
    web.pages["/a"] = redirect("file:///etc/passwd")
    with pytest.raises(NotDownloaded, match="n’est pas du web"):
        download(web.url("/a"), REACH)


def test_a_listed_domain_covers_its_hosts() -> None:
    reach = Reach(5, 1000, frozenset({"example"}))
    assert reach.allows("crl.example")
    assert reach.allows("example")
    assert not reach.allows("badexample")


def test_the_clock_covers_the_whole_exchange(web: Web) -> None:
    """A server that drips one byte at a time is cut when the time is over."""
    web.pages["/drip"] = web.drip
    with pytest.raises(NotDownloaded):
        download(web.url("/drip"), Reach(0.3, 1000, private_addresses=True))
    assert web.released.wait(10)


def _secure(folder: Path, ca: pki.Authority, address: str) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate for ``address`` under ``ca``."""
    name = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    issued = ca.issue(
        "", emails=(), name="serveur", usages=(ExtendedKeyUsageOID.SERVER_AUTH,), extra=[(name, False)]
    )
    file = folder / f"{address}.pem"
    file.write_bytes(issued.pem + ca.intermediate.certificate.public_bytes(pki.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@pytest.mark.parametrize(
    ("address", "known", "answers"),
    [("127.0.0.1", True, True), ("127.0.0.1", False, False), ("127.0.0.9", True, False)],
    ids=["of this server", "of an unknown authority", "of another server"],
)
def test_a_certificate_of_tls_is_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, known: bool, answers: bool
) -> None:
    ca = pki.create(datetime.now(UTC))
    root = tmp_path / "root.pem"
    root.write_bytes((ca if known else pki.create(ca.at)).root.certificate.public_bytes(pki.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(root))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    with web_server(_secure(tmp_path, ca, address)) as web:
        web.pages["/a"] = b"content"
        if answers:
            assert download(web.url("/a"), REACH) == b"content"
        else:
            with pytest.raises(NotDownloaded, match="comme il faut"):
                download(web.url("/a"), REACH)
            assert web.asked == []
