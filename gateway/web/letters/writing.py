"""What a letter by hand starts from: to whom it may go, what its model may say of the mail and the case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from gateway.cases import nir
from gateway.cases.transitions import locked_by
from gateway.circuits.desk import BillingLine, ByHand, Registration
from gateway.circuits.directory import Directory, correspondent_of
from gateway.circuits.letters import LetterCaisse, LetterContext, LetterDocument
from gateway.circuits.model import OTHER, Circuit, Letter
from gateway.circuits.notice import reply_address
from gateway.clock import paris_date
from gateway.errors import Unavailable
from gateway.outbound.compose import Attached, without_values
from gateway.outbound.handwritten import Mailroom
from gateway.web.access import Desk, Right, Viewer
from gateway.web.house import WebHouse
from gateway.web.items import papers
from parsers.forms.checks import TO_COMPLETE
from storage import deliveries, lacking, registrations, reviews
from storage.cases import Item
from storage.db import Session
from storage.deliveries import Delivery
from storage.documents import IssueRow
from storage.registrations import Registration as Entry
from storage.sheets import ItemSheet, Paper

NO_POST = "L’envoi de lettres n’est pas ouvert ici ; rien n’est parti. Réessayez plus tard."
ADMINISTRATIVE = "administrative"
_PICTURES = 12


@dataclass(frozen=True, slots=True)
class Address:
    """Somewhere the letter may go, and who reads there."""

    address: str
    label: str


@dataclass(frozen=True, slots=True)
class Ground:
    """The mail a letter is about, as this person sees it."""

    sheet: ItemSheet
    circuit: Circuit
    desk: Desk
    entry: Entry | None
    """The registration in force of its case."""
    opener: Delivery | None
    """The mail that opened its case."""
    papers: tuple[Paper, ...]
    """Administrative documents alone: nothing medical ever reaches a letter by hand."""
    issues: tuple[IssueRow, ...] = ()
    """What they still lack, by ``storage.lacking``."""
    rejected: int | None = None
    """The first of them that a person rejected."""


def mailroom(rooms: WebHouse) -> Mailroom:
    """How letters leave this house. Raises ``Unavailable`` where they do not."""
    if rooms.contesting is None:
        raise Unavailable(NO_POST)
    return Mailroom(rooms.vault, rooms.contesting.choose, rooms.contesting.protect)


def may_write(item: Item, seen: Viewer, at: datetime) -> bool:
    """Whether this person may write about ``item`` at ``at``: nobody else holds it, or they supervise."""
    if not seen.may(Right.ACT):
        return False
    return locked_by(item, at) in {None, seen.login} or seen.may(Right.TAKE_OVER)


def ground(session: Session, sheet: ItemSheet, circuit: Circuit, desk: Desk) -> Ground:
    """What is known of the mail of an item, for a letter about it."""
    entries = registrations.of_case(session, sheet.case.id or 0) if sheet.case is not None else []
    found = (p for p in sheet.papers if p.document.confidentiality == ADMINISTRATIVE)
    plain = tuple(papers.as_given(p, circuit) for p in found)
    opened = sheet.case.opener if sheet.case is not None else None
    opener = deliveries.get(session, opened) if opened is not None else None
    said = reviews.latest(session, [p.document.id or 0 for p in plain])
    left = (lacking.remaining(p.issues, p.facts, said.get(p.document.id or 0)) for p in plain)
    gone = reviews.rejected(session, [p.document.id or 0 for p in plain])
    return Ground(
        sheet,
        circuit,
        desk,
        entries[-1] if entries else None,
        opener,
        plain,
        issues=tuple(issue for found in left for issue in found),
        rejected=next((p.document.id for p in plain if p.document.id in gone), None),
    )


def models(seen: Viewer, on: Ground) -> tuple[ByHand, ...]:
    """The letters this person may write here; those of a registration need one, and a caisse's role."""
    rules = on.circuit.desk
    if rules is None:
        return ()
    kept = _of_registration(on.circuit.registration)
    allowed = on.entry is not None and seen.may(Right.REGISTER)
    return tuple(one for one in rules.letters if one.letter not in kept or allowed)


def addresses(rooms: WebHouse, on: Ground) -> tuple[Address, ...]:
    """Whoever wrote first, then those of the directory whom this mail concerns; never anybody else."""
    directory, case, delivery = rooms.circuits.directory, on.sheet.case, on.sheet.delivery
    found: dict[str, Address] = {}
    signature = str((delivery.security or {}).get("signature", "absent"))
    sender = reply_address(delivery.sender, delivery.envelope_from, signature)
    if sender:
        known = correspondent_of(directory, sender)
        found[sender.casefold()] = Address(sender, known.name if known else "l’expéditeur du message")
    first = _opener(on, directory)
    if first is not None:
        found.setdefault(first.address.casefold(), first)
    finess = case.establishment_finess if case is not None else None
    served = on.circuit.forwarding.role if on.circuit.forwarding is not None else None
    told = set(on.circuit.institutions) - {served}  # a medical service is reached by forwarding alone
    for one in directory.correspondents:
        here = one.role in told or (finess is not None and one.finess == finess)
        if here and one.role != "refused" and not one.address.startswith("@"):
            found.setdefault(one.address.casefold(), Address(one.address, one.name))
    caisse = directory.caisses.get(case.caisse or "") if case is not None else None
    if caisse is not None and caisse.mailbox:
        found.setdefault(caisse.mailbox.casefold(), Address(caisse.mailbox, caisse.label))
    own = {box.address.casefold() for box in on.circuit.mailboxes}
    return tuple(one for key, one in found.items() if key not in own)


