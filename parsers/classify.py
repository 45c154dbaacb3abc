"""Document kinds recognised by cues and weights that come from the circuit's data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from rapidfuzz import fuzz

from parsers.facts import Confidentiality
from parsers.folding import fold, skeleton

OTHER = "other"
"""The kind of a document no rule recognises."""
_DOUBT = 0.2
"""A medical kind this close to the winner leaves a doubt, and a doubt is medical (decision 4)."""
_FUZZY = 90.0


class Where(StrEnum):
    """Where a cue is looked for."""

    TEXT = "text"
    """Anywhere in the document's words."""
    TITLE = "title"
    """In the first third of the first page, or in the document title of a CDA."""
    NAME = "name"
    """In the file name."""
    SUBJECT = "subject"
    """In the subject of the mail that carries the document."""
    BODY = "body"
    """In the mail's own text."""
    CODE = "code"
    """The type code of a CDA or XDM entry, or an X-MSS-CODECDA header, exactly."""
    FIELD = "field"
    """Name of an AcroForm or XFA field."""


@dataclass(frozen=True, slots=True)
class Cue:
    """``phrase`` is compared after folding case, accents, punctuation and usual OCR slips."""

    where: Where
    phrase: str
    weight: float


@dataclass(frozen=True, slots=True)
class KindRule:
    """How one document kind is recognised. The score is the sum of the weights of the cues seen."""

    name: str
    confidentiality: str
    cues: tuple[Cue, ...]
    minimum: float
    """Score below which the kind is not even proposed."""
    template: str | None = None
    """Name of the form template whose fields are then extracted."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a document shows. ``titles``: lines of the first third of its first page, and a CDA's title."""

    text: str = ""
    titles: tuple[str, ...] = ()
    name: str = ""
    subject: str = ""
    body: str = ""
    codes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    optical: bool = False
    """The text was read on an image: slips are tolerated."""


@dataclass(frozen=True, slots=True)
class Classified:
    """The kind retained. ``score`` goes from 0 to 1; ``reasons`` are French and quote rules only."""

    kind: str
    score: float
    reasons: tuple[str, ...]
    confidentiality: Confidentiality
    template: str | None = None
    titled: bool = False
    """Whether a title of the kind was seen (and not only words in passing)."""


_PLACES = {
    Where.TEXT: "dans le texte",
    Where.TITLE: "en titre",
    Where.NAME: "dans le nom du fichier",
    Where.SUBJECT: "dans l'objet du message",
    Where.BODY: "dans le message",
    Where.CODE: "comme code de type",
    Where.FIELD: "parmi les champs du formulaire",
}


def classify(rules: Sequence[KindRule], evidence: Evidence) -> Classified:
    """The kind whose cues weigh most, at or over its minimum; else ``other``, which is medical in doubt.

    Equal weights go to the rule written first. An administrative kind that a medical one follows closely
    is kept, but with the confidentiality ``medical``.
    """
    looked = _Looked(evidence)
    scored = [(rule, *_score(rule, looked)) for rule in rules]
    standing = [s for s in scored if s[1] >= s[0].minimum and s[0].cues]
    if not standing:
        best = max(scored, key=lambda s: s[1], default=None)
        reason = "Aucun type connu n'est reconnu : à traiter comme médical dans le doute."
        return Classified(OTHER, _capped(best[1]) if best else 0.0, (reason,), Confidentiality.MEDICAL)
    rule, total, seen = max(standing, key=lambda s: s[1])
    reasons = _reasons(rule, seen)
    secrecy = (
        Confidentiality.MEDICAL if rule.confidentiality == "medical" else Confidentiality.ADMINISTRATIVE
    )
    doubt = [s for s in standing if s[0].confidentiality == "medical" and s[1] >= total - _DOUBT]
    if doubt and secrecy is Confidentiality.ADMINISTRATIVE:
        secrecy = Confidentiality.MEDICAL
        reasons.append(f"Le type {doubt[0][0].name} est presque aussi probable : médical dans le doute.")
    titled = any(cue.where in {Where.TITLE, Where.CODE} for cue in seen)
    return Classified(rule.name, _capped(total), tuple(reasons), secrecy, rule.template, titled)


def _reasons(rule: KindRule, seen: Sequence[Cue]) -> list[str]:
    """What was recognised. The words of a medical text are counted, never named: people read reasons."""
    hidden = [c for c in seen if rule.confidentiality == "medical" and c.where in {Where.TEXT, Where.BODY}]
    told = [f"« {c.phrase} » vu {_PLACES[c.where]} ({c.weight:+.2f})" for c in seen if c not in hidden]
    if hidden:
        told.append(
            f"{len(hidden)} indice(s) médicaux dans le texte ({sum(c.weight for c in hidden):+.2f})"
        )
    return told


def _capped(total: float) -> float:
    return round(max(0.0, min(total, 1.0)), 3)


class _Looked:
    """The evidence folded once, whatever the number of cues."""

    def __init__(self, evidence: Evidence) -> None:
        self.optical = evidence.optical
        # One space on each side, so that whole words only are found.
        self.folded = {
            Where.TEXT: f" {fold(evidence.text)} ",
            Where.NAME: f" {fold(evidence.name)} ",
            Where.SUBJECT: f" {fold(evidence.subject)} ",
            Where.BODY: f" {fold(evidence.body)} ",
        }
        bones = [skeleton(t) for t in evidence.titles]
        # A title may run over two lines.
        self.titles = [b for b in bones if b]
        self.titles += [one + other for one, other in pairwise(bones) if one and other]
        self.codes = frozenset(evidence.codes)
        self.fields = frozenset(skeleton(f.rpartition(".")[2]) for f in evidence.fields)
        self.bones = skeleton(evidence.text) if evidence.optical else ""

    def sees(self, cue: Cue) -> bool:
        if cue.where is Where.CODE:
            return cue.phrase in self.codes
        if cue.where is Where.FIELD:
            return skeleton(cue.phrase) in self.fields
        if cue.where is Where.TITLE:
            return self._title(skeleton(cue.phrase))
        if f" {_folded(cue.phrase)} " in self.folded[cue.where]:
            return True
        return cue.where is Where.TEXT and self.optical and self._close(skeleton(cue.phrase))

    def _title(self, bones: str) -> bool:
        """A title fills at least half of its line: a mention in a sentence is none."""
        for line in self.titles:
            if 2 * len(bones) < len(line):
                continue
            if bones in line:
                return True
            if self.optical and len(bones) >= 10 and fuzz.partial_ratio(bones, line, score_cutoff=_FUZZY):
                return len(line) >= len(bones) - 2
        return False

    def _close(self, bones: str) -> bool:
        if len(bones) < 8:
            return False
        return bones in self.bones or (
            len(bones) >= 12 and bool(fuzz.partial_ratio(bones, self.bones, score_cutoff=_FUZZY + 2))
        )


@lru_cache(maxsize=2048)
def _folded(phrase: str) -> str:
    return fold(phrase)


def _score(rule: KindRule, looked: _Looked) -> tuple[float, list[Cue]]:
    seen = [cue for cue in rule.cues if looked.sees(cue)]
    return sum(cue.weight for cue in seen), seen
