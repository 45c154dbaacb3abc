"""The pages of the queues with few and many items, beside the same list made by hand.

``python -m tests.bench.bench_queue [items…]`` prints the table. Ours is the whole request over HTTP on
loopback (session, rights, counters, page, French formatting); the bare one is a SQLAlchemy query of the
same 50 rows and a Jinja table, without a session, a right or a counter. In turns, so that whatever else
the machine does weighs on all.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from httpx import Client
from jinja2 import Template
from sqlalchemy import select
from sqlmodel import col

from gateway.clock import TurnableClock
from gateway.evidence.record import Recorder
from gateway.settings import Web
from gateway.web.app import WebHouse
from parsers.documents import text
from storage.cases import Case, Item
from storage.db import Database, Session
from storage.keys import KeyRing
from storage.people import Person
from storage.schema import upgrade
from storage.vault import Vault
from tests.bench import crowd
from tests.bench.table import Table, ms, ratio
from tests.builders import seed
from tests.builders.office import Office
from tests.worlds import postgres, web

SIZES = (1_000, 50_000, 1_000_000)
"""Few; what must feel instant; and twenty times more, to see where it bends."""
_JUDGED = 50_000
_TURNS = 40
_WARM = 8
_TARGET = 2.0

Say = Callable[[str], None]
Ask = Callable[[], object]

PAGES: Mapping[str, str] = {
    "queue, latest first": f"/files/{crowd.QUEUE}",
    "queue, most urgent first": f"/files/{crowd.QUEUE}?tri=echeance",
    "queue, one type, most urgent first": f"/files/{crowd.QUEUE}?type=quote&tri=echeance",
    "every queue with its counters": "/files",
    "search by name": "/recherche?q=Haddad%20Amel",
    "search by reference": "/recherche?q=SPA-2026-0000300",
    "dashboard": "/tableau",
    "open items of one caisse": "/tableau/elements?caisse=595",
}
UNJUDGED = ("dashboard", "open items of one caisse")
"""Pages of the supervisor: measured beside, not held to the target of queues and search."""
_BESIDE = (
    "Beside the bare list the target is below 1. Ours is a whole request (session, rights, counters, a "
    "page of forms, set in French), the bare one a function that gives a table; where it is above 1, that "
    "page is what limits it, not the number of items. What would lift it: the frame of the page kept "
    "between requests, and lines read as columns instead of objects."
)
BARE = "bare query and template, 50 rows"
_TEMPLATE = Template(
    "<table>{% for item, reference in rows %}<tr><td>{{ item.created_at }}</td><td>{{ item.title|e }}</td>"
    "<td>{{ item.sender|e }}</td><td>{{ reference|e }}</td><td>{{ item.next_due }}</td>"
    "<td>{{ item.state|e }}</td></tr>{% endfor %}</table>"
)


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of each turn, by database, number of items and page."""

    base: str
    size: int
    page: str
    times: tuple[float, ...]

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.times, n=20)[-1]

    @property
    def median(self) -> float:
        return statistics.median(self.times)


def run(say: Say, sizes: tuple[int, ...] = SIZES) -> list[Table]:
    """Fill each database with each number of items, ask for each page in turns."""
    measured: list[Measured] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as somebody else
        with _bases(folder) as bases:
            for base, url in bases:
                measured += _measure(base, url, sizes, folder, say)
    return [_table(measured, sizes)]


@contextmanager
def _bases(folder: Path) -> Iterator[list[tuple[str, Callable[[int], str]]]]:
    bases: list[tuple[str, Callable[[int], str]]] = [
        ("SQLite", lambda size: f"sqlite:///{folder / f'{size}.sqlite'}")
    ]
    if postgres.binaries() is None:
        yield bases
        return
    place = folder / "postgres"
    place.mkdir()
    server = postgres.PostgresServer(place)
    server.start()

    def created(size: int) -> str:
        server.create_database(f"items{size}")
        return server.url(f"items{size}")

    try:
        yield [*bases, ("PostgreSQL", created)]
    finally:
        server.stop()


