"""A program's token in place of a session: ``Authorization: Bearer psr_…`` on the addresses of the API."""

from __future__ import annotations

from fastapi import Request

from gateway.web.access import SCOPES, Viewer
from gateway.web.house import WebHouse
from storage import tokens

CALENDAR = "calendar"
"""The scope of a feed of due dates: bound to one queue, opens nothing else."""
OF_A_PROGRAM = ("read", "supervise", "journal")
"""Scopes of a token that the administrator makes for a program: to open a document, medical or not, to act
or to register is given by a person, in their own name."""
MOST_TOKENS = 20
"""Tokens in force one person may hold."""


def scopes_of(viewer: Viewer) -> tuple[str, ...]:
    """The scopes that let through some right this person has."""
    return tuple(name for name, rights in SCOPES.items() if rights & viewer.rights)


def presented(request: Request) -> str | None:
    """The token of the request's header (RFC 6750, 2.1); ``None`` without one. Never read from the
    address: addresses are logged, kept and shared."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.casefold() == "bearer" else None


def viewer(rooms: WebHouse, text: str) -> Viewer | None:
    """The person of a token, with their roles of today narrowed by its scopes; notes the use."""
    at = rooms.clock.now()
    with rooms.database.reading() as session:
        held = tokens.check(session, text, at)
    if held is None or held.person is None:
        return None
    with rooms.database.transaction() as session:
        tokens.touch(session, held.id, at)
    person = held.person
    roles = tuple(person.roles)
    return Viewer(person.login, person.name, roles, scopes=held.scopes, token=held.id, book=rooms.book)
