"""``passerelle admin certificates``: listed, decided once, told in the log, asked for an address."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gateway import bootstrap
from gateway.evidence.record import Kind
from gateway.settings import load
from storage import certbook
from storage.certbook import CertificateState, KnownCertificate
from tests.builders import pki
from tests.builders.seen import AT
from tests.worlds.command import CommandLine

WHO = "ri@chu.example"


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    return CommandLine.on(tmp_path)


def _seen(cli: CommandLine, *, old: bool = False) -> int:
    house = bootstrap.build(load(cli.folder / "config" / "gateway.toml"))
    now = house.clock.now()
    one = pki.create(now - timedelta(days=1)).issue(WHO, kind="rsa")
    row = KnownCertificate(
        address=WHO,
        fingerprint=("e" if old else "a") * 64,
        der=one.der,
        subject="CHU",
        issuer="AC",
        not_before=now - timedelta(days=400),
        not_after=now + timedelta(days=-1 if old else 20),
        verdict="signer",
        seen_at=AT,
    )
    with house.database.transaction() as session:
        assert certbook.propose(session, row)
        (found, *_) = certbook.listed(session, [CertificateState.PROPOSED], 5)
    house.close()
    return found.id or 0


def _told(cli: CommandLine, number: int) -> list[Kind | str]:
    house = bootstrap.build(load(cli.folder / "config" / "gateway.toml"))
    with house.database.reading() as session:
        kinds = [e.kind for e in house.recorder.events(session, [f"certificate:{number}"])]
    house.close()
    return kinds


def test_seen_confirmed_used_then_refused(cli: CommandLine) -> None:
    number = _seen(cli)
    (listed,) = cli.call("admin", "certificates", "list", "--json").json
    assert (listed["id"], listed["address"], listed["state"]) == (number, WHO, "proposed")
    assert (listed["refusal"], listed["verdict"], listed["source"]) == (None, "signer", "mail")
    assert cli.call("admin", "certificates", "ask", WHO, "--json").json["certificate"] is None
    done = cli.call("admin", "certificates", "confirm", number, "--json").json
    assert done == {"id": number, "before": "proposed", "state": "confirmed"}
    asked = cli.call("admin", "certificates", "ask", WHO, "--json").json
    assert asked["certificate"]
    assert "confirmé par une personne" in asked["reasons"][0]
    again = cli.call("admin", "certificates", "confirm", number)
    assert (again.status, again.out) == (1, "")
    assert "rien n’a changé" in again.sentence
    assert "écarté" in cli.call("admin", "certificates", "refuse", number).out
    assert cli.call("admin", "certificates", "ask", WHO, "--json").json["certificate"] is None
    shown = cli.call("admin", "certificates", "show", number, "--json").json
    assert (shown["state"], shown["decided_by"]) == ("rejected", "ligne de commande")
    assert _told(cli, number) == [Kind.CERTIFICATE, Kind.CERTIFICATE]
    assert cli.call("admin", "certificates", "list", "--state", "proposed", "--json").json == []


def test_an_expired_one_is_shown_so_and_never_confirmed(cli: CommandLine) -> None:
    number = _seen(cli, old=True)
    assert "expiré" in cli.call("admin", "certificates", "list").out
    refused = cli.call("admin", "certificates", "confirm", number)
    assert (refused.status, "expiré" in refused.sentence) == (1, True)
    assert _told(cli, number) == []


def test_a_number_nobody_has_changes_nothing(cli: CommandLine) -> None:
    for verb in ("show", "confirm", "refuse"):
        answer = cli.call("admin", "certificates", verb, 9)
        assert (answer.status, "9" in answer.sentence) == (1, True)


def test_those_of_the_directory_are_listed_with_why_they_do_not_serve(cli: CommandLine) -> None:
    old = pki.create(AT).issue(WHO, kind="rsa", not_after=AT - timedelta(days=1))
    (cli.folder / "config" / "directory" / "chu.pem").write_bytes(old.pem)
    file = cli.folder / "config" / "directory" / "correspondents.csv"
    file.write_text(file.read_text("utf-8") + f"{WHO},hospital,CHU,,directory/chu.pem\n", "utf-8")
    (listed,) = cli.call("admin", "certificates", "list", "--json").json
    assert (listed["state"], listed["address"]) == ("directory", WHO)
    assert "expiré" in listed["refusal"]
