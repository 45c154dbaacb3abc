"""A circuit says who writes to it, who sends which document, and that the caisse is the one that writes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.circuits.decision import MailKind, MailSeen
from gateway.circuits.directory import Caisse, Correspondent, Directory
from gateway.circuits.model import Circuit
from gateway.routing.match import match
from tests.builders import mails_sejour as mails
from tests.builders import seen
from tests.builders.desk import DUNES

BOTH = mails.both_circuits()
CIRCUIT, DIRECTORY = BOTH.by_name[mails.CIRCUIT], BOTH.directory


def _from(sender: str, *kinds: str, kind: MailKind = MailKind.MAIL) -> MailSeen:
    documents = (seen.document(number, name) for number, name in enumerate(kinds))
    return seen.mail(*documents, mailbox=mails.BOX, sender=sender, envelope_from=sender, kind=kind)


def _where(
    mail: MailSeen, circuit: Circuit = CIRCUIT, directory: Directory = DIRECTORY
) -> tuple[str, bool]:
    decision = match(mail, circuit, directory)
    return decision.queue, decision.quarantined


@pytest.mark.parametrize("sender", [DUNES[2], "protocole.algerien@assurance-maladie.fr"])
def test_a_correspondent_of_another_circuit_is_a_stranger_here(sender: str) -> None:
    decision = match(_from(sender, "remontee"), CIRCUIT, DIRECTORY)
    assert (decision.queue, decision.quarantined, decision.letter) == (mails.QUARANTINE, True, None)
    assert "n'écrit pas dans ce circuit" in decision.reasons[0]
    assert _where(_from(sender, "remontee"), replace(CIRCUIT, sender_roles=()))[1] is False


def test_a_report_may_come_from_any_server() -> None:
    assert _where(_from(DUNES[2], kind=MailKind.DELIVERY_REPORT)) == (mails.FIRST, False)


@pytest.mark.parametrize(
    ("sender", "kind", "queue"),
    [
        (mails.DSS, "reponse-dss", mails.WAITING),
        (mails.FLANDRES, "reponse-dss", mails.SORTING),
        (mails.FLANDRES, "titre-special", mails.FIRST),
        (mails.DSS, "titre-special", mails.SORTING),
        (mails.DSS, "question", mails.FIRST),
    ],
)
def test_a_document_from_somebody_it_is_not_expected_from_is_looked_at_first(
    sender: str, kind: str, queue: str
) -> None:
    decision = match(_from(sender, kind), CIRCUIT, DIRECTORY)
    assert decision.queue == queue
    said = any("n'est pas attendu de cet expéditeur" in reason for reason in decision.routes[0].reasons)
    assert said is (queue == mails.SORTING)


@pytest.mark.parametrize(
    ("sender", "caisse"),
    [(mails.FLANDRES, "594"), (mails.MARSEILLE, "131"), (mails.DSS, None)],
)
def test_the_caisse_of_a_case_is_the_one_that_writes(sender: str, caisse: str | None) -> None:
    assert match(_from(sender, "question"), CIRCUIT, DIRECTORY).caisse == caisse
    by_place = replace(CIRCUIT, caisse_writes=False)
    assert match(_from(sender, "question"), by_place, DIRECTORY).caisse is None


def test_a_domain_that_two_caisses_share_names_neither() -> None:
    boxes = {
        code: Caisse(code, f"CPAM {code}", "59", f"ri{code}@assurance-maladie.example")
        for code in ("594", "595")
    }
    domain = Correspondent("@assurance-maladie.example", "cpam", "Caisses", None)
    shared = replace(DIRECTORY, caisses=boxes, correspondents=(domain,))
    mail = _from("agent@assurance-maladie.example", "question")
    assert match(mail, CIRCUIT, shared).caisse is None


def test_the_reason_of_a_rule_says_its_source_and_how_sure_it_is() -> None:
    reasons = match(_from(mails.FLANDRES, "depot-en-ligne"), CIRCUIT, DIRECTORY).routes[0].reasons
    assert any("Textes en tension" in reason for reason in reasons)
    assert any(reason.endswith("depuis le 01/05/2021 ; statut : à confirmer.") for reason in reasons)
