"""How the house stands, for its administrator: mailboxes, keys, jobs. Never a mail, never a document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Request, Response

from gateway.circuits.model import Mailbox
from gateway.web.house import InHouse, Shown, WebHouse
from parsers.certificates import certificates_from, describe
from parsers.errors import ParseError
from storage import estate, sheets
from storage.estate import Inbox

router = APIRouter(prefix="/administration")

SOON = timedelta(days=30)
_DAY = timedelta(days=1)
_SILENCE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Key:
    """One S/MIME identity of a mailbox. ``ends`` is ``None`` when its file cannot be read."""

    name: str
    retired: bool
    subject: str
    issuer: str
    kind: str
    ends: datetime | None

    def tone(self, now: datetime) -> str:
        """``bad`` when it no longer serves, ``warn`` within a month of its end."""
        return expiry_tone(self.ends, now) if not self.retired else "quiet"


@dataclass(frozen=True, slots=True)
class Box:
    """One mailbox of a circuit: by which road mail comes, what came, what opens it."""

    circuit: str
    mailbox: Mailbox
    road: str
    inbox: Inbox
    keys: tuple[Key, ...]

    @property
    def signing(self) -> Key | None:
        return next((key for key in self.keys if not key.retired), None)


def expiry_tone(ends: datetime | None, now: datetime) -> str:
    """The tone of a certificate's end: a month ahead it is a warning."""
    if ends is None or ends <= now:
        return "bad"
    return "warn" if ends <= now + SOON else "good"


@router.get("/boites")
def mailboxes(request: Request, rooms: InHouse, shown: Shown) -> Response:
    """Every mailbox of every circuit."""
    return shown.show(request, "boites.html", boxes=_boxes(rooms), now=rooms.clock.now())


@router.get("/cles")
def keys(request: Request, rooms: InHouse, shown: Shown) -> Response:
    """Keys of the mailboxes, keys of the vault by their ids, the public key of the checkpoints."""
    ring = rooms.vault.ring
    named = {box.mailbox.address for box in _boxes(rooms)}
    with rooms.database.reading() as session:
        checkpoint = sheets.last_checkpoint(session)
    return shown.show(
        request,
        "cles.html",
        boxes=_boxes(rooms),
        others=[(name, identities_of(rooms, name)) for name in ring.mailboxes() if name not in named],
        vault_keys=ring.ids(),
        active=ring.active_id,
        public_key=ring.public_pem.decode("ascii").strip(),
        checkpoint=checkpoint,
        now=rooms.clock.now(),
    )


@router.get("/travaux")
def jobs(request: Request, rooms: InHouse, shown: Shown) -> Response:
    """Instances alive, deliveries on their way, what is set aside, letters by state."""
    at = rooms.clock.now()
    with rooms.database.reading() as session:
        values = {
            "executors": estate.executors(session, at, _SILENCE),
            "unfinished": estate.unfinished(session),
            "aside": estate.aside(session),
            "letters": estate.letters(session),
        }
    return shown.show(request, "travaux.html", now=at, status=200, **values)


def identities_of(rooms: WebHouse, mailbox: str) -> tuple[Key, ...]:
    """The identities kept for a mailbox, those in service first; their private halves stay in the file."""
    return tuple(
        _key(stored.name, stored.pem, stored.retired) for stored in rooms.vault.ring.identities(mailbox)
    )


def _key(name: str, pem: bytes, retired: bool) -> Key:
    try:
        told = describe(certificates_from(pem)[0])
    except (ParseError, IndexError):
        return Key(name, retired, "illisible", "", "", None)
    return Key(name, retired, told.subject, told.issuer, told.key, told.not_after)


def _boxes(rooms: WebHouse) -> list[Box]:
    at = rooms.clock.now()
    with rooms.database.reading() as session:
        received = estate.inboxes(session, at - _DAY)
    installed = rooms.installation
    watched = {box.mailbox.casefold(): box.host for box in installed.imap} if installed else {}
    by_smtp = installed is not None and installed.smtp.enabled
    found = []
    for circuit in rooms.circuits.by_name.values():
        for box in circuit.mailboxes:
            address = box.address.casefold()
            host = watched.get(address)
            road = f"relève IMAP ({host})" if host else "SMTP" if by_smtp else "aucune route en service"
            inbox = received.get(address, Inbox(0, 0, None))
            found.append(Box(circuit.title, box, road, inbox, identities_of(rooms, box.address)))
    return found
