"""Events as sentences: every kind has one, and only known fields are told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.evidence.record import Kind
from gateway.web import story
from storage.audit import Event

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_french_sentence(kind: Kind) -> None:
    told = story.tell(Event(1, AT, kind, "case:X", {}))
    assert told.words != kind
    assert told.words[0].isupper()


def test_only_fields_known_to_be_safe_are_told() -> None:
    fields = {
        "queue": "cpam-595",
        "due": "2026-11-20",
        "step": "unpack",
        "text": "secret",
        "person": "agathe",
    }
    told = story.tell(Event(1, AT, Kind.STEP, "delivery:x", fields))
    assert told.person == "agathe"
    assert told.detail == "étape\u00a0déballage, file\u00a0cpam-595, échéance\u00a020/11/2026"


def test_an_erased_event_and_an_unknown_one() -> None:
    assert story.tell(Event(1, AT, Kind.ARRIVAL, "", None)).detail == "contenu effacé"
    assert story.tell(Event(1, AT, "tomorrow", "x", {})).words == "tomorrow"


def test_a_refused_opening_is_told_as_refused() -> None:
    told = story.tell(Event(1, AT, Kind.ACCESS, "delivery:x", {"person": "lille", "outcome": "refused"}))
    assert told.words == "Ouverture d’un document médical refusée"
