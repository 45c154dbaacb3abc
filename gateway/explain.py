"""``mail explain``: every step for one mail, writing nothing, through the very functions of the journey."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gateway import bootstrap
from gateway.cases.superseded import notes
from gateway.circuits.decision import Decision, MailSeen
from gateway.circuits.load import Circuits
from gateway.circuits.model import Circuit
from gateway.clock import SystemClock
from gateway.contesting.told import in_french as told_claims
from gateway.contesting.told import lists_told
from gateway.deadlines.compute import DueDate, due_dates
from gateway.errors import Refused
from gateway.identities import mailbox_identities
from gateway.outbound.compose import Draft, NoLetter, acknowledgement
from gateway.routing.match import match
from gateway.settings import Settings
from gateway.triage.nested import unwrap, with_nested
from gateway.triage.read import DECORATION, ReadDocument, Reader
from gateway.triage.seen import mail_seen
from gateway.triage.unpack import document_rows, message_columns, unpack
from gateway.triage.unseal import security_columns, unseal
from parsers import headers
from parsers.errors import ParseError
from parsers.forms.checks import TO_COMPLETE
from parsers.mime import parse
from parsers.smime.model import Identity
from parsers.unpack import Unpacked
from storage.deliveries import Delivery, DeliveryState
from storage.documents import Document
from storage.keys import KeyRing

SHEET_DPI = 96.0
"""Resolution of the page images of ``examine``: as sharp as a screen shows them."""
_SHEETS = 40
"""Page images of one document; the pages after them are named only."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The image of one page, ``width`` by ``height`` points."""

    number: int
    png: bytes
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Explained:
    """Everything the journey would do. ``told`` is the JSON object; ``sheets`` go by document position."""

    told: dict[str, Any]
    circuit: Circuit
    read: tuple[ReadDocument, ...]
    draft: Draft | NoLetter
    dues: tuple[DueDate, ...]
    sheets: Mapping[int, tuple[Sheet, ...]]


def addressed(raw: bytes, circuits: Circuits, chosen: str | None) -> tuple[str, str]:
    """Envelope sender and mailbox of a mail that comes from a file: its own headers tell.

    Raises ``Refused`` when ``chosen`` is not a mailbox of any circuit.
    """
    part = parse(raw)
    known = {box.address.casefold(): box.address for c in circuits.by_name.values() for box in c.mailboxes}
    if chosen is not None:
        if chosen.casefold() not in known:
            raise Refused(f"« {chosen} » n'est la boîte d'aucun circuit ; rien n'a été fait.")
        address = known[chosen.casefold()]
    else:
        named = [
            a.address.casefold()
            for name in ("Delivered-To", "X-Original-To", "To", "Cc")
            for value in part.header_all(name)
            for a in headers.addresses(value)
        ]
        address = next((known[n] for n in named if n in known), next(iter(known.values())))
    path = part.header("Return-Path")  # an empty one says that nothing may be answered
    found = headers.addresses(path if path is not None else part.header("From") or "")
    return (found[0].address if found else ""), address


def explain(raw: bytes, settings: Settings, chosen: str | None = None) -> dict[str, Any]:
    """What would happen to ``raw`` now, as the JSON object of the contract.

    Raises ``ParseError`` or ``Refused`` where the journey would set the mail aside.
    """
    return examine(raw, settings, chosen).told


