"""The page of a case: its life told as drawn, its exchanges, who opened what, and what is withheld."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.evidence.record import Kind
from gateway.web.cases.exchanges import openings
from gateway.web.cases.life import covered_today, life
from storage import sheets
from storage.audit import Event
from storage.cases import PeriodStatus
from storage.registrations import Registration
from storage.sheets import CaseSheet
from tests.builders import seed
from tests.builders.office import AT
from tests.worlds.web import World

TODAY = date(2026, 11, 23)


def test_all_that_is_drawn_is_told_in_the_order_of_dates(world: World) -> None:
    entry = Registration(
        case_id=1, number=1, nir="6" * 13, starts=date(2026, 10, 5), ends=date(2026, 11, 20), by="x", at=AT
    )
    with world.house.database.reading() as session:
        sheet = sheets.case_sheet(session, seed.CASE)
    assert sheet is not None
    found = life(sheet, TODAY, entry, ("medical-report",))
    assert found.drawing is not None
    drawn = [bar.span.label for bar in found.drawing.bars] + [p.mark.label for p in found.drawing.points]
    assert sorted(drawn) == sorted(one.text for one in found.told)
    assert [one.on for one in found.told] == sorted(one.on for one in found.told)
    kinds = [one.kind for one in found.told]
    assert {"granted", "requested", "uncovered", "rights", "report", "deadline", "late"} <= set(kinds)
    assert found.today == "Pas couvert aujourd’hui : la couverture a pris fin le 20/11/2026."


def test_days_since_the_last_period_are_told_and_a_struck_one_covers_nothing(world: World) -> None:
    with world.house.database.reading() as session:
        sheet = sheets.case_sheet(session, seed.CASE)
    assert sheet is not None
    (granted,) = [p for p in sheet.periods if p.status is PeriodStatus.GRANTED]
    alone = replace(sheet, periods=(granted,))

    def gaps(found: CaseSheet, discharged: date | None = None) -> list[str]:
        told = life(found, TODAY, None, (), discharged).told
        return [one.text for one in told if one.kind == "uncovered"]

    assert gaps(alone) == ["Sans couverture : du 21/11/2026 au 23/11/2026"]
    assert gaps(alone, date(2026, 11, 21)) == ["Sans couverture : du 21/11/2026 au 21/11/2026"]
    assert gaps(alone, date(2026, 11, 20)) == []
    closed = sheet.case.model_copy(update={"closed_at": AT - timedelta(days=1)})
    assert gaps(replace(alone, case=closed)) == ["Sans couverture : du 21/11/2026 au 22/11/2026"]
    struck = granted.model_copy(update={"status": PeriodStatus.STRUCK, "was": "granted"})
    assert gaps(replace(sheet, periods=(struck,))) == []


@pytest.mark.parametrize(
    ("granted", "said"),
    [
        ([(TODAY, TODAY)], "Couvert aujourd’hui, jusqu’au 23/11/2026."),
        ([(TODAY + timedelta(days=1), date(2027, 1, 1))], "commence le 24/11/2026"),
        ([(date(2026, 1, 1), date(2026, 2, 1))], "a pris fin le 01/02/2026"),
        ([], "Aucune période accordée"),
    ],
)
def test_whether_one_is_covered_today(granted: list[tuple[date, date]], said: str) -> None:
    assert said in covered_today(granted, TODAY)


def test_openings_by_person_day_and_outcome_the_latest_first() -> None:
    def asked(hours: int, person: str, outcome: str) -> Event:
        fields = {"person": person, "outcome": outcome}
        return Event(hours, AT + timedelta(hours=hours), Kind.ACCESS, "delivery:a", fields)

    found = openings(
        [asked(0, "medard", "opened"), asked(1, "medard", "opened"), asked(2, "sylvie", "refused"),
         asked(30, "medard", "opened"), Event(9, AT, Kind.STEP, "delivery:a", {})]
    )  # fmt: skip
    assert [(o.person, o.outcome, o.count) for o in found] == [
        ("medard", "opened", 1),
        ("sylvie", "refused", 1),
        ("medard", "opened", 2),
    ]


def test_every_opening_of_a_report_is_shown_on_the_case(world: World) -> None:
    number = world.office.documents["report"]
    assert world.signed_in("medard").get(f"/documents/{number}/page/1.png").status_code == 200
    assert world.signed_in("sylvie").get(f"/documents/{number}/page/1.png").status_code == 403
    page = world.signed_in("lille").get(f"/dossiers/{seed.CASE}").text
    shown = page[page.index('id="ouvertures"') :]
    assert "Médard Kervella" in shown
    assert "refusée" in shown
    assert "Sylvie Nédélec" in shown
    assert seed.SECRET not in page


def test_documents_by_kind_and_exchanges_with_their_receipts(world: World) -> None:
    page = world.signed_in("lille").get(f"/dossiers/{seed.CASE}").text
    assert page.count('scope="rowgroup"') == 3
    exchanges = page[page.index('id="echanges"') :]
    assert "12\u00a0h\u00a000" in exchanges, "the hour a report came back"
    assert exchanges.count("Un message d’une autre file") == 2


def test_what_is_withheld_is_said_without_telling_what_it_is(world: World) -> None:
    page = world.signed_in("lille").get(f"/dossiers/{seed.CASE}").text
    assert "2\u00a0éléments de ce dossier sont dans des files que votre rôle n’ouvre pas" in page
    assert "Compte rendu médical, HADDAD" not in page
    sight = world.signed_in("sylvie").get(f"/dossiers/{seed.CASE}").text
    assert "que votre rôle n’ouvre pas" not in sight


def test_only_the_caisse_of_the_case_is_offered_its_registration(world: World) -> None:
    assert "Immatriculer le bénéficiaire" in world.signed_in("lille").get(f"/dossiers/{seed.CASE}").text
    for login in ("medard", "sylvie"):
        assert "Immatriculer" not in world.signed_in(login).get(f"/dossiers/{seed.CASE}").text
    assert world.signed_in("marseille").get(f"/dossiers/{seed.CASE}").status_code == 404
