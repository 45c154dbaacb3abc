"""The web application on a furnished office, served over HTTP on loopback."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from threading import Lock, Thread

from httpx import Client, Response
from uvicorn import Config, Server

from gateway.circuits.load import Circuits
from gateway.clock import TurnableClock
from gateway.contesting.rooms import Contesting
from gateway.deadlines.calendar import load_calendars
from gateway.evidence.dossier import Exporter
from gateway.evidence.record import Recorder
from gateway.outbound.certificates import Chooser
from gateway.outbound.seal import Seal
from gateway.settings import Settings, Web
from gateway.web.app import WebHouse, create_app
from parsers.claims import ClaimsRead
from parsers.cut import cut
from parsers.documents import render, text
from parsers.pictures import png
from parsers.richtext import sanitised
from parsers.smime.model import Trust
from storage.db import Database
from storage.keys import KeyRing
from storage.vault import Vault
from tests.builders import seed
from tests.builders.office import Office

DPI = 110
_UNBROKEN = re.compile("[\u202f\u00a0](?=[;:!?»])|(?<=«)\u00a0")
_PERSON = re.compile(r'<span class="person" title="[^"]*">(.*?)</span>')
"""A name with its login beside it, for whoever points at it."""
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class World:
    """An office, its application behind a real HTTP server on loopback, and people who visit it."""

    def __init__(self, house: WebHouse, office: Office, clock: TurnableClock) -> None:
        self.house, self.office, self.clock = house, office, clock
        self.app = create_app(house)
        self._clients: list[Client] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = Server(
            Config(self.app, log_level="error", lifespan="off", ws="none", timeout_graceful_shutdown=2)
        )
        self._thread = Thread(target=self._server.run, args=([self._socket],))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        for client in self._clients:
            client.close()
        self.app.state.live.close()
        self._server.should_exit = True
        self._thread.join(timeout=30)
        self._socket.close()

    def visitor(self) -> Client:
        """Somebody without a session; redirections are left to be looked at."""
        client = Client(base_url=self.address, timeout=60, event_hooks={"response": [_as_read]})
        self._clients.append(client)
        return client

    def signed_in(self, login: str) -> Client:
        client = self.visitor()
        form = {"csrf": csrf(client, "/connexion"), "identifiant": login, "mot_de_passe": seed.PASSWORD}
        answer = client.post("/connexion", data=form)
        assert answer.status_code == 303, answer.text
        return client


def _as_read(answer: Response) -> None:
    """Tests compare sentences as people read them: spaces are spaces, a person is a name."""
    if answer.headers.get("content-type", "").startswith("text/html"):
        page = _PERSON.sub(r"\1", _UNBROKEN.sub(" ", answer.read().decode()))
        answer._content = page.encode()


def csrf(client: Client, path: str) -> str:
    """The token of the first form of a page (any page, even an error, has the sign-out form)."""
    found = _CSRF.search(client.get(path).text)
    assert found is not None, path
    return found[1]


_ONE_AT_A_TIME = Lock()
"""PDFium is not safe between threads and a browser asks for two pages at once; the product has children."""


def page_image(content: bytes, media_type: str, page: int) -> bytes:
    """What the sandbox does in the product, here in the process of the test."""
    with _ONE_AT_A_TIME:
        return png(render(content, media_type, page, DPI))


def cut_pages(content: bytes, first: int, count: int) -> bytes:
    """The same, of a cut."""
    with _ONE_AT_A_TIME:
        return cut(content, first, count)


def no_claims(*_: object) -> ClaimsRead:
    """Nothing is a list here: lists of claims are read in the scenarios of contestations, in a sandbox."""
    return ClaimsRead((), ())


def build(
    database: Database, folder: Path, clock: TurnableClock, circuits: Circuits | None = None
) -> World:
    """Furnish ``database`` and open the application on it, over plain HTTP."""
    ring = KeyRing(folder / "keys")
    vault = Vault(folder / "vault", ring)
    recorder = Recorder(clock, ring, folder / "checkpoints")
    office = seed.furnish(database, vault, recorder)
    circuits = circuits or seed.circuits()
    house = WebHouse(
        database=database,
        vault=vault,
        recorder=recorder,
        clock=clock,
        circuits=circuits,
        settings=Web(secure_cookies=False, totp="optional"),
        installation=Settings(),
        render_page=page_image,
        read_text=text,
        read_html=sanitised,
        cut_pages=cut_pages,
        page_dpi=DPI,
        passwords=seed.quick_passwords(),
        exporter=Exporter(database, vault, ring, recorder, clock, circuits, {}, page_image),
        contesting=Contesting(
            circuits=circuits.by_name,
            directory=circuits.directory,
            calendars=load_calendars(Path(__file__).parents[2] / "config" / "calendars"),
            vault=vault,
            read=no_claims,
            choose=Chooser(circuits.directory, Trust),
            protect=Seal(),
        ),
    )
    return World(house, office, clock)
