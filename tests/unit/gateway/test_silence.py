"""Who never gets an automatic answer, and who does."""

from __future__ import annotations

import pytest

from gateway.circuits.decision import MailKind
from gateway.circuits.notice import reply_address
from gateway.outbound.silence import reason_for_silence
from tests.builders.seen import MAILBOX, authorisation, circuit, decision, mail


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"kind": MailKind.DELIVERY_REPORT}, "remise"),
        ({"kind": MailKind.READ_RECEIPT}, "lecture"),
        ({"kind": MailKind.AUTO_REPLY}, "automatique"),
        ({"bulk": True}, "liste"),
        ({"envelope_from": ""}, "vide"),
        ({"envelope_from": "<>"}, "vide"),
        ({"envelope_from": "", "signature": "valid"}, "vide"),
        ({"envelope_from": MAILBOX.upper()}, "nos boîtes"),
        ({"envelope_from": "MAILER-DAEMON@chu.example"}, "automate"),
        ({"envelope_from": "no-reply@chu.example"}, "automate"),
        ({"envelope_from": "owner-liste@chu.example"}, "automate"),
        ({"envelope_from": "liste-request@chu.example"}, "automate"),
        ({"envelope_from": "sans-arobase"}, "utilisable"),
        ({"envelope_from": "a@chu.example\r\nBcc: b@chu.example"}, "utilisable"),
        ({"envelope_from": "a@chu.example, b@chu.example"}, "utilisable"),
    ],
)
def test_silence(changes: dict[str, object], word: str) -> None:
    seen = mail(authorisation(), **changes)
    recipient = reply_address(seen.sender, seen.envelope_from, seen.signature)
    assert word in (reason_for_silence(circuit(), seen, decision(seen), recipient) or "")


@pytest.mark.parametrize(
    "address", ["admissions@chu.example", "d'artagnan+x@chu.example", "é@chu.example", "a@[192.0.2.1]"]
)
def test_ordinary_people_are_answered(address: str) -> None:
    seen = mail(authorisation(), sender=address, envelope_from=address)
    reason = reason_for_silence(circuit(), seen, decision(seen), address)
    assert (reason is None) is ("[" not in address)


def test_quarantine_is_silent_but_for_the_letter_on_encryption() -> None:
    seen = mail(decryption="no-key")
    model = circuit(no_key_letter="chiffrer")
    held = decision(seen, queue="quarantaine", quarantined=True)
    assert "quarantaine" in (reason_for_silence(model, seen, held, "a@chu.example") or "")
    told = decision(seen, queue="quarantaine", quarantined=True, letter="chiffrer")
    assert reason_for_silence(model, seen, told, "a@chu.example") is None
    nothing = decision(seen, queue="quarantaine", quarantined=True, letter=None)
    assert reason_for_silence(circuit(), seen, nothing, "a@chu.example") is not None
