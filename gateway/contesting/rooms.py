"""What handling contestations needs, built once from a house."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.circuits.contested import Contested
from gateway.circuits.directory import Directory
from gateway.circuits.model import Circuit
from gateway.deadlines.calendar import Calendars
from gateway.errors import Refused
from gateway.house import House
from gateway.outbound.certificates import Choice
from gateway.outbound.seal import Seal
from parsers.claims import ClaimsRead, ClaimWords
from storage.db import Session
from storage.vault import Vault

ReadClaims = Callable[[bytes, str, str, str, ClaimWords], ClaimsRead]
"""``(content, media type, name, context, words) -> claims``, in the sandbox. Raises ``ParseError``."""


@dataclass(frozen=True, slots=True)
class Contesting:
    """The rooms that a contestation crosses."""

    circuits: Mapping[str, Circuit]
    directory: Directory
    calendars: Calendars
    vault: Vault
    read: ReadClaims
    choose: Callable[[Session, str, datetime], Choice]
    """The certificate to encrypt a letter to this address for, or why there is none."""
    protect: Seal
    """A draft to the exact bytes that leave."""

    def rules(self, circuit: str) -> tuple[Circuit, Contested]:
        """The circuit and what it says of contestations. Raises ``Refused`` when it says nothing."""
        found = self.circuits.get(circuit)
        if found is None or found.contestations is None:
            raise Refused(
                "Ce circuit ne dit pas comment se lisent les contestations ; rien n'a été changé : "
                "complétez la partie [contestations] de son circuit.toml."
            )
        return found, found.contestations


def contesting_of(house: House) -> Contesting:
    """The rooms of ``house``."""
    return Contesting(
        circuits=house.circuits.by_name,
        directory=house.circuits.directory,
        calendars=house.calendars,
        vault=house.vault,
        read=house.reader.claims,
        choose=house.chooser(),
        protect=house.seal(),
    )
