"""The desk the samples are written at: a day, a keychain, and how a hospital writes a mail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.builders import forms
from tests.builders.forms import Form301
from tests.builders.keychain import Keychain
from tests.builders.letters import Attached, entity, mail

CNSE = "etab.ri-cnse.cpam-vannes@assurance-maladie.fr"
MEDICAL = "protocole.algerien@assurance-maladie.fr"

DUNES = ("Centre hospitalier des Dunes", "599000015", "admissions@ch-dunes.example")
BEFFROI = ("Hôpital universitaire du Beffroi", "599000023", "international@hu-beffroi.example")
CALANQUES = ("Hôpital des Calanques", "139000012", "admissions@hopital-calanques.example")
GARONNE = ("CHU de la Garonne", "319000014", "bureau.ri@chu-garonne.example")
ALIZES = ("CHU des Alizés", "970190013", "admissions@chu-alizes.example")
COLLINE = ("Hôpital de la Colline", "759000011", "secretariat@hopital-colline.example")

PDF = "application/pdf"
_HELLO = "Bonjour,\n\n{}\n\nCordialement,\nLe bureau des admissions\n"


@dataclass(frozen=True, slots=True)
class Sample:
    """One mail as its sender hands it to the gateway."""

    name: str
    says: str
    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    expect: str


class Desk:
    """Writes mails for the day ``at`` with the keys of ``keys``."""

    def __init__(self, keys: Keychain, at: datetime) -> None:
        self.keys = keys
        self.at = at
        self.today = at.date()
        self.written: dict[str, Sample] = {}
        """Samples already written, by name: a signature is never the same twice."""

    def form_301(
        self, seed: int, hospital: tuple[str, str, str], days: int = 30, **changes: object
    ) -> Form301:
        start = self.today - timedelta(days=12)
        return forms.sample_301(
            seed,
            **{
                "establishment_name": hospital[0],
                "establishment_finess": hospital[1],
                "start_date": start,
                "end_date": start + timedelta(days=days),
                "issue_date": start - timedelta(days=30),
                "quote_date": start - timedelta(days=60),
                "declaration_date": start,
                **changes,
            },
        )

    def sample(
        self,
        name: str,
        says: str,
        sender: str,
        subject: str,
        text: str,
        attached: tuple[Attached, ...] = (),
        *,
        to: tuple[str, ...] = (CNSE,),
        expect: str,
        protect: Callable[[bytes], bytes] | None = None,
        **more: str,
    ) -> Sample:
        content = entity(_HELLO.format(text), attached)
        content = protect(content) if protect else content
        raw = mail(sender, to, subject, self.at, content, **more)
        self.written[name] = Sample(name, says, sender, to, raw, expect)
        return self.written[name]

    def signed(self, sender: str) -> Callable[[bytes], bytes]:
        return lambda content: self.keys.sign(content, self.keys.of(sender))

    def sealed(self, sender: str, mailbox: str = CNSE) -> Callable[[bytes], bytes]:
        """Signed then encrypted, as Outlook does when both buttons are pressed."""
        return lambda content: self.keys.seal(content, self.keys.of(sender), mailbox)
