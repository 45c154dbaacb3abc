"""Certificates asked of a real directory server: found, left out, over TLS, silent, remembered."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.outbound.certificates import Chooser
from gateway.outbound.ldap import UNREACHABLE, Found, LdapDirectory
from gateway.settings import Ldap
from parsers.addressees import Addressee, addressees
from parsers.errors import Crashed
from storage.db import Database
from tests.builders import pki
from tests.builders.pki import Authority, Issued
from tests.builders.seen import AT, HOSPITAL, directory
from tests.worlds import slapd
from tests.worlds.ports import free_port
from tests.worlds.slapd import BASE, HOST, PASSWORD, READER, Slapd

ODD = "a*b'x@chu.example"
pytestmark = pytest.mark.slapd


@pytest.fixture(scope="module")
def authority() -> Authority:
    return pki.create(AT)


@pytest.fixture(scope="module")
def mine(authority: Authority) -> Issued:
    return authority.issue(HOSPITAL, kind="rsa")


@pytest.fixture(scope="module")
def server(authority: Authority, mine: Issued) -> Iterator[Slapd]:
    slapd.require()
    people = {
        HOSPITAL: (mine.der, authority.issue("autre@chu.example", kind="rsa").der),
        "seul@chu.example": (pki.self_signed("seul@chu.example", AT, kind="rsa").der,),
        "vieux@chu.example": (
            authority.issue("vieux@chu.example", kind="rsa", not_after=AT - timedelta(days=1)).der,
        ),
        ODD: (authority.issue(ODD, kind="rsa").der,),
    }
    with Slapd(AT, people) as opened:
        yield opened


def _settings(server: Slapd, **changes: object) -> Ldap:
    values = {
        "enabled": True,
        "host": HOST,
        "port": server.tls_port,
        "ca_file": server.ca,
        "base": BASE,
        "timeout_seconds": 5,
    }
    return Ldap.model_validate({**values, **changes})


def _asked(settings: Ldap, root: Path = Path()) -> LdapDirectory:
    return LdapDirectory(settings, root, addressees)


@pytest.mark.parametrize("tls", ["ldaps", "starttls", "never"])
def test_the_certificate_of_the_address_alone(server: Slapd, mine: Issued, tls: str) -> None:
    port = server.tls_port if tls == "ldaps" else server.port
    ask = _asked(_settings(server, tls=tls, port=port))
    assert ask(HOSPITAL.upper(), AT) == Found((mine.der,))
    assert ask("inconnu@chu.example", AT) == Found()


def test_an_address_never_becomes_a_filter(server: Slapd, mine: Issued) -> None:
    ask = _asked(_settings(server))
    assert ask("*", AT) == Found()
    assert ask(f"x)(mail={HOSPITAL}", AT) == Found()
    assert len(ask(ODD, AT).certificates) == 1


def test_a_server_whose_certificate_nobody_vouches_for_is_not_asked(server: Slapd) -> None:
    assert _asked(_settings(server, ca_file=None))(HOSPITAL, AT).trouble == UNREACHABLE
    wrong_name = _settings(server, host="localhost")
    assert _asked(wrong_name)(HOSPITAL, AT).trouble == UNREACHABLE


def test_with_an_account(authority: Authority, mine: Issued, tmp_path: Path) -> None:
    slapd.require()
    (tmp_path / "good").write_text(PASSWORD + "\n")
    (tmp_path / "bad").write_text("autre")
    with Slapd(AT, {HOSPITAL: (mine.der,)}, anonymous=False) as closed:
        good = _settings(closed, bind_dn=READER, secret_file=Path("good"))
        assert _asked(good, tmp_path)(HOSPITAL, AT) == Found((mine.der,))
        for refused in (
            _settings(closed),
            _settings(closed, bind_dn=READER, secret_file=Path("bad")),
            _settings(closed, bind_dn=READER, secret_file=Path("absent")),
        ):
            assert _asked(refused, tmp_path)(HOSPITAL, AT).trouble == UNREACHABLE


def test_a_password_never_leaves_in_clear() -> None:
    with pytest.raises(ValidationError, match="jamais en clair"):
        Ldap(tls="never", bind_dn="cn=x", secret_file=Path("s"))
    with pytest.raises(ValidationError):
        Ldap(filter="(mail=tous)")


def test_a_silent_server_is_left_alone_then_asked_again(authority: Authority, mine: Issued) -> None:
    slapd.require()
    closed = Slapd(AT, {HOSPITAL: (mine.der,)})
    try:
        ask = _asked(_settings(closed, retry_seconds=300))
        assert ask(HOSPITAL, AT).trouble == UNREACHABLE
        closed.start()
        assert ask(HOSPITAL, AT + timedelta(seconds=299)).trouble == UNREACHABLE
        assert ask(HOSPITAL, AT + timedelta(seconds=300)).certificates == (mine.der,)
        closed.stop()
        assert ask(HOSPITAL, AT + timedelta(seconds=900)).certificates == (mine.der,), "remembered"
        assert ask(HOSPITAL, AT + timedelta(hours=2)).trouble == UNREACHABLE
    finally:
        closed.stop()
        shutil.rmtree(closed.folder)


def test_bytes_that_kill_the_reader_are_no_certificate(server: Slapd) -> None:
    def dies(_found: Sequence[bytes]) -> tuple[Addressee, ...]:
        raise Crashed("arrêtée")

    assert LdapDirectory(_settings(server), Path(), dies)(HOSPITAL, AT) == Found()


def test_only_what_an_authority_vouches_for_is_encrypted_for(
    server: Slapd, authority: Authority, mine: Issued, sqlite_database: Database
) -> None:
    known = replace(directory(), correspondents=())
    choose = Chooser(known, authority.trust, _asked(_settings(server)))
    silent = Chooser(known, authority.trust, _asked(_settings(server, port=free_port())))
    with sqlite_database.reading() as session:
        found = choose(session, HOSPITAL, AT)
        alone = choose(session, "seul@chu.example", AT)
        old = choose(session, "vieux@chu.example", AT)
        nobody = silent(session, HOSPITAL, AT)
    assert found.certificate == mine.der
    assert "annuaire LDAP" in found.reasons[0]
    assert (alone.certificate, old.certificate, nobody.certificate) == (None, None, None)
    assert "aucune autorité connue" in alone.reasons[1]
    assert "expiré" in old.reasons[1]
    assert nobody.reasons == ("Non chiffrée.", UNREACHABLE)
