"""Programs decide, record and telephone with the rules of the pages: once, by those of the queue."""

from __future__ import annotations

from storage import calls, cases, happenings, items, proposals
from storage.calls import Call, CallReason
from storage.cases import ItemState
from storage.proposals import ProposalState
from tests.builders import seed
from tests.builders.office import CIRCUIT
from tests.worlds.kept import propose
from tests.worlds.programs import post, problem, program
from tests.worlds.web import World

PATH = f"/cases/{seed.CASE}"


def test_a_tacit_acceptance_is_decided_once_by_its_queue(world: World) -> None:
    number = propose(world).id or 0
    agathe, lille = program(world, "agathe"), program(world, "lille")
    (shown,) = agathe.get(f"/api/v1{PATH}/proposals").json()["proposals"]
    assert (shown["id"], shown["state"], shown["decides"]) == (number, "proposed", True)
    where = f"{PATH}/proposals/{number}"
    assert post(lille, where, "k1", accept=False, reason="non").status_code == 404
    assert post(agathe, where, "k0", accept=False).status_code == 409, "a rejection has its reason"
    done = post(agathe, where, "k1", accept=False, reason="La CNAS a répondu par téléphone.")
    assert (done.status_code, done.json()["done"]) == (200, "decide"), done.text
    assert post(agathe, where, "k2", accept=True, reason="x").status_code == 409
    with world.house.database.reading() as session:
        found = proposals.get(session, number)
    assert found is not None
    assert (found.state, found.decided_by) == (ProposalState.REJECTED, "agathe")


def test_an_event_is_recorded_with_its_day(world: World) -> None:
    agathe = program(world, "agathe")
    events = agathe.get(f"/api/v1{PATH}/proposals").json()["events"]
    name = min(events)
    assert problem(post(agathe, f"{PATH}/events", "k1", event=name, on="hier")) == "donnees-invalides"
    assert post(agathe, f"{PATH}/events", "k2", event=name, on="2026-11-20").status_code == 200
    assert post(agathe, f"{PATH}/events", "k3", event=name, on="2026-11-20").status_code == 409
    assert (
        post(program(world, "marseille"), f"{PATH}/events", "k4", event=name, on="2026-11-20").status_code
        == 404
    )
    with world.house.database.reading() as session:
        case = cases.get(session, seed.CASE)
        found = happenings.of_case(session, (case.id or 0) if case else 0)
    assert [one.name for one in found] == [name]


def test_a_case_is_closed_once_its_work_is_finished_and_reopened(world: World) -> None:
    agathe = program(world, "agathe")
    version = agathe.get(f"/api/v1{PATH}").json()["version"]
    asked = {"reason": "Rien n’est attendu.", "version": version}
    assert post(agathe, f"{PATH}/close", "k1", **asked).status_code == 409, "work is left"
    with world.house.database.transaction() as session:
        for item in items.items_of_cases(session, [1]):
            cases.change_item(session, item.id or 0, item.version, state=ItemState.DONE)
    assert problem(post(agathe, f"{PATH}/close", "k2", version=version)) == "donnees-invalides"
    done = post(agathe, f"{PATH}/close", "k3", **asked)
    assert (done.status_code, done.json()["done"]) == (200, "close-case"), done.text
    read = agathe.get(f"/api/v1{PATH}").json()
    assert read["state"] == "closed"
    assert post(agathe, f"{PATH}/reopen", "k4", **asked).status_code == 409, "an old version"
    asked["version"] = read["version"]
    assert post(agathe, f"{PATH}/reopen", "k5", **asked).status_code == 200
    assert agathe.get(f"/api/v1{PATH}").json()["state"] == "open"


def test_a_call_is_said_to_be_made(world: World) -> None:
    with world.house.database.transaction() as session:
        asked = Call(
            key="essai",
            reason=CallReason.NO_RECEIPT,
            circuit=CIRCUIT,
            queue="cnse-administratif",
            recipient="admissions@ch-dunes.example",
            at=world.clock.now(),
        )
        assert calls.add(session, asked)
    agathe, medard = program(world, "agathe"), program(world, "medard")
    (shown,) = (c for c in agathe.get("/api/v1/calls").json()["calls"] if c["phone"] == "")
    where = f"/calls/{shown['id']}/done"
    assert post(medard, where, "k1").status_code == 404
    assert post(program(world, "agathe", "read"), where, "k1").status_code == 403
    assert post(agathe, where, "k2", note="Vu avec le bureau.").status_code == 200
    assert post(agathe, where, "k3").status_code == 409
    with world.house.database.reading() as session:
        found = calls.get(session, shown["id"])
    assert found is not None
    assert (found.done_by, found.note) == ("agathe", "Vu avec le bureau.")
