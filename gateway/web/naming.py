"""What codes are called on pages: a person by their name, a queue, a letter and a role by their title.

Templates ask through filters. The names of people are read at most once for a page, and only by a page that
names somebody; an account that was closed keeps its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from markupsafe import Markup

from gateway.circuits.directory import Directory
from gateway.circuits.model import CAISSE, Circuit
from gateway.web.rights import RoleBook
from gateway.web.words import letter_titles

ANY_CAISSE = "CPAM ou CGSS du lieu de soins"
"""What stands for a caisse in a rule that holds for each of them."""
_READ: ContextVar[dict[str, str] | None] = ContextVar("names of people read for this page", default=None)


class Naming:
    """The filters of one application."""

    def __init__(
        self,
        people: Callable[[], dict[str, str]],
        circuits: Mapping[str, Circuit],
        directory: Directory,
        book: RoleBook,
    ) -> None:
        self._people, self._circuits, self._directory, self._book = people, circuits, directory, book

    @contextmanager
    def page(self) -> Iterator[None]:
        """While one page is made: names read once serve it to its end."""
        token = _READ.set({})
        try:
            yield
        finally:
            _READ.reset(token)

    def called(self, login: object) -> str:
        """The name of whoever has this login; what is no login of ours stays as it is written."""
        known = _READ.get()
        if not known:
            known = self._people()
            if _READ.get() is not None:
                _READ.set(known)
        return known.get(str(login), str(login)) if login else ""

    def person(self, login: object) -> str:
        """The same with the login beside it, for whoever points at the name."""
        name = self.called(login)
        if not login or name == str(login):
            return name
        return Markup('<span class="person" title="{}">{}</span>').format(login, name)

    def queue(self, name: str, circuit: str | None = None) -> str:
        """The title of a queue; of that circuit, else of the first that has it."""
        if CAISSE in name:
            return ANY_CAISSE
        caisse = self._directory.caisses.get(name.rpartition("-")[2])
        label = caisse.label if caisse else None
        found = (one.queue(name, label) for one in self._among(circuit))
        return next((queue.title for queue in found if queue is not None), name)

    def letter(self, name: str, circuit: str | None = None) -> str:
        """The title of a model of letter."""
        return letter_titles(self._among(circuit)).get(name, name)

    def role(self, name: str) -> str:
        """The title of a role, that of every caisse included."""
        return ANY_CAISSE if CAISSE in name else self._book.title(name)

    def _among(self, circuit: str | None) -> Iterable[Circuit]:
        known = self._circuits.get(circuit or "")
        return self._circuits.values() if known is None else (known,)
