"""Secure mail through a whole house: the evidence of each verdict is kept, nested mails are opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import steps
from gateway.evidence.record import Kind
from gateway.reopening import Locks
from storage.deliveries import DeliveryState
from storage.documents import Document
from storage.judgments import Judgment
from tests.builders import forms, pki
from tests.builders.desk import CNSE, DUNES, PDF, Desk, Sample
from tests.builders.letters import Attached, mail
from tests.worlds.house import Home

OTHER = "accueil@autre.example"
FORMER = "ancienne@cnse.example"


def signed(desk: Desk) -> Sample:
    page = forms.build_301(desk.form_301(4, DUNES), "flat")
    return desk.sample(
        "301-signee",
        "301 signée",
        DUNES[2],
        "Attestation",
        "Ci-joint.",
        (Attached("301.pdf", PDF, page),),
        expect="cpam-594",
        protect=desk.signed(DUNES[2]),
    )


def forwarded(desk: Desk, holder: str = CNSE) -> Sample:
    """A colleague forwards, unsigned, the signed and encrypted mail of a hospital."""
    page = forms.build_301(desk.form_301(5, DUNES), "flat")
    keys = desk.keys
    sealed = desk.sample(
        f"301-{holder}", "301", DUNES[2], "Attestation", "Ci-joint.", (Attached("301.pdf", PDF, page),),
        expect="cpam-594", protect=lambda content: keys.seal(content, keys.of(DUNES[2]), holder),
    )  # fmt: skip
    outer = (
        b'Content-Type: multipart/mixed; boundary="fw"\r\n\r\n--fw\r\nContent-Type: text/plain\r\n\r\n'
        b"Pour information.\r\n--fw\r\nContent-Type: message/rfc822\r\n\r\n"
        + sealed.raw
        + b"\r\n--fw--\r\n"
    )
    raw = mail(OTHER, (CNSE,), "TR: Attestation", desk.at, outer)
    return Sample(f"tr-{holder}", "transfert", OTHER, (CNSE,), raw, "cpam-594")


def test_the_evidence_of_a_verdict_goes_to_the_vault_the_table_and_the_log(home: Home) -> None:
    ca = home.desk.keys.authority
    listed = ca.crl(home.clock.now())
    (home.root / "var" / "trust" / "crls" / "ca.crl").write_bytes(listed)
    delivery = home.carry(signed(home.desk))
    assert (delivery.security or {})["signature"] == "valid"
    rows = home.rows(Judgment)
    assert [(row.role, row.source, row.place) for row in rows] == [
        ("signer", "message", ""),
        ("intermediate", "supplied", ""),
        ("root", "supplied", ""),
        ("crl", "supplied", ""),
    ]
    blobs = [home.house.vault.get(row.sha256) for row in rows]
    assert blobs[1:] == [ca.intermediate.der, ca.root.der, listed]
    with home.house.database.reading() as session:
        events = home.house.recorder.events(session, [f"delivery:{delivery.sha256}"])
    (told,) = [dict(e.fields or {}) for e in events if (e.fields or {}).get("step") == "judge"]
    assert told["evidence"] == [row.sha256 for row in rows]


def test_an_old_verdict_is_judged_again_on_what_was_kept(home: Home) -> None:
    """The list is gone and the certificates have expired: nothing of the verdict changes."""
    place = home.root / "var" / "trust" / "crls" / "ca.crl"
    place.write_bytes(home.desk.keys.authority.crl(home.clock.now()))
    delivery = home.carry(signed(home.desk))
    before = delivery.security
    place.unlink()
    home.clock.turn(5 * pki.YEAR)
    again = steps.unseal(home.house, home.delivery(delivery.sha256))
    assert again.columns["security"] == before
    assert (before or {})["reasons"] == []


@pytest.mark.parametrize("holder", [CNSE])
def test_a_forwarded_secure_mail_is_read_and_judged_apart(home: Home, holder: str) -> None:
    delivery = home.carry(forwarded(home.desk, holder))
    security = delivery.security or {}
    assert (security["signature"], security["decryption"]) == ("absent", "absent")
    (nested,) = security["nested"]
    assert (nested["signature"], nested["decryption"], nested["signer"]) == ("valid", "ok", DUNES[2])
    kinds = [row.kind for row in home.rows(Document)]
    assert kinds.count("se352-301") == 1
    assert {row.place for row in home.rows(Judgment)} == {nested["path"]}


def test_a_forwarded_secure_mail_waits_for_its_key(home: Home, tmp_path: Path) -> None:
    delivery = home.carry(forwarded(home.desk, FORMER))
    assert (delivery.security or {})["nested_decryption"] == "no-key"
    assert "se352-301" not in [row.kind for row in home.rows(Document)]
    locks = Locks(home.house)
    assert locks.once() == 0
    home.house.ring.add_identity(CNSE, "tierce", home.desk.keys.of("tierce@cnse.example").pem)
    assert locks.once() == 0
    folder = home.root / "var" / "keys" / "identities" / CNSE
    assert folder.is_dir()
    (folder / "posee-a-la-main.pem").write_bytes(home.desk.keys.of(FORMER).pem)
    (folder / "posee-a-la-main.pem").chmod(0o600)
    assert locks.once() == 1
    assert locks.once() == 0
    assert home.run(delivery.sha256) is DeliveryState.SCHEDULED
    assert [row.kind for row in home.rows(Document)].count("se352-301") == 1
    with home.house.database.reading() as session:
        events = home.house.recorder.events(session, [f"delivery:{delivery.sha256}"])
    (released,) = [dict(e.fields or {}) for e in events if e.kind == Kind.RELEASED]
    assert released["person"] == "passerelle"
