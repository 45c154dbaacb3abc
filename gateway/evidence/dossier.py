"""The evidence file of one case: gathered in one snapshot, sealed, packed, and written down as given."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.circuits.load import Circuits
from gateway.clock import Clock
from gateway.errors import NotFound, Unavailable
from gateway.evidence import rulesets
from gateway.evidence.dossier_gather import EXPORTED, Gathered, gather
from gateway.evidence.dossier_pack import Seal, pack
from gateway.evidence.record import Kind, Recorder
from storage import dossier
from storage.db import Database
from storage.keys import KeyRing
from storage.rulesets import known
from storage.vault import Vault

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Exported:
    """An evidence file, and what it holds."""

    reference: str
    content: bytes
    events: int
    withheld: int
    """Mails and documents whose content is not given."""


class Exporter:
    """Makes evidence files. ``folders`` are the folders of the circuits in force, by name."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        ring: KeyRing,
        recorder: Recorder,
        clock: Clock,
        circuits: Circuits,
        folders: Mapping[str, Path],
    ) -> None:
        self._database = database
        self._vault = vault
        self._recorder = recorder
        self._clock = clock
        self._circuits = circuits
        self._folders = folders
        self._seal = Seal(ring.public_pem, ring.public_key, ring.sign)

    def export(self, wanted: str, person: str, *, medical: bool = False) -> Exported:
        """The evidence file of the case ``wanted`` (reference or number), given to ``person``.

        ``medical``: with the content of medical documents, each recorded as a reading. The export is in
        the log before its bytes are returned. Raises ``NotFound`` when there is no such case,
        ``Unavailable`` when its rules cannot be read or the log moves too fast, ``StorageError``.
        """
        found = self._gather(wanted, medical)
        name = found.holding.case.circuit
        try:
            content = pack(
                found,
                self._vault.get,
                self._circuits.by_name.get(name),
                self._rules(found, name),
                self._seal,
                self._clock.now(),
                medical=medical,
            )
        except OSError as error:
            raise Unavailable(
                "Les règles du circuit ne se lisent pas ; aucun dossier de preuve n'a été écrit, "
                "vérifiez le dossier de configuration."
            ) from error
        self._record(found, content, person, medical=medical)
        kept = [*found.mails.values(), *found.documents.values()]
        return Exported(
            found.holding.case.reference,
            content,
            len(found.events),
            sum(reason is not None for reason in kept),
        )

    def _gather(self, wanted: str, medical: bool) -> Gathered:
        for _ in range(_TRIES):
            with self._database.reading() as session:
                case = dossier.find(session, wanted)
                if case is None:
                    raise NotFound(
                        f"Aucun dossier ne porte la référence « {wanted} » ; rien n'a été exporté, "
                        "vérifiez-la avec « passerelle queue list »."
                    )
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

    def _record(self, found: Gathered, content: bytes, person: str, *, medical: bool) -> None:
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
                sha256=hashlib.sha256(content).hexdigest(),
                size=len(content),
                checkpoint=found.last.size,
            )
