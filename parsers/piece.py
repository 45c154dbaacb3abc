"""One file on its way to be opened: what its container says of it, and what is never opened."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from parsers import sniff
from parsers.cda import Cda
from parsers.mime import Part
from parsers.smime.attached import is_entity
from parsers.xdm import XdmDocument

_PROGRAM = "La pièce jointe est un programme : elle n'est pas ouverte."
REFUSED = {
    "application/x-7z-compressed": "L'archive 7z n'est pas ouverte ici : demander un ZIP ou des PDF.",
    "application/vnd.rar": "L'archive RAR n'est pas ouverte ici : demander un ZIP ou des PDF.",
    "application/gzip": "L'archive GZIP n'est pas ouverte ici : demander un ZIP ou des PDF.",
    "application/vnd.microsoft.portable-executable": _PROGRAM,
    "application/x-executable": _PROGRAM,
}
WITHDRAWAL = (
    "L'archive XDM retire un document envoyé auparavant sans en envoyer d'autre ; rien n'est effacé : "
    "vérifier le document désigné."
)
SEALED = "La pièce jointe est chiffrée ou signée et n'a pas été ouverte."
PROMISES = re.compile(r"\.(pdf|zip|7z|rar|docx|xlsx|odt|tiff?|png|jpe?g|heic|msg)\Z", re.IGNORECASE)
SUFFIXES = {
    "application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg", "image/tiff": ".tif",
    "text/plain": ".txt", "text/html": ".html", "message/rfc822": ".eml", sniff.ZIP: ".zip",
    sniff.CDA: ".xml", "application/xml": ".xml", sniff.OUTLOOK: ".msg",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Context:
    """What the container says about a file before it is opened."""

    meta: dict[str, str] = field(default_factory=dict)
    announced: XdmDocument | None = None
    trouble: str | None = None
    doubtful: bool = False
    """The container contradicts itself about the patient: nothing it says may place a document."""


@dataclass(frozen=True, slots=True)
class Blob:
    """One file to open. ``declared`` is the sender's media type, empty inside an archive."""

    path: str
    name: str
    content: bytes = field(repr=False)
    depth: int
    context: Context
    declared: str = ""
    sender: str = ""
    """Who sent the Outlook item that holds it."""


def is_sealed_entity(name: str, content: bytes) -> bool:
    """Outlook keeps a clear-signed mail as an attachment ``smime.p7m`` that is a whole MIME entity."""
    return name.lower().endswith(".p7m") and is_entity(content)


def identity(root: Part) -> dict[str, str]:
    known = {"subject": root.header("subject"), "from": root.header("from"), "date": root.header("date")}
    return {key: value[:500] for key, value in known.items() if value}


def announced_by(document: XdmDocument) -> dict[str, str]:
    known = {
        "title": document.title,
        "code_display": document.type_display,
        "unique_id": document.unique_id,
        "xdm_action": document.action,
        "identifiers": " ".join(each for each in (document.unique_id, document.entry_id) if each),
        "replaces": " ".join(document.replaces),
    }
    return {key: value for key, value in known.items() if value}


def described_by(cda: Cda, given: dict[str, str]) -> dict[str, str]:
    """What a CDA says of itself, with what its archive says (``given``) of the same links."""
    known = {
        "title": cda.title,
        "code_display": cda.code_display,
        "replaces": _joined(given.get("replaces", ""), *cda.replaces),
        "unique_id": cda.unique_id,
        "identifiers": _joined(given.get("identifiers", ""), cda.unique_id),
        "set_id": cda.set_id,
        "version": cda.version,
        "author": cda.author,
        "ins": "yes" if cda.ins else "",
    }
    return {key: value for key, value in known.items() if value}


def _joined(*values: str) -> str:
    """Identifiers without doubles, a space between two."""
    return " ".join(dict.fromkeys(word for value in values for word in value.split()))


def top_context(returned: bool) -> Context:
    """The context of a whole message; ``returned`` marks what a report gives back to us."""
    return Context({"returned": "yes"} if returned else {})


def context_of(meta: dict[str, str]) -> Context:
    """The context of a message found in another one."""
    return Context(meta)
