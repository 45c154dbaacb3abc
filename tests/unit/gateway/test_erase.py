"""The end of retention: what is due goes with a signed proof, what is held never does; the log is whole."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway import bootstrap
from gateway.clock import paris_date
from gateway.contestations import holds
from gateway.contestations.erase import Eraser, Signer, signed_part
from gateway.contestations.plan import preview
from gateway.contestations.schedule import What, load_retention
from gateway.errors import Refused
from gateway.evidence.record import Kind
from gateway.evidence.verify import Check
from storage import addresses, audit, erasures, judgments, leftovers
from storage.addresses import FailedAddress
from storage.cases import Case
from storage.certbook import KnownCertificate
from storage.contestations import Cause, Contestation, ContestationState, UnreadLine
from storage.deliveries import Arrival, Delivery
from storage.documents import Document, FactRow
from storage.erasures import ERASED, ErasedRow, Erasure
from storage.errors import BlobNotFound
from storage.judgments import Judgment
from storage.outbox import OutboxEntry
from tests.builders import claims, mails_forms, mails_medical, mails_others
from tests.builders.desk import CALANQUES, COLLINE
from tests.builders.recipes import recipe
from tests.worlds.contest import receive_list
from tests.worlds.house import CONFIG, Home

YEARS = timedelta(days=366)


def _eraser(home: Home) -> Eraser:
    house = home.house
    return Eraser(
        house.database,
        house.vault,
        house.recorder,
        house.circuits.by_name,
        load_retention(CONFIG),
        Signer(house.ring.sign, house.ring.public_key),
    )


def _later(home: Home, years: int) -> None:
    home.clock.turn(years * YEARS)


def _run(home: Home) -> tuple[list[str], int, str]:
    """Erase, then check that the log is whole; classes erased, units held, certificate."""
    done = _eraser(home).run("adam", home.clock.now())
    home.house.recorder.checkpoint(home.house.database)
    assert home.house.recorder.verify(home.house.database).ok
    return sorted(str(unit["class"]) for unit in done.units), len(done.kept), done.certificate


def _contested(home: Home) -> Contestation:
    case = home.rows(Case)[0]
    name = f"{case.patient_name} {case.patient_first_names}"
    line: claims.Line = ("F-1", case.form_reference, name, None, None, 9.0, "Formulaire de droit manquant")
    receive_list(home, [line])
    return home.rows(Contestation)[0]


def _close(home: Home, cause: Cause | None = None) -> None:
    with home.house.database.transaction() as session:
        found = session.get_one(Contestation, 1)
        found.state, found.cause = ContestationState.CLOSED, cause
        session.add(found)


def test_nothing_is_erased_before_its_day(sqlite_home: Home) -> None:
    home = sqlite_home
    home.carry(mails_forms.acroform(home.desk))
    assert _run(home) == ([], 0, "")
    assert home.rows(Erasure) == []
    with home.house.database.reading() as session:
        due = preview(
            session, load_retention(CONFIG), home.house.circuits.by_name, paris_date(home.clock.now())
        )
    assert {one.what for one in due} == {What.ADMINISTRATIVE, What.LETTERS, What.IDENTITY}
    assert {one.status for one in due} == {"to be confirmed"}
    assert min(one.due for one in due).year == 2033  # the last granted day, plus seven years


def _certified_by_hand(home: Home, certificate: str, folder: Path) -> None:
    """The script of ``docs/proof.md`` on the certificate, then on one that claims another day."""
    (folder / "erasure.sh").write_text(recipe("erasure.sh"), "utf-8")
    (folder / "cle.pem").write_bytes(home.house.ring.public_pem)
    for text, code, words in (
        (certificate, 0, "CONFORME"),
        (certificate.replace('"at": "20', '"at": "21'), 1, "REFUSÉ : la signature ne tient pas"),
    ):
        (folder / "preuve.json").write_text(text, "utf-8")
        command = ["bash", "erasure.sh", "preuve.json", "cle.pem"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (code, "")
        assert words in done.stdout


def test_documents_go_first_then_what_names_the_person(home: Home, tmp_path: Path) -> None:
    mail = home.carry(mails_forms.acroform(home.desk))
    case = home.rows(Case)[0]
    blobs = {mail.sha256, *(d.sha256 for d in home.rows(Document))}
    assert all(home.house.vault.exists(blob) for blob in blobs)
    _later(home, 8)
    classes, _, certificate = _run(home)
    assert classes == ["administrative-documents", "letters"]
    assert not any(home.house.vault.exists(blob) for blob in blobs)
    assert not home.house.vault.exists(home.rows(OutboxEntry)[0].raw_sha256)
    assert home.rows(FactRow) == []
    assert {d.name for d in home.rows(Document)} == {ERASED}
    assert {d.kind for d in home.rows(Document)} == {"cover-note", "se352-301"}
    left = home.rows(Delivery)[0]
    assert (left.sender, left.subject, left.envelope_from, left.mail) == (None, None, "", None)
    assert home.rows(Arrival)[0].envelope_from == ""
    assert home.rows(OutboxEntry)[0].recipient == ""
    assert home.rows(Case)[0].patient_name == case.patient_name
    body, signature, key = signed_part(certificate)
    Ed25519PublicKey.from_public_bytes(key).verify(signature, body)
    _certified_by_hand(home, certificate, tmp_path)
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(key).verify(signature, body + b" ")
    assert {blob for unit in json.loads(body)["units"] for blob in unit["blobs"]} >= blobs

    _later(home, 4)
    assert _run(home)[0] == ["identity"]
    nobody = home.rows(Case)[0]
    assert (nobody.patient_name, nobody.cnas_number, nobody.patient_birth_date) == (None, None, None)
    assert nobody.reference == case.reference
    with home.house.database.reading() as session:
        assert audit.events(session, [f"case:{case.reference}", f"delivery:{mail.sha256}"]) == []
        told = audit.events(session, ["erasure:1", "erasure:2"])
    assert [event.kind for event in told] == [Kind.ERASURE] * 3
    assert _run(home) == ([], 0, "")


def test_what_verdicts_stood_on_goes_with_the_last_mail_that_stands_on_it(home: Home) -> None:
    """The certificates of a signature: those of one mail go with it, what two share with the last."""
    first = home.carry(mails_forms.acroform(home.desk))
    kept = {row.sha256 for row in home.rows(Judgment, delivery=first.sha256)}
    assert kept
    other = home.carry_raw(b"Subject: autre\r\n\r\ntexte\r\n")
    shared = min(kept)
    with home.house.database.transaction() as session:
        row = home.rows(Judgment, sha256=shared)[0].model_dump(exclude={"id", "delivery"})
        assert judgments.add(session, [Judgment.model_validate({**row, "delivery": other.sha256})]) == 1
        assert judgments.uses(session, shared) == 2
        leftover = leftovers.of_mail(session, first.sha256)
        assert set(leftover) == kept - {shared}
        assert judgments.uses(session, shared) == 1
        assert erasures.still_used(session, kept) == {shared}
        session.rollback()
    _later(home, 8)
    _run(home)
    assert home.rows(Judgment, delivery=first.sha256) == []
    assert not any(home.house.vault.exists(blob) for blob in kept)
    assert not any(home.house.vault.exists(blob) for blob in kept)
    assert [row.state for row in home.rows(KnownCertificate) if row.state != "confirmed"] == []
    letter = home.rows(OutboxEntry)[0]
    assert (letter.recipient_key, letter.domain) == ("", "")


def test_an_address_that_failed_is_forgotten_with_its_last_letter(sqlite_home: Home) -> None:
    home = sqlite_home
    home.carry(mails_forms.acroform(home.desk))
    letter = home.rows(OutboxEntry)[0]
    with home.house.database.transaction() as session:
        addresses.flag(session, letter.recipient_key, home.clock.now(), "550 inconnu", letter.message_id)
        addresses.flag(session, "gardee@chu.example", home.clock.now(), "550", "<x@y>")
        addresses.decide(session, "gardee@chu.example", "adam", home.clock.now(), "autre@chu.example")
    _later(home, 8)
    _run(home)
    assert [row.address for row in home.rows(FailedAddress)] == ["gardee@chu.example"]


def test_the_evidence_file_of_an_erased_case_says_that_it_was_erased(sqlite_home: Home) -> None:
    """First its documents, named as erased; then the case itself, with the certificate that proves it."""
    home = sqlite_home
    home.carry(mails_forms.acroform(home.desk))
    reference = home.rows(Case)[0].reference
    exporter = bootstrap.exporter(home.house)
    _later(home, 8)
    _run(home)
    half = exporter.export(reference, "essai").content
    assert Check(half).faults == []
    assert "effacé au terme de sa conservation".encode() in half
    assert exporter.export(reference, "essai").content == half
    _later(home, 4)
    _, _, certificate = _run(home)
    digest = sha256(certificate.encode()).hexdigest()
    number = home.rows(Erasure)[-1].id
    with pytest.raises(Refused) as refused:
        exporter.export(reference, "essai")
    assert f"a été effacé au terme de sa conservation le {home.clock.now():%d/%m/%Y}" in str(refused.value)
    assert f"effacement n° {number}, certificat signé de SHA-256 {digest}" in str(refused.value)


def test_medical_documents_go_a_year_before_and_their_mail_with_the_last(sqlite_home: Home) -> None:
    home = sqlite_home
    mail = home.carry(mails_medical.mixed_pdf(home.desk))
    medical = [d for d in home.rows(Document) if d.confidentiality == "medical"]
    assert medical
    _later(home, 7)
    assert _run(home)[0] == ["medical-documents"]
    kept = {d.kind: d.name for d in home.rows(Document)}
    assert kept["medical-report"] == ERASED
    assert kept["se352-301"] != ERASED
    assert home.house.vault.exists(mail.sha256)  # it still carries the form
    _later(home, 2)
    assert _run(home)[0] == ["administrative-documents", "letters"]
    assert not home.house.vault.exists(mail.sha256)


def test_a_contestation_holds_its_case_until_it_is_closed(home: Home) -> None:
    home.carry(mails_forms.acroform(home.desk))
    found = _contested(home)
    _later(home, 20)
    classes, held, _ = _run(home)
    assert (classes, held) == ([], 3)
    assert home.house.vault.exists(home.rows(Delivery)[0].sha256)
    _close(home)
    classes, held, _ = _run(home)
    assert (classes, held) == (["administrative-documents", "identity", "letters"], 0)
    gone = home.rows(Contestation)[0]
    assert (gone.reference, gone.last_name, gone.claim_reference) == (found.reference, None, None)
    assert all(line.cells == [] for line in home.rows(UnreadLine))
    assert not any(home.house.vault.exists(mail.sha256) for mail in home.rows(Delivery))


def test_the_three_years_of_a_recovery_hold_and_an_unknown_payment_does(sqlite_home: Home) -> None:
    home = sqlite_home
    home.carry(mails_forms.acroform(home.desk))
    _contested(home)
    _close(home, Cause.HOSPITAL)
    _later(home, 20)
    assert _run(home)[:2] == ([], 3)
    with home.house.database.transaction() as session:
        found = session.get_one(Contestation, 1)
        found.paid_on = paris_date(home.clock.now()) - timedelta(days=2 * 365)
        session.add(found)
    assert _run(home)[:2] == ([], 3)
    _later(home, 2)
    assert len(_run(home)[0]) == 3


def test_a_hold_put_by_a_person_stops_everything_until_it_is_lifted(sqlite_home: Home) -> None:
    home = sqlite_home
    home.carry(mails_forms.acroform(home.desk))
    case = home.rows(Case)[0]
    with home.house.database.transaction() as session:
        with pytest.raises(Refused):
            holds.place(session, case, "  ", "sylvie", home.clock.now())
        hold, event = holds.place(session, case, "contentieux", "sylvie", home.clock.now())
        home.house.recorder.add_all(session, [event])
    _later(home, 20)
    assert _run(home)[:2] == ([], 3)
    with home.house.database.transaction() as session:
        home.house.recorder.add_all(
            session, [holds.lift(session, hold.id or 0, "sylvie", home.clock.now())]
        )
        with pytest.raises(Refused):
            holds.lift(session, hold.id or 0, "sylvie", home.clock.now())
    assert len(_run(home)[0]) == 3


def test_a_contestation_without_a_case_holds_those_it_may_be_about(sqlite_home: Home) -> None:
    home = sqlite_home
    home.carry(mails_forms.acroform(home.desk))
    _contested(home)
    with home.house.database.transaction() as session:
        found = session.get_one(Contestation, 1)
        found.case_id, found.state = None, ContestationState.RECEIVED
        session.add(found)
    circuits, today = home.house.circuits.by_name, paris_date(home.clock.now())
    with home.house.database.reading() as session:
        assert holds.held(session, circuits, today) == {}
        assert holds.held_mails(session) == {found.delivery}


def test_mails_of_no_case_go_after_two_years(sqlite_home: Home) -> None:
    home = sqlite_home
    mail = home.carry(mails_others.question(home.desk))
    other = home.carry(mails_forms.acroform(home.desk))
    _later(home, 3)
    assert _run(home)[0] == ["other-mails"]
    assert not home.house.vault.exists(mail.sha256)
    assert home.house.vault.exists(other.sha256)
    assert home.delivery(mail.sha256).subject is None


def test_a_document_filed_twice_stays_until_both_cases_let_it_go(sqlite_home: Home) -> None:
    """The same bytes in two cases: the blob is used as long as one of them is there."""
    home = sqlite_home
    home.carry(mails_medical.mixed_pdf(home.desk))
    home.carry(mails_forms.acroform(home.desk))
    one, other = (
        next(c for c in home.rows(Case) if c.establishment_finess == place[1])
        for place in (COLLINE, CALANQUES)
    )
    shared = next(
        d for d in home.rows(Document) if d.kind == "se352-301" and d.delivery == one.opened_by_delivery
    )
    with home.house.database.transaction() as session:
        twin = next(
            d
            for d in home.rows(Document)
            if d.delivery == other.opened_by_delivery and d.kind == "se352-301"
        )
        row = session.get_one(Document, twin.id)
        row.sha256 = shared.sha256
        session.add(row)
        holds.place(session, other, "contentieux", "sylvie", home.clock.now())
    _later(home, 20)
    _run(home)
    assert home.house.vault.exists(shared.sha256)


def test_blobs_that_a_crash_left_are_removed_by_the_next_run(sqlite_home: Home) -> None:
    home = sqlite_home
    blob = home.house.vault.put(b"left behind", "part")
    with home.house.database.transaction() as session:
        number = erasures.begin(session, Erasure(at=home.clock.now(), person="adam"))
        erasures.mark(session, ErasedRow(erasure_id=number, kind="mail", key="f" * 64, blobs=[blob]))
    assert _eraser(home).run("adam", home.clock.now()).blobs == 1
    with pytest.raises(BlobNotFound):
        home.house.vault.get(blob)
    assert _eraser(home).run("adam", home.clock.now()).blobs == 0
