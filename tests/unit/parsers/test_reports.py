from __future__ import annotations

import csv
import os
import re
from pathlib import Path

import pytest

from parsers.mime import parse
from parsers.report import RecipientStatus, Report
from parsers.reports import read_report

ROOT = Path(os.environ.get("PASSERELLE_CORPUS") or Path(__file__).parents[3] / ".." / "shared" / "corpus")
BOUNCES = ROOT / "receipts" / "bounces"

# Where our class (4 or 5) is not the one the source of the corpus states, and why.
CLASS_DIFFERS = {
    "lhost-gmail-08.eml": "the text says a delay that goes on, the source counts it as a final failure",
    "lhost-opensmtpd-05.eml": "an exhausted delay is 4.4.7 in RFC 3463, 5.0.947 in the source's own table",
    "lhost-sendgrid-03.eml": "a connection that timed out, no status written: the same",
}


def mail(*headers: str, body: str = "", sender: str = "Anne <anne@hopital.fr>") -> Report | None:
    lines = [f"From: {sender}", "To: cnse@exemple.fr", *headers, "", body]
    return read_report(parse("\n".join(lines).encode()))


def delivery(status: str) -> Report | None:
    return mail(
        'Content-Type: multipart/report; report-type=delivery-status; boundary="cut"',
        sender="MAILER-DAEMON@exemple.fr",
        body="--cut\n\nDesole.\n--cut\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx\nOriginal-Envelope-Id: env-1\n\n{status}\n"
        "--cut\nContent-Type: text/rfc822-headers\n\nMessage-ID: <notre@cnse>\nTo: a@b.fr\n\n--cut--\n",
    )


def test_standard_delivery_report() -> None:
    report = delivery(
        "Original-Recipient: rfc822; A@b.fr\nFinal-Recipient: rfc822; A@b.fr\nAction: failed\n"
        "Status: 5.2.2\nDiagnostic-Code: smtp; 552 full\n\n"
        "Final-Recipient: rfc822; c@d.fr\nAction: delayed\nStatus: 4.4.1\n"
    )
    assert report is not None
    assert report.kind == "delivery-report"
    assert report.original_message_id == "<notre@cnse>"
    assert report.original_envelope_id == "env-1"
    assert report.recipients == (
        RecipientStatus("a@b.fr", "failed", "5.2.2", "smtp; 552 full"),
        RecipientStatus("c@d.fr", "delayed", "4.4.1", ""),
    )
    assert [r.permanent for r in report.recipients] == [True, False]
    assert report.reasons[0] == "Message non remis : la boîte du destinataire est pleine."


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("Final-Recipient: rfc822; a@b.fr\nAction: delivered\nStatus: 2.0.0", ("delivered", "2.0.0")),
        ("Final-Recipient: rfc822; a@b.fr\nStatus: 4.2.1", ("delayed", "4.2.1")),
        ("Final-Recipient: rfc822; a@b.fr\nAction: inconnue\nStatus: 5.0.0 (x)", ("failed", "5.0.0")),
        (
            "Final-Recipient: rfc822; a@b.fr\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.7.1 no",
            ("failed", "5.7.1"),
        ),
        ("Final-Recipient: rfc822; a@b.fr\nAction: failed", ("failed", "5.0.0")),
        ("Final-Recipient: <a@b.fr>\nAction: failed\nStatus: 5.1.1", ("failed", "5.1.1")),
    ],
)
def test_recipient_fields(fields: str, expected: tuple[str, str]) -> None:
    report = delivery(fields)
    assert report is not None
    (recipient,) = report.recipients
    assert (recipient.address, recipient.action, recipient.status) == ("a@b.fr", *expected)


def disposition(value: str, more: str = "") -> Report:
    report = mail(
        'Content-Type: multipart/report; report-type=disposition-notification; boundary="cut"',
        body="--cut\n\nLu.\n--cut\nContent-Type: message/disposition-notification\n\n"
        "Final-Recipient: rfc822; a@b.fr\nOriginal-Message-ID: <notre@cnse>\n"
        f"Disposition: {value}\n{more}\n--cut--\n",
    )
    assert report is not None
    return report


def test_read_receipt() -> None:
    report = disposition("manual-action/MDN-sent-manually; displayed")
    assert report.kind == "read-receipt"
    assert report.disposition == "displayed"
    assert report.original_message_id == "<notre@cnse>"
    assert report.error_code is None
    assert report.reasons == ("Le message a été affiché chez le destinataire.",)


@pytest.mark.parametrize("code", ["900", "901", "902", "903", "904", "905", "906"])
def test_mssante_errors(code: str) -> None:
    automatic = "automatic-action/MDN-sent-automatically; "
    report = disposition(
        f"{automatic}processed/Error: {code}^Libelle^messageErrorCondition| E^Error^errorSeverity"
    )
    assert report.error_code == code
    assert report.disposition == "processed/error"
    assert f"l'erreur {code} : " in report.reasons[0]
    assert disposition(f"{automatic}processed/error", f"Error: {code}").error_code == code


def test_mssante_failure_as_an_ordinary_mail() -> None:
    report = mail("Subject: [KO Intégration système !][903] XDM/1.0/DDM+X", "In-Reply-To: <notre@cnse>")
    assert report is not None
    assert (report.kind, report.error_code, report.original_message_id) == (
        "read-receipt",
        "903",
        "<notre@cnse>",
    )


