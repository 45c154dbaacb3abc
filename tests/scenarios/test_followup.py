"""A reminder that nobody answers, in a whole house: reminded, handed over with a number, ended by an
answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway.cli.premises import Premises
from gateway.evidence.record import Kind
from gateway.outbound.follow import Followed
from gateway.outbound.standing import four
from storage import outbox
from storage.calls import Call, CallReason
from storage.deadlines import Deadline, Reminder
from storage.outbox import Following, OutboxEntry, OutboxState
from tests.builders import forms
from tests.builders.desk import CNSE, DUNES, PDF
from tests.builders.letters import Attached
from tests.worlds.house import Home, Opener
from tests.worlds.smtp_peer import SmtpPeer


def _answer(to: OutboxEntry) -> bytes:
    return (
        f"From: Admissions <{DUNES[2]}>\r\nTo: {CNSE}\r\nSubject: Re: {to.id}\r\n"
        f"Message-ID: <reponse@ch-dunes.example>\r\nIn-Reply-To: {to.message_id}\r\n"
        "Date: Mon, 08 Feb 2027 09:00:00 +0000\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        "Bien reçu, la demande part cette semaine.\r\n"
    ).encode()


def _open(home: Home) -> Premises:
    """The rooms as ``serve`` opens them, their clocks in the hands of the test."""
    return Premises(home.house)


def _letters(home: Home, letter: str) -> list[OutboxEntry]:
    return home.rows(OutboxEntry, letter=letter)


def _first_reminder(home: Home) -> datetime:
    deadlines = {d.id: d for d in home.rows(Deadline, kind="extension-request")}
    on = min(r.on for r in home.rows(Reminder) if r.deadline_id in deadlines)
    return datetime(on.year, on.month, on.day, 9, tzinfo=UTC)


def test_a_reminder_without_return_becomes_a_call_with_a_number_that_an_answer_ends(opener: Opener) -> None:
    with SmtpPeer(features=("8BITMIME",)) as peer:
        home = opener()
        changed = home.house.settings.outgoing.model_copy(update={"port": peer.port, "starttls": "never"})
        home.reopen(outgoing=changed)
        paper = Attached("301.pdf", PDF, forms.build_301(home.desk.form_301(1001, DUNES), "flat"))
        home.carry(
            home.desk.sample("301-suivie", "", DUNES[2], "Attestation", "Ci-joint.", (paper,), expect="")
        )
        rooms = _open(home)
        sweeper, dispatcher, follower = rooms._sweeper(), rooms._dispatcher(), rooms._follower()
        home.clock.set(_first_reminder(home))
        assert sweeper.once().letters == 1
        assert dispatcher.once() == 2, "the acknowledgement and the reminder"
        (reminder,) = _letters(home, "rappel-echeance")
        assert (reminder.state, reminder.following) == (OutboxState.SENT, Following.WAITING)
        assert reminder.expected_by == home.clock.now() + timedelta(days=2)

        told = []
        for _day in range(10):
            home.clock.turn(timedelta(days=1))
            told.append(follower.once())
            dispatcher.once()
        assert [f for f in told if f != Followed()] == [Followed(reminded=1), Followed(escalated=1)]
        (chase,) = _letters(home, "relance-sans-retour")
        assert chase.follows == reminder.id
        assert len(peer.messages) == 3
        (call,) = home.rows(Call)
        assert (call.reason, call.phone) == (CallReason.NO_RECEIPT, "01 99 00 12 34")
        assert call.queue.startswith("cpam-")

        home.carry_raw(_answer(chase), DUNES[2])
        (call,) = home.rows(Call)
        (reminder,) = _letters(home, "rappel-echeance")
        assert (call.done_at, call.done_by) == (home.clock.now(), None)
        assert reminder.following is Following.ANSWERED
        with home.house.database.reading() as session:
            marks = four(reminder, outbox.receipts(session, reminder.id or 0))
            told_of = home.house.recorder.events(session, [f"outbox:{reminder.message_id}"])
        assert [mark.code for mark in marks] == ["sent", None, None, "answered"]
        assert [e.kind for e in told_of] == [
            Kind.LETTER_QUEUED,
            Kind.LETTER_SENT,
            Kind.REMINDER,
            Kind.LETTER_ESCALATED,
            Kind.RECEIPT,
            Kind.LETTER_ESCALATED,
        ]
        assert home.house.recorder.verify(home.house.database).ok
