"""Golden pairs: ``name.eml`` (what comes in), ``name.json`` (what we see in it), ``name.why`` (the reason).

``python -m tests.builders.golden`` rewrites every ``.json`` from what the code sees now; the difference
is then read by a person before it is committed.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from parsers.errors import ParseError
from parsers.mime import Part, parse
from parsers.unpack import Found, Message, unpack

FOLDER = Path(__file__).parents[1] / "golden" / "mime"
FAMILIES = ("standard", "real", "malformed", "hostile")


def cases() -> list[Path]:
    """Every message of the collection, sorted by family and name."""
    return sorted(FOLDER.glob("*/*.eml"))


def describe(raw: bytes) -> dict[str, Any]:
    """What we see in a message, the same whatever its line ends."""
    try:
        unpacked = unpack(raw, raw)
    except ParseError as error:
        return {"error": error.code}
    return {
        "message": _message(unpacked.message),
        "parts": _part(parse(raw)),
        "found": [_found(each) for each in unpacked.found],
    }


def _message(message: Message) -> dict[str, Any]:
    report = message.report
    return {
        "kind": message.kind,
        "senders": list(message.senders),
        "recipients": list(message.recipients),
        "subject": message.subject,
        "date": message.date.isoformat() if message.date else None,
        "return_path": message.return_path,
        "auto_submitted": message.auto_submitted,
        "bulk": message.bulk,
        "body": message.body.strip(),
        "troubles": list(message.troubles),
        "report": report
        and {
            "recipients": [[each.address, each.action, each.status] for each in report.recipients],
            "original": report.original_message_id,
            "disposition": report.disposition,
            "error": report.error_code,
        },
    }


def _part(part: Part) -> dict[str, Any]:
    seen: dict[str, Any] = {"type": part.content_type}
    if part.filename:
        seen["name"] = part.filename
    try:
        if part.children:
            seen["children"] = [_part(child) for child in part.children]
        else:
            seen["sha256"] = _digest(part.content())
    except ParseError as error:
        seen["error"] = error.code
    return seen


def _found(found: Found) -> dict[str, Any]:
    return {
        "path": found.path,
        "type": found.media_type,
        "sha256": _digest(found.content),
        "codes": list(found.codes),
        "facts": {f"{fact.source.value}:{fact.name}": fact.normalised for fact in found.facts},
        "meta": found.meta,
        "trouble": found.trouble,
    }


def _digest(content: bytes) -> str:
    """Of the content with LF ends: enough to see a change, the same for both variants."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()[:16]


def write(path: Path) -> None:
    """Rewrite the ``.json`` of one message."""
    text = json.dumps(describe(path.read_bytes()), ensure_ascii=False, indent=1, sort_keys=True)
    path.with_suffix(".json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    for case in cases():
        write(case)
    print(f"{len(cases())} golden pairs rewritten: read the difference before committing it")
