"""People at the pages of a house served on loopback, by HTTP alone."""

from __future__ import annotations

from httpx import Client

from storage.people import Person
from tests.builders import seed
from tests.worlds.house import Home
from tests.worlds.web import csrf


def employ(home: Home, login: str, *roles: str) -> None:
    """An account with the password of the seed."""
    hashed = seed.quick_passwords().hash(seed.PASSWORD)
    with home.house.database.transaction() as session:
        session.add(Person(login=login, name=login, password_hash=hashed, roles=list(roles)))


def come_in(client: Client, login: str) -> Client:
    """``client`` once it has signed in."""
    form = {"csrf": csrf(client, "/connexion"), "identifiant": login, "mot_de_passe": seed.PASSWORD}
    answer = client.post("/connexion", data=form)
    assert answer.status_code == 303, answer.text
    return client
