"""A notice becomes one letter, its bytes in the vault, whoever asks twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.circuits.model import Content
from gateway.circuits.notice import Posted, reply_address
from gateway.evidence.record import Kind
from gateway.outbound.reminders import ReminderPost
from gateway.outbound.seal import Seal
from parsers.smime.model import Identity
from storage import outbox
from storage.db import Database
from storage.vault import Vault
from tests.builders import pki, rows
from tests.builders.seen import AT, MAILBOX, NOTICE, circuit, directory


def _post(vault: Vault, identity: Identity | None = None, per_day: int = 20) -> ReminderPost:
    return ReminderPost(vault, {"essai": circuit()}, directory(), Seal(lambda _: identity), per_day)


def test_a_notice_is_one_signed_letter_however_often_it_is_posted(database: Database, vault: Vault) -> None:
    identity = pki.create(AT).issue(MAILBOX).identity
    with database.transaction() as session:
        rows.delivery(session, "a")
        posted, ((kind, _, _),) = _post(vault, identity)(session, NOTICE, AT)
        assert kind is Kind.LETTER_QUEUED
        (entry,) = rows.letters(session)
        assert posted == Posted(entry_id=entry.id)
        assert b"multipart/signed" in vault.get(entry.raw_sha256)
        assert not entry.null_return_path
        assert _post(vault, identity)(session, NOTICE, AT) == (posted, ())
        assert len(outbox.of_delivery(session, "a" * 64)) == 1


def test_past_the_ceiling_it_waits_and_a_lost_letter_says_why(database: Database, vault: Vault) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        assert _post(vault, per_day=0)(session, NOTICE, AT) == (Posted(), ())
        posted, events = _post(vault)(session, replace(NOTICE, letter="perdue"), AT)
        assert posted.reason is not None
        assert "configuration" in posted.reason
        assert events == ()
        assert rows.letters(session) == []


@pytest.mark.parametrize("content", ["personal", "medical"])
def test_what_may_not_leave_in_clear_never_does(database: Database, vault: Vault, content: Content) -> None:
    identity = pki.create(AT).issue(MAILBOX).identity
    letters = circuit().letters
    secret = replace(letters["rappel"], content=content, instead="accuse", body="Secret.\n")
    with database.transaction() as session:
        rows.delivery(session, "a")
    for instead, wanted in (("accuse", "accuse"), (None, None)):
        model = circuit(letters={**letters, "rappel": replace(secret, instead=instead)})
        post = ReminderPost(vault, {"essai": model}, directory(), Seal(lambda _: identity))
        with database.transaction() as session:
            posted, _ = post(session, replace(NOTICE, key=f"k{instead}"), AT)
            found = rows.letters(session)
            if wanted is None:
                assert posted.reason is not None
                assert "en clair" in posted.reason
            else:
                (entry,) = found
                assert entry.letter == wanted
                assert b"Secret" not in vault.get(entry.raw_sha256)
                assert "ne part pas en clair" in " ".join(entry.why)
            assert len(found) == 1


def test_the_address_of_an_answer() -> None:
    assert reply_address("a@b.example", "c@d.example", "valid") == "a@b.example"
    assert reply_address("a@b.example", "c@d.example", "untrusted") == "c@d.example"
    assert reply_address("a@b.example", "<c@d.example>", "absent") == "c@d.example"
    assert reply_address("a@b.example", "<>", "absent") is None
    assert reply_address(None, "c@d.example", "valid") == "c@d.example"
