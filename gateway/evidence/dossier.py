"""The evidence file of one case: gathered in one snapshot, sealed, packed, and written down as given."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gateway.circuits.load import Circuits
from gateway.clock import PARIS, Clock
from gateway.errors import NotFound, Refused, Unavailable
from gateway.evidence import container, rulesets
from gateway.evidence.dossier_gather import EXPORTED, Gathered, gather
from gateway.evidence.dossier_pack import Contents, Seal, members
from gateway.evidence.dossier_pictures import Render, pictures
from gateway.evidence.record import Kind, Recorder
from storage import dossier, erasures
from storage.cases import Case
from storage.db import Database, Session
from storage.keys import KeyRing
from storage.rulesets import known
from storage.vault import Vault

_TRIES = 5
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Written:
    """An evidence file as written, and what it holds."""

    reference: str
    sha256: str
    size: int
    """Bytes."""
    events: int
    withheld: int
    """Mails, letters and documents whose content is not given."""


@dataclass(frozen=True, slots=True)
class Exported:
    """An evidence file held in memory."""

    written: Written
    content: bytes

    @property
    def reference(self) -> str:
        return self.written.reference

    @property
    def withheld(self) -> int:
        return self.written.withheld


class Exporter:
    """Makes evidence files.

    ``folders`` are the folders of the circuits in force, by name; ``render`` makes the image of a page in a
    limited child, ``None`` leaves the summary without pictures.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        ring: KeyRing,
        recorder: Recorder,
        clock: Clock,
        circuits: Circuits,
        folders: Mapping[str, Path],
        render: Render | None = None,
    ) -> None:
        self._database = database
        self._vault = vault
        self._recorder = recorder
        self._clock = clock
        self._circuits = circuits
        self._folders = folders
        self._render = render
        self._seal = Seal(ring.public_pem, ring.public_key, ring.sign)

    def export(self, wanted: str, person: str, *, medical: bool = False) -> Exported:
        """The evidence file in memory; see ``write``."""
        out = io.BytesIO()
        written = self.write(wanted, person, out, medical=medical)
        return Exported(written, out.getvalue())

    def write(self, wanted: str, person: str, out: BinaryIO, *, medical: bool = False) -> Written:
        """Write the evidence file of the case ``wanted`` (reference or number), given to ``person``.

        ``out`` is empty, and can be read and sought. ``medical``: with the content of medical documents,
        each recorded as a reading. The export is in the log when this returns: give no byte before. Raises
        ``NotFound`` when there is no such case, ``Refused`` when it was erased, ``Unavailable`` when its
        rules cannot be read or the log moves too fast, ``StorageError``, ``OSError`` of ``out``.
        """
        found = self._gather(wanted, medical)
        name = found.holding.case.circuit
        circuit = self._circuits.by_name.get(name)
        seen = pictures(found, circuit, self._vault.get, self._render)
        try:
            rules = self._rules(found, name)
        except OSError as error:
            raise Unavailable(
                "Les règles du circuit ne se lisent pas ; aucun dossier de preuve n'a été écrit, "
                "vérifiez le dossier de configuration."
            ) from error
        contents = Contents(circuit, rules, seen, medical)
        container.write(out, members(found, contents, self._seal, self._clock.now()), self._vault.read)
        digest, size = _digest(out)
        kept = [*found.mails.values(), *found.documents.values(), *found.letters.values()]
        written = Written(
            found.holding.case.reference,
            digest,
            size,
            len(found.events),
            sum(reason is not None for reason in kept),
        )
        self._record(found, written, person, medical=medical)
        return written

    def _gather(self, wanted: str, medical: bool) -> Gathered:
        for _ in range(_TRIES):
            with self._database.reading() as session:
                case = dossier.find(session, wanted)
                if case is None:
                    raise NotFound(
                        f"Aucun dossier ne porte la référence « {wanted} » ; rien n'a été exporté, "
                        "vérifiez-la avec « passerelle queue list »."
                    )
                _refuse_erased(session, case)
                found = gather(session, case, medical=medical)
            if found is not None:
                return found
            self._recorder.checkpoint(self._database)
        raise Unavailable(
            "Ce dossier change pendant qu'on le lit ; rien n'a été exporté, recommencez dans un instant."
        )

    def _rules(self, found: Gathered, circuit: str) -> dict[str, dict[str, bytes]]:
        """The rule sets that the decisions of the case quote: those kept, and the one in force."""
        quoted = {str(event.fields.get("rules")) for event in found.events if event.kind == Kind.DECISION}
        in_force = rulesets.read_folder(self._folders[circuit]) if circuit in self._folders else {}
        with self._database.reading() as session:
            kept = known(session, quoted)
        sets = {
            digest: {path: self._vault.get(blob) for path, blob in row.files.items()}
            for digest, row in kept.items()
        }
        if rulesets.digest(in_force) in quoted:
            sets[rulesets.digest(in_force)] = in_force
        return sets

    def _record(self, found: Gathered, written: Written, person: str, *, medical: bool) -> None:
        opened = found.opened() if medical else []
        with self._database.transaction() as session:
            for document in opened:
                self._recorder.add(
                    session,
                    Kind.ACCESS,
                    f"delivery:{document.delivery}",
                    person=person,
                    document=document.position,
                    page=None,
                    outcome=EXPORTED,
                )
            self._recorder.add(
                session,
                Kind.EXPORT,
                f"case:{found.holding.case.reference}",
                person=person,
                medical=medical,
                sha256=written.sha256,
                size=written.size,
                checkpoint=found.last.size,
            )


def _digest(file: BinaryIO) -> tuple[str, int]:
    """SHA-256 and size of what was written; the file is left at its beginning."""
    whole, size = hashlib.sha256(), 0
    file.seek(0)
    while piece := file.read(_PIECE):
        whole.update(piece)
        size += len(piece)
    file.seek(0)
    return whole.hexdigest(), size


def _refuse_erased(session: Session, case: Case) -> None:
    """A case erased at the end of its retention has no file any more: say when, and what proves it."""
    erased = erasures.of_case(session, case.reference)
    if erased is None:
        return
    digest = hashlib.sha256(erased.certificate.encode()).hexdigest()
    raise Refused(
        f"Le dossier {case.reference} a été effacé au terme de sa conservation le "
        f"{erased.at.astimezone(PARIS):%d/%m/%Y} (effacement n° {erased.id}, certificat signé de "
        f"SHA-256 {digest}) ; rien n'a été exporté. Montrez ce certificat : "
        f"« passerelle admin retention certificate {erased.id} »."
    )
