"""Programs move contestations as the pages do: on the version read, by those who handle them, traced."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from httpx import Client

from storage.cases import Item
from storage.contestations import Contestation, ContestationState
from storage.retention import LegalHold
from tests.builders import mails_others
from tests.worlds import contest
from tests.worlds.house import Home
from tests.worlds.programs import bearer, post, problem, tag_of

Office = tuple[Home, str]


@pytest.fixture
def office(sqlite_home: Home) -> Iterator[Office]:
    """Two contestations: the first of a known case, the second of nobody."""
    home = sqlite_home
    contest.receive_two(home)
    with contest.opened(home) as address:
        yield home, address


def _program(office: Office, login: str, *scopes: str) -> Client:
    home, address = office
    client = Client(base_url=address, timeout=60)
    return bearer(home.house.database, client, login, home.house.clock.now(), *scopes)


def _first(office: Office) -> Contestation:
    return office[0].rows(Contestation)[0]


def test_a_dispute_is_argued_up_to_the_commission(office: Office) -> None:
    path = f"/contestations/{_first(office).reference}"
    with _program(office, "agathe") as agathe, _program(office, "sylvie") as sylvie:
        tag = tag_of(agathe, path)
        assert problem(post(agathe, f"{path}/act", "k0", verb="answer")) == "condition-requise"
        done = post(agathe, f"{path}/act", "k1", tag, verb="answer")
        assert (done.status_code, done.json()["done"]) == (200, "answer"), done.text
        assert done.headers["etag"] == tag_of(agathe, path) != tag
        assert problem(post(agathe, f"{path}/act", "k2", tag, verb="dispute")) == "version-depassee"
        assert post(agathe, f"{path}/act", "k3", tag_of(agathe, path), verb="dispute").status_code == 200
        early = post(agathe, f"{path}/act", "k4", tag_of(agathe, path), verb="refer")
        assert (early.status_code, problem(early)) == (409, "action-refusee")
        said = post(agathe, f"{path}/argument", "k5", tag_of(agathe, path), text="Le formulaire est là.")
        assert said.status_code == 200, said.text
        referred = post(sylvie, f"{path}/act", "k6", tag_of(sylvie, path), verb="refer")
        assert referred.json()["state"] == "commission"
        unknown = post(agathe, f"{path}/act", "k7", tag_of(agathe, path), verb="fly")
        assert problem(unknown) == "donnees-invalides"
    assert _first(office).state is ContestationState.COMMISSION


def test_an_accepted_one_is_paid_by_its_caisse_alone(office: Office) -> None:
    path = f"/contestations/{_first(office).reference}"
    with _program(office, "agathe") as agathe, _program(office, "marseille") as caisse:
        tag = tag_of(agathe, path)
        assert caisse.get(f"/api/v1{path}").status_code == 404
        assert post(caisse, f"{path}/act", "k0", tag, verb="accept").status_code == 404
        assert post(agathe, f"{path}/act", "k1", tag, verb="accept").status_code == 409
        accepted = post(agathe, f"{path}/act", "k2", tag, verb="accept", cause="hospital")
        assert accepted.status_code == 200, accepted.text
        paid = post(caisse, f"{path}/recovery", "k3", tag_of(caisse, path), paid="2026-03-10")
        assert paid.status_code == 200, paid.text
        assert post(caisse, f"{path}/act", "k4", tag_of(caisse, path), verb="close").status_code == 404
    with _program(office, "lille") as lille:
        assert post(lille, f"{path}/recovery", "k5", tag, paid=None).status_code == 404
    assert _first(office).paid_on == date(2026, 3, 10)


def test_a_case_is_chosen(office: Office) -> None:
    path = "/contestations/CTN-2026-00002"
    with _program(office, "agathe") as agathe:
        tag = tag_of(agathe, path)
        assert post(agathe, f"{path}/case", "k1", tag, case="SPA-1999-00001").status_code == 409
        done = post(agathe, f"{path}/case", "k2", tag, case="spa-2026-00001")
        assert (done.status_code, done.json()["case"]) == (200, "SPA-2026-00001"), done.text
    assert office[0].rows(Contestation)[1].case_id == 1


def test_documents_are_read_as_lists_once(office: Office) -> None:
    home = office[0]
    mail = home.carry(mails_others.question(home.desk))
    item = next(i for i in home.rows(Item) if i.delivery == mail.sha256)
    path = f"/items/{item.id}"
    with _program(office, "agathe") as agathe:
        for key in ("k1", "k2"):
            done = post(agathe, f"{path}/contestations", key, tag_of(agathe, path))
            assert (done.status_code, done.json()["done"]) == (200, "contestations"), done.text
            assert len(home.rows(Contestation)) == 3


def test_a_hold_is_put_seen_and_lifted_by_a_supervisor(office: Office) -> None:
    path = "/cases/SPA-2026-00001/hold"
    with _program(office, "agathe") as agathe, _program(office, "sylvie") as sylvie:
        assert post(agathe, path, "k1", reason="contentieux").status_code == 403
        assert problem(post(sylvie, path, "k1", reason="")) == "donnees-invalides"
        assert post(sylvie, "/cases/SPA-2026-99999/hold", "k2", reason="x").status_code == 404
        assert post(sylvie, path, "k3", reason="contentieux").status_code == 200
        assert post(sylvie, path, "k3", reason="contentieux").status_code == 200
        (hold,) = sylvie.get("/api/v1/holds").json()["holds"]
        assert (hold["case"], hold["reason"], hold["by"]) == ("SPA-2026-00001", "contentieux", "sylvie")
        assert post(sylvie, f"/holds/{hold['id']}/lift", "k4").status_code == 200
        assert post(sylvie, f"/holds/{hold['id']}/lift", "k5").status_code == 409
        assert sylvie.get("/api/v1/holds").json()["holds"] == []
    (kept,) = office[0].rows(LegalHold)
    assert kept.lifted_by == "sylvie"
