"""A home with its pages open on loopback: mails come in by the door, people work in the web."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from threading import Thread

from uvicorn import Config, Server

from gateway.bootstrap import exporter
from gateway.contestations.schedule import load_retention
from gateway.contesting.rooms import contesting_of
from gateway.settings import Web
from gateway.web.app import WebHouse, create_app
from storage.cases import Case
from storage.people import Person
from tests.builders import claims, mails_forms, seed
from tests.builders.letters import Attached
from tests.worlds.house import Home
from tests.worlds.web import DPI, page_image


def web_house(home: Home) -> WebHouse:
    """The pages' rooms, as the premises build them, over plain HTTP."""
    house = home.house
    return WebHouse(
        database=house.database,
        vault=house.vault,
        recorder=house.recorder,
        clock=house.clock,
        circuits=house.circuits,
        settings=Web(secure_cookies=False, totp="optional"),
        render_page=page_image,
        read_text=house.reader.plain_text,
        cut_pages=house.reader.cut,
        page_dpi=DPI,
        passwords=seed.quick_passwords(),
        contesting=contesting_of(house),
        exporter=exporter(house),
        retention=load_retention(house.settings.config),
    )


def people(home: Home) -> None:
    """The people of the seed, in the database of ``home``."""
    passwords = seed.quick_passwords()
    with home.house.database.transaction() as session:
        for login, (name, roles) in seed.PEOPLE.items():
            row = Person(login=login, name=name, password_hash=passwords.hash(seed.PASSWORD), roles=roles)
            session.add(row)


def receive_list(
    home: Home, lines: Sequence[claims.Line], sender: str = claims.CNAS, name: str = "liste"
) -> None:
    """A mail that contests these claims, come in by the door."""
    sample = home.desk.sample(
        name,
        "liste",
        sender,
        f"Contestation de créances ({name})",
        "Nous contestons les créances de la liste jointe.",
        (Attached("contestation.csv", "text/csv", claims.separated(lines)),),
        expect="cnse-administratif",
    )
    home.carry(sample)


def receive_two(home: Home) -> None:
    """Two contestations: the first of a known case, the second of nobody."""
    home.carry(mails_forms.acroform(home.desk))
    case = home.rows(Case)[0]
    name = f"{case.patient_name} {case.patient_first_names}"
    days = (date(2026, 11, 12), date(2026, 11, 20))
    lines: list[claims.Line] = [
        ("F-1", case.form_reference, name, *days, 900.0, "Formulaire manquant"),
        ("F-2", None, "ZZYZX Personne", None, None, 40.0, "CR manquant"),
        ("Total", None, None, None, None, 940.0, None),
    ]
    receive_list(home, lines)


@contextmanager
def opened(home: Home) -> Iterator[str]:
    """The address of the pages of ``home``, with the people of the seed."""
    people(home)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = create_app(web_house(home))
        server = Server(
            Config(app, log_level="error", lifespan="off", ws="none", timeout_graceful_shutdown=2)
        )
        thread = Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            app.state.live.close()
            server.should_exit = True
            thread.join(timeout=30)
