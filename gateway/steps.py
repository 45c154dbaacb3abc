"""The seven steps: each takes a house and a delivery, works, and returns what must be written.

Nothing is written here but blobs (blob first, row second: a blob without a row is harmless). The rows,
the move and the evidence are written together by ``flow.advance``.

A step may be handed what the steps before it, in the same process, have just made durable (``Carried``).
It never needs it: with nothing carried it reads the same rows and the same blobs again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from pydantic import TypeAdapter

from gateway.cases.file import file_delivery
from gateway.cases.superseded import apply_successions
from gateway.circuits.decision import Decision, MailKind, MailSeen
from gateway.circuits.model import Circuit
from gateway.circuits.notice import reply_address
from gateway.contesting.acts import settle
from gateway.contesting.intake import Content, Readings, lists_among, read_lists, register_lists
from gateway.contesting.rooms import contesting_of
from gateway.deadlines.closing import wait_again
from gateway.deadlines.compute import due_dates
from gateway.deadlines.judged import Moment
from gateway.deadlines.schedule import schedule
from gateway.evidence.record import Kind
from gateway.house import House
from gateway.opening import open_delivery, unwrap_delivery
from gateway.outbound.acknowledge import queue_acknowledgement
from gateway.outbound.badaddress import to_ask
from gateway.outbound.certificates import Choice
from gateway.outbound.compose import Draft, acknowledgement
from gateway.outbound.disposition import answered, queue_notice
from gateway.outbound.harvest import harvested, propose
from gateway.outbound.receipts import apply_answer, apply_receipt
from gateway.routing import match as routing
from gateway.triage.nested import with_nested
from gateway.triage.read import ReadDocument
from gateway.triage.seen import mail_seen
from gateway.triage.unpack import MESSAGE, document_rows, message_columns
from gateway.triage.unpack import unpack as find_documents
from gateway.triage.unseal import security_columns
from gateway.triage.wording import wording
from parsers.forms.checks import TO_COMPLETE
from storage import addresses, cases, documents, findable, items, unlocked
from storage.db import Session
from storage.deliveries import Delivery
from storage.documents import Document, FactRow, IssueRow
from storage.vault import Vault

Event = tuple[Kind, str, Mapping[str, Any]]
DECISION: TypeAdapter[Decision] = TypeAdapter(Decision)


def _nothing(_session: Session) -> list[Event]:
    return []


@dataclass(frozen=True, slots=True)
class Written:
    """What a step asks to be written: columns of the delivery, then whatever ``write`` does."""

    columns: dict[str, Any] = field(default_factory=dict)
    write: Callable[[Session], list[Event]] = _nothing


_Rows = list[tuple[Document, list[FactRow], list[IssueRow]]]
_BLOB_CARRIED = 1024 * 1024
"""A larger blob is read again from the vault: what is carried must not add up to a heavy mail."""


@dataclass(slots=True)
class Carried:
    """What one carrier of one delivery remembers from step to step: copies of what is durable."""

    delivery: Delivery | None = None
    """The delivery as the last commit of this carrier left it."""
    rows: _Rows | None = None
    """Its documents, facts and issues, once read for good."""
    _blobs: dict[str, bytes] = field(default_factory=dict)

    def get(self, vault: Vault, sha256: str) -> bytes:
        """A blob, from here or from the vault."""
        return self._blobs.get(sha256) or self._keep(sha256, vault.get(sha256))

    def put(self, vault: Vault, data: bytes, kind: str) -> str:
        """Make a blob durable and remember it."""
        sha256 = vault.put(data, kind)
        self._keep(sha256, data)
        return sha256

    def drop_blobs(self) -> None:
        """No later step needs these bytes."""
        self._blobs.clear()

    def _keep(self, sha256: str, data: bytes) -> bytes:
        if len(data) <= _BLOB_CARRIED:
            self._blobs[sha256] = data
        return data


def unseal(house: House, delivery: Delivery, carried: Carried | None = None) -> Written:
    """Open every cryptographic layer; the inner entity goes to the vault."""
    carried = carried or Carried()
    raw = carried.get(house.vault, delivery.sha256)
    proved, write = open_delivery(house, delivery, raw)
    entity = proved.opened.entity
    found = harvested(
        proved.opened.security,
        house.circuits.directory,
        house.proofs.supplied(house.trust),
        delivery.sha256,
        house.clock.now(),
        partial(house.reader.sandbox.run, "harvest"),
    )
    inner = delivery.sha256 if entity == raw else carried.put(house.vault, entity, "opened")
    columns = {"opened_sha256": inner, "security": security_columns(proved.opened.security)}
    return Written(columns, lambda session: [*write(session), *propose(session, found)])


def unpack(house: House, delivery: Delivery, carried: Carried | None = None) -> Written:
    """Find the documents; their bytes go to the vault, their rows wait to be read."""
    carried = carried or Carried()
    raw = carried.get(house.vault, delivery.sha256)
    inner = delivery.opened_sha256 or delivery.sha256
    entity = raw if inner == delivery.sha256 else carried.get(house.vault, inner)
    found = find_documents(raw, entity, house.reader.sandbox)
    unwrapped, keep = unwrap_delivery(house, delivery, found)
    rows = document_rows(delivery.sha256, unwrapped.unpacked)
    for _row, content in rows:
        carried.put(house.vault, content, "part")

    def write(session: Session) -> list[Event]:
        documents.replace(session, delivery.sha256, [row for row, _ in rows])
        return keep(session)

    columns = message_columns(unwrapped.unpacked.message)
    return Written({**columns, "security": with_nested(delivery.security, unwrapped)}, write)


def read(house: House, delivery: Delivery, carried: Carried | None = None) -> Written:
    """Give each document its kind, class, facts and issues; pictures of boxes go to the vault."""
    carried, circuit = carried or Carried(), house.circuit(delivery.circuit)
    with house.database.reading() as session:
        rows = documents.of_delivery(session, delivery.sha256)
        readable = unlocked.readable(session, [row.sha256 for row in rows])
    found = house.reader.read_all(
        rows,
        lambda row: carried.get(house.vault, readable[row.sha256]),
        circuit,
        delivery.mail or {},
        delivery.received_at,
    )
    for document in found:
        for issue, png in document.issues:
            if png is not None:
                issue.picture_sha256 = house.vault.put(png, "picture")

    def write(session: Session) -> list[Event]:
        documents.replace(session, delivery.sha256, [document.row for document in found])
        for document in found:
            _write_findings(session, document, circuit)
        findable.of_delivery(session, delivery.sha256)  # read again: what is found follows
        items.follow_reading(session, delivery.sha256)  # and so does what lacks
        return [_read_event(delivery, document) for document in found]

    carried.drop_blobs()
    return Written({}, write)


def _write_findings(session: Session, document: ReadDocument, circuit: Circuit) -> None:
    row_id = document.row.id or 0  # set by ``replace``, in this very transaction
    found = wording(document, circuit)
    findable.keep_text(
        session,
        row_id,
        document.row.confidentiality,
        document.text,
        printed=found.printed,
        values=found.values,
        names=found.names,
    )
    documents.add_facts(session, row_id, document.facts)
    documents.add_issues(session, row_id, [issue for issue, _ in document.issues])


def _read_event(delivery: Delivery, document: ReadDocument) -> Event:
    row = document.row
    return (
        Kind.STEP,
        f"delivery:{delivery.sha256}",
        {
            "step": "read",
            "document": row.sha256,
            "position": row.position,
            "kind": row.kind or "",
            "confidentiality": row.confidentiality,
            "pages": row.pages or 0,
        },
    )


def match(house: House, delivery: Delivery, carried: Carried | None = None) -> Written:
    """Decide where the mail goes, from facts and rules alone."""
    circuit = house.circuit(delivery.circuit)
    decision = routing.match(_seen(house, delivery, carried), circuit, house.circuits.directory)
    told = DECISION.dump_python(decision, mode="json")
    event: Event = (
        Kind.DECISION,
        f"delivery:{delivery.sha256}",
        {
            "queues": [route.queue for route in decision.routes],
            "rules": decision.rules_hash,
            "letter": decision.letter or "",
        },
    )
    return Written({"decision": told}, lambda _session: [event])


def file(house: House, delivery: Delivery, carried: Carried | None = None) -> Written:
    """Open or join a case, add periods, put items in queues; a list of claims becomes contestations."""
    circuit = house.circuit(delivery.circuit)
    seen, decision = _seen(house, delivery, carried), _decision(delivery)
    at = house.clock.now()
    contested = contested_lists(house, delivery, decision, carried)

    def write(session: Session) -> list[Event]:
        rows = documents.of_delivery(session, delivery.sha256)
        filed = file_delivery(
            session, delivery, rows, seen, decision, circuit, house.circuits.directory, at
        )
        followed = apply_successions(session, delivery, filed.cases, at)
        claims = register_lists(session, contesting_of(house), delivery, contested, at) if contested else []
        return [*filed.events, *followed, *claims]

    return Written({}, write)


def contested_lists(
    house: House, delivery: Delivery, decision: Decision, carried: Carried | None
) -> Readings:
    """What the lists of claims of this mail say, read in the sandbox; none for a quarantined mail."""
    if delivery.kind != MailKind.MAIL or decision.quarantined:
        return {}
    rows = [row for row, _facts, _issues in _rows(house, delivery, carried)]
    wanted = lists_among(house.circuit(delivery.circuit), rows)
    keep = carried or Carried()
    found = [Content(row, keep.get(house.vault, row.sha256)) for row in wanted]
    return read_lists(contesting_of(house), delivery, found) if found else {}


def acknowledge(house: House, delivery: Delivery, carried: Carried | None = None) -> Written:
    """Queue the letter of this mail, or apply the receipt that it is."""
    if delivery.kind in (MailKind.DELIVERY_REPORT, MailKind.READ_RECEIPT):
        return _receipt(house, delivery)
    letter = _letter(house, delivery, carried)
    circuit, directory = house.circuit(delivery.circuit), house.circuits.directory
    seen, message = _seen(house, delivery, carried), MESSAGE.validate_python(delivery.mail)
    at, per_day = house.clock.now(), house.settings.outgoing.per_correspondent_per_day
    silence = answered(circuit, directory, seen, _decision(delivery), message)

    def write(session: Session) -> list[Event]:
        events = letter.write(session)
        if silence is not None:
            return [*events, *silence]
        return [*events, *queue_notice(session, house.vault, circuit, seen, message, at, per_day)]

    return Written(letter.columns, write)


def _letter(house: House, delivery: Delivery, carried: Carried | None) -> Written:
    circuit = house.circuit(delivery.circuit)
    seen, decision, at = _seen(house, delivery, carried), _decision(delivery), house.clock.now()
    choose = house.chooser()
    wrote = reply_address(seen.sender, seen.envelope_from, seen.signature)
    with house.database.reading() as session:
        reference = cases.reference_of_delivery(session, delivery.sha256)
        to = addresses.target(session, wrote) if wrote else None
        choice = choose(session, to, at) if to else Choice(None, ())
        failed = to_ask(session, house.circuits.directory, to) if to else []
    draft = acknowledgement(
        circuit,
        seen,
        decision,
        reference,
        _pictures(house, delivery, carried),
        at,
        house.circuits.directory,
        encrypted=choice.certificate is not None,
        failed=failed,
        to=to,
    )
    if not isinstance(draft, Draft):
        silence: Event = (
            Kind.STEP,
            f"delivery:{delivery.sha256}",
            {"step": "acknowledge", "silence": draft.reason},
        )
        return Written({}, lambda session: [silence, *_reply(session, delivery, decision, at)])
    draft = replace(draft, why=(*choice.reasons, *draft.why))
    leaving = house.seal()(draft, choice)
    raw_sha256 = house.vault.put(leaving.raw, "letter")

    def write(session: Session) -> list[Event]:
        queued = queue_acknowledgement(
            session,
            draft,
            raw_sha256,
            at,
            house.settings.outgoing.per_correspondent_per_day,
            leaving.protection,
            house.circuits.directory.phone_of,
        )
        return [*queued, *_reply(session, delivery, decision, at)]

    return Written({}, write)


def _reply(session: Session, delivery: Delivery, decision: Decision, at: datetime) -> list[Event]:
    """What a mail says of our letter that it answers: a person's answer, or an absence."""
    message = MESSAGE.validate_python(delivery.mail)
    if delivery.kind == MailKind.MAIL and not decision.quarantined:
        return list(apply_answer(session, message, delivery, at))
    if delivery.kind == MailKind.AUTO_REPLY and message.report is not None:
        return list(apply_receipt(session, message, message.report, delivery, at))
    return []


