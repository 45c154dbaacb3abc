"""Actions of programs: keys, versions, refusals; the same events as the pages write."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import pytest

from gateway.evidence.record import Kind
from gateway.web.api import items
from gateway.web.api.calls import MAX_BODY
from gateway.web.api.routes import API_ROUTES
from gateway.web.items import actions
from storage import answers, cases, comments, sheets
from tests.builders import seed
from tests.builders.office import CIRCUIT
from tests.worlds import web
from tests.worlds.programs import post as _post
from tests.worlds.programs import problem as _type
from tests.worlds.programs import program
from tests.worlds.programs import tag_of as _tag
from tests.worlds.web import World


def _question(world: World) -> str:
    return f"/items/{world.office.items['question']}"


def test_an_item_is_taken_once_whatever_the_number_of_calls(world: World) -> None:
    agathe = program(world, "agathe")
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
    agathe, lille = program(world, "agathe"), program(world, "lille")
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
    agathe = program(world, "agathe")
    path = _question(world)
    _post(agathe, f"{path}/take", "k1", _tag(agathe, path))
    world.clock.turn(answers.KEPT)
    assert _post(agathe, f"{path}/put-back", "k1", _tag(agathe, path)).status_code == 200


def test_a_refusal_is_kept_like_any_answer_and_an_unfinished_call_is_never_done_again(world: World) -> None:
    agathe = program(world, "agathe")
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
    agathe, sylvie = program(world, "agathe"), program(world, "sylvie")
    path = _question(world)
    tag = _tag(agathe, path)
    assert _type(_post(agathe, f"{path}/take", "k1")) == "condition-requise"
    for turn, wrong in enumerate(("*", '"i999-v1"', 'W/"x"')):
        assert _post(agathe, f"{path}/take", f"w{turn}", wrong).status_code == 412
    assert _post(sylvie, f"{path}/assign", "k2", tag, person="agathe").status_code == 200
    late = _post(agathe, f"{path}/put-back", "k3", tag)
    assert (late.status_code, _type(late)) == (412, "version-depassee")


def test_a_value_is_corrected_beside_what_was_read(world: World) -> None:
    lille = program(world, "lille")
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
    sylvie = program(world, "sylvie")
    path = _question(world)
    unknown = _post(sylvie, f"{path}/link", "k1", _tag(sylvie, path), case="SPA-2026-09999")
    assert (unknown.status_code, _type(unknown)) == (404, "introuvable")
    done = _post(sylvie, f"{path}/link", "k2", _tag(sylvie, path), case=seed.CASE)
    assert (done.status_code, done.json()["case"]) == (200, seed.CASE)


def test_an_item_is_taken_out_of_its_case_with_a_reason_and_put_back(world: World) -> None:
    lille = program(world, "lille")
    path = f"/items/{world.office.items['form']}"
    assert _post(lille, f"{path}/unlink", "k1", _tag(lille, path)).status_code == 422, "no reason"
    out = _post(lille, f"{path}/unlink", "k2", _tag(lille, path), reason="mauvais dossier")
    assert (out.status_code, out.json()["case"]) == (200, None), out.text
    back = _post(lille, f"{path}/link", "k3", _tag(lille, path), case=seed.CASE)
    assert (back.status_code, back.json()["case"]) == (200, seed.CASE)


def test_every_verb_of_the_pages_has_its_name_here() -> None:
    assert set(items.VERBS) == set(actions.ACTIONS)
    assert {("POST", f"/api/v1/items/{{item_id}}/{name}") for name in items.VERBS.values()} <= set(
        API_ROUTES
    )


def test_each_verb_of_an_item_in_turn(world: World) -> None:
    agathe = program(world, "agathe")
    path, states = _question(world), []
    for turn, verb in enumerate(("take", "wait", "resume", "put-back", "take", "close", "reopen")):
        assert verb in agathe.get(f"/api/v1{path}").json()["actions"]
        done = _post(agathe, f"{path}/{verb}", f"k{turn}", _tag(agathe, path))
        assert done.status_code == 200, (verb, done.text)
        states.append(done.json()["state"])
    assert states == ["taken", "waiting", "taken", "new", "taken", "done", "taken"]


def test_an_item_waits_until_its_day_and_is_taken_over(world: World) -> None:
    agathe, sylvie = program(world, "agathe"), program(world, "sylvie")
    path = _question(world)
    bad = _post(agathe, f"{path}/wait", "k0", _tag(agathe, path), wake_on="demain")
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "wake_on")
    done = _post(agathe, f"{path}/wait", "k1", _tag(agathe, path), wake_on="2026-12-01")
    assert (done.status_code, done.json()["state"]) == (200, "waiting"), done.text
    over = _post(sylvie, f"{path}/take-over", "k1", _tag(sylvie, path))
    assert (over.status_code, over.json()["state"]) == (200, "taken"), over.text
    assert sylvie.get(f"/api/v1{path}").json()["taken_by"] == "sylvie"


def test_an_item_is_sorted_anew_cut_and_joined(world: World) -> None:
    sylvie = program(world, "sylvie")
    path = _question(world)
    sorted_ = _post(sylvie, f"{path}/reclassify", "k1", _tag(sylvie, path), kind="quote")
    assert sorted_.status_code == 200, sorted_.text
    assert sylvie.get(f"/api/v1{path}").json()["kind"] == "quote"
    mixed = f"/items/{world.office.items['mixed']}"
    wrong = _post(sylvie, f"{mixed}/split", "k2", _tag(sylvie, mixed), documents=[999])
    assert (wrong.status_code, _type(wrong)) == (404, "introuvable")
    whole = sylvie.get(f"/api/v1{mixed}").json()["documents"]
    cut = _post(sylvie, f"{mixed}/split", "k3", _tag(sylvie, mixed), documents=[whole[0]["id"]])
    assert cut.status_code == 200, cut.text
    other = cut.json()["other"]
    assert other not in {None, world.office.items["mixed"]}
    joined = _post(sylvie, f"{mixed}/merge", "k4", _tag(sylvie, mixed), item=other)
    assert joined.status_code == 200, joined.text
    standing = sylvie.get(f"/api/v1{mixed}").json()["joined"]
    assert [(one["kind"], one["other"]) for one in standing] == [("merge", other), ("split", other)]
    undone = _post(sylvie, f"{mixed}/undo", "k5", _tag(sylvie, mixed), joining=standing[0]["id"])
    assert undone.status_code == 200, undone.text
    assert len(sylvie.get(f"/api/v1{mixed}").json()["joined"]) == 1


def test_an_item_goes_to_its_right_door(world: World) -> None:
    sylvie = program(world, "sylvie")
    path = _question(world)
    wrong = _post(sylvie, f"{path}/reroute", "k1", _tag(sylvie, path), door="nulle-part")
    assert (wrong.status_code, _type(wrong)) == (409, "action-refusee")
    offered = {door["name"] for door in sylvie.get(f"/api/v1{path}").json()["doors"]}
    assert "a-identifier" in offered
    done = _post(sylvie, f"{path}/reroute", "k2", _tag(sylvie, path), door="a-identifier")
    assert done.status_code == 200, done.text
    assert sylvie.get(f"/api/v1{path}").json()["queue"] == "a-identifier"


@pytest.mark.parametrize("verb", ["take", "wait", "assign", "link", "contestations"])
def test_a_call_wrong_twice_is_told_its_body_first(world: World, verb: str) -> None:
    answer = _post(program(world, "agathe"), f"{_question(world)}/{verb}", "k1", surprise="x")
    assert (answer.status_code, _type(answer)) == (422, "donnees-invalides")


def test_notes_are_written_and_read(world: World) -> None:
    agathe = program(world, "agathe")
    path = _question(world)
    done = _post(agathe, f"{path}/notes", "k1", _tag(agathe, path), text="À voir avec l’hôpital.")
    assert done.status_code == 200, done.text
    again = _post(agathe, f"{path}/notes", "k1", f'"i{world.office.items["question"]}-v1"', text="Autre.")
    assert _type(again) == "cle-deja-utilisee"
    (note,) = agathe.get(f"/api/v1{path}/notes").json()["notes"]
    assert (note["by"], note["text"]) == ("agathe", "À voir avec l’hôpital.")
    assert program(world, "lille").get(f"/api/v1{path}/notes").status_code == 404


def test_notes_are_said_to_be_seen_by_whoever_reads_them(world: World) -> None:
    agathe, sylvie = program(world, "agathe"), program(world, "sylvie", "read")
    path = _question(world)
    _post(agathe, f"{path}/notes", "k1", _tag(agathe, path), text="@sylvie, ton avis ?")
    with world.house.database.reading() as session:
        assert len(comments.unseen(session, "sylvie")) == 1
    done = _post(sylvie, f"{path}/notes/seen", "k1", _tag(sylvie, path))
    assert (done.status_code, done.json()["done"]) == (200, "notes-seen")
    with world.house.database.reading() as session:
        assert comments.unseen(session, "sylvie") == []
    assert _post(program(world, "lille"), f"{path}/notes/seen", "k1", '"i1-v1"').status_code == 404


def test_a_conflict_is_settled_by_the_reading_chosen(world: World) -> None:
    lille = program(world, "lille")
    path = f"/items/{world.office.items['form']}"
    number = world.office.documents["form"]
    (document,) = (d for d in lille.get(f"/api/v1{path}").json()["documents"] if d["id"] == number)
    read = [f for f in document["fields"] if f["name"] == "start_date"]
    assert [f["conflict"] for f in read] == [True, True]
    chosen = next(f for f in read if f["source"] == "ocr")
    where = f"{path}/documents/{number}/fields/start_date/choose"
    unknown = _post(lille, where, "k1", _tag(lille, path), reading=2**31 - 1)
    assert (unknown.status_code, _type(unknown)) == (404, "introuvable")
    done = _post(lille, where, "k2", _tag(lille, path), reading=chosen["id"])
    assert (done.status_code, done.json()["done"]) == (200, "choose")
    (document,) = (d for d in lille.get(f"/api/v1{path}").json()["documents"] if d["id"] == number)
    said = [f for f in document["fields"] if f["name"] == "start_date"]
    (last,) = (f for f in said if f["person"] == "lille")
    assert (last["value"], [f["conflict"] for f in said]) == (chosen["value"], [False] * 3)


def test_a_reading_is_vouched_for(world: World) -> None:
    lille = program(world, "lille")
    path = f"/items/{world.office.items['form']}"
    where = f"{path}/documents/{world.office.documents['form']}/reading"
    bad = _post(lille, where, "k0", _tag(lille, path), verb="peut-être")
    assert bad.status_code == 422
    rejected = _post(lille, where, "k1", _tag(lille, path), verb="reject", reason="Illisible.")
    assert rejected.status_code == 200, rejected.text
    withdrawn = _post(lille, where, "k2", _tag(lille, path), verb="withdraw")
    assert withdrawn.status_code == 200, withdrawn.text


def test_a_letter_that_is_not_offered_does_not_leave(world: World) -> None:
    agathe = program(world, "agathe")
    path = _question(world)
    unknown = _post(agathe, f"{path}/answer", "k1", _tag(agathe, path), letter="inconnue")
    assert unknown.status_code in {404, 409}, unknown.text
    assert agathe.get(f"/api/v1{path}/letters").json()["letters"] == []


def test_a_medical_document_stays_closed_to_whoever_has_not_the_role(world: World) -> None:
    report = f"/items/{world.office.items['report']}"
    assert program(world, "agathe").get(f"/api/v1{report}").status_code == 404
    sylvie = program(world, "sylvie").get(f"/api/v1{report}")
    assert sylvie.status_code == 200
    assert [one["open"] for one in sylvie.json()["documents"]] == [False, False]
    assert seed.SECRET not in sylvie.text
    narrow = program(world, "medard", "read", "content").get(f"/api/v1{report}")
    assert seed.SECRET not in narrow.text
    whole = program(world, "medard").get(f"/api/v1{report}")
    assert seed.SECRET in whole.text
    case = program(world, "agathe").get(f"/api/v1/cases/{seed.CASE}")
    assert seed.SECRET not in case.text


def test_a_token_does_only_what_its_scopes_say(world: World) -> None:
    reader = program(world, "agathe", "read")
    path = _question(world)
    refused = _post(reader, f"{path}/take", "k1", _tag(reader, path))
    assert (refused.status_code, _type(refused)) == (403, "acces-refuse")
    nobody = world.visitor()
    nobody.headers["authorization"] = "Bearer psr_000000000000_" + "a" * 43
    answer = nobody.get("/api/v1/queues")
    assert (answer.status_code, _type(answer)) == (401, "jeton-refuse")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_too_many_calls_are_asked_to_wait(world: World) -> None:
    agathe, lille = program(world, "agathe"), program(world, "lille")
    world.app.state.rates.a_minute = 10
    answers_ = [agathe.get("/api/v1/queues").status_code for _ in range(11)]
    assert answers_ == [200] * 10 + [429]
    late = agathe.get("/api/v1/queues")
    assert (_type(late), late.headers["retry-after"]) == ("trop-de-demandes", "6")
    assert lille.get("/api/v1/queues").status_code == 200
    world.clock.turn(timedelta(seconds=6))
    assert agathe.get("/api/v1/queues").status_code == 200


def test_lists_are_read_page_by_page_by_their_links(world: World) -> None:
    sylvie = program(world, "sylvie")
    here = f"/api/v1/queues/{CIRCUIT}/cnse-administratif/items?limit=1&newest=false"
    seen: list[int] = []
    while here:
        page = sylvie.get(here)
        body = page.json()
        seen += [one["id"] for one in body["items"]]
        here = body["next"] or ""
        assert (here in page.headers.get("link", "")) == bool(here) or not here
    assert seen == [world.office.items[name] for name in ("request", "question", "mixed")]
    for wrong in ("x", "2026-11-23~x", "2026-11-23T09:00:00+00:00~99999999999"):
        first = f"/api/v1/queues/{CIRCUIT}/cnse-administratif/items"
        answer = sylvie.get(first, params={"after": wrong})
        assert (answer.status_code, _type(answer)) == (400, "demande-incomprise")


def test_a_message_set_aside_is_released_by_a_program_of_the_supervisor(world: World) -> None:
    poison = world.office.deliveries["poison"]
    assert _post(program(world, "agathe"), f"/set-aside/{poison}/release", "k1").status_code == 403
    sylvie = program(world, "sylvie")
    (stopped,) = sylvie.get("/api/v1/set-aside").json()["deliveries"]
    assert (stopped["delivery"], stopped["step"]) == (poison, "unpack")
    assert _post(sylvie, f"/set-aside/{poison}/release", "k1").status_code == 200
    assert sylvie.get("/api/v1/set-aside").json()["deliveries"] == []
    assert _post(sylvie, f"/set-aside/{poison}/release", "k2").status_code == 409


JSON = {"idempotency-key": "k", "content-type": "application/json"}


@pytest.mark.parametrize(
    ("headers", "content", "status", "kind"),
    [
        ({}, b"{}", 400, "demande-incomprise"),
        ({"idempotency-key": "x" * 201}, b"{}", 400, "demande-incomprise"),
        ({"idempotency-key": "k", "content-type": "text/plain"}, b"{}", 415, "type-refuse"),
        ({"idempotency-key": "k"}, b"{}", 415, "type-refuse"),
        (JSON, b"{" + b" " * MAX_BODY, 413, "corps-trop-grand"),
        (JSON, b'{"a": 1}', 422, "donnees-invalides"),
        (JSON, b"[", 422, "donnees-invalides"),
    ],
)
def test_what_a_call_must_look_like(
    world: World, headers: dict[str, str], content: bytes, status: int, kind: str
) -> None:
    agathe = program(world, "agathe")
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


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def test_files_are_given_as_they_came_when_their_class_is_open(world: World) -> None:
    agathe, medard = program(world, "agathe"), program(world, "medard")
    request = f"/api/v1/documents/{world.office.documents['request']}/original"
    given = agathe.get(request)
    assert (given.status_code, given.content[:5]) == (200, b"%PDF-")
    assert given.headers["content-type"] == "application/octet-stream"
    report = f"/api/v1/documents/{world.office.documents['report']}/original"
    assert _type(agathe.get(report)) == "acces-refuse"
    assert medard.get(report).status_code == 200
    question = f"/api/v1{_question(world)}/message"
    assert agathe.get(question).content == b"question"
    assert program(world, "agathe", "read").get(question).status_code == 403
