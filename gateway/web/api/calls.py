"""One action asked by a program: its key, its condition, its body; done once, answered the same.

``Idempotency-Key`` follows draft-ietf-httpapi-idempotency-key-header-07; ``If-Match`` RFC 9110, 13.1.1.
The body is read after the guard: strangers' bytes are not even parsed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from gateway.errors import NotFound, PasserelleError, Refused
from gateway.web.access import Viewer
from gateway.web.api import problems
from gateway.web.api.problems import ApiError
from gateway.web.guard import ForbiddenError
from gateway.web.house import WebHouse
from gateway.web.items import opened
from gateway.web.items.correction import UnfitValueError
from storage import answers

MAX_BODY = 64 * 1024
"""Octets of the body of a call; more is refused as it comes."""
KEY_LENGTH = 200
_KEY = re.compile(rf"[\x21-\x7e]{{1,{KEY_LENGTH}}}")
_TAG = re.compile(r'"([a-z]+)([0-9]{1,10})-v([0-9]{1,10})"')
_STATUS: tuple[tuple[type[PasserelleError], int], ...] = (
    (NotFound, 404),
    (Refused, 409),
    (ForbiddenError, 403),
    (UnfitValueError, 422),
)
_Body = TypeVar("_Body", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Call:
    """What came with a POST."""

    method: str
    path: str
    key: str
    match: str | None
    body: bytes

    @property
    def fingerprint(self) -> str:
        """Which request this is: another one under the same key is refused."""
        said = json.dumps([self.method, self.path, self.match, sha256(self.body).hexdigest()])
        return sha256(said.encode()).hexdigest()

    def read(self, model: type[_Body]) -> _Body:
        """The body as ``model``. Raises ``ApiError`` (422) that names each field, never its value."""
        try:
            return model.model_validate_json(self.body or b"{}")
        except ValidationError as error:
            wrong = tuple((".".join(map(str, one["loc"])), _said(one["type"])) for one in error.errors())
            raise ApiError(
                problems.INVALID,
                "Le corps de la demande n’a pas la forme attendue ; rien n’a été changé."
                " Corrigez les champs nommés.",
                wrong,
            ) from error

    def version(self, letter: str, number: int) -> int:
        """The version that ``If-Match`` names of this row. Raises ``ApiError`` (428, 412)."""
        if self.match is None:
            raise ApiError(
                problems.UNCONDITIONAL,
                "Cette action demande l’en-tête If-Match ; rien n’a été changé."
                " Relisez la ressource et renvoyez son ETag.",
            )
        found = _TAG.fullmatch(self.match)
        if found is None or (found[1], int(found[2])) != (letter, number):
            raise changed()
        return int(found[3])


def changed() -> ApiError:
    return ApiError(
        problems.CHANGED,
        "La ressource a changé depuis sa lecture, ou If-Match en nomme une autre ; rien n’a été changé."
        " Relisez-la avant de recommencer.",
    )


def not_json() -> ApiError:
    return ApiError(
        problems.NOT_JSON,
        "Le corps n’est pas annoncé comme du JSON ; rien n’a été changé. Envoyez application/json.",
    )


def tag(letter: str, number: int, version: int) -> str:
    """The ETag of a row: which one, at which version."""
    return f'"{letter}{number}-v{version}"'


async def called(request: Request) -> Call:
    """Dependency of every POST: read what came, within the limits. Raises ``ApiError``."""
    key = request.headers.get("idempotency-key", "").strip().strip('"')
    if not _KEY.fullmatch(key):
        raise ApiError(
            problems.NOT_UNDERSTOOD,
            f"Chaque action demande l’en-tête Idempotency-Key (1 à {KEY_LENGTH} caractères) ;"
            " rien n’a été changé. Donnez-en un nouveau à chaque action.",
        )
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind not in {"", "application/json"}:
        raise not_json()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise ApiError(
                problems.TOO_LARGE,
                f"Le corps dépasse {MAX_BODY // 1024} Kio ; rien n’a été changé. Réduisez-le.",
            )
    if body and not kind:
        raise not_json()
    match = request.headers.get("if-match")
    return Call(request.method, request.url.path, key, match.strip() if match else None, bytes(body))


Called = Annotated[Call, Depends(called)]


def once(
    rooms: WebHouse, seen: Viewer, call: Call, work: Callable[[], tuple[BaseModel, str | None]]
) -> Response:
    """Do ``work`` under the key of ``call``, or give again the answer it had.

    ``work`` returns what is answered and its ETag. A refusal is an answer like another; after an
    unexpected failure the key stays taken, so that nothing is ever done twice.
    """
    key_hash = sha256(call.key.encode()).hexdigest()
    with rooms.database.transaction() as session:
        held = answers.claim(session, seen.login, key_hash, call.fingerprint, rooms.clock.now())
    if held is not None:
        return _again(held, call)
    given = _done(rooms, seen, work)
    etag = given.headers.get("etag")
    body = bytes(given.body).decode()
    with rooms.database.transaction() as session:
        answers.keep(session, seen.login, key_hash, given.status_code, etag, body)
    return given


def acted(
    rooms: WebHouse,
    seen: Viewer,
    call: Call,
    body: type[_Body],
    act: Callable[[_Body], tuple[BaseModel, str | None]],
) -> Response:
    """Read the body of ``call``, then ``act`` on it, once; ``act`` returns the answer and its ETag."""
    # the body comes first: of a call wrong in several ways, the problem told is that of its body,
    # before what its version, its address or the rules of the house would say
    return once(rooms, seen, call, lambda: act(call.read(body)))


def _done(rooms: WebHouse, seen: Viewer, work: Callable[[], tuple[BaseModel, str | None]]) -> Response:
    try:
        done, etag = work()
    except ApiError as error:
        return problems.answer(error)
    except PasserelleError as error:
        status = next((found for kind, found in _STATUS if isinstance(error, kind)), None)
        if status is None:
            raise
        opened.refused(rooms, seen, error)
        return problems.of_status(status, error.public)
    headers = {} if etag is None else {"ETag": etag}
    return JSONResponse(done.model_dump(mode="json"), headers=headers)


def _again(held: answers.ApiAnswer, call: Call) -> Response:
    if held.fingerprint != call.fingerprint:
        raise ApiError(
            problems.KEY_REUSED,
            "Cette clé d’idempotence a servi à une autre demande ; rien n’a été changé."
            " Prenez une clé nouvelle.",
        )
    if held.status is None:
        raise ApiError(
            problems.UNFINISHED,
            "La même demande est en cours, ou sa réponse s’est perdue ; elle n’est pas refaite."
            " Relisez la ressource, puis prenez une clé nouvelle s’il le faut.",
        )
    headers = {"Idempotency-Replayed": "true"} | ({} if held.etag is None else {"ETag": held.etag})
    good = held.status < 400
    kind = "application/json" if good else problems.MEDIA_TYPE
    return Response(held.body, held.status, headers, kind)


def _said(kind: str) -> str:
    """What was expected, from pydantic's word for the fault."""
    if kind == "missing":
        return "Ce champ est obligatoire."
    if kind == "extra_forbidden":
        return "Ce champ n’existe pas."
    if kind == "json_invalid":
        return "Le corps n’est pas du JSON."
    return "Cette valeur n’a pas la forme que décrit la documentation."


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """The description of a body that ``Call.read`` reads, for OpenAPI."""
    required = any(field.is_required() for field in model.model_fields.values())
    schema = model.model_json_schema()
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}