def _receipt(house: House, delivery: Delivery) -> Written:
    message = MESSAGE.validate_python(delivery.mail)
    at = house.clock.now()

    def write(session: Session) -> list[Event]:
        if message.report is None:
            return []
        phone_of = house.circuits.directory.phone_of
        return list(apply_receipt(session, message, message.report, delivery, at, phone_of))

    return Written({}, write)


def compute(house: House, delivery: Delivery, carried: Carried | None = None) -> Written:
    """Set the due dates this mail starts, and end those it answers."""
    circuit = house.circuit(delivery.circuit)
    seen, decision, at = _seen(house, delivery, carried), _decision(delivery), house.clock.now()
    dues = due_dates(circuit, seen, decision, at, house.calendars, house.circuits.directory)

    def write(session: Session) -> list[Event]:
        scheduled = schedule(session, delivery, seen, dues, circuit, at, house.calendars)
        concerned = [case.id for case in cases.of_delivery(session, delivery.sha256) if case.id is not None]
        now = Moment(circuit, house.calendars, at)
        again = [event for number in concerned for event in wait_again(session, now, number)]
        return [*scheduled, *again, *settle(session, contesting_of(house), concerned, at)]

    return Written({}, write)


def _decision(delivery: Delivery) -> Decision:
    return DECISION.validate_python(delivery.decision)


def _rows(house: House, delivery: Delivery, carried: Carried | None) -> _Rows:
    if carried is not None and carried.rows is not None:
        return carried.rows
    with house.database.reading() as session:
        rows = documents.of_delivery(session, delivery.sha256)
        ids = [row.id for row in rows if row.id is not None]
        facts = documents.facts_of(session, ids)
        issues = documents.issues_of(session, ids)
    found = [
        (
            row,
            [f for f in facts if f.document_id == row.id],
            [i for i in issues if i.document_id == row.id],
        )
        for row in rows
    ]
    if carried is not None:
        carried.rows = found
    return found


def _seen(house: House, delivery: Delivery, carried: Carried | None) -> MailSeen:
    return mail_seen(delivery, _rows(house, delivery, carried))


def _pictures(house: House, delivery: Delivery, carried: Carried | None) -> dict[tuple[int, str], bytes]:
    """Pictures of incomplete boxes, by document position and field."""
    return {
        (row.position, issue.field or ""): house.vault.get(issue.picture_sha256)
        for row, _facts, issues in _rows(house, delivery, carried)
        for issue in issues
        if issue.picture_sha256 and issue.code in TO_COMPLETE
    }