def examine(
    raw: bytes,
    settings: Settings,
    chosen: str | None = None,
    look: Callable[[Document], bool] | None = None,
) -> Explained:
    """The same with what a page needs: the letter and, for documents ``look`` says, their page images.

    Raises as ``explain``.
    """
    circuits = bootstrap.rules(settings)
    reader = bootstrap.reader(settings)
    at = SystemClock().now()
    sender, mailbox = addressed(raw, circuits, chosen)
    circuit = circuits.of_mailbox(mailbox)
    if circuit is None:
        raise Refused(f"« {mailbox} » n'est la boîte d'aucun circuit ; rien n'a été fait.")
    try:
        identities = _identities(settings, mailbox)
        security, unpacked = _opened(raw, settings, circuits, identities, at, reader)
        delivery = Delivery(
            sha256=hashlib.sha256(raw).hexdigest(),
            size=len(raw),
            state=DeliveryState.READ,
            received_at=at,
            mailbox=mailbox,
            envelope_from=sender,
            circuit=circuit.name,
            security=security,
            **message_columns(unpacked.message),
        )
        rows = document_rows(delivery.sha256, unpacked)
        contents = {row.sha256: content for row, content in rows}
        read = reader.read_all(
            [row for row, _ in rows],
            lambda row: contents[row.sha256],
            circuit,
            delivery.mail or {},
            at,
        )
        context = "\n".join((delivery.subject or "", str((delivery.mail or {}).get("body") or "")))
        claims = lists_told(circuit, [one.row for one in read], contents, context, reader.claims)
        sheets = {
            one.row.position: tuple(_sheets(reader, one.row, contents[one.row.sha256]))
            for one in read
            if look is not None and one.row.kind != DECORATION and look(one.row)
        }
    finally:
        reader.sandbox.close()
        reader.recognition.close()
    read = _with_notes(read, at)
    seen = mail_seen(delivery, [(r.row, r.facts, [i for i, _ in r.issues]) for r in read])
    decision = match(seen, circuit, circuits.directory)
    draft = acknowledgement(circuit, seen, decision, None, pictures_of(read), at, circuits.directory)
    dues = due_dates(circuit, seen, decision, at, bootstrap.calendars(settings), circuits.directory)
    told = _told(delivery, read, seen, decision, draft, dues, circuit) | {"claims": claims}
    return Explained(told, circuit, tuple(read), draft, dues, sheets)


def _opened(
    raw: bytes,
    settings: Settings,
    circuits: Circuits,
    identities: tuple[Identity, ...],
    at: datetime,
    reader: Reader,
) -> tuple[dict[str, Any] | None, Unpacked]:
    """The verdicts and the documents, nested secure mails opened. Raises ``ParseError``."""
    proofs = bootstrap.proofs(settings, SystemClock())
    trust = proofs.supplied(bootstrap.trust(settings, circuits))
    opened = unseal(raw, identities, trust, at, reader.sandbox, proofs).opened
    found = unpack(raw, opened.entity, reader.sandbox)
    unwrapped = unwrap(found, identities, trust, at, reader.sandbox, proofs)
    return with_nested(security_columns(opened.security), unwrapped), unwrapped.unpacked


def _with_notes(read: list[ReadDocument], at: datetime) -> list[ReadDocument]:
    """A document that another of the same mail replaces says so, as filing would note it."""
    found = notes([one.row for one in read], at)
    return [
        replace(one, issues=(*one.issues, (found[one.row.position], None)))
        if one.row.position in found
        else one
        for one in read
    ]


def _sheets(reader: Reader, row: Document, content: bytes) -> Iterator[Sheet]:
    """Page images of one document, made in limited children; none for a format without pages."""
    for number in range(row.first_page, row.first_page + min(row.pages or 0, _SHEETS)):
        try:
            png = reader.page_image(content, row.media_type, number, SHEET_DPI)
        except ParseError:
            return
        wide, high = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))  # IHDR
        yield Sheet(number, png, wide * 72 / SHEET_DPI, high * 72 / SHEET_DPI)


def _identities(settings: Settings, mailbox: str) -> tuple[Identity, ...]:
    """The mailbox's keys when the key folder exists; explaining never creates one."""
    folder = settings.path(settings.storage.keys)
    return mailbox_identities(KeyRing(folder), mailbox) if folder.is_dir() else ()


def pictures_of(read: list[ReadDocument]) -> dict[tuple[int, str], bytes]:
    """Pictures of the boxes to complete by document position and field."""
    return {
        (document.row.position, issue.field or ""): png
        for document in read
        for issue, png in document.issues
        if png is not None and issue.code in TO_COMPLETE
    }


