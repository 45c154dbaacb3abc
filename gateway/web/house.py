"""What the pages are given to work with, and the names every page module shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Protocol, cast

from fastapi import Depends, Path, Request

from gateway.circuits.directory import Directory
from gateway.circuits.model import Circuit
from gateway.clock import Clock
from gateway.contestations.schedule import Retention
from gateway.contesting.rooms import Contesting
from gateway.deadlines.calendar import Calendars
from gateway.errors import Refused
from gateway.evidence.dossier import Exporter
from gateway.evidence.record import Recorder
from gateway.settings import Settings, Web
from gateway.web.access import Viewer
from gateway.web.doorstep.oidc import SignOn
from gateway.web.doorstep.passwords import Passwords
from gateway.web.naming import Naming
from gateway.web.pages import Pages
from gateway.web.rights import RoleBook, book_of
from storage import people
from storage.db import Database
from storage.vault import Vault


class CircuitsInForce(Protocol):
    """The circuits as loaded, by name, and the directory they share."""

    @property
    def by_name(self) -> Mapping[str, Circuit]: ...

    @property
    def directory(self) -> Directory: ...


@dataclass(frozen=True, slots=True)
class WebHouse:
    """Everything the web pages need, built by the composition root."""

    database: Database
    vault: Vault
    recorder: Recorder
    clock: Clock
    circuits: CircuitsInForce
    settings: Web
    render_page: Callable[[bytes, str, int], bytes]
    """``(content, media type, page from 1) -> PNG`` at ``page_dpi``, computed in the sandbox."""
    read_text: Callable[[bytes, str, str], str]
    """``(content, media type, name) -> text`` of a document without pages, computed in the sandbox."""
    cut_pages: Callable[[bytes, int, int], bytes] | None = None
    """``(PDF, first page from 1, how many) -> PDF`` of those pages alone, computed in the sandbox; without
    it a file that mixes documents does not leave."""
    unlock: Callable[[str, int, str, str], None] | None = None
    """``(delivery, position, password, login)``: read a locked document with a password, given once."""
    read_html: Callable[[bytes, dict[str, bytes]], str] | None = None
    """``(HTML of a mail, its pictures by Content-ID) -> page`` without anything active, in the sandbox."""
    open_letter: Callable[[bytes, str], bytes] | None = None
    """``(letter of ours, mailbox it left from) -> what was signed``, by the keys of that mailbox, in the
    sandbox; without it an encrypted letter shows that it is one."""
    page_dpi: float = 110
    wake: Callable[[str], None] = lambda _: None
    """Told the SHA-256 of a delivery released from a page, after the commit; its failure is harmless."""
    passwords: Passwords = field(default_factory=Passwords)
    sign_on: SignOn | None = None
    """The identity provider, when the settings name one."""
    installation: Settings | None = None
    """Every setting, for the pages of the administrator; ``None`` where they are not shown."""
    calendars: Calendars | None = None
    """What due dates are computed again with at once; without it they wait for the next sweep."""
    contesting: Contesting | None = None
    """What the actions on contestations need; without it their pages can only be read."""
    exporter: Exporter | None = None
    """What makes evidence files, each export in the log; without it none is made from the pages."""
    retention: Retention | None = None
    """The schedule of retention; without it the page says that there is none."""

    @property
    def book(self) -> RoleBook:
        """The roles people may hold here."""
        return book_of(self.circuits.by_name)


def naming(rooms: WebHouse) -> Naming:
    """What the pages of this house call people, queues, letters and roles."""

    def names() -> dict[str, str]:
        with rooms.database.reading() as session:
            return people.names(session)

    return Naming(names, rooms.circuits.by_name, rooms.circuits.directory, rooms.book)


def house(request: Request) -> WebHouse:
    return cast("WebHouse", request.app.state.house)


def pages(request: Request) -> Pages:
    return cast("Pages", request.app.state.pages)


def viewer(request: Request) -> Viewer:
    """The person behind the request; the guard has already refused everybody else."""
    return cast("Viewer", request.state.viewer)


def address(request: Request, rooms: WebHouse, path: str) -> str:
    """A page of ours, as people type it; only a loopback demonstration believes the request for it. Raises
    ``Refused``: whoever asks could otherwise have a link lead elsewhere."""
    public = rooms.settings.public_url
    if public is None and rooms.settings.secure_cookies:
        raise Refused(
            "L’adresse publique de Passerelle n’est pas réglée ([web] public_url) ; aucun lien"
            " n’a été fait. Réglez-la, puis recommencez."
        )
    return (public or str(request.base_url)).rstrip("/") + path


InHouse = Annotated[WebHouse, Depends(house)]
Shown = Annotated[Pages, Depends(pages)]
RowId = Annotated[int, Path(ge=1, le=2**31 - 1)]
"""The number of a row in an address: what a column holds, anything else is a page that does not exist."""
Seen = Annotated[Viewer, Depends(viewer)]
