"""Proofs fetched by policy, from a real OCSP responder and a web server: never believed by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from gateway.clock import SystemClock, TurnableClock
from gateway.settings import Revocation as Rules
from gateway.triage.revocation import Proofs, Proved
from gateway.triage.sandbox import Sandbox
from gateway.triage.unseal import judgment_rows, unseal, with_kept
from parsers.smime.model import Role, Signature, Trust
from storage.judgments import Source
from tests.builders import pki, smime
from tests.builders.secure import ENTITY, SENDER, mail
from tests.worlds.ports import free_port
from tests.worlds.proofs import Web, announcing, cut, endless, openssl_responder, redirect, web_server

NOW = SystemClock().now().replace(microsecond=0)
"""``openssl ocsp`` reads the machine's clock: so does this file."""
NOT_VERIFIED = "La révocation du certificat du signataire n’a pas été vérifiée"
DAY = timedelta(days=1)
FETCH = Rules(policy="fetch", private_addresses=True, seconds=5, mail_seconds=20, max_bytes=100_000)


@pytest.fixture(scope="module")
def ca() -> pki.Authority:
    return pki.create(NOW)


@pytest.fixture
def web() -> Iterator[Web]:
    with web_server() as server:
        yield server


@pytest.fixture
def proofs(tmp_path: Path) -> Proofs:
    return _proofs(tmp_path)


def _proofs(folder: Path, rules: Rules = FETCH, clock: TurnableClock | None = None) -> Proofs:
    return Proofs(rules, clock or TurnableClock(NOW), folder / "crls", folder / "ocsp")


def _judge(sandbox: Sandbox, proofs: Proofs, ca: pki.Authority, who: pki.Issued, **more: object) -> Proved:
    raw = mail(smime.sign(ENTITY, who.identity, chain=ca.chain))
    trust = more.get("trust")
    believed = trust if isinstance(trust, Trust) else ca.trust()
    return unseal(raw, (), proofs.supplied(believed), NOW, sandbox, proofs)


def _said(proved: Proved) -> str:
    return " ".join(proved.opened.security.reasons)


@pytest.mark.parametrize(
    ("state", "verdict", "proved"),
    [("V", Signature.VALID, True), ("R", Signature.REVOKED, True), ("", Signature.VALID, False)],
)
def test_openssl_says_good_revoked_or_unknown(
    sandbox: Sandbox,
    proofs: Proofs,
    ca: pki.Authority,
    tmp_path: Path,
    state: str,
    verdict: str,
    proved: bool,
) -> None:
    port = free_port()
    who = ca.issue(SENDER, extra=announcing(ocsp=f"http://127.0.0.1:{port}/"))
    with openssl_responder(tmp_path, ca, port, {who.certificate.serial_number: state} if state else {}):
        found = _judge(sandbox, proofs, ca, who)
    assert found.opened.security.signature == verdict
    assert (NOT_VERIFIED not in _said(found)) is proved
    assert (Role.OCSP in {one.role for one in found.opened.security.evidence}) is proved


def test_nothing_is_fetched_unless_told(
    sandbox: Sandbox, tmp_path: Path, ca: pki.Authority, web: Web
) -> None:
    who = ca.issue(SENDER, extra=announcing(crl=web.url("/ca.crl"), ocsp=web.url("/ocsp")))
    found = _judge(sandbox, _proofs(tmp_path, Rules()), ca, who)
    assert found.opened.security.signature is Signature.VALID
    assert NOT_VERIFIED in _said(found)
    assert web.asked == []


def test_a_list_is_fetched_kept_and_named(
    sandbox: Sandbox, proofs: Proofs, ca: pki.Authority, web: Web
) -> None:
    web.pages["/ca.crl"] = crl = ca.crl(NOW - DAY)
    who = ca.issue(SENDER, extra=announcing(crl=web.url("/ca.crl")))
    proved = _judge(sandbox, proofs, ca, who)
    assert (proved.opened.security.signature, _said(proved)) == (Signature.VALID, "")
    rows = {row.role: (row, der) for row, der in judgment_rows("a" * 64, "", proved, ca.trust(), NOW)}
    assert set(rows) == {"signer", "intermediate", "root", "crl"}
    row, der = rows["crl"]
    assert (der, row.source, row.url) == (crl, Source.FETCHED, web.url("/ca.crl"))
    assert (row.this_update, row.next_update) == (NOW - DAY, NOW + 6 * DAY)
    assert rows["root"][0].source == rows["intermediate"][0].source == Source.SUPPLIED
    assert rows["signer"][0].source == Source.MESSAGE


