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


def _given(world: World, login: str = "agathe") -> str:
    """A token of this person, as they keep it."""
    at = world.clock.now()
    with world.house.database.transaction() as session:
        return tokens.create(
            session, title="x", scopes=("read",), created_by=login, at=at,
            expires_at=at + timedelta(days=9), login=login,
        )[0]  # fmt: skip


@pytest.mark.parametrize("action", ["lien", "second-facteur"])
def test_a_link_and_a_lost_factor_end_tokens_and_feeds(world: World, action: str) -> None:
    at, other = world.clock.now(), _given(world, "lille")
    presented = _given(world)
    with world.house.database.transaction() as session:
        feed, _ = tokens.create(
            session, title="x", scopes=("calendar",), created_by="agathe", at=at,
            expires_at=at + timedelta(days=9), circuit="c", queue="q",
        )  # fmt: skip
    _post(world.signed_in("adam"), f"/personnes/agathe/{action}")
    with world.house.database.reading() as session:
        assert [tokens.check(session, one, at) is None for one in (presented, feed, other)] == [
            True,
            True,
            False,
        ]
        told = [e for e in sheets.journal(session, None, 20) if e.kind == Kind.TOKEN]
    assert [(e.fields or {})["action"] for e in told] == ["revoked", "revoked"]


def test_nobody_changes_their_own_roles(world: World) -> None:
    adam = world.signed_in("adam")
    answer = _post(adam, "/personnes/adam/roles", roles=["admin", "cnse-medical"])
    assert answer.status_code == 409
    assert "ses propres rôles" in answer.text
    assert adam.get(f"/documents/{world.office.documents['report']}/original").status_code == 403


def test_who_may_now_open_the_medical_is_told_to_those_who_may_until_they_have_seen_it(
    world: World,
) -> None:
    adam, medard, agathe = (world.signed_in(login) for login in ("adam", "medard", "agathe"))
    _post(adam, "/personnes/lille/roles", roles=["auditor"])
    assert "J’ai vu" not in medard.get("/files").text
    _post(adam, "/personnes/agathe/roles", roles=["cnse-medical"])
    page = medard.get("/files").text
    assert "adam a donné à agathe un rôle qui ouvre les documents médicaux" in page
    assert "J’ai vu" not in agathe.get("/files").text
    _post(adam, "/personnes/agathe/lien")
    page = medard.get("/files").text
    assert "adam a fait un lien de mot de passe pour agathe" in page
    last = re.search(r'name="dernier" value="([0-9]+)"', page)
    assert last is not None
    assert _post(medard, "/compte/avis/vus", dernier=last[1]).status_code == 303
    assert "J’ai vu" not in medard.get("/files").text
    with world.house.database.reading() as session:
        told = [e.fields or {} for e in sheets.journal(session, None, 20) if e.kind == Kind.PERSON]
    assert [(f["action"], f["medical"]) for f in reversed(told)] == [
        ("roles-changed", False),
        ("roles-changed", True),
        ("link-made", True),
    ]


def test_a_new_account_a_new_address_and_a_return_are_told_too(world: World) -> None:
    adam, medard = world.signed_in("adam"), world.signed_in("medard")
    _post(adam, "/personnes", identifiant="nadia", nom="Nadia", roles=["cnse-medical"])
    _post(adam, "/personnes/nadia/identite", nom="Nadia", courriel="autre@x.fr")
    _post(adam, "/personnes/nadia/second-facteur")
    _post(adam, "/personnes/nadia/desactiver")
    _post(adam, "/personnes/nadia/reactiver")
    page = medard.get("/files").text
    for said in (
        "a donné à nadia",
        "l’adresse de connexion de nadia",
        "second facteur de nadia",
        "réactivé",
    ):
        assert said in page
