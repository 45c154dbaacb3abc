"""The life of a case by day, then by mail: what people did and got first, the machinery folded. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from gateway.clock import paris_date
from gateway.web.story import Told, tell
from storage.audit import Event
from storage.cases import Item
from storage.sheets import Mailed


@dataclass(frozen=True, slots=True)
class Chapter:
    """What happened one day about one mail (``delivery``), or about the case itself (empty)."""

    delivery: str
    told: tuple[Told, ...]
    technical: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Day:
    on: date
    chapters: tuple[Chapter, ...]


def timeline(
    events: Iterable[Event], letters: Iterable[Mailed], names: Mapping[str, str]
) -> tuple[Day, ...]:
    """Group ``events`` (the latest first); ``names`` are the French names of kinds and queues."""
    mails = {f"outbox:{m.letter.message_id}": m.letter.delivery or "" for m in letters}
    days: dict[date, dict[str, list[Told]]] = {}
    for event in events:
        chapters = days.setdefault(paris_date(event.at), {})
        chapters.setdefault(_mail_of(event, mails), []).append(tell(event, names))
    return tuple(
        Day(on, tuple(_chapter(mail, told) for mail, told in chapters.items()))
        for on, chapters in days.items()
    )


def folded(days: Sequence[Day], shown: int) -> tuple[tuple[Day, ...], tuple[Day, ...]]:
    """The first ``shown`` chapters, then the rest; a day may be cut between two chapters."""
    recent: list[Day] = []
    older: list[Day] = []
    left = shown
    for day in days:
        for side, chapters in ((recent, day.chapters[:left]), (older, day.chapters[left:])):
            if chapters:
                side.append(Day(day.on, chapters))
        left = max(left - len(day.chapters), 0)
    return tuple(recent), tuple(older)


def titles(items: Iterable[Item]) -> Mapping[str, Item]:
    """The item under which a reader knows each mail: the first of those given."""
    known: dict[str, Item] = {}
    for item in items:
        known.setdefault(item.delivery, item)
    return known


def _chapter(mail: str, told: Sequence[Told]) -> Chapter:
    return Chapter(mail, tuple(t for t in told if not t.technical), tuple(t for t in told if t.technical))


def _mail_of(event: Event, mails: Mapping[str, str]) -> str:
    """The mail an event is about: its subject, the mail its letter answers, or the one it names."""
    family, _, name = event.subject.partition(":")
    if family == "delivery":
        return name
    told = event.fields.get("delivery")
    return mails.get(event.subject) or (told if isinstance(told, str) else "")
