"""Reads papers as the gateway does, in this process or in several, and keeps what was right."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gateway.circuits.load import load_circuits
from parsers import reading
from parsers.classify import KindRule
from parsers.facts import Fact
from parsers.folding import fold
from parsers.forms.template import FieldType, Template
from parsers.ocr import Recogniser
from tests.bench.reading_set import Case, Paper, build
from tests.unit.parsers.reading_world import Ocr, journey

_CONFIG = Path(__file__).resolve().parents[2] / "config"
_CIRCUIT = "soins-programmes-algerie"
WATCHED = frozenset({"start_date", "end_date", "amount", "patient_birth_date"})


@dataclass(frozen=True, slots=True)
class Seen:
    """One field: what it says, what was read (``None``: nothing), how surely. ``invented``: not there."""

    name: str
    type: FieldType
    wanted: str
    got: str | None
    confidence: float
    noted: bool
    """An issue names the field: a person is told."""

    @property
    def right(self) -> bool:
        return self.got == self.wanted

    @property
    def close(self) -> bool:
        """Right but for accents, case and punctuation."""
        return self.got is not None and fold(self.got) == fold(self.wanted)

    @property
    def invented(self) -> bool:
        return self.wanted == ""


@dataclass(frozen=True, slots=True)
class Outcome:
    case: Case
    kind: str
    fields: tuple[Seen, ...]
    signatures: tuple[Seen, ...]
    seconds: float


@cache
def circuit_rules() -> tuple[tuple[KindRule, ...], dict[str, Template]]:
    """Kinds and templates of the circuit, as the gateway loads them."""
    circuit = load_circuits(_CONFIG, [_CONFIG / "circuits" / _CIRCUIT]).by_name[_CIRCUIT]
    return circuit.kinds, circuit.templates


@cache
def engine() -> Recogniser:
    return Recogniser()


def interpreted(content: bytes, media: str, ocr: Ocr, name: str = "") -> tuple[reading.Reading, ...]:
    """The journey of one document by the circuit's own rules, without the processes."""
    return journey(content, media, *circuit_rules(), ocr, reading.Context(name))


def judge(case: Case, ocr: Ocr | None = None) -> Outcome:
    """Build a case, read it, compare."""
    _, templates = circuit_rules()
    template = templates["se352-301" if case.which == "se352-301" else "se352-302"]
    paper = build(case, template)
    start = time.perf_counter()
    first = interpreted(paper.content, paper.media_type, ocr or engine().read)[0]
    spent = time.perf_counter() - start
    seen = tuple(_compared(first, paper, template))
    signatures = tuple(s for s in seen if s.type is FieldType.SIGNATURE)
    return Outcome(case, first.kind, tuple(s for s in seen if s not in signatures), signatures, spent)


def _compared(read: reading.Reading, paper: Paper, template: Template) -> Iterator[Seen]:
    best: dict[str, Fact] = {}
    for fact in read.facts:
        best.setdefault(fact.name, fact)
    noted = {issue.field for issue in read.issues}
    wanted = paper.values | paper.signatures
    for field in template.fields:
        got = best.get(field.name)
        if field.name not in wanted and (got is None or field.type is FieldType.SIGNATURE):
            continue
        yield Seen(
            field.name,
            field.type,
            wanted.get(field.name, ""),
            got.normalised if got else None,
            got.confidence if got else 0.0,
            field.name in noted,
        )


def judge_all(cases: Iterable[Case], workers: int, say: Callable[[str], None]) -> list[Outcome]:
    """Every case, on ``workers`` processes of one thread each."""
    todo = list(cases)
    done: list[Outcome] = []
    with ProcessPoolExecutor(workers) as pool:
        for outcome in pool.map(judge, todo, chunksize=1):
            done.append(outcome)
            if len(done) % 20 == 0:
                say(f"reading: {len(done)} of {len(todo)}")
    return done
