"""What a stranger sends is counted before it is parsed: octets consumed, whatever the encoding."""

from __future__ import annotations

import asyncio
from typing import Any

from gateway.web.bounds import MAX_BODY
from tests.worlds import web
from tests.worlds.web import World

CHUNK = 16 * 1024
OFFERED = 256
"""Chunks a client is ready to send: 4 MiB."""
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=bb"
JSON = "application/json"
DOORS = [
    ("/connexion", URLENCODED),
    ("/connexion", MULTIPART),
    ("/connexion/code", URLENCODED),
    ("/connexion/lien/abc", MULTIPART),
    ("/elements/1/notes", URLENCODED),
    ("/inconnue", URLENCODED),
    ("/api/v1/items/1/take", JSON),
    ("/api/v1/items/1/take", MULTIPART),
]


class _Stranger:
    """Sends as long as it is listened to, and counts what was taken."""

    def __init__(self, kind: str, length: int | None = None) -> None:
        self.taken, self.status, self.text = 0, 0, b""
        self.headers = [(b"host", b"x"), (b"content-type", kind.encode())]
        if length is not None:
            self.headers.append((b"content-length", str(length).encode()))
        head = b'--bb\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
        self._first = head if kind == MULTIPART else b"f=" if kind == URLENCODED else b'{"f":"'

    async def receive(self) -> dict[str, Any]:
        body = self._first if self.taken == 0 else b"a" * CHUNK
        self.taken += len(body)
        return {"type": "http.request", "body": body, "more_body": self.taken < CHUNK * OFFERED}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        self.text += message.get("body", b"")

    def call(self, world: World, path: str) -> None:
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
            "scheme": "http", "server": ("x", 80), "client": ("192.0.2.1", 1), "headers": self.headers,
        }  # fmt: skip
        asyncio.run(world.app(scope, self.receive, self.send))  # type: ignore[arg-type]


def test_a_body_without_a_length_is_left_as_soon_as_it_is_too_large(world: World) -> None:
    for path, kind in DOORS:
        stranger = _Stranger(kind)
        stranger.call(world, path)
        assert (path, stranger.status) == (path, 413)
        assert stranger.taken <= MAX_BODY + 2 * CHUNK, path


def test_a_body_announced_too_large_is_not_read_at_all(world: World) -> None:
    for path, kind in DOORS:
        stranger = _Stranger(kind, MAX_BODY + 1)
        stranger.call(world, path)
        assert (path, stranger.status, stranger.taken) == (path, 413, 0)


def test_the_refusal_says_what_to_do_to_a_person_and_to_a_program(world: World) -> None:
    page, program = _Stranger(URLENCODED, 10**9), _Stranger(JSON, 10**9)
    page.call(world, "/connexion")
    assert "trop grand" in page.text.decode()
    program.call(world, "/api/v1/items/1/take")
    assert b"corps-trop-grand" in program.text


def test_no_page_accepts_a_file_even_a_small_one(world: World) -> None:
    client = world.visitor()
    token = web.csrf(client, "/connexion")
    answer = client.post("/connexion", data={"csrf": token}, files={"identifiant": ("a.txt", b"agathe")})
    assert answer.status_code == 400


def test_a_form_within_the_limit_passes_over_http(world: World) -> None:
    client = world.signed_in("agathe")
    form = {"csrf": web.csrf(client, "/compte"), "objet": "x" * 60_000}
    assert client.post("/deconnexion", data=form).status_code == 303
