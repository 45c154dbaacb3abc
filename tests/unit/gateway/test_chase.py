"""The reminder of letters without return: one letter whoever asks twice, the same care as any other."""

from __future__ import annotations

from dataclasses import replace

from gateway.circuits.model import Letter
from gateway.outbound.certificates import Choice
from gateway.outbound.chase import ChasePost, chasing, reminded_by
from gateway.outbound.compose import Draft, NoLetter
from gateway.outbound.seal import Seal
from storage import outbox
from storage.db import Database
from storage.outbox import OutboxEntry, OutboxState
from storage.vault import Vault
from tests.builders import pki, rows
from tests.builders.seen import AT, HOSPITAL, MAILBOX, circuit

CHASE = Letter("relance", "Relance{% if about %} : {{ about }}{% endif %}", "Sans retour.\n")
PERSONAL = replace(CHASE, content="personal")


def _rules(chase: Letter = CHASE) -> dict[str, Letter]:
    models = circuit().letters
    return {**models, "rappel": replace(models["rappel"], reminded_by="relance"), "relance": chase}


RULES = circuit(letters=_rules())


def _entry(**columns: object) -> OutboxEntry:
    return OutboxEntry.model_validate(
        {
            "message_id": "<1@cnse.example>", "circuit": "essai", "letter": "rappel", "mailbox": MAILBOX,
            "recipient": HOSPITAL, "subject": "Rappel", "raw_sha256": "0" * 64, "delivery": "a" * 64,
            "state": OutboxState.SENT, "created_at": AT, "next_attempt_at": AT, "sent_at": AT,
            "within_days": 2, **columns,
        }
    )  # fmt: skip


def _chasing(*entries: OutboxEntry, rules: dict[str, Letter] | None = None) -> Draft | NoLetter:
    made = circuit(letters=rules or _rules())
    letter = made.letters["relance"]
    return chasing(made, letter, entries, HOSPITAL, "PSR-2026-00001", AT, Choice(None, ("en clair",)))


def test_its_message_id_comes_from_the_letter_it_reminds_of() -> None:
    first, again = _chasing(_entry()), _chasing(_entry())
    other = _chasing(_entry(message_id="<2@cnse.example>"))
    assert isinstance(first, Draft)
    assert isinstance(again, Draft)
    assert isinstance(other, Draft)
    assert first.message_id == again.message_id != other.message_id
    assert (first.answers, first.why, first.expects) == (False, ("en clair",), None)
    assert "<html" in first.html


def test_several_letters_are_one_reminder_that_names_each_subject_once() -> None:
    made = _chasing(_entry(), _entry(subject="Rappel"), _entry(subject="Compte rendu"))
    assert isinstance(made, Draft)
    assert made.subject == "Relance : Rappel ; Compte rendu"


def test_what_may_not_leave_in_clear_does_not() -> None:
    assert isinstance(_chasing(_entry(), rules=_rules(PERSONAL)), NoLetter)


def test_a_mailbox_taken_out_of_the_configuration_writes_nothing() -> None:
    assert isinstance(_chasing(_entry(mailbox="ancienne@cnse.example")), NoLetter)


def test_the_model_is_the_one_the_rules_name_today() -> None:
    assert reminded_by(RULES, _entry()) == CHASE
    assert reminded_by(RULES, _entry(letter="accuse")) is None
    assert reminded_by(RULES, _entry(letter="perdue")) is None
    assert reminded_by(None, _entry()) is None


def test_it_is_signed_and_kept_once_and_tied_to_its_letter(database: Database, vault: Vault) -> None:
    identity = pki.create(AT).issue(MAILBOX).identity
    seal = Seal({MAILBOX: identity}.get)
    post = ChasePost(vault, {"essai": RULES}, seal)
    with database.transaction() as session:
        rows.delivery(session, "a")
        entry = outbox.queue(session, _entry())
        assert entry is not None
        made = post(session, [entry], AT)
        assert isinstance(made, tuple)
        assert len(made) == 1
        assert post(session, [entry], AT) == ()
        (letter,) = (e for e in rows.letters(session) if e.follows == entry.id)
        assert b"multipart/signed" in vault.get(letter.raw_sha256)
        assert letter.recipient == HOSPITAL
        assert ChasePost(vault, {"essai": RULES}, seal, per_day=0)(session, [entry], AT) is None
        assert isinstance(ChasePost(vault, {}, seal)(session, [entry], AT), NoLetter)
