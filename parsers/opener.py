"""Opens one message and everything nested in it: parts, messages, archives, CDA, Outlook formats.

Each attachment is opened apart: whatever goes wrong with one becomes its ``trouble`` and the next one
is opened all the same. Depth, number of parts and expansion are counted over the whole message.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from parsers import markup, sniff
from parsers.archive import Budget, Entry, open_zip
from parsers.attached import embedded as embedded_in
from parsers.cda import read_cda
from parsers.charsets import to_text
from parsers.errors import Malformed, ParseError, TooLarge
from parsers.found import Found
from parsers.inline import PGP_KIND, PGP_MESSAGE, Written, pgp, take_out
from parsers.limits import Limits
from parsers.mime import Part, bare_name, line_ends
from parsers.msg import read_msg
from parsers.outlook import OutlookItem
from parsers.piece import (
    PROMISES,
    REFUSED,
    SEALED,
    SUFFIXES,
    WITHDRAWAL,
    Blob,
    Context,
    announced_by,
    described_by,
    identity,
    is_sealed_entity,
)
from parsers.smime.open import wrapped
from parsers.tnef import read_tnef
from parsers.words import clean, tidy
from parsers.xdm import is_xdm, patients_trouble, read_xdm

_INLINE_BYTES = 64 * 1024
_REPORT_PARTS = {
    "message/delivery-status",
    "message/global-delivery-status",
    "message/disposition-notification",
    "message/global-disposition-notification",
    "text/rfc822-headers",
    "message/global-headers",
}


class Opener:
    """Opens one message. Use once: it counts what it has opened."""

    def __init__(self, limits: Limits, sender: str = "") -> None:
        """``sender``: who sent the message, for the secure attachments that name nobody themselves."""
        self.limits = limits
        self.body = ""
        """The text of the outermost message, once ``mail`` has run."""
        self._sender = sender
        self._budget = Budget.of(limits)
        self._parts = limits.parts
        self._paths: set[str] = set()
        self._written: list[Written] = []

    def mail(
        self, root: Part, prefix: str, context: Context, outermost: bool, named: Part | None = None
    ) -> Iterator[Found]:
        """The text of a message, then its attachments in order. ``named``: whose header says who wrote."""
        leaves: list[Part] = []
        broken: list[str] = []
        shown: set[str] = set()
        texts = self._gather(root, leaves, broken, shown)
        written, self._written = self._written, []
        text = "\n\n".join(tidy(each) for each in texts if each.strip())[: self.limits.text_chars]
        if outermost:
            self.body = text
        if text.strip():
            meta = (
                context.meta
                if outermost
                else {**context.meta, **identity(named or root), "role": "message-text"}
            )
            path = self._path(prefix, "message.txt")
            yield Found(
                path, "message.txt", "text/plain", text.encode("utf-8", "replace"), meta, body=outermost
            )
        if pgp(text.encode("utf-8", "replace")) == "message":
            yield self._failed(prefix, "message.asc", text.encode("utf-8", "replace"), PGP_MESSAGE, context)
        for file in written:
            path = self._path(prefix, file.name)
            yield from self._blob(Blob(path, file.name, file.content, root.depth + 1, context))
        for leaf in leaves:
            yield from self._leaf(leaf, prefix, shown, context)
        for sentence in broken:
            path = self._path(prefix, "partie illisible")
            yield Found(path, "partie illisible", sniff.OCTETS, b"", context.meta, trouble=sentence)

    def _gather(self, part: Part, leaves: list[Part], broken: list[str], shown: set[str]) -> list[str]:
        """Body texts below ``part``; attachments go to ``leaves``, images of the text to ``shown``."""
        self._parts -= 1
        if self._parts < 0:
            sentence = (
                f"Le message contient plus de {self.limits.parts} parties : la suite n'a pas été ouverte."
            )
            if sentence not in broken:
                broken.append(sentence)
            return []
        try:
            if part.is_multipart and part.children:
                return self._gather_multipart(part, leaves, broken, shown)
            kind = part.content_type
            unnamed = part.disposition != "attachment" and part.filename is None
            if kind in {"text/plain", "text/html"} and unnamed:
                text = self._text(part)[: self.limits.text_chars * 4]
                if kind == "text/html":
                    shown.update(markup.content_ids(text))
                    text = markup.plain(text)
                return [text]
            if kind not in _REPORT_PARTS:
                leaves.append(part)
        except ParseError as error:
            broken.append(error.message)
        return []

    def _text(self, part: Part) -> str:
        """The text of a part; the files written in it are taken out."""
        plain, written = take_out(part.content()) if part.content_type == "text/plain" else (b"", ())
        self._written += written
        return to_text(plain, part.params.get("charset")) if written else part.text()

    def _gather_multipart(
        self, part: Part, leaves: list[Part], broken: list[str], shown: set[str]
    ) -> list[str]:
        groups = [self._gather(child, leaves, broken, shown) for child in part.children]
        if part.content_type != "multipart/alternative":
            return [text for group in groups for text in group]
        # The same text several times: the plainest that is not blank (RFC 2046 5.1.4 goes the other way).
        return next((group for group in groups if "".join(group).strip()), [])

    def _leaf(self, part: Part, prefix: str, shown: set[str], context: Context) -> Iterator[Found]:
        name = part.filename
        try:
            content = part.content()
            if part.is_message:
                title = bare_name(part.children[0].header("subject") or "") if part.children else None
                name = name or f"{title or 'message joint'}.eml"
                path = self._path(prefix, name)
                yield from self._message(Blob(path, name, content, part.depth + 1, context))
                return
        except ParseError as error:
            yield self._failed(prefix, name or "pièce illisible", part.raw, error.message, context)
            return
        meta = dict(context.meta)
        identifier = (part.header("content-id") or "").strip().strip("<>").lower()
        if identifier:
            meta["content_id"] = identifier
        kind = sniff.sniff(content, name or "", part.content_type)
        small = kind.startswith("image/") and len(content) <= _INLINE_BYTES
        if identifier in shown and small and part.disposition != "attachment":
            meta["role"] = "inline"
        name = name or f"pièce{SUFFIXES.get(kind, '')}"
        path = self._path(prefix, name)
        trouble = context.trouble
        if part.is_multipart:
            trouble = "La structure du message est abîmée : cette partie est gardée d'un bloc."
        inner = Context(meta, context.announced, trouble)
        yield from self._blob(Blob(path, name, content, part.depth + 1, inner, part.content_type))

    def _blob(self, blob: Blob) -> Iterator[Found]:
        """One file: opened when it is a container, else given as it is. Never fails."""
        path, name, content, context = blob.path, blob.name, blob.content, blob.context
        kind = sniff.sniff(content, name, blob.declared)
        meta = context.meta
        if not content:
            yield Found(path, name, kind, b"", meta, trouble=context.trouble or "La pièce jointe est vide.")
            return
        if kind == sniff.PKCS7_SIGNATURE:
            yield Found(path, name, kind, content, {**meta, "role": "signature"})
            return
        if kind == sniff.PKCS7_MIME or is_sealed_entity(name, content):
            yield self._sealed(blob, kind, "attachment")
            return
        armour = pgp(content, blob.declared)
        if armour in {"signature", "key", "prologue"}:
            yield Found(path, name, kind, content, {**meta, "role": "signature"})
            return
        if armour == "message":
            yield Found(path, name, PGP_KIND, content, meta, trouble=context.trouble or PGP_MESSAGE)
            return
        if kind in REFUSED:
            yield Found(path, name, kind, content, meta, trouble=context.trouble or REFUSED[kind])
            return
        openers = {
            sniff.ZIP: self._archive,
            sniff.CDA: self._cda,
            sniff.OUTLOOK: self._outlook,
            sniff.TNEF: self._tnef,
            "message/rfc822": self._message,
        }
        opener = openers.get(kind)
        if opener is None:
            yield self._plain(blob, kind)
            yield from self._embedded(blob, kind)
            return
        try:
            if blob.depth >= self.limits.depth:
                raise TooLarge(f"La pièce jointe imbrique plus de {self.limits.depth} niveaux.")
            yield from list(opener(blob))
        except ParseError as error:
            yield Found(path, name, kind, content, meta, trouble=error.message)

    def _plain(self, blob: Blob, kind: str) -> Found:
        """A file that is no container, with what an XDM archive says about it."""
        context, announced = blob.context, blob.context.announced
        trouble = context.trouble
        if trouble is None and kind in {sniff.OCTETS, "text/plain"} and PROMISES.search(blob.name):
            trouble = "La pièce jointe n'a pas le format que son nom annonce : elle est peut-être abîmée."
        found = Found(blob.path, blob.name, kind, blob.content, context.meta, trouble=trouble)
        if announced is None:
            return found
        codes = (announced.type_code,) if announced.type_code else ()
        return replace(found, codes=codes, facts=() if context.doubtful else announced.facts(found.sha256))

    def _embedded(self, blob: Blob, kind: str) -> Iterator[Found]:
        """Files embedded in a PDF are documents of their own; the PDF is read all the same."""
        if kind != "application/pdf" or blob.depth >= self.limits.depth:
            return
        context = Context(blob.context.meta, None, blob.context.trouble)
        try:
            for inside in embedded_in(blob.content, self.limits):
                self._budget.take_entry()
                self._budget.take(len(inside.content))
                name = bare_name(inside.name) or "fichier joint au PDF"
                path = self._path(blob.path, name)
                yield from self._blob(Blob(path, name, inside.content, blob.depth + 1, context))
        except ParseError as error:
            yield self._failed(blob.path, "fichiers joints au PDF", b"", error.message, context)

    def _message(self, blob: Blob) -> Iterator[Found]:
        trouble = "Le message joint est vide."
        if blob.depth < self.limits.depth:
            content = line_ends(blob.content)
            root = Part(content, 0, len(content), self.limits, blob.depth)
            if wrapped(root):
                yield self._sealed(blob, "message/rfc822", "message")
                return
            found = list(self.mail(root, blob.path, blob.context, outermost=False))
            yield from found
            if found:
                return
        else:
            trouble = f"Le message joint imbrique plus de {self.limits.depth} niveaux."
        yield Found(
            blob.path, blob.name, "message/rfc822", blob.content, blob.context.meta, trouble=trouble
        )

    def _sealed(self, blob: Blob, kind: str, how: str) -> Found:
        """A secure mail inside this one: only who holds the keys opens it, and judges it apart."""
        meta = {**blob.context.meta, "sealed": how, "sealed_sender": blob.sender or self._sender}
        trouble = blob.context.trouble or SEALED
        return Found(blob.path, blob.name, kind, blob.content, meta, trouble=trouble)

    def inside(self, path: str, name: str, content: bytes, meta: dict[str, str]) -> Iterator[Found]:
        """What a secure attachment held, when it is a file and no mail."""
        yield from self._blob(Blob(self._path(path, name), name, content, 1, Context(meta)))

    def _archive(self, blob: Blob) -> Iterator[Found]:
        entries = open_zip(blob.content, self.limits, self._budget)
        if not entries:
            raise Malformed("L'archive est vide.")
        if is_xdm(entries):
            yield from self._xdm(blob, entries)
            return
        for entry in entries:
            yield from self._entry(blob, entry, blob.context)

    def _entry(self, blob: Blob, entry: Entry, context: Context) -> Iterator[Found]:
        inner = self._path(blob.path, entry.path)
        if entry.error is not None:
            trouble = context.trouble or entry.error.message
            yield Found(inner, entry.name, sniff.OCTETS, b"", context.meta, trouble=trouble)
        else:
            yield from self._blob(Blob(inner, entry.name, entry.content, blob.depth + 1, context))

    def _xdm(self, blob: Blob, entries: tuple[Entry, ...]) -> Iterator[Found]:
        given = blob.context.meta
        try:
            xdm = read_xdm(entries, self.limits)
        except ParseError as error:
            for entry in entries:
                yield from self._entry(blob, entry, Context(given, None, error.message))
            return
        by_path = {entry.path: entry for entry in entries}
        trouble = xdm.trouble or patients_trouble(xdm.documents, by_path, self.limits)
        for document in xdm.documents:
            inner = Context(
                {**given, **announced_by(document)},
                document,
                document.trouble or trouble,
                doubtful=trouble is not None,
            )
            file = by_path.get(document.path or "")
            if file is not None:
                yield from self._entry(blob, file, inner)
                continue
            name = bare_name(document.uri) or "document"
            yield Found(
                self._path(blob.path, name), name, sniff.OCTETS, b"", inner.meta, trouble=inner.trouble
            )
        if xdm.withdrawn:
            yield self._withdrawal(blob, entries, xdm.withdrawn)
        for other in xdm.others:
            sentence = trouble or "Ce fichier n'est pas décrit par l'archive XDM qui le contient."
            yield from self._entry(blob, by_path[other], Context(given, None, sentence))

    def _withdrawal(self, blob: Blob, entries: tuple[Entry, ...], withdrawn: tuple[str, ...]) -> Found:
        """A submission that sends nothing and takes back what was sent before: a person sees it."""
        entry = next(each for each in entries if each.name.lower() == "metadata.xml")
        meta = {**blob.context.meta, "xdm_action": "deletion", "withdraws": " ".join(withdrawn)}
        path = self._path(blob.path, entry.path)
        return Found(path, entry.name, "application/xml", entry.content, meta, trouble=WITHDRAWAL)

    def _cda(self, blob: Blob) -> Iterator[Found]:
        path, name, context = blob.path, blob.name, blob.context
        cda = read_cda(blob.content, self.limits)
        announced = context.announced
        meta = {**context.meta, **described_by(cda, context.meta)}
        given = (cda.code, announced.type_code if announced else "")
        codes = tuple(dict.fromkeys(code for code in given if code))

        def found(where: str, what: str, kind: str, data: bytes, role: str) -> Found:
            first = Found(where, what, kind, data)
            facts = cda.facts(first.sha256) + (announced.facts(first.sha256) if announced else ())
            if context.doubtful:
                facts = ()
            return Found(where, what, kind, data, {**meta, "role": role}, codes, facts, context.trouble)

        yield found(path, name, sniff.CDA, blob.content, "cda")
        stem = bare_name(cda.title) or name.rpartition(".")[0] or name
        for embedded in cda.embedded:
            kind = sniff.sniff(embedded.content, "", embedded.media_type)
            inner = f"{stem}{SUFFIXES.get(kind, '')}"
            yield found(self._path(path, inner), inner, kind, embedded.content, "cda-content")
        if cda.narrative:
            yield found(
                self._path(path, f"{stem}.txt"),
                f"{stem}.txt",
                "text/plain",
                cda.narrative.encode("utf-8", "replace"),
                "cda-text",
            )

    def _outlook(self, blob: Blob) -> Iterator[Found]:
        yield from self._item(blob, read_msg(blob.content, self.limits))

    def _tnef(self, blob: Blob) -> Iterator[Found]:
        yield from self._item(blob, read_tnef(blob.content, self.limits))

    def _item(self, blob: Blob, item: OutlookItem) -> Iterator[Found]:
        if blob.depth >= self.limits.depth:
            raise TooLarge(f"La pièce jointe imbrique plus de {self.limits.depth} niveaux.")
        if item.text.strip():
            known = {"subject": clean(item.subject), "from": clean(item.sender), "role": "message-text"}
            meta = {**blob.context.meta, **{key: value for key, value in known.items() if value}}
            inner = self._path(blob.path, "message.txt")
            text = tidy(item.text)[: self.limits.text_chars].encode("utf-8", "replace")
            yield Found(inner, "message.txt", "text/plain", text, meta)
        for attached in item.attachments:
            self._budget.take_entry()
            inner = self._path(blob.path, attached.name)
            sender = item.sender or blob.sender
            below = Blob(
                inner, attached.name, attached.content, blob.depth + 1, blob.context, sender=sender
            )
            if attached.item is None:
                yield from self._blob(below)
            else:
                yield from self._item(below, attached.item)

    def _failed(self, prefix: str, name: str, content: bytes, sentence: str, context: Context) -> Found:
        return Found(self._path(prefix, name), name, sniff.OCTETS, content, context.meta, trouble=sentence)

    def _path(self, prefix: str, name: str) -> str:
        wanted = f"{prefix}/{name}" if prefix else name
        path, number = wanted, 2
        while path in self._paths:
            path, number = f"{wanted} ({number})", number + 1
        self._paths.add(path)
        return path
