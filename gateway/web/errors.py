"""Errors as pages: what happened, what was kept, what to do; never a trace, never an inner detail."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from gateway.errors import NotFound, PasserelleError, Refused, Unavailable
from gateway.web import live
from gateway.web.api import problems
from gateway.web.api.problems import ApiError
from gateway.web.guard import API, BadFormError, ForbiddenError, ResumeError, SignInError
from gateway.web.pages import Pages
from storage.errors import StorageError

log = logging.getLogger("passerelle.web")

Handler = Callable[[Request, Exception], Response]

_TITLES: dict[int, str] = {
    400: "Demande incomprise",
    403: "Accès refusé",
    404: "Introuvable",
    405: "Action impossible ici",
    409: "Action refusée",
    413: "Formulaire trop grand",
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


def _sign_in(request: Request, error: Exception) -> Response:
    if live.is_stream(request):
        return live.last_word(live.End.SESSION)
    if request.headers.get("x-flux") == "1":
        return Response(status_code=401)  # a list that follows its queue: nobody asked to leave the page
    if request.url.path.startswith(API):
        return problems.of_status(401, UNPROVED)
    after = error.after if isinstance(error, SignInError) else "/"
    return _onward(request, "/connexion" if after == "/" else f"/connexion?suite={after}", 401)


def _resume(request: Request, error: Exception) -> Response:
    return _onward(request, error.page if isinstance(error, ResumeError) else "/", 409)


def _forbidden(otherwise: Handler) -> Handler:
    def answer(request: Request, error: Exception) -> Response:
        return live.last_word(live.End.RIGHTS) if live.is_stream(request) else otherwise(request, error)

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
    values = {"title": _TITLES[413], "sentence": TOO_LARGE, "code": 413}
    return pages.show(request, "erreur.html", status=413, **values)


def install(app: FastAPI, pages: Pages) -> None:
    """Give the application its error pages."""

    def page(
        request: Request, status: int, sentence: str, headers: Mapping[str, str] | None = None
    ) -> Response:
        title = _TITLES.get(status, "Erreur")
        if request.url.path.startswith(API):
            return problems.of_status(status, sentence, headers)
        return pages.show(
            request, "erreur.html", status=status, title=title, sentence=sentence, code=status
        )

    def ours(request: Request, error: Exception) -> Response:
        if isinstance(error, ApiError):
            return problems.answer(error)
        if not isinstance(error, PasserelleError):
            return page(request, 500, UNEXPECTED)
        return page(request, _STATUS.get(type(error), 500), error.public)

    def storage(request: Request, error: Exception) -> Response:
        log.error("storage answered an error to a page", exc_info=error)
        sentence = error.public if isinstance(error, StorageError) else UNEXPECTED
        return page(request, 503, sentence)

    def http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        allowed = getattr(error, "headers", None)
        sentence = {400: NOT_OURS, 404: NO_SUCH_PAGE, 405: NO_SUCH_PAGE}.get(status, UNEXPECTED)
        return page(request, status, sentence, allowed)

    def unreadable(request: Request, error: Exception) -> Response:
        if request.url.path.startswith(API) and isinstance(error, RequestValidationError):
            return problems.answer(invalid(error))
        return page(request, 404, NO_SUCH_PAGE)

    def unexpected(request: Request, _: Exception) -> Response:
        return page(request, 500, UNEXPECTED)

    handlers: list[tuple[type[Exception], Handler]] = [
        (SignInError, _sign_in),
        (ResumeError, _resume),
        (ForbiddenError, _forbidden(ours)),
        (PasserelleError, ours),
        (StorageError, storage),
        (HTTPException, http),
        (RequestValidationError, unreadable),
        (Exception, unexpected),
    ]
    for kind, handler in handlers:
        app.add_exception_handler(kind, handler)
