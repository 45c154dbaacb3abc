"""Proofs of revocation from the network, for those who choose so: lists, OCSP answers, missing authorities.

Parsers say what is wanted; this room fetches it under the policy of the settings, and the limited child
judges again with it. What is fetched is a stranger's bytes: nobody reads it here. Nothing that fails here
stops a mail: the verdict stands and says that revocation was not verified.

An answer is kept in memory until its next update, a failure for ``retry_seconds``.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from gateway.clock import Clock
from gateway.settings import Revocation as Rules
from gateway.triage.download import NotDownloaded, Reach, download
from parsers.certificates import proofs_from
from parsers.errors import ParseError
from parsers.smime.model import Ask, Evidence, Opened, Trust, Wanted

_ROUNDS = 6
"""Answers, then lists, then what a newly known authority asks for, and so on up a path."""
_REMEMBERED = 500
_REMEMBERED_BYTES = 64 * 1024 * 1024
_OCSP_REQUEST = "application/ocsp-request"


@dataclass(frozen=True, slots=True)
class Proved:
    """A message judged, and which of the evidence was fetched: address by DER bytes."""

    opened: Opened
    fetched: dict[bytes, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Remembered:
    content: bytes
    """Empty for a failure."""
    reason: str
    until: datetime


class Proofs:
    """Supplied proofs as their folders stand now, and fetched ones. One a process; thread-safe."""

    def __init__(self, rules: Rules, clock: Clock, lists: Path, answers: Path) -> None:
        self._rules = rules
        self._clock = clock
        self._folders = (lists, answers)
        self._guard = threading.Lock()
        self._known: dict[tuple[str, bytes], _Remembered] = {}
        self._supplied: dict[Path, tuple[tuple[int, int], tuple[bytes, ...]]] = {}
        self._reach = Reach(
            rules.seconds,
            rules.max_bytes,
            frozenset(host.lower() for host in rules.hosts),
            rules.private_addresses,
        )

    def supplied(self, trust: Trust) -> Trust:
        """``trust`` with the lists and answers that lie in the folders at this moment."""
        lists, answers = (tuple(self._read(folder)) for folder in self._folders)
        return replace(trust, crls=(*trust.crls, *lists), ocsp=(*trust.ocsp, *answers))

    def prove(self, attempt: Callable[[Trust], Opened], trust: Trust) -> Proved:
        """Judge with ``attempt``, and again with each proof that could be fetched."""
        opened = attempt(trust)
        if self._rules.policy != "fetch":
            return Proved(opened)
        ends = time.monotonic() + self._rules.mail_seconds
        fetched: dict[bytes, str] = {}
        failures: list[str] = []
        tried: set[Wanted] = set()
        for _ in range(_ROUNDS):
            batch = _next(opened.security.wanted, tried)
            if not batch:
                break
            tried.update(batch)
            found, failed = self._fetch(batch, ends)
            failures += failed
            new = [(wanted, der) for wanted, der in found if der not in fetched]
            if new:
                fetched |= {der: wanted.url for wanted, der in new}
                trust = _with(trust, new)
                opened = attempt(trust)
        self._learn(opened.security.evidence, fetched)
        return Proved(_explained(opened, failures), fetched)

    def _fetch(self, batch: Sequence[Wanted], ends: float) -> tuple[list[tuple[Wanted, bytes]], list[str]]:
        found: list[tuple[Wanted, bytes]] = []
        failed: list[str] = []
        for wanted in batch:
            if not wanted.vouched and not self._reach.hosts:
                continue  # a stranger chose this address: followed to listed hosts only
            kept = self._recall(wanted) or self._ask(wanted, ends)
            if kept.content:
                found.append((wanted, kept.content))
            else:
                failed.append(f"{_host(wanted.url)} {kept.reason}")
        return found, failed

    def _ask(self, wanted: Wanted, ends: float) -> _Remembered:
        left = ends - time.monotonic()
        until = self._clock.now() + timedelta(seconds=self._rules.retry_seconds)
        if left <= 0:
            return _Remembered(b"", "n’a pas été interrogé, faute de temps", until)
        reach = replace(self._reach, seconds=min(self._rules.seconds, left))
        try:
            media_type = _OCSP_REQUEST if wanted.request else ""
            content, reason = download(wanted.url, reach, wanted.request, media_type), ""
        except NotDownloaded as error:
            content, reason = b"", error.reason
        return self._remember(wanted, _Remembered(content, reason, until))

    def _recall(self, wanted: Wanted) -> _Remembered | None:
        with self._guard:
            known = self._known.get((wanted.url, wanted.request))
        return known if known is not None and known.until > self._clock.now() else None

    def _remember(self, wanted: Wanted, answer: _Remembered) -> _Remembered:
        with self._guard:
            self._known.pop((wanted.url, wanted.request), None)
            self._known[wanted.url, wanted.request] = answer
            size = sum(len(each.content) for each in self._known.values())
            while self._known and (len(self._known) > _REMEMBERED or size > _REMEMBERED_BYTES):
                size -= len(self._known.pop(next(iter(self._known))).content)
        return answer

    def _learn(self, evidence: Sequence[Evidence], fetched: dict[bytes, str]) -> None:
        """What served is kept until the date it gives itself."""
        ends = {one.der: one.next_update for one in evidence if one.next_update and one.der in fetched}
        with self._guard:
            for known in self._known.values():
                known.until = max(known.until, ends.get(known.content, known.until))

    def _read(self, folder: Path) -> list[bytes]:
        """The proofs of a folder; a file is read again when its date or size has changed."""
        found: list[bytes] = []
        for file in sorted(folder.glob("*")) if folder.is_dir() else []:
            try:
                state = file.stat()
                mark = (state.st_mtime_ns, state.st_size)
                if file.is_file():
                    known = self._supplied.get(file)
                    if known is None or known[0] != mark:
                        known = self._supplied[file] = (mark, proofs_from(file.read_bytes()))
                    found += known[1]
            except (OSError, ParseError):
                continue  # half written, or no proof: the others still serve
        return found


def _next(wanted: Sequence[Wanted], tried: set[Wanted]) -> list[Wanted]:
    """What to ask now: authorities and answers first, the (long) lists when these were not enough."""
    left = [one for one in wanted if one not in tried]
    return [one for one in left if one.kind is not Ask.CRL] or left


def _with(trust: Trust, new: Sequence[tuple[Wanted, bytes]]) -> Trust:
    def of(kind: Ask) -> tuple[bytes, ...]:
        return tuple(der for wanted, der in new if wanted.kind is kind)

    return replace(
        trust,
        intermediates=(*trust.intermediates, *of(Ask.ISSUER)),
        crls=(*trust.crls, *of(Ask.CRL)),
        ocsp=(*trust.ocsp, *of(Ask.OCSP)),
    )


def _explained(opened: Opened, failures: Sequence[str]) -> Opened:
    """A verdict that still lacks a proof says who did not give it."""
    security = opened.security
    if not failures or not security.wanted:
        return opened
    sentence = f"Révocation non vérifiée : {' ; '.join(dict.fromkeys(failures))}."
    return replace(opened, security=replace(security, reasons=(*security.reasons, sentence)))


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "le serveur"
    except ValueError:
        return "le serveur"


def fingerprint(der: bytes) -> str:
    """The name of a piece of evidence in the vault."""
    return hashlib.sha256(der).hexdigest()
