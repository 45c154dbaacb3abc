"""Accounts as the administrator makes and changes them, and the links he hands over."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from httpx import Client, Response

from gateway.evidence.record import Kind
from storage import factors, people, sheets, tokens
from tests.builders import seed
from tests.worlds import web
from tests.worlds.web import World

PASSWORD = "quatre mots pris au hasard"


def _post(client: Client, path: str, **fields: str | list[str]) -> Response:
    return client.post(path, data={"csrf": web.csrf(client, "/compte"), **fields})


def _actions(world: World) -> list[str]:
    with world.house.database.reading() as session:
        told = [e for e in sheets.journal(session, None, 50) if e.kind == Kind.PERSON]
    return [str((e.fields or {})["action"]) for e in reversed(told)]


def _link(answer: Response) -> str:
    found = re.search(r'<code class="break">http://[^/]+(/connexion/lien/[^<]+)</code>', answer.text)
    assert found is not None, answer.text
    return found[1]


def _choose(world: World, link: str, password: str = PASSWORD, again: str | None = None) -> Response:
    client = world.visitor()
    form = {"csrf": web.csrf(client, link), "mot_de_passe": password, "encore": again or password}
    return client.post(link, data=form)


def test_an_account_is_made_with_its_roles_and_a_link_that_serves_once(world: World) -> None:
    client = world.signed_in("adam")
    made = _post(
        client, "/personnes", identifiant="Nadia.Roux", nom="Nadia Roux", courriel="N.Roux@cnse.example",
        roles=["auditor"], caisses="595, 131",
    )  # fmt: skip
    link = _link(made)
    with world.house.database.reading() as session:
        person = people.get(session, "nadia.roux")
    assert person is not None
    assert (person.roles, person.email) == (["auditor", "cpam:595", "cpam:131"], "n.roux@cnse.example")
    assert link not in client.get("/personnes/nadia.roux").text
    assert _choose(world, link).headers["location"] == "/connexion?fait=choisi"
    assert world.visitor().get(link).status_code == 404
    visitor = world.visitor()
    form = {"csrf": web.csrf(visitor, "/connexion"), "identifiant": "nadia.roux", "mot_de_passe": PASSWORD}
    assert visitor.post("/connexion", data=form).status_code == 303
    assert _actions(world) == ["account-created", "password-chosen"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"identifiant": "A b", "nom": "X"}, "aucun compte n’a été créé"),
        ({"identifiant": "nouveau", "nom": ""}, "aucun compte n’a été créé"),
        ({"identifiant": "agathe", "nom": "X"}, "porte déjà cet identifiant"),
        ({"identifiant": "nouveau", "nom": "X", "roles": ["root"]}, "Rôle inconnu"),
        ({"identifiant": "nouveau", "nom": "X", "caisses": "000"}, "Rôle inconnu"),
        ({"identifiant": "nouveau", "nom": "X", "courriel": "pas une adresse"}, "n’en est pas une"),
    ],
)
def test_an_account_that_may_not_be_is_not_made(world: World, fields: dict[str, str], said: str) -> None:
    answer = _post(world.signed_in("adam"), "/personnes", **fields)
    assert answer.status_code == 409
    assert said in answer.text
    with world.house.database.reading() as session:
        assert {p.login for p in people.everyone(session)} == set(seed.PEOPLE)


def test_roles_change_at_once_and_are_told_with_what_was_before(world: World) -> None:
    agathe = world.signed_in("agathe")
    assert agathe.get("/journal").status_code == 403
    _post(world.signed_in("adam"), "/personnes/agathe/roles", roles=["auditor"])
    assert agathe.get("/journal").status_code == 200
    assert agathe.get("/files").status_code == 403
    with world.house.database.reading() as session:
        event = next(e for e in sheets.journal(session, None, 9) if e.kind == Kind.PERSON)
    assert {k: (event.fields or {})[k] for k in ("action", "roles", "before", "person")} == {
        "action": "roles-changed",
        "roles": ["auditor"],
        "before": ["cnse-admin"],
        "person": "adam",
    }


def test_the_last_administrator_stays(world: World) -> None:
    client = world.signed_in("adam")
    assert "dernier administrateur" in _post(client, "/personnes/adam/desactiver").text
    assert "dernier administrateur" in _post(client, "/personnes/adam/roles", roles=["auditor"]).text
    _post(client, "/personnes/agathe/roles", roles=["admin"])
    assert _post(client, "/personnes/adam/desactiver").status_code == 303
    assert client.get("/personnes").status_code == 303


def test_a_disabled_account_is_out_with_its_tokens_and_comes_back(world: World) -> None:
    at = world.clock.now()
    with world.house.database.transaction() as session:
        presented, _ = tokens.create(
            session, title="x", scopes=("read",), created_by="adam", at=at,
            expires_at=at + timedelta(days=9), login="agathe",
        )  # fmt: skip
    agathe, adam = world.signed_in("agathe"), world.signed_in("adam")
    _post(adam, "/personnes/agathe/desactiver")
    assert agathe.get("/files").status_code == 303
    with world.house.database.reading() as session:
        assert tokens.check(session, presented, at) is None
    _post(adam, "/personnes/agathe/reactiver")
    assert world.signed_in("agathe").get("/files").status_code == 200


def test_a_link_closes_the_former_password_and_the_sessions(world: World) -> None:
    agathe, adam = world.signed_in("agathe"), world.signed_in("adam")
    first = _link(_post(adam, "/personnes/agathe/lien"))
    assert agathe.get("/files").status_code == 303
    visitor = world.visitor()
    form = {"csrf": web.csrf(visitor, "/connexion"), "identifiant": "agathe", "mot_de_passe": seed.PASSWORD}
    assert visitor.post("/connexion", data=form).status_code == 401
    second = _link(_post(adam, "/personnes/agathe/lien"))
    assert world.visitor().get(first).status_code == 404
    assert "premiers essayés" in _choose(world, second, "motdepasse2026").text
    assert "ne sont pas les mêmes" in _choose(world, second, PASSWORD, "autre chose").text
    world.clock.turn(timedelta(hours=world.house.settings.link_hours))
    assert world.visitor().get(second).status_code == 404


def test_factor_lock_sessions_and_identity_are_handled_one_by_one(world: World) -> None:
    at = world.clock.now()
    with world.house.database.transaction() as session:
        factors.begin(session, "agathe", "scellé", at)
        factors.confirm(session, "agathe", at, ["h"])
        people.lock(session, "lille", at + timedelta(minutes=5))
    adam, marseille = world.signed_in("adam"), world.signed_in("marseille")
    assert "Réinitialiser le second facteur" in adam.get("/personnes/agathe").text
    _post(adam, "/personnes/agathe/second-facteur")
    _post(adam, "/personnes/lille/deverrouiller")
    _post(adam, "/personnes/marseille/sessions")
    _post(adam, "/personnes/marseille/identite", nom="Marius d’Olive", courriel="m@x.fr")
    assert (
        "porte déjà cette adresse"
        in _post(adam, "/personnes/lille/identite", nom="L", courriel="M@x.fr").text
    )
    assert marseille.get("/files").status_code == 303
    assert world.signed_in("lille").get("/files").status_code == 200
    with world.house.database.reading() as session:
        assert not factors.confirmed(session, "agathe")
    assert _actions(world) == ["second-factor-reset", "unlocked", "sessions-ended", "identity-changed"]
    assert _post(adam, "/personnes/inconnu/lien").status_code == 404
    assert _post(adam, "/personnes/agathe/inconnue").status_code == 404


def test_the_matrix_is_shown_as_it_is_applied(world: World) -> None:
    client = world.signed_in("adam")
    shown = client.get("/administration/droits").text
    assert "Ouvrir les documents médicaux" in shown
    assert "GET /documents/{document_id}/original" in shown
    assert "CPAM 595" in client.get("/personnes").text
