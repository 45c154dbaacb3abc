"""A log with three cases in it, made row by row: what an evidence file is cut from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.circuits.folder import rules_hash
from gateway.circuits.load import Circuits
from gateway.circuits.people import Findings, read_directory
from gateway.clock import TurnableClock
from gateway.evidence.dossier import Exporter
from gateway.evidence.record import Kind, Recorder
from storage import cases, deadlines, judgments, outbox, schema, stamps
from storage.cases import Case
from storage.db import Database, Session
from storage.deadlines import Deadline
from storage.deliveries import Delivery, DeliveryState
from storage.documents import Document
from storage.judgments import Judgment, Role, Source
from storage.keys import KeyRing
from storage.outbox import OutboxEntry, Receipt
from storage.stamps import StampRow
from storage.vault import Vault

CONFIG = Path(__file__).resolve().parents[2] / "config"
CIRCUIT = "soins-programmes-algerie"
FOLDER = CONFIG / "circuits" / CIRCUIT
MARKER = "ZQ-ANEVRISME-7731"
"""Planted in everything medical: text, name of the file, subject of the mail."""
OURS, OTHER = "SPA-2026-00001", "SPA-2026-00002"


@dataclass(frozen=True, slots=True)
class World:
    """Where the cases are, and how to export them."""

    database: Database
    vault: Vault
    ring: KeyRing
    recorder: Recorder
    clock: TurnableClock
    circuits: Circuits

    def exporter(self, folder: Path = FOLDER) -> Exporter:
        return Exporter(
            self.database,
            self.vault,
            self.ring,
            self.recorder,
            self.clock,
            self.circuits,
            {CIRCUIT: folder},
        )


def world(
    database: Database,
    vault: Vault,
    ring: KeyRing,
    recorder: Recorder,
    clock: TurnableClock,
    rules: str = "",
) -> World:
    """Two cases, a medical report, a mail that concerns both, a letter with its receipt, a due date.

    ``rules``: the hash that decisions quote.
    """
    made = World(database, vault, ring, recorder, clock, _circuits())
    _mail(made, OURS, "form", "se352-301", b"%PDF form of ours", rules=rules)
    recorder.checkpoint(database)
    clock.turn(timedelta(minutes=5))
    _mail(made, OTHER, "other", "se352-301", b"%PDF form of another", rules=rules)
    _mail(made, OURS, MARKER, "medical-report", f"%PDF {MARKER}".encode(), rules=rules, medical=True)
    _shared(made)
    clock.turn(timedelta(minutes=5))
    _receipt(made)
    _judged(made)
    return made


def stamp(made: World) -> int:
    """A time stamp of a third party about the last checkpoint; the size it is about."""
    with made.database.transaction() as session:
        found = stamps.latest_unstamped(session)
        assert found is not None
        size, note = found
        token = b"\x30\x82" + hashlib.sha256(note.encode()).digest() + b"\x00"
        stamps.add(
            session,
            StampRow(size=size, at=made.clock.now(), authority="https://heure.example", token=token),
        )
    return size


def _judged(made: World) -> None:
    """A verdict on the signature of the mail that opened our case, with what it stands on."""
    kept = [
        (role, made.vault.put(f"{role.value} DER".encode(), "proof"))
        for role in (Role.SIGNER, Role.ROOT, Role.CRL)
    ]

    def work(session: Session) -> list[tuple[Kind, str, dict[str, object]]]:
        case = cases.get(session, OURS)
        assert case is not None
        mail = case.opened_by_delivery
        judgments.add(
            session,
            [
                Judgment(
                    delivery=mail, role=role, sha256=sha, source=Source.MESSAGE, judged_at=made.clock.now()
                )
                for role, sha in kept
            ],
        )
        told: dict[str, object] = {
            "step": "judge",
            "verdicts": ["valid"],
            "evidence": [sha for _, sha in kept],
        }
        return [(Kind.STEP, f"delivery:{mail}", told)]

    _write(made, work)


def _circuits() -> Circuits:
    return Circuits({}, read_directory(CONFIG / "directory", "directory", Findings()))


def _write(made: World, work: Callable[[Session], list[tuple[Kind, str, dict[str, object]]]]) -> None:
    with made.database.transaction() as session:
        for kind, subject, fields in work(session):
            made.recorder.add(session, kind, subject, **fields)  # type: ignore[arg-type]


def _mail(
    made: World, reference: str, name: str, kind: str, content: bytes, *, rules: str, medical: bool = False
) -> None:
    """One mail with one document, that opens or joins the case; its letter when it opens it."""
    raw = f"Subject: {name}\r\n\r\n".encode() + content + b"\r\n"
    sha256 = made.vault.put(raw, "raw")
    part = made.vault.put(content, "part")
    made.vault.put(_letter_of(sha256), "letter")
    at = made.clock.now()

    def work(session: Session) -> list[tuple[Kind, str, dict[str, object]]]:
        session.add(_delivery(made, sha256, name))
        session.flush()
        document = Document(
            delivery=sha256, position=0, path="0", name=f"{name}.pdf", media_type="application/pdf",
            sha256=part, size=len(content), pages=2, kind=kind,
            confidentiality="medical" if medical else "administrative",
        )  # fmt: skip
        session.add(document)
        session.flush()
        case = cases.get(session, reference) or cases.open_case(session, _case(reference, sha256, at))
        cases.file_document(session, document.id or 0, case.id or 0, at, ["essai"])
        subject = f"delivery:{sha256}"
        events: list[tuple[Kind, str, dict[str, object]]] = [
            (Kind.ARRIVAL, subject, {"via": "smtp", "mailboxes": ["boite@cnse.example"], "size": len(raw)}),
            (Kind.STEP, subject, {"step": "read", "document": part, "position": 0, "kind": kind}),
            (Kind.DECISION, subject, {"queues": ["cpam-131"], "rules": rules, "letter": "accuse"}),
        ]
        if medical:
            return [*events, (Kind.CASE_JOINED, f"case:{reference}", {"delivery": sha256})]
        entry = _queue(session, sha256, case, at)
        due = deadlines.add(session, _deadline(sha256, case, at))
        assert due is not None
        return [
            *events,
            (Kind.CASE_OPENED, f"case:{reference}", {"delivery": sha256, "kind": kind}),
            (
                Kind.LETTER_QUEUED,
                f"outbox:{entry.message_id}",
                {"letter": "accuse", "bytes": entry.raw_sha256},
            ),
            (Kind.DEADLINE_SET, subject, {"deadline": due.id, "kind": due.kind, "case": case.id}),
        ]

    _write(made, work)


def _shared(made: World) -> None:
    """One mail with a form of each case: what it says of one is not told to the other."""
    raw = b"Subject: deux dossiers\r\n\r\nles deux\r\n"
    sha256 = made.vault.put(raw, "raw")
    parts = {reference: made.vault.put(f"%PDF {reference}".encode()) for reference in (OURS, OTHER)}

    def work(session: Session) -> list[tuple[Kind, str, dict[str, object]]]:
        session.add(_delivery(made, sha256, "deux dossiers"))
        session.flush()
        subject = f"delivery:{sha256}"
        events: list[tuple[Kind, str, dict[str, object]]] = [(Kind.ARRIVAL, subject, {"via": "smtp"})]
        for position, (reference, part) in enumerate(parts.items()):
            case = cases.get(session, reference)
            assert case is not None
            document = Document(
                delivery=sha256, position=position, path=str(position), name="f.pdf", size=1,
                media_type="application/pdf", sha256=part, kind="se352-301",
                confidentiality="administrative",
            )  # fmt: skip
            session.add(document)
            session.flush()
            cases.file_document(session, document.id or 0, case.id or 0, made.clock.now(), [])
            events.append((Kind.STEP, subject, {"step": "read", "document": part, "position": position}))
            events.append((Kind.ITEM_FILED, subject, {"case": reference, "queue": "cpam-131"}))
        return events

    _write(made, work)


def _receipt(made: World) -> None:
    """The report of a mail server about the letter of our case."""
    sha256 = made.vault.put(b"Subject: Remis\r\n\r\n250\r\n", "raw")

    def work(session: Session) -> list[tuple[Kind, str, dict[str, object]]]:
        report = _delivery(made, sha256, "Remis")
        report.kind = "delivery-report"
        session.add(report)
        session.flush()
        letter = outbox.by_message_id(session, _message_id(OURS))
        assert letter is not None
        assert letter.id is not None
        row = Receipt(outbox_id=letter.id, delivery=sha256, action="delivered", at=made.clock.now())
        assert outbox.add_receipt(session, row)
        return [
            (Kind.ARRIVAL, f"delivery:{sha256}", {"via": "smtp"}),
            (Kind.RECEIPT, f"outbox:{letter.message_id}", {"delivery": sha256, "action": "delivered"}),
        ]

    _write(made, work)


def _delivery(made: World, sha256: str, subject: str) -> Delivery:
    return Delivery(
        sha256=sha256,
        size=1,
        state=DeliveryState.SCHEDULED,
        received_at=made.clock.now(),
        mailbox="boite@cnse.example",
        envelope_from="admissions@chu.example",
        sender="admissions@chu.example",
        circuit=CIRCUIT,
        subject=subject,
        kind="mail",
        security={"signature": "valid"},
    )


def _case(reference: str, sha256: str, at: object) -> Case:
    return Case.model_validate(
        {
            "reference": reference,
            "circuit": CIRCUIT,
            "opened_at": at,
            "opened_by_delivery": sha256,
            "patient_name": "ESSAI" if reference == OURS else "AUTRUI",
        }
    )


def _message_id(reference: str) -> str:
    return f"<{hashlib.sha256(reference.encode()).hexdigest()[:32]}@cnse.example>"


def _letter_of(sha256: str) -> bytes:
    return f"Subject: Accuse\r\n\r\nrecu {sha256}\r\n".encode()


def _queue(session: Session, sha256: str, case: Case, at: object) -> OutboxEntry:
    values = {
        "message_id": _message_id(case.reference),
        "circuit": CIRCUIT,
        "letter": "accuse",
        "mailbox": "boite@cnse.example",
        "recipient": "admissions@chu.example",
        "subject": "Accuse",
        "raw_sha256": hashlib.sha256(_letter_of(sha256)).hexdigest(),
        "delivery": sha256,
        "case_id": case.id,
        "created_at": at,
        "next_attempt_at": at,
    }
    entry = outbox.queue(session, OutboxEntry.model_validate(values))
    assert entry is not None
    return entry


def _deadline(sha256: str, case: Case, at: object) -> Deadline:
    return Deadline.model_validate(
        {
            "kind": "acknowledgement",
            "origin": f"delivery:{sha256}",
            "circuit": CIRCUIT,
            "delivery": sha256,
            "case_id": case.id,
            "due": "2026-11-24",
            "basis": "CRPA",
            "status": "to be confirmed",
            "created_at": at,
        }
    )


@cache
def sample() -> bytes:
    """One evidence file with something of everything; the same for a whole process, the key is its own."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        database = Database(f"sqlite:///{root / 'passerelle.sqlite'}")
        schema.upgrade(database)
        ring, clock = KeyRing(root / "keys"), TurnableClock(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
        recorder = Recorder(clock, ring, root / "checkpoints")
        made = world(database, Vault(root / "vault", ring), ring, recorder, clock, rules_hash(FOLDER))
        recorder.checkpoint(database)
        stamp(made)
        content = made.exporter().export(OURS, "essai").content
        database.close()
        return content
