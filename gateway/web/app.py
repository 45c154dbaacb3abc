"""The web application: rooms in, FastAPI out. No page of the framework's own, no address outside ours."""

from __future__ import annotations

from fastapi import Depends, FastAPI

from gateway.web import (
    account,
    actions,
    addresses,
    admin_circuits,
    admin_house,
    admin_people,
    admin_tokens,
    bulk,
    calendar_feed,
    calls,
    case,
    certificates,
    choice,
    closing,
    conservation,
    contestation,
    contestation_acts,
    contestation_files,
    correction,
    dashboard,
    detach,
    doctype,
    document,
    drafts,
    errors,
    evidence,
    forward,
    invitation,
    item,
    keptletter,
    ledger,
    letter,
    letters,
    listings,
    listings_admin,
    listings_directory,
    listings_house,
    live,
    message,
    moves,
    notices,
    overview,
    own_tokens,
    proposal,
    queue,
    reading,
    registration,
    remarks,
    richtext,
    saved,
    search,
    secondfactor,
    sent,
    session,
    signon,
    supervise,
    unlock,
)
from gateway.web.api.mount import mount
from gateway.web.bounds import MAX_BODY, MAX_FIELDS, BoundedBody
from gateway.web.guard import guard
from gateway.web.headers import Headers, KnownHost, VersionedFiles
from gateway.web.house import WebHouse, naming
from gateway.web.pages import STATIC, Pages
from gateway.web.refusals import Refusals

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
    contested = (contestation_files, contestation, contestation_acts, conservation)
    doors = (session, secondfactor, invitation, signon, account, own_tokens, notices, drafts)
    administration = (
        certificates,
        addresses,
        letters,
        admin_people,
        admin_tokens,
        admin_house,
        admin_circuits,
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
