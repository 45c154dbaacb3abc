"""Flagged addresses: kept in lower case, found by their own domain only, a person's word above the rest."""

from __future__ import annotations

from storage import addresses
from storage.db import Database
from tests.builders.seen import AT


def test_a_flag_is_the_latest_failure_until_cleared(database: Database) -> None:
    with database.transaction() as session:
        addresses.flag(session, "RI@chu.example", AT, "5.1.1 x" * 100, "<1@x>")
        addresses.flag(session, "ri@chu.example", AT, "5.1.2", "<2@x>")
        (row,) = addresses.listed(session, 5)
        assert (row.address, row.reason, row.letter) == ("ri@chu.example", "5.1.2", "<2@x>")
        assert addresses.flagged(session, ["Ri@CHU.example", "x@y.example"]).keys() == {"ri@chu.example"}
        assert addresses.clear(session, "RI@chu.example", AT)
        assert not addresses.clear(session, "ri@chu.example", AT)
        assert addresses.listed(session, 5) == []
        addresses.flag(session, "ri@chu.example", AT, "5.1.1", "<3@x>")
        assert len(addresses.listed(session, 5)) == 1


def test_a_domain_is_itself_and_no_pattern(database: Database) -> None:
    with database.transaction() as session:
        for address in ("a@chu.example", "b@sub.chu.example", "c@axb.example", "d@a_b.example"):
            addresses.flag(session, address, AT, "5.1.1", "<1@x>")
        assert addresses.flagged_of_domains(session, ["CHU.example"]) == ["a@chu.example"]
        assert addresses.flagged_of_domains(session, ["a_b.example"]) == ["d@a_b.example"]
        assert addresses.flagged_of_domains(session, ["%"]) == []
        assert addresses.flagged_of_domains(session, []) == []


def test_what_a_person_put_in_its_place_stays_through_later_failures(database: Database) -> None:
    with database.transaction() as session:
        assert not addresses.decide(session, "ri@chu.example", "adam", AT, "b@chu.example")
        addresses.flag(session, "ri@chu.example", AT, "5.1.1", "<1@x>")
        assert addresses.decide(session, "RI@chu.example", "adam", AT, "b@chu.example")
        addresses.flag(session, "ri@chu.example", AT, "5.1.1", "<2@x>")
        assert addresses.target(session, "Ri@chu.example") == "b@chu.example"
        assert addresses.flagged_of_domains(session, ["chu.example"]) == []
        assert addresses.target(session, "inconnu@chu.example") == "inconnu@chu.example"
        assert addresses.clear(session, "ri@chu.example", AT)
        assert addresses.target(session, "ri@chu.example") == "b@chu.example"
