"""What can be refused to a program: problem details (RFC 9457), one stable type a cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi.responses import JSONResponse
from starlette.responses import Response

from gateway.errors import PasserelleError

DOCUMENTATION = "/documentation/api"
MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """One cause of refusal. ``slug`` never changes: programs branch on the type made of it."""

    slug: str
    status: int
    title: str
    meaning: str

    @property
    def type(self) -> str:
        """The type of RFC 9457 (3.1.1): an address of ours that tells what it means."""
        return f"{DOCUMENTATION}#{self.slug}"


NOT_UNDERSTOOD = Problem(
    "demande-incomprise", 400, "Demande incomprise", "Un en-tête ou un paramètre n’a pas la forme attendue."
)
NO_TOKEN = Problem(
    "jeton-refuse", 401, "Jeton absent ou refusé", "Sans jeton en vigueur ni session, rien n’est ouvert."
)
FORBIDDEN = Problem(
    "acces-refuse", 403, "Accès refusé", "Le jeton est bon, son rôle ou ses portées n’ouvrent pas ceci."
)
UNKNOWN = Problem(
    "introuvable", 404, "Introuvable", "Cela n’existe pas, ou pas pour ce rôle : la réponse est la même."
)
NOT_HERE = Problem("methode", 405, "Méthode impossible ici", "L’en-tête Allow dit celles qui le sont.")
REFUSED = Problem(
    "action-refusee", 409, "Action refusée", "L’état de la ressource ne permet pas l’action demandée."
)
UNFINISHED = Problem(
    "issue-inconnue",
    409,
    "Issue inconnue",
    "La même clé d’idempotence est en cours, ou sa réponse s’est perdue : relisez la ressource.",
)
CHANGED = Problem(
    "version-depassee", 412, "Version dépassée", "If-Match ne nomme pas la version actuelle : relisez-la."
)
TOO_LARGE = Problem("corps-trop-grand", 413, "Corps trop grand", "Le corps dépasse la limite annoncée.")
NOT_JSON = Problem("type-refuse", 415, "Type refusé", "Un corps est de type application/json.")
INVALID = Problem(
    "donnees-invalides", 422, "Données invalides", "« errors » nomme chaque champ et ce qui était attendu."
)
KEY_REUSED = Problem(
    "cle-deja-utilisee",
    422,
    "Clé d’idempotence déjà utilisée",
    "La clé a servi à une autre demande : prenez-en une nouvelle.",
)
UNCONDITIONAL = Problem(
    "condition-requise", 428, "Condition requise", "Cette action demande If-Match, l’ETag lu avant d’agir."
)
TOO_MANY = Problem("trop-de-demandes", 429, "Trop de demandes", "Retry-After dit quand recommencer.")
UNEXPECTED = Problem("erreur-inattendue", 500, "Erreur inattendue", "L’équipe technique en a la trace.")
UNAVAILABLE = Problem(
    "indisponible", 503, "Momentanément indisponible", "La base ou le coffre ne répond pas : réessayez."
)
PROBLEMS: tuple[Problem, ...] = (
    NOT_UNDERSTOOD,
    NO_TOKEN,
    FORBIDDEN,
    UNKNOWN,
    NOT_HERE,
    REFUSED,
    UNFINISHED,
    CHANGED,
    TOO_LARGE,
    NOT_JSON,
    INVALID,
    KEY_REUSED,
    UNCONDITIONAL,
    TOO_MANY,
    UNEXPECTED,
    UNAVAILABLE,
)
_BY_STATUS: Mapping[int, Problem] = {found.status: found for found in reversed(PROBLEMS)}
"""The first problem of each status: what a refusal of the pages is for a program."""


class ApiError(PasserelleError):
    """A refusal of the API itself. ``errors``: what is wrong, field by field."""

    def __init__(self, problem: Problem, sentence: str, errors: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(sentence)
        self.problem, self.errors = problem, errors
        self.retry_after: int | None = None


def answer(error: ApiError) -> Response:
    """The refusal as it is sent."""
    more: dict[str, object] = {}
    if error.errors:
        more["errors"] = [{"field": name, "detail": said} for name, said in error.errors]
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return _sent(error.problem, error.public, more, headers)


def of_status(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    """A refusal of the pages, told to a program."""
    found = _BY_STATUS.get(status) or Problem("autre", status, "Erreur", sentence)
    return _sent(found, sentence, {}, dict(headers or {}))


def _sent(found: Problem, sentence: str, more: dict[str, object], headers: dict[str, str]) -> Response:
    if found.status == 401:  # RFC 6750, 3
        headers = {**headers, "WWW-Authenticate": 'Bearer realm="Passerelle"'}
    told = {"type": found.type, "title": found.title, "status": found.status, "detail": sentence}
    return JSONResponse(told | more, status_code=found.status, headers=headers, media_type=MEDIA_TYPE)
