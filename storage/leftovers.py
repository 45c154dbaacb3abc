"""What else tells of a person beside the rows of a mail, a letter or a case: emptied with them.

A certificate that a person confirmed stays: it is how letters to an institution are encrypted, and names
the holder of an office, not a beneficiary. A replaced address stays for the same reason. Successions hold
nothing but hashes and dates.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import or_, update
from sqlmodel import col, delete, select

from storage import judgments
from storage.addresses import FailedAddress
from storage.calls import Call
from storage.cases import Item
from storage.certbook import CertificateState, KnownCertificate
from storage.db import Session
from storage.deliveries import Delivery
from storage.happenings import Happening
from storage.joinings import Joining
from storage.judgments import Judgment
from storage.outbox import OutboxEntry
from storage.proposals import Proposal

_CALL = {"recipient": "", "phone": "", "detail": "", "note": ""}


def of_mail(session: Session, sha256: str) -> list[str]:
    """Drop what the verdicts on a mail stand on, and the certificates seen in it that nobody confirmed.

    Returns the blobs that no other mail stands on.
    """
    stood_on = [row.sha256 for row in judgments.of_delivery(session, sha256)]
    session.exec(delete(Judgment).where(col(Judgment.delivery) == sha256))
    session.exec(
        delete(KnownCertificate).where(
            col(KnownCertificate.seen_in) == sha256,
            col(KnownCertificate.state) != CertificateState.CONFIRMED,
        )
    )
    session.execute(update(Call).where(col(Call.delivery) == sha256).values(**_CALL))
    session.flush()
    return [blob for blob in dict.fromkeys(stood_on) if not judgments.uses(session, blob)]


def of_letter(session: Session, letter: OutboxEntry) -> None:
    """Empty the calls about a letter, and forget its address when nothing else of ours bears it."""
    session.execute(update(Call).where(col(Call.outbox_id) == letter.id).values(**_CALL))
    address = letter.recipient_key
    letter.recipient_key, letter.domain = "", ""
    session.add(letter)
    session.flush()
    if address and not _known(session, address):
        session.exec(
            delete(FailedAddress).where(
                col(FailedAddress.address) == address, col(FailedAddress.replaced_by).is_(None)
            )
        )


def of_case(session: Session, case_id: int) -> None:
    """Empty what people wrote and what was computed about a case."""
    session.execute(update(Happening).where(col(Happening.case_id) == case_id).values(note=""))
    session.execute(
        update(Proposal)
        .where(col(Proposal.case_id) == case_id)
        .values(bundle={}, reason=None, superseded_by=None)
    )
    session.execute(update(Call).where(col(Call.case_id) == case_id).values(**_CALL))
    _joinings(session, session.exec(select(Item.id).where(col(Item.case_id) == case_id)).all())


def _joinings(session: Session, items: Collection[int | None]) -> None:
    """What a joining would put back if it were undone."""
    for at in range(0, len(items), 500):
        some = list(items)[at : at + 500]
        either = or_(col(Joining.kept).in_(some), col(Joining.other).in_(some))
        session.execute(update(Joining).where(either).values(before={}))


def _known(session: Session, address: str) -> bool:
    """Whether another letter or a mail that was not erased bears this address."""
    letter = select(OutboxEntry.id).where(col(OutboxEntry.recipient_key) == address).limit(1)
    mail = select(Delivery.sha256).where(col(Delivery.sender) == address).limit(1)
    return session.exec(letter).first() is not None or session.exec(mail).first() is not None
