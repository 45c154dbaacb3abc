"""``passerelle admin``: keys and people, each told in the log, nothing changed by a refusal."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from gateway.evidence.record import Kind
from gateway.settings import load
from storage import people, sheets
from storage.db import Database
from storage.keys import KeyRing
from tests.builders.desk import CNSE, Desk
from tests.worlds.command import CommandLine

LONG = "une phrase de passe assez longue\n"


@pytest.fixture
def cli(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine.on(tmp_path_factory.mktemp("cli"))


def _ring(cli: CommandLine) -> KeyRing:
    return KeyRing(cli.folder / "var" / "keys")


def _pkcs12(desk: Desk) -> bytes:
    issued = desk.keys.of(CNSE)
    assert isinstance(issued.key, rsa.RSAPrivateKey)
    return pkcs12.serialize_key_and_certificates(
        b"cnse", issued.key, issued.certificate, None, BestAvailableEncryption(b"secret")
    )


def test_an_identity_is_added_from_pem_and_from_pkcs12(cli: CommandLine, desk: Desk) -> None:
    pem = cli.folder / "cle.pem"
    pem.write_bytes(desk.keys.of(CNSE).pem)
    p12 = cli.folder / "cle.p12"
    p12.write_bytes(_pkcs12(desk))
    assert cli.call("admin", "add-identity", CNSE, pem, "--retired").status == 0
    assert cli.call("admin", "add-identity", CNSE, p12, given="secret\n").status == 0
    assert [stored.retired for stored in _ring(cli).identities(CNSE)] == [False, True]


def test_a_wrong_password_or_file_adds_nothing(cli: CommandLine, desk: Desk) -> None:
    p12 = cli.folder / "cle.p12"
    p12.write_bytes(_pkcs12(desk))
    wrong = cli.call("admin", "add-identity", CNSE, p12, given="autre\n")
    assert (wrong.status, wrong.out) == (1, "")
    assert "Aucune clé n'a été ajoutée" in wrong.sentence
    missing = cli.call("admin", "add-identity", CNSE, cli.folder / "absente.pem")
    assert (missing.status, "rien n'a changé" in missing.sentence) == (1, True)
    assert _ring(cli).identities(CNSE) == []


def test_a_new_key_is_put_in_service_and_told(cli: CommandLine) -> None:
    first = cli.call("admin", "rotate-key")
    assert first.status == 0
    active = _ring(cli).active_id
    assert f"Clé {active} en service" in first.out
    assert len(_ring(cli).ids()) == 2
    assert cli.call("audit", "verify").status == 0


def test_an_account_is_made_or_replaced_with_a_password_nobody_sees(cli: CommandLine) -> None:
    short = cli.call("admin", "add-person", "aline", "Aline Morvan", "cnse-admin", given="court\n")
    assert (short.status, short.out) == (1, "")
    assert "aucun compte n'a été créé" in short.sentence
    made = cli.call("admin", "add-person", "aline", "Aline Morvan", "cnse-admin", "supervisor", given=LONG)
    assert made.status == 0, made.err
    assert LONG.strip() not in made.out + made.err
    database = Database(load(cli.folder / "config" / "gateway.toml").database_url)
    with database.reading() as session:
        (person,) = people.everyone(session)
    database.close()
    assert (person.login, person.roles) == ("aline", ["cnse-admin", "supervisor"])
    again = cli.call("admin", "add-person", "aline", "Aline Morvan", "auditor", given=LONG)
    assert again.status == 0
    assert "Compte créé" in made.out
    assert "Compte remplacé" in again.out


@pytest.mark.parametrize("role", ["root", "cpam", "cpam:000", "admin:595"])
def test_an_account_with_a_role_nobody_knows_is_not_made(cli: CommandLine, role: str) -> None:
    refused = cli.call("admin", "add-person", "aline", "Aline Morvan", "auditor", role, given=LONG)
    assert (refused.status, refused.out) == (1, "")
    assert f"Rôle inconnu : {role}" in refused.sentence
    database = Database(load(cli.folder / "config" / "gateway.toml").database_url)
    with database.reading() as session:
        assert people.everyone(session) == []
    database.close()


def test_a_token_is_made_listed_and_revoked_and_its_secret_shown_once(cli: CommandLine) -> None:
    assert cli.call("admin", "add-person", "aline", "Aline Morvan", "cnse-admin", given=LONG).status == 0
    made = cli.call("admin", "token", "add", "aline", "Relevé", "read", "act", "--days", "30")
    assert made.status == 0, made.err
    presented = made.out.strip()
    name = presented.split("_")[1]
    listed = cli.call("admin", "token", "list").out
    assert name in listed
    assert presented not in listed
    assert cli.call("admin", "token", "revoke", name).status == 0
    assert "rien n'a changé" in cli.call("admin", "token", "revoke", name).sentence
    assert "révoqué" in cli.call("admin", "token", "list").out
    database = Database(load(cli.folder / "config" / "gateway.toml").database_url)
    with database.reading() as session:
        told = [e for e in sheets.journal(session, None, 10) if e.kind == Kind.TOKEN]
    database.close()
    assert [(e.fields or {})["action"] for e in told] == ["revoked", "created"]
    assert presented.rsplit("_", 1)[1] not in str([e.fields for e in told])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("aline", "x", "calendar"), "Portée inconnue"),
        (("aline", "x", "admin"), "Portée inconnue"),
        (("aline", "x", "read", "--days", "5000"), "Un jeton vit de 1 à 365 jours"),
        (("personne", "x", "read"), "Aucun compte"),
    ],
)
def test_a_token_that_may_not_be_is_not_made(cli: CommandLine, words: tuple[str, ...], said: str) -> None:
    refused = cli.call("admin", "token", "add", *words)
    assert (refused.status, refused.out) == (1, "")
    assert said in refused.sentence
