"""A program of the caisse registers the beneficiary of its case, on the entries it read; nobody else."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.evidence.record import Kind
from storage import sheets
from tests.builders import seed
from tests.worlds.kept import NIR, entries
from tests.worlds.programs import post, problem, program, tag_of
from tests.worlds.web import World

PATH = f"/cases/{seed.CASE}/registration"


def test_a_beneficiary_is_registered_from_what_is_proposed(world: World) -> None:
    lille = program(world, "lille")
    read = lille.get(f"/api/v1{PATH}").json()
    proposed = read["proposals"][0]
    assert (proposed["starts"], proposed["ends"], proposed["done"]) == ("2026-10-05", "2026-11-20", False)
    asked = {"nir": NIR, **{name: proposed[name] for name in ("period", "starts", "ends")}}
    tag = tag_of(lille, PATH)
    assert problem(post(lille, PATH, "k1", **asked)) == "condition-requise"
    done = post(lille, PATH, "k2", tag, **asked)
    assert (done.status_code, done.json()["done"]) == (200, "register"), done.text
    assert post(lille, PATH, "k2", tag, **asked).headers["idempotency-replayed"] == "true"
    (entry,) = entries(world)
    assert (entry.nir, entry.starts, entry.by) == ("6159500000001", date(2026, 10, 5), "lille")
    with world.house.database.reading() as session:
        assert sheets.journal(session, None, 1)[0].kind == Kind.REGISTRATION
    assert done.headers["etag"] == tag_of(lille, PATH) != tag
    assert problem(post(lille, PATH, "k3", tag, **asked)) == "version-depassee"
    after = lille.get(f"/api/v1{PATH}").json()
    assert [one["nir"] for one in after["entries"]] == ["6159500000001"]
    assert after["proposals"][0]["done"] is True
    assert len(entries(world)) == 1


def test_a_number_that_does_not_hold_is_refused_and_can_be_checked_before(world: World) -> None:
    lille = program(world, "lille")
    proposed = lille.get(f"/api/v1{PATH}").json()["proposals"][0]
    asked = {name: proposed[name] for name in ("period", "starts", "ends")}
    wrong = post(lille, PATH, "k1", tag_of(lille, PATH), nir="6159500000001 11", **asked)
    assert (wrong.status_code, problem(wrong)) == (409, "action-refusee")
    checks = post(lille, f"{PATH}/check", "k2", nir="6113100000001").json()["checks"]
    assert any("porte le code 131" in one["sentence"] and one["holds"] is False for one in checks)
    assert problem(post(lille, f"{PATH}/check", "k3")) == "donnees-invalides"
    assert entries(world) == []


@pytest.mark.parametrize(
    ("login", "scopes", "status"),
    [
        ("lille", ("read", "act"), 403),
        ("lille", ("register",), 404),
        ("lille", ("read", "register"), 200),
        ("marseille", (), 404),
        ("sylvie", (), 403),
        ("agathe", (), 403),
    ],
)
def test_the_caisse_of_the_case_alone_registers(
    world: World, login: str, scopes: tuple[str, ...], status: int
) -> None:
    client = program(world, login, *scopes)
    assert client.get(f"/api/v1{PATH}").status_code == status
    asked = {"nir": NIR, "period": 1, "starts": "2026-10-05", "ends": "2026-11-20"}
    if status != 200:
        assert post(client, PATH, "k1", '"r1-v0"', **asked).status_code == status
    assert entries(world) == []
