"""Everything the steps of the journey need, built once by ``bootstrap`` and handed down."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from gateway.circuits.load import Circuits
from gateway.circuits.model import Circuit
from gateway.clock import Clock
from gateway.deadlines.calendar import Calendars
from gateway.errors import Refused
from gateway.evidence.record import Recorder
from gateway.identities import signing_identity
from gateway.outbound.certificates import Chooser
from gateway.outbound.ldap import LdapDirectory
from gateway.outbound.seal import Seal
from gateway.settings import Settings
from gateway.triage.read import Reader
from gateway.triage.revocation import Proofs
from parsers.smime.model import Trust
from storage.db import Database
from storage.keys import KeyRing
from storage.vault import Vault


@dataclass(frozen=True, slots=True)
class House:
    """The composition root's answer: one instance a process, no global anywhere."""

    settings: Settings
    clock: Clock
    database: Database
    vault: Vault
    ring: KeyRing
    recorder: Recorder
    circuits: Circuits
    calendars: Calendars
    trust: Trust
    proofs: Proofs
    reader: Reader
    ldap: LdapDirectory | None = None
    """Where certificates of correspondents may be asked for; ``None``: no such directory."""

    def chooser(self) -> Chooser:
        """Looks for the certificates letters are encrypted for, with what is believed at each letter."""
        return Chooser(self.circuits.directory, lambda: self.proofs.supplied(self.trust), self.ldap)

    def seal(self) -> Seal:
        """Signs and encrypts letters as the settings say, with the keys of the mailboxes."""
        asked = self.settings.outgoing
        identity_of = partial(signing_identity, self.ring)
        return Seal(identity_of, self.trust.intermediates, asked.encryption, asked.key_transport)

    def circuit(self, name: str) -> Circuit:
        """The circuit called ``name``. Raises ``Refused`` when the configuration lost it."""
        found = self.circuits.by_name.get(name)
        if found is None:
            raise Refused(
                f"Le circuit « {name} » n'est plus dans la configuration ; le message est gardé : "
                "rétablissez le dossier du circuit puis relâchez-le."
            )
        return found

    def close(self) -> None:
        """Stop children and connections."""
        self.reader.sandbox.close()
        self.reader.recognition.close()
        self.database.close()
