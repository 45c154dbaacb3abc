"""The evidence file of a case whose form was rejected tells the period, struck, and why; it verifies."""

from __future__ import annotations

import io
import zipfile

from gateway.cases.review import say
from gateway.evidence.verify import Check
from gateway.web.house import WebHouse
from gateway.web.items.corrected import judged
from storage import documents
from storage.cases import Case, Period
from storage.reviews import Said
from tests.builders import mails_medical
from tests.worlds import contest
from tests.worlds.house import Home

WHO = "ligne de commande"
REASON = "La page est coupée."


def _judge(home: Home, house: WebHouse, said: Said) -> None:
    """Say a word about the form of the case, let everything follow, seal the log."""
    number = home.rows(Period)[0].document_id
    with house.database.transaction() as session:
        document = documents.get(session, number)
        assert document is not None
        at = house.clock.now()
        word = say(session, document, said, facts=(), conflicts=(), reason=REASON, by="camille", at=at)
        house.recorder.add_all(session, [word, *judged(house, session, document)])
    house.recorder.checkpoint(house.database)


def _exported(home: Home, house: WebHouse) -> tuple[list[str], str]:
    """The faults found in the evidence file of the case, and its summary."""
    assert house.exporter is not None
    content = house.exporter.export(home.rows(Case)[0].reference, WHO).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return Check(content).faults, archive.read("resume.txt").decode()


def test_a_struck_period_is_told_with_its_reason_and_the_file_verifies(sqlite_home: Home) -> None:
    sqlite_home.carry(mails_medical.mixed_pdf(sqlite_home.desk))
    house = contest.web_house(sqlite_home)
    house.recorder.checkpoint(house.database)
    faults, told = _exported(sqlite_home, house)
    assert (faults, "écartée" in told) == ([], False)
    period = sqlite_home.rows(Period)[0]
    dates = f"du {period.starts:%d/%m/%Y} au {period.ends:%d/%m/%Y}"

    _judge(sqlite_home, house, Said.REJECTED)
    faults, told = _exported(sqlite_home, house)
    assert faults == []
    assert "écartée (était accordée)" in told
    assert "Une période écartée ne couvre plus" in told
    assert f"Période accordée {dates} écartée : document rejeté par une personne" in told
    assert ": document rejeté" in told
    assert REASON not in told, "the words of a person may tell more than they should"

    _judge(sqlite_home, house, Said.WITHDRAWN)
    faults, told = _exported(sqlite_home, house)
    assert faults == []
    assert f"Période accordée {dates} rétablie : le formulaire compte de nouveau" in told
    assert "écartée (était accordée)" not in told
