"""The description of the API (OpenAPI 3.1), made from the routes themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from gateway.web.api import problems
from gateway.web.api.calls import KEY_LENGTH, MAX_BODY
from gateway.web.api.models import ProblemSeen
from gateway.web.api.problems import PROBLEMS, Problem
from storage.answers import KEPT

VERSION = "1.0.0"
TITLE = "Passerelle"
READS = (400, 401, 403, 404, 405, 422, 429, 503)
ACTS = (*READS, 409, 412, 413, 415, 428)
_REF = "#/components/schemas/ProblemSeen"
_MATCHED = re.compile(r"/api/v1/(items/.+|contestations/.+|cases/\{reference\}/registration)")
"""Actions that ask for a condition; a release does not: it names a message that never changes."""

Described = dict[str, Any]


def described(routes: Sequence[APIRoute], a_minute: int) -> Described:
    """The document, complete: what each operation asks for, answers and refuses."""
    document: Described = get_openapi(
        title=TITLE,
        version=VERSION,
        openapi_version="3.1.0",
        summary="Les mêmes verbes que les pages, pour les programmes.",
        description=_limits(a_minute),
        routes=routes,
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    seen = ProblemSeen.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= seen.pop("$defs", {}) | {"ProblemSeen": seen}
    components["securitySchemes"] = {
        "jeton": {
            "type": "http",
            "scheme": "bearer",
            "description": "Jeton psr_… donné par un administrateur.",
        }
    }
    document["security"] = [{"jeton": []}]
    for path, method, operation in operations(document):
        _complete(path, method, operation)
    return document


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Described]]:
    """Every (path, method, operation) of the document."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def _complete(path: str, method: str, operation: Described) -> None:
    operation["responses"].pop("422", None)
    for status in READS if method == "GET" else ACTS:
        operation["responses"][str(status)] = _refusal([p for p in PROBLEMS if p.status == status])
    if method == "POST":
        operation.setdefault("parameters", []).append(_header("Idempotency-Key", KEY_LENGTH, _KEY_SAID))
        if _MATCHED.fullmatch(path):
            operation["parameters"].append(_header("If-Match", 80, _MATCH_SAID))


_KEY_SAID = (
    "Une valeur nouvelle à chaque action (un UUID). La même clé avec la même demande reçoit la même réponse"
    f" pendant {KEPT.total_seconds() / 3600:.0f} heures ; avec une autre, un refus (422)."
)
_MATCH_SAID = "L’ETag de la ressource telle qu’elle a été lue : si une autre personne a agi depuis, 412."


def _header(name: str, longest: int, said: str) -> Described:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": said,
        "schema": {"type": "string", "minLength": 1, "maxLength": longest, "pattern": "^[!-~]+$"},
    }


def _refusal(found: list[Problem]) -> Described:
    said = " ".join(f"{one.title} ({one.type}) : {one.meaning}" for one in found)
    answer: Described = {
        "description": said,
        "content": {problems.MEDIA_TYPE: {"schema": {"$ref": _REF}}},
    }
    return answer


def _limits(a_minute: int) -> str:
    return (
        f"Limites : {MAX_BODY // 1024} Kio par corps, {a_minute} appels par minute et par personne."
        " Un jeton n’ouvre jamais plus que les rôles de sa personne, et jamais un document médical sans le"
        " rôle médical. Listes : « next » donne l’adresse de la page suivante, tant qu’il y en a une."
        " Refus : détails de problème (RFC 9457), « type » stable, « detail » en français."
    )
