"""Due dates on a turnable clock: three years of one case, three places, feasts, outages, silence."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway.circuits.model import Circuit
from gateway.clock import TurnableClock
from gateway.deadlines.calendar import Calendars, load_calendars
from gateway.deadlines.replay import replay
from gateway.evidence.record import Kind, Recorder
from storage import cases, deadlines
from storage.cases import PeriodStatus
from storage.db import Database
from storage.deadlines import DeadlineState
from storage.proposals import ProposalState
from storage.vault import Vault
from tests.builders.seen import HOSPITAL, MAILBOX, authorisation, document
from tests.worlds.desk_case import (
    answer,
    dues,
    each_letter_once,
    identity,
    kinds_of,
    noon,
    proposed,
    report,
    request,
    say,
    sent,
    settle,
)
from tests.worlds.desk_day import DeskDay
from tests.worlds.shipped_desk import CNAS, CONFIG, PARIS, PHONES, open_desk, shipped_rules

MOSELLE = ("571", "570000018")
GUADELOUPE = ("971", "970100000")


@pytest.fixture(scope="module")
def shipped() -> Circuit:
    return shipped_rules()


@pytest.fixture
def desk(
    sqlite_database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock, shipped: Circuit
) -> DeskDay:
    return open_desk(sqlite_database, vault, recorder, clock, shipped)


@pytest.fixture
def each_desk(
    database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock, shipped: Circuit
) -> DeskDay:
    """On each database in turn, for what writes most."""
    return open_desk(database, vault, recorder, clock, shipped)


@pytest.mark.parametrize(
    ("place", "ends", "expected"),
    [
        # 26/02/2027 is a Friday. 30 days: Wednesday 27/01; 15: Thursday 11/02; 7: Friday 19/02, not worked
        # in Algeria, hence Thursday 18; 3: Tuesday 23/02.
        (PARIS, "2027-02-26", ["2027-01-27", "2027-02-11", "2027-02-18", "2027-02-23"]),
        # End 29/03/2027, Easter Monday. 30: Saturday 27/02, hence Thursday 25; 15: Sunday 14/03 (France),
        # hence back over Saturday 13, Friday 12 (Algeria) and Aïd el-Fitr 11, 10, 9: Monday 8;
        # 7: Monday 22; 3: Friday 26, Good Friday in Moselle, Friday in Algeria all the same: Thursday 25.
        (MOSELLE, "2027-03-29", ["2027-02-25", "2027-03-08", "2027-03-22", "2027-03-25"]),
        # End 30/05/2027. 30: Friday 30/04, hence Thursday 29; 15: Saturday 15/05, Friday 14: Thursday 13;
        # 7: Sunday 23, Saturday, Friday: Thursday 20; 3: Thursday 27, abolition of slavery in
        # Guadeloupe, hence Wednesday 26.
        (GUADELOUPE, "2027-05-30", ["2027-04-29", "2027-05-13", "2027-05-20", "2027-05-26"]),
        # The same end in Paris: Thursday 27 is worked.
        (PARIS, "2027-05-30", ["2027-04-29", "2027-05-13", "2027-05-20", "2027-05-27"]),
        # End 29/02/2028. 30: Sunday 30/01, hence Thursday 27; 15: Monday 14/02; 7: Tuesday 22;
        # 3: Saturday 26, Friday 25: Thursday 24.
        (PARIS, "2028-02-29", ["2028-01-27", "2028-02-14", "2028-02-22", "2028-02-24"]),
        # End 20/05/2027, after Aïd el-Adha (16, 17, 18). 30: Tuesday 20/04; 15: Wednesday 05/05;
        # 7: Thursday 13/05; 3: Monday 17 and Sunday 16 are the Aïd, then Saturday and Friday: Thursday 13,
        # in the same letter.
        (PARIS, "2027-05-20", ["2027-04-20", "2027-05-05", "2027-05-13"]),
    ],
    ids=["paris", "moselle-easter", "guadeloupe-27-may", "paris-27-may", "29-february", "aid-el-adha"],
)
def test_each_reminder_leaves_once_on_its_worked_day(
    desk: DeskDay, place: tuple[str, str], ends: str, expected: list[str]
) -> None:
    desk.place = place
    desk.receive("a", authorisation(end_date=ends))
    last = date.fromisoformat(ends)
    told = sent(desk, last - timedelta(days=35), last)
    assert [(d.isoformat(), letter, to) for d, letter, to in told] == [
        (day, "rappel-echeance", HOSPITAL) for day in expected
    ]
    shown = f"{last.day} {('janvier', 'février', 'mars', 'avril', 'mai')[last.month - 1]} {last.year}"
    for entry in desk.letters():
        text = desk.text(entry)
        assert f"Fin de prise en charge le {shown}" in text
        assert "cnas_convention.pro19@cnas.dz" in text
        assert "protocole.algerien@assurance-maladie.fr" in text
    assert [d.state for d in dues(desk, "coverage-end")] == [DeadlineState.OPEN]
    desk.clock.set(noon(last + timedelta(days=1)))
    assert desk.sweep().lapsed == 2
    assert [d.state for d in dues(desk, "coverage-end")] == [DeadlineState.LAPSED]


def test_two_weeks_of_outage_give_one_letter_that_says_what_was_missed(desk: DeskDay) -> None:
    desk.receive("a", authorisation())
    assert len(sent(desk, date(2027, 1, 26), date(2027, 1, 28))) == 1
    told = sent(desk, date(2027, 2, 19), date(2027, 2, 22))  # nothing ran from 29/01 to 18/02
    assert [(d, letter) for d, letter, _ in told] == [(date(2027, 2, 19), "rappel-echeance")]
    text = desk.text(desk.letters()[-1])
    assert "rappel prévu le 11/02/2027" in text
    assert "rappel prévu le 18/02/2027" in text
    assert "27/01/2027" not in text


def test_an_outage_over_the_end_says_so_in_one_letter_then_lapses(desk: DeskDay) -> None:
    desk.receive("a", authorisation())
    desk.clock.set(noon(date(2027, 3, 10)))
    swept = desk.sweep()
    assert (swept.letters, swept.lapsed) == (1, 2)
    (letter,) = desk.letters()
    assert "l'échéance du 26/02/2027 est dépassée" in desk.text(letter)
    assert desk.sweep().letters == 0


def test_a_whole_case_from_301_to_the_end_of_the_three_years(desk: DeskDay) -> None:
    """A 301, an express prolongation, discharge, report, payment, contestation, three years."""
    desk.receive("a", authorisation())
    told = sent(desk, date(2027, 1, 26), date(2027, 1, 28))
    assert [letter for _, letter, _ in told] == ["rappel-echeance"]
    desk.receive("b", request(), to=(CNAS, MAILBOX))
    assert sent(desk, date(2027, 1, 29), date(2027, 2, 12)) == []
    (waited,) = dues(desk, "cnas-answer")
    # Thursday 28/01/2027 + 15 days worked in Algeria (Sunday to Thursday): 31, 1-4, 7-11, 14-18
    assert (waited.due, waited.state) == (date(2027, 2, 18), DeadlineState.OPEN)
    desk.receive("c", answer("accord"), sender=CNAS, to=(HOSPITAL, MAILBOX))
    assert [d.state for d in dues(desk, "cnas-answer")] == [DeadlineState.MET]
    assert [(d.due, d.state) for d in dues(desk, "coverage-end")] == [
        (date(2027, 2, 26), DeadlineState.CANCELLED),
        (date(2027, 5, 31), DeadlineState.OPEN),
    ]
    (to_cpam,) = dues(desk, "answer-to-cpam")
    # Friday 12/02 + 5 days worked in France: 15, 16, 17, 18, 19
    assert (to_cpam.due, to_cpam.state) == (date(2027, 2, 19), DeadlineState.OPEN)
    desk.clock.set(noon(date(2027, 2, 15)))
    desk.receive("d", answer("accord"))
    assert [d.state for d in dues(desk, "answer-to-cpam")] == [DeadlineState.MET]
    told = sent(desk, date(2027, 4, 28), date(2027, 6, 1))
    assert [d for d, letter, _ in told if letter == "rappel-echeance"] == [
        # 31/05/2027, a Monday: 30 Saturday 01/05, hence Thursday 29/04; 15 Sunday 16/05 (Aïd, Sunday), 15,
        # 14: Thursday 13; 7 Monday 24; 3 Friday 28, hence Thursday 27
        date(2027, 4, 29),
        date(2027, 5, 13),
        date(2027, 5, 24),
        date(2027, 5, 27),
    ]
    desk.clock.set(noon(date(2027, 6, 2)))
    assert say(desk, "care-ended", date(2027, 5, 20)) > 1
    assert [(d.due, d.state) for d in dues(desk, "medical-report")] == [
        (date(2027, 3, 28), DeadlineState.CANCELLED),
        (date(2027, 6, 30), DeadlineState.CANCELLED),
        (date(2027, 6, 19), DeadlineState.OPEN),
    ]
    desk.receive("e", report())
    assert dues(desk, "medical-report")[-1].state is DeadlineState.MET
    assert len(dues(desk, "report-to-cnas")) == 1
    desk.clock.set(noon(date(2027, 9, 1)))
    assert say(desk, "payment", date(2027, 8, 31)) == 1
    assert say(desk, "payment", date(2027, 8, 31)) == 0
    assert desk.sweep().started == 1
    assert [d.due for d in dues(desk, "indu-prescription")] == [date(2030, 8, 31)]
    desk.clock.set(noon(date(2028, 2, 29)))
    desk.receive("f", document(0, "contestation", identity()))
    assert [d.due for d in dues(desk, "contestation-answer")] == [date(2028, 8, 29)]
    assert say(desk, "indu-notified", date(2028, 2, 29)) > 1
    assert [(d.due, d.state) for d in dues(desk, "indu-prescription")] == [
        (date(2030, 8, 31), DeadlineState.CANCELLED),
        (date(2031, 2, 28), DeadlineState.OPEN),
    ]
    assert "le mois n'a pas de 29 : dernier jour du mois" in dues(desk, "indu-prescription")[-1].explanation
    sent(desk, date(2028, 3, 1), date(2031, 3, 15), step=90)
    desk.clock.set(noon(date(2031, 3, 15)))
    desk.sweep()
    assert dues(desk, "indu-prescription")[-1].state is DeadlineState.LAPSED
    each_letter_once(desk)


def test_what_was_known_on_any_past_day_is_replayed(desk: DeskDay) -> None:
    desk.clock.set(noon(date(2027, 1, 4)))
    desk.receive("a", authorisation())
    sent(desk, date(2027, 1, 26), date(2027, 1, 28))
    desk.receive("b", request())

    def known(day: date) -> dict[str, tuple[date, DeadlineState, list[int]]]:
        with desk.database.reading() as session:
            return {
                k.kind: (k.due, k.state, [r.days_before for r in k.reminders if r.outbox_id])
                for k in replay(session, 1, noon(day))
            }

    assert known(date(2027, 1, 3)) == {}
    end = date(2027, 2, 26)
    assert known(date(2027, 1, 26))["extension-request"] == (end, DeadlineState.OPEN, [])
    assert known(date(2027, 1, 27))["extension-request"] == (end, DeadlineState.OPEN, [30])
    assert "cnas-answer" not in known(date(2027, 1, 27))
    assert known(date(2027, 1, 28))["extension-request"] == (end, DeadlineState.MET, [30])
    assert known(date(2027, 1, 28))["cnas-answer"][1] is DeadlineState.OPEN


def corrected(tmp_path: Path) -> Calendars:
    """Aïd el-Fitr 2027 seen a day later than estimated: 10, 11 and 12 March instead of 9, 10 and 11."""
    folder = tmp_path / "calendars"
    folder.mkdir()
    for file in ("fr.toml", "dz.toml"):
        (folder / file).write_text((CONFIG / "calendars" / file).read_text("utf-8"), "utf-8")
    with (folder / "dz.toml").open("a", encoding="utf-8") as calendar:
        calendar.write(
            '[[removed]]\ndate = 2027-03-09\nsource = "nuit du doute"\n'
            '[[added]]\ndate = 2027-03-14\nname = "Aïd el-Fitr, jour de repos"\nsource = "nuit du doute"\n'
        )
    return load_calendars(folder)


def test_a_corrected_feast_moves_the_dates_and_reminds_nobody_twice(
    each_desk: DeskDay, tmp_path: Path
) -> None:
    desk = each_desk
    desk.receive("a", authorisation(end_date="2027-06-30"))
    desk.clock.set(noon(date(2027, 2, 21)))
    desk.receive("b", request("2027-07-01", "2027-09-30"))
    (before,) = dues(desk, "cnas-answer")
    # Sunday 21/02 + 15: 22-25, 28, 1-4, 7, 8, then the Aïd 9-11 and the weekend 12-13, 14, 15, 16, 17
    assert before.due == date(2027, 3, 17)
    desk.sweep()
    # reminder 3 days before: Sunday 14/03
    assert len(sent(desk, date(2027, 3, 13), date(2027, 3, 14))) == 1
    desk.calendars = corrected(tmp_path)
    # 9 counts, 14 no longer: same day; the two changes cancel out and nothing is written
    assert desk.sweep().moved == 0
    assert desk.sweep().moved == 0
    desk.calendars = load_calendars(CONFIG / "calendars")
    desk.sweep()
    with (tmp_path / "calendars" / "dz.toml").open("a", encoding="utf-8") as calendar:
        calendar.write('[[added]]\ndate = 2027-03-15\nname = "Pont"\nsource = "note"\n')
    desk.calendars = load_calendars(tmp_path / "calendars")
    assert desk.sweep().moved == 1
    (after,) = dues(desk, "cnas-answer")
    assert after.due == date(2027, 3, 18)
    assert any("15/03/2027 non compté : Pont, Algérie" in line for line in after.explanation)
    assert desk.sweep().moved == 0
    letters = len(desk.letters())
    assert sent(desk, date(2027, 3, 15), date(2027, 3, 18)) == []
    assert len(desk.letters()) == letters
    with desk.database.reading() as session:
        told = [v.why for v in deadlines.versions(session, after.id or 0)]
        (moved,) = [
            e
            for e in desk.recorder.events(session, [f"delivery:{'b' * 64}"])
            if e.kind == Kind.DEADLINE_MOVED
        ]
    assert told[0] == "échéance posée"
    assert told[1].startswith("calendrier corrigé : ")
    assert moved.fields is not None
    assert (moved.fields["old"], moved.fields["due"]) == ("2027-03-17", "2027-03-18")


def test_silence_is_proposed_with_its_proof_and_extends_nothing_by_itself(desk: DeskDay) -> None:
    desk.receive("a", authorisation())
    desk.clock.set(noon(date(2027, 1, 28)))
    desk.receive("b", request(), to=(CNAS, MAILBOX))
    sent(desk, date(2027, 2, 15), date(2027, 2, 18))
    assert proposed(desk) == []
    desk.clock.set(noon(date(2027, 2, 19)))
    swept = desk.sweep()
    assert (swept.missed, swept.proposed, swept.escalated) == (1, 1, 1)
    assert desk.sweep().proposed == 0
    (proposal,) = proposed(desk)
    bundle = proposal.bundle
    assert (proposal.state, proposal.queue) == (ProposalState.PROPOSED, "cnse-administratif")
    assert (bundle["starts"], bundle["ends"]) == ("2027-02-27", "2027-05-31")
    assert bundle["sent_to_institution"] == [CNAS]
    assert bundle["message"] == "b" * 64
    assert bundle["received_at"].startswith("2027-01-28T11:00")
    assert any("15 jours ouvrés (Algérie)" in line for line in bundle["computation"])
    with desk.database.reading() as session:
        statuses = [p.status for p in cases.periods(session, 1)]
        item = next(i for i in cases.items_of(session, "b" * 64) if i.queue == "cnse-administratif")
    assert statuses == [PeriodStatus.GRANTED, PeriodStatus.REQUESTED]
    assert any("à appeler" in reason and PHONES["@cnas.dz"] in reason for reason in item.reasons)


def test_a_late_express_refusal_supersedes_a_confirmed_tacit_acceptance(each_desk: DeskDay) -> None:
    desk = each_desk
    desk.receive("a", authorisation())
    desk.clock.set(noon(date(2027, 1, 28)))
    desk.receive("b", request(), to=(CNAS, MAILBOX))
    desk.clock.set(noon(date(2027, 2, 19)))
    desk.sweep()
    settle(desk, accept=True)
    with desk.database.reading() as session:
        last = cases.periods(session, 1)[-1]
    assert (last.status, last.ends) == (PeriodStatus.TACIT, date(2027, 5, 31))
    assert desk.sweep().started == 3  # end of cover, prolongation to ask, report
    assert [(d.due, d.state) for d in dues(desk, "coverage-end")] == [
        (date(2027, 2, 26), DeadlineState.CANCELLED),
        (date(2027, 5, 31), DeadlineState.OPEN),
    ]
    desk.clock.set(noon(date(2027, 3, 3)))
    desk.receive("c", answer("refus"), sender=CNAS)
    (proposal,) = proposed(desk)
    assert proposal.state is ProposalState.SUPERSEDED
    assert (proposal.decided_by, proposal.superseded_by) == ("camille", "refus exprès reçu")
    assert proposal.superseding_delivery == "c" * 64
    assert dues(desk, "coverage-end")[-1].state is DeadlineState.CANCELLED
    with desk.database.reading() as session:
        assert [p.status for p in cases.periods(session, 1)] == [
            PeriodStatus.GRANTED,
            PeriodStatus.REQUESTED,
            PeriodStatus.TACIT,
            PeriodStatus.REFUSED,
        ]
        reasons = [r for i in cases.items_of(session, "b" * 64) for r in i.reasons]
    assert any("refus exprès reçu" in reason for reason in reasons)
    assert kinds_of(desk).count(Kind.PROPOSAL) == 3
    assert sent(desk, date(2027, 5, 25), date(2027, 5, 31)) == []


def test_pieces_asked_suspend_the_answer_until_they_are_sent(each_desk: DeskDay) -> None:
    desk = each_desk
    desk.receive("a", authorisation())
    desk.clock.set(noon(date(2027, 1, 28)))
    desk.receive("b", request())
    desk.clock.set(noon(date(2027, 2, 3)))
    say(desk, "pieces-asked", date(2027, 2, 3))
    (paused,) = dues(desk, "cnas-answer")
    assert paused.state is DeadlineState.PAUSED
    assert sent(desk, date(2027, 2, 15), date(2027, 3, 1), step=3) == []  # past its date, nothing is missed
    desk.clock.set(noon(date(2027, 3, 1)))
    say(desk, "pieces-received", date(2027, 3, 1))
    (resumed,) = dues(desk, "cnas-answer")
    # counted 31/01, 1, 2, 3/02: 4; 11 are left from Tuesday 02/03: 2, 3, 4, 7, 8, Aïd 9-11, 14-18, 21
    assert (resumed.due, resumed.state) == (date(2027, 3, 21), DeadlineState.OPEN)
    assert any("du 04/02/2027 au 01/03/2027 : délai suspendu" in line for line in resumed.explanation)
    # the reminder follows: 3 days before Sunday 21/03 is Thursday 18
    told = sent(desk, date(2027, 3, 15), date(2027, 3, 20))
    assert [d for d, letter, _ in told if letter == "rappel-reponse-cnas"] == [date(2027, 3, 18)]


def test_a_clock_that_runs_ahead_and_comes_back_does_no_lasting_harm(desk: DeskDay) -> None:
    desk.receive("a", authorisation())
    desk.clock.set(noon(date(2027, 1, 28)))
    desk.receive("b", request())
    desk.clock.set(noon(date(2029, 1, 1)))
    desk.sweep()
    written = len(desk.letters())
    assert [d.state for d in dues(desk, "cnas-answer")] == [DeadlineState.MISSED]
    assert [p.state for p in proposed(desk)] == [ProposalState.PROPOSED]
    desk.clock.set(noon(date(2027, 1, 29)))
    desk.sweep()
    assert [d.state for d in dues(desk, "cnas-answer")] == [DeadlineState.OPEN]
    assert [d.state for d in dues(desk, "coverage-end")] == [DeadlineState.OPEN]
    assert [p.state for p in proposed(desk)] == [ProposalState.SUPERSEDED]
    assert len(desk.letters()) == written
