"""The command line is a contract (architecture, "The command line"): real processes, status, outputs."""

from __future__ import annotations

import mailbox
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.builders import mails_forms, mails_others
from tests.builders.desk import CNSE, Desk, Sample
from tests.worlds.command import ROOT, CommandLine
from tests.worlds.house import CONFIG
from tests.worlds.ports import free_port


@pytest.fixture(scope="module")
def mails(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few samples as files."""
    folder = tmp_path_factory.mktemp("mails")
    for build in (mails_forms.unsigned_box, mails_others.question, mails_others.poison):
        sample: Sample = build(desk)
        (folder / f"{sample.name}.eml").write_bytes(sample.raw)
    return folder


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    """Nothing has run yet: there is no ``var``."""
    return CommandLine.on(tmp_path)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, mails: Path) -> CommandLine:
    """Two mails have been ingested. Only looked at by the tests that use it."""
    here = CommandLine.on(tmp_path_factory.mktemp("lived"))
    said = here.run(
        "mail",
        "ingest",
        mails / "301-cadre-4-vide.eml",
        mails / "question.eml",
        mails / "poison.eml",
        "--json",
    )
    assert said.status == 0, said.err
    assert [row["state"] for row in said.json] == ["scheduled", "scheduled", "set_aside"]
    assert set(said.json[0]) >= {"file", "delivery", "duplicate", "state"}
    return here


DOCUMENT = {"name", "media_type", "sha256", "pages", "kind", "score", "reasons", "confidentiality"}
FIELD = {"name", "value", "normalised", "page", "box", "source", "confidence"}
ISSUE = {"code", "field", "severity", "message"}


def _check_contract(told: dict[str, Any]) -> None:
    """The shape of ``mail explain --json``; further keys are allowed."""
    assert set(told) >= {"message", "kind", "documents", "decision", "deadlines"}
    message = told["message"]
    assert set(message) >= {"sha256", "message_id", "from", "to", "subject", "date", "security"}
    assert set(message["security"]) >= {"encrypted", "decryption", "signature", "signer", "reasons"}
    assert message["security"]["decryption"] in {"ok", "no-key", "corrupt", "absent"}
    assert isinstance(message["security"]["encrypted"], bool)
    assert told["kind"] in {"mail", "delivery-report", "read-receipt", "auto-reply"}
    for document in told["documents"]:
        assert set(document) >= DOCUMENT | {"fields", "issues"}
        assert document["confidentiality"] in {"administrative", "medical"}
        assert all(set(field) >= FIELD for field in document["fields"])
        assert all(set(issue) >= ISSUE for issue in document["issues"])
        assert {issue["severity"] for issue in document["issues"]} <= {"info", "warning", "error"}
    assert set(told["decision"]) >= {"circuit", "queue", "forward_to", "letter", "reasons"}
    assert all(set(due) >= {"kind", "due", "basis", "status"} for due in told["deadlines"])


def test_explain_before_anything_exists_tells_all_and_writes_nothing(cli: CommandLine, mails: Path) -> None:
    before = cli.tree()
    said = cli.run("mail", "explain", mails / "301-cadre-4-vide.eml", "--json")
    assert (said.status, said.err) == (0, "")
    _check_contract(said.json)
    told = said.json
    assert told["decision"]["queue"] == "cpam-594"
    assert told["decision"]["letter"] == "accuse-reception"
    (form,) = (d for d in told["documents"] if d["kind"] == "se352-301")
    assert {f["name"]: f["normalised"] for f in form["fields"]}["establishment_finess"] == "599000015"
    assert {i["severity"] for i in form["issues"]} & {"error", "warning"}
    assert "coverage-end" in {due["kind"] for due in told["deadlines"]}
    assert cli.tree() == before
    assert not (cli.folder / "var").exists()


def test_explain_beside_a_living_database_writes_nothing_either(lived: CommandLine, mails: Path) -> None:
    before = lived.tree()
    assert "var/passerelle.sqlite" in before
    said = lived.run("mail", "explain", mails / "question.eml", "--json")
    assert said.status == 0
    assert said.json["decision"]["queue"] == "cnse-administratif"
    assert lived.tree() == before


def test_explain_for_people_and_for_another_mailbox(cli: CommandLine, mails: Path) -> None:
    said = cli.call("mail", "explain", mails / "question.eml", "--mailbox", CNSE)
    assert said.status == 0
    assert "Décision : file cnse-administratif, lettre question-recue" in said.out
    refused = cli.call("mail", "explain", mails / "question.eml", "--mailbox", "autre@ailleurs.example")
    assert (refused.status, refused.out) == (1, "")
    assert "n'est la boîte d'aucun circuit" in refused.sentence


def test_a_mail_that_would_be_set_aside_is_explained_by_its_reason(cli: CommandLine, mails: Path) -> None:
    said = cli.run("mail", "explain", mails / "poison.eml", "--json")
    assert (said.status, said.out) == (1, "")
    assert "imbrique plus de 20 niveaux" in said.sentence
    assert not (cli.folder / "var").exists()


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("mail", "explain", "/nulle/part.eml"), 1, "n'existe pas ou ne se lit pas"),
        (("mail", "ingest", "/nulle/part.eml"), 1, "n'existe pas ou ne se lit pas"),
        (("case", "show", "SPA-1999-00001"), 1, "Aucun dossier"),
        (("mail", "release", "abcdef123456"), 1, "Aucun message ne porte l'identifiant"),
    ],
    ids=lambda value: "-".join(value[:2]) if isinstance(value, tuple) else None,
)
def test_what_is_not_found_or_refused_is_status_one_and_one_sentence(
    cli: CommandLine, words: tuple[str, ...], status: int, sentence: str
) -> None:
    said = cli.call(*words)
    assert (said.status, said.out) == (status, "")
    assert sentence in said.sentence


def test_wrong_usage_is_status_two(cli: CommandLine) -> None:
    for words in ((), ("inconnu",), ("mail",), ("mail", "explain"), ("queue", "list", "--faux")):
        said = cli.call(*words)
        assert (said.status, said.out) == (2, ""), words
        assert "usage: passerelle" in said.err
    assert cli.run("inconnu").status == 2


def test_queues_and_cases_as_json_and_as_tables(lived: CommandLine) -> None:
    listed = lived.run("queue", "list", "--json")
    assert (listed.status, listed.err) == (0, "")
    rows = {row["queue"]: row for row in listed.json}
    assert set(rows) == {"cpam-594", "cnse-administratif"}
    form = rows["cpam-594"]
    assert set(form) >= {
        "item",
        "queue",
        "state",
        "kind",
        "sender",
        "delivery",
        "case",
        "next_due",
        "forward_to",
    }
    assert form["next_due"]
    only = lived.call("queue", "list", "--queue", "cpam-594", "--json")
    assert [row["queue"] for row in only.json] == ["cpam-594"]
    table = lived.call("queue", "list")
    assert "prochaine échéance" in table.out
    assert "admissions@ch-dunes.example" in table.out

    shown = lived.run("case", "show", form["case"], "--json")
    assert (shown.status, shown.err) == (0, "")
    assert set(shown.json) >= {"reference", "state", "periods", "documents", "deadlines", "letters"}
    assert shown.json["reference"] == form["case"]
    assert [letter["letter"] for letter in shown.json["letters"]] == ["accuse-reception"]
    assert form["case"] in lived.call("case", "show", form["case"].lower()).out


def test_the_log_is_verified_and_a_changed_entry_is_found(lived: CommandLine, tmp_path: Path) -> None:
    whole = lived.run("audit", "verify", "--json")
    assert (whole.status, whole.err) == (0, "")
    assert whole.json["ok"] is True
    assert whole.json["size"] > 10
    shutil.copytree(lived.folder, tmp_path / "copy")
    copy = CommandLine(tmp_path / "copy")
    notes = sorted((copy.folder / "var" / "checkpoints").glob("*.notes"))
    assert notes
    shutil.rmtree(copy.folder / "var" / "vault")
    for file in (copy.folder / "var").glob("passerelle.sqlite*"):
        file.unlink()
    cut = copy.call("audit", "verify")
    assert (cut.status, cut.out) == (1, "")
    assert cut.sentence


def test_the_evidence_file_of_no_case_is_refused(lived: CommandLine, tmp_path: Path) -> None:
    """What the file holds is the matter of the tests of the evidence; here, the contract of the word."""
    said = lived.call("audit", "export", "SPA-1999-00001", tmp_path / "dossier.zip")
    assert (said.status, said.out) == (1, "")
    assert said.sentence
    assert not (tmp_path / "dossier.zip").exists()


def test_what_is_set_aside_is_listed_and_released(cli: CommandLine, mails: Path) -> None:
    """Set aside again, and for the reason of the day, as long as something is wrong with it."""
    question = cli.call("mail", "ingest", mails / "question.eml", "--json").json[0]["delivery"]
    refused = cli.call("mail", "release", question[:12])
    assert (refused.status, refused.sentence) == (1, "Ce message n'est pas mis de côté ; rien n'a changé.")
    assert cli.call("mail", "ingest", mails / "poison.eml", "--json").status == 0
    (aside,) = cli.call("mail", "aside", "--json").json
    assert set(aside) >= {"delivery", "step", "reason", "at"}
    assert aside["step"] == "unseal"
    blob = cli.folder / "var" / "vault" / aside["delivery"][:2] / aside["delivery"]
    kept = blob.read_bytes()
    blob.unlink()
    again = cli.run("mail", "release", aside["delivery"][:12])
    assert (again.status, again.out) == (1, "")
    assert "la même étape l'a remis de côté" in again.err
    (gone,) = cli.call("mail", "aside", "--json").json
    assert "n'est pas dans le coffre" in gone["reason"]
    blob.write_bytes(kept)
    assert cli.call("mail", "release", aside["delivery"]).status == 1
    assert "imbrique plus de 20" in cli.call("mail", "aside", "--json").json[0]["reason"]


def test_an_mbox_and_a_maildir_are_ingested_whole_and_twice_is_once(cli: CommandLine, mails: Path) -> None:
    raws = [file.read_bytes() for file in sorted(mails.glob("*.eml")) if file.stem != "poison"]
    maildir = mailbox.Maildir(cli.folder / "Maildir")
    mbox = mailbox.mbox(cli.folder / "mbox")
    for raw in raws:
        maildir.add(raw)
        mbox.add(raw)
    mbox.close()
    first = cli.call("mail", "ingest", cli.folder / "Maildir", "--json").json
    second = cli.call("mail", "ingest", cli.folder / "mbox", "--json").json
    assert [row["duplicate"] for row in first] == [False, False]
    assert len(second) == len(raws)
    assert {row["state"] for row in second} == {"scheduled"}


def test_config_check_accepts_ours_and_refuses_with_every_fault(cli: CommandLine, tmp_path: Path) -> None:
    good = cli.call("config", "check")
    assert good.status == 0
    assert "Configuration acceptée." in good.out
    settings = tmp_path / "config" / "gateway.toml"
    circuit = tmp_path / "config" / "circuits" / "soins-programmes-algerie" / "circuit.toml"
    text = circuit.read_text("utf-8")
    text = text.replace('queue = "cnse-medical"', 'queue = "cnse-medicale"').replace(
        "delay = 30", "delay = -3"
    )
    circuit.write_text(text, "utf-8")
    bad = cli.run("config", "check")
    assert (bad.status, bad.out) == (1, "")
    faults = [line for line in bad.err.splitlines() if "circuit.toml:" in line]
    assert len(faults) >= 3
    assert any("cnse-medicale" in fault for fault in faults)
    settings.write_text("[smtp]\nport = 'vingt-cinq'\nfaux = 1\n", "utf-8")
    worse = cli.call("config", "check")
    assert worse.status == 1
    assert worse.err.count("gateway.toml") == 2


def test_doctor_says_what_answers_and_what_does_not(cli: CommandLine) -> None:
    said = cli.run("doctor", "--json")
    assert said.status == 1  # nothing listens where letters would go
    found = {row["name"]: row for row in said.json}
    assert found["coffre"]["ok"]
    assert found["configuration"]["ok"]
    assert not found["serveur d'envoi"]["ok"]
    assert all(row["detail"] for row in said.json)


def test_serve_opens_and_closes_cleanly_on_sigterm(tmp_path: Path) -> None:
    cli = CommandLine.on(
        tmp_path, **{"port = 10025": f"port = {free_port()}", "port = 8352": f"port = {free_port()}"}
    )
    with subprocess.Popen(
        cli.words("serve"), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as serving:
        assert serving.stderr is not None
        for line in serving.stderr:
            if line.startswith("Passerelle est ouverte"):
                break
        serving.send_signal(signal.SIGTERM)
        out, err = serving.communicate(timeout=60)
    assert (serving.returncode, out) == (0, "")
    assert "Passerelle est fermée ; rien n'est perdu." in err


def test_accounts_are_made_with_a_password_read_from_input(cli: CommandLine) -> None:
    short = cli.call("admin", "add-person", "aline", "Aline Morvan", "cnse-admin", given="court\n")
    assert (short.status, short.out) == (1, "")
    assert "aucun compte n'a été créé" in short.sentence
    made = cli.call(
        "admin", "add-person", "aline", "Aline Morvan", "cnse-admin", given="un-mot-de-passe-long-2026\n"
    )
    assert made.status == 0, made.err
    assert "un-mot-de-passe" not in made.out + made.err


def test_the_shipped_configuration_is_left_alone() -> None:
    assert not (CONFIG / "var").exists()
