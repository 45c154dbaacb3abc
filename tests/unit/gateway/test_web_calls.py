"""Calls to make: seen by those of the queue, where they work; done once, with what was said."""

from __future__ import annotations

from gateway.evidence.record import Kind
from storage import calls, cases, followups, outbox
from storage.calls import Call, CallReason
from storage.outbox import Following, OutboxEntry
from tests.builders import rows
from tests.worlds import web
from tests.worlds.web import World


def _ask(world: World, queue: str = "cnse-administratif", phone: str = "01 99 00 12 34") -> Call:
    """A call about the first letter whose mail is worked on by the administrative service."""
    with world.house.database.transaction() as session:
        letter = next(
            e
            for e in rows.letters(session)
            if e.delivery is not None
            and any(i.queue == "cnse-administratif" for i in cases.items_of(session, e.delivery))
        )
        letter.following, letter.expects = Following.ESCALATED, "delivery"
        session.add(letter)
        asked = Call(
            key=f"essai:{queue}", reason=CallReason.NO_RECEIPT, circuit=letter.circuit, queue=queue,
            recipient=letter.recipient, phone=phone, detail="sans retour 4 j après l'envoi",
            outbox_id=letter.id, delivery=letter.delivery, case_id=letter.case_id,
            at=world.house.clock.now(),
        )  # fmt: skip
        assert calls.add(session, asked)
        (made,) = (c for c in calls.waiting(session, 10) if c.key == asked.key)
    return made


def _letter(world: World, call: Call) -> OutboxEntry:
    with world.house.database.reading() as session:
        found = outbox.get(session, call.outbox_id or 0)
    assert found is not None
    return found


def test_the_page_says_whom_to_call_about_which_case(world: World) -> None:
    call = _ask(world)
    text = world.signed_in("agathe").get("/appels").text
    assert 'href="tel:0199001234"' in text
    assert "sans retour 4 j après" in text
    assert call.recipient in text
    assert "aucun retour" in text


def test_without_a_number_the_page_says_where_to_write_it(world: World) -> None:
    _ask(world, phone="")
    assert "demandez à un administrateur de l’y mettre" in world.signed_in("agathe").get("/appels").text


def test_those_of_another_queue_see_nothing_and_change_nothing(world: World) -> None:
    call = _ask(world, "cpam-595")
    client = world.signed_in("agathe")
    assert call.recipient not in client.get("/appels").text
    token = web.csrf(client, "/files")
    assert client.post(f"/appels/{call.id}/fait", data={"csrf": token}).status_code == 404
    with world.house.database.reading() as session:
        assert calls.waiting_on(session, call.outbox_id or 0)


def test_a_queue_shows_its_calls_alone(world: World) -> None:
    call = _ask(world)
    client = world.signed_in("agathe")
    assert call.recipient in client.get("/appels/file/cnse-administratif").text
    assert client.get("/appels/file/cnse-medical").text.strip() == ""
    assert 'hx-get="/appels/file/cnse-administratif"' in client.get("/files/cnse-administratif").text


def test_a_call_done_ends_the_wait_of_its_letter_once(world: World) -> None:
    call = _ask(world)
    client = world.signed_in("agathe")
    token = web.csrf(client, "/appels")
    sent = {"csrf": token, "note": "adresse bonne, lettre lue"}
    answer = client.post(f"/appels/{call.id}/fait", data=sent, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/appels?fait=appel")
    assert _letter(world, call).following is Following.ANSWERED
    assert client.post(f"/appels/{call.id}/fait", data=sent).status_code == 409
    with world.house.database.reading() as session:
        done = calls.get(session, call.id or 0)
        entry = _letter(world, call)
        told = world.house.recorder.events(session, [f"outbox:{entry.message_id}"])
        assert followups.unanswered(session, world.house.clock.now(), 10) == []
    assert done is not None
    assert (done.done_by, done.note) == ("agathe", "adresse bonne, lettre lue")
    (event,) = (e for e in told if e.kind == Kind.LETTER_ESCALATED)
    assert event.fields is not None
    assert (event.fields["action"], event.fields["person"]) == ("call-done", "agathe")
    assert "note" not in event.fields, "what was said stays out of the log"
    assert "Personne à appeler" in client.get("/appels").text


def test_the_case_and_the_item_show_the_call_and_four_different_things(world: World) -> None:
    call = _ask(world)
    client = world.signed_in("agathe")
    with world.house.database.reading() as session:
        items = cases.items_of(session, call.delivery or "")
        case = cases.by_id(session, call.case_id or 0)
    assert case is not None
    item = next(i for i in items if i.queue == "cnse-administratif")
    for path in (f"/dossiers/{case.reference}", f"/elements/{item.id}"):
        text = client.get(path).text
        assert f'id="appel-{call.id}"' in text, path
        for name in ("Transport", "Remise", "Lecture", "Réponse"):
            assert f"<dt>{name}</dt>" in text, path
