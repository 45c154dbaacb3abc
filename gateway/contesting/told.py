"""What a list of contested claims would give, told without writing anything: for ``mail explain``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.circuits.model import Circuit
from gateway.contesting.intake import lists_named
from parsers.claims import Claim, ClaimsRead, ClaimWords
from parsers.errors import ParseError
from storage.documents import Document

Read = Callable[[bytes, str, str, str, ClaimWords], ClaimsRead]


def lists_told(
    circuit: Circuit, rows: Sequence[Document], contents: Mapping[str, bytes], context: str, read: Read
) -> list[dict[str, Any]]:
    """One value a list: its claims and how many rows are none, or why it cannot be read."""
    rules = circuit.contestations
    if rules is None:
        return []
    told: list[dict[str, Any]] = []
    for row in lists_named(circuit, rows):
        try:
            found = read(contents[row.sha256], row.media_type, row.name, context, rules.words)
        except ParseError as error:
            told.append({"document": row.name, "trouble": error.message, "claims": [], "unread": 0})
            continue
        claims = [_claim(one, rules.titles) for one in found.claims]
        told.append({"document": row.name, "trouble": None, "claims": claims, "unread": len(found.unread)})
    return told


def _claim(one: Claim, titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "place": one.place,
        "reference": one.reference,
        "last_name": one.last_name,
        "first_names": one.first_names,
        "starts": one.starts.isoformat() if one.starts else None,
        "ends": one.ends.isoformat() if one.ends else None,
        "amount": one.amount,
        "reason": one.reason,
        "reason_title": titles.get(one.reason, one.reason),
        "doubts": list(one.doubts),
    }


def in_french(told: Sequence[Mapping[str, Any]]) -> list[str]:
    """The same, a line a claim."""
    lines: list[str] = []
    for one in told:
        if one["trouble"]:
            lines.append(f"Créances de « {one['document']} » : {one['trouble']}")
            continue
        lines.append(
            f"Créances de « {one['document']} » : {len(one['claims'])}, "
            f"et {one['unread']} ligne(s) qui n'en sont pas"
        )
        for claim in one["claims"]:
            who = " ".join(filter(None, (claim["last_name"], claim["first_names"])))
            stay = f", du {claim['starts']} au {claim['ends']}" if claim["starts"] and claim["ends"] else ""
            amount = f", {claim['amount']} EUR" if claim["amount"] else ""
            lines.append(
                f"  {claim['reference'] or 'sans référence'} : {who or 'sans nom'}{stay}{amount}, "
                f"motif « {claim['reason_title']} » ({claim['place']})"
            )
            lines += [f"    ! {doubt}" for doubt in claim["doubts"]]
    return lines
