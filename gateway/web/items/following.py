"""The list an item was opened from, and what comes next in it: same queue, same filter, same order.

A cookie of the session keeps the address of the list, from the item opened there until one comes to an
item by another way; it gives no right: the list is read again as this person reads it.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, unquote, urlsplit

from fastapi import Request, Response

from gateway.cases.transitions import locked_by
from gateway.clock import paris_date
from gateway.web.access import Viewer, desks
from gateway.web.doorstep import drafts
from gateway.web.house import WebHouse
from gateway.web.queues import choices
from storage import queues
from storage.db import Session
from storage.items import Item
from storage.queues import Key
from storage.tallies import NEVER

LONGEST = 600
_NEAR = 20
"""How many of the next lines are looked at for one that nobody else holds."""


def cookie(rooms: WebHouse) -> str:
    """Its name; ``__Host-`` as the cookie of the session."""
    return "__Host-passerelle-file" if rooms.settings.secure_cookies else "passerelle-file"


def remember(rooms: WebHouse, request: Request, answer: Response) -> None:
    """Keep the list this item was opened from; forget it when one came by another way."""
    came = urlsplit(drafts.page_of(request))
    name, secure = cookie(rooms), rooms.settings.secure_cookies
    if came.path.startswith("/files/") and came.path.count("/") == 2:
        value = quote(f"{came.path.removeprefix('/files/')}?{came.query}"[:LONGEST])
        answer.set_cookie(name, value, httponly=True, samesite="lax", secure=secure)
    elif request.headers.get("referer") and not came.path.startswith("/elements/"):
        answer.delete_cookie(name, httponly=True, samesite="lax", secure=secure)


def after(rooms: WebHouse, seen: Viewer, session: Session, request: Request, item: Item) -> str | None:
    """Where to go once ``item`` is finished: the next of its list, else the list; ``None`` without one."""
    kept = unquote(request.cookies.get(cookie(rooms), ""))[:LONGEST]
    name, _, query = kept.partition("?")
    if not name or unquote(name) != item.queue or drafts.page_of(request).startswith("/files/"):
        return None
    found = desks(seen, rooms.circuits.by_name, rooms.circuits.directory)
    circuits = tuple(desk.circuit for desk in found if desk.name == item.queue)
    chosen = choices.read(dict(parse_qsl(query)), rooms.circuits.directory.caisses)
    at = rooms.clock.now()
    wanted = choices.wanted(chosen, item.queue, circuits, seen.login, paris_date(at))
    if chosen.tri == "echeance":
        page = queues.page_by_due(session, wanted, (item.next_due or NEVER, item.id or 0), _NEAR)
    else:
        page = queues.page(session, wanted, Key(item.created_at, item.id or 0), _NEAR)
    free = (one.item for one in page.lines if locked_by(one.item, at) in {None, seen.login})
    following = next((one for one in free if one.id != item.id), None)
    if following is not None:
        return f"/elements/{following.id}?fait=suivant"
    return f"/files/{quote(item.queue)}?{chosen.query(fait='terminer')}"
