"""Which chores the settings ask for, and where the mails of the house leave from."""

from __future__ import annotations

from pathlib import Path

from gateway.cli import upkeep
from gateway.intake.tally import Tally
from gateway.outbound.housemail import HouseMail, HousePost, sender_of
from gateway.outbound.seal import Seal
from gateway.settings import Evidence
from storage.outbox import OutboxEntry
from tests.builders.desk import CNSE, MEDICAL
from tests.worlds.house import Home

MAIL = HouseMail("alerte-registre", "k", "exploitation@caisse.example", "Registre", "Un jour.\n")


def test_only_what_is_asked_for_runs(sqlite_home: Home) -> None:
    def chores(evidence: Evidence) -> list[str]:
        sqlite_home.reopen(evidence=evidence)
        return sorted(upkeep.evidence_chores(sqlite_home.house, Tally))

    url, ca = "http://127.0.0.1:1/tsr", Path("ca.pem")
    assert chores(Evidence()) == ["ledger"]
    assert chores(Evidence(stamp_url=url)) == ["ledger"]
    assert chores(Evidence(witness="temoin@ailleurs.example", stamp_url=url, stamp_ca=ca)) == [
        "ledger",
        "stamps",
        "witness",
    ]


def test_the_mailbox_they_leave_from(sqlite_home: Home) -> None:
    circuits = sqlite_home.house.circuits.by_name
    for asked, found in ((None, CNSE), (MEDICAL.upper(), MEDICAL)):
        chosen = sender_of(circuits, asked)
        assert chosen is not None
        assert chosen[1].address == found
    assert sender_of(circuits, "inconnue@x.example") is None


def test_a_mail_is_queued_once_and_never_without_a_mailbox(sqlite_home: Home) -> None:
    house, at = sqlite_home.house, sqlite_home.clock.now()
    lost = HousePost(house.vault, house.circuits.by_name, Seal(), "inconnue@x.example")
    post = upkeep.house_post(house)
    with house.database.transaction() as session:
        assert lost(session, MAIL, at) == ()
        assert not lost.is_queued(session, MAIL)
        assert [kind for kind, _, _ in post(session, MAIL, at)] == ["letter-queued"]
        assert post.is_queued(session, MAIL)
        assert post(session, MAIL, at) == ()
    (entry,) = sqlite_home.rows(OutboxEntry)
    assert (entry.mailbox, entry.recipient, entry.null_return_path) == (CNSE, MAIL.recipient, False)
    assert b"Disposition-Notification-To" not in house.vault.get(entry.raw_sha256)
