"""Where work may be sent: the other queues of its circuit, and services outside, each with its address."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.cases.transitions import Event
from gateway.circuits.directory import Directory
from gateway.circuits.letters import LetterContext
from gateway.circuits.model import CAISSE, Circuit
from gateway.circuits.notice import reply_address
from gateway.clock import paris_date
from gateway.outbound import handwritten
from gateway.outbound.handwritten import Sheet
from gateway.web.house import WebHouse
from gateway.web.letters import writing
from storage import cases, deliveries
from storage.cases import Item
from storage.db import Session

OUTSIDE = "@"
"""What the name of a door outside starts with, before its address."""


@dataclass(frozen=True, slots=True)
class Door:
    """A queue (``name``) or, with ``OUTSIDE`` before its address, a service that is not ours."""

    name: str
    title: str
    address: str | None
    group: str

    @property
    def outside(self) -> bool:
        return self.name.startswith(OUTSIDE)


def doors(circuit: Circuit, directory: Directory, queue: str) -> tuple[Door, ...]:
    """Every other queue of the circuit, then the institutions of the directory that are not one of ours."""
    found: list[Door] = []
    for one in circuit.queues:
        if CAISSE in one.name:
            found += [
                Door(one.name.replace(CAISSE, c.code), c.label, c.mailbox, "Caisses")
                for c in directory.caisses.values()
            ]
        elif one.name != circuit.quarantine_queue:
            box = next((b.address for b in circuit.mailboxes if b.home_queue == one.name), None)
            found.append(Door(one.name, one.title, box, "Files"))
    known = {door.address.casefold() for door in found if door.address}
    outside = [
        Door(OUTSIDE + c.address, c.name, c.address, "Autres services")
        for c in directory.correspondents
        if c.role in circuit.institutions
        and not c.address.startswith("@")
        and c.address.casefold() not in known
    ]
    return tuple(door for door in (*found, *outside) if door.name != queue)


def tell(
    rooms: WebHouse, session: Session, circuit: Circuit, item: Item, door: Door, by: str
) -> tuple[Event | None, str]:
    """Write to whoever sent the mail which address to use; the entry, or why nothing leaves (French).

    A stranger is never written to: their address proves nothing.
    """
    letter = circuit.letters.get(circuit.desk.rerouted or "") if circuit.desk is not None else None
    delivery = deliveries.get(session, item.delivery)
    if letter is None or delivery is None or rooms.contesting is None:
        return None, "aucune lettre n’est prévue pour cela dans ce circuit"
    signature = str((delivery.security or {}).get("signature", "absent"))
    recipient = reply_address(delivery.sender, delivery.envelope_from, signature)
    own = {box.address.casefold() for box in circuit.mailboxes}
    if not recipient or recipient.casefold() in own or delivery.kind != "mail":
        return None, "ce message n’a pas d’expéditeur à qui répondre"
    at = rooms.clock.now()
    mailbox = circuit.mailbox(delivery.mailbox) or circuit.mailboxes[0]
    case = cases.by_id(session, item.case_id) if item.case_id is not None else None
    context = LetterContext(
        mailbox=mailbox,
        received_on=paris_date(delivery.received_at),
        today=paris_date(at),
        circuit_title=circuit.title,
        queue_title=door.title,
        sender=recipient,
        case_reference=case.reference if case is not None else None,
        door=door.title,
        door_address=door.address,
        resend=door.outside,
    )
    room = writing.mailroom(rooms)
    choice = room.choose(session, recipient, at)
    words = handwritten.proposed(letter, context)
    token = f"door:{item.id}:{item.version}"
    sheet = Sheet(circuit.name, letter, mailbox, recipient, token, delivery, case)
    made = handwritten.post(session, room, sheet, words, words, choice, by=by, at=at)
    return (made[1], "") if made is not None else (None, "cette lettre est déjà partie")
