"""Every address of the API for every role, by token: open exactly when the matrix and the scopes say so."""

from __future__ import annotations

from gateway.web.access import ROUTES, SCOPES, rights_of, rights_through
from gateway.web.api.routes import API_ROUTES
from storage import tokens
from tests.builders import seed
from tests.builders.office import CIRCUIT
from tests.worlds.web import World

WIDE = tuple(scope for scope in SCOPES if scope != "calendar")
GRANTED: tuple[tuple[str, ...], ...] = (WIDE, ("read",), ("act",))


def test_every_address_for_every_role_and_scope(world: World) -> None:
    values = {
        "circuit": CIRCUIT,
        "queue": "cnse-administratif",
        "item_id": str(world.office.items["question"]),
        "document_id": str(world.office.documents["request"]),
        "name": "inconnu",
        "reference": seed.CASE,
        "sha256": "f" * 64,
        "view_id": "1",
        "hold_id": "1",
        "proposal_id": "1",
        "call_id": "1",
    }
    at, walked = world.clock.now(), 0
    addresses = [address for address in API_ROUTES if address[1].startswith("/api/")]
    world.app.state.rates.a_minute = 10_000
    for login, (_, roles) in seed.PEOPLE.items():
        for scopes in GRANTED:
            with world.house.database.transaction() as session:
                presented, _ = tokens.create(
                    session,
                    title="Marche",
                    scopes=scopes,
                    created_by="adam",
                    at=at,
                    expires_at=at.replace(year=at.year + 1),
                    login=login,
                )
            client = world.visitor()
            client.headers["authorization"] = f"Bearer {presented}"
            held = rights_of(roles) & rights_through(scopes)
            for method, template in addresses:
                status = client.request(method, template.format_map(values)).status_code
                opened = ROUTES[method, template] in held
                assert (status != 403) == opened, (login, scopes, method, template, status)
                assert status < 500, (login, method, template)
                walked += 1
    assert walked == len(seed.PEOPLE) * len(GRANTED) * len(addresses)


def test_a_token_opens_no_page(world: World) -> None:
    at = world.clock.now()
    with world.house.database.transaction() as session:
        presented, _ = tokens.create(
            session,
            title="Page",
            scopes=WIDE,
            created_by="adam",
            at=at,
            expires_at=at.replace(year=at.year + 1),
            login="sylvie",
        )
    client = world.visitor()
    client.headers["authorization"] = f"Bearer {presented}"
    for page in ("/files", "/tableau", "/documentation/api", "/mis-de-cote/export.csv"):
        assert client.get(page).headers["location"].startswith("/connexion"), page
