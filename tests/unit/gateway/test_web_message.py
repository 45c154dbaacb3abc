"""The mail as received: whole for those who may open all of it, refused and recorded for the others."""

from __future__ import annotations

import pytest

from gateway.evidence.record import Kind
from storage import sheets
from tests.builders import seed
from tests.worlds.web import World


def _address(world: World, key: str) -> str:
    return f"/elements/{world.office.items[key]}/message.eml"


def _accesses(world: World) -> list[tuple[object, ...]]:
    with world.house.database.reading() as session:
        events = [e.fields or {} for e in sheets.journal(session, None, 100) if e.kind == Kind.ACCESS]
    return [(f["person"], f["outcome"], f["piece"]) for f in events]


def test_an_administrative_mail_is_saved_as_received(world: World) -> None:
    address = _address(world, "request")
    client = world.signed_in("agathe")
    answer = client.get(address)
    assert answer.content == b"request"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith('attachment; filename="message-')
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert _accesses(world) == []
    assert "message.eml" in client.get(address.removesuffix("/message.eml")).text


@pytest.mark.parametrize("login", ["sylvie", "agathe"])
def test_one_medical_piece_closes_the_whole_and_the_attempt_is_kept(world: World, login: str) -> None:
    address = _address(world, "mixed")
    client = world.signed_in(login)
    answer = client.get(address)
    assert answer.status_code == 403
    assert "secret médical" in answer.text
    assert seed.SECRET not in answer.text
    assert _accesses(world) == [(login, "refused", "message")]
    page = client.get(address.removesuffix("/message.eml")).text
    assert "message.eml" not in page


def test_the_medical_pole_has_it_and_it_is_written_down(world: World) -> None:
    assert world.signed_in("medard").get(_address(world, "report")).content == b"report"
    assert _accesses(world) == [("medard", "opened", "message")]


def test_a_mail_in_which_nothing_was_read_is_medical_in_doubt(world: World) -> None:
    assert world.signed_in("sylvie").get(_address(world, "stranger")).status_code == 403
    assert _accesses(world) == [("sylvie", "refused", "message")]


def test_another_caisse_has_nothing(world: World) -> None:
    assert world.signed_in("marseille").get(_address(world, "form")).status_code == 404
