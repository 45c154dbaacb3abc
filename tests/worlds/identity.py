"""A real OpenID Connect provider (the package oidc-provider-mock) in a process of its own.

``python -m tests.worlds.identity`` runs it; ``IdentityProvider`` starts and stops it. To what the package
does it adds what ProConnect does: PKCE is enforced, and user information is a JWT signed with the keys of
the provider (with another key for the account ``forger``).
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import warnings
from hashlib import sha256
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).resolve().parents[2]
USERS: dict[str, dict[str, object]] = {
    "1": {"email": "Agathe.LeGoff@cnse.example", "email_verified": True},
    "2": {"email": "inconnue@cnse.example", "email_verified": True},
    "3": {"email": "medard@cnse.example", "acr": "eidas2", "email_verified": "true"},
    "4": {"email": "agathe.legoff@cnse.example", "email_verified": False},
    "5": {"email": "agathe.legoff@cnse.example", "email_verified": "false"},
    "6": {"email": "agathe.legoff@cnse.example", "email_verified": 0},
    "7": {"email": "agathe.legoff@cnse.example", "email_verified": None},
    "8": {"email": "agathe.legoff@cnse.example", "email_verified": 1},
    "silent": {"email": "agathe.legoff@cnse.example"},
    "forger": {"email": "agathe.legoff@cnse.example"},
}


class IdentityProvider:
    """The provider as the gateway meets it: an address, and the file of our secret there."""

    def __init__(self, secret_file: Path) -> None:
        self.secret_file = secret_file
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.worlds.identity"],
            cwd=ROOT,
            env={**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.issuer = ""

    def __enter__(self) -> Self:
        assert self._process.stdout is not None
        self.issuer = self._process.stdout.readline().strip()
        assert self.issuer.startswith("http://"), "the provider did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)  # its standard input closes: it ends


def main() -> None:
    """Serve until standard input closes."""
    warnings.simplefilter("ignore")
    import flask  # noqa: PLC0415 (only in the process of the provider)
    import werkzeug.serving  # noqa: PLC0415
    from joserfc import jwk, jwt  # noqa: PLC0415
    from oidc_provider_mock import User, app  # noqa: PLC0415

    provider = app(require_nonce=True, user_claims=[User(sub=s, claims=c) for s, c in USERS.items()])
    challenges: dict[str, str] = {}

    def prove() -> Any:
        if flask.request.path != "/oauth2/token":
            return None
        verifier = flask.request.form.get("code_verifier", "")
        made = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if challenges.get(flask.request.form.get("code", "")) == made:
            return None
        return flask.jsonify({"error": "invalid_grant", "error_description": "PKCE"}), 400

    def change(answer: flask.Response) -> flask.Response:
        if flask.request.path == "/oauth2/authorize" and "Location" in answer.headers:
            code = parse_qs(urlsplit(answer.headers["Location"]).query).get("code", [""])[0]
            challenges[code] = flask.request.args.get("code_challenge", "")
        if flask.request.path == "/userinfo" and answer.status_code == 200:
            claims = {**json.loads(answer.get_data()), "iss": flask.request.host_url.rstrip("/")}
            claims |= {"uid": "agathe", "aud": "passerelle"}
            kept = flask.g.oidc_provider_mock_storage.jwk.as_dict(is_private=True)
            key = (
                jwk.RSAKey.generate_key(2048) if claims["sub"] == "forger" else jwk.RSAKey.import_key(kept)
            )
            answer.set_data(jwt.encode({"alg": "RS256"}, claims, key))
            answer.headers["Content-Type"] = "application/jwt"
        return answer

    provider.before_request(prove)
    provider.after_request(change)
    server = werkzeug.serving.make_server("localhost", 0, provider, threaded=True)
    sys.stdout.write(f"http://localhost:{server.server_port}\n")
    sys.stdout.flush()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()
