"""What a document still lacks, by what people said of it since it was read: one rule for every page.

What was read stays as it was read; what lacks now is derived. A place that a person has since written
validly lacks no more. A reading confirmed as a whole answers for its values, never for what is not there.
A rejected document lacks as a whole: another one is asked for, not its boxes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlmodel import Session, col, select

from storage import documents, reviews
from storage.documents import PERSON, Document, FactRow, IssueRow
from storage.reviews import Review, Said

ERROR = "error"
NOT_THERE = frozenset({"missing", "unreadable", "signature-absent", "signature-illegible"})
"""Codes of what no confirmation brings; those of ``parsers.forms.checks``, compared by a test."""
_EMPTY = frozenset({"absent", "illegible"})
"""What a signature that is not there is written as."""


def remaining(
    issues: Iterable[IssueRow], facts: Sequence[FactRow], review: Review | None
) -> list[IssueRow]:
    """The issues of one document that still hold, in their order; none of a rejected one.

    ``review``: the last word of a person about it.
    """
    if review is not None and review.said is Said.REJECTED:
        return []
    written = _written(facts)
    confirmed = _confirmed(review, facts)
    return [issue for issue in issues if not _settled(issue, written, confirmed=confirmed)]


def lacks(issues: Iterable[IssueRow], facts: Sequence[FactRow], review: Review | None) -> bool:
    """Whether one document lacks something that must be there, or is to be sent anew."""
    if review is not None and review.said is Said.REJECTED:
        return True
    return any(issue.severity == ERROR for issue in remaining(issues, facts, review))


def lacking(session: Session, delivery: str, positions: Collection[int] | None = None) -> bool:
    """Whether a document of this mail lacks something; ``positions``: only those, all when ``None``."""
    here = select(Document.id).where(Document.delivery == delivery)
    if positions is not None:
        here = here.where(col(Document.position).in_(positions))
    numbers = [number for number in session.exec(here) if number is not None]
    wrong = documents.issues_of(session, numbers) if numbers else []
    said = reviews.latest(session, numbers) if numbers else {}
    told = {issue.document_id for issue in wrong if issue.severity == ERROR} | said.keys()
    if not told:
        return False
    facts = documents.facts_of(session, told)
    return any(
        lacks(
            [issue for issue in wrong if issue.document_id == number],
            [fact for fact in facts if fact.document_id == number],
            said.get(number),
        )
        for number in told
    )


def _written(facts: Iterable[FactRow]) -> frozenset[str]:
    """Names of the fields whose last value is a person's, and valid."""
    last = {fact.name: fact for fact in facts if fact.source == PERSON}
    return frozenset(
        name for name, fact in last.items() if fact.normalised and fact.normalised not in _EMPTY
    )


def _confirmed(review: Review | None, facts: Iterable[FactRow]) -> bool:
    """Whether a person vouched for exactly these facts."""
    said = review is not None and review.said is Said.CONFIRMED
    return said and review is not None and set(review.facts) == {fact.id or 0 for fact in facts}


def _settled(issue: IssueRow, written: Collection[str], *, confirmed: bool) -> bool:
    if issue.field is None:
        return False  # of the document as a whole: it could not be opened
    return issue.field in written or (confirmed and issue.code not in NOT_THERE)
