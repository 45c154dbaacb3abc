"""The web application: rooms in, FastAPI out. No page of the framework's own, no address outside ours."""

from __future__ import annotations

from fastapi import Depends, FastAPI

from gateway.web import errors
from gateway.web.admin import certificates, circuits, house, notices, people, tokens
from gateway.web.api.mount import mount
from gateway.web.bounds import MAX_BODY, MAX_FIELDS, BoundedBody
from gateway.web.cases import case, closing, evidence, proposal, registration
from gateway.web.contestations import acts, contestation, documents
from gateway.web.doorstep import account, drafts, invitation, own_tokens, secondfactor, session, signon
from gateway.web.files import listings, listings_admin, listings_directory, listings_house
from gateway.web.guard import guard
from gateway.web.headers import Headers, KnownHost, VersionedFiles
from gateway.web.house import WebHouse, naming
from gateway.web.items import (
    actions,
    choice,
    correction,
    detach,
    doctype,
    document,
    item,
    message,
    moves,
    reading,
    remarks,
    richtext,
    unlock,
)
from gateway.web.letters import addresses, calls, forward, keptletter, letter, letters, sent
from gateway.web.pages import STATIC, Pages
from gateway.web.queues import bulk, calendar_feed, live, queue, saved, search
from gateway.web.refusals import Refusals
from gateway.web.supervision import conservation, dashboard, ledger, overview, supervise

__all__ = ["WebHouse", "create_app"]


_WORK = (
    queue,
    bulk,
    saved,
    live,
    search,
    item,
    actions,
    moves,
    doctype,
    remarks,
    choice,
    detach,
    correction,
    message,
    case,
    evidence,
    closing,
    proposal,
    calls,
    document,
    richtext,
    unlock,
    reading,
    letter,
    sent,
    keptletter,
    forward,
    registration,
)
"""Modules of the pages where people work, in the order their routes are added."""


def create_app(rooms: WebHouse) -> FastAPI:
    """Build the application. Every route passes the guard; pages of the framework are switched off."""
    app = FastAPI(
        title="Passerelle",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        form_limits={"max_files": 0, "max_fields": MAX_FIELDS, "max_part_size": MAX_BODY},
        dependencies=[Depends(guard), Depends(drafts.settle, scope="function")],
    )
    pages = Pages(rooms.clock, naming(rooms))
    app.state.house = rooms
    app.state.pages = pages
    app.state.live = live.Live(rooms)
    supervision = (dashboard, overview, calendar_feed)
    files = (listings, listings_admin, listings_directory, listings_house)
    contested = (documents, contestation, acts, conservation)
    doors = (session, secondfactor, invitation, signon, account, own_tokens, notices, drafts)
    administration = (
        certificates,
        addresses,
        letters,
        people,
        tokens,
        house,
        circuits,
    )
    for module in (*doors, *administration, *files, *_WORK, *contested, ledger, supervise, *supervision):
        app.include_router(module.router)
    mount(app, rooms.settings.api_per_minute)
    app.mount("/static", VersionedFiles(directory=STATIC), name="static")
    errors.install(app, pages)
    app.add_middleware(Refusals, now=rooms.clock.now)
    app.add_middleware(BoundedBody, refuse=errors.too_large)
    app.add_middleware(KnownHost, public_url=rooms.settings.public_url)
    app.add_middleware(Headers, secure=rooms.settings.secure_cookies)
    return app
