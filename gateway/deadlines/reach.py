"""Whom a rule means: the hospital of a case, its caisse, the mailbox of a mail, or an address."""

from __future__ import annotations

from gateway.circuits.directory import Directory, correspondent_of
from gateway.circuits.notice import reply_address
from storage import cases, deadlines, deliveries
from storage.db import Session
from storage.deadlines import Deadline
from storage.deliveries import Delivery


def reach(
    session: Session, directory: Directory, to: str, deadline: Deadline, delivery: Delivery
) -> str | None:
    """The address of ``to`` (``hospital``, ``caisse``, ``mailbox`` or an address) for a due date.

    ``delivery`` is the mail it is about. ``None``: nobody known.
    """
    if "@" in to:
        return to
    if to == "mailbox":
        return delivery.mailbox
    if to == "caisse":
        case = cases.by_id(session, deadline.case_id) if deadline.case_id is not None else None
        caisse = directory.caisses.get(case.caisse or "") if case is not None else None
        return caisse.mailbox if caisse is not None else None
    mails = [delivery]
    if deadline.case_id is not None:
        later = reversed(deadlines.arrivals_in_case(session, deadline.case_id))
        mails += [m for _, sha, _ in later if (m := deliveries.get(session, sha)) is not None]
    for mail in mails:
        address = _address(mail)
        known = correspondent_of(directory, address) if address else None
        if known is not None and known.role == "hospital":
            return address
    # Nobody known as a hospital wrote: whoever started the delay, unless it is another institution.
    address = _address(delivery)
    return address if address and correspondent_of(directory, address) is None else None


def _address(delivery: Delivery) -> str | None:
    signature = (delivery.security or {}).get("signature", "absent")
    return reply_address(delivery.sender, delivery.envelope_from, str(signature))