def _told(
    delivery: Delivery,
    read: list[ReadDocument],
    seen: MailSeen,
    decision: Decision,
    draft: Draft | NoLetter,
    dues: tuple[DueDate, ...],
    circuit: Circuit,
) -> dict[str, Any]:
    shown = {d.position for d in seen.documents}
    letter = decision.letter if isinstance(draft, Draft) else None
    silence = (draft.reason,) if isinstance(draft, NoLetter) else ()
    return {
        "message": {
            "sha256": delivery.sha256,
            "message_id": delivery.message_id,
            "from": delivery.sender,
            "to": list(delivery.recipients),
            "subject": delivery.subject,
            "date": delivery.sent_at.isoformat() if delivery.sent_at else None,
            "security": delivery.security,
        },
        "kind": str(seen.kind),
        "documents": [_document(d) for d in read if d.row.position in shown],
        "decision": {
            "circuit": circuit.name,
            "queue": decision.queue,
            "forward_to": list(decision.routes[0].forward_to),
            "letter": letter,
            "reasons": [*decision.reasons, *decision.routes[0].reasons, *silence],
            "routes": [
                {
                    "queue": route.queue,
                    "documents": list(route.documents),
                    "forward_to": list(route.forward_to),
                    "reasons": list(route.reasons),
                }
                for route in decision.routes
            ],
            "rules": decision.rules_hash,
        },
        "deadlines": [
            {
                "kind": due.kind,
                "due": due.due.isoformat(),
                "basis": due.basis,
                "status": due.status,
                "explanation": list(due.explanation),
            }
            for due in dues
        ],
    }


def _document(document: ReadDocument) -> dict[str, Any]:
    row = document.row
    return {
        "name": row.name,
        "media_type": row.media_type,
        "sha256": row.sha256,
        "pages": row.pages,
        "kind": row.kind,
        "score": row.score,
        "reasons": list(row.reasons),
        "confidentiality": row.confidentiality,
        "fields": [
            {
                "name": fact.name,
                "value": fact.value,
                "normalised": fact.normalised,
                "page": fact.page,
                "box": fact.box,
                "source": fact.source,
                "confidence": fact.confidence,
            }
            for fact in document.facts
        ],
        "issues": [
            {"code": i.code, "field": i.field, "severity": i.severity, "message": i.message}
            for i, _ in document.issues
        ],
    }


def in_french(told: dict[str, Any]) -> str:
    """The same answer for a person: one paragraph a step, in the order of the journey."""
    message, decision = told["message"], told["decision"]
    security = message["security"]
    lines = [
        f"Message {message['sha256'][:12]} de {message['from'] or 'expéditeur vide'}",
        f"  objet : {message['subject'] or '(vide)'}",
        f"Ouverture : déchiffrement {security['decryption']}, signature {security['signature']}"
        + (f" ({security['signer']})" if security["signer"] else ""),
        *(f"  - {reason}" for reason in security["reasons"]),
        *(
            f"  message joint « {nested['path']} » : déchiffrement {nested['decryption']}, "
            f"signature {nested['signature']}" + (f" ({nested['signer']})" if nested["signer"] else "")
            for nested in security.get("nested") or ()
        ),
        f"Pièces : {len(told['documents'])}",
    ]
    for document in told["documents"]:
        lines.append(
            f"  {document['name']} : {document['kind']} "
            f"({document['confidentiality']}, {document['score']:.2f})"
        )
        lines += [f"      {f['name']} = {f['normalised'] or f['value']}" for f in document["fields"]]
        lines += [f"    ! {issue['message']}" for issue in document["issues"]]
    lines += told_claims(told["claims"])
    lines.append(f"Décision : file {decision['queue']}, lettre {decision['letter'] or 'aucune'}")
    lines += [f"  - {reason}" for reason in decision["reasons"]]
    lines.append("Échéances :" if told["deadlines"] else "Échéances : aucune")
    lines += [
        f"  {due['due']} {due['kind']} ({due['status']}) : {due['basis']}" for due in told["deadlines"]
    ]
    return "\n".join(lines) + "\n"
