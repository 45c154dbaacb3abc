"""What the end of retention would erase, and when: computed from the schedule, written nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from gateway.circuits.model import Circuit
from gateway.clock import paris_date
from gateway.contestations.holds import held, held_mails
from gateway.contestations.recovery import later
from gateway.contestations.schedule import Class, Retention, What
from parsers.facts import Confidentiality
from storage import erasures, retention
from storage.db import Session
from storage.documents import Document

OF_A_CASE = (What.MEDICAL, What.ADMINISTRATIVE, What.LETTERS, What.IDENTITY)


@dataclass(frozen=True, slots=True)
class Due:
    """One class of one case (or one mail): since when it is quiet, when it may go, what stops it.

    ``count`` is how many documents, letters or rows; a class with nothing left to erase is not listed.
    """

    what: What
    title: str
    subject: str
    """``case:<reference>`` or ``delivery:<sha256>``."""
    circuit: str
    case_id: int | None
    count: int
    since: date
    due: date
    status: str
    basis: str
    held: tuple[str, ...]

    def ready(self, today: date) -> bool:
        """Whether it may be erased on ``today``."""
        return not self.held and self.due <= today


def preview(
    session: Session, schedule: Retention, circuits: Mapping[str, Circuit], today: date
) -> list[Due]:
    """Everything the schedule will erase one day, the nearest day first."""
    reasons = held(session, circuits, today)
    gone = {kind: erasures.keys(session, kind) for kind in ("document", "letter", "case")}
    found: list[Due] = []
    for quiet in retention.quiet_cases(session):
        case_id = quiet.case.id or 0
        for what in OF_A_CASE:
            count = _count(session, what, case_id, quiet.case.reference, gone)
            if count:
                found.append(
                    _due(
                        schedule.of(what),
                        f"case:{quiet.case.reference}",
                        quiet.case.circuit,
                        case_id,
                        count,
                        quiet.since,
                        tuple(reasons.get(case_id, ())),
                    )
                )
    found += _mails(session, schedule.of(What.OTHER_MAILS), today)
    return sorted(found, key=lambda d: (d.due, d.subject, d.what))


def documents_of(session: Session, what: What, case_id: int, gone: set[str]) -> list[Document]:
    """The documents of a case that belong to a class and are still there."""
    medical = what is What.MEDICAL
    return [
        document
        for document in erasures.documents_of_case(session, case_id)
        if str(document.id) not in gone
        and (document.confidentiality != Confidentiality.ADMINISTRATIVE) is medical
    ]


def _count(session: Session, what: What, case_id: int, reference: str, gone: Mapping[str, set[str]]) -> int:
    if what in {What.MEDICAL, What.ADMINISTRATIVE}:
        return len(documents_of(session, what, case_id, gone["document"]))
    if what is What.LETTERS:
        letters = erasures.letters_of_case(session, case_id)
        return sum(str(letter.id) not in gone["letter"] for letter in letters)
    return int(reference not in gone["case"])


def _mails(session: Session, rule: Class, today: date) -> list[Due]:
    """Mails of no case: listed once their day is within a year, so that the list stays readable."""
    horizon = later(today, 12 - rule.months)
    before = datetime.combine(horizon, time(), UTC)
    gone, kept = erasures.keys(session, "mail"), held_mails(session)
    return [
        _due(
            rule,
            f"delivery:{mail.sha256}",
            mail.circuit,
            None,
            1,
            paris_date(mail.received_at),
            ("contestation ouverte",) if mail.sha256 in kept else (),
        )
        for mail in retention.homeless_mails(session, before)
        if mail.sha256 not in gone
    ]


def _due(
    rule: Class,
    subject: str,
    circuit: str,
    case_id: int | None,
    count: int,
    since: date,
    reasons: tuple[str, ...],
) -> Due:
    due = later(since, rule.months)
    return Due(
        what=rule.what,
        title=rule.title,
        subject=subject,
        circuit=circuit,
        case_id=case_id,
        count=count,
        since=since,
        due=due,
        status=rule.status,
        basis=rule.basis,
        held=reasons,
    )