def context(
    rooms: WebHouse, session: Session, on: Ground, recipient: str, document: int | None, *, encrypted: bool
) -> LetterContext:
    """What a model may say; the person and the number only to a letter that leaves encrypted."""
    case, delivery = on.sheet.case, on.sheet.delivery
    caisse = rooms.circuits.directory.caisses.get(case.caisse or "") if case is not None else None
    entry = on.entry if encrypted else None
    about = next((p for p in on.papers if p.document.id == document), None)
    review = reviews.latest(session, [document or 0]).get(document or 0) if about is not None else None
    names = (case.patient_name, case.patient_first_names) if case is not None and encrypted else ()
    return LetterContext(
        mailbox=on.circuit.mailbox(delivery.mailbox) or on.circuit.mailboxes[0],
        received_on=paris_date(delivery.received_at),
        today=paris_date(rooms.clock.now()),
        circuit_title=on.circuit.title,
        queue_title=on.desk.title,
        sender=recipient,
        case_reference=case.reference if case is not None else None,
        form_reference=case.form_reference if case is not None else None,
        patient=" ".join(filter(None, names)) or None,
        documents=tuple(_documents(on, about, named=encrypted)),
        missing=missing(on, quoted=encrypted),
        caisse=LetterCaisse(caisse.label, caisse.mailbox) if caisse is not None else None,
        reason=review.reason or None if review is not None else None,
        provisional_nir=nir.written(entry.nir) if entry is not None else None,
        rights_start=entry.starts if entry is not None else None,
        rights_end=entry.ends if entry is not None else None,
        billing=billing(on.circuit.registration),
    )


def billing(rules: Registration | None) -> tuple[str, ...]:
    """Lines a hospital needs to bill; it bills on them, so what is not confirmed does not leave."""
    sure = (one for one in rules.billing if one.status == "confirmed") if rules is not None else ()
    return tuple(f"{one.label} : {one.value}" for one in sure)


def withheld(rules: Registration | None, letter: Letter) -> tuple[BillingLine, ...]:
    """What ``letter`` does not say of billing until somebody confirms it in the circuit."""
    if rules is None or letter.name not in _of_registration(rules):
        return ()
    return tuple(one for one in rules.billing if one.status != "confirmed")


def missing(on: Ground, *, quoted: bool) -> tuple[str, ...]:
    """What still lacks or is doubtful in them; values only where they may be read."""
    told = (issue.message for issue in on.issues if issue.severity != "info")
    return tuple(dict.fromkeys(text if quoted else without_values(text) for text in told))


def pictures(rooms: WebHouse, on: Ground, letter: Letter) -> tuple[Attached, ...]:
    """Pictures of the incomplete boxes, for the letter that asks to complete them."""
    if on.circuit.desk is None or letter.name != on.circuit.desk.missing:
        return ()
    issues = [issue for issue in on.issues if issue.code in TO_COMPLETE]
    blobs = [i.picture_sha256 for i in issues if i.picture_sha256]
    return tuple(
        Attached(f"cadre-{n}.png", rooms.vault.get(sha))
        for n, sha in enumerate(dict.fromkeys(blobs[:_PICTURES]), 1)
    )


def _documents(on: Ground, about: Paper | None, *, named: bool) -> Iterator[LetterDocument]:
    day = paris_date(on.sheet.delivery.received_at)
    for paper in (about,) if about is not None else on.papers:
        document = paper.document
        title = on.circuit.title_of(document.kind or "other")
        said = on.circuit.rule_of(document.kind or OTHER, day)
        yield LetterDocument(
            title, document.name if named and document.name else None, document.pages, said
        )


def _opener(on: Ground, directory: Directory) -> Address | None:
    """Whoever wrote the mail that opened the case, when the directory knows them."""
    if on.opener is None:
        return None
    signature = str((on.opener.security or {}).get("signature", "absent"))
    address = reply_address(on.opener.sender, on.opener.envelope_from, signature)
    known = correspondent_of(directory, address) if address else None
    if not address or known is None or known.role == "refused":
        return None
    return Address(address, known.name)


def _of_registration(rules: Registration | None) -> frozenset[str]:
    return frozenset({rules.letter, rules.update_letter}) if rules is not None else frozenset()
