"""Every kind of event has its words, the same on a page and in an evidence file."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.evidence.dossier_words import tell
from gateway.evidence.event_words import NAMES
from gateway.evidence.record import Kind
from gateway.web import story
from storage.audit import Event
from storage.canonical import Value, canonical
from storage.dossier import Sealed

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def _sealed(kind: str, /, **fields: Value) -> Sealed:
    body: dict[str, Value] = {
        "v": 2,
        "n": 0,
        "at": "",
        "kind": kind,
        "fields": fields,
        "hidden": {},
        "subject": "",
    }
    return Sealed(0, AT, kind, "case:X", canonical(body), ())


def _shown(kind: str, /, **fields: Value) -> str:
    return story.tell(Event(0, AT, kind, "case:X", fields)).words


@pytest.mark.parametrize("kind", list(Kind), ids=str)
def test_each_kind_is_told_in_french_on_both_sides(kind: Kind) -> None:
    assert NAMES[kind]
    for words in (_shown(kind), tell(_sealed(kind), silent=False)):
        assert words
        assert words != kind.value
        assert "{" not in words


def test_contestations_holds_and_tacit_acceptances_are_told_the_same() -> None:
    for kind, fields in (
        (Kind.CONTESTATION, {"action": "answer"}),
        (Kind.HOLD, {"action": "lift"}),
    ):
        assert _shown(kind, **fields) == tell(_sealed(kind, **fields), silent=False)
    told = tell(_sealed(Kind.PROPOSAL, action="accepted"), silent=False)
    assert "confirmée" in told
    assert "confirmée" in _shown(Kind.PROPOSAL, action="accepted")


def test_codes_take_the_words_of_the_circuit_and_a_silent_event_says_nothing() -> None:
    event = _sealed(Kind.DEADLINE_SET, kind="medical-report", due="2026-12-01", status="to be confirmed")
    names = {"medical-report": "Compte rendu médical"}
    assert tell(event, names, silent=False) == (
        "Échéance « Compte rendu médical » posée au 01/12/2026 (statut : à confirmer)"
    )
    assert tell(event, names, silent=True) == "Événement donné scellé : son contenu n'est pas montré"
