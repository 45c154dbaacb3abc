"""What signs and encrypts every letter of a house: by the mailbox it leaves from, as the settings say."""

from __future__ import annotations

import ast
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path

import pytest
from asn1crypto.cms import ContentInfo

from gateway.flow import FLOW
from gateway.outbound.certificates import Choice
from gateway.outbound.compose import Draft
from gateway.outbound.protect import Protection
from gateway.outbound.seal import Seal
from gateway.steps import Carried
from storage.outbox import OutboxEntry
from tests.builders import mails_others, pki
from tests.builders.desk import CNSE, MEDICAL
from tests.builders.seen import AT, HOSPITAL, MAILBOX, circuit
from tests.worlds.house import Home

GATEWAY = Path(__file__).resolve().parents[3] / "gateway"
OTHER = "autre@cnse.example"
ACKNOWLEDGE = next(step for step in FLOW if step.name == "acknowledge")


def _draft(mailbox: str = MAILBOX) -> Draft:
    return Draft(
        circuit="essai",
        letter="accuse",
        mailbox=replace(circuit().mailboxes[0], address=mailbox),
        recipient=HOSPITAL,
        subject="Reçu",
        text="Reçu.\n",
        message_id="<abc@cnse.example>",
        at=AT,
        answers=False,
    )


def _carried(raw: bytes) -> list[bytes]:
    """The certificates (DER) that a signed letter carries."""
    parts = [p for p in message_from_bytes(raw).walk() if p.get_content_type().endswith("pkcs7-signature")]
    (part,) = parts
    signed = ContentInfo.load(part.get_payload(decode=True))["content"]
    return [one.chosen.dump() for one in signed["certificates"]]


def test_a_letter_is_signed_by_the_mailbox_it_leaves_from() -> None:
    authority = pki.create(AT)
    issued = {address: authority.issue(address) for address in (MAILBOX, OTHER)}
    seal = Seal({address: one.identity for address, one in issued.items()}.get, authority.chain)
    for address, one in issued.items():
        made = seal(_draft(address))
        assert made.protection is Protection.SIGNED
        assert sorted(_carried(made.raw)) == sorted([one.der, *authority.chain])
    assert seal(_draft("sans-cle@cnse.example")).protection is Protection.CLEAR


def test_it_encrypts_when_a_certificate_was_chosen_and_asks_for_a_receipt_unless_told() -> None:
    reader = pki.create(AT).issue(HOSPITAL, kind="rsa")
    for choice in (None, Choice(None, ("Non chiffrée.",))):
        assert Seal()(_draft(), choice).protection is Protection.CLEAR
    sealed = Seal(cipher="aes256-gcm", transport="pkcs1v15")(_draft(), Choice(reader.der, ()))
    assert sealed.protection is Protection.ENCRYPTED
    content = ContentInfo.load(message_from_bytes(sealed.raw).get_payload(decode=True))["content"]
    (recipient,) = content["recipient_infos"]
    assert recipient.chosen["key_encryption_algorithm"]["algorithm"].native == "rsaes_pkcs1v15"
    assert b"Disposition-Notification-To" in Seal()(_draft()).raw
    assert b"Disposition-Notification-To" not in Seal()(_draft(), receipt=False).raw


def test_a_house_seals_as_its_settings_say(sqlite_home: Home) -> None:
    home = sqlite_home
    asked = home.house.settings.outgoing
    changed = asked.model_copy(update={"encryption": "aes256-gcm", "key_transport": "pkcs1v15"})
    home.reopen(outgoing=changed)
    seal = home.house.seal()
    assert (seal.cipher, seal.transport) == ("aes256-gcm", "pkcs1v15")
    assert seal.chain == (home.desk.keys.authority.intermediate.der,)
    for mailbox in (CNSE, MEDICAL):
        identity = seal.identity_of(mailbox)
        assert identity is not None
        assert identity.certificate == home.desk.keys.of(mailbox).der


@pytest.mark.parametrize("written", [CNSE, CNSE.upper(), CNSE.replace("s", "ſ")])
def test_an_acknowledgement_is_signed_however_its_mailbox_was_written(
    sqlite_home: Home, written: str
) -> None:
    """The rules compare addresses without case; keys lie under the address of the rules."""
    home = sqlite_home
    sha256 = home.send(mails_others.question(home.desk)).sha256
    home.carry_until(sha256, ACKNOWLEDGE.before)
    delivery = home.delivery(sha256)
    delivery.mailbox = written
    made = ACKNOWLEDGE.run(home.house, delivery, Carried())
    with home.house.database.transaction() as session:
        made.write(session)
    (letter,) = home.rows(OutboxEntry)
    assert (letter.mailbox, letter.protection) == (CNSE, "signed")
    assert home.desk.keys.of(CNSE).der in _carried(home.house.vault.get(letter.raw_sha256))


@pytest.mark.parametrize(
    ("word", "only"), [("protect", "outbound/seal.py"), ("signing_identity", "house.py")]
)
def test_letters_are_signed_and_encrypted_in_one_place(word: str, only: str) -> None:
    """Whatever writes a letter asks the seal of its house."""
    users = {
        path.relative_to(GATEWAY).as_posix()
        for path in GATEWAY.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and word in {alias.name for alias in node.names}
    }
    assert users == {only}
