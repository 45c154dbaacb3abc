"""Who may go on, who waits in quarantine, and who is written to from there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.circuits.directory import Directory
from gateway.circuits.model import Circuit
from gateway.routing.match import match
from tests.builders.shipped import (
    DUNES,
    doc,
    mail,
    said,
)


@pytest.mark.parametrize(
    ("case", "changes", "words"),
    [
        ("a stranger", {"sender": "x@inconnu.example"}, "n'est pas dans l'annuaire"),
        ("a refused sender", {"sender": "x@demarchage.example"}, "refusé par l'annuaire"),
        ("nobody in From, or two", {"sender": None}, "champ From"),
        ("a false signature", {"signature": "invalid"}, "modifié"),
        ("an authority nobody knows", {"signature": "untrusted"}, "autorité"),
        ("an expired certificate", {"signature": "expired"}, "expiré"),
        ("a revoked certificate", {"signature": "revoked"}, "révoqué"),
        ("the signature of somebody else", {"signature": "mismatch"}, "expéditeur déclaré"),
        ("a weak algorithm", {"signature": "weak"}, "trop faible"),
        ("a verdict from the future", {"signature": "quantum"}, "inconnu"),
        ("a damaged encryption", {"decryption": "corrupt"}, "endommagé"),
    ],
)
def test_quarantine(
    circuit: Circuit, directory: Directory, case: str, changes: dict[str, object], words: str
) -> None:
    decision = match(mail(doc(0, "se352-301", DUNES), **changes), circuit, directory)
    assert [route.queue for route in decision.routes] == ["quarantaine"], case
    assert decision.quarantined, case
    assert decision.routes[0].documents == (0,), case
    assert decision.routes[0].forward_to == (), case
    assert decision.letter is None, case
    assert words in said(decision), case


def test_every_reason_against_a_mail_is_told(circuit: Circuit, directory: Directory) -> None:
    seen = mail(sender="x@inconnu.example", signature="expired", decryption="corrupt")
    assert len(match(seen, circuit, directory).routes[0].reasons) == 3


def test_a_known_correspondent_whose_mail_no_key_opens_is_asked_to_send_again(
    circuit: Circuit, directory: Directory
) -> None:
    decision = match(mail(doc(0, "other"), decryption="no-key"), circuit, directory)
    assert (decision.queue, decision.letter) == ("quarantaine", "demande-chiffrement")


@pytest.mark.parametrize(
    "changes",
    [{"sender": "x@inconnu.example"}, {"signature": "expired"}, {"sender": "x@demarchage.example"}],
)
def test_nobody_else_is_written_to_from_quarantine(
    circuit: Circuit, directory: Directory, changes: dict[str, object]
) -> None:
    decision = match(mail(decryption="no-key", **changes), circuit, directory)
    assert decision.letter is None


def test_a_circuit_may_accept_strangers_and_weak_signatures(circuit: Circuit, directory: Directory) -> None:
    open_to_all = replace(circuit, unknown_senders="accept", weak_signatures="accept")
    decision = match(
        mail(doc(0, "se352-301", DUNES), sender="x@inconnu.example", signature="weak"),
        open_to_all,
        directory,
    )
    assert decision.queue == "cpam-594"
    assert "ce circuit l'accepte" in said(decision)
    assert "trop faible" in said(decision)
