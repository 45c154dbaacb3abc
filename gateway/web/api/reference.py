"""The documentation of the API: the OpenAPI document, and a page of ours that lists it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from gateway.web.access import SCOPE_TITLES, SCOPES, Right
from gateway.web.api import schema
from gateway.web.api.calls import MAX_BODY
from gateway.web.api.problems import PROBLEMS
from gateway.web.api.rates import Rates, limited
from gateway.web.house import Shown

router = APIRouter()


@router.get("/api/v1/openapi.json", dependencies=[Depends(limited)], include_in_schema=False)
def openapi(request: Request) -> Response:
    """The document, for programs."""
    return JSONResponse(request.app.state.described)


@router.get("/documentation/api", include_in_schema=False)
def documentation(request: Request, shown: Shown) -> Response:
    """The same, for people: operations by subject, what each asks for, every refusal."""
    described: Mapping[str, Any] = request.app.state.described
    rates: Rates = request.app.state.rates
    by_tag: dict[str, list[dict[str, Any]]] = {}
    for path, method, operation in schema.operations(described):
        by_tag.setdefault(operation["tags"][0], []).append(_told(described, path, method, operation))
    return shown.show(
        request,
        "documentation-api.html",
        described=described,
        by_tag=by_tag,
        problems=PROBLEMS,
        scopes=[(name, SCOPE_TITLES[name]) for name in SCOPES if SCOPES[name] & set(Right)],
        a_minute=rates.a_minute,
        kibibytes=MAX_BODY // 1024,
    )


def _told(
    described: Mapping[str, Any], path: str, method: str, operation: dict[str, Any]
) -> dict[str, Any]:
    good = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
    answer = good.get("schema", {}).get("$ref", "").rpartition("/")[2]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    return {
        "method": method,
        "path": path,
        "id": operation["operationId"],
        "summary": operation["summary"],
        "parameters": [p for p in operation.get("parameters", []) if p["in"] != "path"],
        "body": sorted(body.get("properties", {})),
        "answer": sorted(described["components"]["schemas"].get(answer, {}).get("properties", {})),
    }
