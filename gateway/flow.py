"""The journey, read aloud: state before, step, state after. One commit a line, each repeatable.

A step looks at rows and bytes, works (outside any transaction), and returns what must be written;
``advance`` writes it together with the move and its evidence. Whatever a step raises, the delivery is
set aside with the step, the reason and the time, and the next delivery goes on (lessons, row 1).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gateway import log, steps
from gateway.errors import PasserelleError, Unavailable
from gateway.evidence.record import Kind
from gateway.house import House
from gateway.steps import Carried, Written
from parsers.errors import ParseError
from storage import deliveries
from storage.deliveries import Delivery, DeliveryState
from storage.errors import StorageError


@dataclass(frozen=True, slots=True)
class Step:
    before: DeliveryState
    name: str
    run: Callable[[House, Delivery, Carried], Written]
    after: DeliveryState


FLOW: tuple[Step, ...] = (
    # layers of encryption and signature removed, verdict kept
    Step(DeliveryState.RECEIVED, "unseal", steps.unseal, DeliveryState.OPENED),
    # documents found: parts, archives, XDM, nested mails
    Step(DeliveryState.OPENED, "unpack", steps.unpack, DeliveryState.UNPACKED),
    # each document: kind, confidentiality, facts, issues
    Step(DeliveryState.UNPACKED, "read", steps.read, DeliveryState.READ),
    # facts and rules give a decision with reasons
    Step(DeliveryState.READ, "match", steps.match, DeliveryState.DECIDED),
    # the decision becomes a case and its items in the queues
    Step(DeliveryState.DECIDED, "file", steps.file, DeliveryState.FILED),
    # a letter in the outbox, or the reason why none; a receipt reaches its letter
    Step(DeliveryState.FILED, "acknowledge", steps.acknowledge, DeliveryState.ACKNOWLEDGED),
    # due dates and their reminders
    Step(DeliveryState.ACKNOWLEDGED, "compute", steps.compute, DeliveryState.SCHEDULED),
)
BY_STATE = {step.before: step for step in FLOW}
REST = (DeliveryState.SCHEDULED, DeliveryState.SET_ASIDE)

_UNEXPECTED = (
    "Une erreur imprévue a interrompu le traitement ; le message est conservé tel que reçu : "
    "relâchez-le pour recommencer cette étape, et prévenez l'exploitation si elle échoue encore."
)


def advance(house: House, sha256: str, carried: Carried | None = None) -> DeliveryState:
    """Carry one delivery over one line of ``FLOW``; returns the state it is in afterwards.

    ``carried``: what the same carrier kept from the step before, to read it only once.

    Raises ``Unavailable`` when the database, the vault or the limited children do not answer: nothing was
    lost, the same step is tried again later. Any other trouble sets the delivery aside.
    """
    with _unavailable_when_temporary():
        carried = carried or Carried()
        delivery = carried.delivery or _delivery(house, sha256)
        step = BY_STATE.get(delivery.state) if delivery else None
        if delivery is None or step is None:
            return delivery.state if delivery else DeliveryState.SET_ASIDE
        return _take(house, delivery, step, carried)


def _take(house: House, delivery: Delivery, step: Step, carried: Carried) -> DeliveryState:
    began = time.monotonic()
    carried.delivery = None  # until its move is committed
    try:
        written = step.run(house, delivery, carried)
        moved = _commit(house, delivery, step, written)
    except Unavailable:
        raise
    except StorageError as error:
        if error.temporary:
            raise
        return _set_aside(house, delivery, step, error.public, type(error).__name__)
    except ParseError as error:
        return _set_aside(house, delivery, step, error.message, error.code)
    except PasserelleError as error:
        return _set_aside(house, delivery, step, error.public, type(error).__name__)
    except Exception as error:  # noqa: BLE001 - the point of this line: nothing stops the next mail
        log.surprise(delivery.sha256, step.name)
        return _set_aside(house, delivery, step, _UNEXPECTED, type(error).__name__)
    if moved:
        log.moved(delivery.sha256, step.name, step.after, time.monotonic() - began)
        columns = {**delivery.model_dump(), **written.columns, "state": step.after}
        carried.delivery = Delivery(**columns)
        return step.after
    now = _delivery(house, delivery.sha256)  # another worker was first: it stands where they left it
    return now.state if now else DeliveryState.SET_ASIDE


@contextmanager
def _unavailable_when_temporary() -> Iterator[None]:
    try:
        yield
    except StorageError as error:
        if error.temporary:
            raise Unavailable(error.public) from error
        raise


def _delivery(house: House, sha256: str) -> Delivery | None:
    with house.database.reading() as session:
        return deliveries.get(session, sha256)


def run_to_rest(house: House, sha256: str) -> DeliveryState:
    """Carry one delivery as far as it goes: ``SCHEDULED`` or ``SET_ASIDE``."""
    carried = Carried()
    state = advance(house, sha256, carried)
    while state not in REST:
        state = advance(house, sha256, carried)
    return state


def _commit(house: House, delivery: Delivery, step: Step, written: Written) -> bool:
    """Write the result, the move and the evidence in one transaction; ``False``: someone else did."""
    at = house.clock.now()
    with house.database.transaction() as session:
        if not deliveries.move(session, delivery.sha256, step.before, step.after, **written.columns):
            return False
        told = {"step": step.name, "after": str(step.after), "at": at.isoformat()}
        move = (Kind.STEP, f"delivery:{delivery.sha256}", told)
        house.recorder.add_all(session, [*written.write(session), move])
    return True


def _set_aside(house: House, delivery: Delivery, step: Step, reason: str, code: str) -> DeliveryState:
    at = house.clock.now()
    with house.database.transaction() as session:
        if deliveries.set_aside(session, delivery.sha256, step.before, step.name, reason, at):
            house.recorder.add(
                session,
                Kind.SET_ASIDE,
                f"delivery:{delivery.sha256}",
                step=step.name,
                code=code,
                reason=reason,
            )
    log.set_aside(delivery.sha256, step.name, code)
    return DeliveryState.SET_ASIDE
