"""Headers of every answer: nothing runs, frames, sniffs, or is kept that we did not mean."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " frame-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
_STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"
_API = "/api/"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Headers:
    """ASGI middleware: adds what an answer does not say itself; TLS for a year when cookies demand it."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self._app = app
        self._headers = _ALWAYS | ({"Strict-Transport-Security": _STRICT_TRANSPORT} if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith(_API) and "json" in headers.get("content-type", ""):
                    headers.setdefault("Content-Disposition", 'attachment; filename="api.json"')
            await send(message)

        await self._app(scope, receive, headed)


class KnownHost:
    """ASGI middleware: once the public address is set, a request for another host is answered nothing else
    than that; the machine itself may always ask (a proxy that looks whether we live)."""

    def __init__(self, app: ASGIApp, public_url: str | None) -> None:
        self._app = app
        self._host = urlsplit(public_url).hostname if public_url else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._host is None or _host(scope) in {self._host, *_LOOPBACK}:
            await self._app(scope, receive, send)
            return
        said = "Cette adresse n’est pas celle de Passerelle ; rien n’a été ouvert."
        await PlainTextResponse(said, 400)(scope, receive, send)


def _host(scope: Scope) -> str | None:
    named = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    try:
        return urlsplit(f"//{named[0]}").hostname if len(named) == 1 else None
    except ValueError:
        return None


class VersionedFiles(StaticFiles):
    """Our own files: kept for a year when the address carries the version of their content."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        scope: Scope = args[2] if len(args) > 2 else kwargs["scope"]
        known = scope.get("query_string", b"").startswith(b"v=")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if known else "no-cache"
        return response