def test_an_answer_spares_the_list(sandbox: Sandbox, proofs: Proofs, ca: pki.Authority, web: Web) -> None:
    who = ca.issue(SENDER, extra=announcing(crl=web.url("/ca.crl"), ocsp=web.url("/ocsp")))
    web.pages["/ocsp"] = ca.answer(who, NOW)
    found = _judge(sandbox, proofs, ca, who)
    assert (_said(found), web.asked) == ("", ["/ocsp"])
    revoked = ca.issue(SENDER, extra=announcing(crl=web.url("/ca.crl"), ocsp=web.url("/none")))
    ca.revoke(revoked, NOW - DAY)
    web.pages["/ca.crl"] = ca.crl(NOW - DAY)
    assert _judge(sandbox, proofs, ca, revoked).opened.security.signature is Signature.REVOKED
    assert web.asked == ["/ocsp", "/none", "/ca.crl"]


def test_a_list_out_of_date_proves_nothing(
    sandbox: Sandbox, proofs: Proofs, ca: pki.Authority, web: Web
) -> None:
    web.pages["/ca.crl"] = ca.crl(NOW - 30 * DAY)
    who = ca.issue(SENDER, extra=announcing(crl=web.url("/ca.crl")))
    found = _judge(sandbox, proofs, ca, who)
    assert found.opened.security.signature is Signature.VALID
    assert NOT_VERIFIED in _said(found)
    assert Role.CRL not in {one.role for one in found.opened.security.evidence}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/none", "127.0.0.1 a répondu 404"),
        ("/huge", "127.0.0.1 envoie plus que la taille permise"),
        ("/endless", "127.0.0.1 envoie plus que la taille permise"),
        ("/cut", "127.0.0.1 n’a pas tout envoyé"),
        ("/loop", "127.0.0.1 renvoie sans fin vers d’autres adresses"),
        ("/noise", NOT_VERIFIED),
    ],
)
def test_a_server_that_fails_never_stops_the_mail(
    sandbox: Sandbox, proofs: Proofs, ca: pki.Authority, web: Web, path: str, said: str
) -> None:
    web.pages |= {
        "/huge": b"0" * 200_000,
        "/endless": endless,
        "/cut": cut,
        "/loop": redirect("/loop"),
        "/noise": b"this is no list",
    }
    who = ca.issue(SENDER, extra=announcing(crl=web.url(path)))
    found = _judge(sandbox, proofs, ca, who)
    assert found.opened.security.signature is Signature.VALID
    assert NOT_VERIFIED in _said(found)
    assert said in _said(found)


def test_a_server_that_is_not_there(sandbox: Sandbox, proofs: Proofs, ca: pki.Authority) -> None:
    who = ca.issue(SENDER, extra=announcing(crl=f"http://127.0.0.1:{free_port()}/ca.crl"))
    found = _judge(sandbox, proofs, ca, who)
    assert found.opened.security.signature is Signature.VALID
    assert "Révocation non vérifiée : 127.0.0.1 ne répond pas." in _said(found)


def test_kept_until_its_next_update_a_failure_less(
    sandbox: Sandbox, tmp_path: Path, ca: pki.Authority, web: Web
) -> None:
    clock = TurnableClock(NOW)
    proofs = _proofs(tmp_path, clock=clock)
    web.pages["/ca.crl"] = ca.crl(NOW - DAY)
    who = ca.issue(SENDER, extra=announcing(crl=web.url("/ca.crl"), ocsp=web.url("/none")))
    for turned, asked in ((0, 2), (1, 2), (400, 3), (5 * 86400, 4), (2 * 86400, 6)):
        clock.turn(timedelta(seconds=turned))
        _judge(sandbox, proofs, ca, who)
        assert len(web.asked) == asked, turned


def test_hosts_and_private_addresses(sandbox: Sandbox, tmp_path: Path, ca: pki.Authority, web: Web) -> None:
    web.pages["/ca.crl"] = ca.crl(NOW - DAY)
    who = ca.issue(SENDER, extra=announcing(crl=web.url("/ca.crl")))
    for changed, said in (
        ({"private_addresses": False}, "127.0.0.1 est dans un réseau privé"),
        ({"hosts": ("crl.example",)}, "127.0.0.1 n’est pas dans la liste des serveurs autorisés"),
    ):
        found = _judge(sandbox, _proofs(tmp_path, FETCH.model_copy(update=changed)), ca, who)
        assert found.opened.security.signature is Signature.VALID
        assert said in _said(found)
    assert web.asked == []


