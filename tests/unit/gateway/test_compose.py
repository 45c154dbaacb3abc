"""What a letter says, to whom, and never: silence, medical text, header injection."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.circuits.decision import MailSeen
from gateway.circuits.directory import Caisse
from gateway.circuits.model import Letter
from gateway.outbound.compose import Draft, NoLetter, acknowledgement, message_id_for, reminder
from parsers.classify import KindRule
from parsers.facts import Confidentiality, Issue, Severity
from tests.builders.seen import (
    AT,
    HOSPITAL,
    MAILBOX,
    NOTICE,
    authorisation,
    circuit,
    decision,
    directory,
    document,
    mail,
)

UNSIGNED = Issue("unsigned", "patient_signature", Severity.WARNING, "Le cadre 4 n'est pas signé.")
PNG = b"\x89PNG\r\n\x1a\n"


def _write(
    seen: MailSeen, *, pictures: dict[tuple[int, str], bytes] | None = None, **decided: Any
) -> Draft:
    draft = acknowledgement(
        circuit(),
        seen,
        decision(seen, **decided),
        "PSR-2026-00001",
        pictures or {},
        AT,
        directory(),
    )
    assert isinstance(draft, Draft), draft
    return draft


def _silence(seen: MailSeen, **decided: Any) -> str:
    draft = acknowledgement(circuit(), seen, decision(seen, **decided), None, {}, AT, directory())
    assert isinstance(draft, NoLetter)
    return draft.reason


def test_an_acknowledgement_says_what_came_and_what_is_missing() -> None:
    unsigned = replace(
        authorisation(), issues=(UNSIGNED, replace(UNSIGNED, severity=Severity.INFO, message="Vu."))
    )
    seen = mail(unsigned, message_id="<m1@chu.example>", references=("<m0@chu.example>",))
    draft = _write(seen, pictures={(0, "patient_signature"): PNG})
    assert draft.subject == "Accusé de réception PSR-2026-00001"
    assert "- Attestation de droits aux soins programmés (SE 352-301)" in draft.text
    assert "* Le cadre 4 n'est pas signé." in draft.text
    assert "Vu." not in draft.text
    assert [(a.name, a.content) for a in draft.attached] == [("cadre-1.png", PNG)]
    assert (draft.recipient, draft.mailbox.address) == (HOSPITAL, MAILBOX)
    assert draft.in_reply_to == "<m1@chu.example>"
    assert draft.references == ("<m0@chu.example>", "<m1@chu.example>")
    assert draft.answers


def test_nothing_medical_is_quoted_and_no_file_name() -> None:
    secret = Issue("x", "diagnosis", Severity.ERROR, "Diagnostic : illisible.")
    report = document(
        1,
        "medical-report",
        {"reference": "SECRET-REF"},
        confidentiality=Confidentiality.MEDICAL,
        issues=(secret,),
    )
    seen = mail(authorisation(), report, subject="Compte rendu de M. BENALI")
    draft = _write(seen, pictures={(1, "diagnosis"): PNG})
    everything = draft.subject + draft.text
    assert "- Compte rendu médical" in draft.text
    assert draft.attached == ()
    assert not any(w in everything for w in ("Diagnostic", "SECRET-REF", "BENALI", "piece-1.pdf"))


def test_what_a_form_says_of_a_person_is_not_repeated_in_clear() -> None:
    born = Issue(
        "birth-in-future",
        "patient_birth_date",
        Severity.ERROR,
        "La date de naissance (03/05/2061) est dans l'avenir : vérifiez-la.",
    )
    number = Issue(
        "nir-key",
        "provisional_nir",
        Severity.WARNING,
        "La clé du numéro « 5 2 595 0000042 13 » n'est pas la bonne.",
    )
    text = _write(mail(replace(authorisation(), issues=(born, number)))).text
    assert "La date de naissance est dans l'avenir : vérifiez-la." in text
    assert "La clé du numéro n'est pas la bonne." in text
    assert "2061" not in text
    assert "0000042" not in text


def test_a_part_that_could_not_be_opened_is_told() -> None:
    broken = replace(
        document(1, "other", confidentiality=Confidentiality.MEDICAL), trouble="Archive protégée."
    )
    assert "Pièce 2 : Archive protégée." in _write(mail(authorisation(), broken)).text


def test_a_forged_from_is_not_written_to() -> None:
    seen = mail(authorisation(), sender="victime@ailleurs.example", envelope_from=HOSPITAL)
    assert _write(seen).recipient == HOSPITAL
    assert _write(replace(seen, signature="mismatch")).recipient == HOSPITAL
    assert _write(replace(seen, signature="valid")).recipient == "victime@ailleurs.example"


def test_a_stranger_in_quarantine_hears_nothing_even_with_a_letter() -> None:
    assert "quarantaine" in _silence(mail(authorisation()), queue="quarantaine")
    assert "quarantaine" in _silence(mail(authorisation()), quarantined=True)


def test_a_known_correspondent_is_told_how_to_encrypt() -> None:
    model = circuit(
        no_key_letter="chiffrer", letters={"chiffrer": Letter("chiffrer", "Chiffrement", "…\n")}
    )
    seen = mail(decryption="no-key")
    decided = decision(seen, queue="quarantaine", quarantined=True, letter="chiffrer")
    assert isinstance(acknowledgement(model, seen, decided, None, {}, AT, directory()), Draft)


def test_no_letter_when_the_rules_give_none() -> None:
    assert "prévue par les règles" in _silence(mail(authorisation()), letter=None)


def test_the_clear_is_told_only_for_a_recognised_medical_document() -> None:
    told = Letter("accuse", "A", "{% if medical_in_clear %}EN CLAIR{% endif %}\n")
    model = circuit(letters={"accuse": told}, kinds=(KindRule("medical-report", "medical", (), 1.0),))

    def text(seen: MailSeen) -> str:
        draft = acknowledgement(model, seen, decision(seen), None, {}, AT, directory())
        assert isinstance(draft, Draft)
        return draft.text

    report = document(0, "medical-report", confidentiality=Confidentiality.MEDICAL)
    unknown = document(0, "other", confidentiality=Confidentiality.MEDICAL)
    assert "EN CLAIR" in text(mail(report))
    assert "EN CLAIR" not in text(mail(report, decryption="ok"))
    assert "EN CLAIR" not in text(mail(report, envelope_from="s@chu.mssante.fr"))
    assert "EN CLAIR" not in text(mail(unknown))


def test_a_message_id_is_the_same_for_the_same_letter_only() -> None:
    one = message_id_for("accuse", "a" * 64, HOSPITAL, MAILBOX)
    assert one == message_id_for("accuse", "a" * 64, HOSPITAL.upper(), MAILBOX)
    others = {
        message_id_for("rappel", "a" * 64, HOSPITAL, MAILBOX),
        message_id_for("accuse", "b" * 64, HOSPITAL, MAILBOX),
        message_id_for("accuse", "a" * 64, "x@chu.example", MAILBOX),
        one,
    }
    assert len(others) == 4
    assert one.endswith("@cnse.example>")
    assert _write(mail(authorisation())).message_id == one


def test_a_reminder_tells_the_date_and_what_an_outage_held_back() -> None:
    notice = replace(
        NOTICE,
        case_id=4,
        case_reference="PSR-2026-00001",
        caisse="131",
        also=("rappel du 27/01/2027 non envoyé",),
    )
    known = replace(directory(), caisses={"131": Caisse("131", "CPAM 13", "13", None)})
    draft = reminder(circuit(), known, notice, AT)
    assert isinstance(draft, Draft)
    assert draft.subject == "Rappel : Fin de la prise en charge"
    assert draft.text == "Échéance le 26 février 2027.\n\nÀ noter :\n  - rappel du 27/01/2027 non envoyé\n"
    assert not draft.answers
    assert draft.case_id == 4
    assert isinstance(reminder(circuit(), known, replace(notice, letter="perdue"), AT), NoLetter)


def test_only_an_encrypted_letter_names_the_person_and_its_subject_never_does() -> None:
    seen = mail(authorisation(), subject="Attestation de M. BENALI")
    model = circuit()
    said = Letter(
        "accuse",
        "Reçu{% if patient %} {{ patient }}{% endif %}",
        "{% if patient %}{{ patient }}\n{% endif %}{% for d in documents %}{{ d.name or '' }}{% endfor %}.",
    )
    model = replace(model, letters={"accuse": said})
    for encrypted in (True, False):
        draft = acknowledgement(model, seen, decision(seen), None, {}, AT, directory(), encrypted=encrypted)
        assert isinstance(draft, Draft)
        assert ("BENALI" in draft.text, "BENALI" in draft.html) == (encrypted, encrypted)
        assert ("piece-0.pdf" in draft.text) is encrypted
        assert "BENALI" not in draft.subject


def test_what_may_not_leave_in_clear_is_replaced_by_how_to_get_it() -> None:
    seen = mail(authorisation())
    letters = circuit().letters
    secret = replace(letters["accuse"], content="personal", instead="retirer")
    model = replace(circuit(), letters={"accuse": secret, "retirer": Letter("retirer", "Courrier", "Ici.")})

    def write(encrypted: bool) -> Draft | NoLetter:
        return acknowledgement(model, seen, decision(seen), None, {}, AT, directory(), encrypted=encrypted)

    clear, hidden = write(False), write(True)
    assert isinstance(clear, Draft)
    assert isinstance(hidden, Draft)
    assert (clear.letter, hidden.letter) == ("retirer", "accuse")
    assert clear.message_id == hidden.message_id, "one letter, whichever face it takes"
    assert "ne part pas en clair" in clear.why[0]
    model = replace(model, letters={"accuse": secret})
    assert isinstance(write(False), NoLetter)


def test_the_next_letter_asks_for_another_address_of_the_same_house() -> None:
    seen = mail(authorisation())
    failed = ["ancien@chu.example"]
    draft = acknowledgement(circuit(), seen, decision(seen), None, {}, AT, directory(), failed=failed)
    assert isinstance(draft, Draft)
    assert "ancien@chu.example" in draft.text
    assert "Adresse à corriger" in draft.html
    plain = acknowledgement(circuit(), seen, decision(seen), None, {}, AT, directory())
    assert isinstance(plain, Draft)
    assert "Adresse à corriger" not in plain.text
