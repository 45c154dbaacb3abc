"""The erasure itself: rows emptied and values of the log forgotten in one transaction, then the blobs.

What is erased is named first (``erased_rows``, with the blobs), in the transaction that empties the rows;
blobs are removed after the commit. A crash between the two leaves blobs that are named and no longer used:
the next run removes them. Holds are looked at again inside the transaction, the circuit locked: nothing
that is held is ever erased, whenever the hold came.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256 as digest
from typing import Any

from gateway.circuits.model import Circuit
from gateway.clock import paris_date
from gateway.contestations.plan import Due, documents_of, preview
from gateway.contestations.schedule import Retention, What
from gateway.evidence.record import Kind, Recorder
from storage import cases, erasures
from storage.canonical import Value, canonical
from storage.columns import instant_text
from storage.db import Database, Session
from storage.erasures import ErasedRow, Erasure
from storage.errors import BlobNotFound
from storage.vault import Vault

FORMAT = "passerelle-effacement-1"


@dataclass(frozen=True, slots=True)
class Signer:
    """The key that signs certificates: the log's. ``public_key`` is its 32 raw bytes."""

    sign: Callable[[bytes], bytes]
    public_key: bytes


@dataclass(slots=True)
class _Done:
    """What one unit emptied."""

    documents: int = 0
    mails: int = 0
    letters: int = 0
    values: int = 0
    blobs: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Erased:
    """What one run erased; ``certificate`` is its signed JSON text, ``units`` its lines."""

    units: tuple[Mapping[str, Any], ...]
    kept: tuple[Due, ...]
    blobs: int
    certificate: str


