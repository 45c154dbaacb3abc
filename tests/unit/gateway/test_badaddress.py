"""Which refusals flag an address, and what clears it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.circuits.directory import Correspondent, Directory, Establishment
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from gateway.outbound.badaddress import about_address, flag_failed, settle, to_ask, unflag_reached
from storage import addresses, outbox
from storage.db import Database, Session
from storage.outbox import OutboxEntry
from tests.builders import mails_forms, mails_others, rows
from tests.builders.seen import AT, MAILBOX, directory
from tests.worlds.house import Home

TO = "Admissions@CHU.example"


def _entry(session: Session) -> OutboxEntry:
    rows.delivery(session, "a")
    made = outbox.queue(
        session,
        OutboxEntry(
            message_id="<1@cnse.example>",
            circuit="essai",
            letter="accuse",
            mailbox=MAILBOX,
            recipient=TO,
            subject="Accusé",
            raw_sha256="0" * 64,
            delivery="a" * 64,
            attempts=1,
            created_at=AT,
            next_attempt_at=AT,
        ),
    )
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("status", "reply"),
    [
        ("5.1.1", ""),
        ("5.1.10", "recipient has a null MX"),
        ("5.2.1", "mailbox disabled"),
        ("", "550 5.1.1 <a@b.example>: Recipient address rejected"),
        ("", "550 No such user here"),
        ("5.0.0", "user unknown"),
        ("5.4.4", "unable to route"),
        ("", "550 Utilisateur inconnu"),
    ],
)
def test_bad_address(status: str, reply: str) -> None:
    assert about_address(status, reply)


@pytest.mark.parametrize(
    ("status", "reply"),
    [
        ("5.2.2", "mailbox full: user unknown to care"),
        ("5.7.1", "550 5.7.1 recipient unknown to policy"),
        ("5.1.8", "sender's domain does not exist"),
        ("5.3.4", "too large"),
        ("", "554 blocked"),
        ("", "552 5.2.3 10.5.1.1 refuses: too large"),
        ("", ""),
    ],
)
def test_another_fault(status: str, reply: str) -> None:
    assert not about_address(status, reply)


def test_flagged_then_reached(database: Database) -> None:
    with database.transaction() as session:
        entry = _entry(session)
        ((kind, subject, fields),) = flag_failed(session, entry, AT, "5.1.1", "550 user  unknown")
        assert (kind, subject) == (Kind.ADDRESS, "outbox:<1@cnse.example>")
        assert fields == {"action": "flagged", "address": TO, "reason": "5.1.1 550 user unknown"}
        assert addresses.flagged(session, [TO])[TO.lower()].letter == "<1@cnse.example>"
        ((_, _, told),) = unflag_reached(session, entry, AT)
        assert told["action"] == "reached"
        assert addresses.flagged(session, [TO]) == {}
        assert unflag_reached(session, entry, AT) == ()


def test_another_fault_flags_nothing(database: Database) -> None:
    with database.transaction() as session:
        assert flag_failed(session, _entry(session), AT, "5.7.1", "550 policy") == ()
        assert addresses.listed(session, 10) == []


def _flag(session: Session, *failed: str) -> None:
    for address in failed:
        addresses.flag(session, address, AT, "5.1.1", "<1@cnse.example>")


def _directory(*domains: str) -> Directory:
    house = Establishment("750100042", "CHU", None, None, domains)
    return replace(directory(), establishments={house.finess: house}, correspondents=())


def test_a_letter_names_the_failed_addresses_of_its_establishment_only(database: Database) -> None:
    with database.transaction() as session:
        _flag(
            session, "ri@chu.example", "facturation@chu-paris.example", "x@autre.example", "a_b@chuxexample"
        )
        house = _directory("chu.example", "chu-paris.example")
        assert to_ask(session, house, "admissions@chu.example") == [
            "facturation@chu-paris.example",
            "ri@chu.example",
        ]
        assert to_ask(session, house, "ri@chu.example") != []
        assert to_ask(session, house, "x@ailleurs.example") == []


def test_two_strangers_of_one_provider_are_never_told_of_each_other(database: Database) -> None:
    with database.transaction() as session:
        _flag(session, "un@fournisseur.example")
        assert to_ask(session, _directory("chu.example"), "deux@fournisseur.example") == []
        assert to_ask(session, _directory("chu.example"), "un@fournisseur.example") == [
            "un@fournisseur.example"
        ]
        whole = replace(
            _directory(), correspondents=(Correspondent("@fournisseur.example", "hospital", "H", None),)
        )
        assert to_ask(session, whole, "deux@fournisseur.example") == ["un@fournisseur.example"]


def test_a_person_replaces_then_clears(database: Database) -> None:
    with database.transaction() as session:
        _flag(session, TO)
        kind, subject, fields = settle(session, TO, "adam", AT, " ri@chu.example ")
        assert (kind, subject) == (Kind.ADDRESS, "outbox:<1@cnse.example>")
        assert (fields["action"], fields["replaced_by"]) == ("replaced", "ri@chu.example")
        assert addresses.target(session, TO) == "ri@chu.example"
        assert addresses.flagged(session, [TO]) == {}, "nobody is asked for what a person gave"
        assert [row.address for row in addresses.listed(session, 5)] == [TO.lower()]
        assert settle(session, TO, "eve", AT)[2]["action"] == "cleared"
        assert addresses.target(session, TO) == TO
        assert addresses.listed(session, 5) == []
        row = addresses.get(session, TO)
        assert row is not None
        assert row.decided_by == "eve"


@pytest.mark.parametrize("wrong", ["", "pas une adresse", "a@b", "<x@y.example>", TO])
def test_what_is_no_other_address_changes_nothing(sqlite_database: Database, wrong: str) -> None:
    with sqlite_database.transaction() as session:
        _flag(session, TO)
        with pytest.raises(Refused, match="rien n’a changé"):
            settle(session, TO, "adam", AT, wrong)
        assert addresses.target(session, TO) == TO
        with pytest.raises(NotFound):
            settle(session, "inconnu@chu.example", "adam", AT)


def test_the_next_letters_ask_for_another_address_then_go_to_it(sqlite_home: Home) -> None:
    home = sqlite_home
    bad = "ri@ch-dunes.example"
    with home.house.database.transaction() as session:
        _flag(session, bad)
    home.carry(mails_others.question(home.desk))
    (first,) = home.rows(OutboxEntry)
    home.carry(mails_forms.unsigned_box(home.desk))
    letters = {entry.recipient: entry for entry in home.rows(OutboxEntry)}
    told = {
        to: b"Adresse =C3=A0 corriger" in home.house.vault.get(e.raw_sha256) for to, e in letters.items()
    }
    assert {to for to, asked in told.items() if asked} == {
        to for to in letters if to.endswith("@ch-dunes.example")
    }
    assert any(told.values())
    with home.house.database.transaction() as session:
        _flag(session, first.recipient)
        settle(session, first.recipient, "adam", AT, "nouvelle@ch-dunes.example")
    again = mails_others.question(home.desk).raw.replace(b"Message-ID: <", b"Message-ID: <2")
    home.carry_raw(again, first.recipient)
    assert home.rows(OutboxEntry)[-1].recipient == "nouvelle@ch-dunes.example"
