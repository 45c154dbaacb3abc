"""The feed of due dates: what it publishes, to whom, until when; nothing that names anybody."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from httpx import Client
from icalendar import Calendar

from gateway.evidence.record import Kind
from gateway.web.queues import calendar_feed
from storage import deadlines, sheets, tokens
from storage.deadlines import DeadlineState
from storage.people import Person
from tests.builders import seed
from tests.builders.office import CIRCUIT
from tests.worlds import web
from tests.worlds.web import World

LILLE = f"{CIRCUIT}/cpam-595"


def _make(client: Client, place: str = LILLE) -> str:
    """The path of a new feed, as its page shows it."""
    answer = client.post("/compte/agendas", data={"csrf": web.csrf(client, "/compte"), "file": place})
    assert answer.status_code == 200, answer.text
    found = re.search(r"http://[^<]+(/agenda/psr_[^<]+\.ics)", answer.text)
    assert found is not None
    return found[1]


def _events(world: World, path: str) -> list[Any]:
    answer = world.visitor().get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def test_a_feed_holds_the_due_dates_of_its_queue_without_a_name(world: World) -> None:
    path = _make(world.signed_in("lille"))
    events = _events(world, path)
    assert [(str(e["SUMMARY"]), e["DTSTART"].dt) for e in events] == [
        (f"Fin de la prise en charge, {seed.CASE}", date(2026, 11, 20)),
        (
            f"Réponse de la CNAS à la demande de poursuite, {seed.CASE} (délai à confirmer)",
            date(2026, 12, 11),
        ),
    ]
    assert all(e["DTEND"].dt - e["DTSTART"].dt == timedelta(days=1) for e in events)
    content = world.visitor().get(path).text
    for word in ("HADDAD", "Haddad", "chu-lille", seed.SECRET, "861234567890"):
        assert word not in content


def test_the_same_due_date_keeps_its_name_and_says_it_changed(world: World) -> None:
    path = _make(world.signed_in("lille"))
    before = _events(world, path)
    world.clock.turn(timedelta(hours=1))
    with world.house.database.transaction() as session:
        (first, _), *_ = deadlines.due_before(session, date(2027, 1, 1))
        deadlines.rewrite(session, first, world.clock.now(), "corrigé", due=date(2026, 11, 25))
    after = _events(world, path)
    assert {str(e["UID"]) for e in before} == {str(e["UID"]) for e in after}
    moved = next(e for e in after if e["DTSTART"].dt == date(2026, 11, 25))
    assert moved["LAST-MODIFIED"].dt == world.clock.now()
    with world.house.database.transaction() as session:
        deadlines.end(session, first.id or 0, DeadlineState.MET, "tenu", world.clock.now())
    assert len(_events(world, path)) == len(before) - 1


def test_a_calendar_that_has_it_already_is_told_so(world: World) -> None:
    path = _make(world.signed_in("lille"))
    first = world.visitor().get(path)
    assert first.headers["last-modified"] == "Mon, 23 Nov 2026 09:00:00 GMT"
    assert first.headers["cache-control"] == "no-store"
    tag = first.headers["etag"]
    for said in (tag, f"W/{tag}", f'"autre", {tag}'):
        again = world.visitor().get(path, headers={"if-none-match": said})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert world.visitor().get(path, headers={"if-none-match": '"autre"'}).status_code == 200


def test_fetches_are_counted_and_not_told(world: World) -> None:
    lille = world.signed_in("lille")
    path = _make(lille)
    with world.house.database.reading() as session:
        size = len(sheets.journal(session, None, 100))
    for _ in range(3):
        world.visitor().get(path)
    with world.house.database.reading() as session:
        assert len(sheets.journal(session, None, 100)) == size
        (row,) = tokens.feeds_of(session, "lille")
        assert row.uses == 3
        assert [e.kind for e in sheets.journal(session, None, 1)] == [Kind.TOKEN]
    page = lille.get("/compte").text
    assert "Échéances, " in page
    assert path.removeprefix("/agenda/psr_")[13:50] not in page


def test_a_revoked_feed_publishes_nothing(world: World) -> None:
    lille = world.signed_in("lille")
    path = _make(lille)
    token = path.removeprefix("/agenda/psr_")[:12]
    other = world.signed_in("marseille")
    revoke = f"/compte/agendas/{token}/revoquer"
    assert other.post(revoke, data={"csrf": web.csrf(other, "/compte")}).status_code == 404
    assert world.visitor().get(path).status_code == 200
    answer = lille.post(revoke, data={"csrf": web.csrf(lille, "/compte")})
    assert answer.headers["location"] == "/compte?fait=agenda-revoque"
    assert world.visitor().get(path).status_code == 404


def test_a_feed_ends_with_its_time_its_person_or_the_right_to_read(world: World) -> None:
    path = _make(world.signed_in("lille"))
    with world.house.database.transaction() as session:
        person = session.get_one(Person, "lille")
        person.roles = ["cpam:131"]
        session.add(person)
    assert world.visitor().get(path).status_code == 404
    with world.house.database.transaction() as session:
        person = session.get_one(Person, "lille")
        person.roles, person.active = ["cpam:595"], False
        session.add(person)
    assert world.visitor().get(path).status_code == 404
    with world.house.database.transaction() as session:
        person = session.get_one(Person, "lille")
        person.active = True
        session.add(person)
    assert world.visitor().get(path).status_code == 200
    world.clock.turn(timedelta(days=world.house.settings.token_days))
    assert world.visitor().get(path).status_code == 404


def test_a_feed_of_a_queue_one_does_not_read_is_not_made(world: World) -> None:
    marseille = world.signed_in("marseille")
    form = {"csrf": web.csrf(marseille, "/compte"), "file": LILLE}
    assert marseille.post("/compte/agendas", data=form).status_code == 409
    assert marseille.post("/compte/agendas", data=form | {"file": "x"}).status_code == 409
    adam = world.signed_in("adam")
    answer = adam.post("/compte/agendas", data={"csrf": web.csrf(adam, "/compte"), "file": LILLE})
    assert answer.status_code == 403


def test_a_feed_is_never_made_by_the_administrator_for_others(world: World) -> None:
    adam, at = world.signed_in("adam"), world.clock.now()
    form = {"csrf": web.csrf(adam, "/compte"), "objet": "Service", "file": LILLE, "jours": "30"}
    assert adam.post("/administration/jetons", data=form).status_code == 409
    circuit, _, queue = LILLE.partition("/")
    with world.house.database.transaction() as session:
        presented, _ = tokens.create(
            session, title="x", scopes=("calendar",), created_by="adam", at=at,
            expires_at=at + timedelta(days=1), circuit=circuit, queue=queue,
        )  # fmt: skip
    assert world.visitor().get(f"/agenda/{presented}.ics").status_code == 404


def test_a_feed_is_kept_by_no_cache(world: World) -> None:
    path = _make(world.signed_in("lille"))
    first = world.visitor().get(path)
    again = world.visitor().get(path, headers={"if-none-match": first.headers["etag"]})
    assert (first.headers["cache-control"], again.headers["cache-control"]) == ("no-store", "no-store")
    assert again.status_code == 304


def test_nobody_holds_more_feeds_than_allowed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar_feed, "MOST_FEEDS", 1)
    lille = world.signed_in("lille")
    _make(lille)
    form = {"csrf": web.csrf(lille, "/compte"), "file": LILLE}
    assert lille.post("/compte/agendas", data=form).status_code == 409


@pytest.mark.parametrize("token", ["psr_" + "0" * 12 + "_" + "a" * 43, "psr_x", "..", "a" * 500])
def test_an_address_that_was_never_given_publishes_nothing(world: World, token: str) -> None:
    assert world.visitor().get(f"/agenda/{token}.ics").status_code == 404