class Eraser:
    """Erases what the schedule lets go."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        recorder: Recorder,
        circuits: Mapping[str, Circuit],
        schedule: Retention,
        signer: Signer,
    ) -> None:
        self._database = database
        self._vault = vault
        self._recorder = recorder
        self._circuits = circuits
        self._schedule = schedule
        self._signer = signer

    def run(self, person: str, at: datetime) -> Erased:
        """Erase everything that is due and not held on the day of ``at``; sign what was done."""
        today = paris_date(at)
        with self._database.transaction() as session:
            for name in sorted(self._circuits):
                cases.lock_circuit(session, name)
            due = preview(session, self._schedule, self._circuits, today)
            ready = [one for one in due if one.ready(today)]
            kept = tuple(one for one in due if one.held and one.due <= today)
            units: list[Mapping[str, Any]] = []
            certificate = ""
            if ready:
                number = erasures.begin(session, Erasure(at=at, person=person))
                units = [self._unit(session, one, number) for one in ready]
                certificate = self._certify(units, kept, person, at)
                erasures.certify(session, number, certificate)
                self._recorder.add_all(session, [_event(number, unit, person) for unit in units])
        return Erased(tuple(units), kept, self.remove_blobs(), certificate)

    def remove_blobs(self) -> int:
        """Remove the blobs that erasures named and nothing uses, a crash's leftovers included."""
        with self._database.reading() as session:
            named = erasures.named_blobs(session)
            loose = named - erasures.still_used(session, named)
        removed = 0
        for blob in sorted(loose):
            with suppress(BlobNotFound):
                self._vault.delete(blob)
                removed += 1
        return removed

    def _unit(self, session: Session, one: Due, number: int) -> Mapping[str, Any]:
        done = _Done()
        if one.case_id is None:
            self._mail(session, one.subject.removeprefix("delivery:"), number, done, alone=True)
        elif one.what is What.LETTERS:
            self._letters(session, one.case_id, number, done)
        elif one.what is What.IDENTITY:
            self._identity(session, one, number, done)
        else:
            self._documents(session, one, number, done)
        return {
            "class": str(one.what),
            "subject": digest(one.subject.encode()).hexdigest(),
            "since": one.since.isoformat(),
            "due": one.due.isoformat(),
            "status": one.status,
            "documents": done.documents,
            "mails": done.mails,
            "letters": done.letters,
            "values": done.values,
            "blobs": sorted(set(done.blobs)),
        }

    def _documents(self, session: Session, one: Due, number: int, done: _Done) -> None:
        gone = erasures.keys(session, "document")
        mails: set[str] = set()
        for document in documents_of(session, one.what, one.case_id or 0, gone):
            blobs = erasures.erase_document(session, document)
            _mark(session, number, "document", str(document.id), blobs, done)
            done.documents += 1
            mails.add(document.delivery)
        for mail in sorted(mails):
            self._mail(session, mail, number, done)

    def _mail(
        self, session: Session, sha256: str, number: int, done: _Done, *, alone: bool = False
    ) -> None:
        """A mail goes with the last of its documents: until then its bytes still hold the others."""
        gone = erasures.keys(session, "document")
        rows = erasures.documents_of_mail(session, sha256)
        left = [row for row in rows if str(row.id) not in gone]
        if left and not alone:
            return
        for document in left:
            _mark(
                session,
                number,
                "document",
                str(document.id),
                erasures.erase_document(session, document),
                done,
            )
            done.documents += 1
        _mark(session, number, "mail", sha256, erasures.erase_mail(session, sha256), done)
        done.mails += 1
        if alone:
            done.values += self._forget(session, {f"delivery:{sha256}"})

    def _letters(self, session: Session, case_id: int, number: int, done: _Done) -> None:
        gone = erasures.keys(session, "letter")
        for letter in erasures.letters_of_case(session, case_id):
            if str(letter.id) not in gone:
                blobs = erasures.erase_letter(session, letter)
                _mark(session, number, "letter", str(letter.id), blobs, done)
                done.letters += 1

    def _identity(self, session: Session, one: Due, number: int, done: _Done) -> None:
        """What names a person in the case, its contestations and the entries of the log about it."""
        case_id, reference = one.case_id or 0, one.subject.removeprefix("case:")
        subjects = erasures.subjects_of_case(session, case_id, reference)
        blobs = erasures.erase_identity(session, case_id)
        _mark(session, number, "case", reference, blobs, done)
        for mail in erasures.finished_lists(session, case_id):
            self._mail(session, mail, number, done, alone=True)
        done.values += self._forget(session, subjects)

    def _forget(self, session: Session, subjects: set[str]) -> int:
        return self._recorder.forget(session, subjects=sorted(subjects))

    def _certify(
        self, units: Sequence[Mapping[str, Any]], kept: Sequence[Due], person: str, at: datetime
    ) -> str:
        """What was erased, by hashes and counts, signed by the key of the log."""
        told: dict[str, Value] = {
            "format": FORMAT,
            "at": instant_text(at),
            "person": person,
            "schedule": self._schedule.schedule_hash,
            "kept_on_hold": len(kept),
            "units": [dict(unit) for unit in units],
        }
        signature = base64.b64encode(self._signer.sign(canonical(told))).decode()
        whole = {"certificate": told, "public_key": self._signer.public_key.hex(), "signature": signature}
        return json.dumps(whole, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def signed_part(certificate: str) -> tuple[bytes, bytes, bytes]:
    """The signed bytes of a certificate, its signature and its public key (Ed25519, RFC 8032)."""
    whole = json.loads(certificate)
    return (
        canonical(whole["certificate"]),
        base64.b64decode(whole["signature"]),
        bytes.fromhex(whole["public_key"]),
    )


def _mark(session: Session, number: int, kind: str, key: str, blobs: Sequence[str], done: _Done) -> None:
    erasures.mark(session, ErasedRow(erasure_id=number, kind=kind, key=key, blobs=list(blobs)))
    done.blobs += blobs


def _event(number: int, unit: Mapping[str, Any], person: str) -> tuple[Kind, str, Mapping[str, Any]]:
    """The entry of one unit: its class and counts, and one hash over everything it named."""
    fields = {
        "kind": unit["class"],
        "sha256": digest(canonical(dict(unit))).hexdigest(),
        "count": unit["documents"] + unit["mails"] + unit["letters"],
        "blobs": len(unit["blobs"]),
        "values": unit["values"],
        "by": person,
    }
    return Kind.ERASURE, f"erasure:{number}", fields


def lines(due: Sequence[Due]) -> list[dict[str, Any]]:
    """A preview as plain values, for JSON."""
    return [{**asdict(one), "since": one.since.isoformat(), "due": one.due.isoformat()} for one in due]
