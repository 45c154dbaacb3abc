"""``passerelle deadlines``: what is due, why, what was known; an event recorded from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import mails_forms
from tests.builders.desk import Desk
from tests.worlds.command import CommandLine


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, desk: Desk) -> CommandLine:
    """One 301 has been ingested."""
    here = CommandLine.on(tmp_path_factory.mktemp("lived"))
    mail: Path = here.folder / "301.eml"
    mail.write_bytes(mails_forms.unsigned_box(desk).raw)
    said = here.run("mail", "ingest", mail, "--json")
    assert said.status == 0, said.err
    return here


def test_deadlines_are_listed_explained_and_follow_an_event(lived: CommandLine) -> None:
    listed = lived.run("deadlines", "list", "--due-before", "2999-01-01", "--json")
    assert (listed.status, listed.err) == (0, "")
    kinds = {row["kind"]: row for row in listed.json}
    assert set(kinds) >= {"coverage-end", "extension-request", "medical-report", "cpam-identification"}
    assert all(row["basis"] and row["status"] and row["explanation"] for row in listed.json)
    assert [row["due"] for row in listed.json] == sorted(row["due"] for row in listed.json)
    end = kinds["coverage-end"]["due"]
    before = lived.call("deadlines", "list", "--due-before", end, "--json")
    assert all(row["due"] < end for row in before.json)
    table = lived.call("deadlines", "list")
    assert "Fin de la prise en charge" in table.out

    reference = kinds["coverage-end"]["case"]
    told = lived.call("deadlines", "explain", reference, "--json").json
    assert told["case"] == reference
    (coverage,) = (one for one in told["deadlines"] if one["kind"] == "coverage-end")
    assert coverage["history"][0]["why"] == "échéance posée"
    shown = lived.call("deadlines", "explain", reference).out
    assert "point de départ : dernier jour écrit sur « Attestation de droits" in shown
    assert "Rappels :" in shown
    assert (
        lived.call("deadlines", "explain", reference, "--at", "2020-01-01", "--json").json["deadlines"]
        == []
    )

    recorded = lived.call("deadlines", "record", reference, "care-ended", "--note", "bulletin de sortie")
    assert (recorded.status, recorded.err) == (0, "")
    assert "les échéances qui l'attendaient ont suivi" in recorded.out
    again = lived.call("deadlines", "record", reference, "care-ended")
    assert (again.status, again.out) == (1, "")
    assert "déjà inscrit" in again.sentence
    after = lived.call("deadlines", "explain", reference, "--json").json
    reports = [one for one in after["deadlines"] if one["kind"] == "medical-report"]
    assert sorted(one["state"] for one in reports) == ["cancelled", "open"]
    assert after["happened"][0]["what"].startswith("événement « care-ended »")
    assert lived.call("audit", "verify").status == 0


def test_what_is_not_found_or_not_a_date_is_refused(lived: CommandLine) -> None:
    unknown = lived.call("deadlines", "explain", "SPA-1999-00001")
    assert (unknown.status, unknown.out) == (1, "")
    assert "Aucun dossier" in unknown.sentence
    assert lived.call("deadlines", "list", "--due-before", "demain").status == 2
    refused = lived.call("deadlines", "record", "SPA-1999-00001", "care-ended")
    assert (refused.status, refused.out) == (1, "")


def test_the_page_of_rules_is_printed(lived: CommandLine) -> None:
    said = lived.call("config", "rules")
    assert said.status == 0
    assert said.out.startswith("# Délais des circuits")
