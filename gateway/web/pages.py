"""Templates to pages: one Jinja2 environment, strict about names, with the French formatting as filters."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from gateway.clock import Clock, paris_date
from gateway.outbound.standing import four
from gateway.web import present
from gateway.web.access import Right, Viewer
from gateway.web.naming import Naming
from gateway.web.typography import typeset

HERE = Path(__file__).parent
STATIC = HERE / "static"

NAVIGATION: tuple[tuple[Right, str, str], ...] = (
    (Right.WORK, "/files", "Files"),
    (Right.WORK, "/appels", "À appeler"),
    (Right.WORK, "/contestations", "Contestations"),
    (Right.SUPERVISE, "/tableau", "Tableau"),
    (Right.SUPERVISE, "/mis-de-cote", "Mis de côté"),
    (Right.SUPERVISE, "/conservation", "Conservation"),
    (Right.LEDGER, "/registre", "Registre"),
    (Right.JOURNAL, "/journal", "Journal"),
    (Right.PEOPLE, "/personnes", "Administration"),
)

ADMINISTRATION: tuple[tuple[Right, str, str], ...] = (
    (Right.PEOPLE, "/personnes", "Comptes"),
    (Right.PEOPLE, "/administration/droits", "Droits"),
    (Right.PEOPLE, "/administration/sessions", "Sessions"),
    (Right.PEOPLE, "/administration/jetons", "Jetons"),
    (Right.ADMINISTER, "/administration/boites", "Boîtes"),
    (Right.ADMINISTER, "/administration/annuaire", "Annuaire"),
    (Right.ADMINISTER, "/administration/certificats", "Certificats"),
    (Right.ADMINISTER, "/administration/circuits", "Circuits"),
    (Right.LETTERS, "/lettres", "Lettres"),
    (Right.ADMINISTER, "/administration/cles", "Clés"),
    (Right.ADMINISTER, "/administration/travaux", "Travaux"),
)

DONE_SENTENCES = {
    "appel": "L’appel est fait ; la lettre n’attend plus de retour.",
    "prendre": "L’élément est à vous.",
    "rendre": "L’élément est rendu à la file.",
    "attendre": "L’élément est mis en attente.",
    "reprendre": "L’élément est de nouveau à vous.",
    "terminer": "L’élément est terminé.",
    "suivant": "L’élément est terminé ; voici le suivant de la file.",
    "rouvrir": "L’élément est rouvert et il est à vous.",
    "ouvert": "Le mot de passe ouvre le document : il est relu, rechargez cette page dans un instant.",
    "choisie": "La lecture est choisie ; les autres restent visibles.",
    "confirmer": "La lecture est confirmée.",
    "rejeter": "Le document est rejeté ; il reste au dossier, et vous pouvez écrire à l’expéditeur.",
    "retirer": "Le jugement est retiré.",
    "lettre": "La lettre est dans la boîte d’envoi : elle part telle que vous l’avez vue.",
    "transmis": "Les documents partent chiffrés vers le service médical de la CNAS.",
    "immatricule": "Les droits sont inscrits ; l’historique reste visible.",
    "corrige": "La correction est enregistrée ; ce qui avait été lu reste visible.",
    "confier": "L’élément est confié.",
    "relever": "L’élément est repris : il est à vous, et la personne qui le tenait le verra.",
    "type": "Le type est changé ; ce qui avait été lu reste visible.",
    "type-document": "Le type du document est changé ; ce que la machine avait lu reste indiqué.",
    "reoriente": "L’élément est réorienté ; aucune lettre n’est partie.",
    "reoriente-ecrit": "L’élément est réorienté, et une lettre donne à l’expéditeur l’adresse à utiliser.",
    "partage": "Le message est partagé : voici la partie à traiter, choisissez son dossier.",
    "reunion": "Les deux éléments sont réunis : le travail continue ici.",
    "defait": "C’est défait : chaque élément a repris sa place.",
    "note": "La note est enregistrée.",
    "vue": "La vue est enregistrée ; elle s’ouvre aussi par son adresse.",
    "vue-retiree": "La vue est retirée ; aucun élément n’a changé.",
    "dossier": "L’élément est rattaché au dossier choisi.",
    "detache": "L’élément est détaché de son dossier, avec ses documents : choisissez le bon, ou le même.",
    "deplace": "L’élément est dans l’autre dossier, avec ses documents.",
    "clos": "Le dossier est clos ; ses échéances ne sont plus attendues.",
    "rouvert": "Le dossier est rouvert ; ses échéances attendent de nouveau.",
    "contestation": "C’est enregistré ; la contestation est à jour.",
    "liste": "La liste est lue ; chaque créance est une contestation, rien n’est perdu.",
    "gel": "Le dossier est gelé : rien de lui ne sera effacé.",
    "degel": "Le gel est levé ; ce qui retient encore le dossier reste indiqué.",
    "relance": "Le message repart de l’étape où il s’était arrêté.",
    "sorti": "Vous êtes déconnecté.",
    "choisi": "Votre mot de passe est choisi : identifiez-vous avec lui.",
    "compte": "C’est enregistré ; le compte est à jour.",
    "motdepasse": "Votre mot de passe est changé ; vos autres sessions sont fermées.",
    "facteur-retire": "Le second facteur est retiré.",
    "session-fermee": "La session est fermée.",
    "programme": "Le compte du programme est créé ; faites-lui un jeton à la page Jetons.",
    "jeton-revoque": "Le jeton n’ouvre plus rien.",
    "agenda-revoque": "L’agenda est révoqué ; son adresse ne publie plus rien.",
    "oublie": "Le texte gardé est effacé.",
    "certificat-confirmed": "Le certificat est confirmé : les lettres à cette adresse partiront chiffrées.",
    "certificat-rejected": "Le certificat est écarté : il ne chiffrera aucune lettre.",
    "adresse-remplacee": "L’adresse est remplacée : les prochaines lettres iront à la nouvelle.",
    "adresse-levee": "L’adresse n’est plus signalée ; les lettres y partent de nouveau.",
    "expire": "Votre session a expiré : identifiez-vous pour continuer.",
}


class Pages:
    """Renders a template for a request; the same object serves every request."""

    def __init__(self, clock: Clock, naming: Naming) -> None:
        self._clock, self._naming = clock, naming
        self._versions = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:10]
            for path in STATIC.iterdir()
            if path.is_file()
        }
        self._environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        filters = (
            "day",
            "hour",
            "instant",
            "moment",
            "amount",
            "percent",
            "size",
            "number",
            "short_hash",
            "plural",
            "sentence",
        )
        self._environment.filters.update({name: getattr(present, name) for name in filters})
        titles = {"queue_title": naming.queue, "letter_title": naming.letter, "role_title": naming.role}
        self._environment.filters.update({"person": naming.person, "called": naming.called} | titles)
        self._environment.globals.update(
            state=present.state,
            tone=present.tone,
            countdown=present.countdown,
            urgency=present.urgency,
            four=four,
            static=self.static,
            NOTHING=present.NOTHING,
        )

    def static(self, name: str) -> str:
        """Address of a static file, with the version of its content."""
        return f"/static/{name}?v={self._versions[name]}"

    def show(self, request: Request, template: str, /, status: int = 200, **values: Any) -> HTMLResponse:
        """The page as a response; ``values`` complete what every page knows."""
        viewer: Viewer | None = getattr(request.state, "viewer", None)
        known = {
            "viewer": viewer,
            "roles": _roles(viewer),
            "navigation": [entry for entry in NAVIGATION if viewer is not None and viewer.may(entry[0])],
            "here": _section(request.url.path),
            "today": paris_date(self._clock.now()),
            "now": self._clock.now(),
            "notice": DONE_SENTENCES.get(request.query_params.get("fait", "")),
            "Right": Right,
            "draft_kept": _draft(request, viewer),
            "notices": getattr(request.state, "notices", None),
            "unbalanced": getattr(request.state, "unbalanced", 0),
            "administration": [
                entry for entry in ADMINISTRATION if viewer is not None and viewer.may(entry[0])
            ],
            "path": request.url.path,
        }
        with self._naming.page():
            html = self._environment.get_template(template).render(known | values)
        return HTMLResponse(typeset(html), status_code=status)


def _section(path: str) -> str:
    """The entry of the navigation a page belongs to: items and cases are reached from the queues."""
    first = "/" + path.split("/", 2)[1]
    if first in {"/administration", "/lettres"}:
        return "/personnes"
    return "/files" if first in {"/elements", "/dossiers", "/recherche"} else first


def _draft(request: Request, viewer: Viewer | None) -> str | None:
    """The kept text an address names; whose it is, its own page checks."""
    name = request.query_params.get("reprise", "")
    return name if viewer is not None and re.fullmatch(r"[0-9a-f]{32}", name) else None


def _roles(viewer: Viewer | None) -> str:
    if viewer is None:
        return ""
    return ", ".join(viewer.book.title(role) for role in viewer.roles)
