"""The client of an OpenID Connect provider: who comes in, proved; never what they may do.

Authorization code with PKCE (RFC 7636), state and nonce; discovery (OpenID Connect Discovery 1.0, 4);
ID token and signed user information (``application/jwt``, as ProConnect answers) verified against the
provider's keys, asymmetric algorithms only; sign-out started here (RP-Initiated Logout 1.0).
"""

from __future__ import annotations

import json
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gateway.errors import PasserelleError, Refused, Unavailable
from gateway.settings import Oidc

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Never ``none``, never one with a shared secret."""
LEEWAY_SECONDS = 60
_DISCOVERY_LIFE = timedelta(hours=1)
_ANSWER_BYTES = 256 * 1024
_ENDPOINTS = (
    "authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Departure:
    """A sign-in that leaves for the provider: the address, and what proves its return is ours."""

    address: str
    proof: str
    """JSON of state, nonce and PKCE verifier; the caller seals it into a cookie of this browser."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider answers for. ``name`` is the claim the settings choose."""

    name: str
    strong: bool
    """Whether the provider says that a second factor was given."""
    id_token: str


class SignOn:
    """One provider. Raises ``Refused`` when it says no or proves nothing, ``Unavailable`` when silent."""

    def __init__(self, settings: Oidc, root: Path, client: httpx.Client | None = None) -> None:
        if not settings.issuer or not settings.client_id:
            raise PasserelleError(
                "La connexion unique est activée sans [oidc] issuer ou client_id ; rien n’a démarré,"
                " complétez les réglages."
            )
        if urlsplit(settings.issuer).scheme != "https" and not _loopback(settings.issuer):
            raise PasserelleError(
                "L’adresse [oidc] issuer doit commencer par https:// ; rien n’a démarré, corrigez-la."
            )
        self._settings, self._id = settings, settings.client_id
        self._issuer = settings.issuer.rstrip("/")
        self._secret = _secret(root, settings.client_secret_file)
        self._http = client or httpx.Client(timeout=settings.timeout_seconds, verify=_trust(root, settings))
        self._known: tuple[datetime, dict[str, Any]] | None = None

    @property
    def title(self) -> str:
        return self._settings.title

    def leave(self, back: str, at: datetime) -> Departure:
        """Where to send the browser; ``back`` is the address it returns to."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        asked = {"nonce": nonce}
        if self._settings.acr_values:
            asked["acr_values"] = self._settings.acr_values
        address, _ = self._client(back).create_authorization_url(
            self._discovered(at)["authorization_endpoint"], state=state, code_verifier=verifier, **asked
        )
        return Departure(address, json.dumps({"state": state, "nonce": nonce, "verifier": verifier}))

    def arrive(self, back: str, query: Mapping[str, str], proof: str, at: datetime) -> Identity:
        """Whom the answer of the provider proves, given the proof this browser kept."""
        kept: dict[str, str] = json.loads(proof)
        if not secrets.compare_digest(query.get("state", "").encode(), kept["state"].encode()):
            raise Refused(self._no("le retour ne correspond pas à ce départ"))
        if "code" not in query:
            raise Refused(self._no("le fournisseur a refusé"))
        found = self._discovered(at)
        try:
            answer = self._exchange(back, query["code"], kept["verifier"], found)
            keys = KeySet.import_key_set({"keys": self._json(found["jwks_uri"])["keys"]})
            id_token = str(answer.get("id_token") or "")
            claims = self._id_token(id_token, keys, kept["nonce"], at)
            told = {**self._userinfo(found, answer, keys, claims), **claims}
        except httpx.HTTPError as error:
            raise Unavailable(self._away()) from error
        except (JoseError, AuthlibBaseError, ValueError, KeyError, TypeError) as error:
            raise Refused(self._no("sa réponse n’est pas prouvée")) from error
        if self._settings.claim == "email" and not self._verified(told):
            raise Refused(self._no("l’adresse n’y est pas vérifiée"))
        name = told.get(self._settings.claim)
        if not isinstance(name, str) or not name.strip():
            raise Refused(self._no(f"l’information « {self._settings.claim} » manque"))
        return Identity(name.strip(), self._strong(claims), id_token)

    def sign_out_address(self, back: str, id_token: str, at: datetime) -> str | None:
        """Where the browser ends its session at the provider too; ``None`` when it offers none."""
        try:
            end = self._discovered(at).get("end_session_endpoint")
        except Unavailable:
            return None
        if not isinstance(end, str):
            return None
        asked = {
            "id_token_hint": id_token,
            "post_logout_redirect_uri": back,
            "state": secrets.token_urlsafe(16),
        }
        return f"{end}{'&' if '?' in end else '?'}{urlencode(asked)}"

    def _client(self, back: str) -> OAuth2Client:
        return OAuth2Client(
            self._http,
            client_id=self._id,
            client_secret=self._secret,
            scope=self._settings.scope,
            redirect_uri=back,
            code_challenge_method="S256",
        )

    def _exchange(self, back: str, code: str, verifier: str, found: Mapping[str, Any]) -> dict[str, Any]:
        """The code for tokens; our secret in the header, or in the body where only that is understood."""
        methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        in_body = "client_secret_basic" not in methods or self._secret is None
        more = {"client_id": self._id} | ({"client_secret": self._secret} if self._secret else {})
        token: dict[str, Any] = self._client(back).fetch_token(
            found["token_endpoint"],
            code=code,
            code_verifier=verifier,
            grant_type="authorization_code",
            auth=httpx.Auth() if in_body else httpx.BasicAuth(self._id, self._secret or ""),
            **(more if in_body else {}),
        )
        return token

    def _id_token(self, text: str, keys: KeySet, nonce: str, at: datetime) -> dict[str, Any]:
        token = jwt.decode(text, keys, algorithms=ALGORITHMS)
        claims = CodeIDToken(
            token.claims,
            token.header,
            options={
                "iss": {"essential": True, "value": self._told_issuer},
                "aud": {"essential": True, "value": self._id},
            },
            params={"nonce": nonce, "client_id": self._id},
        )
        claims.validate(now=int(at.timestamp()), leeway=LEEWAY_SECONDS)
        return dict(claims)

    def _userinfo(
        self, found: Mapping[str, Any], answer: Mapping[str, Any], keys: KeySet, claims: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What the provider tells beyond the ID token; about the same subject, or nothing."""
        address = found.get("userinfo_endpoint")
        if self._settings.claim in claims or not address:
            return {}
        reply = self._http.get(address, headers={"Authorization": f"Bearer {answer['access_token']}"})
        reply.raise_for_status()
        if len(reply.content) > _ANSWER_BYTES:
            raise ValueError("user information too large")
        told: dict[str, Any]
        if reply.headers.get("content-type", "").startswith("application/jwt"):
            told = dict(jwt.decode(reply.text.strip(), keys, algorithms=ALGORITHMS).claims)
            audience = told.get("aud", self._id)
            if told.get("iss", self._told_issuer) != self._told_issuer or self._id not in (
                audience if isinstance(audience, list) else [audience]
            ):
                raise ValueError("user information signed for somebody else")
        else:
            told = reply.json()
        if told.get("sub") != claims["sub"]:
            raise ValueError("user information about somebody else")
        return told

    def _verified(self, told: Mapping[str, Any]) -> bool:
        """Whether the provider vouches for the address: by a word, or by silence if trusted."""
        if "email_verified" not in told:
            return self._settings.trust_email
        return told["email_verified"] is True or told["email_verified"] == "true"

    def _strong(self, claims: Mapping[str, Any]) -> bool:
        methods = claims.get("amr")
        said = {str(claims.get("acr"))} | {str(m) for m in (methods if isinstance(methods, list) else ())}
        return bool(said & set(self._settings.strong_acr))

    @property
    def _told_issuer(self) -> str:
        return str(self._known[1]["issuer"]) if self._known else self._issuer

    def _discovered(self, at: datetime) -> dict[str, Any]:
        if self._known is None or not timedelta() <= at - self._known[0] < _DISCOVERY_LIFE:
            try:
                found = self._json(f"{self._issuer}/.well-known/openid-configuration")
            except (httpx.HTTPError, ValueError) as error:
                raise Unavailable(self._away()) from error
            if str(found.get("issuer", "")).rstrip("/") != self._issuer:
                raise Refused(self._no("il se présente sous un autre nom que celui des réglages"))
            if any(isinstance(found.get(end), str) and not self._safe(found[end]) for end in _ENDPOINTS):
                raise Refused(self._no("une de ses adresses n’est pas chiffrée"))
            self._known = (at, found)
        return self._known[1]

    def _safe(self, address: str) -> bool:
        """Whether our secret and our codes may go there: over TLS, or on loopback alone."""
        return urlsplit(address).scheme == "https" or (_loopback(address) and _loopback(self._issuer))

    def _json(self, address: str) -> dict[str, Any]:
        reply = self._http.get(address, headers={"Accept": "application/json"})
        reply.raise_for_status()
        if len(reply.content) > _ANSWER_BYTES:
            raise ValueError("answer too large")
        found = reply.json()
        if not isinstance(found, dict):
            raise ValueError("not an object")  # noqa: TRY004 (one family for what a stranger answers)
        return found

    def _no(self, why: str) -> str:
        return (
            f"La connexion par {self.title} n’a pas abouti ({why}) ; rien n’a été ouvert."
            " Recommencez, ou demandez à un administrateur."
        )

    def _away(self) -> str:
        return (
            f"{self.title} ne répond pas ; rien n’a été ouvert. Recommencez dans quelques minutes, ou"
            " entrez avec un mot de passe si vous en avez un."
        )


def _loopback(address: str) -> bool:
    return urlsplit(address).hostname in {"localhost", "127.0.0.1", "::1"}


def _secret(root: Path, file: Path | None) -> str | None:
    if file is None:
        return None
    path = file if file.is_absolute() else root / file
    try:
        if path.stat().st_mode & 0o077:
            raise PasserelleError(
                f"Le fichier {path.name} est ouvert à d’autres comptes de la machine ; il n’a pas été lu,"
                " limitez ses droits à 600."
            )
        return path.read_text("utf-8").strip()
    except OSError:
        raise PasserelleError(
            f"Le fichier {path.name} du secret de la connexion unique ne se lit pas ; rien n’a démarré."
        ) from None


def _trust(root: Path, settings: Oidc) -> ssl.SSLContext:
    file = settings.ca_file
    if file is None:
        return ssl.create_default_context()
    return ssl.create_default_context(cafile=str(file if file.is_absolute() else root / file))
