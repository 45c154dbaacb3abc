"""Actions of programs: keys, versions, refusals; the same events as the pages write."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from httpx import Client, Response

from gateway.clock import TurnableClock
from gateway.evidence.record import Kind
from gateway.web.api.calls import MAX_BODY
from storage import answers, cases, sheets, tokens
from storage.db import Database
from tests.builders import seed
from tests.worlds import web
from tests.worlds.web import World

ALL = ("read", "content", "medical", "act", "supervise", "journal")


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path, clock: TurnableClock) -> Iterator[World]:
    built = web.build(sqlite_database, tmp_path, clock)
    built.start()
    yield built
    built.stop()


def _program(world: World, login: str, *scopes: str) -> Client:
    """A client that presents a token of this person."""
    at = world.clock.now()
    with world.house.database.transaction() as session:
        presented, _ = tokens.create(
            session,
            title="Essais",
            scopes=scopes or ALL,
            created_by="adam",
            at=at,
            expires_at=at.replace(year=at.year + 1),
            login=login,
        )
    client = world.visitor()
    client.headers["authorization"] = f"Bearer {presented}"
    return client


def _post(client: Client, path: str, key: str, tag: str | None = None, **body: Any) -> Response:
    headers = {"idempotency-key": key} | ({"if-match": tag} if tag else {})
    return client.post(f"/api/v1{path}", json=body, headers=headers)


def _question(world: World) -> str:
    return f"/items/{world.office.items['question']}"


def _tag(client: Client, path: str) -> str:
    return client.get(f"/api/v1{path}").headers["etag"]


def test_an_item_is_taken_once_whatever_the_number_of_calls(world: World) -> None:
    agathe = _program(world, "agathe")
    path = _question(world)
    tag = _tag(agathe, path)
    first = _post(agathe, f"{path}/take", "k1", tag)
    assert (first.status_code, first.json()["state"], first.json()["version"]) == (200, "taken", 2)
    assert first.headers["etag"] == _tag(agathe, path)
    again = _post(agathe, f"{path}/take", "k1", tag)
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["etag"] == first.headers["etag"]
    with world.house.database.reading() as session:
        taken = [e for e in sheets.journal(session, None, 100) if e.kind == Kind.ITEM_TAKEN]
    assert len(taken) == 1


def test_a_key_of_another_request_is_refused_and_another_persons_key_is_another(world: World) -> None:
    agathe, lille = _program(world, "agathe"), _program(world, "lille")
    path = _question(world)
    tag = _tag(agathe, path)
    _post(agathe, f"{path}/take", "k1", tag)
    other = _post(agathe, f"{path}/put-back", "k1", tag)
    assert (other.status_code, _type(other)) == (422, "cle-deja-utilisee")
    changed = _post(agathe, f"{path}/take", "k1", '"i4-v9"')
    assert (changed.status_code, _type(changed)) == (422, "cle-deja-utilisee")
    form = f"/items/{world.office.items['form']}"
    assert _post(lille, f"{form}/take", "k1", _tag(lille, form)).status_code == 200


def test_a_key_is_free_again_after_a_day(world: World) -> None:
    agathe = _program(world, "agathe")
    path = _question(world)
    _post(agathe, f"{path}/take", "k1", _tag(agathe, path))
    world.clock.turn(answers.KEPT)
    assert _post(agathe, f"{path}/put-back", "k1", _tag(agathe, path)).status_code == 200


def test_a_refusal_is_kept_like_any_answer_and_an_unfinished_call_is_never_done_again(world: World) -> None:
    agathe = _program(world, "agathe")
    path = _question(world)
    tag = _tag(agathe, path)
    refused = _post(agathe, f"{path}/close", "k1", tag)
    assert (refused.status_code, _type(refused)) == (409, "action-refusee")
    again = _post(agathe, f"{path}/close", "k1", tag)
    assert (again.status_code, again.json()) == (409, refused.json())
    assert again.headers["content-type"] == "application/problem+json"
    with world.house.database.transaction() as session:
        row = session.get_one(answers.ApiAnswer, ("agathe", _hash("k1")))
        row.status = None
        session.add(row)
    unknown = _post(agathe, f"{path}/close", "k1", tag)
    assert (unknown.status_code, _type(unknown)) == (409, "issue-inconnue")


def test_the_version_read_is_asked_for_and_must_be_the_present_one(world: World) -> None:
    agathe, sylvie = _program(world, "agathe"), _program(world, "sylvie")
    path = _question(world)
    tag = _tag(agathe, path)
    assert _type(_post(agathe, f"{path}/take", "k1")) == "condition-requise"
    for turn, wrong in enumerate(("*", '"i999-v1"', 'W/"x"')):
        assert _post(agathe, f"{path}/take", f"w{turn}", wrong).status_code == 412
    assert _post(sylvie, f"{path}/assign", "k2", tag, person="agathe").status_code == 200
    late = _post(agathe, f"{path}/put-back", "k3", tag)
    assert (late.status_code, _type(late)) == (412, "version-depassee")


def test_a_value_is_corrected_beside_what_was_read(world: World) -> None:
    lille = _program(world, "lille")
    path = f"/items/{world.office.items['form']}"
    field = f"{path}/documents/{world.office.documents['form']}/fields/start_date"
    tag = _tag(lille, path)
    wrong = _post(lille, field, "k1", tag, value="un jour")
    assert wrong.status_code == 422
    assert _post(lille, field, "k2", tag, value="06/10/2026").status_code == 200
    read = lille.get(f"/api/v1{path}").json()["documents"][0]["fields"]
    dates = [(one["value"], one["person"]) for one in read if one["name"] == "start_date"]
    assert ("06/10/2026", "lille") in dates
    assert len(dates) > 1


def test_an_item_is_linked_to_the_case_chosen(world: World) -> None:
    sylvie = _program(world, "sylvie")
    path = _question(world)
    unknown = _post(sylvie, f"{path}/link", "k1", _tag(sylvie, path), case="SPA-2026-09999")
    assert (unknown.status_code, _type(unknown)) == (404, "introuvable")
    done = _post(sylvie, f"{path}/link", "k2", _tag(sylvie, path), case=seed.CASE)
    assert (done.status_code, done.json()["case"]) == (200, seed.CASE)


def test_each_verb_of_an_item_in_turn(world: World) -> None:
    agathe = _program(world, "agathe")
    path, states = _question(world), []
    for turn, verb in enumerate(("take", "wait", "resume", "put-back", "take", "close", "reopen")):
        done = _post(agathe, f"{path}/{verb}", f"k{turn}", _tag(agathe, path))
        assert done.status_code == 200, (verb, done.text)
        states.append(done.json()["state"])
    assert states == ["taken", "waiting", "taken", "new", "taken", "done", "taken"]


def test_a_message_set_aside_is_released_by_a_program_of_the_supervisor(world: World) -> None:
    poison = world.office.deliveries["poison"]
    assert _post(_program(world, "agathe"), f"/set-aside/{poison}/release", "k1").status_code == 403
    sylvie = _program(world, "sylvie")
    (stopped,) = sylvie.get("/api/v1/set-aside").json()["deliveries"]
    assert (stopped["delivery"], stopped["step"]) == (poison, "unpack")
    assert _post(sylvie, f"/set-aside/{poison}/release", "k1").status_code == 200
    assert sylvie.get("/api/v1/set-aside").json()["deliveries"] == []
    assert _post(sylvie, f"/set-aside/{poison}/release", "k2").status_code == 409


@pytest.mark.parametrize(
    ("headers", "content", "status", "kind"),
    [
        ({}, b"{}", 400, "demande-incomprise"),
        ({"idempotency-key": "x" * 201}, b"{}", 400, "demande-incomprise"),
        ({"idempotency-key": "k", "content-type": "text/plain"}, b"{}", 415, "type-refuse"),
        ({"idempotency-key": "k"}, b"{" + b" " * MAX_BODY, 413, "corps-trop-grand"),
        ({"idempotency-key": "k"}, b'{"a": 1}', 422, "donnees-invalides"),
        ({"idempotency-key": "k"}, b"[", 422, "donnees-invalides"),
    ],
)
def test_what_a_call_must_look_like(
    world: World, headers: dict[str, str], content: bytes, status: int, kind: str
) -> None:
    agathe = _program(world, "agathe")
    answer = agathe.post(f"/api/v1{_question(world)}/take", content=content, headers=headers)
    assert (answer.status_code, _type(answer)) == (status, kind)
    with world.house.database.reading() as session:
        item = cases.item(session, world.office.items["question"])
        assert item is not None
        assert item.version == 1


def test_a_session_of_the_pages_acts_too_with_its_mark(world: World) -> None:
    client = world.signed_in("agathe")
    path = _question(world)
    headers = {"idempotency-key": "k1", "if-match": _tag(client, path)}
    refused = client.post(f"/api/v1{path}/take", json={}, headers=headers)
    assert (refused.status_code, _type(refused)) == (400, "demande-incomprise")
    headers["x-csrf"] = web.csrf(client, "/files")
    assert client.post(f"/api/v1{path}/take", json={}, headers=headers).status_code == 200


def _type(answer: Response) -> str:
    said = answer.json()
    assert said["status"] == answer.status_code
    assert answer.headers["content-type"] == "application/problem+json"
    return str(said["type"]).partition("#")[2]


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()
