"""The page of the caisse: its own case alone, what is typed never lost, the number never in the log."""

from __future__ import annotations

import pytest
from httpx import Client, Response

from gateway.evidence.record import Kind
from storage import cases, sheets
from tests.builders import seed
from tests.worlds import web
from tests.worlds.kept import NIR, entries
from tests.worlds.web import World

PATH = f"/dossiers/{seed.CASE}/immatriculation"


def _write(world: World, client: Client, **fields: str) -> Response:
    with world.house.database.reading() as session:
        case = cases.get(session, seed.CASE)
        (granted, *_) = cases.periods(session, (case.id or 0) if case else 0)
    form = {
        "csrf": web.csrf(client, "/files"),
        "vus": "0",
        "nir": NIR,
        "periode": str(granted.id),
        "debut": "2026-10-05",
        "fin": "2026-11-20",
        "motif": "",
    }
    return client.post(PATH, data=form | fields)


def test_the_caisse_registers_and_the_case_shows_it(world: World) -> None:
    client = world.signed_in("lille")
    page = client.get(PATH).text
    assert 'name="debut" value="2026-10-05"' in page
    assert 'name="fin" value="2026-11-20"' in page
    answer = _write(world, client)
    assert answer.headers["location"].startswith(f"/dossiers/{seed.CASE}?fait=immatricule")
    (entry,) = entries(world)
    assert (entry.nir, entry.by) == ("6159500000001", "lille")
    with world.house.database.reading() as session:
        event = sheets.journal(session, None, 1)[0]
    assert (event.kind, event.fields["action"]) == (Kind.REGISTRATION, "registered")
    assert "6159500000001" not in str(event.fields)
    shown = client.get(f"/dossiers/{seed.CASE}").text
    assert NIR in shown
    assert "Droits inscrits par la caisse" in shown
    assert "Bénéficiaire immatriculé" in shown


def test_what_was_typed_comes_back_with_what_is_wrong(world: World) -> None:
    client = world.signed_in("lille")
    answer = _write(world, client, nir="6159500000001 11", motif="un motif")
    assert answer.status_code == 422
    assert "celle de ces treize chiffres est 96" in answer.text
    assert 'value="6159500000001 11"' in answer.text
    assert "un motif" in answer.text
    assert _write(world, client, debut="le 5").status_code == 422
    assert entries(world) == []


def test_each_check_is_told_while_the_number_is_typed(world: World) -> None:
    client = world.signed_in("lille")
    form = {"csrf": web.csrf(client, "/files"), "nir": "6113100000001"}
    piece = client.post(f"{PATH}/verifier", data=form).text
    assert "<html" not in piece
    assert "porte le code 131 ; le dossier relève de 595" in piece
    assert "règle à confirmer" in piece


@pytest.mark.parametrize(
    ("login", "status"),
    [("agathe", 403), ("sylvie", 403), ("medard", 403), ("marseille", 404), ("audrey", 403)],
)
def test_nobody_else_registers(world: World, login: str, status: int) -> None:
    client = world.signed_in(login)
    assert client.get(PATH).status_code == status
    assert _write(world, client).status_code == status
    assert entries(world) == []
