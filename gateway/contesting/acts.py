"""What people decide of a contestation, with the letters and due dates that follow; and what documents do.

Every verb runs inside one transaction and returns the entries to record last. The circuit is locked first:
a mail filed, a verb and an erasure never cross.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from gateway.circuits.contested import Contested
from gateway.circuits.model import Circuit
from gateway.clock import paris_date
from gateway.contestations.act import CHANGED, NO_CONTESTATION, after, event_of, move, note
from gateway.contestations.assess import Assessment, euros, euros_fr
from gateway.contestations.casefile import assessed
from gateway.contestations.intake import Likely, join
from gateway.contestations.recovery import check_days, clock_of
from gateway.contestations.transitions import GATEWAY, Actor, Verb, follow
from gateway.contesting import duedates, post
from gateway.contesting.post import Joined, Writing
from gateway.contesting.rooms import Contesting
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from storage import cases, contestations
from storage.cases import Case
from storage.contestations import Cause, Contestation, ContestationState
from storage.db import Session

Event = tuple[Kind, str, Mapping[str, Any]]

PLAIN = frozenset(
    {Verb.DISPUTE, Verb.WIN, Verb.REFER, Verb.EXAMINE, Verb.REPORT, Verb.CLOSE, Verb.WITHDRAW, Verb.REOPEN}
)
"""Verbs that only move."""
_JOINED_MAX = 10 * 1024 * 1024
"""Bytes of an evidence file joined to a letter; a larger one is given by another way."""
_ENDS = frozenset({Verb.WIN, Verb.WITHDRAW, Verb.CLOSE})
NOBODY = (
    "Aucune adresse de l’hôpital n’est connue pour ce dossier ; rien n’a été changé. Complétez l’annuaire"
    " ou demandez la pièce par téléphone."
)
NO_INSTITUTION = (
    "L’institution qui conteste n’a pas d’adresse à laquelle répondre ; rien n’a été changé."
    " Répondez par courrier et complétez l’annuaire."
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence file given with an answer: its SHA-256, kept in the vault, and its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts on what, and when. ``version`` is the one that person saw."""

    session: Session
    rooms: Contesting
    reference: str
    version: int
    actor: Actor
    at: datetime

    def found(self) -> Contestation:
        """The contestation, the circuit locked. Raises ``NotFound``."""
        first = contestations.get(self.session, self.reference)
        if first is None:
            raise NotFound(NO_CONTESTATION)
        cases.lock_circuit(self.session, first.circuit)
        return after(self.session, self.reference)

    def known(self) -> tuple[Contestation, Circuit, Contested, Case]:
        """The contestation with its rules and its case. Raises ``NotFound``, ``Refused`` without a case."""
        found = self.found()
        circuit, rules = self.rooms.rules(found.circuit)
        return found, circuit, rules, _case(self.session, found)


def choose(acting: Acting, case: Case, reasons: Sequence[str] = ()) -> list[Event]:
    """Give a contestation the case a person chose, then look at what that case proves."""
    session, found = acting.session, acting.found()
    follow(found.state, Verb.MATCH, acting.actor)
    if found.version != acting.version:
        raise Refused(CHANGED)
    if case.circuit != found.circuit:
        raise Refused("Ce dossier est d’un autre circuit ; rien n’a été changé. Choisissez-en un autre.")
    chosen = Likely(case, 1.0, (*reasons, "dossier choisi par une personne"))
    found, event = join(session, found, chosen, acting.actor.login, acting.at)
    return [event, *settle(session, acting.rooms, [case.id or 0], acting.at)]


def unmatch(acting: Acting) -> list[Event]:
    """Take a contestation off a case that is not its own."""
    acting.found()
    _, event = move(
        acting.session,
        acting.reference,
        acting.version,
        Verb.UNMATCH,
        acting.actor,
        acting.at,
        columns={"case_id": None, "match_reasons": [], "earlier": None},
    )
    return [event]


