"""Errors as pages: what happened, what was kept, what to do; never a trace, never an inner detail."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from gateway.errors import NotFound, PasserelleError, Refused, Unavailable
from gateway.web.access import Viewer
from gateway.web.api import problems
from gateway.web.api.problems import ApiError
from gateway.web.doorstep import drafts
from gateway.web.guard import API, BadFormError, ForbiddenError, ResumeError, SignInError
from gateway.web.house import house
from gateway.web.items import opened
from gateway.web.pages import Pages
from gateway.web.queues import live
from storage.errors import StorageError

log = logging.getLogger("passerelle.web")

Handler = Callable[[Request, Exception], Awaitable[Response]]

_TITLES: dict[int, str] = {
    400: "Demande incomprise",
    403: "Accès refusé",
    404: "Introuvable",
    405: "Action impossible ici",
    409: "Action refusée",
    413: "Formulaire trop grand",
    422: "Formulaire à corriger",
    500: "Erreur inattendue",
    503: "Momentanément indisponible",
}
_STATUS: dict[type[PasserelleError], int] = {
    BadFormError: 400,
    ForbiddenError: 403,
    NotFound: 404,
    Refused: 409,
    Unavailable: 503,
}
NO_SUCH_PAGE = "Cette page n’existe pas ; rien n’a été changé. Revenez à l’accueil."
UNEXPECTED = (
    "Une erreur inattendue est survenue ; rien n’a été perdu et l’équipe technique en a la trace."
    " Rechargez la page ; si l’erreur revient, prévenez un administrateur."
)
UNREADABLE = (
    "Un paramètre de l’adresse n’a pas la forme attendue ; rien n’a été changé. Relisez la documentation."
)
NOT_OURS = "Ce formulaire n’a pas la forme de ceux de Passerelle ; rien n’a été changé. Rechargez la page."
TOO_LARGE = "Le formulaire est trop grand ; rien n’a été changé. Réduisez le texte et recommencez."
UNFIT = (
    "Un champ est trop long, ou n’a pas la forme attendue ; rien n’a été changé."
    " Corrigez-le et recommencez."
)
WANTED = "Cette valeur n’a pas la forme que décrit la documentation."
UNPROVED = (
    "Cette adresse demande un jeton d’accès en vigueur (en-tête Authorization: Bearer) ou une session ;"
    " rien n’a été changé. Un jeton se crée à la page « Mon compte »."
)


def _onward(request: Request, target: str, status: int) -> Response:
    """Send the browser on, also when htmx asked: it would put the page inside the page."""
    if request.headers.get("hx-request"):
        return Response(status_code=status, headers={"HX-Redirect": target})
    return RedirectResponse(target, 303)


async def _sign_in(request: Request, error: Exception) -> Response:
    if live.is_stream(request):
        return live.last_word(live.End.SESSION)
    if request.headers.get("x-flux") == "1":
        return Response(status_code=401)  # a list that follows its queue: nobody asked to leave the page
    if request.url.path.startswith(API):
        return problems.of_status(401, UNPROVED)
    after = error.after if isinstance(error, SignInError) else "/"
    return _onward(request, "/connexion" if after == "/" else f"/connexion?suite={after}", 401)


async def _resume(request: Request, error: Exception) -> Response:
    return _onward(request, error.page if isinstance(error, ResumeError) else "/", 409)


def _forbidden(otherwise: Handler) -> Handler:
    async def answer(request: Request, error: Exception) -> Response:
        return (
            live.last_word(live.End.RIGHTS) if live.is_stream(request) else await otherwise(request, error)
        )

    return answer


def invalid(error: RequestValidationError) -> ApiError:
    """What is wrong in the address of a call, without quoting it."""
    wrong = tuple((str(one["loc"][-1]), WANTED) for one in error.errors())
    return ApiError(problems.INVALID, UNREADABLE, wrong)


def too_large(request: Request) -> Response:
    """What is answered to a body nobody will read; nothing is known of who sent it."""
    if request.url.path.startswith(API):
        return problems.of_status(413, TOO_LARGE)
    pages: Pages = request.app.state.pages
    values = {"title": _TITLES[413], "sentence": TOO_LARGE, "code": 413, "back": None, "kept": None}
    return pages.show(request, "erreur.html", status=413, **values)


_BACK: Mapping[str, str] = {
    "elements": "Revenir à l’élément",
    "files": "Revenir à la file",
    "dossiers": "Revenir au dossier",
}
_PLACE = re.compile(r"/(elements|files|dossiers)/[^/?]+")
_KEPT = frozenset({403, 404, 409, 422, 503})
"""Refusals after which what somebody wrote is kept for them."""


def back_of(request: Request) -> tuple[str, str] | None:
    """Where the person came from, or what the address is about: a link and its words."""
    page, path = drafts.page_of(request), request.url.path
    here, asked = _PLACE.match(page), _PLACE.match(path)
    if here is not None:
        link = page if here[1] == "files" else here[0]
    elif asked is not None and request.method == "POST":
        link, here = asked[0], asked
    else:
        return None
    return None if link == path and request.method == "GET" else (link, _BACK[here[1]])


def _keep(request: Request, form: FormData, seen: Viewer) -> str | None:
    """The page of the form, which brings back what was written there; ``None`` when nothing was."""
    try:
        return drafts.keep(house(request), request, seen.login, form) if drafts.written(form) else None
    except StorageError:
        log.exception("a text that was refused could not be kept")
        return None


async def _kept(request: Request, status: int) -> str | None:
    seen: Viewer | None = getattr(request.state, "viewer", None)
    if request.method != "POST" or status not in _KEPT or seen is None:
        return None
    return await run_in_threadpool(_keep, request, await request.form(), seen)


async def _page(
    request: Request, status: int, sentence: str, headers: Mapping[str, str] | None = None
) -> Response:
    if request.url.path.startswith(API):
        return problems.of_status(status, sentence, headers)
    values = {
        "title": _TITLES.get(status, "Erreur"),
        "sentence": sentence,
        "code": status,
        "kept": await _kept(request, status),
        "back": back_of(request),
    }
    pages: Pages = request.app.state.pages
    return await run_in_threadpool(pages.show, request, "erreur.html", status=status, **values)


async def _ours(request: Request, error: Exception) -> Response:
    if isinstance(error, ApiError):
        return problems.answer(error)
    if not isinstance(error, PasserelleError):
        return await _page(request, 500, UNEXPECTED)
    seen: Viewer | None = getattr(request.state, "viewer", None)
    if seen is not None:
        await run_in_threadpool(opened.refused, house(request), seen, error)
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    return await _page(request, status, error.public)


async def _storage(request: Request, error: Exception) -> Response:
    log.error("storage answered an error to a page", exc_info=error)
    sentence = error.public if isinstance(error, StorageError) else UNEXPECTED
    return await _page(request, 503, sentence)


async def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    allowed = getattr(error, "headers", None)
    sentence = {400: NOT_OURS, 404: NO_SUCH_PAGE, 405: NO_SUCH_PAGE}.get(status, UNEXPECTED)
    return await _page(request, status, sentence, allowed)


async def _unreadable(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        return await _page(request, 500, UNEXPECTED)
    if request.url.path.startswith(API):
        return problems.answer(invalid(error))
    if any(one["loc"][0] == "path" for one in error.errors()):
        return await _page(request, 404, NO_SUCH_PAGE)
    return await _page(request, 422, UNFIT)


async def _unexpected(request: Request, _: Exception) -> Response:
    return await _page(request, 500, UNEXPECTED)


def install(app: FastAPI, pages: Pages) -> None:
    """Give the application its error pages."""
    app.state.pages = pages
    handlers: list[tuple[type[Exception], Handler]] = [
        (SignInError, _sign_in),
        (ResumeError, _resume),
        (ForbiddenError, _forbidden(_ours)),
        (PasserelleError, _ours),
        (StorageError, _storage),
        (HTTPException, _http),
        (RequestValidationError, _unreadable),
        (Exception, _unexpected),
    ]
    for kind, handler in handlers:
        app.add_exception_handler(kind, handler)