@pytest.mark.parametrize(
    "headers",
    [
        ["Auto-Submitted: auto-replied"],
        ["Auto-Submitted: auto-replied (vacation)"],
        ["Precedence: auto_reply"],
        ["X-Autoreply: yes"],
        ["Subject: Réponse automatique : Demande 301"],
        ["Subject: =?utf-8?q?Absence_du_bureau=C2=A0=3A_demande?="],
        ["Subject: Automatic reply: demande"],
        ["Subject: Out of Office: demande"],
        ["Subject: Message d'absence"],
    ],
)
def test_automatic_replies(headers: list[str]) -> None:
    report = mail(*headers, "In-Reply-To: <notre@cnse>", body="Je suis en congé.")
    assert report is not None
    assert report.kind == "auto-reply"
    assert report.original_message_id == "<notre@cnse>"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (["Subject: Demande 301"], "Bonjour"),
        (["Subject: Demande", "Auto-Submitted: auto-generated"], "Envoi du logiciel"),
        (["Subject: Demande", "Auto-Submitted: no"], "Bonjour"),
        (["Subject: RE: Absence du bureau"], "Voici la demande."),
        (["Subject: TR: Undeliverable: demande"], "Ce message n'a pas pu être remis hier, le voici."),
        (["Subject: Demande", "Return-Path: <>"], "Bonjour"),
    ],
)
def test_ordinary_mails(headers: list[str], body: str) -> None:
    assert mail(*headers, body=body) is None


def test_absence_subject_with_a_document_is_a_mail() -> None:
    assert (
        mail(
            "Subject: Absence du bureau",
            'Content-Type: multipart/mixed; boundary="cut"',
            body="--cut\n\nVoici.\n--cut\nContent-Type: application/pdf\n\n%PDF-1.4\n--cut--\n",
        )
        is None
    )


def test_a_forwarded_bounce_is_a_mail() -> None:
    inner = (
        "From: MAILER-DAEMON@x.fr\nSubject: Undelivered\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="in"\n\n--in\n'
        "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b.fr\n"
        "Action: failed\n\n--in--\n"
    )
    assert (
        mail(
            "Subject: que faire ?",
            'Content-Type: multipart/mixed; boundary="out"',
            body=f"--out\n\nVoir ci-joint.\n--out\nContent-Type: message/rfc822\n\n{inner}\n--out--\n",
        )
        is None
    )


def test_french_bounce_without_standard() -> None:
    report = mail(
        "Subject: Échec de la remise : accusé",
        "Return-Path: <>",
        sender="Postmaster <postmaster@hopital.fr>",
        body="Votre message n'a pas pu être remis :\n\n  service@hopital.fr\n  550 5.1.1 inconnu\n",
    )
    assert report is not None
    assert report.recipients == (RecipientStatus("service@hopital.fr", "failed", "5.1.1", ""),)


@pytest.mark.parametrize(
    "piece", ["-", "*- ", "a", "@", "a@", "<a@b.fr", "550 ", "5.1.", "could not be delivered "]
)
def test_long_bounces_stay_linear(piece: str) -> None:
    report = mail("Subject: Undelivered Mail", sender="MAILER-DAEMON@x.fr", body=piece * 100_000)
    assert report is not None
    assert len(report.recipients) <= 50


@pytest.mark.corpus
@pytest.mark.skipif(not BOUNCES.is_dir(), reason="the shared corpus is not there")
def test_bounces_of_sixty_systems() -> None:
    rows = list(csv.DictReader((BOUNCES / "expected.tsv").read_text("utf-8").splitlines(), delimiter="\t"))
    assert len(rows) >= 58
    for row in rows:
        name = row["file"]
        report = read_report(parse((BOUNCES / name).read_bytes()))
        stated = re.findall(r"dsn=([245])\.", row["expected (by the source)"] or "")
        derived = re.findall(
            r"(\S+@\S+) action=(\S+)", row.get("derived: Final-Recipient/Action/Status fields") or ""
        )
        if name == "arf-01.eml":  # an abuse report is about a complaint, not a delivery
            assert report is None, name
        elif name == "rfc3834-05.eml":
            assert report is not None, name
            assert report.kind == "auto-reply", name
        else:
            assert report is not None, name
            assert report.kind == "delivery-report", name
            classes = [recipient.status[:1] for recipient in report.recipients]
            assert classes, name
            if name in CLASS_DIFFERS:
                assert classes != stated, f"{name} agrees now: take it off the list"
            elif stated:
                assert classes == stated, name
            for address, action in derived:
                found = {r.address.replace('"', ""): r.action for r in report.recipients}
                assert found[address.replace('"', "").lower()] == {"expired": "failed"}.get(
                    action, action
                ), name


@pytest.mark.corpus
@pytest.mark.skipif(not BOUNCES.is_dir(), reason="the shared corpus is not there")
@pytest.mark.parametrize("name", ["mdn_0.eml", "courriel_ko_0.eml"])
def test_examples_of_the_mssante_guide(name: str) -> None:
    report = read_report(parse((ROOT / "receipts" / "mssante" / name).read_bytes()))
    assert report is not None
    assert (report.kind, report.error_code, report.disposition) == (
        "read-receipt",
        "902",
        "processed/error",
    )
