"""Every file of the shared corpus through the limited children, as one line each: what becomes of it.

``python -m tests.builders.corpus`` rewrites ``tests/golden/corpus.tsv`` from what the code does now; the
difference is then read by a person before it is committed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from gateway.triage.jobs import ReadRequest
from gateway.triage.sandbox import Sandbox
from parsers.errors import ParseError
from parsers.limits import DEFAULT
from parsers.reading import Context
from parsers.smime.model import Trust
from parsers.unpack import Unpacked
from tests.builders import shipped
from tests.builders.mime import Attachment, message

ROOT = Path(os.environ.get("PASSERELLE_CORPUS") or Path(__file__).parents[2] / ".." / "shared" / "corpus")
TABLE = Path(__file__).parents[1] / "golden" / "corpus.tsv"
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_MAILS = (".eml", ".msg")
_EXPECTATIONS = (".tsv", ".md", ".json")
_TYPES = {
    ".pdf": "application/pdf", ".txt": "text/plain", ".xml": "application/xml",
    ".p12": "application/x-pkcs12", ".cer": "application/pkix-cert", ".crl": "application/pkix-crl",
}  # fmt: skip


def files() -> list[Path]:
    """Every file, in order."""
    return sorted(path for path in ROOT.rglob("*") if path.is_file())


def outcome(path: Path, sandbox: Sandbox) -> str:
    """What becomes of one file: as a mail when it is one, else attached to a mail of ours."""
    if path.suffix in _EXPECTATIONS or (path.parent.name == "mime4j" and path.suffix == ".xml"):
        path.read_text("utf-8")
        return "expectations of other files"
    content = path.read_bytes()
    raw = (
        content
        if path.suffix in _MAILS and "smime/rfc4134" not in path.as_posix()
        else _mail(path, content)
    )
    try:
        opened = sandbox.run("open", raw, (), Trust(), AT)
        unpacked = sandbox.run("unpack", raw, opened.entity, sandbox.limits)
    except ParseError as error:
        return f"refused: {error.code}"
    security = opened.security
    told = [f"{unpacked.message.kind} {security.decryption.value}/{security.signature.value}"]
    told += list(_documents(unpacked, sandbox))
    return "; ".join(told)


def _documents(unpacked: Unpacked, sandbox: Sandbox) -> Iterator[str]:
    circuit = shipped.circuit()
    for found in unpacked.found:
        if found.body or found.trouble is not None:
            if not found.body:
                yield f"{found.media_type} kept"
            continue
        context = Context(found.name, unpacked.message.subject, unpacked.message.body, found.codes)
        request = ReadRequest(
            found.content,
            found.media_type,
            context,
            circuit.kinds,
            circuit.templates,
            found.sha256,
            date(2026, 11, 23),
            DEFAULT,
            {},
        )
        try:
            readings = sandbox.run("read", request).readings
        except ParseError as error:
            yield f"{found.media_type} {error.code}"
            continue
        for reading in readings:
            told = sorted({issue.code for issue in reading.issues} & {"active-content", "file-note"})
            yield " ".join((found.media_type, reading.kind, reading.confidentiality.value, *told))


def _mail(path: Path, content: bytes) -> bytes:
    """A mail of ours that carries one file, whatever it is."""
    return message([Attachment(path.name, content, _TYPES.get(path.suffix, "application/octet-stream"))])


def table() -> dict[str, str]:
    """The outcomes as committed, by path."""
    rows = (line.split("\t") for line in TABLE.read_text("utf-8").splitlines() if line)
    return {row[0]: row[1] for row in rows}


def write() -> int:
    """Rewrite the table."""
    sandbox = Sandbox(DEFAULT)
    try:
        lines = [f"{path.relative_to(ROOT)}\t{outcome(path, sandbox)}" for path in files()]
    finally:
        sandbox.close()
    TABLE.write_text("\n".join(lines) + "\n", "utf-8")
    return len(lines)


if __name__ == "__main__":
    print(f"{write()} files written: read the difference before committing it")
