"""``passerelle admin token``: API tokens made, listed and revoked from the command line."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import Any

from gateway import bootstrap
from gateway.cli.output import print_table, say
from gateway.clock import paris_date
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from gateway.settings import Settings
from gateway.web.access import SCOPES
from gateway.web.doorstep.tokens import CALENDAR
from storage import people, tokens

_BY = "ligne de commande"


def add_to(words: Any) -> None:
    """Declare ``admin token add|list|revoke``."""
    token = words.add_parser("token", help="jetons d'accès des programmes")
    verbs = token.add_subparsers(dest="verb", required=True)
    add = verbs.add_parser("add", help="créer un jeton au nom d'un compte ; il est montré une seule fois")
    add.add_argument("login")
    add.add_argument("title", help="à quoi il servira")
    add.add_argument("scopes", nargs="+", help=", ".join(s for s in SCOPES if s != CALENDAR))
    add.add_argument("--days", type=int, default=90, help="durée de vie (90 jours)")
    add.set_defaults(run=_add)
    listing = verbs.add_parser("list", help="les jetons, sans leur secret")
    listing.set_defaults(run=_list)
    revoke = verbs.add_parser("revoke", help="éteindre un jeton par son nom public")
    revoke.add_argument("id")
    revoke.set_defaults(run=_revoke)


def _add(arguments: argparse.Namespace, settings: Settings) -> int:
    wrong = [scope for scope in arguments.scopes if scope not in SCOPES or scope == CALENDAR]
    if wrong:
        raise Refused(f"Portée inconnue : {', '.join(wrong)} ; aucun jeton n'a été créé.")
    if not 1 <= arguments.days <= settings.web.token_days:
        raise Refused(f"Un jeton vit de 1 à {settings.web.token_days} jours ; aucun n'a été créé.")
    house = bootstrap.build(settings)
    at = house.clock.now()
    with house.database.transaction() as session:
        if people.get(session, arguments.login) is None:
            raise NotFound(f"Aucun compte « {arguments.login} » ; aucun jeton n'a été créé.")
        presented, row = tokens.create(
            session,
            title=arguments.title[:120],
            scopes=tuple(dict.fromkeys(arguments.scopes)),
            created_by=_BY,
            at=at,
            expires_at=at + timedelta(days=arguments.days),
            login=arguments.login,
        )
        house.recorder.add(
            session,
            Kind.TOKEN,
            f"token:{row.id}",
            action="created",
            scopes=row.scopes,
            login=row.login,
            expires=row.expires_at.isoformat(),
            person=_BY,
        )
    house.close()
    say("Ce jeton n'est montré que cette fois ; gardez-le comme un mot de passe.")
    print(presented)
    return 0


def _list(_arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    at = house.clock.now()
    with house.database.reading() as session:
        rows = [
            (
                token.id,
                token.title,
                token.login or f"file {token.queue}",
                " ".join(token.scopes),
                f"{paris_date(token.expires_at):%d/%m/%Y}",
                f"{paris_date(token.used_at):%d/%m/%Y}" if token.used_at else "jamais",
                "révoqué" if token.revoked_at else "en vigueur" if token.live(at) else "expiré",
            )
            for token in tokens.everyone(session)
        ]
    house.close()
    print_table(
        "Jetons d'accès", ("jeton", "objet", "à", "portées", "jusqu'au", "dernier usage", "état"), rows
    )
    return 0


def _revoke(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    with house.database.transaction() as session:
        row = tokens.revoke(session, arguments.id, house.clock.now())
        if row is None:
            raise NotFound(f"Aucun jeton en vigueur du nom de « {arguments.id} » ; rien n'a changé.")
        house.recorder.add(session, Kind.TOKEN, f"token:{row.id}", action="revoked", person=_BY)
    house.close()
    print(f"Le jeton {arguments.id} n'ouvre plus rien.")
    return 0
