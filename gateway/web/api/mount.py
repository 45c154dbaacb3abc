"""The API put in the application: its routes, its description, its limits."""

from __future__ import annotations

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute

from gateway.web.api import (
    bulk,
    cases,
    contested,
    contesting,
    decisions,
    files,
    forwarding,
    holds,
    items,
    queues,
    reference,
    registration,
    saved,
    schema,
    sorting,
    supervision,
    verbs,
)
from gateway.web.api.rates import Rates, limited

ROUTERS: tuple[APIRouter, ...] = tuple(
    module.router
    for module in (
        queues,
        saved,
        bulk,
        items,
        verbs,
        sorting,
        forwarding,
        cases,
        registration,
        contested,
        contesting,
        holds,
        decisions,
        files,
        supervision,
    )
)


def mount(app: FastAPI, a_minute: int) -> None:
    """Add every address of the API; ``a_minute``: calls of one person in a minute."""
    app.state.rates = Rates(a_minute)
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    app.state.described = schema.described(routes, a_minute)
    for router in ROUTERS:
        app.include_router(router, dependencies=[Depends(limited)])
    app.include_router(reference.router)
