"""Facts: each document read in its own limited child, pages without text recognised on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias

from gateway.circuits.model import COVER_NOTE, Circuit
from gateway.clock import paris_date
from gateway.triage.jobs import ClaimsOutcome, ClaimsRequest, ReadOutcome, ReadRequest
from gateway.triage.recognition import Recognition
from gateway.triage.sandbox import Sandbox
from gateway.triage.unpack import (
    BODY_ROLE,
    BODY_ROLES,
    DECORATION_ROLES,
    ENVELOPE_ROLE,
    FACTS,
    SIGNATURE_ROLE,
)
from parsers.claims import ClaimsRead, ClaimWords
from parsers.errors import ParseError
from parsers.facts import Box, Confidentiality, Fact, Issue
from parsers.forms.checks import against_envelope
from parsers.reading import Context, Reading
from storage.documents import Document, FactRow, IssueRow

DECORATION = "decoration"
OTHER = "other"


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """One document as read: its row, its facts and issues (not yet bound to a row), its pictures."""

    row: Document
    facts: tuple[FactRow, ...]
    issues: tuple[tuple[IssueRow, bytes | None], ...]
    """Each issue with the PNG of its box, when the page gave one."""
    text: str = ""
    """Its words, to be kept only when the document ends up administrative."""


_Answer: TypeAlias = ReadOutcome | ParseError


@dataclass(frozen=True, slots=True)
class Reader:
    """What reading needs, gathered once."""

    sandbox: Sandbox
    recognition: Recognition

    def read_all(
        self,
        documents: Sequence[Document],
        content_of: Callable[[Document], bytes],
        circuit: Circuit,
        mail: dict[str, Any],
        at: datetime,
    ) -> list[ReadDocument]:
        """Read every document of one mail, in order; a broken one keeps its bytes and says why."""
        bodies = [d for d in documents if d.meta.get("role") in BODY_ROLES]
        others = [d for d in documents if d.meta.get("role") not in BODY_ROLES]
        read: list[ReadDocument] = []
        ready = self._ready(bodies, others, content_of, circuit, mail, at)
        for document in others:
            if _is_opened_envelope(document, others):
                read.append(_follower(document, "enveloppe CDA : ce qu'elle contient est lu à part"))
            else:
                read.extend(self._read_one(document, content_of, circuit, mail, at, ready))
        alone = all(d.meta.get("role") in DECORATION_ROLES for d in others)
        for body in bodies:
            read.extend(self._read_body(body, content_of, circuit, mail, at, alone, read, ready))
        ordered = sorted(read, key=lambda r: (r.row.position, r.row.first_page))
        for position, one in enumerate(ordered):
            one.row.position = position
        return ordered

    def _read_one(
        self,
        document: Document,
        content_of: Callable[[Document], bytes],
        circuit: Circuit,
        mail: dict[str, Any],
        at: datetime,
        ready: Mapping[int, _Answer],
    ) -> list[ReadDocument]:
        container = FACTS.validate_python(document.meta.get("facts", []))
        follows = _why_it_follows(document)
        if follows is not None:
            return [_follower(document, follows)]
        if document.trouble is not None:
            return [_unread(document, document.trouble, "unreadable", container, at)]
        try:
            outcome = self._outcome(document, content_of, circuit, mail, at, ready)
        except ParseError as error:
            return [_unread(document, error.message, error.code, container, at)]
        return [
            _read_row(document, _crossed(reading, container, circuit), container if index == 0 else (), at)
            for index, reading in enumerate(outcome.readings)
        ]

    def page_image(self, content: bytes, media_type: str, page: int, dpi: float) -> bytes:
        """One page as a PNG, made in a limited child. Raises ``ParseError``."""
        image: bytes = self.sandbox.run("page", content, media_type, page, dpi, self.sandbox.limits)
        return image

    def cut(self, content: bytes, first: int, count: int) -> bytes:
        """Some pages of a PDF as a file of their own, made in a limited child. Raises ``ParseError``."""
        made: bytes = self.sandbox.run("cut", content, first, count, self.sandbox.limits)
        return made

    def claims(
        self, content: bytes, media_type: str, name: str, context: str, words: ClaimWords
    ) -> ClaimsRead:
        """The claims of one list, read in a limited child, its pages of images recognised on the way.

        Raises ``ParseError``.
        """
        asked = ClaimsRequest(
            content,
            media_type,
            name,
            context,
            words,
            self.sandbox.limits,
            None if self.recognition.available else {},
        )
        outcome: ClaimsOutcome = self.sandbox.run("claims", asked)
        if outcome.wanted:
            ocr = {w.page.number: self.recognition.read(w.bitmap, w.page) for w in outcome.wanted}
            outcome = self.sandbox.run("claims", replace(asked, ocr=ocr))
        return outcome.read or ClaimsRead((), ())

    def plain_text(self, content: bytes, media_type: str, name: str) -> str:
        """The text of a document without pages, made in a limited child. Raises ``ParseError``."""
        text: str = self.sandbox.run("text", content, media_type, name, self.sandbox.limits)
        return text

    def safe_html(self, content: bytes, images: dict[str, bytes]) -> str:
        """The HTML of a mail made safe to look at, in a limited child. Raises ``ParseError``."""
        page: str = self.sandbox.run("html", content, images, self.sandbox.limits)
        return page

    def _ready(
        self,
        bodies: Sequence[Document],
        others: Sequence[Document],
        content_of: Callable[[Document], bytes],
        circuit: Circuit,
        mail: dict[str, Any],
        at: datetime,
    ) -> dict[int, _Answer]:
        """Plain texts of the mail then its first document, read in turn by one child, by position.

        A fork for each would be no safer: the text has been answered before the document comes in.
        """
        texts = [d for d in bodies if d.media_type == "text/plain" and d.trouble is None]
        first = [d for d in others if d.trouble is None and _why_it_follows(d) is None]
        together = [*texts, *first[:1]]
        if not texts or len(together) < 2:
            return {}
        requests = [self._request(d, content_of(d), circuit, mail, at) for d in together]
        answers = self.sandbox.run_in_turn("read", [(request,) for request in requests])
        return {d.position: answer for d, answer in zip(together, answers, strict=True)}

    def _outcome(
        self,
        document: Document,
        content_of: Callable[[Document], bytes],
        circuit: Circuit,
        mail: dict[str, Any],
        at: datetime,
        ready: Mapping[int, _Answer],
    ) -> ReadOutcome:
        answer = ready.get(document.position)
        if isinstance(answer, ParseError):
            raise answer
        if answer is not None and not answer.wanted:
            return answer
        request = self._request(document, content_of(document), circuit, mail, at)
        outcome: ReadOutcome = answer or self.sandbox.run("read", request)
        if not outcome.wanted:
            return outcome
        words = {w.page.number: self.recognition.read(w.bitmap, w.page) for w in outcome.wanted}
        final: ReadOutcome = self.sandbox.run("read", replace(request, ocr=words))
        return final

    def _request(
        self, document: Document, content: bytes, circuit: Circuit, mail: dict[str, Any], at: datetime
    ) -> ReadRequest:
        is_body = document.meta.get("role") == BODY_ROLE
        return ReadRequest(
            content=content,
            media_type=document.media_type,
            context=Context(
                name=document.name,
                subject=str(mail.get("subject") or ""),
                body="" if is_body else str(mail.get("body") or ""),
                codes=tuple(document.meta.get("codes", ())),
            ),
            rules=circuit.kinds,
            templates=circuit.templates,
            document=document.sha256,
            today=paris_date(at),
            limits=self.sandbox.limits,
            ocr=None if self.recognition.available else {},
        )

    def _read_body(
        self,
        body: Document,
        content_of: Callable[[Document], bytes],
        circuit: Circuit,
        mail: dict[str, Any],
        at: datetime,
        alone: bool,
        others: Sequence[ReadDocument],
        ready: Mapping[int, _Answer],
    ) -> list[ReadDocument]:
        read = self._read_one(body, content_of, circuit, mail, at, ready)
        for one in read:
            row = one.row
            if alone and row.kind == OTHER:
                row.kind = circuit.question_kind
                row.confidentiality = _confidentiality_of(circuit, circuit.question_kind)
                row.reasons = [*row.reasons, "texte du message sans pièce reconnue : question"]
            elif not alone:
                medical = any(o.row.confidentiality == Confidentiality.MEDICAL for o in others)
                doubt = row.kind != OTHER and row.confidentiality == Confidentiality.MEDICAL
                row.kind = COVER_NOTE
                row.confidentiality = str(
                    Confidentiality.MEDICAL if medical or doubt else Confidentiality.ADMINISTRATIVE
                )
        return read


def _confidentiality_of(circuit: Circuit, kind: str) -> str:
    rule = next((r for r in circuit.kinds if r.name == kind), None)
    return rule.confidentiality if rule else str(Confidentiality.MEDICAL)


def _is_opened_envelope(document: Document, others: Sequence[Document]) -> bool:
    """A CDA whose report was taken out of it: the report is read, its envelope is only kept."""
    inside = document.path + "/"
    return document.meta.get("role") == "cda" and any(d.path.startswith(inside) for d in others)


def _why_it_follows(document: Document) -> str | None:
    if document.meta.get("role") == ENVELOPE_ROLE:
        return str(document.meta.get("verdict", "message sécurisé joint, ouvert à part"))
    if document.meta.get("role") in DECORATION_ROLES:
        return "élément de présentation du message : il n'est pas lu"
    if document.meta.get("returned"):
        return "copie de notre propre lettre, jointe à un rapport"
    if document.meta.get("duplicate_of"):
        return f"même contenu que {document.meta['duplicate_of']}, déjà lu"
    return None


def _follower(document: Document, reason: str) -> ReadDocument:
    """A piece that is kept and shown with its mail, never routed by itself."""
    row = _copy(document)
    row.kind, row.score, row.reasons = DECORATION, 1.0, [reason]
    if document.meta.get("role") == SIGNATURE_ROLE:  # a bare signature says nothing of a patient
        row.confidentiality = str(Confidentiality.ADMINISTRATIVE)
    return ReadDocument(row, (), ())


def _unread(
    document: Document, message: str, code: str, container: Sequence[Fact], at: datetime
) -> ReadDocument:
    """A document that could not be read: kept, named, medical in doubt, with its reason."""
    row = _copy(document)
    row.kind, row.score, row.trouble = OTHER, 0.0, message
    row.reasons = ["pièce illisible : elle est conservée telle que reçue"]
    row.confidentiality = str(Confidentiality.MEDICAL)
    issue = IssueRow(document_id=0, code=code, severity="error", message=message)
    return ReadDocument(row, tuple(_fact_row(f, at) for f in container), ((issue, None),))


def _crossed(reading: Reading, container: Sequence[Fact], circuit: Circuit) -> Reading:
    """The reading, told where what came with the document says otherwise."""
    rule = next((r for r in circuit.kinds if r.name == reading.kind), None)
    template = circuit.templates.get(rule.template or "") if rule else None
    if template is None or not container:
        return reading
    return replace(reading, issues=(*reading.issues, *against_envelope(template, container, reading.facts)))


def _read_row(
    document: Document, reading: Reading, container: Sequence[Fact], at: datetime
) -> ReadDocument:
    row = _copy(document)
    row.first_page, row.pages = reading.first_page, reading.pages
    row.kind, row.score = reading.kind, round(reading.score, 4)
    row.reasons = list(reading.reasons)
    row.confidentiality = str(reading.confidentiality)
    pictures = {(p.field, p.page): p.png for p in reading.pictures}
    return ReadDocument(
        row,
        tuple(_fact_row(fact, at) for fact in (*container, *reading.facts)),
        tuple(
            (_issue_row(issue), pictures.get((issue.field or "", issue.page or 1)))
            for issue in reading.issues
        ),
        reading.text,
    )


def _copy(document: Document) -> Document:
    meta = {key: value for key, value in document.meta.items() if key != "facts"}
    return Document(**{**document.model_dump(exclude={"id"}), "meta": meta})


def _fact_row(fact: Fact, at: datetime) -> FactRow:
    return FactRow(
        document_id=0,
        name=fact.name,
        value=fact.value,
        normalised=fact.normalised,
        page=fact.page,
        box=_box(fact.box),
        source=str(fact.source),
        confidence=round(fact.confidence, 4),
        at=at,
    )


def _issue_row(issue: Issue) -> IssueRow:
    return IssueRow(
        document_id=0,
        code=issue.code,
        field=issue.field,
        severity=str(issue.severity),
        message=issue.message,
        page=issue.page,
        box=_box(issue.box),
    )


def _box(box: Box | None) -> list[float] | None:
    return None if box is None else [round(v, 2) for v in (box.x0, box.y0, box.x1, box.y1)]
