"""A list becomes contestations in the journey; verbs, letters, due dates; strangers and repeats."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.contestations.transitions import Actor, Verb
from gateway.contesting import acts
from gateway.contesting.acts import Acting, Event, Evidence
from gateway.contesting.rooms import contesting_of
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from gateway.outbound.certificates import Choice
from parsers.certificates import identities_from
from parsers.mime import parse
from parsers.smime.model import Trust
from parsers.smime.open import open_mail
from storage import audit, cases
from storage.cases import Case
from storage.contestations import (
    Cause,
    Contestation,
    ContestationCandidate,
    ContestationList,
    ContestationState,
    Outcome,
    UnreadLine,
)
from storage.db import Session
from storage.deadlines import Deadline, DeadlineState, Reminder
from storage.outbox import OutboxEntry
from tests.builders import claims, mails_forms
from tests.builders.desk import CALANQUES
from tests.builders.letters import Attached
from tests.worlds.contest import receive_list
from tests.worlds.house import Home

STAFF = Actor("agathe", works=True)
CHIEF = Actor("sylvie", works=True, supervises=True)
REPORT = "Compte rendu manquant"
FORM = "Formulaire de droit manquant"


def _case(home: Home) -> Case:
    home.carry(mails_forms.acroform(home.desk))
    return home.rows(Case)[0]


def _line(case: Case, reason: str, reference: str = "F-1", days: int = 5) -> claims.Line:
    first = date(2026, 11, 12)
    name = f"{case.patient_name} {case.patient_first_names}"
    return (reference, case.form_reference, name, first, first + timedelta(days), 900.0, reason)


def _act(home: Home, session: Session, reference: str, actor: Actor = STAFF, version: int = 0) -> Acting:
    found = next(c for c in home.rows(Contestation) if c.reference == reference)
    room = contesting_of(home.house)
    return Acting(session, room, reference, version or found.version, actor, home.clock.now())


def _do(home: Home, reference: str, verb: str, *more: object, actor: Actor = STAFF) -> list[Event]:
    with home.house.database.transaction() as session:
        events: list[Event] = getattr(acts, verb)(_act(home, session, reference, actor), *more)
        home.house.recorder.add_all(session, events)
    return events


def _one(home: Home, number: int = 0) -> Contestation:
    return home.rows(Contestation)[number]


def test_a_list_in_the_journey(home: Home) -> None:
    case = _case(home)
    receive_list(
        home,
        [
            _line(case, FORM),
            _line(case, REPORT, "F-2"),
            ("F-3", None, "ZZYZX Personne", None, None, 4.0, "Autre"),
            (None, None, None, None, None, 5.0, "rien"),
        ],
    )
    first, second, third = home.rows(Contestation)
    assert [c.reference for c in (first, second, third)] == [f"CTN-2026-0000{n}" for n in (1, 2, 3)]
    assert (first.case_id, first.state) == (case.id, ContestationState.MATCHED)
    assert second.state is ContestationState.TO_COMPLETE
    assert (third.case_id, third.state) == (None, ContestationState.RECEIVED)
    (line,) = home.rows(UnreadLine)
    assert line.why == "ni référence ni bénéficiaire sur cette ligne"
    with home.house.database.reading() as session:
        told = audit.events(session, [f"case:{case.reference}"])
    kept = [e.fields for e in told if e.kind == Kind.CONTESTATION and e.fields is not None]
    assert [(f["contestation"], f["action"]) for f in kept] == [
        (first.reference, "match"),
        (second.reference, "match"),
        (second.reference, "lack"),
    ]


def test_the_journey_again_makes_nothing_again(sqlite_home: Home) -> None:
    home = sqlite_home
    case = _case(home)
    receive_list(home, [_line(case, FORM)])
    found = _one(home)
    with home.house.database.transaction() as session:
        assert len(home.rows(ContestationList)) == 1
        acting = _act(home, session, found.reference)
        assert acts.settle(session, acting.rooms, [case.id or 0], acting.at) == []
    assert len(home.rows(Contestation)) == 1


def test_a_claim_contested_again_says_so(sqlite_home: Home) -> None:
    home = sqlite_home
    case = _case(home)
    receive_list(home, [_line(case, FORM)])
    receive_list(home, [_line(case, FORM, days=4)], name="liste-2")
    first, again = home.rows(Contestation)
    assert (first.earlier, again.earlier) == (None, first.reference)


def test_a_stranger_never_joins_a_case_and_leaves_candidates(sqlite_home: Home) -> None:
    home = sqlite_home
    case = _case(home)
    receive_list(home, [_line(case, FORM)], sender="contact@inconnu.example")
    assert home.rows(Contestation) == []  # quarantined: nothing is read before a person looks
    receive_list(
        home, [("F-1", None, f"{case.patient_name} {case.patient_first_names}", None, None, 1.0, FORM)]
    )
    found = _one(home)
    assert found.state is ContestationState.RECEIVED
    (candidate,) = home.rows(ContestationCandidate)
    assert (candidate.case_id, candidate.score < 0.9) == (case.id, True)


def test_a_person_chooses_the_case_then_takes_it_back(sqlite_home: Home) -> None:
    home = sqlite_home
    case = _case(home)
    receive_list(home, [("F-1", None, "AUTRE Nom", date(2026, 11, 12), date(2026, 11, 13), 1.0, FORM)])
    reference = _one(home).reference
    _do(home, reference, "choose", case)
    assert (_one(home).case_id, _one(home).state) == (case.id, ContestationState.MATCHED)
    with pytest.raises(Refused):
        _do(home, reference, "choose", case)
    _do(home, reference, "unmatch")
    assert (_one(home).case_id, _one(home).state) == (None, ContestationState.RECEIVED)
    with pytest.raises(Refused):
        _do(home, reference, "ask")


def test_the_hospital_is_asked_with_a_date_and_reminders(sqlite_home: Home) -> None:
    home = sqlite_home
    case = _case(home)
    receive_list(home, [_line(case, REPORT)])
    reference = _one(home).reference
    _do(home, reference, "ask")
    (letter,) = home.rows(OutboxEntry, letter="contestation-demande")
    assert (letter.recipient, letter.case_id) == (CALANQUES[2], case.id)
    raw = home.house.vault.get(letter.raw_sha256).decode()
    assert case.patient_name is not None
    assert case.patient_name not in raw
    (due,) = home.rows(Deadline, kind="contestation-request")
    assert (due.state, due.status, due.case_id) == (DeadlineState.OPEN, "to be confirmed", case.id)
    plan = home.rows(Reminder, deadline_id=due.id)
    assert {(r.letter, r.to) for r in plan} == {("contestation-rappel", "hospital")}
    _do(home, reference, "accept", Cause.OTHER)
    assert home.rows(Deadline, kind="contestation-request")[0].state is DeadlineState.MET


def test_an_accepted_fault_of_the_hospital_tells_the_caisse_and_starts_the_clock(sqlite_home: Home) -> None:
    home = sqlite_home
    case = _case(home)
    receive_list(home, [_line(case, REPORT)])
    reference = _one(home).reference
    with pytest.raises(Refused):
        _do(home, reference, "pay", date(2026, 3, 10), None)
    _do(home, reference, "accept", Cause.HOSPITAL)
    assert (_one(home).outcome, _one(home).cause) == (Outcome.ACCEPTED, Cause.HOSPITAL)
    (told,) = home.rows(OutboxEntry, letter="contestation-indu")
    assert told.recipient == "ri@caisse-131.example"
    assert home.rows(Deadline, kind="contestation-recovery") == []
    _do(home, reference, "pay", date(2026, 3, 10), None)
    _do(home, reference, "pay", date(2026, 3, 10), date(2026, 11, 2))
    first, again = home.rows(Deadline, kind="contestation-recovery")
    assert (first.due, first.state) == (date(2029, 3, 10), DeadlineState.MET)
    assert (again.due, again.state) == (date(2029, 11, 2), DeadlineState.OPEN)


def test_an_answer_names_the_evidence_and_a_dispute_goes_on(sqlite_home: Home) -> None:
    home = sqlite_home
    case = _case(home)
    receive_list(home, [_line(case, FORM)])
    reference = _one(home).reference
    _do(home, reference, "answer", Evidence("e" * 64, 1234))
    (letter,) = home.rows(OutboxEntry, letter="contestation-reponse")
    assert letter.recipient == claims.CNAS
    assert "e" * 64 in home.house.vault.get(letter.raw_sha256).replace(b"=\r\n", b"").decode()
    _do(home, reference, "plain", Verb.DISPUTE)
    with pytest.raises(Refused):
        _do(home, reference, "plain", Verb.REFER)
    _do(home, reference, "plain", Verb.REFER, actor=CHIEF)
    _do(home, reference, "argue", "Le formulaire est au dossier.")
    _do(home, reference, "plain", Verb.EXAMINE, actor=CHIEF)
    _do(home, reference, "plain", Verb.REPORT)
    _do(home, reference, "plain", Verb.WIN)
    found = _one(home)
    assert (found.state, found.outcome) == (ContestationState.CLOSED, Outcome.WON)
    _do(home, reference, "plain", Verb.REOPEN, actor=CHIEF)
    assert (_one(home).state, _one(home).outcome) == (ContestationState.MATCHED, None)


def test_the_second_of_two_people_is_told(sqlite_home: Home) -> None:
    home = sqlite_home
    case = _case(home)
    receive_list(home, [_line(case, FORM)])
    found = _one(home)
    _do(home, found.reference, "answer", Evidence("e" * 64, 1))
    with home.house.database.transaction() as session, pytest.raises(Refused):
        acts.plain(_act(home, session, found.reference, version=found.version), Verb.WIN)
    with home.house.database.transaction() as session:
        unknown = Acting(session, contesting_of(home.house), "CTN-1900-00001", 1, STAFF, home.clock.now())
        with pytest.raises(NotFound):
            acts.plain(unknown, Verb.WIN)


def test_a_case_of_another_circuit_is_refused(sqlite_home: Home) -> None:
    home = sqlite_home
    case = _case(home)
    receive_list(home, [("F-1", None, "AUTRE Nom", None, None, 1.0, FORM)])
    reference = _one(home).reference
    with home.house.database.transaction() as session:
        other = cases.by_id(session, case.id or 0)
        assert other is not None
        other.circuit = "autre"
        with pytest.raises(Refused):
            acts.choose(_act(home, session, reference), other)


def test_a_list_that_cannot_be_read_keeps_its_mail_in_the_queue(sqlite_home: Home) -> None:
    home = sqlite_home
    sample = home.desk.sample(
        "liste-vide",
        "liste",
        claims.CNAS,
        "Contestation de créances",
        "Nous contestons.",
        (Attached("contestation.csv", "text/csv", b"contestation;nous contestons;x\n1;2;3\n"),),
        expect="cnse-administratif",
    )
    home.carry(sample)
    (found,) = home.rows(ContestationList)
    assert (found.trouble, home.rows(Contestation)) == (None, [])
    assert len(home.rows(UnreadLine)) == 2


def test_the_evidence_file_is_joined_to_an_encrypted_answer_alone(sqlite_home: Home) -> None:
    home = sqlite_home
    receive_list(home, [_line(_case(home), FORM)])
    found = _one(home)
    file = b"PK" + b"evidence" * 40
    sha256 = home.house.vault.put(file, "evidence")
    keys = home.desk.keys.of(claims.CNAS)
    known = replace(
        contesting_of(home.house),
        choose=lambda _session, _recipient, _at: Choice(keys.der, ("Chiffrée.",)),
    )
    with home.house.database.transaction() as session:
        acting = Acting(session, known, found.reference, found.version, STAFF, home.clock.now())
        home.house.recorder.add_all(session, acts.answer(acting, Evidence(sha256, len(file))))
    (letter,) = home.rows(OutboxEntry, letter="contestation-reponse")
    assert letter.protection == "encrypted"
    raw = home.house.vault.get(letter.raw_sha256)
    assert f"preuve-{found.reference}.zip".encode() not in raw
    opened = open_mail(raw, tuple(identities_from(keys.pem)), Trust(()), home.clock.now())
    parts = {part.filename: part for part in parse(opened.entity).walk()}
    assert parts[f"preuve-{found.reference}.zip"].content() == file
