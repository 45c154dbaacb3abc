"""The dashboard: its figures, the lists they lead to, what it never shows."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from httpx import Client

from gateway.web.supervision import dashboard
from storage import tallies
from storage.cases import Period, PeriodStatus
from tests.builders import seed
from tests.worlds.web import World

LISTS = ("/tableau/recus", "/tableau/elements", "/tableau/fins")


def _figures(client: Client, path: str = "/tableau") -> dict[str, str]:
    """The number of each card by its title."""
    page = client.get(path)
    assert page.status_code == 200
    found = re.findall(
        r"<h2[^>]*>([^<]+)</h2>\s*<p class=\"figure\"><a href=\"([^\"]+)\">([^<]+)</a>", page.text
    )
    assert [title for title, _, _ in found] == [
        "Messages reçus",
        "Ouverts",
        "En attente",
        "En retard",
        "Mis de côté",
    ]
    return {title: number for title, _, number in found}


def test_the_figures_are_those_of_their_lists(world: World) -> None:
    sylvie = world.signed_in("sylvie")
    told = _figures(sylvie)
    open_items = sylvie.get("/tableau/elements.csv").content.decode("utf-8-sig").splitlines()
    assert told["Ouverts"] == str(len(open_items) - 1)
    late = sylvie.get("/tableau/elements.csv?quoi=retard").content.decode("utf-8-sig").splitlines()
    assert told["En retard"] == str(len(late) - 1) != "0"
    came = sylvie.get("/tableau/recus.csv").content.decode("utf-8-sig").splitlines()
    assert told["Messages reçus"] == str(len(came) - 1)
    assert told["Mis de côté"] == "1"
    assert told["En attente"] == "0"


def test_a_longer_period_counts_more_and_another_is_the_usual_one(world: World) -> None:
    sylvie = world.signed_in("sylvie")
    week, month = _figures(sylvie, "/tableau?jours=7"), _figures(sylvie)
    quarter = _figures(sylvie, "/tableau?jours=90")
    numbers = [int(one["Messages reçus"]) for one in (week, month, quarter)]
    assert numbers == sorted(set(numbers))
    assert _figures(sylvie, "/tableau?jours=12") == month
    assert sylvie.get("/tableau?jours=0").status_code == 422


def test_covers_that_end_soon_lead_to_their_cases(world: World) -> None:
    sylvie = world.signed_in("sylvie")
    with world.house.database.transaction() as session:
        period = session.get_one(Period, 1)
        assert period.status is PeriodStatus.GRANTED
        period.ends = date(2026, 12, 5)
        session.add(period)
    page = sylvie.get("/tableau").text
    rows = dict(re.findall(r'href="/tableau/fins\?sous=(\d+)">[^<]+</a>.*?<span>([^<]+)</span>', page))
    assert rows == {"7": "0\u00a0dossier", "15": "1\u00a0dossier", "30": "1\u00a0dossier"}
    assert seed.CASE in sylvie.get("/tableau/fins?sous=15").text
    assert seed.CASE not in sylvie.get("/tableau/fins?sous=7").text
    assert seed.CASE in sylvie.get("/tableau/fins.csv?sous=15").text


def test_by_caisse_and_by_establishment(world: World) -> None:
    sylvie = world.signed_in("sylvie")
    page = sylvie.get("/tableau").text
    assert "/tableau/elements?caisse=595" in page
    assert "/tableau/elements?etablissement=590796975" in page
    assert "/tableau/elements?caisse=aucun" in page
    lille = sylvie.get("/tableau/elements?caisse=595").text
    assert seed.CASE in lille
    assert "TALEB" not in lille
    assert "Centre hospitalier universitaire de Lille" in page
    without = sylvie.get("/tableau/elements?caisse=aucun").text
    assert "Devis, BENALI Karim" in without
    assert seed.CASE not in without


def test_no_word_of_a_medical_document_and_no_beneficiary_on_the_dashboard(world: World) -> None:
    sylvie = world.signed_in("sylvie")
    page = sylvie.get("/tableau").text
    for word in (seed.SECRET, "HADDAD", "BENALI", seed.CASE):
        assert word not in page
    for path in LISTS:
        assert seed.SECRET not in sylvie.get(path).text
        assert seed.SECRET not in sylvie.get(f"{path}.csv").text


def test_the_dashboard_is_the_supervisors_alone(world: World) -> None:
    for login in seed.PEOPLE:
        client = world.signed_in(login)
        for path in ("/tableau", *LISTS, *(f"{path}.csv" for path in LISTS)):
            assert client.get(path).status_code == (200 if login == "sylvie" else 403), (login, path)


@pytest.mark.parametrize("path", LISTS)
def test_lists_are_read_page_by_page_and_a_mangled_key_starts_again(
    world: World, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.web.supervision.overview.PAGE", 1)
    with world.house.database.transaction() as session:
        period = session.get_one(Period, 1)
        period.ends = date(2026, 12, 5)
        session.add(period)
    sylvie = world.signed_in("sylvie")
    seen, here = 0, path
    while True:
        page = sylvie.get(here)
        assert page.status_code == 200
        seen += page.text.count("<tr") - page.text.count("<thead><tr")
        following = re.search(r'<a href="([^"]+)" rel="next">', page.text)
        if following is None:
            break
        here = following[1].replace("&amp;", "&")
    whole = sylvie.get(f"{path}.csv").content.decode("utf-8-sig").splitlines()
    assert seen == len(whole) - 1
    first = sylvie.get(path).text
    for mangled in ("zz", "2026-11-23~x", "2026-11-23T09:00:00~1", "~"):
        assert sylvie.get(path, params={"apres": mangled}).text.count("<tr") == first.count("<tr")


def test_the_age_of_a_queue_is_the_median_of_its_open_items(world: World) -> None:
    page = world.signed_in("sylvie").get("/tableau").text
    line = re.search(r'<li><a href="/files/cpam-595">.*?<span>([^<]+)</span></li>', page)
    assert line is not None
    assert line[1] == "40\u00a0jours · 1\u00a0élément, dont 1 en retard"
    world.clock.turn(timedelta(days=2))
    with world.house.database.transaction() as session:
        tallies.recount(session)
    assert "42\u00a0jours" in world.signed_in("sylvie").get("/tableau").text


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (5, 5, "autant que pendant la période précédente"),
        (5, 0, "aucun pendant la période précédente"),
        (7, 5, "2 de plus que pendant la période précédente (5)"),
        (5, 7, "2 de moins que pendant la période précédente (7)"),
    ],
)
def test_the_trend_in_words(now: int, before: int, said: str) -> None:
    assert dashboard.trend(now, before) == said


def test_days_are_those_of_france() -> None:
    late = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    assert dashboard.by_day({late: 2, late - timedelta(hours=1): 1}) == {
        date(2026, 11, 23): 2,
        date(2026, 11, 22): 1,
    }
    chosen = dashboard.span(date(2026, 11, 23), 7)
    assert (chosen.first, chosen.before.first, chosen.before.last) == (
        date(2026, 11, 17),
        date(2026, 11, 10),
        date(2026, 11, 16),
    )
    assert chosen.bounds[0] == datetime(2026, 11, 16, 23, 0, tzinfo=UTC)
