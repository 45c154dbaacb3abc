"""Pages of contestations: the list, one with what the file proves, a list as it came, figures."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from gateway.circuits.contested import Letters, Reason
from gateway.clock import paris_date
from gateway.contestations.act import NO_CONTESTATION
from gateway.contestations.assess import SUGGESTIONS
from gateway.contestations.casefile import assessed
from gateway.contestations.figures import Bar, figures
from gateway.contestations.recovery import clock_of
from gateway.contestations.transitions import STATES, Verb, verbs_for
from gateway.errors import NotFound
from gateway.web import story
from gateway.web.access import Right, Viewer
from gateway.web.cases.duedates import due_dates
from gateway.web.contestations.contested import opened, sight_of
from gateway.web.house import InHouse, Seen, Shown, WebHouse
from gateway.web.words import names
from storage import audit, cases, contestations, deliveries
from storage.contestations import Cause, Contestation, ContestationState
from storage.db import Session

router = APIRouter()

PAGE = 50
FILTERS: Mapping[str, tuple[str, tuple[ContestationState, ...]]] = {
    "ouvertes": ("Ouvertes", tuple(s for s in ContestationState if s is not ContestationState.CLOSED)),
    "a-rattacher": ("À rattacher", (ContestationState.RECEIVED,)),
    "a-traiter": ("À traiter", (ContestationState.MATCHED, ContestationState.TO_COMPLETE)),
    "hopital": ("Hôpital interrogé", (ContestationState.WAITING,)),
    "repondues": ("Réponse envoyée", (ContestationState.ANSWERED,)),
    "acceptees": ("Acceptées", (ContestationState.ACCEPTED,)),
    "litiges": (
        "Litiges",
        (ContestationState.DISPUTE, ContestationState.COMMISSION, ContestationState.EXPERTISE),
    ),
    "closes": ("Closes", (ContestationState.CLOSED,)),
}
"""Address, label and states of each filter of the list."""
LABELS: Mapping[Verb, str] = {
    Verb.ASK: "Demander à l’hôpital ce qui manque",
    Verb.ANSWER: "Répondre avec le dossier de preuve",
    Verb.ACCEPT: "Accepter",
    Verb.WIN: "L’institution renonce : clore",
    Verb.DISPUTE: "Un litige subsiste",
    Verb.REFER: "Porter en commission mixte",
    Verb.EXAMINE: "Demander l’expertise (article 10)",
    Verb.REPORT: "L’expert a répondu",
    Verb.CLOSE: "Clore",
    Verb.WITHDRAW: "Retirée par l’institution : clore",
    Verb.UNMATCH: "Ce n’est pas ce dossier",
    Verb.REOPEN: "Rouvrir",
}
"""Buttons, in the words of those who press them."""
ADDRESSES: Mapping[str, Verb] = {
    "demander": Verb.ASK,
    "repondre": Verb.ANSWER,
    "accepter": Verb.ACCEPT,
    "gagnee": Verb.WIN,
    "litige": Verb.DISPUTE,
    "commission": Verb.REFER,
    "expertise": Verb.EXAMINE,
    "rapport": Verb.REPORT,
    "clore": Verb.CLOSE,
    "retiree": Verb.WITHDRAW,
    "detacher": Verb.UNMATCH,
    "rouvrir": Verb.REOPEN,
}
"""Address of each action."""


@router.get("/contestations")
def everything(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    shown: Shown,
    etat: str = "ouvertes",
    motif: str = "",
    apres: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None,
) -> Response:
    """Contestations by state and reason, the oldest first; for a caisse, its recoveries."""
    sight = sight_of(rooms, seen)
    etat = etat if etat in FILTERS else "ouvertes"
    reason = motif if motif in {str(r) for r in Reason} else None
    everywhere = tuple(rooms.circuits.by_name)
    with rooms.database.reading() as session:
        found = contestations.page(
            session,
            sight.works or everywhere,
            FILTERS[etat][1] if sight.works else tuple(ContestationState),
            reason=reason,
            caisses=None if sight.works else sight.caisses,
            after=apres,
            size=PAGE + 1,
        )
        counts = contestations.counts(session, sight.works)
    rows = found[:PAGE]
    return shown.show(
        request,
        "contestations.html",
        rows=rows,
        sight=sight,
        filters=_filters(counts) if sight.works else [],
        chosen=etat,
        reason=reason,
        titles=_titles(rooms, sight.works or everywhere),
        states=STATES,
        following=rows[-1][0].id if len(found) > PAGE else None,
        first_page=apres is None,
        brought=counts.get(ContestationState.COMMISSION, 0),
    )


@router.get("/contestations/chiffres")
def counted(request: Request, rooms: InHouse, seen: Seen, shown: Shown) -> Response:
    """Figures by reason, hospital and age."""
    groups, total = figure_groups(rooms, seen)
    return shown.show(request, "contestations-chiffres.html", groups=groups, total=total)


def figure_groups(
    rooms: WebHouse, seen: Viewer
) -> tuple[tuple[tuple[str, str, tuple[Bar, ...]], ...], Bar]:
    """Title, what a line is, lines of each table of figures; and the total."""
    sight = sight_of(rooms, seen)
    with rooms.database.reading() as session:
        rows = contestations.figure_rows(session, sight.works)
    today = paris_date(rooms.clock.now())
    told = figures(rows, _titles(rooms, sight.works), today)
    groups = (
        ("Par motif", "motif", told.by_reason),
        ("Par hôpital", "établissement", told.by_hospital),
        ("Par âge, depuis la réception (contestations encore ouvertes)", "âge", told.by_age),
    )
    return groups, told.total


@router.get("/contestations/envois/{sha256}")
def as_it_came(request: Request, rooms: InHouse, seen: Seen, shown: Shown, sha256: str) -> Response:
    """What one mail brought: its contestations, and the rows nobody could read."""
    sight = sight_of(rooms, seen)
    with rooms.database.reading() as session:
        delivery = deliveries.get(session, sha256)
        if delivery is None or delivery.circuit not in sight.works:
            raise NotFound(NO_CONTESTATION)
        lists = contestations.lists_of(session, delivery.sha256)
        made = contestations.of_delivery(session, delivery.sha256)
        lines = contestations.lines_of(session, [one.id for one in lists if one.id is not None])
        items = cases.items_of(session, delivery.sha256)
    return shown.show(
        request,
        "contestations-envoi.html",
        delivery=delivery,
        lists=lists,
        made=made,
        lines=lines,
        items=items,
        titles=_titles(rooms, sight.works),
        states=STATES,
    )


@router.get("/contestations/{reference}")
def one(request: Request, rooms: InHouse, seen: Seen, shown: Shown, reference: str) -> Response:
    """One contestation: the claim, the case or its candidates, proofs, lacks, letters, what is next."""
    with rooms.database.reading() as session:
        found, case, circuit, sight = opened(rooms, seen, session, reference)
        assessment = assessed(session, circuit, found, case) if case is not None else None
        works = found.circuit in sight.works
        candidates = contestations.candidates(session, found.id or 0) if works else []
        told = _story(session, rooms, found, case.reference if case else None)
        rules = circuit.contestations
        if rules is None:
            raise NotFound(NO_CONTESTATION)
        due = due_dates(contestations.due_dates(session, found) if works else [], found.delivery)
        letters = contestations.letters(session, case.id or 0, _of(rules.letters)) if case and works else []
    clock = clock_of(rules.recovery, found.paid_on, found.notified_on)
    verbs = verbs_for(found.state, sight.actor)
    values: dict[str, Any] = {
        "found": found,
        "case": case,
        "works": works,
        "sight": sight,
        "assessment": assessment,
        "suggestion": SUGGESTIONS[assessment.suggestion] if assessment else None,
        "candidates": candidates if found.state is ContestationState.RECEIVED else [],
        "reason_title": rules.titles.get(found.reason, found.reason),
        "states": STATES,
        "rules": rules,
        "clock": clock,
        "addresses": {verb: address for address, verb in ADDRESSES.items()},
        "verbs": [(verb, LABELS[verb]) for verb in verbs if verb in LABELS],
        "told": told,
        "letters": letters,
        "due": due,
        "may_pay": found.cause is Cause.HOSPITAL and seen.may(Right.ACT),
    }
    return shown.show(request, "contestation.html", **values)


def _of(letters: Letters) -> set[str]:
    return {letters.ask, letters.remind, letters.answer, letters.accept, letters.recover}


def _story(
    session: Session, rooms: WebHouse, found: Contestation, case_reference: str | None
) -> list[tuple[datetime, str, str]]:
    """What happened to this contestation, the latest first: when, what, by whom."""
    subjects = {f"delivery:{found.delivery}"} | ({f"case:{case_reference}"} if case_reference else set())
    known = names(rooms.circuits.by_name.values(), rooms.circuits.directory)
    events = [
        event
        for event in audit.events(session, subjects)
        if event.kind == "contestation" and (event.fields or {}).get("contestation") == found.reference
    ]
    said = [story.tell(event, known) for event in reversed(events)]
    return [(one.at, one.words, one.person or "") for one in said]


def _filters(counts: Mapping[ContestationState, int]) -> list[tuple[str, str, int]]:
    return [
        (address, label, sum(counts.get(state, 0) for state in states))
        for address, (label, states) in FILTERS.items()
    ]


def _titles(rooms: WebHouse, circuits: Collection[str]) -> dict[str, str]:
    titles: dict[str, str] = {}
    for name in circuits:
        rules = rooms.circuits.by_name[name].contestations
        titles |= rules.titles if rules is not None else {}
    return titles
