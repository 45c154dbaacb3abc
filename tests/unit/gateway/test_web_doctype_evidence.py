"""An evidence file kept with an answer, once a person said that a document in it is medical."""

from __future__ import annotations

import io
import re
import zipfile

from httpx import Client

from gateway.cases import sorting
from storage import documents
from storage.contestations import Contestation
from storage.documents import Document
from tests.builders import seed
from tests.worlds import contest
from tests.worlds.house import Home
from tests.worlds.web import csrf


def _say(home: Home, paper: Document, kind: str | None) -> None:
    """A person gives the type, as the pages do."""
    (circuit,) = (c for c in home.house.circuits.by_name.values() if c.contestations is not None)
    with home.house.database.transaction() as session:
        found = documents.get(session, paper.id or 0)
        assert found is not None
        told = sorting.give(session, circuit, found, kind, "medard", home.clock.now())
        home.house.recorder.add_all(session, told)


def _answered(client: Client, page: str) -> None:
    version = re.search(r'name="version" value="([0-9]+)"', client.get(page).text)
    assert version is not None
    form = {"csrf": csrf(client, "/contestations"), "version": version[1]}
    assert client.post(f"{page}/actions/repondre", data=form).status_code == 303


def test_a_file_made_before_opens_no_more_until_the_reading_is_given_back(sqlite_home: Home) -> None:
    contest.receive_two(sqlite_home)
    page = f"/contestations/{sqlite_home.rows(Contestation)[0].reference}"
    with contest.opened(sqlite_home) as address, Client(base_url=address, timeout=60) as agathe:
        form = {
            "csrf": csrf(agathe, "/connexion"),
            "identifiant": "agathe",
            "mot_de_passe": seed.PASSWORD,
        }
        assert agathe.post("/connexion", data=form).status_code == 303
        _answered(agathe, page)
        kept = agathe.get(f"{page}/preuve.zip")
        (paper,) = sqlite_home.rows(Document, kind="se352-301")
        with zipfile.ZipFile(io.BytesIO(kept.content)) as archive:
            assert f"documents/{paper.sha256}.pdf" in archive.namelist()
        _say(sqlite_home, paper, "medical-report")
        refused = agathe.get(f"{page}/preuve.zip")
        assert (refused.status_code, kept.content in refused.content) == (403, False)
        _say(sqlite_home, paper, None)
        assert agathe.get(f"{page}/preuve.zip").content == kept.content