def _measure(
    base: str, url: Callable[[int], str], sizes: tuple[int, ...], folder: Path, say: Say
) -> list[Measured]:
    """Every size is open at once: what slows the machine for a while slows them all."""
    with ExitStack() as opened:
        asks: dict[tuple[int, str], Ask] = {}
        for size in sizes:
            database = Database(url(size))
            opened.callback(database.close)
            upgrade(database)
            crowd.fill(database, size)
            say(f"{base}: {size} items written")
            client = opened.enter_context(client_of(database, folder / f"{base}-{size}"))
            asks |= {(size, page): _asking(client, path) for page, path in PAGES.items()}
            asks[size, BARE] = partial(_bare, database)
        times: dict[tuple[int, str], list[float]] = {asked: [] for asked in asks}
        for turn in range(_WARM + _TURNS):
            for asked, ask in asks.items():
                began = time.perf_counter()
                ask()
                if turn >= _WARM:
                    times[asked].append(time.perf_counter() - began)
    return [Measured(base, size, page, tuple(taken)) for (size, page), taken in times.items()]


@contextmanager
def client_of(database: Database, folder: Path) -> Iterator[Client]:
    """A supervisor, who sees every queue, signed in."""
    folder.mkdir()
    ring, clock, passwords = KeyRing(folder / "keys"), TurnableClock(crowd.AT), seed.quick_passwords()
    house = WebHouse(
        database=database,
        vault=Vault(folder / "vault", ring),
        recorder=Recorder(clock, ring, folder / "checkpoints"),
        clock=clock,
        circuits=seed.circuits(),
        settings=Web(secure_cookies=False, totp="optional"),
        render_page=web.page_image,
        read_text=text,
        passwords=passwords,
    )
    with database.transaction() as session:
        hashed = passwords.hash(seed.PASSWORD)
        session.add(Person(login="sylvie", name="Sylvie", password_hash=hashed, roles=["supervisor"]))
    with Session(database.engine) as session:
        world = web.World(house, Office(session, house.vault), clock)
    world.start()
    try:
        yield world.signed_in("sylvie")
    finally:
        world.stop()


def _asking(client: Client, path: str) -> Ask:
    def ask() -> None:
        if client.get(path).status_code != 200:
            raise RuntimeError(path)

    return ask


def _bare(database: Database) -> str:
    statement = (
        select(Item, col(Case.reference))
        .outerjoin(Case, col(Case.id) == col(Item.case_id))
        .where(col(Item.circuit) == crowd.CIRCUIT, col(Item.queue) == crowd.QUEUE)
        .where(col(Item.state).in_(("new", "taken", "waiting")))
        .order_by(col(Item.created_at).desc(), col(Item.id).desc())
        .limit(50)
    )
    with database.reading() as session:
        page: str = _TEMPLATE.render(rows=session.execute(statement).all())
        return page


def _table(measured: list[Measured], sizes: tuple[int, ...]) -> Table:
    by = {(m.base, m.page, m.size): m for m in measured}
    judged = _JUDGED if _JUDGED in sizes else sizes[-1]
    rows = []
    worst = 0.0
    for base in dict.fromkeys(m.base for m in measured):
        for page in (*PAGES, BARE):
            few, many = by[base, page, sizes[0]], by[base, page, judged]
            growth = many.p95 / few.p95
            worst = max(worst, growth) if page not in (BARE, *UNJUDGED) else worst
            versus = many.median / by[base, BARE, judged].median
            cells = [ms(by[base, page, size].p95) for size in sizes]
            rows.append((f"{base}: {page}", *cells, ratio(growth), ratio(versus)))
    verdict = "Reached" if worst <= _TARGET else "Not reached"
    return Table(
        "Pages of the queues",
        "Whole requests of a supervisor who reads 113 queues, p95 of "
        f"{_TURNS} in turns, in milliseconds. Growth is from {sizes[0]:,} to {judged:,} items; "
        f"the last column compares medians at {judged:,}.",
        ("", *(f"{size:,} items" for size in sizes), "growth", "of the bare list"),
        tuple(rows),
        (
            f"Queues and search: at most {_TARGET:.0f} times {sizes[0]:,} items. {verdict} ({worst:.2f}).",
            _BESIDE,
        ),
    )


def main() -> None:
    sizes = tuple(int(size) for size in sys.argv[1:]) or SIZES
    for table in run(lambda line: print(line, file=sys.stderr), sizes):
        sys.stdout.write(table.markdown() + "\n")


if __name__ == "__main__":
    main()
