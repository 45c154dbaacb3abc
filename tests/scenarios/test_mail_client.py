"""Our letters in a mail reader that is not ours: mutt finds them signed, opens them, sees a change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.outbound.compose import Draft
from gateway.outbound.protect import Protection, protect
from gateway.settings import Outgoing
from tests.builders import pki
from tests.builders.seen import AT, HOSPITAL, MAILBOX, circuit
from tests.worlds import mutt
from tests.worlds.mutt import Mutt
from tests.worlds.needed import needed


@pytest.fixture(autouse=True)
def _reader() -> None:
    needed(mutt.missing())


TEXT = "Madame, Monsieur,\n\nReçu : l'attestation — « 12 € », dossier SPA-2026-00001.\n\nLe pôle médical\n"
VERIFIED = "Verification successful"


def _draft() -> Draft:
    mailbox = circuit().mailbox(MAILBOX)
    assert mailbox is not None
    return Draft(
        circuit="essai",
        letter="accuse",
        mailbox=replace(mailbox, label="Pôle « conventions »"),
        recipient=HOSPITAL,
        subject="Accusé de réception – à compléter",
        text=TEXT,
        html='<!DOCTYPE html><html lang="fr"><title>x</title><p>Page</p></html>',
        message_id="<abc@cnse.example>",
        at=AT,
        delivery="a" * 64,
    )


@pytest.mark.parametrize("kind", ["rsa", "p256"])
def test_a_signed_letter_is_verified_and_a_changed_one_is_not(tmp_path: Path, kind: str) -> None:
    authority = pki.create(AT)
    issued, reader = authority.issue(MAILBOX, kind=kind), authority.issue(HOSPITAL, kind=kind)
    client = Mutt(tmp_path, authority.root.pem, reader.pem, int(AT.timestamp()))
    made = protect(_draft(), issued.identity, authority.chain)
    assert made.protection is Protection.SIGNED
    shown = client.shows(made.raw)
    assert "l'attestation — « 12 € »" in shown
    assert "Accusé de réception – à compléter" in shown
    assert VERIFIED in shown
    changed = client.shows(made.raw.replace(b"dossier", b"dissier"))
    assert VERIFIED not in changed
    stranger = Mutt(tmp_path, pki.create(AT).root.pem, reader.pem, int(AT.timestamp()))
    assert VERIFIED not in stranger.shows(made.raw)


@pytest.mark.parametrize("kind", ["rsa", "p256"])
def test_an_encrypted_letter_opens_with_its_key_alone_and_is_signed_inside(
    tmp_path: Path, kind: str
) -> None:
    authority = pki.create(AT)
    issued, reader = authority.issue(MAILBOX, kind=kind), authority.issue(HOSPITAL, kind=kind)
    made = protect(_draft(), issued.identity, authority.chain, reader.der)
    assert made.protection is Protection.ENCRYPTED
    client = Mutt(tmp_path, authority.root.pem, reader.pem, int(AT.timestamp()))
    shown = client.shows(made.raw)
    assert "l'attestation — « 12 € »" in shown
    assert VERIFIED in shown
    other = authority.issue("autre@chu.example", kind=kind)
    closed = Mutt(tmp_path, authority.root.pem, other.pem, int(AT.timestamp())).shows(made.raw)
    assert "attestation" not in closed


def test_a_reader_of_before_2007_does_not_know_gcm_which_is_why_it_is_not_the_default(
    tmp_path: Path,
) -> None:
    """RFC 5083: mutt keeps the part closed, without a word of it; AES-CBC above opens everywhere."""
    authority = pki.create(AT)
    issued, reader = authority.issue(MAILBOX), authority.issue(HOSPITAL)
    made = protect(_draft(), issued.identity, authority.chain, reader.der, cipher="aes256-gcm")
    client = Mutt(tmp_path, authority.root.pem, reader.pem, int(AT.timestamp()))
    shown = client.shows(made.raw)
    assert "unsupported" in shown
    assert "attestation" not in shown
    assert Outgoing().encryption == "aes256-cbc"
