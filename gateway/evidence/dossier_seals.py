"""What others sealed: signatures of the mails as judged then, with what they were judged on; time stamps.

``signatures.json`` and ``retours.json`` say in one place what the rows say; the pieces and the receipts
they name are also named by events of the log, which is what ``verify.py`` looks for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from gateway.evidence.dossier_gather import Gathered
from gateway.evidence.dossier_words import NOTHING, moment, state
from gateway.evidence.section import Section
from storage.columns import instant_text
from storage.judgments import Judgment, Role

VERDICTS, RECEIPTS = "signatures.json", "retours.json"
_ENDINGS = {Role.CRL: "crl", Role.OCSP: "ocsp"}
_ROLES = {
    Role.SIGNER: "certificat du signataire",
    Role.INTERMEDIATE: "certificat intermédiaire",
    Role.ROOT: "certificat racine",
    Role.CRL: "liste de révocation",
    Role.OCSP: "réponse OCSP",
}


def proof_file(row: Judgment) -> str:
    """Where a piece of evidence of a verdict lies: DER, named by its SHA-256."""
    return f"signatures/{row.sha256}.{_ENDINGS.get(Role(row.role), 'cer')}"


def stamp_file(size: int) -> str:
    """Where the time stamp (RFC 3161) of the checkpoint of ``size`` entries lies."""
    return f"horodatages/{size:012d}.tsr"


def blobs(found: Gathered) -> dict[str, str]:
    """SHA-256 of each piece of evidence, by its place in the file."""
    return {proof_file(row): row.sha256 for row in found.holding.judgments}


def files(found: Gathered) -> dict[str, bytes]:
    """The tokens, and the two lists."""
    tokens = {stamp_file(row.size): row.token for row in found.stamps}
    verdicts, receipts = [_verdict(found, sha) for sha in found.mails], list(_receipts(found))
    judged = [one for one in verdicts if one["evidence"] or one["signature"] not in {None, "absent"}]
    return tokens | {VERDICTS: _json(judged), RECEIPTS: _json(receipts)}


def _verdict(found: Gathered, sha256: str) -> dict[str, Any]:
    security = next(d.security or {} for d in found.holding.deliveries if d.sha256 == sha256)
    nested = [part.get("signature") for part in security.get("nested") or ()]
    return {
        "message": sha256,
        "signature": security.get("signature"),
        "signer": security.get("signer"),
        "reasons": list(security.get("reasons") or ()),
        "nested": nested,
        "evidence": [_piece(row) for row in found.holding.judgments if row.delivery == sha256],
    }


def _piece(row: Judgment) -> dict[str, Any]:
    """One piece; the name of a mail nested in the mail may be medical, so that it is not told."""
    return {
        "file": proof_file(row),
        "role": row.role,
        "about": "nested mail" if row.place else "mail",
        "source": row.source,
        "url": row.url,
        "this_update": _instant(row.this_update),
        "next_update": _instant(row.next_update),
        "judged_at": _instant(row.judged_at),
    }


def _receipts(found: Gathered) -> Iterator[dict[str, Any]]:
    for letter in found.holding.letters:
        yield {
            "letter": f"lettres/{letter.raw_sha256}.eml",
            "name": letter.letter,
            "recipient": letter.recipient,
            "written": _instant(letter.created_at),
            "sent": _instant(letter.sent_at),
            "state": letter.state.value,
            "server_said": letter.last_reply,
            "protection": letter.protection,
            "receipts": [
                {
                    "message": receipt.delivery,
                    "action": receipt.action,
                    "status": receipt.status,
                    "at": _instant(receipt.at),
                }
                for receipt in found.holding.receipts
                if receipt.outbox_id == letter.id
            ],
        }


def signatures(found: Gathered) -> Section:
    """The verdict on each signed mail, as judged on its arrival."""
    received = {mail.sha256: mail for mail in found.holding.deliveries}
    rows = tuple(
        (
            moment(received[one["message"]].received_at),
            state(one["signature"]),
            one["signer"] or NOTHING,
            " ; ".join(one["reasons"]) or NOTHING,
            str(len(one["evidence"])),
        )
        for one in (_verdict(found, sha) for sha in found.mails)
        if one["evidence"] or one["signature"] not in {None, "absent"}
    )
    headers = ("Message reçu le", "Verdict", "Signataire", "Motif", "Pièces")
    return Section("Signatures, telles que jugées à l'arrivée", "", headers, rows)


def evidence(found: Gathered) -> Section:
    """Certificates, revocation lists and OCSP answers that these verdicts stand on."""
    kept = {row.sha256: row for row in found.holding.judgments}
    rows = tuple(
        (
            _ROLES[Role(row.role)],
            moment(row.this_update),
            moment(row.next_update),
            moment(row.judged_at),
            proof_file(row),
        )
        for row in kept.values()
    )
    headers = ("Rôle", "Émise le", "Jusqu'au", "A servi le", "Fichier")
    return Section("Certificats et preuves de révocation", "", headers, rows)


def stamps(found: Gathered) -> Section:
    """Time stamps of a third party about the checkpoints."""
    rows = tuple(
        (f"{row.size} entrées", moment(row.at), row.authority, stamp_file(row.size)) for row in found.stamps
    )
    intro = "L'heure est celle que dit l'autorité ; « openssl ts -verify » contrôle sa signature."
    headers = ("Journal de", "Heure", "Autorité", "Fichier")
    return Section("Horodatages par un tiers (RFC 3161)", intro, headers, rows)


def _instant(value: datetime | None) -> str | None:
    return None if value is None else instant_text(value)


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
