"""Accounts, sessions and tokens as files: never a password, a second factor or a secret."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Response

from gateway.web.access import SCOPE_TITLES
from gateway.web.doorstep import doorstep
from gateway.web.files.exports import export
from gateway.web.files.tabular import Column, Format, Sheet
from gateway.web.guard import idle_time
from gateway.web.house import InHouse, Seen
from storage import factors, people, sessions, tokens
from storage.people import Person

router = APIRouter(prefix="/administration")

PEOPLE = (
    Column("Nom", 28),
    Column("Identifiant", 18),
    Column("Courriel", 34),
    Column("Rôles", 40),
    Column("Second facteur", 16),
    Column("État", 30),
)
SESSIONS = (
    Column("Personne", 28),
    Column("Identifiant", 18),
    Column("Dernière activité", 17),
    Column("Ouverte le", 17),
    Column("Finit le", 17),
    Column("Adresse", 20),
    Column("Navigateur", 50),
    Column("Entrée par", 18),
    Column("Second facteur", 16),
)
TOKENS = (
    Column("Jeton", 18),
    Column("Objet", 40),
    Column("À qui", 28),
    Column("Identifiant", 18),
    Column("File", 30),
    Column("Portées", 50),
    Column("Fait le", 17),
    Column("Fait par", 18),
    Column("Jusqu’au", 17),
    Column("Dernier usage", 17),
    Column("État", 12),
)


@router.get("/comptes.{kind}")
def of_people(rooms: InHouse, seen: Seen, kind: Format) -> Response:
    """Every account; never a password nor a second factor."""
    at = rooms.clock.now()
    with rooms.database.reading() as session:
        known, strong = people.everyone(session), factors.holders(session)
    made = (
        (
            one.name,
            one.login,
            one.email,
            ", ".join(rooms.book.title(role) for role in one.roles),
            "en place"
            if one.login in strong
            else "à activer"
            if doorstep.needs_second(rooms, one)
            else "non",
            _standing(one, at),
        )
        for one in known
    )
    return export(rooms, seen, Sheet("comptes", "Comptes", PEOPLE, made), kind)


@router.get("/sessions.{kind}")
def of_sessions(rooms: InHouse, seen: Seen, kind: Format) -> Response:
    """Who is in."""
    with rooms.database.reading() as session:
        opened = sessions.live(session, rooms.clock.now(), idle_time(rooms))
        names = {person.login: person.name for person in people.everyone(session)}
    made = (
        (
            names.get(one.login, one.login),
            one.login,
            one.seen_at,
            one.created_at,
            one.expires_at,
            one.address,
            one.agent,
            "connexion unique" if one.via == "oidc" else "mot de passe",
            "oui" if one.strong else "non",
        )
        for one in opened
    )
    return export(rooms, seen, Sheet("sessions", "Sessions ouvertes", SESSIONS, made), kind)


@router.get("/jetons.{kind}")
def of_tokens(rooms: InHouse, seen: Seen, kind: Format) -> Response:
    """Every token by its public name; never its secret."""
    at = rooms.clock.now()
    with rooms.database.reading() as session:
        known = tokens.everyone(session)
        names = {person.login: person.name for person in people.everyone(session)}
    made = (
        (
            f"psr_{one.id}_…",
            one.title,
            names.get(one.login or "", one.login),
            one.login,
            one.queue,
            ", ".join(SCOPE_TITLES.get(scope, scope) for scope in one.scopes),
            one.created_at,
            one.created_by,
            one.expires_at,
            one.used_at,
            "révoqué" if one.revoked_at else "valable" if one.live(at) else "expiré",
        )
        for one in known
    )
    return export(rooms, seen, Sheet("jetons", "Jetons d’accès", TOKENS, made), kind)


def _standing(person: Person, at: datetime) -> str:
    if not person.active:
        return "désactivé"
    if person.locked_until is not None and person.locked_until > at:
        return "en attente"
    return "actif" if person.password_hash or person.email else "mot de passe à choisir"
