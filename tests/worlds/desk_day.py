"""A small world with a clock: mails are filed and scheduled, the sweep turns, letters queue up."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from gateway.cases.file import Filed, file_delivery
from gateway.circuits.decision import Decision, DocumentSeen, MailSeen
from gateway.circuits.model import Circuit
from gateway.clock import TurnableClock
from gateway.deadlines.calendar import load_calendars
from gateway.deadlines.compute import due_dates
from gateway.deadlines.schedule import schedule
from gateway.deadlines.sweep import Sweeper, Swept
from gateway.evidence.record import Recorder
from gateway.outbound.reminders import ReminderPost
from gateway.outbound.seal import Seal
from storage.db import Database
from storage.outbox import OutboxEntry
from storage.vault import Vault
from tests.builders import rows
from tests.builders.seen import FINESS, HOSPITAL, circuit, decision, directory, mail

CALENDARS = load_calendars(Path(__file__).parents[2] / "config" / "calendars")


class DeskDay:
    """``receive`` a mail now, ``sweep`` now, read the ``letters`` queued."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        recorder: Recorder,
        clock: TurnableClock,
        model: Circuit | None = None,
    ) -> None:
        self.database = database
        self.vault = vault
        self.recorder = recorder
        self.clock = clock
        self.circuit = model or circuit()
        self.calendars = CALENDARS
        """Replace them to correct a feast."""
        self.directory = directory()
        self.place = ("131", FINESS)
        """Caisse and FINESS of the establishment."""

    def receive(
        self, letter: str, *documents: DocumentSeen, sender: str = HOSPITAL, to: tuple[str, ...] = ()
    ) -> Filed:
        """File and schedule one mail, as the journey does, at the time of the clock."""
        at, sha = self.clock.now(), letter * 64
        seen = replace(mail(*documents), sha256=sha, received_at=at, sender=sender, envelope_from=sender)
        decided = self._decision(seen)
        with self.database.transaction() as session:
            delivery = rows.delivery(session, letter, received_at=at, sender=sender, recipients=to)
            stored = rows.documents_of(session, sha, documents)
            filed = file_delivery(
                session, delivery, stored, seen, decided, self.circuit, self.directory, at
            )
        self.schedule(letter, *documents, received_at=at, sender=sender)
        return filed

    def schedule(
        self, letter: str, *documents: DocumentSeen, received_at: datetime, sender: str = HOSPITAL
    ) -> int:
        """The last step of the journey alone; how many entries it wrote in the evidence."""
        at, sha = self.clock.now(), letter * 64
        seen = replace(
            mail(*documents), sha256=sha, received_at=received_at, sender=sender, envelope_from=sender
        )
        dues = due_dates(self.circuit, seen, self._decision(seen), at, self.calendars, self.directory)
        with self.database.transaction() as session:
            delivery = rows.stored_delivery(session, sha)
            events = schedule(session, delivery, seen, dues, self.circuit, at, self.calendars)
            for kind, subject, fields in events:
                self.recorder.add(session, kind, subject, **fields)
        return len(events)

    def sweep(self, per_day: int = 20) -> Swept:
        circuits = {self.circuit.name: self.circuit}
        post = ReminderPost(self.vault, circuits, self.directory, Seal(), per_day)
        return Sweeper(
            self.database, self.recorder, self.clock, circuits, self.directory, self.calendars, post=post
        ).once()

    def _decision(self, seen: MailSeen) -> Decision:
        caisse, finess = self.place
        return decision(seen, caisse=caisse, establishment=finess)

    def letters(self) -> list[OutboxEntry]:
        with self.database.reading() as session:
            return rows.letters(session)

    def text(self, entry: OutboxEntry) -> str:
        """The letter as its reader sees it, headers first."""
        return rows.readable(self.vault.get(entry.raw_sha256))
