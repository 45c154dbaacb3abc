"""May this mail go on, or does it wait in quarantine? Who wrote, how it is signed, whether it opened."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.circuits.decision import MailKind, MailSeen
from gateway.circuits.directory import Correspondent, Directory, correspondent_of
from gateway.circuits.model import Circuit

_ROLES = {
    "hospital": "établissement",
    "cpam": "caisse",
    "cnas": "CNAS",
    "cnas-medical": "CNAS, service médical",
    "cnse": "CNSE",
    "ministry": "ministère",
}

_SIGNATURES = {
    "invalid": "La signature est fausse : le message a été modifié après avoir été signé.",
    "untrusted": "La signature vient d'une autorité qui n'est pas reconnue.",
    "expired": "Le certificat de la signature était expiré.",
    "revoked": "Le certificat de la signature est révoqué.",
    "mismatch": "Le certificat de la signature n'est pas celui de l'expéditeur déclaré.",
}
_WEAK = "La signature emploie un algorithme trop faible pour prouver quoi que ce soit"
_CLOSED = {
    "no-key": "Le message est chiffré et aucune de nos clés ne l'ouvre.",
    "corrupt": "Le message est chiffré et son contenu est endommagé.",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """``against``: why the mail waits in quarantine; empty when it may go on."""

    correspondent: Correspondent | None
    against: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def quarantined(self) -> bool:
        return bool(self.against)


def judge(mail: MailSeen, circuit: Circuit, directory: Directory) -> Verdict:
    """The sender's place in the directory, then signature and encryption; every reason, no short cut."""
    correspondent = correspondent_of(directory, mail.sender) if mail.sender else None
    against: list[str] = []
    reasons: list[str] = []
    _sender(mail, circuit, correspondent, against, reasons)
    if mail.signature in _SIGNATURES:
        against.append(_SIGNATURES[mail.signature])
    elif mail.signature == "weak":
        kept = against if circuit.weak_signatures == "quarantine" else reasons
        kept.append(f"{_WEAK}.")
    elif mail.signature == "valid":
        reasons.append("La signature est valide.")
    elif mail.signature != "absent":
        against.append(f"L'état de la signature est inconnu (« {mail.signature} »).")
    if mail.decryption in _CLOSED:
        against.append(_CLOSED[mail.decryption])
    return Verdict(correspondent, tuple(against), tuple(reasons))


def only_no_key(verdict: Verdict) -> bool:
    """A known correspondent whose mail is refused for one reason: no key of ours opens it."""
    return verdict.correspondent is not None and verdict.against == (_CLOSED["no-key"],)


def _sender(
    mail: MailSeen,
    circuit: Circuit,
    correspondent: Correspondent | None,
    against: list[str],
    reasons: list[str],
) -> None:
    if correspondent is not None and correspondent.role == "refused":
        against.append(f"L'expéditeur {mail.sender} est refusé par l'annuaire ({correspondent.name}).")
    elif correspondent is not None and not _expected(mail, circuit, correspondent):
        role = _ROLES.get(correspondent.role, correspondent.role)
        against.append(
            f"L'expéditeur {mail.sender} est connu ({correspondent.name}, {role}), mais n'écrit pas dans ce"
            " circuit."
        )
    elif correspondent is not None:
        role = _ROLES.get(correspondent.role, correspondent.role)
        reasons.append(f"L'expéditeur {mail.sender} est connu : {correspondent.name} ({role}).")
    elif mail.kind is not MailKind.MAIL:
        # A bounce comes from whichever server gave up: being a stranger proves nothing against it.
        reasons.append("L'expéditeur d'un rapport n'est pas cherché dans l'annuaire.")
    elif mail.sender is None:
        against.append(
            "L'expéditeur ne peut pas être établi : le champ From est absent, illisible ou multiple."
        )
    elif circuit.unknown_senders == "accept":
        reasons.append(f"L'expéditeur {mail.sender} n'est pas dans l'annuaire ; ce circuit l'accepte.")
    else:
        against.append(f"L'expéditeur {mail.sender} n'est pas dans l'annuaire.")


def _expected(mail: MailSeen, circuit: Circuit, correspondent: Correspondent) -> bool:
    """A report may come from any server; a mail comes from whoever the circuit says writes to it."""
    return mail.kind is not MailKind.MAIL or circuit.expects(correspondent.role)
