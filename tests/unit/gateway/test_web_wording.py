"""What staff read on every page of the furnished office: French words, people by name, queues by title."""

from __future__ import annotations

import re
from html import unescape

from httpx import Client

from gateway.web.access import ROUTES, route_allows
from tests.builders import seed
from tests.builders.office import CIRCUIT
from tests.worlds.web import World

_HIDDEN = re.compile(r"<(script|style|textarea|pre|code|svg|datalist|option)\b.*?</\1>|<[^>]*>", re.DOTALL)
"""Code, texts kept as they came, and tags with their attributes: not what a page says."""
_ADDRESS = re.compile(r"\S+@\S+")
ENGLISH = re.compile(
    r"\b(present|password|no|yes|reconstructed|administrative|medical|assure|demuni|delivery|outbox"
    r"|list:|person:|unknown|queued|pending|failed|done|open|used name|cover-note|true|false|none|null)\b"
    r"|(?<![\w.])[a-z]+_[a-z_]+\b(?!\.\w)|<caisse|cpam:\d|\.csv\b"
)
QUEUES = re.compile(
    r"\bcnse-(?:administratif|medical|quarantaine)\b|\bcpam-(?:\d{3}|<caisse>)|\bdss-sejour\b|\bcpam:\d{3}"
)
WITH_LOGINS = ("/journal", "/documentation/api")
"""Where the login is told beside the name: the log is searched by it."""
STAFF = ("agathe", "medard", "lille", "marseille", "sylvie", "audrey")
LOGINS = re.compile(r"(?<![@.\w])(?:agathe|medard|lille|marseille|sylvie|audrey|adam)(?![@.\w])")
"""As a word alone, in lower case: not a place, not an address."""
NOT_SAID = {
    "/compte": "shows its own login to whoever signs in with it",
    "/documentation/api": "written for those who write programs",
}


def _pages(world: World, login: str) -> list[str]:
    """Addresses of the pages this person may ask for."""
    office, roles = world.office, seed.PEOPLE[login][1]
    values = {
        "queue": "cnse-administratif",
        "reference": seed.CASE,
        "circuit": CIRCUIT,
        "name": "accuse-reception",
    }
    found = []
    for method, template in ROUTES:
        if (
            method != "GET"
            or not route_allows(method, template, roles)
            or template.startswith(("/api", "/flux"))
        ):
            continue
        names = re.findall(r"{(\w+)}", template)
        if "item_id" in names and names == ["item_id"]:
            found += [template.format(item_id=number) for number in office.items.values()]
        elif "document_id" not in names and all(name in values for name in names):
            found.append(template.format(**values))
    queues = [f"/files/{queue}" for queue in ("cnse-medical", "cpam-595", "cpam-131")]
    return [path for path in (*found, *queues, "/recherche?q=haddad") if path not in NOT_SAID]


def _said(client: Client, path: str) -> str:
    answer = client.get(path)
    html = answer.headers.get("content-type", "").startswith("text/html") and answer.status_code == 200
    text = _ADDRESS.sub(" ", unescape(_HIDDEN.sub(" ", answer.text)))
    return " ".join(text.split()) if html else ""


def test_no_english_word_no_login_and_no_code_of_a_queue_is_said_to_staff(world: World) -> None:
    faults: list[str] = []
    seen = 0
    _worked(world)
    for login in STAFF:
        client = world.signed_in(login)
        for path in _pages(world, login):
            said = _said(client, path)
            seen += bool(said)
            rules = (ENGLISH, QUEUES) if path in WITH_LOGINS else (ENGLISH, QUEUES, LOGINS)
            for rule in rules:
                faults += [
                    f"{path} ({login}) : {said[max(f.start() - 40, 0) : f.end() + 40]}"
                    for f in rule.finditer(said)
                ]
    assert "\n".join(faults) == ""
    assert seen > 60


def _worked(world: World) -> None:
    """Somebody takes an item and writes a note: names to show."""
    client = world.signed_in("agathe")
    number = world.office.items["request"]
    page = client.get(f"/elements/{number}").text
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    version = re.search(r'name="version" value="([^"]+)"', page)
    assert token is not None
    assert version is not None
    form = {"csrf": token[1], "version": version[1]}
    client.post(f"/elements/{number}/actions/prendre", data=form)
    client.post(f"/elements/{number}/notes", data={"csrf": token[1], "texte": "À voir."})
    assert "par Agathe Le Goff" in client.get(f"/elements/{number}").text
