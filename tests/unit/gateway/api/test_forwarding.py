"""Reports leave by a program of the medical pole alone: encrypted, once, on the item as it was read."""

from __future__ import annotations

import pytest

from tests.builders import seed
from tests.worlds.certified import certify
from tests.worlds.kept import MEDICAL_SERVICE, forwarded
from tests.worlds.programs import post, problem, program, tag_of
from tests.worlds.web import World


def test_without_a_certificate_nothing_leaves(world: World) -> None:
    medard = program(world, "medard")
    path = f"/items/{world.office.items['report']}"
    said = medard.get(f"/api/v1{path}/forwarding").json()
    assert (said["recipient"], said["encrypted"]) == (MEDICAL_SERVICE, False)
    number = world.office.documents["report"]
    refused = post(medard, f"{path}/forwarding", "k1", tag_of(medard, path), documents=[number])
    assert (refused.status_code, problem(refused)) == (409, "action-refusee")
    assert forwarded(world) == []


def test_a_report_leaves_encrypted_and_once(world: World) -> None:
    certify(world.house.database, MEDICAL_SERVICE, world.clock.now())
    medard = program(world, "medard")
    path = f"/items/{world.office.items['report']}"
    number = world.office.documents["report"]
    here = f"{path}/forwarding"
    assert problem(post(medard, here, "k1", documents=[number])) == "condition-requise"
    done = post(medard, here, "k2", tag_of(medard, path), documents=[number], to=MEDICAL_SERVICE)
    assert (done.status_code, done.json()["done"]) == (200, "forward"), done.text
    again = post(medard, here, "k3", tag_of(medard, path), documents=[number], to=MEDICAL_SERVICE)
    assert again.status_code == 409
    (entry,) = forwarded(world)
    assert (entry.recipient, entry.protection) == (MEDICAL_SERVICE, "encrypted")
    assert seed.SECRET.encode() not in world.house.vault.get(entry.raw_sha256)
    (report,) = medard.get(f"/api/v1{here}").json()["reports"]
    assert (report["document"], len(report["left"])) == (number, 1)


@pytest.mark.parametrize(
    ("login", "scopes", "status"),
    [
        ("agathe", (), 403),
        ("lille", (), 403),
        ("sylvie", (), 403),
        ("medard", ("read", "act"), 403),
        ("medard", ("read", "medical"), 404),
        ("medard", ("medical", "act"), 404),
    ],
)
def test_the_medical_pole_alone_with_both_scopes(
    world: World, login: str, scopes: tuple[str, ...], status: int
) -> None:
    certify(world.house.database, MEDICAL_SERVICE, world.clock.now())
    client = program(world, login, *scopes)
    where = f"/items/{world.office.items['report']}/forwarding"
    assert client.get(f"/api/v1{where}").status_code == status
    number = world.office.documents["report"]
    tag = f'"i{world.office.items["report"]}-v1"'
    assert post(client, where, "k1", tag, documents=[number]).status_code == status
    assert forwarded(world) == []
