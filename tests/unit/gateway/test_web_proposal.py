"""A tacit acceptance on the page of a case: shown with its proof, decided by the right person, once."""

from __future__ import annotations

from datetime import date, timedelta

from httpx import Client, Response

from gateway.evidence.record import Kind
from storage import cases, happenings, proposals, sheets
from storage.cases import PeriodStatus
from storage.proposals import Proposal, ProposalState
from tests.builders import seed
from tests.worlds import web
from tests.worlds.kept import propose
from tests.worlds.web import World


def _decide(client: Client, proposal: Proposal, decision: str, reason: str) -> Response:
    path = f"/dossiers/{seed.CASE}"
    form = {"csrf": web.csrf(client, path), "decision": decision, "motif": reason}
    return client.post(f"{path}/propositions/{proposal.id}", data=form)


def _kept(world: World, proposal: Proposal) -> Proposal:
    with world.house.database.reading() as session:
        found = proposals.get(session, proposal.id or 0)
    assert found is not None
    return found


def test_the_card_shows_the_proof_and_who_may_not_decide_has_no_button(world: World) -> None:
    proposal = propose(world)
    page = world.signed_in("agathe").get(f"/dossiers/{seed.CASE}").text
    for said in (
        "Acceptation tacite",
        "26/11/2026 au 31/12/2026",
        "cnas_convention.pro19@cnas.dz",
        "15 jours ouvrés (Algérie)",
        "Protocole annexe, art. 6",
        "&lt;302@ch-dunes.example&gt;",
        "Confirmer l’acceptation tacite",
    ):
        assert said in page, said
    assert "Aucune preuve d’envoi" not in page
    other = world.signed_in("medard")
    assert "Confirmer l’acceptation tacite" not in other.get(f"/dossiers/{seed.CASE}").text
    assert _decide(other, proposal, "confirmer", "silence prouvé").status_code == 404
    assert _kept(world, proposal).state is ProposalState.PROPOSED


def test_a_confirmation_adds_a_tacit_period_once_and_tells_who_and_why(world: World) -> None:
    proposal = propose(world)
    client = world.signed_in("agathe")
    assert _decide(client, proposal, "confirmer", "  ").status_code == 409
    assert _decide(client, proposal, "autre", "motif").status_code == 409
    answer = _decide(client, proposal, "confirmer", "silence prouvé, cellule jointe")
    assert answer.status_code == 303
    page = client.get(answer.headers["location"]).text
    assert "confirmée" in page
    assert "Agathe Le Goff" in page.split("Décision de", 1)[1][:120]
    assert "silence prouvé, cellule jointe" in page
    assert _decide(client, proposal, "rejeter", "encore").status_code == 409
    with world.house.database.reading() as session:
        last = cases.periods(session, proposal.case_id)[-1]
        (told,) = [e for e in sheets.journal(session, None, 50) if e.kind == Kind.PROPOSAL]
    assert (last.status, last.ends) == (PeriodStatus.TACIT, date(2026, 12, 31))
    assert (told.fields["action"], told.fields["by"]) == ("accepted", "agathe")


def test_a_rejection_opens_nothing(world: World) -> None:
    proposal = propose(world)
    with world.house.database.reading() as session:
        before = len(cases.periods(session, proposal.case_id))
    assert (
        _decide(world.signed_in("agathe"), proposal, "rejeter", "réponse par téléphone").status_code == 303
    )
    with world.house.database.reading() as session:
        assert len(cases.periods(session, proposal.case_id)) == before
    kept = _kept(world, proposal)
    assert (kept.state, kept.decided_by) == (ProposalState.REJECTED, "agathe")


def test_without_readable_dates_or_proof_the_card_says_so_and_nothing_can_be_opened(world: World) -> None:
    proposal = propose(world, ends=None, starts=None, sent_to_institution=[], letters=[])
    client = world.signed_in("agathe")
    page = client.get(f"/dossiers/{seed.CASE}").text
    assert "Aucune preuve d’envoi à la CNAS" in page
    assert "aucun droit ne peut être ouvert" in page
    assert "Confirmer l’acceptation tacite" not in page
    assert _decide(client, proposal, "confirmer", "motif").status_code == 409
    assert _kept(world, proposal).state is ProposalState.PROPOSED


def _happen(client: Client, event: str, day: str) -> Response:
    path = f"/dossiers/{seed.CASE}"
    form = {"csrf": web.csrf(client, path), "evenement": event, "jour": day, "note": "bordereau 12"}
    return client.post(f"{path}/evenements", data=form)


def test_an_event_is_recorded_once_with_its_day_and_shown(world: World) -> None:
    client = world.signed_in("agathe")
    today = world.clock.now().date()
    assert _happen(client, "payment", today.isoformat()).status_code == 303
    assert _happen(client, "payment", today.isoformat()).status_code == 409
    assert _happen(client, "payment", (today + timedelta(days=2)).isoformat()).status_code == 409
    assert _happen(client, "payment", "hier").status_code == 409
    assert _happen(client, "inconnu", today.isoformat()).status_code == 409
    page = client.get(f"/dossiers/{seed.CASE}").text
    assert "Paiement de la facture à l&#39;établissement" in page
    assert "bordereau 12" in page
    with world.house.database.reading() as session:
        case = cases.get(session, seed.CASE)
        assert case is not None
        (one,) = happenings.of_case(session, case.id or 0)
    assert (one.name, one.on, one.by) == ("payment", today, "agathe")
    assert _happen(world.signed_in("marseille"), "payment", "2026-11-01").status_code == 404
    assert _happen(world.signed_in("audrey"), "payment", "2026-11-01").status_code == 403
