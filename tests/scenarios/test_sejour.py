"""A residence document nobody knows: a caisse escalates it, the ministry answers, the caisse is told.

The whole journey of the second circuit on the real engine, by the rules of its folder alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count

import pytest
from httpx import Client

from gateway.cli.premises import Premises
from gateway.evidence.record import Kind
from storage.cases import Case, Item, ItemState
from storage.deadlines import Deadline, DeadlineState
from storage.deliveries import DeliveryState
from storage.outbox import OutboxEntry, OutboxState
from tests.builders import mails_sejour as mails
from tests.builders import rows
from tests.worlds import contest
from tests.worlds.house import Home, Opener
from tests.worlds.programs import bearer, post, tag_of
from tests.worlds.smtp_peer import SmtpPeer
from tests.worlds.visiting import come_in, employ

_keys = count(1)
QUESTION = "Une carte « retour temporaire », valable un an, n'est visée ni par l'arrêté ni par la lettre."


class Bureau:
    """Somebody of the Cnam at work, and the clocks of the house in the hands of the test."""

    def __init__(self, home: Home, client: Client) -> None:
        self.home, self.client = home, client
        rooms = Premises(home.house)
        self.dispatcher, self.sweeper = rooms._dispatcher(), rooms._sweeper()

    def acts(self, item: Item, verb: str, **body: object) -> None:
        path = f"/items/{item.id}"
        done = post(
            self.client, f"{path}/{verb}", f"cle-{next(_keys):08}", tag_of(self.client, path), **body
        )
        assert done.status_code in {200, 201}, done.text

    def writes(self, item: Item, letter: str, to: str, text: str) -> OutboxEntry:
        """A letter by hand about ``item``, taken by the next mail server."""
        reference = self.home.rows(Case)[0].reference
        self.acts(item, "answer", letter=letter, to=to, subject=f"Dossier {reference}", text=text)
        self.dispatcher.once()
        self.home.clock.turn(timedelta(minutes=5))
        self.sweeper.once()
        (entry,) = self.home.rows(OutboxEntry, letter=letter)
        assert (entry.state, entry.recipient) == (OutboxState.SENT, to)
        return entry

    def due(self, kind: str) -> Deadline:
        (found,) = self.home.rows(Deadline, kind=kind)
        return found

    def item(self, delivery: str) -> Item:
        (found,) = self.home.rows(Item, delivery=delivery)
        return found


@contextmanager
def _bureau(home: Home) -> Iterator[Bureau]:
    with contest.opened(home) as address, Client(base_url=address, timeout=60) as client:
        employ(home, "cnam", "cnam-sejour")
        yield Bureau(home, bearer(home.house.database, client, "cnam", home.clock.now()))


@pytest.fixture
def peer() -> Iterator[SmtpPeer]:
    with SmtpPeer() as found:
        yield found


@pytest.fixture
def home(opener: Opener, peer: SmtpPeer) -> Home:
    made = opener(extra_circuits=(mails.FOLDER,))
    outgoing = made.house.settings.outgoing.model_copy(update={"port": peer.port, "starttls": "never"})
    made.reopen(outgoing=outgoing)
    return made


def test_the_folder_holds_no_program() -> None:
    assert {f.suffix for f in mails.FOLDER.rglob("*") if f.is_file()} == {".toml", ".txt"}


def test_from_the_escalation_of_a_caisse_to_the_answer_it_gets(home: Home) -> None:
    delivery = home.carry(mails.new_type(home.desk))
    assert (delivery.state, delivery.circuit) == (DeliveryState.SCHEDULED, mails.CIRCUIT)
    (case,) = home.rows(Case)
    assert (case.reference, case.caisse, case.circuit) == ("SEJ-2026-00001", "131", mails.CIRCUIT)
    (acknowledged,) = home.rows(OutboxEntry)
    assert (acknowledged.letter, acknowledged.recipient) == ("accuse-remontee", mails.MARSEILLE)
    with _bureau(home) as bureau:
        first = bureau.item(delivery.sha256)
        assert (first.queue, first.kind) == (mails.FIRST, "document-non-liste")
        assert any("Nouveau type" in reason for reason in first.reasons)
        bureau.acts(first, "take")
        escalated = bureau.writes(first, "saisine-dss", mails.DSS, QUESTION)
        assert QUESTION in rows.readable(home.house.vault.get(escalated.raw_sha256))
        assert bureau.due("first-treatment").state is DeadlineState.MET
        assert bureau.due("dss-answer").state is DeadlineState.OPEN
        bureau.writes(first, "attente-dss", mails.MARSEILLE, "La présomption de régularité s'applique.")
        bureau.acts(first, "reroute", door=mails.WAITING)
        assert bureau.item(delivery.sha256).queue == mails.WAITING

        home.clock.turn(timedelta(days=12))
        answer = home.carry(mails.answer_of_dss(home.desk, case.reference))
        second = bureau.item(answer.sha256)
        assert (second.queue, second.kind, second.case_id) == (mails.WAITING, "reponse-dss", case.id)
        bureau.sweeper.once()
        assert bureau.due("dss-answer").state is DeadlineState.MET
        bureau.acts(second, "take")
        told = bureau.writes(
            second, "transmission-reponse-dss", mails.MARSEILLE, "La DSS répond : recevable."
        )
        assert told.case_id == case.id
        assert bureau.due("answer-to-caisse").state is DeadlineState.MET
        for item in (bureau.item(delivery.sha256), second):
            if bureau.item(item.delivery).state is ItemState.NEW:
                bureau.acts(item, "take")
            bureau.acts(item, "close")
    assert {item.state for item in home.rows(Item)} == {ItemState.DONE}
    assert [c.reference for c in home.rows(Case)] == [case.reference]
    with home.house.database.reading() as session:
        kinds = [e.kind for e in home.house.recorder.events(session, [f"case:{case.reference}"])]
    assert kinds[:2] == [Kind.CASE_OPENED, Kind.CASE_JOINED]


def test_an_answer_of_the_ministry_that_somebody_else_sends_is_looked_at_first(home: Home) -> None:
    home.carry(mails.new_type(home.desk))
    false = home.carry(mails.answer_of_dss(home.desk, sender=mails.FLANDRES))
    (item,) = home.rows(Item, delivery=false.sha256)
    assert item.queue == mails.SORTING
    assert any("n'est pas attendu de cet expéditeur" in reason for reason in item.reasons)


def test_a_correspondent_of_the_other_circuit_waits_in_quarantine(home: Home) -> None:
    stranger = home.carry(mails.hospital(home.desk))
    (item,) = home.rows(Item, delivery=stranger.sha256)
    assert (item.queue, item.case_id) == (mails.QUARANTINE, None)
    assert home.rows(OutboxEntry, delivery=stranger.sha256) == []


def test_the_rule_of_the_letter_is_quoted_to_the_caisse(home: Home) -> None:
    delivery = home.carry(mails.working_holiday(home.desk))
    with _bureau(home) as bureau:
        item = bureau.item(delivery.sha256)
        with Client(base_url=bureau.client.base_url, timeout=60) as client:
            page = come_in(client, "cnam").get(
                f"/elements/{item.id}/lettre", params={"modele": "reponse-caisse"}
            )
    assert "La lettre écarte l&#39;affiliation pendant le séjour" in page.text
    assert "annexe 1, §2 et annexe 1.c ; depuis le 15/01/2019 ; statut : confirmé." in page.text
