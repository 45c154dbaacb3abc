"""Medical reports leave for the medical service of the CNAS: encrypted, by the medical pole alone."""

from __future__ import annotations

from httpx import Client, Response

from gateway.evidence.record import Kind
from storage import handwritten, sheets
from tests.builders import seed
from tests.worlds import web
from tests.worlds.certified import certify
from tests.worlds.kept import MEDICAL_SERVICE, forwarded
from tests.worlds.web import World


def _path(world: World, item: str = "report") -> str:
    return f"/elements/{world.office.items[item]}/transmission"


def _send(world: World, client: Client, *pieces: int) -> Response:
    form = {"csrf": web.csrf(client, "/files"), "a": MEDICAL_SERVICE, "pieces": [str(p) for p in pieces]}
    return client.post(_path(world), data=form)


def test_without_a_certificate_nothing_leaves(world: World) -> None:
    client = world.signed_in("medard")
    page = client.get(_path(world)).text
    assert "ne part jamais en clair" in page
    assert "Transmettre, chiffré" not in page
    answer = _send(world, client, world.office.documents["report"])
    assert answer.status_code == 409
    assert forwarded(world) == []


def test_the_report_leaves_encrypted_is_traced_and_leaves_once(world: World) -> None:
    certify(world.house.database, MEDICAL_SERVICE, world.clock.now())
    client = world.signed_in("medard")
    assert _send(world, client).status_code == 409, "nothing chosen"
    number = world.office.documents["report"]
    assert _send(world, client, number).headers["location"].endswith("?fait=transmis#lettres")
    (entry,) = forwarded(world)
    assert (entry.recipient, entry.protection) == (MEDICAL_SERVICE, "encrypted")
    raw = world.house.vault.get(entry.raw_sha256)
    assert seed.SECRET.encode() not in raw
    assert b"@chu-lille.example>" not in raw, "the hospital's mail is not named to a third party"
    with world.house.database.reading() as session:
        kept = handwritten.forwardings(session, [number])
        told = [e for e in sheets.journal(session, None, 5) if e.kind == Kind.FORWARDED]
    assert [f.outbox_id for f in kept] == [entry.id]
    assert len(told) == 1
    assert seed.SECRET not in str(told[0].fields)
    assert "parti le 23/11/2026 par Médard Kervella" in client.get(_path(world)).text
    assert _send(world, client, number).status_code == 409
    assert len(forwarded(world)) == 1
    assert "Compte rendu transmis" in world.signed_in("lille").get(f"/dossiers/{seed.CASE}").text


def test_the_medical_pole_alone_forwards_and_from_its_queue(world: World) -> None:
    for login in ("agathe", "lille", "sylvie", "audrey"):
        assert world.signed_in(login).get(_path(world)).status_code == 403
    assert world.signed_in("medard").get(_path(world, "form")).status_code == 404


def test_the_letter_that_forwards_is_read_by_the_medical_pole_alone(world: World) -> None:
    certify(world.house.database, MEDICAL_SERVICE, world.clock.now())
    client = world.signed_in("medard")
    _send(world, client, world.office.documents["report"])
    (entry,) = forwarded(world)
    where = f"/elements/{world.office.items['report']}/lettres/{entry.id}"
    assert client.get(where).status_code == 200
    assert world.signed_in("sylvie").get(where).status_code == 403
