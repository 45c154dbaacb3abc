"""What an evidence file tells, what it keeps to itself, and that the same state gives the same bytes."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.circuits.folder import rules_hash
from gateway.clock import TurnableClock
from gateway.errors import NotFound, Unavailable
from gateway.evidence import rulesets, verify
from gateway.evidence.dossier import Exporter
from gateway.evidence.record import Kind, Recorder
from gateway.evidence.verify import Check
from storage import audit
from storage.db import Database
from storage.errors import BlobNotFound
from storage.keys import KeyRing
from storage.vault import Vault
from tests.builders import proof
from tests.builders.altered import unpacked
from tests.builders.proof import MARKER, OTHER, OURS, World

WHO = "ligne de commande"


@pytest.fixture
def world(
    database: Database, vault: Vault, ring: KeyRing, recorder: Recorder, clock: TurnableClock
) -> World:
    return proof.world(database, vault, ring, recorder, clock, rules_hash(proof.FOLDER))


@pytest.fixture
def exporter(world: World) -> Exporter:
    return world.exporter()


def _manifest(raw: bytes) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = json.loads(unpacked(raw)[verify.MANIFEST])
    return found


def test_two_exports_of_one_state_differ_by_the_date_alone(world: World, exporter: Exporter) -> None:
    first = exporter.export(OURS, WHO).content
    assert exporter.export(OURS, WHO).content == first
    world.clock.turn(timedelta(days=400))
    world.recorder.checkpoint(world.database)
    later = exporter.export(f" {OURS.lower()} ", WHO).content
    one, two = unpacked(first), unpacked(later)
    assert list(one) == list(two)
    assert [name for name in one if one[name] != two[name]] == [verify.SEAL]
    dates = [files[verify.SEAL].decode().split("\n")[2] for files in (one, two)]
    assert dates == ["2026-11-23T09:10:00.000000Z", "2027-12-28T09:10:00.000000Z"]
    assert Check(first).faults == Check(later).faults == []


def test_medical_content_is_given_only_when_asked(exporter: Exporter) -> None:
    plain = exporter.export(OURS, WHO)
    whole = exporter.export(OURS, WHO, medical=True)
    assert MARKER.encode() not in plain.content
    assert MARKER.encode() in whole.content
    report = next(one for one in _manifest(plain.content)["withheld"] if one["what"] == "document")
    assert report["type"] == "medical-report"
    assert report["pages"] == 2
    assert report["reason"] == "pièce couverte par le secret médical"
    # the report, its mail, and the mail shared with the other case
    assert plain.withheld == 3
    assert whole.withheld == 1
    assert Check(plain.content).faults == Check(whole.content).faults == []
    summary = unpacked(plain.content)["resume.txt"].decode()
    assert f"retenue (pièce couverte par le secret médical) : {report['sha256']}" in summary


def test_another_case_is_not_told(exporter: Exporter) -> None:
    for medical in (False, True):
        content = exporter.export(OURS, WHO, medical=medical).content
        for foreign in (OTHER, "AUTRUI", "form of another", f"PDF {OTHER}"):
            assert foreign.encode() not in content
        assert f"PDF {OURS}".encode() in content
        files = unpacked(content)
        silent = [
            n for n, data in files.items() if n.startswith("evenements/") and data.startswith(b"scelle ")
        ]
        assert len(silent) == 2
        shared = [one for one in _manifest(content)["withheld"] if one["what"] == "message"]
        assert "porte aussi sur un autre dossier" in [one["reason"] for one in shared]
        told = len([n for n in files if n.startswith("evenements/")]) - len(silent)
        assert any(line.endswith(f"et le contenu de {told}") for line in Check(content).checked)


def test_letters_receipts_and_their_mails_are_given(exporter: Exporter) -> None:
    files = unpacked(exporter.export(OURS, WHO).content)
    assert len([name for name in files if name.startswith("lettres/")]) == 1
    assert any(data == b"Subject: Remis\r\n\r\n250\r\n" for data in files.values())
    summary = files["resume.txt"].decode()
    assert "Retours sur les lettres" in summary
    assert "Retour : remise" in summary
    assert "Statut de la règle : à confirmer" in summary


def test_receipts_verdicts_and_what_they_stand_on_are_told_apart(world: World, exporter: Exporter) -> None:
    files = unpacked(exporter.export(OURS, WHO).content)
    (letter,) = json.loads(files["retours.json"])
    assert letter["letter"] in files
    (receipt,) = letter["receipts"]
    assert receipt["action"] == "delivered"
    assert f"messages/{receipt['message']}.eml" in files
    judged = [one for one in json.loads(files["signatures.json"]) if one["evidence"]]
    (verdict,) = judged
    assert verdict["signature"] == "valid"
    pieces = {piece["file"]: piece["role"] for piece in verdict["evidence"]}
    assert sorted(pieces.values()) == ["crl", "root", "signer"]
    assert {name.rsplit(".", 1)[1] for name in pieces} == {"cer", "crl"}
    assert {files[name] for name in pieces} == {b"signer DER", b"root DER", b"crl DER"}
    assert "signatures" in " ".join(Check(exporter.export(OURS, WHO).content).checked)


def test_a_later_time_stamp_is_joined_with_its_checkpoint(world: World, exporter: Exporter) -> None:
    before = unpacked(exporter.export(OURS, WHO).content)
    assert not [name for name in before if name.startswith("horodatages/")]
    with world.database.transaction() as session:
        world.recorder.add(session, Kind.RELEASED, "delivery:autre", step="read")
    world.recorder.checkpoint(world.database)
    size = proof.stamp(world)
    content = exporter.export(OURS, WHO).content
    after = unpacked(content)
    assert f"horodatages/{size:012d}.tsr" in after
    assert verify.CHECKPOINT.format(size) in after
    assert json.loads(after[verify.MANIFEST])["checkpoint"] == size
    events = {name for name in after if name.startswith("evenements/")}
    assert events == {name for name in before if name.startswith("evenements/")}
    assert Check(content).faults == []
    assert exporter.export(OURS, WHO).content == content


def test_events_sealed_at_different_times_keep_their_checkpoints(exporter: Exporter) -> None:
    files = unpacked(exporter.export(OURS, WHO).content)
    notes = sorted(name for name in files if name.endswith(".note") and name != verify.SEAL)
    assert len(notes) == 2
    assert notes[0].replace(".note", ".coherence") in files
    assert notes[1].replace(".note", ".coherence") not in files


def test_an_export_and_each_medical_reading_are_in_the_log(world: World, exporter: Exporter) -> None:
    made = exporter.export(OURS, WHO, medical=True)
    exporter.export(OURS, "autre", medical=False)
    with world.database.reading() as session:
        size = audit.frontier(session).size
        said = [event for event in audit.events(session, _subjects(world)) if event.position >= size - 3]
    kinds = [event.kind for event in said]
    assert kinds == [Kind.ACCESS, Kind.EXPORT, Kind.EXPORT]
    reading, first, second = (event.fields for event in said)
    assert reading["person"] == first["person"] == WHO
    assert reading["outcome"] == "exported"
    assert first["sha256"] == verify.sha256(made.content)
    assert (first["medical"], second["medical"], second["person"]) == (True, False, "autre")
    assert world.recorder.verify(world.database).ok


def _subjects(world: World) -> set[str]:
    blobs = {f"delivery:{sha256}" for sha256, _ in world.vault.raw_blobs()}
    return blobs | {f"case:{OURS}"}


@pytest.mark.parametrize("wanted", ["SPA-2026-99999", "", "999", "²", "' OR 1=1", "9" * 400])
def test_a_case_that_does_not_exist(exporter: Exporter, wanted: str) -> None:
    with pytest.raises(NotFound, match="Aucun dossier ne porte la référence"):
        exporter.export(wanted, WHO)


def test_a_case_is_found_by_its_number_too(exporter: Exporter) -> None:
    assert exporter.export("1", WHO).reference == OURS


def test_rules_changed_since_are_said_unless_they_were_kept(world: World, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(proof.FOLDER, tmp_path / "rules"))
    (folder / "circuit.toml").write_bytes((folder / "circuit.toml").read_bytes() + b"\n# plus tard\n")
    later = world.exporter(folder)
    check = Check(later.export(OURS, WHO).content)
    assert check.faults == []
    assert "2 décision(s) dont le jeu de règles n'est pas joint" in check.unchecked
    folders = {proof.CIRCUIT: proof.FOLDER}
    assert rulesets.keep(world.database, world.vault, folders, world.clock.now()) == 1
    assert rulesets.keep(world.database, world.vault, folders, world.clock.now()) == 0
    content = later.export(OURS, WHO).content
    check = Check(content)
    assert check.faults == []
    assert "que 2 décision(s) sur 2 citent un jeu de règles joint" in check.checked
    name = f"regles/{rules_hash(proof.FOLDER)}/circuit.toml"
    assert unpacked(content)[name] == (proof.FOLDER / "circuit.toml").read_bytes()
    with pytest.raises(Unavailable, match="Les règles du circuit ne se lisent pas"):
        world.exporter(tmp_path / "absent").export(OURS, WHO)


def test_a_lost_blob_refuses_the_export_and_records_none(world: World, exporter: Exporter) -> None:
    before = exporter.export(OURS, WHO)
    name = next(n for n in unpacked(before.content) if n.startswith("lettres/"))
    world.vault.delete(name.removeprefix("lettres/").removesuffix(".eml"))
    with pytest.raises(BlobNotFound):
        exporter.export(OURS, WHO)
    with world.database.reading() as session:
        said = audit.events(session, {f"case:{OURS}"})
    assert [event.kind for event in said].count(Kind.EXPORT) == 1


def test_an_event_partly_erased_is_given_sealed(world: World, exporter: Exporter) -> None:
    with world.database.transaction() as session:
        mail = next(s for s in _subjects(world) if s.startswith("delivery:"))
        arrival = audit.events(session, [mail])[0]
        world.recorder.add(session, Kind.RELEASED, f"case:{OURS}", step="unseal", person="mira")
        position = audit.head(session)[0] - 1
        assert world.recorder.forget(session, [position], fields=["person"]) == 1
    assert arrival.erased is False
    world.recorder.checkpoint(world.database)
    content = exporter.export(OURS, WHO).content
    assert unpacked(content)[verify.EVENT.format(position)].startswith(b"scelle ")
    assert b"mira" not in content
    assert Check(content).faults == []


def test_erased_events_are_left_out(world: World, exporter: Exporter) -> None:
    with world.database.transaction() as session:
        opened = next(e for e in audit.events(session, {f"case:{OURS}"}) if e.kind == Kind.CASE_OPENED)
        audit.forget(session, [opened.position])
    # what was erased no longer names its case: the file is cut from what remains
    content = exporter.export(OURS, WHO).content
    assert verify.EVENT.format(opened.position) not in unpacked(content)
    assert Check(content).faults == []


def test_the_page_is_alone_escaped_and_labelled(world: World, exporter: Exporter) -> None:
    page = unpacked(exporter.export(OURS, WHO).content)["resume.html"].decode()
    assert '<html lang="fr">' in page
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert "default-src 'none'" in page
    assert page.count('<th scope="col">') > 20
    assert page.count("<section aria-labelledby") == page.count("<h2 id=")
