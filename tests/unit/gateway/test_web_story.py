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
    assert story.tell(Event(1, AT, Kind.ARRIVAL, "", {"via": "smtp"}, erased=True)).detail.endswith(
        ", contenu effacé"
    )
    assert story.tell(Event(1, AT, "tomorrow", "x", {})).words == "tomorrow"


def test_a_refused_opening_is_told_as_refused() -> None:
    told = story.tell(Event(1, AT, Kind.ACCESS, "delivery:x", {"person": "lille", "outcome": "refused"}))
    assert told.words == "Ouverture d’un document médical refusée"


def test_a_missed_due_date_is_told_as_missed_and_a_met_one_as_lifted() -> None:
    fields = {"kind": "cnas-answer", "due": "2026-12-11"}
    names = {"cnas-answer": "Réponse de la CNAS"}
    missed = story.tell(Event(1, AT, Kind.DEADLINE_ENDED, "x", fields | {"state": "missed"}), names)
    assert (missed.words, missed.tone) == ("Échéance dépassée\u00a0: Réponse de la CNAS", "bad")
    assert missed.detail == "échéance\u00a011/12/2026"
    met = story.tell(Event(1, AT, Kind.DEADLINE_ENDED, "x", fields), names)
    assert met.words == "Échéance levée\u00a0: Réponse de la CNAS"


def test_states_and_kinds_are_told_in_french() -> None:
    fields = {"status": "granted", "starts": "2026-11-11", "ends": "2026-12-11"}
    told = story.tell(Event(1, AT, Kind.PERIOD_ADDED, "x", fields))
    assert told.detail == "du\u00a011/11/2026 au\u00a011/12/2026, état\u00a0accordée"
    unsure = story.tell(Event(1, AT, Kind.DEADLINE_SET, "x", {"status": "to be confirmed"}))
    assert unsure.detail == "état\u00a0à confirmer"
    assert unsure.technical
    filed = story.tell(Event(1, AT, Kind.ITEM_FILED, "x", {"queue": "q", "kind": "k"}), {"q": "Ma file"})
    assert filed.detail == "file\u00a0Ma file"


def test_a_whole_mail_is_told_as_such() -> None:
    fields = {"person": "lille", "piece": "message", "outcome": "refused"}
    told = story.tell(Event(1, AT, Kind.ACCESS, "delivery:x", fields))
    assert told.words == "Ouverture d’un message médical entier refusée"
    opened = story.tell(Event(1, AT, Kind.ACCESS, "delivery:x", fields | {"outcome": "opened"}))
    assert opened.words == "Message médical entier ouvert"


@pytest.mark.parametrize(
    ("kind", "action", "words"),
    [
        (Kind.PERSON, "roles-changed", "Rôles changés"),
        (Kind.PERSON, "second-factor-reset", "Second facteur réinitialisé"),
        (Kind.TOKEN, "revoked", "Jeton d’accès révoqué"),
    ],
)
def test_what_happens_to_accounts_and_tokens_is_said_in_words(kind: Kind, action: str, words: str) -> None:
    told = story.tell(Event(1, AT, kind, "person:x", {"action": action, "person": "adam"}))
    assert (told.words, told.detail, told.person) == (words, "", "adam")