def ask(acting: Acting) -> list[Event]:
    """Ask the hospital for what is missing: a letter, a due date, its reminders."""
    session, rooms, at = acting.session, acting.rooms, acting.at
    found, circuit, rules, case = acting.known()
    lacks = assessed(session, circuit, found, case).to_ask
    if not lacks:
        raise Refused("Rien ne manque que l’hôpital puisse donner ; rien n’a été changé. Relisez la page.")
    hospital = post.hospital_of(session, rooms, case)
    if hospital is None:
        raise Refused(NOBODY)
    told = {"missing": len(lacks), "asked": [lack.code for lack in lacks]}
    found, event = move(session, acting.reference, acting.version, Verb.ASK, acting.actor, at, told=told)
    letters = rules.letters
    due, dated = duedates.ask_by(session, rooms, rules.request, found, hospital[1], letters.remind, at)
    writing = Writing(
        letter=letters.ask,
        recipient=hospital[0],
        sentences=post.sentences([lack.sentence for lack in lacks]),
        due=due,
        basis=rules.request.basis,
        status=rules.request.status,
        turn=found.version,
        answers=hospital[1],
    )
    return [*post.post(session, rooms, circuit, found, case, writing, at), *dated, event]


def answer(acting: Acting, evidence: Evidence) -> list[Event]:
    """Reintroduce the claim: the answer says what is proved and names the evidence file by its hash."""
    session, rooms, at = acting.session, acting.rooms, acting.at
    found, circuit, rules, case = acting.known()
    institution = post.institution_of(session, found)
    if institution is None:
        raise Refused(NO_INSTITUTION)
    proved = assessed(session, circuit, found, case).proved
    columns = {"evidence_sha256": evidence.sha256, "evidence_size": evidence.size}
    told = {"sha256": evidence.sha256, "size": evidence.size, "count": len(proved)}
    found, event = move(
        session, acting.reference, acting.version, Verb.ANSWER, acting.actor, at, columns=columns, told=told
    )
    file = f"Dossier de preuve (fichier ZIP de {evidence.size} octets), SHA-256 {evidence.sha256}."
    writing = Writing(
        letter=rules.letters.answer,
        recipient=institution,
        sentences=post.sentences(_claimed(found), [proof.letter for proof in proved], [file]),
        turn=found.version,
        answers=found.delivery,
        joined=_joined(found, evidence),
    )
    ended = duedates.end_requests(session, found, "une réponse est faite à la contestation", at)
    return [*post.post(session, rooms, circuit, found, case, writing, at), *ended, event]


def _joined(found: Contestation, evidence: Evidence) -> Joined | None:
    """The evidence file, unless a mail server would refuse its size."""
    if evidence.size > _JOINED_MAX:
        return None
    return Joined(f"preuve-{found.reference}.zip", evidence.sha256)


def accept(acting: Acting, cause: Cause) -> list[Event]:
    """Accept; when the hospital caused it, the caisse is told that the sum is to be claimed back."""
    session, rooms, at = acting.session, acting.rooms, acting.at
    found, circuit, rules, case = acting.known()
    institution = post.institution_of(session, found)
    if institution is None:
        raise Refused(NO_INSTITUTION)
    told = {"cause": str(cause)}
    found, event = move(
        session,
        acting.reference,
        acting.version,
        Verb.ACCEPT,
        acting.actor,
        at,
        columns={"cause": cause},
        told=told,
    )
    writing = Writing(
        letter=rules.letters.accept,
        recipient=institution,
        sentences=_claimed(found),
        turn=found.version,
        answers=found.delivery,
    )
    events = post.post(session, rooms, circuit, found, case, writing, at)
    if cause is Cause.HOSPITAL:
        events += _tell_caisse(session, rooms, circuit, found, case, at)
    return [*events, *duedates.end_requests(session, found, "la contestation est acceptée", at), event]


def plain(acting: Acting, verb: Verb) -> list[Event]:
    """Follow an arrow that only moves."""
    if verb not in PLAIN:
        raise Refused("Cette action demande d’autres précisions ; rien n’a été changé. Relisez la page.")
    found = acting.found()
    moved, event = move(acting.session, acting.reference, acting.version, verb, acting.actor, acting.at)
    ended = (
        duedates.end_requests(acting.session, found, "la contestation est close", acting.at)
        if verb in _ENDS
        else ()
    )
    reopened = (
        settle(acting.session, acting.rooms, [moved.case_id], acting.at)
        if verb is Verb.REOPEN and moved.case_id is not None
        else []
    )
    return [*ended, event, *reopened]


def argue(acting: Acting, text: str) -> list[Event]:
    """Keep what a person wrote for the commission; the entry tells that it was written, not what."""
    acting.found()
    columns = {"argument": text[:4000]}
    told = {"size": len(columns["argument"])}
    _, event = note(
        acting.session,
        acting.reference,
        acting.version,
        acting.actor,
        acting.at,
        columns,
        "argument",
        told,
    )
    return [event]