def test_a_missing_authority_is_asked_of_listed_servers_only(
    sandbox: Sandbox, tmp_path: Path, ca: pki.Authority, web: Web
) -> None:
    web.pages |= {"/ca.cer": ca.intermediate.der, "/ca.crl": ca.crl(NOW - DAY)}
    who = ca.issue(SENDER, extra=announcing(issuer=web.url("/ca.cer"), crl=web.url("/ca.crl")))
    raw = mail(smime.sign(ENTITY, who.identity))
    alone = Trust((ca.root.der,))
    listed = FETCH.model_copy(update={"hosts": ("127.0.0.1",)})
    assert unseal(raw, (), alone, NOW, sandbox, _proofs(tmp_path)).opened.security.signature is (
        Signature.UNTRUSTED
    )
    assert web.asked == []
    found = unseal(raw, (), alone, NOW, sandbox, _proofs(tmp_path, listed))
    assert (found.opened.security.signature, _said(found)) == (Signature.VALID, "")
    assert web.asked == ["/ca.cer", "/ca.crl"]


def test_the_signer_does_not_choose_the_only_proof(
    sandbox: Sandbox, proofs: Proofs, ca: pki.Authority, web: Web
) -> None:
    """A stolen key may carry a list made before the theft was told: a fresher one is asked for."""
    who = ca.issue(SENDER, extra=announcing(crl=web.url("/ca.crl")))
    old = ca.crl(NOW - 2 * DAY)
    raw = mail(smime.sign(ENTITY, who.identity, chain=ca.chain, crls=[old]))
    found = unseal(raw, (), ca.trust(), NOW, sandbox, proofs)
    assert found.opened.security.revocation == (old,)
    ca.revoke(who, NOW - DAY)
    web.pages["/ca.crl"] = ca.crl(NOW - DAY / 2)
    fresh = Proofs(FETCH, TurnableClock(NOW), Path("none"), Path("none"))
    assert unseal(raw, (), ca.trust(), NOW, sandbox, fresh).opened.security.signature is Signature.REVOKED


def test_judged_again_on_the_kept_evidence(
    sandbox: Sandbox, tmp_path: Path, ca: pki.Authority, web: Web
) -> None:
    web.pages["/ca.crl"] = ca.crl(NOW - DAY)
    who = ca.issue(SENDER, extra=announcing(crl=web.url("/ca.crl")))
    raw = mail(smime.sign(ENTITY, who.identity, chain=ca.chain))
    first = unseal(raw, (), ca.trust(), NOW, sandbox, _proofs(tmp_path))
    kept = [(one.role, one.der) for one in first.opened.security.evidence]
    web.pages.clear()
    again = unseal(raw, (), with_kept(ca.trust(), kept), NOW, sandbox, _proofs(tmp_path))
    assert again.opened.security == first.opened.security
    assert web.asked == ["/ca.crl"]
    disowned = unseal(raw, (), with_kept(Trust(), kept), NOW, sandbox, _proofs(tmp_path))
    assert disowned.opened.security.signature is Signature.UNTRUSTED


def test_supplied_folders_are_read_again_when_they_change(
    sandbox: Sandbox, tmp_path: Path, ca: pki.Authority
) -> None:
    proofs = _proofs(tmp_path, Rules())
    who = ca.issue(SENDER)
    assert NOT_VERIFIED in _said(_judge(sandbox, proofs, ca, who))
    (tmp_path / "crls").mkdir()
    (tmp_path / "ocsp").mkdir()
    listed = x509.load_der_x509_crl(ca.crl(NOW - DAY))
    (tmp_path / "crls" / "ca.pem").write_bytes(listed.public_bytes(pki.PEM))
    (tmp_path / "crls" / "broken.pem").write_bytes(b"-----BEGIN X509 CRL-----\n@@")
    assert _said(_judge(sandbox, proofs, ca, who)) == ""
    (tmp_path / "crls" / "ca.pem").write_bytes(b"")
    assert NOT_VERIFIED in _said(_judge(sandbox, proofs, ca, who))
    (tmp_path / "ocsp" / "one.der").write_bytes(ca.answer(who, NOW))
    assert _said(_judge(sandbox, proofs, ca, who)) == ""