def pay(acting: Acting, paid_on: date | None, notified_on: date | None) -> list[Event]:
    """Write the days of the payment and of the notification: the time of L. 133-4 runs from them."""
    session, at = acting.session, acting.at
    found, _circuit, rules, case = acting.known()
    if found.cause is not Cause.HOSPITAL:
        raise Refused("Aucun indu n’est ouvert pour cette contestation ; rien n’a été changé.")
    check_days(paid_on, notified_on, rules.recovery, paris_date(at))
    told = {
        "paid": paid_on.isoformat() if paid_on else "",
        "notified": notified_on.isoformat() if notified_on else "",
    }
    columns = {"paid_on": paid_on, "notified_on": notified_on}
    found, event = note(
        session, acting.reference, acting.version, acting.actor, at, columns, "recovery", told
    )
    clock = clock_of(rules.recovery, paid_on, notified_on)
    reason = "notification à l'établissement" if notified_on else "date de paiement inscrite à nouveau"
    ended = duedates.end_recovery(session, found, reason, at)
    if clock is None:
        return [*ended, event]
    to = post.caisse_of(acting.rooms, case) or "mailbox"
    watched = duedates.watch_recovery(
        session, acting.rooms, rules.recovery, found, clock, to, rules.letters.recover, at
    )
    return [*ended, *watched, event]


def settle(session: Session, rooms: Contesting, case_ids: Sequence[int], at: datetime) -> list[Event]:
    """What the documents of these cases change: missing things came, or turn out to be missing."""
    events: list[Event] = []
    for found in contestations.waiting_in_cases(session, case_ids):
        circuit, _ = rooms.rules(found.circuit)
        case = _case(session, found)
        verb = _verb_of(found.state, assessed(session, circuit, found, case))
        if verb is None:
            continue
        ended = (
            duedates.end_requests(session, found, "ce qui manquait est au dossier", at)
            if verb is Verb.COMPLETE
            else ()
        )
        _, event = move(session, found.reference, None, verb, GATEWAY, at)
        events += [*ended, event]
    return events


def _verb_of(state: ContestationState, assessment: Assessment) -> Verb | None:
    if state is ContestationState.MATCHED:
        return Verb.LACK if assessment.to_ask else None
    return None if assessment.to_ask else Verb.COMPLETE


def _tell_caisse(
    session: Session, rooms: Contesting, circuit: Circuit, found: Contestation, case: Case, at: datetime
) -> list[Event]:
    """Inform the CPAM or CGSS (circular 31/2021, section 6); without an address, the page alone tells."""
    _, rules = rooms.rules(found.circuit)
    place = (
        [f"Établissement : {case.establishment_name} (FINESS {case.establishment_finess})."]
        if case.establishment_name and case.establishment_finess
        else []
    )
    writing = Writing(
        letter=rules.letters.recover,
        recipient=post.caisse_of(rooms, case),
        sentences=post.sentences(_claimed(found), place),
        basis=rules.recovery.basis,
        status=rules.recovery.status,
        turn=found.version,
    )
    made = post.post(session, rooms, circuit, found, case, writing, at)
    told = {"outcome": "caisse-told" if made else "caisse-without-address"}
    return [*made, event_of(session, found, "caisse", str(found.state), GATEWAY.login, told)]


def _claimed(found: Contestation) -> tuple[str, ...]:
    """The claim by its references, stay and amount: nothing that names a person."""
    sentences = [f"Notre référence : {found.reference}."]
    if found.claim_reference:
        sentences.append(f"Votre référence : {found.claim_reference}.")
    if found.starts is not None and found.ends is not None:
        sentences.append(f"Séjour du {found.starts:%d/%m/%Y} au {found.ends:%d/%m/%Y}.")
    amount = euros(found.amount)
    return (*sentences, *([f"Montant contesté : {euros_fr(amount)}."] if amount is not None else []))


def _case(session: Session, found: Contestation) -> Case:
    case = cases.by_id(session, found.case_id) if found.case_id is not None else None
    if case is None:
        raise Refused(
            "Cette contestation n’a pas encore de dossier ; rien n’a été changé. Choisissez-en un d’abord."
        )
    return case
